//! Identifiers: newtypes over text, checked once where they enter.
//!
//! Invariant: a value of these types has passed its `parse`; nothing below checks again.

use std::{borrow::Borrow, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Longest accepted identifier text, in bytes; real codes have 6 to 12 digits, functional areas a short name.
pub const ID_BYTES_MAX: usize = 64;
/// Longest operator id: a division's, a slash, and a name, so that there is room for people in every division.
pub const OPERATOR_BYTES_MAX: usize = 2 * ID_BYTES_MAX + 1;

/// Text that is not an identifier of the kind asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {what}: {why}")]
pub struct InvalidId {
    /// What was expected, such as "division id".
    pub what: &'static str,
    /// The text as given, cut to a printable length.
    pub text: String,
    /// The rule it breaks.
    pub why: &'static str,
}

fn check(
    what: &'static str,
    text: &str,
    bytes_max: usize,
    allowed: fn(char) -> bool,
    why: &'static str,
) -> Result<(), InvalidId> {
    let fits = !text.is_empty() && text.len() <= bytes_max && text.chars().all(allowed);
    if fits { Ok(()) } else { Err(InvalidId { what, text: text.chars().take(40).collect(), why }) }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $allowed:expr, $why:literal) => {
        text_id! { $(#[$doc])* $name, $what, $allowed, $why, ID_BYTES_MAX }
    };
    ($(#[$doc:meta])* $name:ident, $what:literal, $allowed:expr, $why:literal, $max:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the text and wraps it.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                check($what, text, $max, $allowed, $why)?;
                Ok(Self(text.to_owned()))
            }

            /// The identifier's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

text_id! {
    /// A division's permanent id: the code under which it was first entered (6/9/12 digits, GB/T 2260 and
    /// GB/T 10114) or a functional area's short name. Never changed, never used again. Also a DNS label.
    DivisionId, "division id", |c: char| c.is_ascii_digit() || c.is_ascii_lowercase() || c == '-',
    "digits, lower-case letters and hyphens only"
}

text_id! {
    /// A domain's slug, such as `social-assistance`; permanent even when the domain is renamed.
    DomainSlug, "domain slug", |c: char| c.is_ascii_digit() || c.is_ascii_lowercase() || c == '-',
    "lower-case letters, digits and hyphens only"
}

text_id! {
    /// A department's slug, such as `dept-education`.
    DepartmentSlug, "department slug", |c: char| c.is_ascii_digit() || c.is_ascii_lowercase() || c == '-',
    "lower-case letters, digits and hyphens only"
}

text_id! {
    /// An item's id: stable over all revisions, made once (UUIDv7 text), never derived from the serial.
    ItemId, "item id", |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '.',
    "letters, digits, `-`, `_` and `.` only"
}

text_id! {
    /// An operator's opaque id, `<division>/<name>`; never used again after retirement.
    OperatorId, "operator id",
    |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | '@'),
    "letters, digits and `/-_.@` only", OPERATOR_BYTES_MAX
}

impl OperatorId {
    /// The id under which a division's node acts by itself: every division has one, however long its own id.
    pub fn of_node(division: &DivisionId) -> Self {
        Self(format!("{division}/node"))
    }
}

/// A catalog's id: (division, domain). Written `211221100/social-assistance`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CatalogId {
    /// Whose catalog it is.
    pub division: DivisionId,
    /// Which field it covers.
    pub domain: DomainSlug,
}

impl CatalogId {
    /// Puts the two parts together.
    pub fn new(division: DivisionId, domain: DomainSlug) -> Self {
        Self { division, domain }
    }

    /// Reads `division/domain`.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let Some((division, domain)) = text.split_once('/') else {
            let text = text.chars().take(40).collect();
            return Err(InvalidId { what: "catalog id", text, why: "written as division/domain" });
        };
        Ok(Self { division: DivisionId::parse(division)?, domain: DomainSlug::parse(domain)? })
    }
}

impl fmt::Display for CatalogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.division, self.domain)
    }
}

