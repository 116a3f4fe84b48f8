//! The use of each author on SQLite.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::{Author, Lane};
use gongkai_model::id::DivisionId;
use gongkai_sync::allowance::Used;
use sqlx::{QueryBuilder, sqlite::SqliteRow};

use super::{
    ROWS_PER_STATEMENT, Sqlite,
    row::{Columns, number},
    tx::{SqliteTx, push_list},
};
use crate::{error::Error, usage::Account};

impl Sqlite {
    pub(crate) async fn usage(&self) -> Result<BTreeMap<Account, Used>, Error> {
        let rows = sqlx::query("SELECT author, lane, bytes, entries, since_ms FROM usage").fetch_all(&self.readers);
        rows.await.map_err(|error| self.fault(error))?.iter().map(account).collect()
    }
}

impl SqliteTx {
    pub(super) async fn used_by(&mut self, authors: &BTreeSet<DivisionId>) -> Result<BTreeMap<Account, Used>, Error> {
        let authors: Vec<&DivisionId> = authors.iter().collect();
        let mut found = BTreeMap::new();
        for chunk in authors.chunks(ROWS_PER_STATEMENT) {
            let mut query =
                QueryBuilder::new("SELECT author, lane, bytes, entries, since_ms FROM usage WHERE author IN ");
            push_list(&mut query, chunk.iter().map(ToString::to_string));
            for row in self.rows(query, chunk.len() == 1).await? {
                let (account, used) = account(&row)?;
                found.insert(account, used);
            }
        }
        Ok(found)
    }

    /// Streams of which nothing is held are only wanted.
    pub(super) async fn streams_of(&mut self, life: &Author) -> Result<u64, Error> {
        let mut query = QueryBuilder::new("SELECT COUNT(*) FROM streams s WHERE s.author = ");
        query.push_bind(life.division.to_string()).push(" AND s.incarnation = ");
        query.push_bind(life.incarnation.as_bytes().to_vec());
        query.push(" AND EXISTS (SELECT 1 FROM tips t WHERE t.stream = s.id)");
        let rows = self.rows(query, true).await?;
        rows.first().map_or(Ok(0), |row| Columns::of(row).number())
    }

    pub(super) async fn add_usage(&mut self, taken: &BTreeMap<Account, Used>) -> Result<(), Error> {
        let taken: Vec<(&Account, &Used)> = taken.iter().collect();
        for chunk in taken.chunks(ROWS_PER_STATEMENT) {
            let query = self.write("INSERT INTO usage (author, lane, bytes, entries, since_ms) ");
            query.push_values(chunk, |mut values, ((author, lane), used)| {
                values
                    .push_bind(author.to_string())
                    .push_bind(i64::from(lane.number()))
                    .push_bind(number(used.bytes))
                    .push_bind(number(used.entries))
                    .push_bind(used.since_ms);
            });
            query.push(
                " ON CONFLICT (author, lane) DO UPDATE SET bytes = bytes + excluded.bytes,
                 entries = entries + excluded.entries, since_ms = MIN(since_ms, excluded.since_ms)",
            );
            self.written(chunk.len()).await?;
        }
        Ok(())
    }
}

fn account(row: &SqliteRow) -> Result<(Account, Used), Error> {
    let mut columns = Columns::of(row);
    let account = (columns.division()?, Lane::from_number(columns.small()?));
    Ok((account, Used { bytes: columns.number()?, entries: columns.number()?, since_ms: columns.next()? }))
}
