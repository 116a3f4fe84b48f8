//! Looking entries up: by hash, by what they are about, by kind, in the order of the feed, and for the audit.
//!
//! Invariant: every entry that leaves the store was decoded again and its hash and payload digest checked, or is one of
//! those that were committed last, as they were; a row that does not fit is [`Error::Damaged`] with its feed number,
//! never silently left out.

use std::sync::Arc;

use gongkai_journal::{Entry, EntryHash, StreamKey, kind::Kind};
use gongkai_model::id::{DivisionId, OperatorId};

use crate::{
    error::Error,
    store::{Store, on_db},
};

/// Entries returned by one lookup at most.
const PAGE_MAX: usize = 10_000;

/// Bytes of payloads returned by one lookup, but for the first entry: what peers send may be as long as an entry can be.
const PAGE_BYTES_MAX: u64 = 8 << 20;

/// How much one lookup may return.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
}

impl Page {
    pub(crate) fn of(entries: usize) -> Self {
        Self { entries: entries.min(PAGE_MAX) as u64, bytes: PAGE_BYTES_MAX }
    }
}

/// An entry with its place in this node's feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its feed number.
    pub feed: u64,
    /// When this node committed it, unix milliseconds.
    pub committed_at_ms: i64,
    /// The peer that brought it; `None` for the node's own.
    pub source: Option<DivisionId>,
    /// The entry.
    pub entry: Entry,
}

/// What tells whether anything about one thing has changed: entries are only added, payloads only erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AboutStamp {
    /// How many entries.
    pub entries: u64,
    /// The last one's feed number.
    pub feed: u64,
    /// How many have their payload.
    pub payloads: u64,
    /// What their payloads weigh, erased ones too, in bytes.
    pub bytes: u64,
}

impl AboutStamp {
    /// How many have lost their payload.
    pub fn erased(&self) -> u64 {
        self.entries.saturating_sub(self.payloads)
    }
}

/// Which rows of the audit log are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Behind this feed number in the order asked for; `None`: from the beginning of that order.
    pub after: Option<u64>,
    /// How many; 0 stands for the largest page.
    pub limit: usize,
    /// Only this kind.
    pub kind: Option<String>,
    /// Only entries by or about this division.
    pub division: Option<DivisionId>,
    /// Only entries about this.
    pub about: Option<String>,
    /// From the end of the feed backwards.
    pub is_newest_first: bool,
}

/// A row of the audit log: the header's facts without the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// Its feed number.
    pub feed: u64,
    /// The entry.
    pub hash: EntryHash,
    /// Its stream.
    pub stream: StreamKey,
    /// Its sequence in it.
    pub seq: u64,
    /// What it is.
    pub kind: String,
    /// Who acted.
    pub operator: Option<OperatorId>,
    /// The author's wall time, unix milliseconds.
    pub written_at_ms: i64,
    /// When this node committed it, unix milliseconds.
    pub committed_at_ms: i64,
    /// What it is about.
    pub about: Option<String>,
    /// The peer that brought it.
    pub source: Option<DivisionId>,
    /// Length of the payload in bytes.
    pub payload_bytes: u64,
    /// The entry that removed the payload.
    pub erased_by: Option<EntryHash>,
}

impl Store {
    /// An entry by its hash.
    pub async fn entry(&self, hash: &EntryHash) -> Result<Option<Entry>, Error> {
        Ok(self.placed(hash).await?.map(|placed| placed.entry))
    }

    /// An entry with its place.
    pub async fn placed(&self, hash: &EntryHash) -> Result<Option<Placed>, Error> {
        on_db!(self, db => db.entry(hash).await)
    }

    /// An entry's feed number.
    pub async fn feed_of(&self, hash: &EntryHash) -> Result<Option<u64>, Error> {
        Ok(on_db!(self, db => db.place_of(hash).await)?.map(|(feed, _)| feed))
    }

    /// Entries whose hash begins with some bytes (the algorithm's number and at least one more), at most `limit`.
    pub async fn beginning_with(&self, first: &[u8], limit: usize) -> Result<Vec<EntryHash>, Error> {
        on_db!(self, db => db.beginning_with(first, limit.min(PAGE_MAX)).await)
    }

