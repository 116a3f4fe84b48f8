//! When a child dials its parent: at once, by cron, or only when asked; inside windows; spread over the children.
//!
//! Invariant: the times are arguments, and equal arguments give equal plans. A run that was missed is caught up once.
//! What only a person can cure is not tried by cron either: it waits for its daily probe.

use gongkai_model::{digest::Digest, id::DivisionId};

use crate::{retry::Class, schedule::Schedule, window::Windows};

/// What starts a session.
#[derive(Clone, Debug)]
pub enum Timing {
    /// The link stands whenever it can.
    Live,
    /// A cron line.
    Schedule(Box<Schedule>),
    /// Only a person.
    Manual,
}

/// The plan of one link.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What starts a session.
    pub timing: Timing,
    /// When the link may be used.
    pub windows: Windows,
    /// How long after its cron time this child runs.
    pub offset_ms: i64,
}

impl Plan {
    /// The first run of a daemon's life. A first contact is not put off; a run missed while the daemon was down is
    /// caught up once, after this child's offset: a whole county may have had the same power cut.
    pub fn first_ms(&self, last_run_ms: Option<i64>, now_ms: i64) -> Option<i64> {
        let at_ms = match (&self.timing, last_run_ms) {
            (Timing::Manual, _) => return None,
            (Timing::Live, _) | (Timing::Schedule(_), None) => now_ms,
            // A last run in the future was noted by a clock that was wrong.
            (Timing::Schedule(schedule), Some(last_ms)) => match self.run_after_ms(schedule, last_ms.min(now_ms))? {
                missed if missed <= now_ms => now_ms.saturating_add(self.offset_ms),
                next => next,
            },
        };
        Some(self.windows.opens_ms(at_ms))
    }

    /// The next run after a session that ended well. A live link that was ended in order comes back after `delay_ms`.
    pub fn after_done_ms(&self, now_ms: i64, delay_ms: i64) -> Option<i64> {
        let at_ms = match &self.timing {
            Timing::Live => now_ms.saturating_add(delay_ms),
            Timing::Schedule(schedule) => self.run_after_ms(schedule, now_ms)?,
            Timing::Manual => return None,
        };
        Some(self.windows.opens_ms(at_ms))
    }

    /// The next attempt after one that failed; `delay_ms` is the retry policy's for this class.
    pub fn after_failure_ms(&self, class: Class, now_ms: i64, delay_ms: i64) -> Option<i64> {
        let retry_ms = now_ms.saturating_add(delay_ms);
        let at_ms = match (&self.timing, class) {
            (Timing::Live, _) | (Timing::Schedule(_), Class::Permanent) => retry_ms,
            (Timing::Schedule(schedule), Class::Transient) => {
                self.run_after_ms(schedule, now_ms).map_or(retry_ms, |run| run.min(retry_ms))
            }
            (Timing::Manual, _) => return None,
        };
        Some(self.windows.opens_ms(at_ms))
    }

    /// The first moment behind `after_ms` that is a cron time and this child's offset.
    fn run_after_ms(&self, schedule: &Schedule, after_ms: i64) -> Option<i64> {
        Some(schedule.next_after_ms(after_ms.saturating_sub(self.offset_ms))?.saturating_add(self.offset_ms))
    }
}

