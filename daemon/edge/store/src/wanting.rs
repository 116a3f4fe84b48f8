//! Wants as kept: what to note when entries could not be taken, and in which order to ask.
//!
//! Invariant: a want goes only when its entry is held, when a want for a descendant takes its place, when it is let go,
//! when its link ends, or where there is no room for both and another one can be met sooner: it is then left out, and
//! the next comparison of heads finds it again. Why it waits and since when pass on to the one that takes its place.
//! They are read by pages and counted by the database: a peer decides how many there are, up to the limit.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::{EntryHash, Lane, StreamKey};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::{
    session::WantKey,
    want::{MISROUTED_PER_PEER_MAX, WANTS_PER_PEER_MAX, Want, Why},
};

use crate::{
    error::Error,
    store::{Store, on_db},
    tx::{Direction, WriteTx as _},
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
        on_db!(self, db => db.lacking(peer).await)
    }

    /// All that is wanted from a peer, in the order of asking; see [`Self::wants_page`].
    pub async fn wants(&self, peer: &DivisionId) -> Result<Vec<StoredWant>, Error> {
        Ok(self.wants_page(peer, &BTreeSet::new(), usize::MAX, &|_| false).await?.0)
    }

    /// Payloads that are wanted from whoever has them: their peer left them out, and its link has ended.
    pub async fn wants_of_anyone(&self) -> Result<Vec<StoredWant>, Error> {
        self.wants(&self.own_division()).await
    }

    /// The first of what is wanted from a peer, some passed over, and whether there are more: the trust lane first, then
    /// this node's own past, then the smallest gap; of one stream the highest tip first, because storing it removes the
    /// wants below it. Last come the payloads that may be asked of anyone, on the streams that `takes` says are the
    /// peer's business.
    pub async fn wants_page(
        &self,
        peer: &DivisionId,
        but: &BTreeSet<WantKey>,
        limit: usize,
        takes: &(dyn Fn(&StreamKey) -> bool + Sync),
    ) -> Result<(Vec<StoredWant>, bool), Error> {
        let read = limit.saturating_add(but.len()).saturating_add(1);
        let own = self.own_division();
        let mut rows = on_db!(self, db => db.wants(peer, &own, read).await)?;
        if rows.len() < read && *peer != own {
            let of_anyone = on_db!(self, db => db.wants(&own, &own, WANTS_PER_PEER_MAX).await)?;
            rows.extend(of_anyone.into_iter().filter(|row| takes(&row.want.stream)));
        }
        rows.retain(|row| !but.contains(&(row.want.stream.clone(), row.want.tip.clone())));
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        Ok((rows, has_more))
    }

    /// Notes the code of the fault that a want met, or that it is free again.
    pub async fn mark_want_stopped(&self, peer: &DivisionId, want: &Want, code: Option<&str>) -> Result<(), Error> {
        on_db!(self, db => db.mark_want_stopped(peer, want, code).await)
    }

    /// Lets a want go, because the peer has named what it cannot serve. Our position on its feed stood for that entry as
    /// well, so it goes with it: the next comparison of heads sets it anew.
    pub async fn let_go(&self, peer: &DivisionId, want: &Want) -> Result<(), Error> {
        on_db!(self, db => {
            let mut tx = db.begin().await?;
            let streams = tx.streams(&BTreeMap::from([(want.stream.digest(), want.stream.clone())])).await?;
            let rows: Vec<_> = streams.values().map(|stream| (*stream, want.tip.hash)).collect();
            tx.drop_wants(peer, &rows).await?;
            tx.drop_bare_streams(&streams).await?;
            tx.drop_position(peer, Direction::Taken).await?;
            tx.commit().await
        })
    }

    /// How many streams of an author each peer has named entries of that are not here and that it may still serve.
    pub async fn claims_on(&self, author: &DivisionId) -> Result<BTreeMap<DivisionId, u64>, Error> {
        on_db!(self, db => db.claims_on(author).await)
    }

    /// Whether a peer named entries of an author about a subject, not before `since_ms`, and may still serve them.
    pub async fn is_claimed(&self, author: &DivisionId, subject: &DivisionId, since_ms: i64) -> Result<bool, Error> {
        on_db!(self, db => db.is_claimed(author, subject, since_ms).await)
    }

    /// Forgets what was wanted from a peer whose link has ended, save payloads: no comparison of heads would find again
    /// that they are lacking, so they are wanted from whoever has them.
    pub async fn drop_wants_of(&self, peer: &DivisionId) -> Result<u64, Error> {
        let own = self.own_division();
        on_db!(self, db => db.drop_wants_of(peer, &own).await)
    }
}

/// How many wants there are towards a peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WantCount {
    pub(crate) all: usize,
    pub(crate) misrouted: usize,
}

