//! When to try a link again: exponential backoff with jitter. The one retry policy of the system.
//!
//! Invariant: chance comes from the caller; equal attempts and equal chance give equal delays. The `backoff` crate
//! supplies the growing interval and nothing else (README, dependency notes).

use std::time::Duration;

use backoff::{ExponentialBackoff, ExponentialBackoffBuilder, backoff::Backoff};

/// First delay, in milliseconds: a daemon that restarts is back within a second.
pub const DELAY_MS_FIRST: u64 = 500;
/// Longest delay, in milliseconds: a link that comes back is found within five minutes.
pub const DELAY_MS_MAX: u64 = 5 * 60 * 1000;
/// Growth of the delay per attempt.
pub const GROWTH: f64 = 2.0;
/// Share of a delay that jitter may take off, so that 1,000 children do not dial in the same instant.
pub const JITTER_SHARE: f64 = 0.5;
/// A refusal that retrying cannot cure is probed this often, in milliseconds: once a day.
pub const PROBE_MS: u64 = 24 * 60 * 60 * 1000;

/// What a failure means for the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The network or the peer was not there: try again soon.
    Transient,
    /// A person must act first: probe once a day.
    Permanent,
}

/// Delays of consecutive failures on one link.
#[derive(Debug)]
pub struct Retry(ExponentialBackoff);

impl Default for Retry {
    fn default() -> Self {
        Self(
            ExponentialBackoffBuilder::new()
                .with_initial_interval(Duration::from_millis(DELAY_MS_FIRST))
                .with_max_interval(Duration::from_millis(DELAY_MS_MAX))
                .with_multiplier(GROWTH)
                .with_randomization_factor(0.0)
                .with_max_elapsed_time(None)
                .build(),
        )
    }
}

impl Retry {
    /// The delay before the next attempt, in milliseconds. `chance` is in 0.0..1.0.
    pub fn next_delay_ms(&mut self, class: Class, chance: f64) -> u64 {
        let base_ms = match class {
            Class::Transient => {
                let interval = self.0.next_backoff().unwrap_or(Duration::from_millis(DELAY_MS_MAX));
                u64::try_from(interval.as_millis()).unwrap_or(DELAY_MS_MAX)
            }
            Class::Permanent => PROBE_MS,
        };
        let taken_off = base_ms as f64 * JITTER_SHARE * chance.clamp(0.0, 1.0);
        base_ms - taken_off as u64
    }

    /// A session succeeded: the next failure begins at the first delay.
    pub fn reset(&mut self) {
        self.0.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_to_their_limit_and_begin_anew_after_a_success() {
        let mut retry = Retry::default();
        let delays: Vec<u64> = (0..12).map(|_| retry.next_delay_ms(Class::Transient, 0.0)).collect();
        assert_eq!(&delays[..4], &[500, 1_000, 2_000, 4_000]);
        assert_eq!(delays.last(), Some(&DELAY_MS_MAX));
        retry.reset();
        assert_eq!(retry.next_delay_ms(Class::Transient, 1.0), DELAY_MS_FIRST / 2);
    }

    #[test]
    fn what_retrying_cannot_cure_is_probed_once_a_day() {
        assert_eq!(Retry::default().next_delay_ms(Class::Permanent, 0.0), PROBE_MS);
    }
}
