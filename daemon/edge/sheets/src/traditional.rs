//! Letters of mirrored sites and traditional printing, as the simplified ones that the form's words and the domains' names use.
//!
//! Invariant: only for finding a word; what is stored stays as printed. One letter for one: none of the pairs has a
//! second reading in the form's words. Left out: whole texts, which nobody needs to convert.

use std::{borrow::Cow, sync::LazyLock};

/// Traditional letters, and in the same place the simplified ones.
const TRADITIONAL: &str = "開項內據時體載對層級號縣鄉動請會眾標準錄務領鎮圍類單聯繫電話備註責監條紙質網區戶現場農業實間屬編碼處環節結執決過廣視發聽證點廳閱羣門機構長應與個無權貧補貼養財審計產國徵險衛藥稅規劃災辦築義醫療綜預設護資";
const SIMPLIFIED: &str = "开项内据时体载对层级号县乡动请会众标准录务领镇围类单联系电话备注责监条纸质网区户现场农业实间属编码处环节结执决过广视发听证点厅阅群门机构长应与个无权贫补贴养财审计产国征险卫药税规划灾办筑义医疗综预设护资";

/// The pairs in the order of the traditional letters: every letter of every short cell is looked up.
static PAIRS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let mut pairs: Vec<(char, char)> = TRADITIONAL.chars().zip(SIMPLIFIED.chars()).collect();
    pairs.sort_unstable();
    pairs
});

/// The simplified letter.
pub(crate) fn simplified(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    PAIRS.binary_search_by_key(&c, |(from, _)| *from).map_or(c, |place| PAIRS[place].1)
}

/// Whether the text has letters that only mirrored or traditional pages print.
pub(crate) fn is_traditional(text: &str) -> bool {
    text.chars().any(|c| simplified(c) != c)
}

/// The text in simplified letters.
pub(crate) fn simplify(text: &str) -> Cow<'_, str> {
    if is_traditional(text) { Cow::Owned(text.chars().map(simplified).collect()) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_has_its_simplified_one() {
        assert_eq!(TRADITIONAL.chars().count(), SIMPLIFIED.chars().count());
        assert!(TRADITIONAL.chars().zip(SIMPLIFIED.chars()).all(|(from, to)| from != to));
        assert_eq!(
            simplify("公開渠道和載體、依申請公開、縣級、聯繫電話、政務服務中心"),
            "公开渠道和载体、依申请公开、县级、联系电话、政务服务中心"
        );
    }
}
