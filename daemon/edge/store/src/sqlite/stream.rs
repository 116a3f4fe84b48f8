//! Places in streams, and wants, on SQLite.
//!
//! Invariant: links carry no bodies; a stream's range is read by the index on (stream, seq, hash).

use std::collections::BTreeMap;

use gongkai_journal::{EntryHash, Lane, StreamKey};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::want::{Tip, Want, Why};
use sqlx::{QueryBuilder, Row, Sqlite as Engine, sqlite::SqliteRow};

use super::{
    ROWS_PER_STATEMENT, Sqlite,
    row::{Columns, bytes, number},
    tx::{push_list, stored_want},
};
use crate::{
    branch::Link,
    error::Error,
    tx::StreamId,
    usage::Account,
    wanting::{Lacking, StoredWant},
};

/// Columns of a [`Link`].
macro_rules! select_link {
    ($tail:literal) => {
        concat!(
            "SELECT feed, seq, hash, previous, LENGTH(header) + LENGTH(signature) + payload_bytes * has_payload
             FROM entries ",
            $tail
        )
    };
}

/// Of what was wanted from a peer the payloads go to the node's own name, which stands for "whoever has it".
pub(super) const LEAVE_TO_ANYONE: &str = "UPDATE OR IGNORE wants SET peer = $1 WHERE peer = $2 AND why = 'bare'";

impl Sqlite {
    pub(crate) async fn stream_id(&self, key: &StreamKey) -> Result<Option<StreamId>, Error> {
        let query = sqlx::query("SELECT id FROM streams WHERE digest = $1").bind(bytes(&key.digest()));
        let row = query.fetch_optional(&self.readers).await.map_err(|error| self.fault(error))?;
        row.map(|row| Columns::of(&row).next()).transpose()
    }

    pub(crate) async fn tips_of(&self, stream: StreamId) -> Result<Vec<Tip>, Error> {
        let query = sqlx::query("SELECT seq, hash FROM tips WHERE stream = $1 ORDER BY seq, hash").bind(stream);
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        let read = |row: &SqliteRow| {
            let mut columns = Columns::of(row);
            Ok(Tip { seq: columns.number()?, hash: columns.digest()? })
        };
        rows.iter().map(read).collect()
    }

    /// The lowest sequence that has two entries; `None` for a stream that never forked, without looking at it.
    pub(crate) async fn fork_floor(&self, stream: StreamId) -> Result<Option<u64>, Error> {
        let query = sqlx::query(
            "SELECT CASE WHEN (SELECT COUNT(*) FROM tips WHERE stream = $1) > 1 THEN
               (SELECT MIN(seq) FROM (SELECT seq FROM entries WHERE stream = $1 GROUP BY seq HAVING COUNT(*) > 1))
             END",
        );
        let row = query.bind(stream).fetch_one(&self.readers).await.map_err(|error| self.fault(error))?;
        let floor: Option<i64> = row.try_get(0).map_err(|error| self.fault(error))?;
        Ok(floor.and_then(|floor| u64::try_from(floor).ok()))
    }

    /// The streams that have more than one tip.
    pub(crate) async fn forked(&self) -> Result<Vec<StreamId>, Error> {
        let query = sqlx::query("SELECT stream FROM tips GROUP BY stream HAVING COUNT(*) > 1");
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        rows.iter().map(|row| Columns::of(row).next()).collect()
    }

    /// Where entries stand: hash, stream, its digest, and sequence.
    pub(crate) async fn stand(&self, hashes: &[EntryHash]) -> Result<Vec<(EntryHash, StreamId, Digest, u64)>, Error> {
        let mut found = Vec::with_capacity(hashes.len());
        for chunk in hashes.chunks(ROWS_PER_STATEMENT) {
            let select = "SELECT e.hash, e.stream, s.digest, e.seq FROM entries e JOIN streams s ON s.id = e.stream
                          WHERE e.hash IN ";
            let mut query = QueryBuilder::<Engine>::new(select);
            push_list(&mut query, chunk.iter().map(bytes));
            let rows = query.build().persistent(false).fetch_all(&self.readers).await;
            for row in &rows.map_err(|error| self.fault(error))? {
                let mut columns = Columns::of(row);
                found.push((columns.digest()?, columns.next()?, columns.digest()?, columns.number()?));
            }
        }
        Ok(found)
    }

