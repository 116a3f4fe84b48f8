//! Numbers with a unit of time inside folded text: 20个工作日, 十五日, 24小时.
//!
//! Invariant: a calendar date (1月31日) is never an amount. Left out: what the amount means (clause).

use super::Unit;

/// Units by their words, longer words first.
const UNITS: [(&str, Unit); 10] = [
    ("工作日", Unit::WorkingDay),
    ("自然日", Unit::CalendarDay),
    ("日历日", Unit::CalendarDay),
    ("小时", Unit::Hour),
    ("星期", Unit::Week),
    ("个月", Unit::Month),
    ("周", Unit::Week),
    ("日", Unit::CalendarDay),
    ("天", Unit::CalendarDay),
    ("年内", Unit::Year),
];

/// Largest number taken for an amount: a greater one is a year (2020年) or a slip.
const NUMBER_MAX: u32 = 1_000;

const NUMERALS: &str = "〇零一二两三四五六七八九十百";

/// A number and its unit, with its place as byte offsets of the text.
pub(super) struct Amount {
    pub(super) number: u32,
    pub(super) unit: Unit,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The first amount in the text.
pub(super) fn find(text: &str) -> Option<Amount> {
    text.char_indices().find_map(|(place, _)| at(text, place))
}

fn at(text: &str, place: usize) -> Option<Amount> {
    let (word, unit) = UNITS.into_iter().find(|(word, _)| text[place..].starts_with(word))?;
    let before = text[..place].trim_end_matches('个');
    let digits_start = before.trim_end_matches(is_digit).len();
    let number = number(&before[digits_start..]).filter(|number| *number <= NUMBER_MAX)?;
    let is_date = word == "日" && before[..digits_start].ends_with('月');
    // Of a range (5-7个工作日) the text before the first number counts as the trigger.
    let start = before[..digits_start].trim_end_matches(|c| is_digit(c) || matches!(c, '-' | '~' | '至')).len();
    (!is_date).then_some(Amount { number, unit, start, end: place + word.len() })
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || NUMERALS.contains(c)
}

/// Reads 20, 二十, 十五, 一百; `None` for no or mixed digits.
fn number(digits: &str) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    if digits.chars().all(|c| c.is_ascii_digit()) {
        return digits.parse().ok();
    }
    let mut total: u32 = 0;
    let mut unit: Option<u32> = None;
    for c in digits.chars() {
        match c {
            '百' => total = total.checked_add(unit.take().unwrap_or(1) * 100)?,
            '十' => total = total.checked_add(unit.take().unwrap_or(1) * 10)?,
            _ => unit = Some(numeral(c)?),
        }
    }
    total.checked_add(unit.unwrap_or(0))
}

fn numeral(c: char) -> Option<u32> {
    let value = match c {
        '〇' | '零' => 0,
        '一' => 1,
        '二' | '两' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    };
    Some(value)
}
