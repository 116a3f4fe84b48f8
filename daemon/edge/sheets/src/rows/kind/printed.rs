//! Rows that the form or the printer has and no office wrote: numbers of the columns, instructions, examples, totals, what
//! stands between two pages.
//!
//! Invariant: by the row's own words or numbers, never by its place.

use super::bare;

/// Cells of a row that numbers the columns, at least.
const NUMBERED_MIN: usize = 4;
/// Cells of a row that says how each column is filled in, at least.
const SAME_MIN: usize = 3;
/// What such rows say of a column.
const COLUMN_WORDS: [&str; 20] = [
    "必填",
    "选填",
    "必选",
    "可选",
    "非必填",
    "必填项",
    "选填项",
    "可不填",
    "文本",
    "文本型",
    "字符",
    "字符型",
    "字符串",
    "数字",
    "数值",
    "日期",
    "text",
    "string",
    "number",
    "date",
];
/// First cells of rows of the form, where nothing but a word stands.
const ROW_WORDS: [&str; 12] =
    ["说明", "要求", "注", "备注", "类型", "格式", "字段", "是否必填", "字段类型", "数据类型", "填写", "提示"];
/// Beginnings of what such a row asks for.
const ASKS: [&str; 8] = ["请", "填写", "此行", "本行", "按", "不超过", "如实", "勿"];
/// Longest text between two pages, in characters.
const FURNITURE_CHARS_MAX: usize = 24;
/// In front of a row of numbers.
const NUMBER_WORDS: [&str; 7] = ["栏次", "列次", "栏号", "列号", "栏目号", "列序", "栏序"];
/// In front of instructions and examples; a number may follow.
const FORM_WORDS: [&str; 18] = [
    "填写说明",
    "填表说明",
    "填报说明",
    "填写要求",
    "填报要求",
    "填写指引",
    "填写示例",
    "填报示例",
    "填写样例",
    "填表示例",
    "示例",
    "样例",
    "范例",
    "举例",
    "例",
    "例如",
    "模板",
    "样表",
];
/// In front of totals.
const TOTAL_WORDS: [&str; 9] = ["合计", "小计", "总计", "共计", "累计", "本页合计", "本页小计", "本页共计", "本页累计"];
/// Beginnings of lines that a printer puts on a page.
const PAGE_WORDS: [&str; 15] = [
    "续表",
    "续上表",
    "接上表",
    "接上页",
    "转下页",
    "接下页",
    "上接",
    "下转",
    "打印日期",
    "打印时间",
    "打印人",
    "制表日期",
    "制表时间",
    "导出时间",
    "导出日期",
];
/// Rows of letters that number columns.
const LETTERS: [&str; 4] =
    ["ABCDEFGHIJKLMNOPQRSTUVWXYZ", "甲乙丙丁戊己庚辛壬癸", "一二三四五六七八九", "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"];

/// Roman numbers of one letter.
const ROMAN: &str = "ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅪⅫ";

/// Whether the row is one of the form itself.
pub(super) fn is_of_form(cells: &[(u32, &str)]) -> bool {
    let Some((_, first)) = cells.first() else { return false };
    if first.chars().count() > FURNITURE_CHARS_MAX {
        return false;
    }
    let word: String = bare(first).chars().filter(|c| !":()〔〕.、*".contains(*c)).collect();
    if says_of_columns(&word, cells) {
        return true;
    }
    let is_number = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || "一二三四五六七八九十".contains(c));
    let begins = |words: &[&str]| words.iter().any(|known| word.strip_prefix(known).is_some_and(is_number));
    if NUMBER_WORDS.contains(&word.as_str()) || begins(&FORM_WORDS) || TOTAL_WORDS.contains(&word.as_str()) {
        return true;
    }
    let is_total = |word: &str| {
        let rest = TOTAL_WORDS.iter().find_map(|known| word.strip_prefix(known)).or_else(|| word.strip_prefix('共'));
        rest.map(|rest| rest.trim_start_matches(':')).is_some_and(|rest| {
            let digits = rest.trim_end_matches(['项', '条', '个', '件']);
            !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
        })
    };
    (cells.len() <= 2 && is_total(&word)) || numbers_columns(cells)
}

/// 必填, 文本 … in every cell, or a word for instructions and what they ask for.
fn says_of_columns(word: &str, cells: &[(u32, &str)]) -> bool {
    let is_column_word = |text: &str| COLUMN_WORDS.contains(&bare(text).as_str());
    let rest = cells.iter().skip(1);
    let is_row_word = ROW_WORDS.contains(&word);
    if cells.len() >= SAME_MIN
        && (is_row_word || is_column_word(word))
        && rest.clone().all(|(_, text)| is_column_word(text))
    {
        return true;
    }
    // * and nothing more before the sentence is a sign for a note.
    let is_sign = word.is_empty() || is_row_word;
    is_sign
        && rest.clone().next().is_some()
        && rest.clone().all(|(_, text)| ASKS.iter().any(|ask| text.starts_with(ask)))
}

