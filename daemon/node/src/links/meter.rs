//! How fast a session moves, and how long it still takes.
//!
//! Invariant: a rate is over the last ten seconds or so, not over the session: a link that has slowed down shows it.
//! Times are arguments.

use std::collections::VecDeque;

use super::board::Moved;

/// Samples kept.
const SAMPLES_MAX: usize = 20;
/// Time between two of them, milliseconds: the span fits.
const APART_MS: i64 = 500;
/// What a rate is over at most, milliseconds.
const SPAN_MS: i64 = 10_000;
const MS_PER_SECOND: u64 = 1_000;

/// The last samples of what has moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Meter(VecDeque<(i64, Moved)>);

/// What moves a second, in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
}

/// Both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rates {
    pub(crate) sent: Rate,
    pub(crate) received: Rate,
}

impl Meter {
    /// Notes what has moved until now.
    pub(crate) fn note(&mut self, now_ms: i64, moved: Moved) {
        if self.0.back().is_some_and(|(last_ms, _)| now_ms < *last_ms) {
            // The clock was set back: what was measured by it is of no use.
            self.0.clear();
        }
        match self.0.len() {
            0 | 1 => self.0.push_back((now_ms, moved)),
            count => {
                let is_apart = self.0.get(count - 2).is_some_and(|(before_ms, _)| now_ms - before_ms >= APART_MS);
                if !is_apart {
                    self.0.pop_back();
                }
                self.0.push_back((now_ms, moved));
            }
        }
        if self.0.len() > SAMPLES_MAX {
            self.0.pop_front();
        }
    }

    /// What moves a second, as of now; nothing before there is something to compare.
    pub(crate) fn rates(&self, now_ms: i64) -> Rates {
        // A quiet link notes seldom: what is older than the span says nothing of now.
        let from = self.0.iter().rev().find(|(at_ms, _)| now_ms - at_ms >= SPAN_MS).or(self.0.front());
        let (Some((from_ms, from)), Some((_, to))) = (from, self.0.back()) else { return Rates::default() };
        // Nothing moved between that sample and the span's begin, or there would be a later one.
        let span_ms = (now_ms - from_ms).min(SPAN_MS);
        let Some(span_ms) = u64::try_from(span_ms).ok().filter(|span| *span > 0) else {
            return Rates::default();
        };
        let rate = |before: u64, after: u64| after.saturating_sub(before).saturating_mul(MS_PER_SECOND) / span_ms;
        Rates {
            sent: Rate {
                entries: rate(from.entries_sent, to.entries_sent),
                bytes: rate(from.bytes_sent, to.bytes_sent),
            },
            received: Rate {
                entries: rate(from.entries_received, to.entries_received),
                bytes: rate(from.bytes_received, to.bytes_received),
            },
        }
    }
}

/// Bytes that entries still to come will take, by the mean of those that came; `None` before any came.
pub(crate) fn bytes_left(entries_left: u64, entries_done: u64, bytes_done: u64) -> Option<u64> {
    let estimate =
        u128::from(entries_left) * u128::from(bytes_done) / u128::from(std::num::NonZeroU64::new(entries_done)?.get());
    Some(u64::try_from(estimate).unwrap_or(u64::MAX))
}

/// Milliseconds that entries still to come will take; `None` where nothing moves.
pub(crate) fn remaining_ms(entries_left: u64, rate: Rate) -> Option<u64> {
    match (entries_left, rate.entries) {
        (0, _) => Some(0),
        (_, 0) => None,
        (left, rate) => Some(left.saturating_mul(MS_PER_SECOND) / rate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(entries: u64) -> Moved {
        Moved { entries_received: entries, bytes_received: entries * 100, ..Moved::default() }
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let mut meter = Meter::default();
        assert_eq!(meter.rates(0), Rates::default());
        // A minute at 1,000 a second, noted a hundred times a second, then a minute at 10.
        (0..=6_000).for_each(|tick: u64| meter.note(i64::try_from(tick * 10).unwrap_or(0), moved(tick * 10)));
        let fast = meter.rates(60_000).received;
        assert!((900..=1_100).contains(&fast.entries) && (90_000..=110_000).contains(&fast.bytes), "{fast:?}");
        (1..=60).for_each(|second: u64| {
            meter.note(60_000 + i64::try_from(second * 1_000).unwrap_or(0), moved(60_000 + second * 10));
        });
        assert_eq!(meter.rates(120_000).received.entries, 10);
        assert_eq!(meter.rates(1_000_000).received.entries, 0, "a link that stands still shows it");
        meter.note(1_000_000, moved(61_600));
        assert_eq!(meter.rates(1_000_000).received.entries, 100, "a link that wakes is not measured over its rest");
        meter.note(5_000, moved(70_000));
        assert_eq!(meter.rates(5_000), Rates::default(), "the clock was set back");
    }

    #[test]
    fn what_remains_is_reckoned_from_what_came() {
        assert_eq!(bytes_left(50, 100, 2_000), Some(1_000));
        assert_eq!(bytes_left(50, 0, 2_000), None);
        assert_eq!(remaining_ms(50, Rate { entries: 10, bytes: 0 }), Some(5_000));
        assert_eq!(remaining_ms(0, Rate::default()), Some(0));
        assert_eq!(remaining_ms(1, Rate::default()), None);
    }
}
