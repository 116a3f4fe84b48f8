//! Looking entries up on SQLite, and erasing payloads.
//!
//! Invariant: an erased payload's row is overwritten (`secure_delete`) and the write-ahead log emptied, so the bytes
//! are on no page of the data directory's files; `has_payload` and the row go in one transaction.

use gongkai_journal::{EntryHash, kind::Kind};
use gongkai_model::id::OperatorId;
use sqlx::{QueryBuilder, Sqlite as Engine, query::Query, sqlite::SqliteArguments, sqlite::SqliteRow};

use super::{
    Sqlite,
    row::{Columns, bytes, number, placed, select_entry},
    tx::push_list,
};
use crate::{
    error::Error,
    lookup::{AboutStamp, LogFilter, LogRow, Page, Placed},
};

/// Columns of a [`LogRow`] and the filter; the order and the side of `after` follow.
macro_rules! select_log {
    ($tail:literal) => {
        concat!(
            "SELECT e.feed, e.hash, s.author, s.incarnation, s.subject, s.reach, s.lane, e.seq, e.kind, e.operator,
             e.written_at_ms, e.committed_at_ms, e.about, e.source, e.payload_bytes, e.erased_by
             FROM entries e JOIN streams s ON s.id = e.stream
             WHERE ($1 IS NULL OR e.kind = $1) AND ($2 IS NULL OR e.about = $2)
             AND ($3 IS NULL OR e.author = $3 OR e.subject = $3) ",
            $tail
        )
    };
}