/// 1, 2, 3 … or A, B, C … across the row.
fn numbers_columns(cells: &[(u32, &str)]) -> bool {
    if cells.len() < NUMBERED_MIN || cells.iter().any(|(_, text)| text.chars().count() > 4) {
        return false;
    }
    let mut last = None;
    cells.iter().all(|(_, text)| {
        let Some((kind, number)) = ordinal(text) else { return false };
        let follows = match last {
            None => number <= 2,
            Some((known, before)) => known == kind && number == before + 1,
        };
        last = Some((kind, number));
        follows
    })
}

/// The kind of numbers and the place in them.
fn ordinal(text: &str) -> Option<(usize, usize)> {
    let text = text.trim();
    if let Some(number) = ROMAN.chars().position(|roman| text.chars().eq([roman])) {
        return Some((LETTERS.len() + 1, number + 1));
    }
    if let [letter] = text.chars().collect::<Vec<_>>().as_slice() {
        let upper = letter.to_ascii_uppercase();
        let found = LETTERS.iter().enumerate().find_map(|(kind, letters)| {
            Some((kind + 1, letters.chars().position(|known| known == *letter || known == upper)? + 1))
        });
        if found.is_some() {
            return found;
        }
    }
    // 第3列, 列3, 3栏.
    bare(text).trim_matches(['第', '列', '栏']).parse().ok().map(|number| (0, number))
}

/// Whether the row is what a printer puts between two pages.
pub(super) fn is_furniture(cells: &[(u32, &str)]) -> bool {
    !cells.is_empty() && cells.len() <= 3 && cells.iter().all(|(_, text)| is_page_text(text))
}

fn is_page_text(text: &str) -> bool {
    if text.chars().count() > FURNITURE_CHARS_MAX {
        return false;
    }
    let word = bare(text);
    let is_carried_on = word == "续" || word.contains("(续");
    is_carried_on || PAGE_WORDS.iter().any(|known| word.starts_with(known)) || is_page_number(&word)
}

/// 第2页, 第2页共5页, 共5页, 2/5页, page2of5.
fn is_page_number(word: &str) -> bool {
    let word = ["以上为", "以上是", "以下为", "接", "转", "此为", "本页为"]
        .iter()
        .find_map(|start| word.strip_prefix(start))
        .unwrap_or(word);
    let letters: String =
        word.chars().filter(|c| !c.is_ascii_digit() && !"一二三四五六七八九十/,-()".contains(*c)).collect();
    let is_counted = word.len() > letters.len();
    is_counted && matches!(letters.as_str(), "第页" | "第页共页" | "共页第页" | "共页" | "页" | "page" | "pageof")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells<'t>(texts: &[&'t str]) -> Vec<(u32, &'t str)> {
        (0..).zip(texts.iter().copied()).collect()
    }

    #[test]
    fn rows_of_the_form_are_known_by_their_words_and_numbers() {
        for texts in [
            &["1", "2", "3", "4", "5"][..],
            &["A", "B", "C", "D"],
            &["（1）", "（2）", "（3）", "（4）"],
            &["①", "②", "③", "④"],
            &["甲", "乙", "丙", "丁"],
            &["甲", "乙", "丙", "丁"],
            &["栏次", "1", "2", "3"],
            &["填写说明", "按层级填写", "按事项填写"],
            &["示例", "示例", "示例事项"],
            &["示例1", "低保", "低保申请"],
            &["（例）", "低保", "低保申请"],
            &["合计", "", "3项"],
            &["合计：3项"],
            &["共 12 项"],
            &["第1列", "第2列", "第3列", "第4列"],
            &["列1", "列2", "列3", "列4"],
            &["Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ"],
            &["（必填）", "（必填）", "（选填）", "（必填）"],
            &["类型", "文本", "文本", "日期"],
            &["例：1", "低保", "低保申请"],
            &["（示例）1", "低保", "低保申请", "条件"],
            &["本页小计", "2"],
            &["注", "此行请删除"],
            &["*", "请勿修改此行"],
            &["说明", "填写一级事项", "填写二级事项"],
        ] {
            assert!(is_of_form(&cells(texts)), "{texts:?}");
        }
        for texts in [
            &["1", "低保", "低保申请", "条件"][..],
            &["1", "2", "3"],
            &["7", "8", "9", "10"],
            &["例外情形", "低保", "x", "y"],
            &["示例领域", "低保"],
            &["共享平台", "低保"],
            &["说明", "低保", "低保申请", "条件"],
            &["注册", "企业注册", "请示"],
            &["1", "请示报告", "填写"],
        ] {
            assert!(!is_of_form(&cells(texts)), "{texts:?}");
        }
    }

    #[test]
    fn what_stands_between_pages_is_known() {
        for text in [
            "（续表）",
            "（续）",
            "—— 以上为第1页 ——",
            "社会救助标准目录（续表一）",
            "续表2",
            "第 2 页 共 5 页",
            "共5页",
            "- 第3页 -",
            "打印日期：2026年11月",
            "第二页",
            "续上表",
        ] {
            assert!(is_furniture(&cells(&[text])), "{text}");
        }
        for text in ["打印", "2", "第一章", "续签合同", "备注：第2页的期限改为7日"] {
            assert!(!is_furniture(&cells(&[text])), "{text}");
        }
    }
}
