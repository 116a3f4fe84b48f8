//! The marker of a data directory: whose it is and which format it has.
//!
//! Invariant: the marker is written last when a directory is made, in one rename; a directory without it was never
//! finished. It changes only together with the format or the feed.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use gongkai_journal::{Author, Incarnation};
use gongkai_model::id::DivisionId;
use gongkai_sync::position::FeedId;
use serde::{Deserialize, Serialize};

use crate::{error::Error, lock::LOCK_FILE, sqlite};

/// The directory format that this version writes and the newest it reads.
pub const FORMAT: u32 = 1;
/// The marker's file name.
pub const MARKER_FILE: &str = "node.json";
/// A marker half written.
const MARKER_TEMPORARY: &str = "node.json.tmp";
/// Names that other parts of the program may have put into the directory before the store is made.
const SIBLINGS: [&str; 5] = ["pki", "gongkai.toml", "gongkaid.toml", "log", "logs"];
/// A marker has some 200 bytes; a longer file is something else.
const MARKER_BYTES_MAX: u64 = 64 * 1024;

/// Whose store this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The node's division.
    pub division: DivisionId,
    /// The life of its journal.
    pub incarnation: Incarnation,
    /// Its feed.
    pub feed_id: FeedId,
    /// This database's daemons: colleagues on one database share it.
    pub daemon_id: Incarnation,
}

impl Identity {
    /// The author of this node's own entries.
    pub fn author(&self) -> Author {
        Author { division: self.division.clone(), incarnation: self.incarnation }
    }

    /// Division and feed, as errors name a node.
    pub(crate) fn label(&self) -> String {
        label(&self.division, &self.feed_id)
    }
}

/// The file's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marker {
    pub(crate) format: u32,
    pub(crate) division: DivisionId,
    pub(crate) created_at_ms: i64,
    pub(crate) feed_id: FeedId,
    /// The feed that the database is about to get, or has got: see [`crate::Store::renew_identity`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next_feed_id: Option<FeedId>,
}

/// Only the format: read first, because a later format may have other fields.
#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

impl Marker {
    /// Reads the marker; `None` where there is none.
    pub(crate) fn read(dir: &Path) -> Result<Option<Self>, Error> {
        let path = dir.join(MARKER_FILE);
        let bytes = match fs::metadata(&path).map(|meta| meta.len()) {
            Ok(length) if length > MARKER_BYTES_MAX => Vec::new(),
            Ok(_) => fs::read(&path).map_err(|source| Error::file(&path, source))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::file(path, error)),
        };
        let unreadable = |source| Error::MarkerUnreadable { path: path.clone(), source };
        let FormatOnly { format } = serde_json::from_slice(&bytes).map_err(unreadable)?;
        if format > FORMAT {
            return Err(Error::Newer { what: "format", found: i64::from(format), known: i64::from(FORMAT) });
        }
        serde_json::from_slice(&bytes).map(Some).map_err(unreadable)
    }

    /// Writes the marker so that it is there whole or not at all.
    pub(crate) fn write(&self, dir: &Path) -> Result<(), Error> {
        let temporary = dir.join(MARKER_TEMPORARY);
        let write = || {
            let mut file = File::create(&temporary)?;
            // A marker is a struct of texts and numbers: serialising it cannot fail.
            file.write_all(&serde_json::to_vec_pretty(self).unwrap_or_default())?;
            file.write_all(b"\n")?;
            file.sync_all()?;
            fs::rename(&temporary, dir.join(MARKER_FILE))?;
            File::open(dir)?.sync_all()
        };
        write().map_err(|source| Error::file(&temporary, source))
    }

    /// Whether the database is the one that this marker names, before or after a renewal.
    pub(crate) fn names(&self, identity: &Identity) -> bool {
        let is_feed = self.feed_id == identity.feed_id || self.next_feed_id == Some(identity.feed_id);
        self.division == identity.division && is_feed
    }

    /// Division and feed, as errors name a node.
    pub(crate) fn label(&self) -> String {
        label(&self.division, &self.feed_id)
    }
}

fn label(division: &DivisionId, feed_id: &FeedId) -> String {
    format!("{division} (feed {feed_id})")
}

/// Makes the directory if it is missing; refuses one with anything in it that is not ours.
pub(crate) fn prepare(dir: &Path) -> Result<(), Error> {
    make_private(dir)?;
    let names = fs::read_dir(dir).map_err(|source| Error::file(dir, source))?;
    for name in names {
        let name = name.map_err(|source| Error::file(dir, source))?.file_name();
        let name = name.to_string_lossy();
        let is_ours = [LOCK_FILE, MARKER_FILE, MARKER_TEMPORARY].contains(&name.as_ref())
            || sqlite::is_database_file(&name)
            || SIBLINGS.contains(&name.as_ref());
        if !is_ours {
            return Err(Error::ForeignDirectory { dir: dir.to_owned(), found: name.chars().take(80).collect() });
        }
    }
    Ok(())
}

#[cfg(unix)]
fn make_private(dir: &Path) -> Result<(), Error> {
    use std::os::unix::fs::DirBuilderExt;
    // 0700: the journal holds unpublished drafts.
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|source| Error::file(dir, source))
}

#[cfg(not(unix))]
fn make_private(dir: &Path) -> Result<(), Error> {
    fs::create_dir_all(dir).map_err(|source| Error::file(dir, source))
}
