//! Authors' clocks: entries from the far future, and clocks that ran backwards against their own stream.
//!
//! Invariant: flagged, never fatal. Order, state and validity ask no clock; a person reads these times and must know
//! which ones not to believe. What is far is told by when this node committed the entry, which is primary data.

use std::collections::BTreeMap;

use gongkai_journal::StreamKey;
use gongkai_store::{LogFilter, LogRow};

use super::{Check, ok, warning};
use crate::{App, Result, times::is_far_ahead};

/// How far a clock may step back between two entries of a stream: a step of the time service.
const BACK_MS_MAX: i64 = 5 * 60_000;
/// Rows read in one go.
const PAGE: usize = 1_000;

impl App {
    pub(super) async fn check_times(&self) -> Result<Check> {
        let mut times = Times { floor_ms: self.present_floor_ms().await?, ..Times::default() };
        let mut filter = LogFilter { limit: PAGE, ..LogFilter::default() };
        loop {
            let rows = self.store().log(&filter).await?;
            let Some(last) = rows.last().map(|row| row.feed) else { break };
            filter.after = Some(last);
            rows.iter().for_each(|row| times.hear(row));
        }
        Ok(times.check())
    }
}

/// What was heard of clocks, row by row in the order of the feed.
#[derive(Default)]
struct Times {
    /// The present was never before this.
    floor_ms: i64,
    /// The latest sequence of each stream, with its author's time.
    last: BTreeMap<StreamKey, (u64, i64)>,
    entries: u64,
    ahead: Vec<u64>,
    back: Vec<u64>,
}

impl Times {
    fn hear(&mut self, row: &LogRow) {
        self.entries += 1;
        if is_far_ahead(row.written_at_ms, row.committed_at_ms.max(self.floor_ms)) {
            self.ahead.push(row.feed);
        }
        let before = self.last.insert(row.stream.clone(), (row.seq, row.written_at_ms));
        let is_back = |(seq, written_ms): (u64, i64)| {
            seq.checked_add(1) == Some(row.seq) && row.written_at_ms < written_ms.saturating_sub(BACK_MS_MAX)
        };
        if before.is_some_and(is_back) {
            self.back.push(row.feed);
        }
    }

    fn check(&self) -> Check {
        let hint = "look at the clock of the author's node (`gongkai audit` names it); order and state do not ask it";
        if let Some(first) = self.ahead.first() {
            let message = format!("{} entries bear a time far ahead; the first is entry {first}", self.ahead.len());
            return warning("times", "GK-DOCTOR-015", message, hint);
        }
        if let Some(first) = self.back.first() {
            let message =
                format!("{} times a clock ran backwards in its stream; first at entry {first}", self.back.len());
            return warning("times", "GK-DOCTOR-016", message, hint);
        }
        ok("times", format!("{} entries", self.entries))
    }
}

#[cfg(test)]
mod tests {
    use gongkai_journal::{Author, Incarnation, Lane, Reach};
    use gongkai_model::{digest::Digest, id::DivisionId};

    use super::*;
    use crate::times::BUILD_DAY_MS;

    const NOON: i64 = 1_800_000_000_000;
    const HOUR: i64 = 3_600_000;

    /// One stream's entries as (author's time, committed), relative to noon.
    fn code(rows: &[(i64, i64)]) -> String {
        let division = DivisionId::parse("211221").expect("an id");
        let author = Author { division: division.clone(), incarnation: Incarnation::from_bytes([1; 16]) };
        let stream = StreamKey::new(author, division, Reach::Path, Lane::Work);
        let mut times = Times { floor_ms: BUILD_DAY_MS, ..Times::default() };
        for (feed, (written, committed)) in (1_u64..).zip(rows) {
            times.hear(&LogRow {
                feed,
                hash: Digest::of("row", &[&feed.to_be_bytes()]),
                stream: stream.clone(),
                seq: feed,
                kind: "note".to_owned(),
                operator: None,
                written_at_ms: NOON + written,
                committed_at_ms: NOON + committed,
                about: None,
                source: None,
                payload_bytes: 0,
                erased_by: None,
            });
        }
        times.check().reason.code
    }

    #[test]
    fn far_ahead_and_backwards_are_flagged_and_small_steps_are_not() {
        let check = |rows: &[(i64, i64)], expected: &str| assert_eq!(code(rows), expected, "{rows:?}");
        check(&[(0, 0), (0, HOUR), (-60_000, HOUR)], "");
        check(&[(0, 0), (20 * HOUR, 0)], "");
        check(&[(0, 0), (30 * HOUR, 0), (HOUR, 0)], "GK-DOCTOR-015");
        check(&[(0, 0), (-HOUR, 0)], "GK-DOCTOR-016");
        // This node's own clock had lost its battery when it committed: others' times are not far ahead by that.
        check(&[(BUILD_DAY_MS - NOON, -NOON)], "");
        check(&[(i64::MAX - NOON, 0)], "GK-DOCTOR-015");
    }
}
