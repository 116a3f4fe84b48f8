//! Text that was damaged on its way, and references to rows that are not there any more.
//!
//! Invariant: only signs that no sound text has; spelling is left to people.

use super::{Pen, Rule};
use crate::{
    item::{Item, basis_text},
    vocabulary::fold,
};

/// Letters that only the pinyin of a mirrored page has.
const PINYIN: &str = "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ";
/// Where these stand; few other letters of a catalog do.
const PINYIN_RANGE: std::ops::RangeInclusive<char> = 'à'..='ǜ';
/// A cell that refers to the one above.
const SAME_AS: [&str; 4] = ["同上", "同前", "同上栏", "同上表"];

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
        if text.lines().any(|line| SAME_AS.contains(&fold(line).as_str())) {
            pen.note(Rule::SameAsLeft, field, "同上 was never resolved".to_owned());
        }
    }
}
