//! The engine in memory: the tables of a node, what is read from them, and transactions that can be rolled back.
//!
//! Invariant: what a transaction changed is undone unless it commits; the feed only grows, save by roll-back.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use gongkai_journal::{Entry, EntryHash, Lane, StreamKey};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::{
    position::{FeedId, Position, empty_hash},
    want::{Tip, Want, Why},
};

use crate::{
    branch::Link,
    error::Error,
    feed::{FeedRow, FeedState},
    tx::{Direction, StreamId},
    wanting::{Lacking, StoredWant},
};

mod tx;

/// An entry at its place.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) feed: u64,
    pub(crate) feed_hash: Digest,
    pub(crate) stream: StreamId,
    pub(crate) entry: Entry,
    pub(crate) source: Option<String>,
}

type WantKey = (DivisionId, StreamId, EntryHash);
type PositionKey = (DivisionId, &'static str);

/// All tables of a node.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    pub(crate) feed_id: FeedId,
    pub(crate) rows: Vec<Arc<Row>>,
    feed_hash: Digest,
    streams: BTreeMap<Digest, StreamId>,
    keys: Vec<StreamKey>,
    by_stream: BTreeMap<StreamId, BTreeMap<(u64, EntryHash), u64>>,
    places: BTreeMap<EntryHash, u64>,
    tips: BTreeMap<StreamId, BTreeSet<Tip>>,
    pub(crate) wants: BTreeMap<WantKey, StoredWant>,
    positions: BTreeMap<PositionKey, Position>,
    /// Entries of which an erasure says that their payload is gone.
    pub(crate) erased: BTreeSet<EntryHash>,
    /// The next commit fails.
    pub(crate) is_full: bool,
    /// A row that readers do not see yet, where a mutation gives numbers before the commit.
    pub(crate) hidden: Option<u64>,
}

impl Tables {
    fn row(&self, feed: u64) -> Option<&Arc<Row>> {
        self.rows.get(usize::try_from(feed.checked_sub(1)?).ok()?)
    }

    pub(crate) fn holds(&self, hash: &EntryHash) -> bool {
        self.places.contains_key(hash)
    }

    pub(crate) fn has_payload(&self, hash: &EntryHash) -> bool {
        let row = self.places.get(hash).and_then(|feed| self.row(*feed));
        self.erased.contains(hash) || row.is_some_and(|row| row.entry.payload.is_some())
    }

    /// Takes a payload away, here already or not; header and signature stay.
    pub(crate) fn erase(&mut self, hash: &EntryHash) {
        self.erased.insert(*hash);
        self.wants.retain(|(_, _, tip), row| tip != hash || row.want.why != Why::Bare);
        self.put_payload(hash, None);
    }

    fn put_payload(&mut self, hash: &EntryHash, payload: Option<Vec<u8>>) {
        let Some(index) = self.places.get(hash).and_then(|feed| usize::try_from(feed - 1).ok()) else { return };
        if let Some(row) = self.rows.get_mut(index) {
            let mut entry = row.entry.clone();
            entry.payload = payload;
            let (feed, feed_hash, stream, source) = (row.feed, row.feed_hash, row.stream, row.source.clone());
            *row = Arc::new(Row { feed, feed_hash, stream, entry, source });
        }
    }

    pub(crate) fn position(&self, peer: &DivisionId) -> Option<&Position> {
        self.positions.get(&(peer.clone(), Direction::Taken.word()))
    }

    fn links(&self, stream: StreamId) -> impl Iterator<Item = Link> {
        let rows = self.by_stream.get(&stream).into_iter().flatten();
        rows.filter_map(|(_, feed)| self.row(*feed)).map(|row| Link {
            seq: row.entry.header.seq,
            feed: row.feed,
            hash: row.entry.hash(),
            previous: row.entry.header.previous,
            bytes: row.entry.wire_bytes(),
        })
    }
}

/// The engine.
#[derive(Debug)]
pub(crate) struct Memory(Arc<Mutex<Tables>>);

/// An entry with its feed number.
pub(crate) struct Placed {
    pub(crate) feed: u64,
    pub(crate) entry: Entry,
}

impl Memory {
    pub(crate) fn new(feed_id: FeedId) -> Self {
        Self::of(Tables {
            feed_id,
            rows: Vec::new(),
            feed_hash: empty_hash(),
            streams: BTreeMap::new(),
            keys: Vec::new(),
            by_stream: BTreeMap::new(),
            places: BTreeMap::new(),
            tips: BTreeMap::new(),
            wants: BTreeMap::new(),
            positions: BTreeMap::new(),
            erased: BTreeSet::new(),
            is_full: false,
            hidden: None,
        })
    }

    pub(crate) fn of(tables: Tables) -> Self {
        Self(Arc::new(Mutex::new(tables)))
    }

    pub(crate) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// The reads of the store's files: async as there, though nothing waits.
#[expect(clippy::unused_async, reason = "the store's files await them")]
impl Memory {
    pub(crate) async fn begin(&self) -> Result<tx::MemoryTx, Error> {
        Ok(tx::MemoryTx::new(Arc::clone(&self.0)))
    }

