//! Cells that stand for a value without being one: errors of spreadsheets, references to another row or cell, and words
//! that say that nothing has been written yet.
//!
//! Invariant: only a cell (or a line of it) that says nothing else; a sentence that mentions 同上 is text.

use super::fold;

/// What a spreadsheet shows instead of a value, folded.
const ERRORS: [&str; 18] = [
    "#ref",
    "#value",
    "#name",
    "#na",
    "#ref!",
    "#n/a",
    "#value!",
    "#name?",
    "#div/0!",
    "#num!",
    "#null!",
    "#spill!",
    "#calc!",
    "#field!",
    "#blocked!",
    "#connect!",
    "#unknown!",
    "#getting_data",
];
/// Signs for "as above" that stand alone in a cell, as printed.
const DITTO: [&str; 12] = ["〃", "″", "\"", "”", "“", "''", "’’", "′′", "〞", "〝", "々", "＂"];
/// Words that refer to another row or cell, folded; numbers may follow.
const REFERENCES: [&str; 37] = [
    "上同",
    "照上",
    "见前",
    "详见上",
    "同上文",
    "见上一条",
    "同上同上",
    "参照上条",
    "参照上述",
    "参照上一条",
    "参见上条",
    "参见上述",
    "参见上一条",
    "同上",
    "同前",
    "同上栏",
    "同上表",
    "同上行",
    "同上条",
    "同上项",
    "同上款",
    "同上一项",
    "同上一行",
    "同上一条",
    "同上所述",
    "同左",
    "同右",
    "同下",
    "同下栏",
    "同左栏",
    "同右栏",
    "同左列",
    "同上列",
    "见上",
    "见上栏",
    "见上行",
    "如上",
];
/// Words for "as above" that more may follow: 同上，另加低保证.
const ABOVE: [&str; 2] = ["同上", "同前"];
/// Before the number of the row that is meant: 同1, 同序号1, 同第3项, 见序号2.
const NUMBERED: [&str; 8] = ["同序号", "同第", "同no.", "同项", "同", "见序号", "见第", "与序号"];
/// Behind it.
const BEHIND: [&str; 9] = ["项", "条", "行", "号", "栏", "款", "相同", "一致", "项相同"];
/// Longest reference, in characters.
const CHARS_MAX: usize = 12;
/// Words of which a text that says nothing else says nothing, folded.
const NOTHING: [&str; 42] = [
    "无",
    "暂无",
    "没有",
    "空",
    "空白",
    "不详",
    "不明",
    "未知",
    "未定",
    "未明确",
    "待定",
    "待补",
    "待补充",
    "待填",
    "待填写",
    "待完善",
    "待确认",
    "待核实",
    "待明确",
    "暂缺",
    "暂未填写",
    "略",
    "从略",
    "省略",
    "测试",
    "示例",
    "样例",
    "请填写",
    "请输入",
    "请选择",
    "点击输入",
    "在此填写",
    "此处填写",
    "n/a",
    "na",
    "nil",
    "null",
    "none",
    "nan",
    "tbd",
    "undefined",
    "&nbsp",
];
/// The Chinese letters that these words begin with.
const BEGINNINGS: &str = "无暂没空不未待略从省测示样请点在此";
/// Signs that only fill a cell, folded: ×××, ……, ——, /, ____, xx, 0.
const FILLING: &str = "x×*_-—–―/\\.…。·#?、,;~〇0○□";

/// Whether the text is an error of a spreadsheet.
pub fn is_error_value(text: &str) -> bool {
    let text = text.trim();
    if !text.starts_with(['#', '＃']) || text.len() > 24 {
        return false;
    }
    // ##### is what a narrow column shows of a number.
    let folded = fold(text);
    ERRORS.contains(&folded.as_str()) || (folded.len() >= 3 && folded.bytes().all(|byte| byte == b'#'))
}

