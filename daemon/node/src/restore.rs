//! `gongkaid restore`: brings a node back from a backup file.
//!
//! Invariant: no network and no daemon; the directory holds the whole node afterwards, or none.

use std::path::PathBuf;

use gongkai_app::{SystemChance, SystemClock};
use gongkai_model::id::DivisionId;
use serde::Serialize;

use crate::{Error, data_dir};

/// What `restore` is told.
#[derive(Clone, Debug)]
pub struct Restore {
    /// The data directory: empty or missing.
    pub dir: PathBuf,
    /// The backup.
    pub file: PathBuf,
}

/// A node that was brought back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RestoredNode {
    /// Its division.
    pub division: String,
    /// Its data directory.
    pub data_dir: String,
    /// Entries that came back.
    pub entries: u64,
    /// When the backup was made, unix milliseconds.
    pub made_at_ms: i64,
    /// With which divisions heads must be compared before the node may submit, decide or publish.
    pub awaited: Vec<String>,
}

/// Restores the node.
pub async fn restore(asked: Restore) -> Result<RestoredNode, Error> {
    let restored = gongkai_app::restore(&asked.file, &asked.dir, &SystemClock, &SystemChance).await?;
    data_dir::close(&asked.dir)?;
    Ok(RestoredNode {
        division: restored.division.to_string(),
        data_dir: asked.dir.display().to_string(),
        entries: restored.entries,
        made_at_ms: restored.made_at_ms,
        awaited: restored.awaited.iter().map(DivisionId::to_string).collect(),
    })
}
