//! What a node remembers of the bundles to and from one neighbour: the only thing that outlives a bundle beside the
//! positions and wants of the store.
//!
//! Invariant: nothing here moves a position. A ledger that was lost, or that is as old as a restored backup, makes
//! bundles longer than they need be and never shorter. It is bounded. Left out: where it is kept (app).

use gongkai_model::digest::Digest;
use serde::{Deserialize, Serialize};

use super::{Ask, Claim, Extent, Heard, Recorded, STANDS_MAX, Script};
use crate::{
    position::{FeedId, Position},
    standing::Standing,
};

/// Bundles remembered each way: more than a year of weekly drives.
const KEPT_MAX: usize = STANDS_MAX;

/// What is known of a bundle by its outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Its name: the digest of its manifest.
    pub id: Digest,
    /// Its number among those of its speaker to this listener, from 1.
    pub number: u64,
    /// When it was made, by the speaker's clock, unix milliseconds.
    pub made_at_ms: i64,
    /// The speaker's feed.
    pub feed_id: FeedId,
    /// Where the told part of the feed ends.
    pub to_offset: u64,
}

/// A bundle that was made here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Which.
    pub mark: Mark,
    /// Where the told part of the feed begins.
    pub from: Position,
    /// Where it ends.
    pub to: Position,
    /// Whether it holds everything on the route.
    pub is_full: bool,
    /// Entries told whole.
    pub entries: u64,
    /// The file's length.
    pub bytes: u64,
    /// When it was heard that the listener has what it holds, unix milliseconds.
    pub acked_at_ms: Option<i64>,
    /// When it was heard that the listener has read this very bundle, unix milliseconds.
    pub arrived_at_ms: Option<i64>,
}

impl Made {
    /// Whether nothing was heard of it.
    pub fn is_unheard(&self) -> bool {
        self.acked_at_ms.is_none() && self.arrived_at_ms.is_none()
    }
}

/// A bundle that was read here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// Which.
    pub mark: Mark,
    /// When it was read last, unix milliseconds.
    pub read_at_ms: i64,
    /// Entries that were new when it was read, however often.
    pub entries: u64,
}

/// What a bundle is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// How much to tell.
    pub extent: Extent,
    /// Where the listener said that it stands, by whatever carrier.
    pub acked: Option<Position>,
    /// For people.
    pub standing: Option<Standing>,
}

/// Everything remembered of the bundles to and from one neighbour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ledger {
    /// The number of the latest bundle made.
    pub last_number: u64,
    /// Made here, the latest last.
    pub made: Vec<Made>,
    /// Read here, the latest last.
    pub read: Vec<Read>,
    /// The newest by what it says of its speaker.
    pub newest: Option<Mark>,
    /// The highest number of ours that the newest had seen.
    pub latest_heard: u64,
    /// A place that the neighbour named and that our feed does not have.
    pub lost_claim: Option<Position>,
    /// What the neighbour asked for in its newest bundle.
    pub asks: Vec<Ask>,
    /// The newest bundle's digest of the neighbour's heads.
    pub heads_digest: Option<Digest>,
}

impl Ledger {
    /// What to tell in the next bundle.
    pub fn script(&self, subject: Subject) -> Script {
        let Subject { extent, acked, standing } = subject;
        let stands = self.made.iter().map(|made| made.to.clone()).collect();
        Script { extent, acked, stands, lost: self.lost_claim.clone(), asks: self.asks.clone(), standing }
    }

    /// Notes a bundle that was made, once its file is complete.
    pub fn note_made(&mut self, mark: Mark, recorded: &Recorded, bytes: u64) {
        self.last_number = self.last_number.max(mark.number);
        self.made.push(Made {
            mark,
            from: recorded.from.clone(),
            to: recorded.to.clone(),
            is_full: recorded.is_full,
            entries: recorded.whole,
            bytes,
            acked_at_ms: None,
            arrived_at_ms: None,
        });
        keep_latest(&mut self.made);
    }

