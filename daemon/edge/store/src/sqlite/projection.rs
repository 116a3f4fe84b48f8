//! Projections on SQLite.
//!
//! Invariant: rows and `node.projected_through` change in one transaction.

use sqlx::{QueryBuilder, Sqlite as Engine, query::Query, sqlite::SqliteArguments, sqlite::SqliteRow};

use super::{
    ROWS_PER_STATEMENT, Sqlite,
    row::{Columns, number},
};
use crate::{error::Error, projection::Projection};

/// Where the feed number is kept.
const THROUGH: &str = "node.projected_through";

impl Sqlite {
    pub(crate) async fn put_projections(
        &self,
        rows: &[(String, String, Option<String>)],
        through_feed: u64,
    ) -> Result<(), Error> {
        let fault = |error| self.fault(error);
        let mut tx = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(fault)?;
        let stored: Option<String> = sqlx::query_scalar("SELECT value FROM meta WHERE key = $1")
            .bind(THROUGH)
            .fetch_optional(&mut *tx)
            .await
            .map_err(fault)?;
        if stored.and_then(|text| text.parse::<u64>().ok()).is_some_and(|stored| stored > through_feed) {
            return Err(Error::Conflict { kind: "meta".to_owned(), key: THROUGH.to_owned() });
        }
        for chunk in rows.chunks(ROWS_PER_STATEMENT) {
            for mut query in [put(chunk, through_feed), remove(chunk)].into_iter().flatten() {
                query.build().persistent(false).execute(&mut *tx).await.map_err(fault)?;
            }
        }
        sqlx::query(
            "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .bind(THROUGH)
        .bind(through_feed.to_string())
        .execute(&mut *tx)
        .await
        .map_err(fault)?;
        tx.commit().await.map_err(fault)
    }

    pub(crate) async fn projection(&self, kind: &str, key: &str) -> Result<Option<Projection>, Error> {
        let query = sqlx::query("SELECT kind, key, value, feed FROM projections WHERE kind = $1 AND key = $2");
        Ok(self.rows(query.bind(kind.to_owned()).bind(key.to_owned())).await?.pop())
    }

    pub(crate) async fn projections(&self, kind: &str) -> Result<Vec<Projection>, Error> {
        let query = sqlx::query("SELECT kind, key, value, feed FROM projections WHERE kind = $1 ORDER BY key");
        self.rows(query.bind(kind.to_owned())).await
    }

    pub(crate) async fn all_projections(&self) -> Result<Vec<Projection>, Error> {
        self.rows(sqlx::query("SELECT kind, key, value, feed FROM projections ORDER BY kind, key")).await
    }

    async fn rows(&self, query: Query<'_, Engine, SqliteArguments>) -> Result<Vec<Projection>, Error> {
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        rows.iter().map(projection).collect()
    }

    pub(crate) async fn clear_projections(&self) -> Result<(), Error> {
        let fault = |error| self.fault(error);
        let mut tx = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(fault)?;
        sqlx::query("DELETE FROM projections").execute(&mut *tx).await.map_err(fault)?;
        sqlx::query("DELETE FROM meta WHERE key = $1").bind(THROUGH).execute(&mut *tx).await.map_err(fault)?;
        tx.commit().await.map_err(fault)
    }

    pub(crate) async fn projected_through(&self) -> Result<u64, Error> {
        let Some(text) = self.meta(THROUGH).await? else { return Ok(0) };
        text.parse().map_err(|_| Error::damaged_row(format!("`{THROUGH}` is not a number")))
    }
}

fn put(rows: &[(String, String, Option<String>)], feed: u64) -> Option<QueryBuilder<Engine>> {
    let rows: Vec<_> = rows.iter().filter(|(_, _, value)| value.is_some()).collect();
    if rows.is_empty() {
        return None;
    }
    let mut query = QueryBuilder::new("INSERT INTO projections (kind, key, value, feed) ");
    query.push_values(rows, |mut values, (kind, key, value)| {
        values.push_bind(kind.clone()).push_bind(key.clone()).push_bind(value.clone()).push_bind(number(feed));
    });
    query.push(" ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, feed = excluded.feed");
    Some(query)
}

fn remove(rows: &[(String, String, Option<String>)]) -> Option<QueryBuilder<Engine>> {
    let rows: Vec<_> = rows.iter().filter(|(_, _, value)| value.is_none()).collect();
    if rows.is_empty() {
        return None;
    }
    let mut query = QueryBuilder::new("DELETE FROM projections WHERE (kind, key) IN (");
    query.push_values(rows, |mut values, (kind, key, _)| {
        values.push_bind(kind.clone()).push_bind(key.clone());
    });
    query.push(")");
    Some(query)
}

fn projection(row: &SqliteRow) -> Result<Projection, Error> {
    let mut columns = Columns::of(row);
    Ok(Projection { kind: columns.next()?, key: columns.next()?, value: columns.next()?, feed: columns.number()? })
}
