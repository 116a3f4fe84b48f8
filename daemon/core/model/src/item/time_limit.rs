//! 公开时限 as structured clauses. Owned by the sheets helper: parse_time_limit to be completed.

use serde::Serialize;

/// What a clause says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeLimitKind {
    /// Within a number of days.
    WithinDays,
}

/// The event from which days are counted.
pub type Trigger = String;

/// The unit of a number of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Working days (State Council calendar).
    WorkingDay,
    /// Calendar days.
    CalendarDay,
}

/// One clause of a time limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TimeLimit {
    /// What it says.
    pub kind: TimeLimitKind,
    /// From when.
    pub trigger: Trigger,
    /// How many.
    pub number: Option<u32>,
    /// Of what.
    pub unit: Option<Unit>,
    /// How often, for periodic limits.
    pub period: String,
}

/// Reads the clauses of a printed time limit; the text itself is never replaced.
pub fn parse_time_limit(_text: &str) -> Vec<TimeLimit> {
    Vec::new()
}
