//! Feed, positions and heads on SQLite.
//!
//! Invariant: scans of the feed go by its number (`NOT INDEXED` keeps SQLite from preferring a whole index), so
//! their cost is the tail that is read.

use gongkai_journal::StreamKey;
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::{position::Position, want::Tip};
use sqlx::{
    QueryBuilder, Sqlite as Engine,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

use super::{
    ROWS_PER_STATEMENT, Sqlite,
    row::{Columns, bytes, number, placed, select_entry},
    tx::push_list,
};
use crate::{
    error::Error,
    feed::{FeedRow, FeedState},
    lookup::Placed,
    tx::Direction,
};

impl Sqlite {
    pub(crate) async fn feed_state(&self) -> Result<FeedState, Error> {
        let row =
            sqlx::query("SELECT feed_id, feed_offset, hash FROM feed WHERE id = 1").fetch_one(&self.readers).await;
        feed_state(&row.map_err(|error| self.fault(error))?)
    }

    pub(crate) async fn feed_hash_at(&self, offset: u64) -> Result<Option<Digest>, Error> {
        let query = sqlx::query("SELECT feed_hash FROM entries WHERE feed = $1").bind(number(offset));
        let row = query.fetch_optional(&self.readers).await.map_err(|error| self.fault(error))?;
        row.map(|row| Columns::of(&row).digest()).transpose()
    }

    pub(crate) async fn feed_rows(&self, after: u64, limit: u64) -> Result<Vec<FeedRow>, Error> {
        let query = sqlx::query(
            "SELECT e.feed, e.feed_hash, s.author, s.incarnation, s.subject, s.reach, s.lane, e.seq, e.hash, e.source,
             LENGTH(e.header) + LENGTH(e.signature) + e.payload_bytes * e.has_payload
             FROM entries e NOT INDEXED CROSS JOIN streams s ON s.id = e.stream
             WHERE e.feed > $1 ORDER BY e.feed LIMIT $2",
        );
        let rows = query.bind(number(after)).bind(number(limit)).fetch_all(&self.readers).await;
        rows.map_err(|error| self.fault(error))?.iter().map(feed_row).collect()
    }

    /// The entries of these feed numbers, which ascend.
    pub(crate) async fn entries_at(&self, feeds: &[u64]) -> Result<Vec<Placed>, Error> {
        let mut found = Vec::with_capacity(feeds.len());
        for chunk in feeds.chunks(ROWS_PER_STATEMENT) {
            let mut query = sqlx::QueryBuilder::new(select_entry!("WHERE e.feed IN "));
            push_list(&mut query, chunk.iter().map(|feed| number(*feed)));
            query.push(" ORDER BY e.feed");
            let rows = query.build().fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
            for row in &rows {
                found.push(placed(row)?);
            }
        }
        Ok(found)
    }

    /// (subject, reach as written, entries) behind a feed number.
    pub(crate) async fn count_by_subject(&self, after: u64) -> Result<Vec<(DivisionId, u32, u64)>, Error> {
        let query = sqlx::query(
            "SELECT subject, reach, COUNT(*) FROM entries NOT INDEXED WHERE feed > $1 GROUP BY subject, reach",
        );
        let rows = query.bind(number(after)).fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        let read = |row: &SqliteRow| {
            let mut columns = Columns::of(row);
            Ok((columns.division()?, columns.small()?, columns.number()?))
        };
        rows.iter().map(read).collect()
    }

    /// Every tip, by stream, then by (seq, hash).
    pub(crate) async fn all_tips(&self) -> Result<Vec<(StreamKey, Tip)>, Error> {
        let query = sqlx::query(
            "SELECT s.author, s.incarnation, s.subject, s.reach, s.lane, t.seq, t.hash
             FROM tips t JOIN streams s ON s.id = t.stream ORDER BY s.digest, t.seq, t.hash",
        );
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        let read = |row: &SqliteRow| {
            let mut columns = Columns::of(row);
            Ok((columns.stream()?, Tip { seq: columns.number()?, hash: columns.digest()? }))
        };
        rows.iter().map(read).collect()
    }

    pub(crate) async fn position(&self, peer: &DivisionId, direction: Direction) -> Result<Option<Position>, Error> {
        let row = position_query(peer, direction).fetch_optional(&self.readers).await;
        row.map_err(|error| self.fault(error))?.map(|row| Columns::of(&row).position()).transpose()
    }

    pub(crate) async fn put_position(
        &self,
        peer: &DivisionId,
        direction: Direction,
        position: &Position,
        now_ms: i64,
    ) -> Result<(), Error> {
        let mut query = QueryBuilder::new("");
        push_position(&mut query, peer, direction, position, now_ms);
        let done = query.build().execute(&self.writer).await;
        done.map(drop).map_err(|error| self.fault(error))
    }
}

pub(crate) fn feed_state(row: &SqliteRow) -> Result<FeedState, Error> {
    let mut columns = Columns::of(row);
    Ok(FeedState { feed_id: columns.life()?, offset: columns.number()?, hash: columns.digest()? })
}

fn feed_row(row: &SqliteRow) -> Result<FeedRow, Error> {
    let mut columns = Columns::of(row);
    Ok(FeedRow {
        feed: columns.feed()?,
        feed_hash: columns.digest()?,
        stream: columns.stream()?,
        seq: columns.number()?,
        hash: columns.digest()?,
        source: columns.next()?,
        bytes: usize::try_from(columns.number()?).unwrap_or(usize::MAX),
    })
}

type Statement = Query<'static, Engine, SqliteArguments>;

pub(crate) fn position_query(peer: &DivisionId, direction: Direction) -> Statement {
    sqlx::query("SELECT feed_id, feed_offset, hash, epoch FROM positions WHERE peer = $1 AND direction = $2")
        .bind(peer.to_string())
        .bind(direction.word())
}

/// Appends the statement that moves a position.
pub(crate) fn push_position(
    query: &mut QueryBuilder<Engine>,
    peer: &DivisionId,
    direction: Direction,
    position: &Position,
    now_ms: i64,
) {
    query.push("INSERT INTO positions (peer, direction, feed_id, feed_offset, hash, epoch, changed_at_ms) ");
    query.push_values([position], |mut values, position| {
        values
            .push_bind(peer.to_string())
            .push_bind(direction.word())
            .push_bind(position.feed_id.as_bytes().to_vec())
            .push_bind(number(position.offset))
            .push_bind(bytes(&position.hash))
            .push_bind(bytes(&position.epoch))
            .push_bind(now_ms);
    });
    query.push(
        " ON CONFLICT (peer, direction) DO UPDATE SET feed_id = excluded.feed_id, feed_offset = excluded.feed_offset,
         hash = excluded.hash, epoch = excluded.epoch, changed_at_ms = excluded.changed_at_ms",
    );
}