/// Whether the text fills its place and says nothing: 无, 待补充, ×××, ——.
pub fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    // Most values begin with a letter that none of these words has, and need no folding.
    let is_value = |c: char| matches!(c, '\u{4e00}'..='\u{9fff}') && !BEGINNINGS.contains(c);
    if text.is_empty() || text.starts_with(is_value) || text.chars().nth(CHARS_MAX).is_some() {
        return false;
    }
    let folded = fold(text);
    let bare = folded.trim_matches(is_around);
    NOTHING.contains(&bare) || folded.trim_matches(|c| "()〔〕".contains(c)).chars().all(|c| FILLING.contains(c))
}

/// Brackets, quotes and stops around a word.
pub(super) fn is_around(c: char) -> bool {
    "()〔〕【】「」\"“”'‘’.。,;、:-—!".contains(c)
}

/// Whether the text is a sign for "as above".
pub fn is_ditto(text: &str) -> bool {
    DITTO.contains(&text.trim())
}

/// Whether the text only refers to another row or cell.
pub fn is_reference(text: &str) -> bool {
    let text = text.trim();
    let is_above = |rest: &str| rest.starts_with(['，', ',', '；', ';', '、', '/', '+', '及', '和', '并']);
    if ABOVE.iter().filter_map(|word| text.strip_prefix(word)).any(is_above) {
        return true;
    }
    if text.chars().count() > CHARS_MAX {
        return false;
    }
    if is_ditto(text) {
        return true;
    }
    let folded = fold(text);
    let bare = folded.trim_matches(is_around);
    if REFERENCES.contains(&bare) || bare.strip_prefix('同').is_some_and(is_address) {
        return true;
    }
    NUMBERED.iter().filter_map(|word| bare.strip_prefix(word)).any(|rest| {
        let end = rest.find(|c: char| !is_number(c)).unwrap_or(rest.len());
        end > 0 && (rest[end..].is_empty() || BEHIND.contains(&&rest[end..]))
    })
}

/// A1, b12.
fn is_address(text: &str) -> bool {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_lowercase());
    (1..=2).contains(&(text.len() - digits.len())) && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn is_number(c: char) -> bool {
    c.is_ascii_digit() || "〇零一二三四五六七八九十百-.".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_known_from_a_sentence() {
        for text in [
            "同上",
            "同 上",
            "同上。",
            "(同上)",
            "同前",
            "同左",
            "同1",
            "同序号1",
            "同第3项",
            "同第三项",
            "″",
            "\"",
            "”",
            "〃",
            "同上条",
            "见序号2",
            "见上",
            "\"同上\"",
            "-同上-",
            "（同上）",
            "同上同上",
            "上同",
            "同A1",
            "参照上一条",
            "同上/7日",
            "同上，另加低保证明",
        ] {
            assert!(is_reference(text), "{text}");
        }
        for text in [
            "同上级文件",
            "同意",
            "同级人民政府",
            "同一事项",
            "一同公开",
            "",
            "同等学力",
            "同步公开",
            "\"低保\"",
            "同上级部门联合发文",
            "上同下达",
        ] {
            assert!(!is_reference(text), "{text}");
        }
    }

    #[test]
    fn no_word_for_nothing_is_passed_over_by_its_first_letter() {
        for word in NOTHING {
            assert!(is_placeholder(word), "{word}");
        }
    }

    #[test]
    fn what_only_fills_its_place_is_known_from_a_value() {
        for text in [
            "无",
            "（无）",
            "暂无。",
            "N/A",
            "待补充",
            "×××",
            "xx",
            "XXX",
            "……",
            "——",
            "/",
            "-",
            "0",
            "TBD",
            "（略）",
            "null",
            "NaN",
            "&nbsp;",
            "请填写",
            "____",
            "测试",
            "〇〇〇",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in
            ["", "20", "10", "无条件公开", "略图", "空巢老人", "x光", "及时", "无障碍设施", "××局", "1", "A", "请示"]
        {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn an_error_is_known_whatever_its_width() {
        for text in ["#REF!", "#N/A", " #VALUE! ", "＃N/A", "#DIV/0!", "#NAME?", "#REF", "#####"] {
            assert!(is_error_value(text), "{text}");
        }
        assert!(!is_error_value("#1楼") && !is_error_value("N/A") && !is_error_value(""));
    }
}
