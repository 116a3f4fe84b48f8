//! The State Council's yearly holiday notices (放假调休): which days are working days.
//!
//! Invariant: a year without its notice has no answer, so that nobody counts working days on a guess.
//! Left out: adding up working days (whoever needs a due date).

use gongkai_model::id::Day;
use serde::{Deserialize, Serialize};

/// One year's notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HolidayYear {
    /// The civil year.
    pub year: u16,
    /// Days off, weekends inside them included.
    pub periods: Vec<HolidayPeriod>,
    /// Weekend days that are worked instead (调休上班).
    pub worked: Vec<Day>,
}

/// A run of days off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HolidayPeriod {
    /// Such as 春节.
    pub name: String,
    /// The first day.
    pub first: Day,
    /// The last day, inclusive.
    pub last: Day,
}

/// All notices known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Holidays(Vec<HolidayYear>);

impl Holidays {
    /// Whether the day is worked; `None` where the year's notice is missing.
    pub fn is_working_day(&self, day: &Day) -> Option<bool> {
        let (year, month, date) = parts(day);
        let notice = self.0.iter().find(|notice| u32::from(notice.year) == year)?;
        let is_off = notice.periods.iter().any(|period| period.first <= *day && *day <= period.last);
        Some(notice.worked.contains(day) || !is_off && !is_weekend(year, month, date))
    }

    /// The years with a notice.
    pub fn years(&self) -> impl Iterator<Item = u16> {
        self.0.iter().map(|notice| notice.year)
    }

    /// The first year that stands twice or has a day of another year, a period that ends before it begins, or a
    /// worked day that is no weekend day.
    pub(crate) fn faulty_year(&self) -> Option<u16> {
        let is_faulty = |(index, notice): &(usize, &HolidayYear)| {
            let year = u32::from(notice.year);
            let is_foreign = |day: &Day| parts(day).0 != year;
            let is_wrong_period = |period: &HolidayPeriod| {
                is_foreign(&period.first) || is_foreign(&period.last) || period.first > period.last
            };
            let is_wrong_work = |day: &Day| {
                let (_, month, date) = parts(day);
                is_foreign(day) || !is_weekend(year, month, date)
            };
            self.0[..*index].iter().any(|earlier| earlier.year == notice.year)
                || notice.periods.iter().any(is_wrong_period)
                || notice.worked.iter().any(is_wrong_work)
        };
        self.0.iter().enumerate().find(is_faulty).map(|(_, notice)| notice.year)
    }
}

/// Year, month and day of the month: a [`Day`] is always ten digits and hyphens.
fn parts(day: &Day) -> (u32, u32, u32) {
    let number = |range: std::ops::Range<usize>| day.as_str()[range].parse().unwrap_or_default();
    (number(0..4), number(5..7), number(8..10))
}

/// Sakamoto's day of the week, 0 = Sunday; each month's number is its shift within the week.
fn is_weekend(year: u32, month: u32, date: u32) -> bool {
    const SHIFTS: [u32; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
    // January and February count with the year before; years begin at 1, so this stays at or above 0.
    let year = if month < 3 { year - 1 } else { year };
    let shift = SHIFTS[(month.clamp(1, 12) - 1) as usize];
    matches!((year + year / 4 - year / 100 + year / 400 + shift + date) % 7, 0 | 6)
}
