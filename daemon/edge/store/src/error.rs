//! What can go wrong with a node's data, by permanent code.
//!
//! Invariant: a code is never given a second meaning. `GK-STORE-001…019` the directory and its database,
//! `020…029` what is written into it.
//! Left out: how an error is shown. Paths are named because only the node's own operator reads these.

use std::path::PathBuf;

use gongkai_journal::header::PAYLOAD_BYTES_MAX;

/// Any refusal or failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No room for another page.
    #[error("the disk that holds the data directory is full")]
    DiskFull,
    /// The directory or the database may not be written.
    #[error("`{}` cannot be written", path.display())]
    ReadOnly {
        /// What was to be written.
        path: PathBuf,
    },
    /// The database file is not whole.
    #[error("the database is damaged: {detail}")]
    DamagedDatabase {
        /// What the check says.
        detail: String,
    },
    /// Written by a later version.
    #[error("the data directory has {what} {found}, this program knows up to {known}")]
    Newer {
        /// `format` or `schema`.
        what: &'static str,
        /// What the directory has.
        found: i64,
        /// What this version knows.
        known: i64,
    },
    /// The marker and the database are not of one node.
    #[error("the data directory belongs to `{marker}`, its database to `{database}`")]
    WrongNode {
        /// Division and feed by the marker.
        marker: String,
        /// Division and feed by the database.
        database: String,
    },
    /// Another daemon works on the directory.
    #[error("process {pid} is using the data directory")]
    InUse {
        /// As it wrote it into the lock file; `unknown` if it could not.
        pid: String,
    },
    /// The database was locked for longer than the time-out.
    #[error("the database is busy")]
    Busy,
    /// Something else lies in the directory.
    #[error("`{}` holds `{found}`, which is not this program's", dir.display())]
    ForeignDirectory {
        /// The directory.
        dir: PathBuf,
        /// One of the foreign names.
        found: String,
    },
    /// A node lives here already.
    #[error("`{}` already holds node `{division}`", dir.display())]
    AlreadyThere {
        /// The directory.
        dir: PathBuf,
        /// Its division.
        division: String,
    },
    /// No node here, or its creation was never finished.
    #[error("`{}` holds no node", dir.display())]
    NoNode {
        /// The directory.
        dir: PathBuf,
    },
    /// A journal without the file that says whose it is.
    #[error("`{}` holds a journal of {entries} entries but its marker file is missing", dir.display())]
    MarkerLost {
        /// The directory.
        dir: PathBuf,
        /// How many entries the database has.
        entries: u64,
    },
    /// The marker cannot be read.
    #[error("the marker file `{}` cannot be read", path.display())]
    MarkerUnreadable {
        /// The file.
        path: PathBuf,
        /// What the JSON reader says.
        #[source]
        source: serde_json::Error,
    },
    /// A file operation failed for another reason.
    #[error("`{}` cannot be used", path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The database refused a statement for a reason that has no code of its own.
    #[error("the database refused a statement")]
    Sql(#[source] sqlx::Error),
    /// A row of the journal that is not what was once written.
    #[error("entry {feed} of the journal is damaged: {what}")]
    Damaged {
        /// Its feed number; 0 for a row of another table.
        feed: u64,
        /// What does not fit.
        what: String,
    },
    /// The projection row that the act was decided on has changed since.
    #[error("`{kind}/{key}` has changed since it was read")]
    Conflict {
        /// The projection's kind.
        kind: String,
        /// The row's key.
        key: String,
    },
    /// The own stream has two branches: this journal was run twice.
    #[error("the stream of `{author}` about `{subject}` is forked; nothing can be appended to it")]
    Forked {
        /// The author's division.
        author: String,
        /// The subject.
        subject: String,
    },
    /// A draft that no node may write.
    #[error("the entry cannot be written: {what}")]
    DraftInvalid {
        /// The rule it breaks.
        what: String,
    },
    /// An offset that this feed never had.
    #[error("the feed ends at {end}, before {asked}")]
    BeyondFeed {
        /// Where it ends.
        end: u64,
        /// What was asked for.
        asked: u64,
    },
}

