//! The write transaction on SQLite.
//!
//! Invariant: opened with `BEGIN IMMEDIATE` on the only writing connection, which stands for all locks of
//! [`WriteTx`]; dropped without commit it is rolled back before the connection is used again.
//! What is written waits, and goes to the database as one text of several statements before the next reading or the
//! commit: a text costs a change of threads and back, whatever it holds.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use gongkai_journal::{Author, Entry, EntryHash, Lane, StreamKey};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::{
    allowance::Used,
    position::Position,
    want::{Tip, Want, Why},
};
use sqlx::{QueryBuilder, Sqlite as Engine, Transaction, sqlite::SqliteRow};

use super::{
    ROWS_PER_STATEMENT, Sqlite, fault,
    feed::feed_state,
    row::{Columns, bytes, number},
};
use crate::{
    error::Error,
    feed::FeedState,
    tx::{Direction, EntryRow, StreamId, StreamIds, Survey, TipsByStream, WriteTx},
    usage::Account,
    wanting::{StoredWant, WantCount},
};

/// A transaction of the writing connection.
pub(crate) struct SqliteTx {
    tx: Transaction<'static, Engine>,
    path: PathBuf,
    waiting: QueryBuilder<Engine>,
    /// Rows of the largest statement that waits.
    rows_waiting: usize,
    /// Whether what waits has a shape that recurs.
    is_recurring: bool,
}

impl Sqlite {
    /// Begins a write transaction; waits for the one before.
    pub(crate) async fn begin(&self) -> Result<SqliteTx, Error> {
        let tx = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(|error| self.fault(error))?;
        let waiting = QueryBuilder::new("");
        Ok(SqliteTx { tx, path: self.path.clone(), waiting, rows_waiting: 0, is_recurring: true })
    }
}

impl SqliteTx {
    /// Begins a writing statement behind those that wait.
    pub(super) fn write(&mut self, sql: &'static str) -> &mut QueryBuilder<Engine> {
        if self.rows_waiting > 0 {
            self.waiting.push("; ");
        }
        self.waiting.push(sql)
    }

    /// Ends a writing statement of so many rows. Full-size ones do not wait, so that what waits stays small.
    pub(super) async fn written(&mut self, rows: usize) -> Result<(), Error> {
        self.rows_waiting = self.rows_waiting.max(rows).max(1);
        self.is_recurring &= recurs(rows);
        if rows >= ROWS_PER_STATEMENT { self.flush().await } else { Ok(()) }
    }

    /// Carries out what waits.
    async fn flush(&mut self) -> Result<(), Error> {
        if self.rows_waiting == 0 {
            return Ok(());
        }
        let mut waiting = std::mem::replace(&mut self.waiting, QueryBuilder::new(""));
        self.rows_waiting = 0;
        let is_recurring = std::mem::replace(&mut self.is_recurring, true);
        let done = waiting.build().persistent(is_recurring).execute(&mut *self.tx).await;
        done.map(drop).map_err(|error| fault::sort(error, &self.path))
    }

    /// Reads, after what was written.
    pub(super) async fn rows(
        &mut self,
        mut query: QueryBuilder<Engine>,
        is_recurring: bool,
    ) -> Result<Vec<SqliteRow>, Error> {
        self.flush().await?;
        let rows = query.build().persistent(is_recurring).fetch_all(&mut *self.tx).await;
        rows.map_err(|error| fault::sort(error, &self.path))
    }

    async fn stream_ids(&mut self, digests: &[Digest]) -> Result<StreamIds, Error> {
        let mut found = StreamIds::new();
        for chunk in digests.chunks(ROWS_PER_STATEMENT) {
            let mut query = QueryBuilder::new("SELECT digest, id FROM streams WHERE digest IN ");
            push_list(&mut query, chunk.iter().map(bytes));
            for row in self.rows(query, recurs(chunk.len())).await? {
                let mut columns = Columns::of(&row);
                found.insert(columns.digest()?, columns.next()?);
            }
        }
        Ok(found)
    }

