//! What can go wrong in saving and bringing back a node, by permanent code: `GK-APP-050…059`.
//!
//! Invariant: a code is never given a second meaning.

use std::{io, path::PathBuf};

/// A refusal or failure around backups and holds.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The node may not submit, decide, publish or enrol yet.
    #[error("this node {reason}; until heads are compared with {awaited} it only edits")]
    Held {
        /// Why it is held, as the end of "this node …".
        reason: &'static str,
        /// With whom it must compare.
        awaited: String,
    },
    /// There is no hold to lift.
    #[error("this node is not held")]
    NotHeld,
    /// Lifting a hold without saying why.
    #[error("lifting the hold needs a reason")]
    ReasonMissing,
    /// The target is there already.
    #[error("`{}` exists", file.display())]
    TargetExists {
        /// The target.
        file: PathBuf,
    },
    /// The backup is not whole.
    #[error("the backup `{}` is damaged at `{entry}`: {why}", file.display())]
    BackupDamaged {
        /// The backup.
        file: PathBuf,
        /// Which of its parts.
        entry: String,
        /// What does not fit.
        why: String,
    },
    /// Made by a later version.
    #[error("the backup has format {found}, this program knows up to {known}")]
    BackupNewer {
        /// Its format.
        found: u32,
        /// The latest known.
        known: u32,
    },
    /// Something lies where the node is to be restored.
    #[error("`{}` is not empty: it holds `{found}`", dir.display())]
    NotEmpty {
        /// The directory.
        dir: PathBuf,
        /// One of the names in it.
        found: String,
    },
    /// Another restore is at work in the directory.
    #[error("another restore into `{}` is running", dir.display())]
    Running {
        /// The directory.
        dir: PathBuf,
    },
    /// A file operation.
    #[error("cannot {what} `{}`", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

impl RecoveryError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Held { .. } => "GK-APP-050",
            Self::NotHeld => "GK-APP-051",
            Self::ReasonMissing => "GK-APP-052",
            Self::TargetExists { .. } => "GK-APP-053",
            Self::BackupDamaged { .. } => "GK-APP-054",
            Self::BackupNewer { .. } => "GK-APP-055",
            Self::NotEmpty { .. } => "GK-APP-056",
            Self::File { .. } => "GK-APP-057",
            Self::Running { .. } => "GK-APP-058",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Held { .. } => {
                "run `gongkai sync now` here and at the nodes named; if one of them is gone for good, \
                                  an administrator lifts the hold with `gongkai restore --release --reason TEXT`"
                    .to_owned()
            }
            Self::NotHeld => "nothing needs to be done".to_owned(),
            Self::ReasonMissing => "say it with `--reason TEXT`; it is kept under your name".to_owned(),
            Self::TargetExists { .. } => "name a file that does not exist; no backup replaces another".to_owned(),
            Self::BackupDamaged { .. } => "use an earlier backup or another copy of this one".to_owned(),
            Self::BackupNewer { .. } => "install the program version that made it, or a later one".to_owned(),
            Self::NotEmpty { .. } => "name an empty directory, or one that does not exist yet".to_owned(),
            Self::Running { .. } => {
                "wait until it has ended; it goes on when the command that began it was killed".to_owned()
            }
            Self::File { path, .. } => format!("check the rights on `{}` and the space on its disk", path.display()),
        }
    }

    /// Sorts a failed file operation.
    pub(super) fn file(what: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::File { what, path: path.into(), source }
    }
}
