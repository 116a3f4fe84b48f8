//! Dates and times of day as a format shows them.
//!
//! Invariant: an `m` beside hours or seconds is minutes, any other one months. Left out: lengths of time (`[h]:mm`).

use calamine::ExcelDateTime;

use super::{Section, parse::Token};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const DAYS_ZH: [&str; 7] = ["日", "一", "二", "三", "四", "五", "六"];
/// The last day that spreadsheets know: 9999-12-31.
const SERIAL_MAX: f64 = 2_958_466.0;

pub(super) fn text(section: &Section, date: ExcelDateTime) -> Option<String> {
    let serial = date.as_f64();
    if date.is_duration() || !(0.0..SERIAL_MAX).contains(&serial) {
        return None;
    }
    let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
    let (month, day) = (u32::from(month), u32::from(day));
    let (hour, minute, second) = (u32::from(hour), u32::from(minute), u32::from(second));
    let has_halves = section.tokens.iter().any(|token| matches!(token, Token::HalfDay(_)));
    let mut text = String::new();
    for (place, token) in section.tokens.iter().enumerate() {
        match token {
            Token::Literal(literal) => text.push_str(literal),
            Token::Point => text.push('.'),
            Token::Comma => text.push(','),
            Token::Digit(_) => text.push('0'),
            Token::HalfDay([morning, afternoon]) => text.push_str(if hour < 12 { morning } else { afternoon }),
            Token::Date('y', count) => {
                let digits = if *count <= 2 { format!("{:02}", year % 100) } else { format!("{year:04}") };
                text.push_str(&section.numerals.digits(digits)?);
            }
            Token::Date('m', count) if is_minute(&section.tokens, place) => {
                text.push_str(&padded(section, minute, *count)?)
            }
            Token::Date('m', count) => {
                let name = MONTHS.get(month.checked_sub(1)? as usize)?;
                match count {
                    3 => text.push_str(&name[..3]),
                    4 => text.push_str(name),
                    5 => text.push_str(&name[..1]),
                    _ => text.push_str(&padded(section, month, *count)?),
                }
            }
            Token::Date('d', count @ (3 | 4)) => {
                let name = DAYS[weekday(serial)];
                text.push_str(if *count == 3 { &name[..3] } else { name });
            }
            Token::Date('d', count) => text.push_str(&padded(section, day, *count)?),
            Token::Date('h', count) => {
                let shown = if has_halves { (hour + 11) % 12 + 1 } else { hour };
                text.push_str(&padded(section, shown, *count)?);
            }
            Token::Date('s', count) => text.push_str(&padded(section, second, *count)?),
            Token::Date('a', 3) => text.push_str(DAYS_ZH[weekday(serial)]),
            Token::Date('a', 4) => {
                text.push_str("星期");
                text.push_str(DAYS_ZH[weekday(serial)]);
            }
            Token::Date(..) | Token::Percent | Token::Exponent | Token::Text | Token::General => return None,
        }
    }
    Some(text)
}

fn padded(section: &Section, value: u32, count: usize) -> Option<String> {
    if section.numerals != super::Numerals::Arabic {
        return section.numerals.in_date(value);
    }
    Some(if count >= 2 { format!("{value:02}") } else { value.to_string() })
}

/// Whether an `m` stands behind hours or before seconds.
fn is_minute(tokens: &[Token], place: usize) -> bool {
    let letter = |token: &Token| match token {
        Token::Date(letter, _) => Some(*letter),
        _ => None,
    };
    let before = tokens[..place].iter().rev().find_map(letter);
    let after = tokens[place + 1..].iter().find_map(letter);
    before == Some('h') || after == Some('s')
}

/// Sunday is 0: day 1 of the count of days, 1900-01-01, is taken for a Sunday by spreadsheets.
fn weekday(serial: f64) -> usize {
    // Bounded by `SERIAL_MAX` and not negative.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number of days in range")]
    let days = serial.floor() as usize;
    (days + 6) % 7
}
