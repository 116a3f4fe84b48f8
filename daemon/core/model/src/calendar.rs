//! Working days (工作日): counting and adding them by a yearly calendar that is data.
//!
//! Invariant: a year without its calendar counts by weekends alone and is named, so that nobody takes the count for
//! certain. No clock: the caller brings the days. Left out: the notices themselves (seeds).

use std::collections::BTreeSet;

use crate::id::Day;

/// Days looked at in one count: ten years. Real reviews take weeks.
const DAYS_MAX: u32 = 3_660;

/// A calendar: whether a day is worked; `None` where its year is not in it.
pub type IsWorked<'c> = dyn Fn(&Day) -> Option<bool> + 'c;

/// A number of working days, and the years that were counted by weekends alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// How many working days.
    pub days: u32,
    /// Years without a calendar.
    pub missing_years: BTreeSet<u32>,
}

/// A day that was reckoned, and the years that were counted by weekends alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reckoned {
    /// The day.
    pub day: Day,
    /// Years without a calendar.
    pub missing_years: BTreeSet<u32>,
}

/// Working days after `from` up to and including `to`; none where `to` is not later.
pub fn working_days_after(from: &Day, to: &Day, is_worked: &IsWorked<'_>) -> Counted {
    let mut counted = Counted::default();
    let mut day = from.clone();
    for _ in 0..DAYS_MAX {
        if day >= *to {
            break;
        }
        day = next(&day);
        counted.days += u32::from(judge(&day, is_worked, &mut counted.missing_years));
    }
    counted
}

/// The day that is `count` working days after `from`: the first day does not count (民法典 art. 201).
pub fn after_working_days(from: &Day, count: u32, is_worked: &IsWorked<'_>) -> Reckoned {
    let mut missing_years = BTreeSet::new();
    let mut day = from.clone();
    let mut left = count;
    for _ in 0..DAYS_MAX {
        if left == 0 {
            break;
        }
        day = next(&day);
        left -= u32::from(judge(&day, is_worked, &mut missing_years));
    }
    Reckoned { day, missing_years }
}

/// The day that lies `months` before, or the last of its month where that month is shorter.
pub fn months_before(day: &Day, months: u32) -> Day {
    let (year, month, date) = parts(day);
    let whole = (year * 12 + month - 1).saturating_sub(months).max(12);
    let (year, month) = (whole / 12, whole % 12 + 1);
    let date = date.min(days_of(year, month));
    parse(year, month, date)
}

fn judge(day: &Day, is_worked: &IsWorked<'_>, missing: &mut BTreeSet<u32>) -> bool {
    is_worked(day).unwrap_or_else(|| {
        missing.insert(parts(day).0);
        !is_weekend(day)
    })
}

/// The day after; the last day that can be written follows itself.
fn next(day: &Day) -> Day {
    let (year, month, date) = parts(day);
    match (month, date) {
        (_, date) if date < days_of(year, month) => parse(year, month, date + 1),
        (12, _) if year == 9_999 => day.clone(),
        (12, _) => parse(year + 1, 1, 1),
        _ => parse(year, month + 1, 1),
    }
}

/// Year, month and day of the month: a [`Day`] is always ten digits and hyphens.
fn parts(day: &Day) -> (u32, u32, u32) {
    let number =
        |range: std::ops::Range<usize>| day.as_str().get(range).and_then(|text| text.parse().ok()).unwrap_or(1);
    (number(0..4), number(5..7), number(8..10))
}

fn parse(year: u32, month: u32, date: u32) -> Day {
    Day::parse(&format!("{year:04}-{month:02}-{date:02}")).unwrap_or_else(|_| Day::earliest())
}

fn days_of(year: u32, month: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => 31,
    }
}

/// Zeller's congruence: 0 is Saturday, 1 Sunday.
fn is_weekend(day: &Day) -> bool {
    let (year, month, date) = parts(day);
    // January and February belong to the year before.
    let (year, month) = if month < 3 { (year - 1, month + 12) } else { (year, month) };
    (date + 13 * (month + 1) / 5 + year + year / 4 - year / 100 + year / 400) % 7 <= 1
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    /// A calendar of one year: 1 to 7 October 2026 is off, Saturday the 10th is worked.
    fn october(day: &Day) -> Option<bool> {
        let text = day.as_str();
        text.starts_with("2026").then(|| match text {
            "2026-10-10" => true,
            text if ("2026-10-01".."2026-10-08").contains(&text) => false,
            _ => !is_weekend(day),
        })
    }

    #[test]
    fn holidays_and_worked_saturdays_count_as_the_notice_says() {
        for (from, to, days) in [
            ("2026-09-30", "2026-09-30", 0),
            ("2026-09-30", "2026-10-07", 0),
            ("2026-09-30", "2026-10-08", 1),
            ("2026-09-30", "2026-10-10", 3),
            ("2026-09-30", "2026-10-12", 4),
            ("2026-10-12", "2026-09-30", 0),
        ] {
            let counted = working_days_after(&day(from), &day(to), &october);
            assert_eq!((counted.days, counted.missing_years.len()), (days, 0), "{from} {to}");
        }
        for (count, due) in [(0, "2026-09-30"), (1, "2026-10-08"), (3, "2026-10-10"), (4, "2026-10-12")] {
            assert_eq!(after_working_days(&day("2026-09-30"), count, &october).day, day(due));
        }
    }

    #[test]
    fn a_year_without_a_calendar_counts_by_weekends_and_is_named() {
        let due = after_working_days(&day("2026-12-31"), 2, &october);
        assert_eq!((due.day, due.missing_years), (day("2027-01-04"), BTreeSet::from([2027])));
        let counted = working_days_after(&day("2027-02-26"), &day("2027-03-01"), &october);
        assert_eq!((counted.days, counted.missing_years), (1, BTreeSet::from([2027])));
    }

    #[test]
    fn months_go_back_over_years_and_short_months() {
        for (from, months, to) in [
            ("2026-03-31", 1, "2026-02-28"),
            ("2024-03-31", 1, "2024-02-29"),
            ("2026-01-15", 12, "2025-01-15"),
            ("2026-01-15", 1, "2025-12-15"),
            ("2026-01-15", 0, "2026-01-15"),
            ("0001-05-01", 900, "0001-01-01"),
        ] {
            assert_eq!(months_before(&day(from), months), day(to), "{from} {months}");
        }
    }
}