impl FromStr for CatalogId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::parse(text)
    }
}

impl TryFrom<String> for CatalogId {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::parse(&text)
    }
}

impl From<CatalogId> for String {
    fn from(id: CatalogId) -> String {
        id.to_string()
    }
}

/// A civil day, `YYYY-MM-DD`; effective dates are days in Asia/Shanghai, compared as text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(String);

impl Day {
    /// The first day of everything: for attributes that hold "since always".
    pub fn earliest() -> Self {
        Self("0001-01-01".to_owned())
    }

    /// Checks `YYYY-MM-DD`.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId { what: "day", text: text.chars().take(40).collect(), why: "written as YYYY-MM-DD" };
        let bytes = text.as_bytes();
        let is_shaped = bytes.len() == 10
            && bytes.iter().enumerate().all(|(place, byte)| match place {
                4 | 7 => *byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !is_shaped {
            return Err(invalid());
        }
        let number = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<u32>().ok());
        let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
            return Err(invalid());
        };
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            1..=12 => 31,
            _ => return Err(invalid()),
        };
        if year == 0 || day == 0 || day > days {
            return Err(invalid());
        }
        Ok(Self(text.to_owned()))
    }

    /// The civil day in China (UTC+8, no summer time since 1991) of a moment in unix milliseconds.
    pub fn in_china(unix_ms: i64) -> Self {
        const MS_PER_DAY: i64 = 24 * 60 * 60 * 1000;
        const UTC_OFFSET_MS: i64 = 8 * 60 * 60 * 1000;
        let days = unix_ms.saturating_add(UTC_OFFSET_MS).div_euclid(MS_PER_DAY);
        // Days to civil date in the proleptic Gregorian calendar: eras of 400 years that begin on 1 March.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = (year_of_era + era * 400 + i64::from(month <= 2)).clamp(1, 9_999);
        Self(format!("{year:04}-{month:02}-{day:02}"))
    }

    /// `YYYY-MM-DD`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Day {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::parse(&text)
    }
}

impl From<Day> for String {
    fn from(day: Day) -> String {
        day.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_refuse_what_is_not_theirs() {
        assert!(DivisionId::parse("211221100").is_ok());
        for bad in ["", "21 12", "铁岭", "a/b", "A1", &"9".repeat(65)] {
            assert!(DivisionId::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(
            CatalogId::parse("211221/work-safety").map(|id| id.to_string()),
            Ok("211221/work-safety".to_owned())
        );
        assert!(CatalogId::parse("211221").is_err());
    }

    #[test]
    fn every_division_has_room_for_its_operators() {
        let longest = DivisionId::parse(&"9".repeat(ID_BYTES_MAX)).expect("the longest id");
        let node = OperatorId::of_node(&longest);
        assert_eq!(OperatorId::parse(node.as_str()), Ok(node));
        assert!(OperatorId::parse(&format!("{longest}/{}", "n".repeat(ID_BYTES_MAX))).is_ok());
        assert!(OperatorId::parse(&"n".repeat(OPERATOR_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn a_moment_falls_on_its_chinese_day() {
        for (unix_ms, day) in [
            (0, "1970-01-01"),
            (1_767_196_799_999, "2025-12-31"),
            (1_767_196_800_000, "2026-01-01"),
            (1_709_164_800_000, "2024-02-29"),
            (i64::MIN, "0001-"),
        ] {
            assert!(Day::in_china(unix_ms).as_str().starts_with(day), "{unix_ms} {}", Day::in_china(unix_ms));
        }
    }

    #[test]
    fn days_are_real_days() {
        for good in ["2024-02-29", "2020-12-31"] {
            assert!(Day::parse(good).is_ok(), "{good}");
        }
        for bad in ["2023-02-29", "2020-13-01", "2020-00-10", "20-01-01", "2020/01/01", "二〇二〇-1-1", "+123-01-01"]
        {
            assert!(Day::parse(bad).is_err(), "{bad}");
        }
    }
}
