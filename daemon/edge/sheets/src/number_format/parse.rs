//! A format's code as tokens.
//!
//! Invariant: every character ends in a token, in the section's condition or numerals, or marks the section unread.

use super::{Compare, Numerals, Section};

/// Most sections of a format.
const SECTIONS_MAX: usize = 4;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Literal(String),
    Digit(Place),
    Point,
    Comma,
    Percent,
    Exponent,
    /// `@`
    Text,
    General,
    /// A part of a date and how often its letter stands: `yyyy`, `m`, `d`, `h`, `s`, `a` (day of the week).
    Date(char, usize),
    /// AM/PM, 上午/下午: the words for morning and afternoon.
    HalfDay([&'static str; 2]),
}

/// A digit's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `0`
    Zero,
    /// `#`
    Optional,
    /// `?`
    Blank,
}

impl Place {
    /// What stands in a place without a digit.
    pub(super) fn filler(self) -> &'static str {
        match self {
            Self::Zero => "0",
            Self::Optional => "",
            Self::Blank => " ",
        }
    }
}

pub(super) fn sections(code: &str) -> Vec<Section> {
    let mut sections = vec![Section::default()];
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        if first == ';' && sections.len() < SECTIONS_MAX {
            sections.push(Section::default());
            rest = &rest[1..];
            continue;
        }
        let section = sections.last_mut().filter(|_| first != ';');
        let len = section.map_or(1, |section| take(section, rest, first));
        rest = &rest[len..];
    }
    sections
}

/// Takes one token; returns its length in bytes.
fn take(section: &mut Section, rest: &str, first: char) -> usize {
    let width = first.len_utf8();
    let literal = |section: &mut Section, text: &str| match section.tokens.last_mut() {
        Some(Token::Literal(last)) => last.push_str(text),
        _ => section.tokens.push(Token::Literal(text.to_owned())),
    };
    if let Some((len, words)) = half_day(rest) {
        section.tokens.push(Token::HalfDay(words));
        return len;
    }
    if rest.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("general")) {
        section.tokens.push(Token::General);
        return 7;
    }
    match first {
        '"' => {
            let inner = &rest[1..];
            let end = inner.find('"').unwrap_or(inner.len());
            literal(section, &inner[..end]);
            (1 + end + 1).min(rest.len())
        }
        '\\' | '!' => {
            let next = rest[width..].chars().next();
            next.map_or(width, |next| {
                literal(section, next.encode_utf8(&mut [0; 4]));
                width + next.len_utf8()
            })
        }
        // A blank as wide as the next character; a character that fills the cell.
        '_' => {
            literal(section, " ");
            width + rest[width..].chars().next().map_or(0, char::len_utf8)
        }
        '*' => width + rest[width..].chars().next().map_or(0, char::len_utf8),
        '[' => {
            let end = rest.find(']').map_or(rest.len(), |end| end + 1);
            bracket(section, rest[1..end].trim_end_matches(']'), literal);
            end
        }
        '0' | '#' | '?' => {
            let place = match first {
                '0' => Place::Zero,
                '#' => Place::Optional,
                _ => Place::Blank,
            };
            section.tokens.push(Token::Digit(place));
            1
        }
        '.' => {
            let is_second = section.tokens.contains(&Token::Point);
            if is_second {
                literal(section, ".")
            } else {
                section.tokens.push(Token::Point)
            }
            1
        }
        ',' => {
            let is_number = section.tokens.iter().any(|token| matches!(token, Token::Digit(_)));
            if is_number {
                section.tokens.push(Token::Comma)
            } else {
                literal(section, ",")
            }
            1
        }
        '%' => {
            section.tokens.push(Token::Percent);
            1
        }
        '@' => {
            section.tokens.push(Token::Text);
            1
        }
        'E' | 'e' if rest[1..].starts_with(['+', '-']) => {
            section.tokens.push(Token::Exponent);
            2
        }
        '/' => {
            // Between digits a fraction, between parts of a date a stroke.
            section.is_unread |= matches!(section.tokens.last(), Some(Token::Digit(_)));
            literal(section, "/");
            1
        }
        'y' | 'Y' | 'm' | 'M' | 'd' | 'D' | 'h' | 'H' | 's' | 'S' | 'a' | 'A' | 'e' | 'E' => {
            let letter = first.to_ascii_lowercase();
            let count = rest.chars().take_while(|c| c.to_ascii_lowercase() == letter).count();
            // The Chinese editions' `e` is the whole year.
            let token = if letter == 'e' { Token::Date('y', 4) } else { Token::Date(letter, count) };
            section.tokens.push(token);
            count
        }
        // Eras of other calendars.
        'g' | 'G' | 'b' | 'B' => {
            section.is_unread = true;
            width
        }
        other => {
            literal(section, other.encode_utf8(&mut [0; 4]));
            width
        }
    }
}

fn half_day(rest: &str) -> Option<(usize, [&'static str; 2])> {
    let forms: [(&str, [&'static str; 2]); 3] =
        [("am/pm", ["AM", "PM"]), ("a/p", ["A", "P"]), ("上午/下午", ["上午", "下午"])];
    let begins = |form: &str| rest.get(..form.len()).is_some_and(|head| head.eq_ignore_ascii_case(form));
    forms.into_iter().find(|(form, _)| begins(form)).map(|(form, words)| (form.len(), words))
}

/// `[DBNum1]`, `[$¥-804]`, `[>=100]`, `[Red]`.
fn bracket(section: &mut Section, inner: &str, literal: impl Fn(&mut Section, &str)) {
    let lower = inner.to_ascii_lowercase();
    if let Some(currency) = inner.strip_prefix('$') {
        let (sign, locale) = currency.split_once('-').unwrap_or((currency, ""));
        literal(section, sign);
        take_locale(section, locale);
    } else if let Some(numerals) = Numerals::of(&lower) {
        section.numerals = numerals;
    } else if lower.starts_with("dbnum") || matches!(lower.as_str(), "h" | "hh" | "m" | "mm" | "s" | "ss") {
        section.is_unread = true;
    } else if inner.starts_with(['<', '>', '=']) {
        section.condition = condition(inner);
        section.is_unread |= section.condition.is_none();
    }
    // What is left are colours.
}

/// `1E000804`: the two first digits of a locale's number are its numerals, the next two its calendar.
fn take_locale(section: &mut Section, locale: &str) {
    let number = u32::from_str_radix(locale, 16).unwrap_or(0);
    let word = match number >> 24 {
        0x1e => "dbnum1",
        0x1f => "dbnum2",
        0x20 => "dbnum3",
        0..=2 => "",
        _ => {
            section.is_unread = true;
            ""
        }
    };
    section.numerals = Numerals::of(word).unwrap_or(section.numerals);
    // The usual calendar has no number or the first.
    section.is_unread |= (number >> 16) & 0xff > 1;
}

fn condition(inner: &str) -> Option<(Compare, f64)> {
    let signs = [
        ("<=", Compare::LessOrEqual),
        (">=", Compare::GreaterOrEqual),
        ("<>", Compare::NotEqual),
        ("<", Compare::Less),
        (">", Compare::Greater),
        ("=", Compare::Equal),
    ];
    let (number, compare) = signs.into_iter().find_map(|(sign, compare)| Some((inner.strip_prefix(sign)?, compare)))?;
    Some((compare, number.trim().parse().ok()?))
}