    /// Whether what a bundle says of its speaker is newer than what is known. Its clock may have been set back and its
    /// feed may have been rewound: then it is news if it was made after a bundle of ours that none before had seen.
    pub fn is_news(&self, mark: &Mark, receipts: &[Digest]) -> bool {
        let Some(newest) = &self.newest else { return true };
        let is_further = mark.feed_id == newest.feed_id && mark.to_offset > newest.to_offset;
        mark.made_at_ms > newest.made_at_ms || is_further || self.latest_of(receipts) > self.latest_heard
    }

    /// The highest number among bundles of ours.
    fn latest_of(&self, receipts: &[Digest]) -> u64 {
        let named = self.made.iter().filter(|made| receipts.contains(&made.mark.id));
        named.map(|made| made.mark.number).max().unwrap_or(0)
    }

    /// Whether this very bundle was read before.
    pub fn has_read(&self, id: &Digest) -> bool {
        self.read.iter().any(|read| read.mark.id == *id)
    }

    /// Names of the bundles read lately, to be told in the next one made: the receipts that travel back.
    pub fn receipts(&self) -> Vec<Digest> {
        self.read.iter().map(|read| read.mark.id).collect()
    }

    /// Numbers missing between those that were read: drives that did not arrive, or not yet.
    pub fn missing_numbers(&self) -> Vec<u64> {
        let numbers: Vec<u64> = self.read.iter().map(|read| read.mark.number).collect();
        let (Some(first), Some(last)) = (numbers.iter().min(), numbers.iter().max()) else { return Vec::new() };
        (*first..*last).filter(|number| !numbers.contains(number)).take(KEPT_MAX).collect()
    }

    /// Notes a bundle that was read, with what it said. `is_news` is as it was when the reading began.
    pub fn note_heard(&mut self, heard: &Heard, seen: Seen, now_ms: i64) {
        let Seen { mark, receipts, heads_digest, entries, is_news } = seen;
        if is_news {
            self.take_claim(heard.claim.as_ref(), now_ms);
            self.asks.clone_from(&heard.asks);
            self.heads_digest = heads_digest;
            self.latest_heard = self.latest_of(&receipts);
            self.newest = Some(mark.clone());
        }
        for made in self.made.iter_mut().filter(|made| receipts.contains(&made.mark.id)) {
            made.arrived_at_ms.get_or_insert(now_ms);
        }
        let before: u64 = self.read.iter().filter(|read| read.mark.id == mark.id).map(|read| read.entries).sum();
        self.read.retain(|read| read.mark.id != mark.id);
        self.read.push(Read { mark, read_at_ms: now_ms, entries: before + entries });
        keep_latest(&mut self.read);
    }

    fn take_claim(&mut self, claim: Option<&Claim>, now_ms: i64) {
        self.lost_claim = match claim {
            Some(Claim::Lost(position)) => Some(position.clone()),
            Some(Claim::Nothing | Claim::Holds(_)) | None => None,
        };
        let Some(Claim::Holds(position)) = claim else { return };
        self.note_acked(position, now_ms);
    }

    /// Notes that the neighbour stands at a place of our feed, by whatever carrier it was heard.
    pub fn note_acked(&mut self, position: &Position, now_ms: i64) {
        let is_behind = |made: &&mut Made| made.to.feed_id == position.feed_id && made.to.offset <= position.offset;
        for made in self.made.iter_mut().filter(is_behind) {
            made.acked_at_ms.get_or_insert(now_ms);
        }
    }
}

/// What a bundle that was read is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which.
    pub mark: Mark,
    /// Bundles of ours that its speaker had read.
    pub receipts: Vec<Digest>,
    /// What its speaker held.
    pub heads_digest: Option<Digest>,
    /// Entries that were new here.
    pub entries: u64,
    /// What [`Ledger::is_news`] said before it was read.
    pub is_news: bool,
}

fn keep_latest<T>(rows: &mut Vec<T>) {
    let surplus = rows.len().saturating_sub(KEPT_MAX);
    rows.drain(..surplus);
}
