//! Reading the feed for a peer: its state, its parts, what a route takes from it, and how far each side has come.
//!
//! Invariant: a part names the offset and running hash up to which it was scanned, whether or not the route took
//! anything on the way. Bodies are loaded only for entries that the route takes and that the peer did not bring.

use std::sync::Arc;

use gongkai_journal::{Entry, EntryHash, Reach, Route, StreamKey};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::{
    message::Carried,
    position::{FeedId, Position},
    want::{Head, Tip},
};

use crate::{
    error::Error,
    store::{Store, on_db},
    tx::Direction,
};

/// Rows looked at in one statement: some 200 bytes each.
const SCAN_PAGE: u64 = 2_000;
/// Rows looked at for one part before it is closed, taken or not: bounds the time of one call to tens of milliseconds.
const SCAN_ROWS_MAX: u64 = 50_000;
/// What a name costs on a link, about: stream key, sequence, hash.
const NAMED_BYTES: usize = 100;

/// Where this node's feed stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedState {
    /// Which feed.
    pub feed_id: FeedId,
    /// How many entries it has.
    pub offset: u64,
    /// The running hash of all of them.
    pub hash: Digest,
}

/// A part of the feed as one route sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPart {
    /// What the route takes, in feed order.
    pub entries: Vec<Carried>,
    /// Up to where the feed was looked at.
    pub to_offset: u64,
    /// The running hash there.
    pub to_hash: Digest,
    /// Whether that is the feed's end.
    pub at_end: bool,
}

/// A row of the feed without its bodies.
#[derive(Clone, Debug)]
pub(crate) struct FeedRow {
    pub(crate) feed: u64,
    pub(crate) feed_hash: Digest,
    pub(crate) stream: StreamKey,
    pub(crate) seq: u64,
    pub(crate) hash: EntryHash,
    pub(crate) source: Option<String>,
    /// Header, signature and payload.
    pub(crate) bytes: usize,
}

/// The rows chosen for a part.
struct Scan {
    taken: Vec<FeedRow>,
    to_offset: u64,
    /// `None` where nothing was looked at.
    to_hash: Option<Digest>,
    at_end: bool,
}

impl Store {
    /// Where the feed stands.
    pub async fn feed_state(&self) -> Result<FeedState, Error> {
        on_db!(self, db => db.feed_state().await)
    }

    /// The running hash at an offset; `None` beyond the end.
    pub async fn feed_hash_at(&self, offset: u64) -> Result<Option<Digest>, Error> {
        if offset == 0 {
            return Ok(Some(gongkai_sync::position::empty_hash()));
        }
        on_db!(self, db => db.feed_hash_at(offset).await)
    }

    /// The next part of the feed behind `after` that a route takes, within the limits; at least one entry if there
    /// is any. What came from the peer itself is named, not sent.
    pub async fn read_feed(
        &self,
        after: u64,
        route: &Route,
        peer: &DivisionId,
        entries_max: usize,
        bytes_target: usize,
    ) -> Result<FeedPart, Error> {
        let scan = self.scan_feed(after, route, peer, entries_max, bytes_target).await?;
        let entries = self.bodies(scan.taken, peer).await?;
        let to_hash = match scan.to_hash {
            Some(hash) => hash,
            None => self.require_hash_at(after).await?,
        };
        Ok(FeedPart { entries, to_offset: scan.to_offset, to_hash, at_end: scan.at_end })
    }