impl Error {
    /// The permanent code, such as `GK-STORE-001`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DiskFull => "GK-STORE-001",
            Self::ReadOnly { .. } => "GK-STORE-002",
            Self::DamagedDatabase { .. } => "GK-STORE-003",
            Self::Newer { .. } => "GK-STORE-004",
            Self::WrongNode { .. } => "GK-STORE-005",
            Self::InUse { .. } => "GK-STORE-006",
            Self::Busy => "GK-STORE-007",
            Self::ForeignDirectory { .. } => "GK-STORE-008",
            Self::AlreadyThere { .. } => "GK-STORE-009",
            Self::NoNode { .. } => "GK-STORE-010",
            Self::MarkerLost { .. } => "GK-STORE-011",
            Self::MarkerUnreadable { .. } => "GK-STORE-012",
            Self::File { .. } => "GK-STORE-013",
            Self::Sql(_) => "GK-STORE-014",
            Self::Damaged { .. } => "GK-STORE-015",
            Self::Conflict { .. } => "GK-STORE-020",
            Self::Forked { .. } => "GK-STORE-021",
            Self::DraftInvalid { .. } => "GK-STORE-022",
            Self::BeyondFeed { .. } => "GK-STORE-023",
        }
    }

    /// The operator's next step.
    pub fn hint(&self) -> String {
        match self {
            Self::DiskFull => "free space on the disk; nothing was written and nothing is lost".to_owned(),
            Self::ReadOnly { path } => {
                format!("give the daemon's user the right to write `{}`, or mount it writable", path.display())
            }
            Self::DamagedDatabase { .. } | Self::Damaged { .. } => {
                "stop the daemon, keep a copy of the directory, and restore the last backup; \
                 `gongkai doctor` lists what is damaged"
                    .to_owned()
            }
            Self::Newer { .. } => "install the program version that wrote it, or a later one".to_owned(),
            Self::WrongNode { .. } => "put back the database that belongs to this directory's `node.json`".to_owned(),
            Self::InUse { pid } => format!("stop process {pid}, or use another data directory"),
            Self::Busy => "try again; if it stays, find out which program holds the database open".to_owned(),
            Self::ForeignDirectory { .. } => "name an empty directory, or one that does not exist yet".to_owned(),
            Self::AlreadyThere { .. } => "start the daemon on it, or name another directory".to_owned(),
            Self::NoNode { dir } => format!("make a node with `gongkai node init` or `join` in `{}`", dir.display()),
            Self::MarkerLost { .. } => "restore `node.json` from the backup of this directory".to_owned(),
            Self::MarkerUnreadable { path, .. } => format!("restore `{}` from the backup", path.display()),
            Self::File { path, .. } => format!("look at `{}` and the disk's health", path.display()),
            Self::Sql(_) => "run `gongkai doctor` and keep its report".to_owned(),
            Self::Conflict { .. } => "read the catalog again and repeat the step".to_owned(),
            Self::Forked { .. } => "open a new incarnation: `gongkai node recover`".to_owned(),
            Self::DraftInvalid { .. } => format!("split it: a payload holds at most {PAYLOAD_BYTES_MAX} bytes"),
            Self::BeyondFeed { .. } => "compare heads with the peer; one of the two was rewound".to_owned(),
        }
    }

    /// Whether the same attempt may succeed later without anybody changing what is asked.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy | Self::DiskFull)
    }

    /// Sorts a failed file operation.
    pub(crate) fn file(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        let path = path.into();
        match source.kind() {
            PermissionDenied | ReadOnlyFilesystem => Self::ReadOnly { path },
            StorageFull | QuotaExceeded => Self::DiskFull,
            _ => Self::File { path, source },
        }
    }

    /// A row of a table other than the journal that cannot be read.
    pub(crate) fn damaged_row(what: impl Into<String>) -> Self {
        Self::Damaged { feed: 0, what: what.into() }
    }
}
