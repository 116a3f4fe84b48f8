//! SQLite's result codes as the store's errors.
//!
//! Invariant: what an operator can act on (full, read-only, damaged, busy) never appears as a bare database error.
//! Result codes: sqlite.org/rescode.html; the low byte is the primary code.

use std::path::Path;

use crate::error::Error;

const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READ_ONLY: i32 = 8;
const IO: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANNOT_OPEN: i32 = 14;
const NOT_A_DATABASE: i32 = 26;
/// A read that ended before the page did: the file is shorter than its own header says.
const IO_SHORT_READ: i32 = 522;
/// Bytes on the disk that the drive itself calls wrong.
const IO_CORRUPT_FILESYSTEM: i32 = 8458;

/// Sorts a failure by what the operator can do about it.
pub(crate) fn sort(error: sqlx::Error, path: &Path) -> Error {
    let message = match &error {
        sqlx::Error::Database(database) => database.message().to_owned(),
        sqlx::Error::PoolTimedOut => return Error::Busy,
        _ => return Error::Sql(error),
    };
    let Some(code) = code_of(&error) else { return Error::Sql(error) };
    match (code, code & 0xff) {
        (IO_SHORT_READ | IO_CORRUPT_FILESYSTEM, _) | (_, CORRUPT | NOT_A_DATABASE) => {
            Error::DamagedDatabase { detail: message }
        }
        (_, FULL) => Error::DiskFull,
        (_, READ_ONLY) => Error::ReadOnly { path: path.to_owned() },
        (_, BUSY | LOCKED) => Error::Busy,
        (_, IO | CANNOT_OPEN) => io(path, error),
        _ => Error::Sql(error),
    }
}

fn code_of(error: &sqlx::Error) -> Option<i32> {
    match error {
        sqlx::Error::Database(database) => database.code()?.parse().ok(),
        _ => None,
    }
}

/// SQLite does not say why a file operation failed; trying one ourselves does, as far as it can be known.
fn io(path: &Path, error: sqlx::Error) -> Error {
    let Some(dir) = path.parent() else { return Error::Sql(error) };
    match probe(&dir.join("store.probe")) {
        Ok(()) => Error::Sql(error),
        Err(source) => match Error::file(dir, source) {
            Error::File { .. } => Error::Sql(error),
            known => known,
        },
    }
}

fn probe(path: &Path) -> std::io::Result<()> {
    let written = std::fs::write(path, [0; 4096]);
    let removed = std::fs::remove_file(path);
    written.and(removed)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use gongkai_journal::Incarnation;
    use gongkai_model::id::DivisionId;

    use crate::{marker::Identity, sqlite::Sqlite};

    /// The claim on a real full disk needs the right to mount one; this one runs everywhere.
    #[tokio::test]
    async fn a_database_that_may_not_grow_is_full_and_keeps_the_state_before() {
        let dir = tempfile::tempdir().unwrap();
        let life = Incarnation::from_bytes([7; 16]);
        let division = DivisionId::parse("t1").unwrap();
        let identity = Identity { division, incarnation: life, feed_id: life, daemon_id: life };
        let db = Sqlite::create(dir.path(), &identity).await.unwrap();
        db.put_meta("held", "before").await.unwrap();
        sqlx::query("PRAGMA max_page_count = 1").execute(&db.writer).await.unwrap();
        let refused = db.put_meta("held", &"x".repeat(100_000)).await.unwrap_err();
        assert_eq!(refused.code(), "GK-STORE-001");
        assert_eq!(db.meta("held").await.unwrap().as_deref(), Some("before"));
        sqlx::query("PRAGMA max_page_count = 100000").execute(&db.writer).await.unwrap();
        db.put_meta("held", &"x".repeat(100_000)).await.unwrap();
        db.close().await;
    }
}