    /// The chosen rows with their bodies, from memory where they came just now.
    async fn bodies(&self, taken: Vec<FeedRow>, peer: &DivisionId) -> Result<Vec<Carried>, Error> {
        let is_echo = |row: &FeedRow| row.source.as_deref() == Some(peer.as_str());
        let fresh: Vec<Option<Arc<Entry>>> =
            taken.iter().map(|row| if is_echo(row) { None } else { self.fresh_at(row.feed, &row.hash) }).collect();
        let stored = taken.iter().zip(&fresh).filter(|(row, fresh)| !is_echo(row) && fresh.is_none());
        let feeds: Vec<u64> = stored.map(|(row, _)| row.feed).collect();
        let mut stored = on_db!(self, db => db.entries_at(&feeds).await)?.into_iter();
        let mut entries = Vec::with_capacity(taken.len());
        for (row, fresh) in taken.into_iter().zip(fresh) {
            if is_echo(&row) {
                entries.push(Carried::Named { stream: row.stream, tip: Tip { seq: row.seq, hash: row.hash } });
                continue;
            }
            let entry = match fresh {
                Some(entry) => Entry::clone(&entry),
                None => {
                    let body = stored.next().filter(|body| body.feed == row.feed);
                    let gone = || Error::Damaged { feed: row.feed, what: "its row is gone".to_owned() };
                    body.ok_or_else(gone)?.entry
                }
            };
            entries.push(Carried::Whole(Box::new(entry)));
        }
        Ok(entries)
    }

    async fn require_hash_at(&self, offset: u64) -> Result<Digest, Error> {
        match self.feed_hash_at(offset).await? {
            Some(hash) => Ok(hash),
            None => Err(Error::BeyondFeed { end: self.feed_state().await?.offset, asked: offset }),
        }
    }

    async fn scan_feed(
        &self,
        after: u64,
        route: &Route,
        peer: &DivisionId,
        entries_max: usize,
        bytes_target: usize,
    ) -> Result<Scan, Error> {
        let mut scan = Scan { taken: Vec::new(), to_offset: after, to_hash: None, at_end: false };
        let mut bytes = 0;
        while scan.to_offset - after < SCAN_ROWS_MAX {
            let page = on_db!(self, db => db.feed_rows(scan.to_offset, SCAN_PAGE).await)?;
            let is_last = (page.len() as u64) < SCAN_PAGE;
            for row in page {
                let is_taken = route.takes(&row.stream.subject, row.stream.reach());
                let cost = if row.source.as_deref() == Some(peer.as_str()) { NAMED_BYTES } else { row.bytes };
                let is_full = scan.taken.len() >= entries_max.max(1) || bytes + cost > bytes_target;
                if is_taken && is_full && !scan.taken.is_empty() {
                    return Ok(scan);
                }
                (scan.to_offset, scan.to_hash) = (row.feed, Some(row.feed_hash));
                if is_taken {
                    bytes += cost;
                    scan.taken.push(row);
                }
            }
            if is_last {
                scan.at_end = true;
                return Ok(scan);
            }
        }
        Ok(scan)
    }

    /// How many entries behind `after` a route takes. Costs the tail, not the store.
    pub async fn count_routed(&self, after: u64, route: &Route) -> Result<u64, Error> {
        let groups = on_db!(self, db => db.count_by_subject(after).await)?;
        let takes = |subject: &DivisionId, reach: u32| route.takes(subject, Reach::from_number(reach));
        Ok(groups.into_iter().filter(|(subject, reach, _)| takes(subject, *reach)).map(|(_, _, count)| count).sum())
    }

    /// The heads of all streams that a route takes, by stream.
    pub async fn heads(&self, route: &Route) -> Result<Vec<Head>, Error> {
        let mut heads: Vec<Head> = Vec::new();
        for (stream, tip) in on_db!(self, db => db.all_tips().await)? {
            if !route.takes(&stream.subject, stream.reach()) {
                continue;
            }
            match heads.last_mut() {
                Some(head) if head.stream == stream => head.tips.push(tip),
                _ => heads.push(Head { stream, tips: vec![tip] }),
            }
        }
        Ok(heads)
    }

    /// How far we have taken a peer's feed.
    pub async fn position_of(&self, peer: &DivisionId) -> Result<Option<Position>, Error> {
        on_db!(self, db => db.position(peer, Direction::Taken).await)
    }

    /// How far a peer has taken ours, by its last acknowledgement.
    pub async fn acked_of(&self, peer: &DivisionId) -> Result<Option<Position>, Error> {
        on_db!(self, db => db.position(peer, Direction::Acked).await)
    }

    /// Notes a peer's acknowledgement.
    pub async fn record_acked(&self, peer: &DivisionId, position: &Position, now_ms: i64) -> Result<(), Error> {
        on_db!(self, db => db.put_position(peer, Direction::Acked, position, now_ms).await)
    }
}