    async fn insert_headers(&mut self, rows: &[EntryRow<'_>]) -> Result<(), Error> {
        let query = self.write(
            "INSERT INTO entries (feed, hash, stream, seq, previous, kind, author, subject, reach, lane, operator,
             written_at_ms, committed_at_ms, about, source, feed_hash, payload_digest, payload_bytes, has_payload,
             header, signature) ",
        );
        query.push_values(rows, |mut values, row| {
            let header = &row.entry.header;
            values
                .push_bind(number(row.feed))
                .push_bind(bytes(&row.entry.hash()))
                .push_bind(row.stream)
                .push_bind(number(header.seq))
                .push_bind(header.previous.as_ref().map(bytes))
                .push_bind(header.kind.to_string())
                .push_bind(header.stream.author.division.to_string())
                .push_bind(header.stream.subject.to_string())
                .push_bind(i64::from(header.stream.reach_number))
                .push_bind(i64::from(header.stream.lane_number))
                .push_bind(header.operator.as_ref().map(ToString::to_string))
                .push_bind(header.written_at_ms)
                .push_bind(row.committed_at_ms)
                .push_bind(row.about.map(ToOwned::to_owned))
                .push_bind(row.source.map(ToString::to_string))
                .push_bind(bytes(&row.feed_hash))
                .push_bind(bytes(&header.payload_digest))
                .push_bind(number(header.payload_bytes))
                .push_bind(row.entry.payload.is_some())
                .push_bind(row.entry.header_bytes.clone())
                .push_bind(row.entry.signature.clone());
        });
        self.written(rows.len()).await
    }

    async fn insert_payloads(&mut self, rows: &[EntryRow<'_>]) -> Result<(), Error> {
        let payloads: Vec<(u64, Vec<u8>)> =
            rows.iter().filter_map(|row| Some((row.feed, row.entry.payload.clone()?))).collect();
        if payloads.is_empty() {
            return Ok(());
        }
        let count = payloads.len();
        let query = self.write("INSERT INTO payloads (feed, bytes) ");
        query.push_values(payloads, |mut values, (feed, payload)| {
            values.push_bind(number(feed)).push_bind(payload);
        });
        self.written(count).await
    }
}

impl WriteTx for SqliteTx {
    async fn survey(
        &mut self,
        keys: &BTreeMap<Digest, StreamKey>,
        hashes: &BTreeSet<EntryHash>,
        peer: Option<&DivisionId>,
    ) -> Result<Survey, Error> {
        let fits = keys.len() <= ROWS_PER_STATEMENT && hashes.len() <= ROWS_PER_STATEMENT;
        let seen = if fits { self.look(keys, hashes, peer).await? } else { None };
        match seen {
            Some(survey) => Ok(survey),
            // A stream is new, or there is more than one statement takes.
            None => self.survey_in_steps(keys, hashes, peer).await,
        }
    }

    async fn streams(&mut self, keys: &BTreeMap<Digest, StreamKey>) -> Result<StreamIds, Error> {
        let digests: Vec<Digest> = keys.keys().copied().collect();
        let mut found = self.stream_ids(&digests).await?;
        let missing: Vec<(&Digest, &StreamKey)> =
            keys.iter().filter(|(digest, _)| !found.contains_key(digest)).collect();
        for chunk in missing.chunks(ROWS_PER_STATEMENT) {
            let query = self.write("INSERT INTO streams (digest, author, incarnation, subject, reach, lane) ");
            query.push_values(chunk, |mut values, (digest, key)| {
                values
                    .push_bind(bytes(digest))
                    .push_bind(key.author.division.to_string())
                    .push_bind(key.author.incarnation.as_bytes().to_vec())
                    .push_bind(key.subject.to_string())
                    .push_bind(i64::from(key.reach_number))
                    .push_bind(i64::from(key.lane_number));
            });
            self.written(chunk.len()).await?;
        }
        let missing: Vec<Digest> = missing.into_iter().map(|(digest, _)| *digest).collect();
        found.extend(self.stream_ids(&missing).await?);
        Ok(found)
    }

    async fn tips(&mut self, streams: &StreamIds) -> Result<TipsByStream, Error> {
        let digests: BTreeMap<StreamId, Digest> = streams.iter().map(|(digest, id)| (*id, *digest)).collect();
        let ids: Vec<StreamId> = digests.keys().copied().collect();
        let mut found = TipsByStream::new();
        for chunk in ids.chunks(ROWS_PER_STATEMENT) {
            let mut query = QueryBuilder::new("SELECT stream, seq, hash FROM tips WHERE stream IN ");
            push_list(&mut query, chunk.iter().copied());
            for row in self.rows(query, recurs(chunk.len())).await? {
                let mut columns = Columns::of(&row);
                let stream: StreamId = columns.next()?;
                let tip = Tip { seq: columns.number()?, hash: columns.digest()? };
                if let Some(digest) = digests.get(&stream) {
                    found.entry(*digest).or_default().insert(tip);
                }
            }
        }
        Ok(found)
    }

