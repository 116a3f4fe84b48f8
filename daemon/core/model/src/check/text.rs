//! Text that was damaged on its way, errors of spreadsheets, and references to rows that are not there any more.
//!
//! Invariant: only signs that no sound text has; spelling is left to people.

use super::{Pen, Rule};
use crate::{
    item::{Item, basis_text, open_questions},
    vocabulary::{fold, is_error_value, is_placeholder, is_reference},
};

/// Letters that only the pinyin of a mirrored page has.
const PINYIN: &str = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ";
/// Where these stand; few other letters of a catalog do.
const PINYIN_RANGE: std::ops::RangeInclusive<char> = 'à'..='ǜ';

pub(super) fn check(item: &Item, pen: &mut Pen<'_, '_>) {
    let (basis, subject) = (basis_text(&item.basis), item.subject.join("\n"));
    let texts = [
        ("level1", item.level1.as_str()),
        ("level2", &item.level2),
        ("level3", &item.level3),
        ("content", &item.content),
        ("basis", &basis),
        ("time_limit_text", &item.time_limit_text),
        ("subject", &subject),
        ("channels_raw", &item.channels_raw),
    ];
    for (field, text) in texts {
        if field != "channels_raw" && (text.contains("??") || text.contains('\u{fffd}')) {
            pen.note(Rule::TextDamaged, field, "characters were lost".to_owned());
        }
        if text.chars().any(|c| PINYIN_RANGE.contains(&c) && PINYIN.contains(c)) {
            pen.note(Rule::TextDamaged, field, "pinyin stands inside the text".to_owned());
        }
        if let Some(line) = text.lines().find(|line| is_reference(line)) {
            let message = format!("`{}` refers to another row and was never resolved", line.trim());
            pen.note(Rule::SameAsLeft, field, message);
        }
        if let Some(line) = text.lines().find(|line| is_error_value(line)) {
            pen.note(Rule::ErrorValue, field, format!("`{}` is a spreadsheet's error, no value", line.trim()));
        }
        // An element may have none of the form's other levels: 无 there names nothing and hides nothing.
        if !field.starts_with("level") && is_placeholder(text) && !is_error_value(text) {
            pen.note(Rule::PlaceholderLeft, field, format!("`{}` fills the place and says nothing", text.trim()));
        }
    }
    for (key, text) in &item.extra {
        if is_error_value(text) {
            pen.note(Rule::ErrorValue, "extra", format!("`{key}`: `{text}` is a spreadsheet's error, no value"));
        }
    }
    for (column, word) in open_questions(item) {
        let message = format!("`{column}:{word}` is neither a tick nor a no");
        pen.note(Rule::QuestionOpen, "extra", message);
    }
    if is_rounded_code(&item.power_list_ref) {
        let message = format!("`{}` is a code that a spreadsheet took for a number", item.power_list_ref);
        pen.note(Rule::TextDamaged, "power_list_ref", message);
    }
}

/// 1.12112E+17: a long code whose digits a spreadsheet threw away.
fn is_rounded_code(text: &str) -> bool {
    let folded = fold(text);
    let Some((number, exponent)) = folded.split_once("e+") else { return false };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_digits(number) && is_digits(exponent)
}
