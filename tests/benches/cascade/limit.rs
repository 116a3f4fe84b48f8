//! What the machine itself can do, measured in the same run: durable inserts and single flushes to disk.
//!
//! Invariant: in the same folder as the daemons' data, with the durability that they have (WAL, synchronous=FULL).

use std::{fs::File, io::Write as _, path::Path, time::Instant};

use anyhow::{Result, ensure};
use sqlx::{
    ConnectOptions as _, Connection as _, QueryBuilder, Sqlite, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::{data::Workbook, outcome::median};

/// Rows of one statement: from a hundred on a statement's own cost no longer counts.
const ROWS_PER_STATEMENT: usize = 250;
/// Statements of one transaction.
const STATEMENTS_PER_COMMIT: usize = 4;
/// Flushes timed; the median counts.
const FLUSHES: usize = 200;
/// What one flush carries: a page, as a small commit does.
const FLUSH_BYTES: usize = 4096;

/// A row as a store of items would keep it.
struct Row {
    id: String,
    division: String,
    seq: i64,
    item: Vec<u8>,
}

/// Items a second that one thread inserts durably with multi-row statements: the same items as in the workbooks.
pub(crate) async fn inserts_per_second(place: &Path, workbooks: &[Vec<Workbook>]) -> Result<f64> {
    let rows: Vec<Row> = workbooks.iter().flatten().flat_map(rows_of).collect();
    let mut options = SqliteConnectOptions::new()
        .filename(place.join("limit.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    options = options.disable_statement_logging();
    let mut db = SqliteConnection::connect_with(&options).await?;
    sqlx::query(
        "CREATE TABLE items (id TEXT PRIMARY KEY, division TEXT, seq INTEGER, item BLOB, UNIQUE (division, seq))",
    )
    .execute(&mut db)
    .await?;
    let begun = Instant::now();
    for commit in rows.chunks(ROWS_PER_STATEMENT * STATEMENTS_PER_COMMIT) {
        let mut tx = db.begin().await?;
        for chunk in commit.chunks(ROWS_PER_STATEMENT) {
            insert(chunk).build().execute(&mut *tx).await?;
        }
        tx.commit().await?;
    }
    let took = begun.elapsed().as_secs_f64();
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM items").fetch_one(&mut db).await?;
    ensure!(usize::try_from(count)? == rows.len(), "{count} rows of {}", rows.len());
    db.close().await?;
    for suffix in ["", "-wal", "-shm"] {
        // What is left of it goes with the folder.
        let _ = std::fs::remove_file(place.join(format!("limit.db{suffix}")));
    }
    Ok(rows.len() as f64 / took)
}

fn rows_of(workbook: &Workbook) -> impl Iterator<Item = Row> + '_ {
    let (division, _) = workbook.catalog.split_once('/').unwrap_or_default();
    workbook.canonical.iter().enumerate().map(move |(index, item)| Row {
        id: format!("{}/{index:06}", workbook.catalog),
        division: division.to_owned() + &workbook.domain,
        seq: i64::try_from(index).unwrap_or(i64::MAX),
        item: item.as_bytes().to_vec(),
    })
}

fn insert(rows: &[Row]) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("INSERT INTO items (id, division, seq, item) ");
    query.push_values(rows, |mut values, row| {
        values.push_bind(row.id.clone()).push_bind(row.division.clone()).push_bind(row.seq).push_bind(row.item.clone());
    });
    query
}

/// The median time of a small append that is flushed to the disk, milliseconds.
pub(crate) fn flush_ms(place: &Path) -> Result<f64> {
    let path = place.join("flush");
    let mut file = File::create(&path)?;
    let page = [7_u8; FLUSH_BYTES];
    let mut took = Vec::with_capacity(FLUSHES);
    for _ in 0..FLUSHES {
        let begun = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        took.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    std::fs::remove_file(&path)?;
    Ok(median(&mut took))
}