    async fn known(&mut self, hashes: &BTreeSet<EntryHash>) -> Result<BTreeMap<EntryHash, (Digest, u64)>, Error> {
        let hashes: Vec<&EntryHash> = hashes.iter().collect();
        let mut found = BTreeMap::new();
        for chunk in hashes.chunks(ROWS_PER_STATEMENT) {
            let mut query = QueryBuilder::new(
                "SELECT e.hash, s.digest, e.seq FROM entries e JOIN streams s ON s.id = e.stream WHERE e.hash IN ",
            );
            push_list(&mut query, chunk.iter().map(|hash| bytes(hash)));
            for row in self.rows(query, recurs(chunk.len())).await? {
                let mut columns = Columns::of(&row);
                found.insert(columns.digest()?, (columns.digest()?, columns.number()?));
            }
        }
        Ok(found)
    }

    async fn lock_feed(&mut self) -> Result<FeedState, Error> {
        self.flush().await?;
        let row =
            sqlx::query("SELECT feed_id, feed_offset, hash FROM feed WHERE id = 1").fetch_one(&mut *self.tx).await;
        feed_state(&row.map_err(|error| fault::sort(error, &self.path))?)
    }

    async fn put_feed(&mut self, state: &FeedState) -> Result<(), Error> {
        let query = self.write("UPDATE feed SET feed_offset = ");
        query.push_bind(number(state.offset)).push(", hash = ").push_bind(bytes(&state.hash)).push(" WHERE id = 1");
        self.written(1).await
    }

