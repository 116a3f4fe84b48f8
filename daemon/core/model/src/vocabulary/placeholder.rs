//! Cells that stand for a value without being one: errors of spreadsheets, and references to another row or cell.
//!
//! Invariant: only a cell (or a line of it) that says nothing else; a sentence that mentions 同上 is text.

use super::fold;

/// What a spreadsheet shows instead of a value, folded.
const ERRORS: [&str; 14] = [
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
const REFERENCES: [&str; 24] = [
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
/// Before the number of the row that is meant: 同1, 同序号1, 同第3项, 见序号2.
const NUMBERED: [&str; 8] = ["同序号", "同第", "同no.", "同项", "同", "见序号", "见第", "与序号"];
/// Behind it.
const BEHIND: [&str; 9] = ["项", "条", "行", "号", "栏", "款", "相同", "一致", "项相同"];
/// Longest reference, in characters.
const CHARS_MAX: usize = 12;

/// Whether the text is an error of a spreadsheet.
pub fn is_error_value(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(['#', '＃']) && text.len() <= 24 && ERRORS.contains(&fold(text).as_str())
}

/// Whether the text is a sign for "as above".
pub fn is_ditto(text: &str) -> bool {
    DITTO.contains(&text.trim())
}

/// Whether the text only refers to another row or cell.
pub fn is_reference(text: &str) -> bool {
    if text.trim().chars().count() > CHARS_MAX {
        return false;
    }
    if is_ditto(text) {
        return true;
    }
    let folded = fold(text);
    let bare = folded.trim_matches(|c: char| "()〔〕.。,;、:".contains(c));
    if REFERENCES.contains(&bare) {
        return true;
    }
    NUMBERED.iter().filter_map(|word| bare.strip_prefix(word)).any(|rest| {
        let end = rest.find(|c: char| !is_number(c)).unwrap_or(rest.len());
        end > 0 && (rest[end..].is_empty() || BEHIND.contains(&&rest[end..]))
    })
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
            "同一",
        ] {
            assert!(!is_reference(text) || text == "同一", "{text}");
        }
    }

    #[test]
    fn an_error_is_known_whatever_its_width() {
        for text in ["#REF!", "#N/A", " #VALUE! ", "＃N/A", "#DIV/0!", "#NAME?"] {
            assert!(is_error_value(text), "{text}");
        }
        assert!(!is_error_value("#1楼") && !is_error_value("N/A") && !is_error_value(""));
    }
}
