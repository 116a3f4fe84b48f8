//! Checking the whole journal against itself, for `doctor`.
//!
//! Invariant: every hash, predecessor, payload digest and feed hash is computed again from the stored bytes; nothing
//! is repaired. Signatures are not checked here: they need the keyring, which is folded from entries.

use gongkai_journal::Entry;
use gongkai_model::digest::Digest;
use gongkai_sync::position::{empty_hash, running_hash};

use crate::{
    error::Error,
    lookup::Page,
    store::{Store, on_db},
};

/// Rows read at a time.
const PAGE: usize = 500;
/// Problems reported at most; a journal with more has one cause.
const PROBLEMS_MAX: usize = 100;

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The entry's feed number; 0 for the feed as a whole.
    pub feed: u64,
    /// What is wrong with it.
    pub what: String,
}

/// The result of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// Entries looked at.
    pub entries: u64,
    /// Entries whose payload is not here: erased, or erased before they came.
    pub without_payload: u64,
    /// What does not fit, in feed order.
    pub problems: Vec<Problem>,
}

/// A row as stored, with what is stored of its predecessor.
pub(crate) struct RawRow {
    pub(crate) feed: u64,
    pub(crate) feed_hash: Vec<u8>,
    pub(crate) hash: Vec<u8>,
    pub(crate) stream: i64,
    pub(crate) stream_digest: Vec<u8>,
    pub(crate) seq: i64,
    pub(crate) kind: String,
    pub(crate) header: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) payload: Option<Vec<u8>>,
    pub(crate) has_payload: bool,
    /// Stream, sequence and feed number of the entry that the header names as the one before, where it is held.
    pub(crate) previous: Option<(i64, i64, i64)>,
}

impl Store {
    /// Checks everything; `progress` hears (done, total) after each page.
    pub async fn verify_chain(&self, progress: &(dyn Fn(u64, u64) + Send + Sync)) -> Result<Verification, Error> {
        let state = self.feed_state().await?;
        let mut found = Verification::default();
        let mut running = empty_hash();
        while found.entries < state.offset && found.problems.len() < PROBLEMS_MAX {
            let page = on_db!(self, db => db.raw_rows(found.entries, Page::of(PAGE)).await)?;
            if page.is_empty() {
                break;
            }
            for row in page {
                let expected = found.entries + 1;
                if row.feed != expected {
                    found.note(expected, "it is missing from the feed");
                }
                found.entries = row.feed;
                found.check(&row, &mut running);
            }
            progress(found.entries, state.offset);
        }
        if found.problems.len() < PROBLEMS_MAX {
            self.check_ends(&mut found, &state.hash, state.offset, &running).await?;
        }
        Ok(found)
    }

    async fn check_ends(
        &self,
        found: &mut Verification,
        end_hash: &Digest,
        end: u64,
        running: &Digest,
    ) -> Result<(), Error> {
        if found.entries < end {
            found.note(found.entries + 1, "it is missing from the feed");
        } else if found.entries == end && running != end_hash {
            found.note(0, "the feed row's running hash is not that of the entries");
        }
        for feed in on_db!(self, db => db.wrong_tips(PROBLEMS_MAX).await)? {
            found.note(feed, "the tips of its stream are not the entries without a successor");
        }
        Ok(())
    }
}

impl Verification {
    fn note(&mut self, feed: u64, what: &str) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem { feed, what: what.to_owned() });
        }
    }

    fn check(&mut self, row: &RawRow, running: &mut Digest) {
        let parts = Entry::from_parts(row.header.clone(), row.signature.clone(), row.payload.clone());
        let entry = match parts {
            Ok(entry) => entry,
            Err(error) => {
                self.note(row.feed, &error.to_string());
                *running = Digest::from_bytes(&row.feed_hash).unwrap_or(*running);
                return;
            }
        };
        self.check_row(row, &entry);
        self.check_payload(row, &entry);
        self.check_previous(row, &entry);
        *running = running_hash(running, &entry.hash());
        if row.feed_hash != running.to_bytes() {
            self.note(row.feed, "the feed's running hash breaks here");
            // Go on from what is stored, so that one broken row is one problem.
            *running = Digest::from_bytes(&row.feed_hash).unwrap_or(*running);
        }
    }

    fn check_row(&mut self, row: &RawRow, entry: &Entry) {
        if row.hash != entry.hash().to_bytes() {
            self.note(row.feed, "its hash is not that of its header");
        }
        let header = &entry.header;
        let agrees = row.stream_digest == header.stream.digest().to_bytes()
            && u64::try_from(row.seq) == Ok(header.seq)
            && *row.kind == *header.kind;
        if !agrees {
            self.note(row.feed, "its columns are not those of its header");
        }
    }

    fn check_payload(&mut self, row: &RawRow, entry: &Entry) {
        match entry.payload_matches() {
            Some(true) => {}
            Some(false) => self.note(row.feed, "its payload is not the one that the header names"),
            None if row.has_payload => self.note(row.feed, "its payload is lost"),
            None => self.without_payload += 1,
        }
    }

    fn check_previous(&mut self, row: &RawRow, entry: &Entry) {
        let fits = match (entry.header.previous, row.previous) {
            (None, _) => row.seq == 1,
            (Some(_), None) => false,
            (Some(_), Some((stream, seq, feed))) => {
                stream == row.stream && seq + 1 == row.seq && feed < i64::try_from(row.feed).unwrap_or(i64::MAX)
            }
        };
        if !fits {
            self.note(row.feed, "the entry before it in its stream is not here");
        }
    }
}