/// Where a page of the feed ends: not more entries behind $1 than $2, and not more bytes of payloads than $3, but for
/// the first. `$weight` is what a row's payload takes in memory.
macro_rules! page_end {
    ($weight:literal) => {
        concat!(
            "(SELECT MAX(feed) FROM
               (SELECT feed, SUM(weight) OVER (ORDER BY feed ROWS UNBOUNDED PRECEDING) - weight AS before FROM
                 (SELECT feed, ",
            $weight,
            " AS weight FROM entries WHERE feed > $1 ORDER BY feed LIMIT $2))
              WHERE before = 0 OR before < $3)"
        )
    };
}
pub(super) use page_end;

impl Sqlite {
    pub(crate) async fn entry(&self, hash: &EntryHash) -> Result<Option<Placed>, Error> {
        let query = sqlx::query(select_entry!("WHERE e.hash = $1")).bind(bytes(hash));
        let row = query.fetch_optional(&self.readers).await.map_err(|error| self.fault(error))?;
        row.as_ref().map(placed).transpose()
    }

    /// Feed number and commit time.
    pub(crate) async fn place_of(&self, hash: &EntryHash) -> Result<Option<(u64, i64)>, Error> {
        let query = sqlx::query("SELECT feed, committed_at_ms FROM entries WHERE hash = $1").bind(bytes(hash));
        let row = query.fetch_optional(&self.readers).await.map_err(|error| self.fault(error))?;
        let Some(row) = row else { return Ok(None) };
        let mut columns = Columns::of(&row);
        Ok(Some((columns.feed()?, columns.next()?)))
    }

    pub(crate) async fn beginning_with(&self, first: &[u8], limit: usize) -> Result<Vec<EntryHash>, Error> {
        // The range up to the next prefix: the index on hashes answers it.
        let mut end = first.to_vec();
        while end.pop_if(|byte| *byte == u8::MAX).is_some() {}
        if let Some(last) = end.last_mut() {
            *last += 1;
        }
        let query = sqlx::query("SELECT hash FROM entries WHERE hash >= $1 AND hash < $2 ORDER BY hash LIMIT $3");
        let query = query.bind(first.to_vec()).bind(end).bind(number(limit as u64));
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        rows.iter().map(|row| Columns::of(row).digest()).collect()
    }

    pub(crate) async fn entries_about_between(
        &self,
        about: &str,
        after: u64,
        through: u64,
    ) -> Result<Vec<Placed>, Error> {
        let query = sqlx::query(select_entry!("WHERE e.about = $1 AND e.feed > $2 AND e.feed <= $3 ORDER BY e.feed"));
        self.placed(query.bind(about.to_owned()).bind(number(after)).bind(number(through))).await
    }

    pub(crate) async fn stamp_about(&self, about: &str) -> Result<AboutStamp, Error> {
        let query = sqlx::query(
            "SELECT COUNT(*), COALESCE(MAX(feed), 0), COALESCE(SUM(has_payload), 0), COALESCE(SUM(payload_bytes), 0)
             FROM entries WHERE about = $1",
        );
        let row = query.bind(about.to_owned()).fetch_one(&self.readers).await.map_err(|error| self.fault(error))?;
        let mut columns = Columns::of(&row);
        Ok(AboutStamp {
            entries: columns.number()?,
            feed: columns.number()?,
            payloads: columns.number()?,
            bytes: columns.number()?,
        })
    }

    pub(crate) async fn headers_about(&self, about: &str, after: u64, limit: usize) -> Result<Vec<Placed>, Error> {
        let query = sqlx::query(
            "SELECT e.feed, e.hash, e.committed_at_ms, e.source, 0, e.header, e.signature, NULL
             FROM entries e WHERE e.about = $1 AND e.feed > $2 ORDER BY e.feed LIMIT $3",
        );
        self.placed(query.bind(about.to_owned()).bind(number(after)).bind(number(limit as u64))).await
    }

    pub(crate) async fn entries_after(&self, after: u64, page: Page) -> Result<Vec<Placed>, Error> {
        let query = sqlx::query(concat!(
            select_entry!("WHERE e.feed > $1 AND e.feed <= "),
            page_end!("payload_bytes * has_payload"),
            " ORDER BY e.feed"
        ));
        self.placed(query.bind(number(after)).bind(number(page.entries)).bind(number(page.bytes))).await
    }

    pub(crate) async fn entries_after_without(&self, kind: &str, after: u64, page: Page) -> Result<Vec<Placed>, Error> {
        let query = sqlx::query(concat!(
            "SELECT e.feed, e.hash, e.committed_at_ms, e.source, e.has_payload AND e.kind <> $4, e.header, e.signature,
             p.bytes FROM entries e LEFT JOIN payloads p ON p.feed = e.feed AND e.kind <> $4
             WHERE e.feed > $1 AND e.feed <= ",
            page_end!("payload_bytes * (has_payload AND kind <> $4)"),
            " ORDER BY e.feed"
        ));
        let query = query.bind(number(after)).bind(number(page.entries)).bind(number(page.bytes));
        self.placed(query.bind(kind.to_owned())).await
    }

    pub(crate) async fn entries_of_kinds(&self, kinds: &[&str], after: u64, page: Page) -> Result<Vec<Placed>, Error> {
        // What they weigh first: of a kind that peers send each may be as long as an entry can be.
        let mut weights = QueryBuilder::new("SELECT feed, payload_bytes * has_payload FROM entries WHERE kind IN ");
        push_list(&mut weights, kinds.iter().map(|kind| (*kind).to_owned()));
        weights.push(" AND feed > ").push_bind(number(after));
        weights.push(" ORDER BY feed LIMIT ").push_bind(number(page.entries));
        let rows = weights.build().fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        let (mut feeds, mut bytes) = (Vec::with_capacity(rows.len()), 0_u64);
        for row in &rows {
            let mut columns = Columns::of(row);
            let (feed, weight) = (columns.feed()?, columns.number()?);
            if !feeds.is_empty() && bytes.saturating_add(weight) > page.bytes {
                break;
            }
            bytes = bytes.saturating_add(weight);
            feeds.push(feed);
        }
        self.entries_at(&feeds).await
    }

    pub(crate) async fn trust_entries(
        &self,
        kinds: &[(Kind, u64)],
        after: u64,
        limit: usize,
    ) -> Result<Vec<Placed>, Error> {
        let mut query = QueryBuilder::new(select_entry!("WHERE e.lane = 1 AND e.feed > "));
        query.push_bind(number(after)).push(" AND (FALSE");
        for (kind, bytes_max) in kinds {
            query.push(" OR (e.kind = ").push_bind(kind.word());
            query.push(" AND e.payload_bytes <= ").push_bind(number(*bytes_max)).push(")");
        }
        query.push(") ORDER BY e.feed LIMIT ").push_bind(number(limit as u64));
        let rows = query.build().fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        rows.iter().map(placed).collect()
    }

    async fn placed(&self, query: Query<'_, Engine, SqliteArguments>) -> Result<Vec<Placed>, Error> {
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        rows.iter().map(placed).collect()
    }

    pub(crate) async fn log(&self, filter: &LogFilter, limit: usize) -> Result<Vec<LogRow>, Error> {
        let query = if filter.is_newest_first {
            sqlx::query(select_log!("AND ($4 IS NULL OR e.feed < $4) ORDER BY e.feed DESC LIMIT $5"))
        } else {
            sqlx::query(select_log!("AND ($4 IS NULL OR e.feed > $4) ORDER BY e.feed LIMIT $5"))
        };
        let query = query
            .bind(filter.kind.clone())
            .bind(filter.about.clone())
            .bind(filter.division.as_ref().map(ToString::to_string))
            .bind(filter.after.map(number))
            .bind(number(limit as u64));
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        rows.iter().map(log_row).collect()
    }

    pub(crate) async fn purge(&self) -> Result<(), Error> {
        for step in ["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"] {
            sqlx::query(step).execute(&self.writer).await.map_err(|error| self.fault(error))?;
        }
        Ok(())
    }

    pub(crate) async fn erase_payload(&self, entry: &EntryHash, by: &EntryHash, about: &str) -> Result<bool, Error> {
        let fault = |error| self.fault(error);
        let mut tx = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(fault)?;
        let marked = sqlx::query(
            "UPDATE entries SET has_payload = 0, erased_by = $1, about = COALESCE(about, $3)
             WHERE hash = $2 AND erased_by IS NULL",
        )
        .bind(bytes(by))
        .bind(bytes(entry))
        .bind(about)
        .execute(&mut *tx)
        .await
        .map_err(fault)?;
        if marked.rows_affected() == 0 {
            // Not here yet, or done before: the log need not be emptied again.
            return Ok(false);
        }
        let gone = sqlx::query("DELETE FROM payloads WHERE feed = (SELECT feed FROM entries WHERE hash = $1)")
            .bind(bytes(entry))
            .execute(&mut *tx)
            .await
            .map_err(fault)?;
        sqlx::query("DELETE FROM wants WHERE tip_hash = $1 AND why = 'bare'")
            .bind(bytes(entry))
            .execute(&mut *tx)
            .await
            .map_err(fault)?;
        tx.commit().await.map_err(fault)?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.writer).await.map_err(fault)?;
        Ok(gone.rows_affected() > 0)
    }
}

fn log_row(row: &SqliteRow) -> Result<LogRow, Error> {
    let mut columns = Columns::of(row);
    Ok(LogRow {
        feed: columns.feed()?,
        hash: columns.digest()?,
        stream: columns.stream()?,
        seq: columns.number()?,
        kind: columns.next()?,
        operator: {
            let text: Option<&str> = columns.next()?;
            text.map(OperatorId::parse).transpose().map_err(|error| columns.damaged(error.to_string()))?
        },
        written_at_ms: columns.next()?,
        committed_at_ms: columns.next()?,
        about: columns.next()?,
        source: columns.optional_division()?,
        payload_bytes: columns.number()?,
        erased_by: columns.optional_digest()?,
    })
}
