//! Moments for people, in the time zone of whoever looks.
//!
//! Invariant: JSON carries Unix milliseconds and never passes here.

use jiff::{Timestamp, tz::TimeZone};

/// `2026-03-02 09:15`, or `-` for "never" and for what no calendar holds.
pub(crate) fn moment(unix_ms: i64) -> String {
    moment_in(unix_ms, TimeZone::system())
}

fn moment_in(unix_ms: i64, zone: TimeZone) -> String {
    match Timestamp::from_millisecond(unix_ms) {
        Ok(timestamp) if unix_ms != 0 => timestamp.to_zoned(zone).strftime("%Y-%m-%d %H:%M").to_string(),
        Ok(_) | Err(_) => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_like_a_clock_and_nonsense_reads_as_never() {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        for (ms, text) in [(1_600_000_000_000, "2020-09-13 20:26"), (0, "-"), (i64::MAX, "-"), (i64::MIN, "-")] {
            assert_eq!(moment_in(ms, zone.clone()), text);
        }
    }
}