    async fn insert_entries(&mut self, rows: &[EntryRow<'_>]) -> Result<(), Error> {
        for chunk in rows.chunks(ROWS_PER_STATEMENT) {
            self.insert_headers(chunk).await?;
            self.insert_payloads(chunk).await?;
        }
        Ok(())
    }

    async fn change_tips(&mut self, gone: &[(StreamId, Tip)], new: &[(StreamId, Tip)]) -> Result<(), Error> {
        for chunk in gone.chunks(ROWS_PER_STATEMENT) {
            let query = self.write("DELETE FROM tips WHERE (stream, hash) IN (");
            query.push_values(chunk, |mut values, (stream, tip)| {
                values.push_bind(*stream).push_bind(bytes(&tip.hash));
            });
            query.push(")");
            self.written(chunk.len()).await?;
        }
        for chunk in new.chunks(ROWS_PER_STATEMENT) {
            let query = self.write("INSERT INTO tips (stream, hash, seq) ");
            query.push_values(chunk, |mut values, (stream, tip)| {
                values.push_bind(*stream).push_bind(bytes(&tip.hash)).push_bind(number(tip.seq));
            });
            self.written(chunk.len()).await?;
        }
        Ok(())
    }

    async fn wants_on(&mut self, peer: &DivisionId, streams: &StreamIds) -> Result<Vec<StoredWant>, Error> {
        let ids: Vec<StreamId> = streams.values().copied().collect();
        let mut found = Vec::new();
        for chunk in ids.chunks(ROWS_PER_STATEMENT) {
            let mut query = QueryBuilder::new(
                "SELECT s.author, s.incarnation, s.subject, s.reach, s.lane, w.tip_seq, w.tip_hash, w.why, w.stopped,
                 w.created_at_ms FROM wants w JOIN streams s ON s.id = w.stream WHERE w.peer = ",
            );
            query.push_bind(peer.to_string()).push(" AND w.stream IN ");
            push_list(&mut query, chunk.iter().copied());
            for row in self.rows(query, recurs(chunk.len())).await? {
                found.push(stored_want(&mut Columns::of(&row))?);
            }
        }
        Ok(found)
    }

    async fn count_wants(&mut self, peer: &DivisionId) -> Result<WantCount, Error> {
        self.flush().await?;
        let row = sqlx::query("SELECT COUNT(*), COALESCE(SUM(why = $1), 0) FROM wants WHERE peer = $2")
            .bind(Why::Misrouted.word())
            .bind(peer.to_string())
            .fetch_one(&mut *self.tx)
            .await
            .map_err(|error| fault::sort(error, &self.path))?;
        let mut columns = Columns::of(&row);
        let mut next = || Ok::<usize, Error>(usize::try_from(columns.number()?).unwrap_or(usize::MAX));
        Ok(WantCount { all: next()?, misrouted: next()? })
    }

    async fn lowest_wants(&mut self, peer: &DivisionId, limit: usize) -> Result<Vec<(StreamId, StoredWant)>, Error> {
        self.flush().await?;
        let rows = sqlx::query(
            "SELECT s.id, s.author, s.incarnation, s.subject, s.reach, s.lane, w.tip_seq, w.tip_hash, w.why, w.stopped,
             w.created_at_ms FROM wants w JOIN streams s ON s.id = w.stream WHERE w.peer = $1 AND w.why <> 'bare'
             ORDER BY w.why IN ('heads', 'gap', 'rewound'), s.lane = $2, w.tip_hash LIMIT $3",
        )
        .bind(peer.to_string())
        .bind(i64::from(Lane::Trust.number()))
        .bind(number(limit as u64))
        .fetch_all(&mut *self.tx)
        .await
        .map_err(|error| fault::sort(error, &self.path))?;
        let read = |row: &SqliteRow| {
            let mut columns = Columns::of(row);
            Ok((columns.next()?, stored_want(&mut columns)?))
        };
        rows.iter().map(read).collect()
    }

    async fn drop_bare_streams(&mut self, streams: &StreamIds) -> Result<(), Error> {
        let ids: Vec<StreamId> = streams.values().copied().collect();
        for chunk in ids.chunks(ROWS_PER_STATEMENT) {
            let query = self.write("DELETE FROM streams WHERE id IN ");
            push_list(query, chunk.iter().copied());
            query.push(
                " AND NOT EXISTS (SELECT 1 FROM entries e WHERE e.stream = streams.id)
                 AND NOT EXISTS (SELECT 1 FROM wants w WHERE w.stream = streams.id)",
            );
            self.written(chunk.len()).await?;
        }
        Ok(())
    }

    async fn drop_position(&mut self, peer: &DivisionId, direction: Direction) -> Result<(), Error> {
        let query = self.write("DELETE FROM positions WHERE peer = ");
        query.push_bind(peer.to_string()).push(" AND direction = ").push_bind(direction.word());
        self.written(1).await
    }

    async fn put_wants(&mut self, peer: &DivisionId, wants: &[(StreamId, StoredWant)]) -> Result<(), Error> {
        for chunk in wants.chunks(ROWS_PER_STATEMENT) {
            let query = self.write("INSERT INTO wants (peer, stream, tip_hash, tip_seq, why, stopped, created_at_ms) ");
            query.push_values(chunk, |mut values, (stream, row)| {
                values
                    .push_bind(peer.to_string())
                    .push_bind(*stream)
                    .push_bind(bytes(&row.want.tip.hash))
                    .push_bind(number(row.want.tip.seq))
                    .push_bind(row.want.why.word())
                    .push_bind(row.stopped.clone())
                    .push_bind(row.created_at_ms);
            });
            query.push(
                " ON CONFLICT (peer, stream, tip_hash) DO UPDATE SET tip_seq = excluded.tip_seq, why = excluded.why,
                 stopped = excluded.stopped, created_at_ms = excluded.created_at_ms",
            );
            self.written(chunk.len()).await?;
        }
        Ok(())
    }

    async fn bare(&mut self, hashes: &BTreeSet<EntryHash>) -> Result<BTreeSet<EntryHash>, Error> {
        self.flush().await?;
        let mut found = BTreeSet::new();
        for chunk in hashes.iter().collect::<Vec<_>>().chunks(ROWS_PER_STATEMENT) {
            let mut query =
                QueryBuilder::new("SELECT hash FROM entries WHERE has_payload = 0 AND erased_by IS NULL AND hash IN ");
            push_list(&mut query, chunk.iter().map(|hash| bytes(hash)));
            let rows = query.build().fetch_all(&mut *self.tx).await.map_err(|error| fault::sort(error, &self.path))?;
            for row in &rows {
                found.insert(Columns::of(row).digest()?);
            }
        }
        Ok(found)
    }

    async fn fill(&mut self, entry: &Entry, about: Option<&str>) -> Result<(), Error> {
        self.flush().await?;
        let Some(payload) = entry.payload.clone() else { return Ok(()) };
        let fault = |error| fault::sort(error, &self.path);
        let hash = entry.hash();
        sqlx::query("INSERT INTO payloads (feed, bytes) SELECT feed, $1 FROM entries WHERE hash = $2")
            .bind(payload)
            .bind(bytes(&hash))
            .execute(&mut *self.tx)
            .await
            .map_err(fault)?;
        sqlx::query("UPDATE entries SET has_payload = 1, about = COALESCE(about, $1) WHERE hash = $2")
            .bind(about.map(str::to_owned))
            .bind(bytes(&hash))
            .execute(&mut *self.tx)
            .await
            .map_err(fault)?;
        Ok(())
    }

    async fn drop_wants(&mut self, peer: &DivisionId, wants: &[(StreamId, Digest)]) -> Result<(), Error> {
        for chunk in wants.chunks(ROWS_PER_STATEMENT) {
            let query = self.write("DELETE FROM wants WHERE (peer, stream, tip_hash) IN (");
            query.push_values(chunk, |mut values, (stream, hash)| {
                values.push_bind(peer.to_string()).push_bind(*stream).push_bind(bytes(hash));
            });
            query.push(")");
            self.written(chunk.len()).await?;
        }
        Ok(())
    }

    async fn drop_held_wants(&mut self, held: &[EntryHash]) -> Result<(), Error> {
        for chunk in held.chunks(ROWS_PER_STATEMENT) {
            push_list(self.write("DELETE FROM wants WHERE tip_hash IN "), chunk.iter().map(bytes));
            self.written(chunk.len()).await?;
        }
        Ok(())
    }

    async fn position(&mut self, peer: &DivisionId, direction: Direction) -> Result<Option<Position>, Error> {
        self.flush().await?;
        let row = super::feed::position_query(peer, direction).fetch_optional(&mut *self.tx).await;
        let row = row.map_err(|error| fault::sort(error, &self.path))?;
        row.map(|row| Columns::of(&row).position()).transpose()
    }

    async fn put_position(
        &mut self,
        peer: &DivisionId,
        direction: Direction,
        position: &Position,
        now_ms: i64,
    ) -> Result<(), Error> {
        super::feed::push_position(self.write(""), peer, direction, position, now_ms);
        self.written(1).await
    }

    async fn put_meta(&mut self, key: &str, value: &str) -> Result<(), Error> {
        let query = self.write("INSERT INTO meta (key, value) VALUES (");
        query.push_bind(key.to_owned()).push(", ").push_bind(value.to_owned());
        query.push(") ON CONFLICT (key) DO UPDATE SET value = excluded.value");
        self.written(1).await
    }

    async fn used(&mut self, authors: &BTreeSet<DivisionId>) -> Result<BTreeMap<Account, Used>, Error> {
        self.used_by(authors).await
    }

    async fn add_used(&mut self, taken: &BTreeMap<Account, Used>) -> Result<(), Error> {
        self.add_usage(taken).await
    }

    async fn count_streams(&mut self, life: &Author) -> Result<u64, Error> {
        self.streams_of(life).await
    }

    async fn projection_feed(&mut self, kind: &str, key: &str) -> Result<Option<u64>, Error> {
        self.flush().await?;
        let row = sqlx::query("SELECT feed FROM projections WHERE kind = $1 AND key = $2")
            .bind(kind.to_owned())
            .bind(key.to_owned())
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(|error| fault::sort(error, &self.path))?;
        row.map(|row| Columns::of(&row).number()).transpose()
    }

    async fn commit(mut self) -> Result<(), Error> {
        self.flush().await?;
        self.tx.commit().await.map_err(|error| fault::sort(error, &self.path))
    }
}

/// Whether statements of so many rows come again and are kept prepared: full-size and single-row ones do.
fn recurs(rows: usize) -> bool {
    rows == ROWS_PER_STATEMENT || rows == 1
}

/// `($1, $2, …)`.
pub(crate) fn push_list<T>(query: &mut QueryBuilder<Engine>, values: impl Iterator<Item = T>)
where
    T: for<'q> sqlx::Encode<'q, Engine> + sqlx::Type<Engine>,
{
    let mut list = query.push("(").separated(", ");
    for value in values {
        list.push_bind(value);
    }
    query.push(")");
}

/// The stream's five columns, then tip_seq, tip_hash, why, stopped, created_at_ms.
pub(crate) fn stored_want(columns: &mut Columns<'_>) -> Result<StoredWant, Error> {
    let stream = columns.stream()?;
    let tip = Tip { seq: columns.number()?, hash: columns.digest()? };
    let why = Why::from_word(columns.next()?);
    Ok(StoredWant { want: Want { stream, tip, why }, stopped: columns.next()?, created_at_ms: columns.next()? })
}