    pub(crate) async fn links_between(
        &self,
        stream: StreamId,
        from: u64,
        to: u64,
        limit: usize,
    ) -> Result<Vec<Link>, Error> {
        let query =
            sqlx::query(select_link!("WHERE stream = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq, hash LIMIT $4"));
        let query = query.bind(stream).bind(number(from)).bind(number(to)).bind(number(limit as u64));
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        rows.iter().map(link).collect()
    }

    pub(crate) async fn links_at(&self, stream: StreamId, seqs: &[u64]) -> Result<Vec<Link>, Error> {
        let mut found = Vec::with_capacity(seqs.len());
        for chunk in seqs.chunks(ROWS_PER_STATEMENT) {
            let mut query = QueryBuilder::new(select_link!("WHERE stream = "));
            query.push_bind(stream).push(" AND seq IN ");
            push_list(&mut query, chunk.iter().map(|seq| number(*seq)));
            self.links_into(query, &mut found).await?;
        }
        Ok(found)
    }

    pub(crate) async fn links_of(&self, stream: StreamId, hashes: &[EntryHash]) -> Result<Vec<Link>, Error> {
        let mut found = Vec::with_capacity(hashes.len());
        for chunk in hashes.chunks(ROWS_PER_STATEMENT) {
            let mut query = QueryBuilder::new(select_link!("WHERE stream = "));
            query.push_bind(stream).push(" AND hash IN ");
            push_list(&mut query, chunk.iter().map(bytes));
            self.links_into(query, &mut found).await?;
        }
        Ok(found)
    }

    async fn links_into(&self, mut query: QueryBuilder<Engine>, found: &mut Vec<Link>) -> Result<(), Error> {
        let rows = query.build().persistent(false).fetch_all(&self.readers).await;
        for row in &rows.map_err(|error| self.fault(error))? {
            found.push(link(row)?);
        }
        Ok(())
    }

    /// The first wants towards a peer; see [`Store::wants_page`](crate::Store::wants_page). Sorting keeps no more rows
    /// than are asked for.
    pub(crate) async fn wants(
        &self,
        peer: &DivisionId,
        own: &DivisionId,
        limit: usize,
    ) -> Result<Vec<StoredWant>, Error> {
        let query = sqlx::query(
            "SELECT s.author, s.incarnation, s.subject, s.reach, s.lane, w.tip_seq, w.tip_hash, w.why, w.stopped,
             w.created_at_ms FROM wants w JOIN streams s ON s.id = w.stream WHERE w.peer = $1
             ORDER BY s.lane <> $2, s.author <> $3,
               MAX(0, (SELECT MAX(v.tip_seq) FROM wants v WHERE v.peer = w.peer AND v.stream = w.stream)
                 - COALESCE((SELECT MAX(t.seq) FROM tips t WHERE t.stream = w.stream), 0)),
               s.digest, w.tip_seq DESC, w.tip_hash
             LIMIT $4",
        );
        let query = query.bind(peer.to_string()).bind(i64::from(Lane::Trust.number())).bind(own.to_string());
        let query = query.bind(number(limit as u64));
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        rows.iter().map(|row| stored_want(&mut Columns::of(row))).collect()
    }