    pub(crate) async fn feed_state(&self) -> Result<FeedState, Error> {
        let tables = self.tables();
        Ok(FeedState { feed_id: tables.feed_id, offset: tables.rows.len() as u64, hash: tables.feed_hash })
    }

    pub(crate) async fn feed_hash_at(&self, offset: u64) -> Result<Option<Digest>, Error> {
        Ok(self.tables().row(offset).map(|row| row.feed_hash))
    }

    pub(crate) async fn feed_rows(&self, after: u64, limit: u64) -> Result<Vec<FeedRow>, Error> {
        let tables = self.tables();
        let skipped = usize::try_from(after).unwrap_or(usize::MAX);
        let rows = tables.rows.iter().skip(skipped).take(usize::try_from(limit).unwrap_or(usize::MAX));
        let rows = rows.filter(|row| tables.hidden != Some(row.feed));
        let read = |row: &Arc<Row>| FeedRow {
            feed: row.feed,
            feed_hash: row.feed_hash,
            stream: row.entry.header.stream.clone(),
            seq: row.entry.header.seq,
            hash: row.entry.hash(),
            source: row.source.clone(),
            bytes: row.entry.wire_bytes(),
        };
        Ok(rows.map(read).collect())
    }

    pub(crate) async fn entries_at(&self, feeds: &[u64]) -> Result<Vec<Placed>, Error> {
        let tables = self.tables();
        let rows = feeds.iter().filter_map(|feed| tables.row(*feed));
        Ok(rows.map(|row| Placed { feed: row.feed, entry: row.entry.clone() }).collect())
    }

    pub(crate) async fn count_by_subject(&self, after: u64) -> Result<Vec<(DivisionId, u32, u64)>, Error> {
        let tables = self.tables();
        let streams = tables.rows.iter().skip(usize::try_from(after).unwrap_or(usize::MAX));
        let streams = streams.map(|row| &row.entry.header.stream);
        Ok(streams.map(|stream| (stream.subject.clone(), stream.reach_number, 1)).collect())
    }

    pub(crate) async fn all_tips(&self) -> Result<Vec<(StreamKey, Tip)>, Error> {
        let tables = self.tables();
        let mut found = Vec::new();
        for stream in tables.streams.values() {
            let Some(key) = usize::try_from(*stream).ok().and_then(|index| tables.keys.get(index)) else { continue };
            found.extend(tables.tips.get(stream).into_iter().flatten().map(|tip| (key.clone(), tip.clone())));
        }
        Ok(found)
    }

    pub(crate) async fn position(&self, peer: &DivisionId, direction: Direction) -> Result<Option<Position>, Error> {
        Ok(self.tables().positions.get(&(peer.clone(), direction.word())).cloned())
    }

    pub(crate) async fn put_position(
        &self,
        peer: &DivisionId,
        direction: Direction,
        position: &Position,
        _now_ms: i64,
    ) -> Result<(), Error> {
        self.tables().positions.insert((peer.clone(), direction.word()), position.clone());
        Ok(())
    }

    pub(crate) async fn stream_id(&self, key: &StreamKey) -> Result<Option<StreamId>, Error> {
        Ok(self.tables().streams.get(&key.digest()).copied())
    }

    pub(crate) async fn tips_of(&self, stream: StreamId) -> Result<Vec<Tip>, Error> {
        Ok(self.tables().tips.get(&stream).into_iter().flatten().cloned().collect())
    }