/// A child's place among its siblings: the same at every run, evenly spread over `max_ms`, and not asked of anybody.
pub fn offset_ms(division: &DivisionId, max_ms: u64) -> i64 {
    let digest = Digest::of("gongkai schedule offset v1", &[division.as_str().as_bytes()]);
    let first: [u8; 8] = digest.as_raw().first_chunk().copied().unwrap_or_default();
    let spread = u64::from_be_bytes(first) % max_ms.saturating_add(1).max(1);
    i64::try_from(spread).unwrap_or(0)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::retry::Retry;

    const HOUR_MS: i64 = 3_600_000;
    const DAY_MS: i64 = 24 * HOUR_MS;
    /// 2026-01-01 00:00 in Shanghai.
    const NEW_YEAR_MS: i64 = 1_767_196_800_000;
    const OFFSET_MS: i64 = 17_000;

    fn plan(cron: &str, windows: &[&str]) -> Plan {
        let windows: Vec<String> = windows.iter().map(|text| (*text).to_owned()).collect();
        Plan {
            timing: Timing::Schedule(Box::new(Schedule::parse(cron, "Asia/Shanghai").unwrap())),
            windows: Windows::parse(&windows, chrono_tz::Tz::Asia__Shanghai).unwrap(),
            offset_ms: OFFSET_MS,
        }
    }

    #[test]
    fn runs_missed_over_a_week_are_caught_up_once() {
        let nightly = plan("0 2 * * *", &[]);
        let last = NEW_YEAR_MS + 2 * HOUR_MS + OFFSET_MS;
        let now = last + 7 * DAY_MS + HOUR_MS;
        let first = nightly.first_ms(Some(last), now).unwrap();
        assert_eq!(first, now + OFFSET_MS, "at once, but not with all the siblings");
        assert_eq!(nightly.after_done_ms(first, 0), Some(last + 8 * DAY_MS), "then as planned");
        assert_eq!(nightly.first_ms(Some(last), last + HOUR_MS), Some(last + DAY_MS), "nothing was missed");
        assert_eq!(nightly.first_ms(None, now), Some(now), "a first contact is not put off");
    }

    #[test]
    fn a_clock_that_was_ahead_does_not_silence_the_link() {
        let nightly = plan("0 2 * * *", &[]);
        let wrong = NEW_YEAR_MS + 3_000 * DAY_MS;
        let next = nightly.first_ms(Some(wrong), NEW_YEAR_MS).unwrap();
        assert_eq!(next, NEW_YEAR_MS + 2 * HOUR_MS + OFFSET_MS);
    }

    #[test]
    fn what_a_person_must_cure_is_not_tried_by_cron() {
        let often = plan("*/5 * * * *", &[]);
        let mut retry = Retry::default();
        let delay = i64::try_from(retry.next_delay_ms(Class::Permanent, 1.0)).unwrap();
        let next = often.after_failure_ms(Class::Permanent, NEW_YEAR_MS, delay).unwrap();
        assert!(next >= NEW_YEAR_MS + 12 * HOUR_MS, "{next}");
        let delay = 500;
        assert_eq!(often.after_failure_ms(Class::Transient, NEW_YEAR_MS, delay), Some(NEW_YEAR_MS + delay));
        let far = 100 * DAY_MS;
        let run = often.after_failure_ms(Class::Transient, NEW_YEAR_MS, far).unwrap();
        assert!(run < NEW_YEAR_MS + 6 * 60_000, "a planned run is not put off by a long backoff: {run}");
    }

    #[test]
    fn a_run_outside_the_window_waits_for_it() {
        let nights = plan("0 * * * *", &["22:00-06:00"]);
        let noon = NEW_YEAR_MS + 12 * HOUR_MS;
        assert_eq!(nights.after_done_ms(noon, 0), Some(NEW_YEAR_MS + 22 * HOUR_MS));
        let live = Plan { timing: Timing::Live, ..nights };
        assert_eq!(live.first_ms(None, noon), Some(NEW_YEAR_MS + 22 * HOUR_MS));
        let retried = live.after_failure_ms(Class::Transient, noon, 500);
        assert_eq!(retried, Some(NEW_YEAR_MS + 22 * HOUR_MS), "no attempt outside the window");
        assert_eq!(Plan { timing: Timing::Manual, ..live }.first_ms(None, noon), None);
    }

    #[test]
    fn a_hundred_children_do_not_dial_in_the_same_second() {
        let offsets: Vec<i64> = (0..100)
            .map(|number| offset_ms(&DivisionId::parse(&format!("2112211{number:02}")).unwrap(), 300_000))
            .collect();
        let seconds: BTreeSet<i64> = offsets.iter().map(|offset| offset / 1_000).collect();
        assert!(seconds.len() > 75, "{} different seconds", seconds.len());
        assert!(offsets.iter().all(|offset| (0..=300_000).contains(offset)));
        let division = DivisionId::parse("211221101").unwrap();
        assert_eq!(offset_ms(&division, 300_000), offset_ms(&division, 300_000));
        assert_eq!(offset_ms(&division, 0), 0);
    }
}
