//! 公开时限 against the standard's, or against the statutory 20 working days (条例 Art. 26).
//!
//! Invariant: only what can be compared is: a number of days with a number of days, a period with a number of days,
//! the length of a showing with another. 及时 and 长期 say no number and are never found looser.
//! Left out: counting days on a calendar; lengths are compared as 5 working days a week.

use super::{Facts, Pen, Rule, Severity};
use crate::item::{Item, TimeLimit, TimeLimitKind, Unit, has_unread_number, parse_time_limit};

/// The statutory limit for what is made public unasked: 20 working days.
const STATUTORY_WORKING_DAYS: u64 = 20;
/// A working day is a fifth of a week, a calendar day a seventh: in 35ths of a week both are whole.
const WORKING_DAY: u64 = 7;
const CALENDAR_DAY: u64 = 5;
const WEEK: u64 = 35;
/// 20 working days or four weeks: so that 每月 and 20个工作日 are one.
const MONTH: u64 = 4 * WEEK;
const YEAR: u64 = 52 * WEEK;

/// Why a limit is looser than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looser {
    /// It allows more time, both in working days, rounded up.
    Longer {
        /// What it allows.
        own: u64,
        /// What the other allows.
        standard: u64,
    },
    /// It shows the matter for a shorter time, both in working days, rounded up.
    ShownShorter {
        /// How long it shows.
        own: u64,
        /// How long the other shows.
        standard: u64,
    },
}

/// Compares two parsed limits; `None` where the first is as strict as the second or cannot be compared.
pub fn looser(own: &[TimeLimit], standard: &[TimeLimit]) -> Option<Looser> {
    if let (Some(own), Some(standard)) = (longest(own, true), longest(standard, false))
        && own > standard
    {
        return Some(Looser::Longer { own: working_days(own), standard: working_days(standard) });
    }
    let (own, standard) = (shown(own)?, shown(standard)?);
    (own < standard).then(|| Looser::ShownShorter { own: working_days(own), standard: working_days(standard) })
}

/// Compares with the statutory limit. 从其规定 alone does not lengthen it: the law that does is for a waiver to name.
pub fn looser_than_statutory(own: &[TimeLimit]) -> Option<Looser> {
    let own = longest(own, false)?;
    (own > STATUTORY_WORKING_DAYS * WORKING_DAY)
        .then(|| Looser::Longer { own: working_days(own), standard: STATUTORY_WORKING_DAYS })
}

pub(super) fn check(item: &Item, facts: &Facts<'_>, pen: &mut Pen<'_, '_>) {
    let own = parse_time_limit(&item.time_limit_text);
    let standard = facts.standard.and_then(|find| find(item)).map(|standard| &standard.time_limit_text);
    let found = match standard {
        Some(text) => looser(&own, &parse_time_limit(text)).map(|found| (found, format!("the standard: {text}"))),
        None if item.disclosure_mode == "proactive" => {
            looser_than_statutory(&own).map(|found| (found, "条例 Art. 26: 20个工作日".to_owned()))
        }
        None => None,
    };
    if let Some((found, than)) = found {
        let message = match found {
            Looser::Longer { own, standard } => format!("allows {own} working days, not {standard} ({than})"),
            Looser::ShownShorter { own, standard } => format!("shows {own} working days, not {standard} ({than})"),
        };
        pen.note_against(Rule::LimitLooser, "time_limit_text", message, standard.map(String::as_str));
    }
    let is_unread = !own.is_empty() && own.iter().all(|limit| limit.kind == TimeLimitKind::Other);
    if is_unread && own.iter().all(|limit| !limit.statutory_override) {
        let message = format!("`{}` says no limit that is understood", item.time_limit_text);
        pen.note(Rule::LimitUnread, "time_limit_text", message);
    } else if has_unread_number(&item.time_limit_text) {
        let message = format!("`{}` has a number that is not understood", item.time_limit_text);
        pen.note_as(Rule::LimitUnread, Severity::Warning, "time_limit_text", message);
    }
}

/// The longest time that any clause allows, in 35ths of a week.
fn longest(limits: &[TimeLimit], with_periods: bool) -> Option<u64> {
    let allowed = limits.iter().filter_map(|limit| match limit.kind {
        TimeLimitKind::WithinDays => length(limit),
        TimeLimitKind::Periodic if with_periods => period(&limit.period),
        _ => None,
    });
    allowed.max()
}

/// The shortest showing.
fn shown(limits: &[TimeLimit]) -> Option<u64> {
    limits.iter().filter(|limit| limit.kind == TimeLimitKind::Publicity).filter_map(length).min()
}

fn length(limit: &TimeLimit) -> Option<u64> {
    let number = u64::from(limit.number?);
    Some(match limit.unit? {
        Unit::WorkingDay => number * WORKING_DAY,
        Unit::CalendarDay => number * CALENDAR_DAY,
        Unit::Hour => (number * CALENDAR_DAY).div_ceil(24),
        Unit::Week => number * WEEK,
        Unit::Month => number * MONTH,
        Unit::Year => number * YEAR,
    })
}

fn period(word: &str) -> Option<u64> {
    Some(match word {
        "day" => CALENDAR_DAY,
        "week" => WEEK,
        "month" => MONTH,
        "quarter" => YEAR / 4,
        "half-year" => YEAR / 2,
        "year" => YEAR,
        _ => return None,
    })
}

fn working_days(length: u64) -> u64 {
    length.div_ceil(WORKING_DAY)
}
