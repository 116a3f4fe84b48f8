//! Making and opening the database file.
//!
//! Invariant: a file that was not closed in order, or is small enough to be checked at once, has its pages checked
//! before anything is read; the feed row must agree with the last entry, always.

use std::{
    borrow::Cow,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use gongkai_sync::position::empty_hash;
use sqlx::{
    Connection, Row, SqlSafeStr, SqliteConnection, SqlitePool,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{DATABASE_FILE, Sqlite, companions, fault};
use crate::{error::Error, marker::Identity};

/// The newest schema that this version knows: the number of the last migration.
const SCHEMA: i64 = 4;
/// How long a statement waits for a lock of another process, such as a backup.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a caller waits for the writing connection: some hundred batches of work before it.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// Readers beside the writer; each is a thread, and a node has two to four cores.
const READERS: u32 = 4;
/// Pages kept by the writing connection, in KiB: the upper levels of its indexes. SQLite's own 2 MiB for each of five
/// connections would be a quarter of a daemon's memory; the kernel keeps the file's pages as well.
const WRITER_CACHE_KIB: u32 = 1024;
/// Pages kept by each reader, in KiB.
const READER_CACHE_KIB: u32 = 256;
/// Files below this size are checked at every open: it takes well under a second.
const CHECK_BYTES: u64 = 64 * 1024 * 1024;
/// Findings of a page check that are passed on.
const FINDINGS_MAX: usize = 3;

impl Sqlite {
    /// Makes the database of a new node.
    pub(crate) async fn create(dir: &Path, identity: &Identity) -> Result<Self, Error> {
        let db = Self::connect(dir, true).await?;
        db.migrate().await?;
        db.write_identity(identity).await?;
        Ok(db)
    }

    async fn write_identity(&self, identity: &Identity) -> Result<(), Error> {
        let fault = |error| self.fault(error);
        let mut tx = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(fault)?;
        sqlx::query("INSERT INTO feed (id, feed_id, feed_offset, hash) VALUES (1, $1, 0, $2)")
            .bind(identity.feed_id.as_bytes().to_vec())
            .bind(empty_hash().to_bytes().to_vec())
            .execute(&mut *tx)
            .await
            .map_err(fault)?;
        sqlx::query(
            "INSERT INTO meta (key, value)
             VALUES ('node.division', $1), ('node.incarnation', $2), ('node.daemon_id', $3)",
        )
        .bind(identity.division.to_string())
        .bind(identity.incarnation.to_string())
        .bind(identity.daemon_id.to_string())
        .execute(&mut *tx)
        .await
        .map_err(fault)?;
        tx.commit().await.map_err(fault)
    }

    /// Opens a node's database.
    pub(crate) async fn open(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(DATABASE_FILE);
        let bytes = match fs::metadata(&path) {
            Ok(meta) => meta.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::DamagedDatabase { detail: format!("`{DATABASE_FILE}` is missing") });
            }
            Err(error) => return Err(Error::file(path, error)),
        };
        let was_closed = !companions(dir).skip(1).any(|file| fs::metadata(file).is_ok_and(|meta| meta.len() > 0));
        let db = Self::connect(dir, false).await?;
        db.refuse_newer().await?;
        if !was_closed || bytes < CHECK_BYTES {
            db.check_pages().await?;
        }
        db.migrate().await?;
        db.check_feed().await?;
        Ok(db)
    }

    /// Removes what a creation that never finished left behind; refuses a database that holds a journal.
    pub(crate) async fn discard_unfinished(dir: &Path) -> Result<(), Error> {
        let exists = |path: &PathBuf| fs::metadata(path).is_ok();
        if !companions(dir).any(|path| exists(&path)) {
            return Ok(());
        }
        if exists(&dir.join(DATABASE_FILE)) {
            let db = Self::connect(dir, false).await?;
            let entries = db.entries_if_any().await;
            db.close().await;
            if let entries @ 1.. = entries? {
                return Err(Error::MarkerLost { dir: dir.to_owned(), entries });
            }
        }
        for path in companions(dir).filter(exists) {
            fs::remove_file(&path).map_err(|source| Error::file(path, source))?;
        }
        Ok(())
    }

    async fn entries_if_any(&self) -> Result<u64, Error> {
        let fault = |error| self.fault(error);
        let tables: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_master WHERE name = 'entries'")
            .fetch_one(&self.readers)
            .await
            .map_err(fault)?;
        if tables == 0 {
            return Ok(0);
        }
        let count: i64 =
            sqlx::query_scalar("SELECT COUNT(*) FROM entries").fetch_one(&self.readers).await.map_err(fault)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    async fn connect(dir: &Path, may_create: bool) -> Result<Self, Error> {
        let path = dir.join(DATABASE_FILE);
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(may_create)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            // Erased payloads are overwritten in the file, not only forgotten.
            .pragma("secure_delete", "ON");
        let pool = || {
            let pool = SqlitePoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT);
            // Nothing is gained by closing connections to a file, and each one caches its statements.
            let pool = pool.idle_timeout(None).max_lifetime(None).test_before_acquire(false);
            pool.before_acquire(|connection, _| Box::pin(is_usable(connection)))
        };
        let sort = |error| fault::sort(error, &path);
        let cache = |kib: u32| format!("-{kib}");
        let writing = options.clone().pragma("cache_size", cache(WRITER_CACHE_KIB));
        let writer = pool().max_connections(1).connect_with(writing).await.map_err(sort)?;
        let options = options.create_if_missing(false).pragma("query_only", "ON");
        let options = options.pragma("cache_size", cache(READER_CACHE_KIB));
        let readers = pool().max_connections(READERS).connect_with(options).await.map_err(sort)?;
        Ok(Self { path: path.clone(), writer, readers })
    }

    async fn refuse_newer(&self) -> Result<(), Error> {
        let fault = |error| self.fault(error);
        let tables: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_master WHERE name = '_sqlx_migrations'")
            .fetch_one(&self.readers)
            .await
            .map_err(fault)?;
        if tables == 0 {
            return Err(Error::DamagedDatabase { detail: "it has no schema".to_owned() });
        }
        let found: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations")
            .fetch_one(&self.readers)
            .await
            .map_err(fault)?;
        if found > SCHEMA { Err(Error::Newer { what: "schema", found, known: SCHEMA }) } else { Ok(()) }
    }

    pub(crate) async fn check_pages(&self) -> Result<(), Error> {
        let rows =
            sqlx::query("PRAGMA quick_check").fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        let findings: Vec<String> = rows.iter().filter_map(|row| row.try_get(0).ok()).collect();
        if findings == ["ok"] {
            return Ok(());
        }
        let shown: Vec<&str> = findings.iter().take(FINDINGS_MAX).map(String::as_str).collect();
        Err(Error::DamagedDatabase { detail: shown.join("; ") })
    }

    async fn migrate(&self) -> Result<(), Error> {
        let step = |number, name, sql: &'static str| {
            Migration::new(number, Cow::Borrowed(name), MigrationType::Simple, sql.into_sql_str(), false)
        };
        let steps = vec![
            step(1, "init", include_str!("migrations/0001_init.sql")),
            step(2, "usage", include_str!("migrations/0002_usage.sql")),
            step(3, "wants", include_str!("migrations/0003_wants.sql")),
            step(4, "streams", include_str!("migrations/0004_streams.sql")),
        ];
        let done = Migrator::with_migrations(steps).run(&self.writer).await;
        done.map_err(|error| match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => self.fault(error),
            MigrateError::VersionMissing(found) => Error::Newer { what: "schema", found, known: SCHEMA },
            other => Error::DamagedDatabase { detail: other.to_string() },
        })
    }

    /// The feed row and the last entry were committed together: if they differ, the file is not what was written.
    async fn check_feed(&self) -> Result<(), Error> {
        let state = self.feed_state().await?;
        let last = last_entry(&self.readers).await.map_err(|error| self.fault(error))?;
        let (offset, hash) = last.unwrap_or_else(|| (0, empty_hash().to_bytes().to_vec()));
        if u64::try_from(offset) == Ok(state.offset) && hash == state.hash.to_bytes() {
            return Ok(());
        }
        let detail = format!("the feed row says {}, the last entry is {offset}", state.offset);
        Err(Error::DamagedDatabase { detail })
    }
}

/// Whether a connection is free of the transaction before. On a full disk SQLite itself rolls back; sqlx does not
/// notice, counts on, and would refuse every later transaction: such a connection is replaced.
async fn is_usable(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // The rollback of a dropped transaction is queued; an answer to this comes after it.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

async fn last_entry(pool: &SqlitePool) -> Result<Option<(i64, Vec<u8>)>, sqlx::Error> {
    sqlx::query_as("SELECT feed, feed_hash FROM entries ORDER BY feed DESC LIMIT 1").fetch_optional(pool).await
}