    /// How much is wanted from a peer. The sum is a float: what a peer names may be near the end of the numbers.
    pub(crate) async fn lacking(&self, peer: &DivisionId) -> Result<Lacking, Error> {
        let query = sqlx::query(
            "SELECT TOTAL(gap), COUNT(*), COALESCE(SUM(is_stopped), 0) FROM
               (SELECT MAX(MAX(w.tip_seq - COALESCE((SELECT MAX(t.seq) FROM tips t WHERE t.stream = w.stream), 0), 1))
                  AS gap, MAX(w.stopped IS NOT NULL) AS is_stopped
                FROM wants w WHERE w.peer = $1 GROUP BY w.stream)",
        );
        let row = query.bind(peer.to_string()).fetch_one(&self.readers).await.map_err(|error| self.fault(error))?;
        let mut columns = Columns::of(&row);
        let entries: f64 = columns.next()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the cast saturates, none is negative"
        )]
        let entries = entries as u64;
        Ok(Lacking { entries, streams: columns.number()?, stopped: columns.number()? })
    }

    /// Streams by (peer, why).
    pub(crate) async fn waiting(&self) -> Result<Vec<(DivisionId, Why, u64)>, Error> {
        let query = sqlx::query("SELECT peer, why, COUNT(DISTINCT stream) FROM wants GROUP BY peer, why");
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        let read = |row: &SqliteRow| {
            let mut columns = Columns::of(row);
            let (peer, why): (DivisionId, String) = (columns.division()?, columns.next()?);
            Ok((peer, Why::from_word(&why), columns.number()?))
        };
        rows.iter().map(read).collect()
    }

    /// Streams that wait for a reason, by (author, lane).
    pub(crate) async fn waiting_of(&self, why: Why) -> Result<BTreeMap<Account, u64>, Error> {
        let query = sqlx::query(
            "SELECT s.author, s.lane, COUNT(DISTINCT w.stream) FROM wants w JOIN streams s ON s.id = w.stream
             WHERE w.why = $1 GROUP BY s.author, s.lane",
        );
        let rows = query.bind(why.word()).fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        let read = |row: &SqliteRow| {
            let mut columns = Columns::of(row);
            Ok(((columns.division()?, Lane::from_number(columns.small()?)), columns.number()?))
        };
        rows.iter().map(read).collect()
    }

    pub(crate) async fn mark_want_stopped(
        &self,
        peer: &DivisionId,
        want: &Want,
        code: Option<&str>,
    ) -> Result<(), Error> {
        let query = sqlx::query(
            "UPDATE wants SET stopped = $1 WHERE peer = $2 AND tip_hash = $3
             AND stream = (SELECT id FROM streams WHERE digest = $4)",
        );
        let query = query.bind(code.map(str::to_owned)).bind(peer.to_string());
        let query = query.bind(bytes(&want.tip.hash)).bind(bytes(&want.stream.digest()));
        query.execute(&self.writer).await.map(drop).map_err(|error| self.fault(error))
    }

    pub(crate) async fn claims_on(&self, author: &DivisionId) -> Result<BTreeMap<DivisionId, u64>, Error> {
        let query = sqlx::query(
            "SELECT w.peer, COUNT(DISTINCT w.stream) FROM wants w JOIN streams s ON s.id = w.stream
             WHERE s.author = $1 AND w.stopped IS NULL AND w.why <> 'bare' GROUP BY w.peer",
        );
        let rows = query.bind(author.to_string()).fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        let read = |row: &SqliteRow| {
            let mut columns = Columns::of(row);
            Ok((columns.division()?, columns.number()?))
        };
        rows.iter().map(read).collect()
    }

    pub(crate) async fn is_claimed(
        &self,
        author: &DivisionId,
        subject: &DivisionId,
        since_ms: i64,
    ) -> Result<bool, Error> {
        let query = sqlx::query_scalar::<_, i64>(
            "SELECT EXISTS (SELECT 1 FROM wants w JOIN streams s ON s.id = w.stream
             WHERE s.author = $1 AND s.subject = $2 AND w.stopped IS NULL AND w.created_at_ms >= $3)",
        );
        let query = query.bind(author.to_string()).bind(subject.to_string()).bind(since_ms);
        query.fetch_one(&self.readers).await.map(|found| found != 0).map_err(|error| self.fault(error))
    }

    pub(crate) async fn drop_wants_of(&self, peer: &DivisionId, own: &DivisionId) -> Result<u64, Error> {
        let leave = sqlx::query(LEAVE_TO_ANYONE).bind(own.to_string()).bind(peer.to_string());
        leave.execute(&self.writer).await.map_err(|error| self.fault(error))?;
        let query = sqlx::query("DELETE FROM wants WHERE peer = $1").bind(peer.to_string());
        let done = query.execute(&self.writer).await.map_err(|error| self.fault(error))?;
        let bare = sqlx::query(
            "DELETE FROM streams WHERE NOT EXISTS (SELECT 1 FROM entries e WHERE e.stream = id)
             AND id NOT IN (SELECT stream FROM wants)",
        );
        bare.execute(&self.writer).await.map_err(|error| self.fault(error))?;
        Ok(done.rows_affected())
    }
}

fn link(row: &SqliteRow) -> Result<Link, Error> {
    let mut columns = Columns::of(row);
    Ok(Link {
        feed: columns.feed()?,
        seq: columns.number()?,
        hash: columns.digest()?,
        previous: columns.optional_digest()?,
        bytes: usize::try_from(columns.number()?).unwrap_or(usize::MAX),
    })
}
