//! Numbers with a unit of time inside folded text: 20个工作日, 十五日, 24小时.
//!
//! Invariant: a calendar date (1月31日) is never an amount. Left out: what the amount means (clause).

use super::Unit;

/// Units by their words, longer words first.
const UNITS: [(&str, Unit); 12] = [
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
    ("年之内", Unit::Year),
    ("年以内", Unit::Year),
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

/// The first amount in the text; of a range (20个工作日至60个工作日) the larger number.
pub(super) fn find(text: &str) -> Option<Amount> {
    let first = text.char_indices().find_map(|(place, _)| at(text, place))?;
    let rest = text[first.end..].trim_start_matches(['至', '到', '-', '~', '—']);
    let begin = text.len() - rest.len();
    if begin == first.end {
        return Some(first);
    }
    let second = rest.char_indices().find_map(|(place, _)| at(rest, place)).filter(|second| second.start == 0);
    Some(match second {
        Some(second) if second.unit == first.unit => {
            Amount { number: second.number.max(first.number), end: begin + second.end, ..first }
        }
        // 7个工作日至一个月: which of them holds is not for a program to say.
        Some(second) => {
            Amount { number: second.number, unit: second.unit, start: first.start, end: begin + second.end }
        }
        None => first,
    })
}

/// Whether some number with a unit stands in the text that is not understood: it must not pass for another.
pub(super) fn has_unread(text: &str) -> bool {
    let is_unit = |place: usize| UNITS.iter().any(|(word, _)| text[place..].starts_with(word));
    let mut places = text.char_indices().map(|(place, _)| place).filter(|place| is_unit(*place));
    places.any(|place| {
        let before = text[..place].trim_end_matches('个');
        let has_number = before.ends_with(|c: char| is_digit(c) || matches!(c, '半' | '几' | '数' | 'x' | '×' | '_'))
            || (before.ends_with(')') && before.rfind('(').is_some_and(|open| before[..open].ends_with(is_digit)));
        // 1月31日 is a date, 半年 a period; 工作日 has been looked at before its own 日.
        let is_inner = text[..place].ends_with("工作") || text[..place].ends_with("自然");
        has_number && !is_inner && !is_date(text, place, before) && at(text, place).is_none()
    })
}

fn is_date(text: &str, place: usize, before: &str) -> bool {
    let start = before.trim_end_matches(is_digit).len();
    text[place..].starts_with('日') && before[..start].ends_with('月')
}

fn at(text: &str, place: usize) -> Option<Amount> {
    let (word, unit) = UNITS.into_iter().find(|(word, _)| text[place..].starts_with(word))?;
    let end = place + word.len();
    let before = text[..place].trim_end_matches('个');
    if let Some(half) = before.strip_suffix('半') {
        return half_of(half, unit, end);
    }
    let (digits_start, number) = spelled(before)?;
    let Spelled::Whole(number) = number else {
        let Spelled::Tenths(tenths) = number else { return None };
        return parts_of(unit, tenths).map(|(number, unit)| Amount { number, unit, start: digits_start, end });
    };
    if number > NUMBER_MAX || is_date(text, place, before) {
        return None;
    }
    // Of a range (5-7个工作日) the text before the first number counts as the trigger.
    let start = before[..digits_start].trim_end_matches(|c| is_digit(c) || matches!(c, '-' | '~' | '至' | '到')).len();
    Some(Amount { number, unit, start, end })
}

enum Spelled {
    Whole(u32),
    /// 0.5 is five tenths.
    Tenths(u32),
}

/// The number at the end of a text and where it begins: 20, 二十, 0.5, 60(六十), 六十(60).
fn spelled(before: &str) -> Option<(usize, Spelled)> {
    if let Some(open) = before.strip_suffix(')').and_then(|inner| inner.rfind('(')) {
        let (inner, outer) = (&before[open + 1..before.len() - 1], &before[..open]);
        let start = outer.trim_end_matches(is_digit).len();
        let (outer, inner) = (number(&outer[start..])?, number(inner.trim_end_matches('个'))?);
        return (outer == inner).then_some((start, Spelled::Whole(outer)));
    }
    let start = before.trim_end_matches(is_digit).len();
    let digits = &before[start..];
    if let Some(whole) = before[..start].strip_suffix(['.', '点']) {
        let whole_start = whole.trim_end_matches(is_digit).len();
        // 1.20个工作日 after a bullet is no decimal: only one digit behind the point is.
        let (whole, part) = (number(&whole[whole_start..])?, number(digits).filter(|part| *part < 10)?);
        return Some((whole_start, Spelled::Tenths(whole.checked_mul(10)?.checked_add(part)?)));
    }
    Some((start, Spelled::Whole(number(digits)?)))
}

/// 半个月, 半年内.
fn half_of(before: &str, unit: Unit, end: usize) -> Option<Amount> {
    parts_of(unit, 5).map(|(number, unit)| Amount { number, unit, start: before.len(), end })
}

/// Tenths of a unit as a whole number of a smaller one; `None` where there is none.
fn parts_of(unit: Unit, tenths: u32) -> Option<(u32, Unit)> {
    if tenths.is_multiple_of(10) && tenths / 10 <= NUMBER_MAX {
        return Some((tenths / 10, unit));
    }
    let (each, smaller) = match unit {
        Unit::Year => (12, Unit::Month),
        Unit::Month => (30, Unit::CalendarDay),
        Unit::Week => (7, Unit::CalendarDay),
        Unit::CalendarDay => (24, Unit::Hour),
        Unit::WorkingDay | Unit::Hour => return None,
    };
    let parts = tenths.checked_mul(each)?;
    // Half a week is no whole number of days.
    (parts.is_multiple_of(10) && parts / 10 <= NUMBER_MAX && parts > 0).then_some((parts / 10, smaller))
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || NUMERALS.contains(c)
}

/// Reads 20, 二十, 十五, 一百零五, 二〇; `None` for no, mixed or wrongly written digits.
fn number(digits: &str) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    if digits.chars().all(|c| c.is_ascii_digit()) {
        return digits.parse().ok();
    }
    if !digits.contains(['十', '百']) {
        // Digit by digit: 二〇. Bounded, so that it fits.
        let values: Option<Vec<u32>> = digits.chars().map(numeral).collect();
        return values
            .filter(|values| values.len() <= 4)
            .map(|values| values.iter().fold(0, |sum, value| sum * 10 + value));
    }
    let (hundreds, rest) = match digits.split_once('百') {
        Some((hundreds, rest)) => (one_numeral(hundreds)?, rest),
        None => (0, digits),
    };
    let has_zero = rest.starts_with(['零', '〇']);
    let rest = rest.trim_start_matches(['零', '〇']);
    let below = match rest.split_once('十') {
        Some((tens, ones)) => {
            let tens = if tens.is_empty() { 1 } else { one_numeral(tens)? };
            tens * 10 + if ones.is_empty() { 0 } else { one_numeral(ones)? }
        }
        None if rest.is_empty() => 0,
        // 一百五 may be 105 or 150.
        None if hundreds > 0 && !has_zero => return None,
        None => one_numeral(rest)?,
    };
    Some(hundreds * 100 + below)
}

fn one_numeral(text: &str) -> Option<u32> {
    let mut chars = text.chars();
    let value = numeral(chars.next()?)?;
    (chars.next().is_none() && value > 0).then_some(value)
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
