//! A transaction on the tables in memory: changes are made at once, and undone unless it commits.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use gongkai_journal::{Author, Entry, EntryHash, StreamKey};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::{
    allowance::Used,
    position::Position,
    want::{Tip, Why},
};

use super::{PositionKey, Row, Tables, WantKey};
use crate::{
    error::Error,
    feed::FeedState,
    tx::{Direction, EntryRow, StreamId, StreamIds, TipsByStream, WriteTx},
    usage::{Account, taken},
    wanting::{Rank, StoredWant, WantCount},
};

/// One change, as it was before.
enum Undo {
    Feed(usize, Digest),
    Tips(StreamId, Option<BTreeSet<Tip>>),
    Want(WantKey, Option<StoredWant>),
    Position(PositionKey, Option<Position>),
    Filled(EntryHash),
}

/// A write transaction.
pub(crate) struct MemoryTx {
    tables: Arc<Mutex<Tables>>,
    undo: Vec<Undo>,
}

impl MemoryTx {
    pub(super) fn new(tables: Arc<Mutex<Tables>>) -> Self {
        Self { tables, undo: Vec::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_want(&mut self, key: WantKey, row: Option<StoredWant>) {
        let before = {
            let mut tables = self.lock();
            match row {
                Some(row) => tables.wants.insert(key.clone(), row),
                None => tables.wants.remove(&key),
            }
        };
        self.undo.push(Undo::Want(key, before));
    }

    fn roll_back(&mut self) {
        let undo = std::mem::take(&mut self.undo);
        let mut tables = self.lock();
        for step in undo.into_iter().rev() {
            undo_in(&mut tables, step);
        }
    }
}

fn undo_in(tables: &mut Tables, step: Undo) {
    match step {
        Undo::Feed(len, hash) => {
            for row in tables.rows.split_off(len) {
                tables.places.remove(&row.entry.hash());
                if let Some(rows) = tables.by_stream.get_mut(&row.stream) {
                    rows.remove(&(row.entry.header.seq, row.entry.hash()));
                }
            }
            tables.feed_hash = hash;
        }
        Undo::Tips(stream, before) => match before {
            Some(tips) => drop(tables.tips.insert(stream, tips)),
            None => drop(tables.tips.remove(&stream)),
        },
        Undo::Want(key, before) => match before {
            Some(row) => drop(tables.wants.insert(key, row)),
            None => drop(tables.wants.remove(&key)),
        },
        Undo::Filled(hash) => tables.put_payload(&hash, None),
        Undo::Position(key, before) => match before {
            Some(position) => drop(tables.positions.insert(key, position)),
            None => drop(tables.positions.remove(&key)),
        },
    }
}

impl Drop for MemoryTx {
    fn drop(&mut self) {
        self.roll_back();
    }
}

impl WriteTx for MemoryTx {
    async fn streams(&mut self, keys: &BTreeMap<Digest, StreamKey>) -> Result<StreamIds, Error> {
        let mut tables = self.lock();
        let mut found = StreamIds::new();
        for (digest, key) in keys {
            let next = StreamId::try_from(tables.keys.len()).unwrap_or(StreamId::MAX);
            let id = *tables.streams.entry(*digest).or_insert(next);
            if id == next {
                tables.keys.push(key.clone());
            }
            found.insert(*digest, id);
        }
        Ok(found)
    }

    async fn tips(&mut self, streams: &StreamIds) -> Result<TipsByStream, Error> {
        let tables = self.lock();
        let held = streams.iter().filter_map(|(digest, id)| Some((*digest, tables.tips.get(id)?.clone())));
        Ok(held.filter(|(_, tips)| !tips.is_empty()).collect())
    }

    async fn known(&mut self, hashes: &BTreeSet<EntryHash>) -> Result<BTreeMap<EntryHash, (Digest, u64)>, Error> {
        let tables = self.lock();
        let rows = hashes.iter().filter_map(|hash| tables.row(*tables.places.get(hash)?));
        Ok(rows.map(|row| (row.entry.hash(), (row.entry.header.stream.digest(), row.entry.header.seq))).collect())
    }

    async fn bare(&mut self, hashes: &BTreeSet<EntryHash>) -> Result<BTreeSet<EntryHash>, Error> {
        let tables = self.lock();
        let rows = hashes.iter().filter_map(|hash| tables.row(*tables.places.get(hash)?));
        let bare = rows.filter(|row| row.entry.payload.is_none()).map(|row| row.entry.hash());
        Ok(bare.filter(|hash| !tables.erased.contains(hash)).collect())
    }

    async fn fill(&mut self, entry: &Entry, _about: Option<&str>) -> Result<(), Error> {
        self.lock().put_payload(&entry.hash(), entry.payload.clone());
        self.undo.push(Undo::Filled(entry.hash()));
        Ok(())
    }

    async fn lock_feed(&mut self) -> Result<FeedState, Error> {
        let tables = self.lock();
        Ok(FeedState { feed_id: tables.feed_id, offset: tables.rows.len() as u64, hash: tables.feed_hash })
    }

    async fn put_feed(&mut self, state: &FeedState) -> Result<(), Error> {
        self.lock().feed_hash = state.hash;
        Ok(())
    }

    async fn insert_entries(&mut self, rows: &[EntryRow<'_>]) -> Result<(), Error> {
        let before = {
            let tables = self.lock();
            Undo::Feed(tables.rows.len(), tables.feed_hash)
        };
        self.undo.push(before);
        let mut tables = self.lock();
        for row in rows {
            let hash = row.entry.hash();
            // As the unique index of the database: feed numbers are gap-free, a hash is there once.
            if row.feed != tables.rows.len() as u64 + 1 || tables.places.contains_key(&hash) {
                return Err(Error::Damaged { feed: row.feed, what: "written twice or out of order".to_owned() });
            }
            tables.places.insert(hash, row.feed);
            tables.by_stream.entry(row.stream).or_default().insert((row.entry.header.seq, hash), row.feed);
            tables.rows.push(Arc::new(Row {
                feed: row.feed,
                feed_hash: row.feed_hash,
                stream: row.stream,
                entry: row.entry.clone(),
                source: row.source.map(ToString::to_string),
            }));
        }
        Ok(())
    }

    async fn change_tips(&mut self, gone: &[(StreamId, Tip)], new: &[(StreamId, Tip)]) -> Result<(), Error> {
        let mut undo = Vec::new();
        {
            let mut tables = self.lock();
            for (stream, tip) in gone {
                undo.push(Undo::Tips(*stream, tables.tips.get(stream).cloned()));
                tables.tips.entry(*stream).or_default().remove(tip);
            }
            for (stream, tip) in new {
                undo.push(Undo::Tips(*stream, tables.tips.get(stream).cloned()));
                tables.tips.entry(*stream).or_default().insert(tip.clone());
            }
        }
        self.undo.extend(undo);
        Ok(())
    }

    async fn wants_on(&mut self, peer: &DivisionId, streams: &StreamIds) -> Result<Vec<StoredWant>, Error> {
        let ids: BTreeSet<StreamId> = streams.values().copied().collect();
        let tables = self.lock();
        let rows = tables.wants.iter().filter(|((towards, stream, _), _)| towards == peer && ids.contains(stream));
        Ok(rows.map(|(_, row)| row.clone()).collect())
    }

    async fn count_wants(&mut self, peer: &DivisionId) -> Result<WantCount, Error> {
        let tables = self.lock();
        let rows = || tables.wants.iter().filter(|((towards, ..), _)| towards == peer);
        let misrouted = rows().filter(|(_, row)| row.want.why == Why::Misrouted).count();
        Ok(WantCount { all: rows().count(), misrouted })
    }

    async fn lowest_wants(&mut self, peer: &DivisionId, limit: usize) -> Result<Vec<(StreamId, StoredWant)>, Error> {
        let tables = self.lock();
        let of_it = tables.wants.iter().filter(|((towards, ..), row)| towards == peer && row.want.why != Why::Bare);
        let mut rows: Vec<(StreamId, StoredWant)> = of_it.map(|((_, stream, _), row)| (*stream, row.clone())).collect();
        rows.sort_by_key(|(_, row)| (Reverse(Rank::of(&row.want)), row.want.tip.hash));
        rows.truncate(limit);
        Ok(rows)
    }

    /// Numbers are places in a list here: they stay.
    async fn drop_bare_streams(&mut self, _streams: &StreamIds) -> Result<(), Error> {
        Ok(())
    }

    async fn drop_position(&mut self, peer: &DivisionId, direction: Direction) -> Result<(), Error> {
        let key = (peer.clone(), direction.word());
        let before = self.lock().positions.remove(&key);
        self.undo.push(Undo::Position(key, before));
        Ok(())
    }

    async fn put_wants(&mut self, peer: &DivisionId, wants: &[(StreamId, StoredWant)]) -> Result<(), Error> {
        for (stream, row) in wants {
            self.set_want((peer.clone(), *stream, row.want.tip.hash), Some(row.clone()));
        }
        Ok(())
    }

    async fn drop_wants(&mut self, peer: &DivisionId, wants: &[(StreamId, Digest)]) -> Result<(), Error> {
        for (stream, hash) in wants {
            self.set_want((peer.clone(), *stream, *hash), None);
        }
        Ok(())
    }

    async fn drop_held_wants(&mut self, held: &[EntryHash]) -> Result<(), Error> {
        let keys: Vec<WantKey> = self.lock().wants.keys().filter(|(_, _, hash)| held.contains(hash)).cloned().collect();
        for key in keys {
            self.set_want(key, None);
        }
        Ok(())
    }

    async fn position(&mut self, peer: &DivisionId, direction: Direction) -> Result<Option<Position>, Error> {
        Ok(self.lock().positions.get(&(peer.clone(), direction.word())).cloned())
    }

    async fn put_position(
        &mut self,
        peer: &DivisionId,
        direction: Direction,
        position: &Position,
        _now_ms: i64,
    ) -> Result<(), Error> {
        let key = (peer.clone(), direction.word());
        let before = self.lock().positions.insert(key.clone(), position.clone());
        self.undo.push(Undo::Position(key, before));
        Ok(())
    }

    /// A machine here notes that it fell back beside its tables, and keeps both in one snapshot.
    async fn put_meta(&mut self, _key: &str, _value: &str) -> Result<(), Error> {
        Ok(())
    }

    async fn used(&mut self, authors: &BTreeSet<DivisionId>) -> Result<BTreeMap<Account, Used>, Error> {
        let tables = self.lock();
        let of_them = tables.rows.iter().filter(|row| authors.contains(&row.entry.header.stream.author.division));
        let entries: Vec<Entry> = of_them.map(|row| row.entry.clone()).collect();
        Ok(taken(&entries, 0))
    }

    /// It is counted from the rows.
    async fn add_used(&mut self, _taken: &BTreeMap<Account, Used>) -> Result<(), Error> {
        Ok(())
    }

    async fn count_streams(&mut self, life: &Author) -> Result<u64, Error> {
        let tables = self.lock();
        let held = tables.tips.iter().filter(|(_, tips)| !tips.is_empty());
        let keys = held.filter_map(|(id, _)| tables.keys.get(usize::try_from(*id).ok()?));
        Ok(keys.filter(|key| key.author == *life).count() as u64)
    }

    async fn projection_feed(&mut self, _kind: &str, _key: &str) -> Result<Option<u64>, Error> {
        Ok(None)
    }

    async fn commit(mut self) -> Result<(), Error> {
        if std::mem::take(&mut self.lock().is_full) {
            return Err(Error::Full);
        }
        self.undo.clear();
        Ok(())
    }
}