impl WantCount {
    /// How many more there may be.
    pub(crate) fn room(self, wants_max: usize) -> WantCount {
        WantCount {
            all: wants_max.saturating_sub(self.all),
            misrouted: MISROUTED_PER_PEER_MAX.saturating_sub(self.misrouted),
        }
    }

    /// Takes a place for a want, if there is one.
    fn take(&mut self, why: Why) -> bool {
        let is_misrouted = why == Why::Misrouted;
        if self.all == 0 || (is_misrouted && self.misrouted == 0) {
            return false;
        }
        self.all -= 1;
        self.misrouted -= usize::from(is_misrouted);
        true
    }
}

/// What to write to the wants of one peer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct WantChanges {
    pub(crate) put: Vec<StoredWant>,
    pub(crate) gone: Vec<StoredWant>,
    /// There was no room for these.
    pub(crate) left_out: Vec<StoredWant>,
}

/// In which order wants get room: what can be had now before what waits for something else, keys and the tree before
/// work. Were it otherwise, entries whose author's key is unknown would keep that very key out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    is_blocked: bool,
    is_work: bool,
}

impl Rank {
    /// By what is noted of it.
    pub(crate) fn of(want: &Want) -> Self {
        Self { is_blocked: is_cause(want.why), is_work: want.stream.lane() == Lane::Work }
    }

    /// That of a want which is known to wait for something else.
    pub(crate) fn blocked(self) -> Self {
        Self { is_blocked: true, ..self }
    }
}

/// A stream's turn among those of its rank where there is no room for all: another at each comparison, so that nothing
/// waits for ever behind what is never to be had.
pub(crate) fn turn(stream: &Digest, now_ms: i64) -> Digest {
    Digest::of("gongkai turn v1", &[&now_ms.to_be_bytes(), &stream.to_bytes()])
}

/// A want that came up now, with the code of its fault.
pub(crate) type Fresh = (Want, Option<String>);

type Key = (Digest, EntryHash);

/// Merges fresh wants into those held on the same streams, as far as there is room. `parents` names the predecessor of
/// every entry at hand: along it a want takes the place of one for an ancestor.
pub(crate) fn merge(
    held: Vec<StoredWant>,
    fresh: Vec<Fresh>,
    parents: &BTreeMap<EntryHash, EntryHash>,
    mut room: WantCount,
    now_ms: i64,
) -> WantChanges {
    // A payload is wanted for itself: a descendant does not bring it.
    let (bare, fresh): (Vec<Fresh>, Vec<Fresh>) = fresh.into_iter().partition(|(want, _)| want.why == Why::Bare);
    let held = held.into_iter().filter(|row| row.want.why != Why::Bare).collect::<Vec<_>>();
    let before: BTreeMap<Key, StoredWant> = held.into_iter().map(|row| (key_of(&row.want), row)).collect();
    let mut after = before.clone();
    let mut left_out = Vec::new();
    for (want, stopped) in fresh {
        let key = key_of(&want);
        let mut row = StoredWant { want, stopped, created_at_ms: now_ms };
        let own = after.remove(&key);
        let ancestor = nearest_ancestor(&after, &key, parents).and_then(|key| after.remove(&key));
        if own.is_none() && ancestor.is_none() && !room.take(row.want.why) {
            left_out.push(row);
            continue;
        }
        for old in own.into_iter().chain(ancestor) {
            inherit(&mut row, old);
        }
        after.insert(key, row);
    }
    after.extend(
        bare.into_iter().map(|(want, stopped)| (key_of(&want), StoredWant { want, stopped, created_at_ms: now_ms })),
    );
    let put = after.iter().filter(|(key, row)| before.get(key) != Some(row)).map(|(_, row)| row.clone()).collect();
    let gone = before.into_iter().filter(|(key, _)| !after.contains_key(key)).map(|(_, row)| row).collect();
    WantChanges { put, gone, left_out }
}

/// What was left out, in the order of ranks, takes the places of what has a lower rank: `lower`, the lowest first. What
/// goes is left out itself, so that something is left out in any case.
pub(crate) fn displace(changes: &mut WantChanges, lower: Vec<StoredWant>, rank_of: &dyn Fn(&Want) -> Rank) {
    let touched: BTreeSet<Key> = changes.put.iter().chain(&changes.gone).map(|row| key_of(&row.want)).collect();
    let mut lower = lower.into_iter().filter(|row| !touched.contains(&key_of(&row.want))).peekable();
    let mut taken = Vec::new();
    for row in changes.left_out.iter().filter(|row| row.want.why != Why::Misrouted) {
        match lower.next_if(|other| Rank::of(&other.want) > rank_of(&row.want)) {
            Some(other) => {
                taken.push(row.clone());
                changes.gone.push(other);
            }
            None => break,
        }
    }
    changes.put.extend(taken);
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
        Why::Misrouted | Why::KeyUnknown | Why::Allowance | Why::Disk | Why::Streams | Why::Stopped => true,
    }
}
