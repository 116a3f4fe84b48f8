//! The SQLite engine: one file in the data directory, one writer, a few readers.
//!
//! Invariant: every write goes through the single writing connection in a `BEGIN IMMEDIATE` transaction, so nothing
//! is ever upgraded from reading to writing. `synchronous=FULL`: what was committed survives a power cut.
//! All SQL of this engine is in this folder; the texts are static.

mod connect;
mod copy;
mod fault;
mod feed;
mod journal;
mod link;
mod projection;
mod row;
mod stream;
mod survey;
mod tx;
mod usage;
mod verify;

use std::path::{Path, PathBuf};

use gongkai_journal::Incarnation;
use gongkai_model::id::DivisionId;
use sqlx::{Row, SqlitePool};

use crate::{error::Error, marker::Identity};

/// The database's file name in a data directory.
pub const DATABASE_FILE: &str = "gongkai.db";
/// What SQLite adds to that name for its own files.
const SUFFIXES: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// Rows in one multi-row statement. A statement costs some 65 µs whatever it holds; from 100 rows on that no longer
/// counts, and 22 columns × 100 rows stay far below SQLite's 32,766 parameters.
const ROWS_PER_STATEMENT: usize = 100;

/// An open database.
#[derive(Debug)]
pub(crate) struct Sqlite {
    path: PathBuf,
    writer: SqlitePool,
    readers: SqlitePool,
}

/// Whether a name in a data directory is the database or one of its companions.
pub(crate) fn is_database_file(name: &str) -> bool {
    SUFFIXES.iter().any(|suffix| name.strip_suffix(suffix) == Some(DATABASE_FILE))
}

impl Sqlite {
    /// Whose database it is.
    pub(crate) async fn identity(&self) -> Result<Identity, Error> {
        let text = async |key: &str| {
            let value = self.meta(key).await?;
            value.ok_or_else(|| Error::DamagedDatabase { detail: format!("`{key}` is missing") })
        };
        let damaged = |key: &str| Error::DamagedDatabase { detail: format!("`{key}` cannot be read") };
        let life = |key: &str, text: String| Incarnation::try_from(text).map_err(|_| damaged(key));
        Ok(Identity {
            division: DivisionId::parse(&text("node.division").await?).map_err(|_| damaged("node.division"))?,
            incarnation: life("node.incarnation", text("node.incarnation").await?)?,
            daemon_id: life("node.daemon_id", text("node.daemon_id").await?)?,
            feed_id: self.feed_state().await?.feed_id,
        })
    }

    /// The data directory.
    pub(crate) fn dir(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    pub(crate) async fn meta(&self, key: &str) -> Result<Option<String>, Error> {
        let query = sqlx::query("SELECT value FROM meta WHERE key = $1").bind(key.to_owned());
        let row = query.fetch_optional(&self.readers).await.map_err(|error| self.fault(error))?;
        row.map(|row| row.try_get(0).map_err(|error| self.fault(error))).transpose()
    }

    pub(crate) async fn put_meta(&self, key: &str, value: &str) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .bind(key.to_owned())
        .bind(value.to_owned())
        .execute(&self.writer)
        .await
        .map_err(|error| self.fault(error))?;
        Ok(())
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        // Last, so that it empties the write-ahead log into the database.
        self.writer.close().await;
    }

    /// Sorts a failure of this database by permanent code.
    pub(crate) fn fault(&self, error: sqlx::Error) -> Error {
        fault::sort(error, &self.path)
    }
}

fn companions(dir: &Path) -> impl Iterator<Item = PathBuf> {
    SUFFIXES.iter().map(move |suffix| dir.join(format!("{DATABASE_FILE}{suffix}")))
}