    /// When this node committed an entry, unix milliseconds.
    pub async fn committed_at(&self, hash: &EntryHash) -> Result<Option<i64>, Error> {
        Ok(on_db!(self, db => db.place_of(hash).await)?.map(|(_, committed_at_ms)| committed_at_ms))
    }

    /// Everything about one thing, in feed order.
    pub async fn entries_about(&self, about: &str) -> Result<Vec<Entry>, Error> {
        let placed = on_db!(self, db => db.entries_about_between(about, 0, u64::MAX).await)?;
        Ok(placed.into_iter().map(|placed| placed.entry).collect())
    }

    /// Everything about one thing behind a feed number and up to another, in feed order.
    pub async fn entries_about_between(&self, about: &str, after: u64, through: u64) -> Result<Vec<Arc<Entry>>, Error> {
        if let Some(fresh) = self.inner.fresh.about(about, after, through) {
            return Ok(fresh);
        }
        let placed = on_db!(self, db => db.entries_about_between(about, after, through).await)?;
        Ok(placed.into_iter().map(|placed| Arc::new(placed.entry)).collect())
    }

    /// The next entries about one thing behind a feed number, without their payloads: what they weigh stands in their
    /// headers.
    pub async fn headers_about(&self, about: &str, after: u64, limit: usize) -> Result<Vec<Placed>, Error> {
        on_db!(self, db => db.headers_about(about, after, limit.min(PAGE_MAX)).await)
    }

    /// Whether anything about one thing has changed: by what it would be read from.
    pub async fn stamp_about(&self, about: &str) -> Result<AboutStamp, Error> {
        on_db!(self, db => db.stamp_about(about).await)
    }

    /// The next entries of some kinds behind a feed number, in feed order: `limit` at most, fewer where they are long;
    /// none at the end alone.
    pub async fn entries_of_kinds(&self, kinds: &[&str], after: u64, limit: usize) -> Result<Vec<Placed>, Error> {
        on_db!(self, db => db.entries_of_kinds(kinds, after, Page::of(limit)).await)
    }

    /// The next entries of the feed, whatever they are; as many as [`Self::entries_of_kinds`] gives.
    pub async fn entries_after(&self, after: u64, limit: usize) -> Result<Vec<Placed>, Error> {
        on_db!(self, db => db.entries_after(after, Page::of(limit)).await)
    }

    /// The same, with entries of one kind without their payload, as if it were erased: the caller has no use for it.
    pub async fn entries_after_without(&self, kind: &str, after: u64, limit: usize) -> Result<Vec<Placed>, Error> {
        on_db!(self, db => db.entries_after_without(kind, after, Page::of(limit)).await)
    }

    /// Entries of some kinds that travel in the trust lane, behind a feed number and in feed order: what keys, tree and
    /// tables are folded from. Beside each kind stands the longest payload, in bytes, that is read of it. Whatever else is
    /// in that lane is kept, passed on and never read.
    pub async fn trust_entries(&self, kinds: &[(Kind, u64)], after: u64, limit: usize) -> Result<Vec<Placed>, Error> {
        on_db!(self, db => db.trust_entries(kinds, after, limit.min(PAGE_MAX)).await)
    }

    /// The audit log.
    pub async fn log(&self, filter: &LogFilter) -> Result<Vec<LogRow>, Error> {
        let limit = if filter.limit == 0 { PAGE_MAX } else { filter.limit.min(PAGE_MAX) };
        on_db!(self, db => db.log(filter, limit).await)
    }

    /// Writes the whole database anew, so that no free part of a page keeps what was there before: what is overwritten
    /// when a row goes is not all that copies of the row left behind. It takes as long as a copy of the store does, and
    /// as much free disk; writers wait for it.
    pub async fn purge(&self) -> Result<(), Error> {
        on_db!(self, db => db.purge().await)
    }

    /// Removes an entry's payload bytes for good, in the name of an erase entry; the chain stays. Returns whether
    /// there were any. The bytes are overwritten in the database file and its write-ahead log is emptied. One that came
    /// without its payload is filed under what it is `about`, which only the erase entry says.
    pub async fn erase_payload(&self, entry: &EntryHash, by: &EntryHash, about: &str) -> Result<bool, Error> {
        let is_gone = on_db!(self, db => db.erase_payload(entry, by, about).await);
        self.forget_fresh();
        is_gone
    }
}