    pub(crate) async fn fork_floor(&self, stream: StreamId) -> Result<Option<u64>, Error> {
        let tables = self.tables();
        if tables.tips.get(&stream).is_none_or(|tips| tips.len() < 2) {
            return Ok(None);
        }
        let seqs: Vec<u64> = tables.links(stream).map(|link| link.seq).collect();
        Ok(seqs.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]))
    }

    pub(crate) async fn forked(&self) -> Result<Vec<StreamId>, Error> {
        let tables = self.tables();
        Ok(tables.tips.iter().filter(|(_, tips)| tips.len() > 1).map(|(stream, _)| *stream).collect())
    }

    pub(crate) async fn stand(&self, hashes: &[EntryHash]) -> Result<Vec<(EntryHash, StreamId, Digest, u64)>, Error> {
        let tables = self.tables();
        let rows = hashes.iter().filter_map(|hash| tables.row(*tables.places.get(hash)?));
        let read = |row: &Arc<Row>| {
            let header = &row.entry.header;
            (row.entry.hash(), row.stream, header.stream.digest(), header.seq)
        };
        Ok(rows.map(read).collect())
    }

    pub(crate) async fn links_between(
        &self,
        stream: StreamId,
        from: u64,
        to: u64,
        limit: usize,
    ) -> Result<Vec<Link>, Error> {
        let tables = self.tables();
        Ok(tables.links(stream).filter(|link| (from..=to).contains(&link.seq)).take(limit).collect())
    }

    pub(crate) async fn links_at(&self, stream: StreamId, seqs: &[u64]) -> Result<Vec<Link>, Error> {
        Ok(self.tables().links(stream).filter(|link| seqs.contains(&link.seq)).collect())
    }

    pub(crate) async fn links_of(&self, stream: StreamId, hashes: &[EntryHash]) -> Result<Vec<Link>, Error> {
        Ok(self.tables().links(stream).filter(|link| hashes.contains(&link.hash)).collect())
    }

    pub(crate) async fn wants(
        &self,
        peer: &DivisionId,
        own: &DivisionId,
        limit: usize,
    ) -> Result<Vec<StoredWant>, Error> {
        let tables = self.tables();
        let of_it = || tables.wants.iter().filter(|((towards, ..), _)| towards == peer);
        let mut top: BTreeMap<StreamId, u64> = BTreeMap::new();
        for ((_, stream, _), row) in of_it() {
            let seq = top.entry(*stream).or_default();
            *seq = row.want.tip.seq.max(*seq);
        }
        let held = |stream: &StreamId| tables.tips.get(stream).into_iter().flatten().map(|tip| tip.seq).max();
        let gap = |stream: &StreamId| top.get(stream).copied().unwrap_or(0).saturating_sub(held(stream).unwrap_or(0));
        let order = |(_, stream, _): &WantKey, row: &StoredWant| {
            let key = &row.want.stream;
            let (is_work, is_others) = (key.lane() == Lane::Work, key.author.division != *own);
            (is_work, is_others, gap(stream), key.digest(), Reverse(row.want.tip.seq), row.want.tip.hash)
        };
        let mut rows: Vec<(&WantKey, &StoredWant)> = of_it().collect();
        rows.sort_by_cached_key(|(key, row)| order(key, row));
        Ok(rows.into_iter().take(limit).map(|(_, row)| row.clone()).collect())
    }

    pub(crate) async fn lacking(&self, peer: &DivisionId) -> Result<Lacking, Error> {
        let rows = self.tables().wants.keys().filter(|(towards, ..)| towards == peer).count();
        Ok(Lacking { entries: rows as u64, streams: rows as u64, stopped: 0 })
    }

    pub(crate) async fn claims_on(&self, author: &DivisionId) -> Result<BTreeMap<DivisionId, u64>, Error> {
        let mut found = BTreeMap::new();
        for ((peer, ..), row) in &self.tables().wants {
            let is_it = row.want.stream.author.division == *author && row.want.why != Why::Bare;
            if is_it && row.stopped.is_none() {
                *found.entry(peer.clone()).or_default() += 1;
            }
        }
        Ok(found)
    }

    pub(crate) async fn is_claimed(
        &self,
        author: &DivisionId,
        subject: &DivisionId,
        since_ms: i64,
    ) -> Result<bool, Error> {
        let is_it = |row: &StoredWant| {
            let stream = &row.want.stream;
            stream.author.division == *author && stream.subject == *subject && row.stopped.is_none()
        };
        Ok(self.tables().wants.values().any(|row| is_it(row) && row.created_at_ms >= since_ms))
    }

    pub(crate) async fn mark_want_stopped(
        &self,
        peer: &DivisionId,
        want: &Want,
        code: Option<&str>,
    ) -> Result<(), Error> {
        let mut tables = self.tables();
        if let Some(stream) = tables.streams.get(&want.stream.digest()).copied()
            && let Some(row) = tables.wants.get_mut(&(peer.clone(), stream, want.tip.hash))
        {
            row.stopped = code.map(str::to_owned);
        }
        Ok(())
    }

    pub(crate) async fn drop_wants_of(&self, peer: &DivisionId, own: &DivisionId) -> Result<u64, Error> {
        let mut tables = self.tables();
        let before = tables.wants.len();
        let (gone, kept): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut tables.wants).into_iter().partition(|((towards, ..), _)| towards == peer);
        tables.wants = kept;
        for ((_, stream, tip), row) in gone.into_iter().filter(|(_, row)| row.want.why == Why::Bare) {
            tables.wants.insert((own.clone(), stream, tip), row);
        }
        Ok((before - tables.wants.len()) as u64)
    }

    /// What ends with a link: wants and positions.
    pub(crate) fn forget_peer(&self, peer: &DivisionId) {
        let mut tables = self.tables();
        tables.positions.retain(|(towards, _), _| towards != peer);
    }

    /// Wants towards anyone, by peer.
    pub(crate) fn all_wants(&self) -> Vec<(DivisionId, Want)> {
        self.tables().wants.iter().map(|((peer, ..), row)| (peer.clone(), row.want.clone())).collect()
    }

    /// The peers of which a position or a want is kept.
    pub(crate) fn peers(&self) -> BTreeSet<DivisionId> {
        let tables = self.tables();
        let positions = tables.positions.keys().map(|(peer, _)| peer.clone());
        positions.chain(tables.wants.keys().map(|(peer, ..)| peer.clone())).collect()
    }
}
