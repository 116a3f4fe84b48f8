//! What authors' clocks say that nobody should believe: entries from the far future.
//!
//! Invariant: flagged where a person reads times, never fatal and never asked by order, state or validity. What is far is
//! told by when this node committed the entry. Left out: clocks that ran backwards, which only the doctor looks for.

use gongkai_journal::Entry;
use gongkai_store::PeerRole;

use crate::{App, Result};

/// How far ahead an author's clock may be: a wrong time zone and a wrong day.
const AHEAD_MS_MAX: i64 = 26 * 3_600_000;
/// This version was made after the first day of 2026: a node's clock that says less has lost its battery, and what it
/// committed then is no measure for others.
pub(crate) const BUILD_DAY_MS: i64 = 1_767_225_600_000;
/// Where the feed numbers of such entries are kept.
const AHEAD: &str = "times.ahead";
/// Feed numbers kept: more of them say no more to a person.
const AHEAD_KEPT_MAX: usize = 100;

/// Whether an author's time lies beyond what any honest clock could say when the entry was committed.
pub(crate) fn is_far_ahead(written_at_ms: i64, committed_at_ms: i64) -> bool {
    written_at_ms > committed_at_ms.max(BUILD_DAY_MS).saturating_add(AHEAD_MS_MAX)
}

impl App {
    /// The present was never before this, whatever the own clock says.
    pub(crate) async fn present_floor_ms(&self) -> Result<i64> {
        let peers = self.store().peers().await?;
        let parent = peers.iter().find(|peer| peer.role == PeerRole::Parent).and_then(|peer| peer.last_contact_ms);
        Ok(parent.unwrap_or(0).max(BUILD_DAY_MS))
    }

    /// Notes those of fresh entries that are far ahead, by their feed numbers. Noting one twice changes nothing.
    pub(crate) async fn note_times(&self, fresh: impl Iterator<Item = (u64, &Entry)> + Send) -> Result<()> {
        let now_ms = self.now_ms();
        let far = |ms: i64| move |(_, entry): &(u64, &Entry)| is_far_ahead(entry.header.written_at_ms, ms);
        let candidates: Vec<(u64, &Entry)> = fresh.filter(far(now_ms)).collect();
        if candidates.is_empty() {
            return Ok(());
        }
        let present_ms = now_ms.max(self.present_floor_ms().await?);
        let mut ahead = self.entries_ahead().await?;
        ahead.extend(candidates.into_iter().filter(far(present_ms)).map(|(feed, _)| feed));
        ahead.sort_unstable();
        ahead.dedup();
        ahead.truncate(AHEAD_KEPT_MAX);
        Ok(self.store().put_meta(AHEAD, &serde_json::to_string(&ahead).unwrap_or_default()).await?)
    }

    /// Feed numbers of the first entries that bear a time far ahead, of those a hundred are kept.
    pub async fn entries_ahead(&self) -> Result<Vec<u64>> {
        let text = self.store().meta(AHEAD).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }
}
