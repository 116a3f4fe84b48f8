//! Wants as kept: what to note when entries could not be taken, and in which order to ask.
//!
//! Invariant: a want goes only when its entry is held, when a want for a descendant takes its place, or when its
//! link ends. Why it waits and since when pass on to the one that takes its place.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use gongkai_journal::{EntryHash, Lane};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::want::{Want, Why};

use crate::{
    error::Error,
    store::{Store, on_db},
};

/// A want with what has become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredWant {
    /// What is wanted and why.
    pub want: Want,
    /// The code of the fault that keeps it from being taken; such a want is probed, not drained.
    pub stopped: Option<String>,
    /// Since when it has waited, unix milliseconds.
    pub created_at_ms: i64,
}

/// How much is lacking of what a peer has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lacking {
    /// Entries: of each stream from what is held to the highest wanted tip. A fork may make it a little less.
    pub entries: u64,
    /// Streams.
    pub streams: u64,
    /// Of these the ones that stopped at a fault.
    pub stopped: u64,
}

impl Store {
    /// How much is wanted from a peer.
    pub async fn lacking(&self, peer: &DivisionId) -> Result<Lacking, Error> {
        Ok(lacking_of(&on_db!(self, db => db.wants(peer).await)?))
    }

    /// What is wanted from a peer: the trust lane first, then the smallest gap; of one stream the highest tip
    /// first, because storing it removes the wants below it.
    pub async fn wants(&self, peer: &DivisionId) -> Result<Vec<StoredWant>, Error> {
        let rows = on_db!(self, db => db.wants(peer).await)?;
        Ok(in_asking_order(rows))
    }

    /// Notes the code of the fault that a want met, or that it is free again.
    pub async fn mark_want_stopped(&self, peer: &DivisionId, want: &Want, code: Option<&str>) -> Result<(), Error> {
        on_db!(self, db => db.mark_want_stopped(peer, want, code).await)
    }

    /// Forgets what was wanted from a peer whose link has ended.
    pub async fn drop_wants_of(&self, peer: &DivisionId) -> Result<u64, Error> {
        on_db!(self, db => db.drop_wants_of(peer).await)
    }
}

fn lacking_of(rows: &[(StoredWant, u64)]) -> Lacking {
    let mut streams: BTreeMap<Digest, (u64, bool)> = BTreeMap::new();
    for (row, held) in rows {
        // What is wanted below the held tip is one entry of another branch at least.
        let gap = row.want.tip.seq.saturating_sub(*held).max(1);
        let stream = streams.entry(row.want.stream.digest()).or_default();
        *stream = (stream.0.max(gap), stream.1 || row.stopped.is_some());
    }
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Lacking {
        entries: streams.values().map(|(gap, _)| *gap).sum(),
        streams: count(streams.len()),
        stopped: count(streams.values().filter(|(_, is_stopped)| *is_stopped).count()),
    }
}

/// Orders (want, highest sequence held of its stream).
fn in_asking_order(rows: Vec<(StoredWant, u64)>) -> Vec<StoredWant> {
    let mut top: BTreeMap<Digest, u64> = BTreeMap::new();
    for (row, _) in &rows {
        let seq = top.entry(row.want.stream.digest()).or_default();
        *seq = (*seq).max(row.want.tip.seq);
    }
    let mut rows = rows;
    rows.sort_by_cached_key(|(row, held)| {
        let stream = row.want.stream.digest();
        let gap = top.get(&stream).copied().unwrap_or_default().saturating_sub(*held);
        (row.want.stream.lane() == Lane::Work, gap, stream, Reverse(row.want.tip.seq), row.want.tip.hash)
    });
    rows.into_iter().map(|(row, _)| row).collect()
}

/// What to write to the wants of one peer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct WantChanges {
    pub(crate) put: Vec<StoredWant>,
    pub(crate) gone: Vec<StoredWant>,
}

/// A want that came up now, with the code of its fault.
pub(crate) type Fresh = (Want, Option<String>);

type Key = (Digest, EntryHash);

/// Merges fresh wants into those held on the same streams. `parents` names the predecessor of every entry at hand:
/// along it a want takes the place of one for an ancestor.
pub(crate) fn merge(
    held: Vec<StoredWant>,
    fresh: Vec<Fresh>,
    parents: &BTreeMap<EntryHash, EntryHash>,
    now_ms: i64,
) -> WantChanges {
    // A payload is wanted for itself: a descendant does not bring it.
    let (bare, fresh): (Vec<Fresh>, Vec<Fresh>) = fresh.into_iter().partition(|(want, _)| want.why == Why::Bare);
    let held = held.into_iter().filter(|row| row.want.why != Why::Bare).collect::<Vec<_>>();
    let before: BTreeMap<Key, StoredWant> = held.into_iter().map(|row| (key_of(&row.want), row)).collect();
    let mut after = before.clone();
    for (want, stopped) in fresh {
        let key = key_of(&want);
        let mut row = StoredWant { want, stopped, created_at_ms: now_ms };
        if let Some(own) = after.remove(&key) {
            inherit(&mut row, own);
        }
        if let Some(ancestor) = nearest_ancestor(&after, &key, parents).and_then(|key| after.remove(&key)) {
            inherit(&mut row, ancestor);
        }
        after.insert(key, row);
    }
    after.extend(
        bare.into_iter().map(|(want, stopped)| (key_of(&want), StoredWant { want, stopped, created_at_ms: now_ms })),
    );
    let put = after.iter().filter(|(key, row)| before.get(key) != Some(row)).map(|(_, row)| row.clone()).collect();
    let gone = before.into_iter().filter(|(key, _)| !after.contains_key(key)).map(|(_, row)| row).collect();
    WantChanges { put, gone }
}

fn key_of(want: &Want) -> Key {
    (want.stream.digest(), want.tip.hash)
}

/// The first want met on the way down; those below it were taken over by it when it was noted.
fn nearest_ancestor(
    wants: &BTreeMap<Key, StoredWant>,
    key: &Key,
    parents: &BTreeMap<EntryHash, EntryHash>,
) -> Option<Key> {
    let mut seen = BTreeSet::new();
    let mut at = key.1;
    while let Some(parent) = parents.get(&at)
        && seen.insert(*parent)
    {
        if wants.contains_key(&(key.0, *parent)) {
            return Some((key.0, *parent));
        }
        at = *parent;
    }
    None
}

/// The row keeps the older age; an old fault stays until it is taken back; a reason that only says "it is
/// missing" gives way to one that says what blocks it.
fn inherit(row: &mut StoredWant, old: StoredWant) {
    row.created_at_ms = row.created_at_ms.min(old.created_at_ms);
    if row.stopped.is_none() {
        row.stopped = old.stopped;
    }
    if !is_cause(row.want.why) {
        row.want.why = old.want.why;
    }
}

/// Whether the reason names what blocks the entry, rather than that it is missing.
pub(crate) fn is_cause(why: Why) -> bool {
    match why {
        Why::Heads | Why::Gap | Why::Rewound | Why::Bare => false,
        Why::Misrouted | Why::KeyUnknown | Why::Stopped => true,
    }
}
