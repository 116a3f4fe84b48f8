//! Raw rows for checking the journal on SQLite.
//!
//! Invariant: nothing is decoded here; a value of the wrong type is a damaged row, the rest is judged above.

use sqlx::sqlite::SqliteRow;

use super::{
    Sqlite,
    journal::page_end,
    row::{Columns, number},
};
use crate::{error::Error, lookup::Page, verify::RawRow};

impl Sqlite {
    /// The next rows, each with the place of the entry that its `previous` names.
    pub(crate) async fn raw_rows(&self, after: u64, page: Page) -> Result<Vec<RawRow>, Error> {
        let query = sqlx::query(concat!(
            "SELECT e.feed, e.feed_hash, e.hash, e.stream, s.digest, e.seq, e.kind, e.header, e.signature, p.bytes,
             e.has_payload, b.stream, b.seq, b.feed
             FROM entries e NOT INDEXED JOIN streams s ON s.id = e.stream
             LEFT JOIN payloads p ON p.feed = e.feed LEFT JOIN entries b ON b.hash = e.previous
             WHERE e.feed > $1 AND e.feed <= ",
            page_end!("payload_bytes * has_payload"),
            " ORDER BY e.feed"
        ));
        let query = query.bind(number(after)).bind(number(page.entries)).bind(number(page.bytes));
        let rows = query.fetch_all(&self.readers).await;
        rows.map_err(|error| self.fault(error))?.iter().map(raw_row).collect()
    }

    /// Feed numbers of entries that are a tip and should not be, or should be one and are not.
    pub(crate) async fn wrong_tips(&self, limit: usize) -> Result<Vec<u64>, Error> {
        let query = sqlx::query(
            "SELECT e.feed FROM entries e WHERE
             EXISTS (SELECT 1 FROM entries c WHERE c.stream = e.stream AND c.seq = e.seq + 1 AND c.previous = e.hash)
             = EXISTS (SELECT 1 FROM tips t WHERE t.stream = e.stream AND t.hash = e.hash)
             ORDER BY e.feed LIMIT $1",
        );
        let rows = query.bind(number(limit as u64)).fetch_all(&self.readers).await;
        rows.map_err(|error| self.fault(error))?.iter().map(|row| Columns::of(row).number()).collect()
    }
}

fn raw_row(row: &SqliteRow) -> Result<RawRow, Error> {
    let mut columns = Columns::of(row);
    let mut raw = RawRow {
        feed: columns.feed()?,
        feed_hash: columns.next()?,
        hash: columns.next()?,
        stream: columns.next()?,
        stream_digest: columns.next()?,
        seq: columns.next()?,
        kind: columns.next()?,
        header: columns.next()?,
        signature: columns.next()?,
        payload: columns.next()?,
        has_payload: columns.next()?,
        previous: None,
    };
    let previous: (Option<i64>, Option<i64>, Option<i64>) = (columns.next()?, columns.next()?, columns.next()?);
    if let (Some(stream), Some(seq), Some(feed)) = previous {
        raw.previous = Some((stream, seq, feed));
    }
    Ok(raw)
}
