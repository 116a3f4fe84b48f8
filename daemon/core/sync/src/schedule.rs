//! When a scheduled link runs: cron expressions in the node's own time zone.
//!
//! Invariant: the time is an argument; a run comes once on a day on which the clocks change. Left out: what was
//! missed, windows and the spread over children (plan).

use std::str::FromStr;

use chrono::{DateTime, TimeZone};
use chrono_tz::Tz;
use croner::Cron;

/// A cron expression (five fields) in a time zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    cron: Cron,
    zone: Tz,
}

/// Text that is no schedule.
#[derive(Debug, thiserror::Error)]
pub enum InvalidSchedule {
    /// Not a cron expression.
    #[error("`{text}` is not a cron expression of five fields: {why}")]
    Cron {
        /// As given.
        text: String,
        /// What the reader says.
        why: String,
    },
    /// Not a zone of the IANA list.
    #[error("`{text}` is not a time zone such as Asia/Shanghai")]
    Zone {
        /// As given.
        text: String,
    },
}

impl Schedule {
    /// Reads an expression such as `*/15 8-18 * * 1-5` and a zone such as `Asia/Shanghai`.
    pub fn parse(expression: &str, zone: &str) -> Result<Self, InvalidSchedule> {
        let cron = Cron::from_str(expression)
            .map_err(|error| InvalidSchedule::Cron { text: expression.to_owned(), why: error.to_string() })?;
        Ok(Self { cron, zone: zone_of(zone)? })
    }

    /// The first run after a moment, both in unix milliseconds; `None` when the expression never matches again.
    pub fn next_after_ms(&self, after_ms: i64) -> Option<i64> {
        let after: DateTime<Tz> = self.zone.timestamp_millis_opt(after_ms).single()?;
        self.cron.find_next_occurrence(&after, false).ok().map(|next| next.timestamp_millis())
    }
}

/// The zone of a name of the IANA list.
pub fn zone_of(name: &str) -> Result<Tz, InvalidSchedule> {
    Tz::from_str(name).map_err(|_| InvalidSchedule::Zone { text: name.to_owned() })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn runs_fall_on_the_zones_own_clock() {
        let schedule = Schedule::parse("0 2 * * *", "Asia/Shanghai").unwrap();
        // 2026-01-01T00:00:00Z is 08:00 in Shanghai; the next 02:00 there is 18:00Z.
        let midnight_utc = 1_767_225_600_000;
        assert_eq!(schedule.next_after_ms(midnight_utc), Some(midnight_utc + 18 * 3_600_000));
    }

    #[test]
    fn a_nightly_run_comes_once_a_day_through_both_changes_of_the_clocks() {
        const DAY_MS: i64 = 24 * 3_600_000;
        for zone in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai"] {
            for cron in ["30 2 * * *", "15 1 * * *", "0 3 * * *"] {
                let schedule = Schedule::parse(cron, zone).unwrap();
                // 2026-01-01T00:00:00Z.
                let mut at = 1_767_225_600_000;
                let mut days = std::collections::BTreeSet::new();
                for run in 0..370 {
                    let next = schedule.next_after_ms(at).unwrap();
                    let step = next - at;
                    assert!(step > 0 && (run == 0 || step >= DAY_MS - 3_600_000), "{zone} {cron}: {step} ms at {at}");
                    assert!(step <= DAY_MS + 3_600_000, "{zone} {cron}: {step} ms at {at}");
                    let local = zone_of(zone).unwrap().timestamp_millis_opt(next).unwrap().date_naive();
                    assert!(days.insert(local), "{zone} {cron}: twice on {local}");
                    at = next;
                }
            }
        }
    }

    #[test]
    fn nonsense_is_refused_with_the_reason() {
        assert!(Schedule::parse("every day", "Asia/Shanghai").is_err());
        assert!(Schedule::parse("0 2 * * *", "Tieling").is_err());
    }
}
