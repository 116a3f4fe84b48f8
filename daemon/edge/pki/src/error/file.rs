//! Refusals about files under `DIR/pki`.
//!
//! Invariant: a file is named as `pki/NAME`, never by its absolute path, and no variant carries a byte of a key.

use std::{io, sync::Arc};

/// A key or certificate file that cannot be used, or not be written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FileError {
    /// The file is not there.
    #[error("`{file}` is missing")]
    Missing {
        /// Which file.
        file: &'static str,
    },
    /// The file is there and is not what it should be.
    #[error("`{file}` cannot be read: {why}")]
    Damaged {
        /// Which file.
        file: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The file is sound and belongs to another node, key or authority.
    #[error("`{file}` does not belong here: {why}")]
    Foreign {
        /// Which file.
        file: &'static str,
        /// What does not fit.
        why: String,
    },
    /// Others than the owner may read or write the key file.
    #[error("`{file}` holds a private key and is open to others (mode {mode:04o})")]
    Exposed {
        /// Which file.
        file: &'static str,
        /// Its permission bits.
        mode: u32,
    },
    /// The system refused to read or write.
    #[error("cannot {action} `{file}`")]
    Io {
        /// Which file.
        file: &'static str,
        /// `read`, `create`, ….
        action: &'static str,
        /// The system's reason.
        #[source]
        source: Arc<io::Error>,
    },
    /// A key exists already; keys are never overwritten.
    #[error("`{file}` exists and is never overwritten")]
    Exists {
        /// Which file.
        file: &'static str,
    },
    /// A new issuing authority was asked for while the root key is kept elsewhere.
    #[error("the root key is not on this machine")]
    RootKeyAway,
    /// The node has no issuing authority.
    #[error("this node has no issuing authority and cannot enrol others")]
    NoAuthority,
}

impl FileError {
    pub(crate) fn io(file: &'static str, action: &'static str, source: io::Error) -> Self {
        Self::Io { file, action, source: Arc::new(source) }
    }

    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "GK-PKI-001",
            Self::Damaged { .. } => "GK-PKI-002",
            Self::Foreign { .. } => "GK-PKI-003",
            Self::Exposed { .. } => "GK-PKI-004",
            Self::Io { .. } => "GK-PKI-005",
            Self::Exists { .. } => "GK-PKI-006",
            Self::RootKeyAway => "GK-PKI-007",
            Self::NoAuthority => "GK-PKI-008",
        }
    }

    /// The operator's next step.
    pub fn hint(&self) -> String {
        match self {
            Self::Missing { file: "pki/tls.crt" } => "enrol the node: `gongkai node join TOKEN`".to_owned(),
            Self::Missing { file } => format!("restore `{file}` from the backup, or enrol the node again"),
            Self::Damaged { file, .. } => format!("restore `{file}` from the backup; keys cannot be repaired"),
            Self::Foreign { file, .. } => {
                format!("`{file}` was copied from elsewhere: put this node's own file back, or enrol the node again")
            }
            Self::Exposed { file, .. } => {
                format!("`chmod 600 {file}`; if strangers could log in here, make new keys by enrolling again")
            }
            Self::Io { .. } => "check free space, owner and permissions of the data directory".to_owned(),
            Self::Exists { file } => format!("move `{file}` away by hand if it is really to be replaced"),
            Self::RootKeyAway => "bring `root.key` back into `pki` for this one step, then take it away".to_owned(),
            Self::NoAuthority => "ask the node above to enrol this one with an authority of its own".to_owned(),
        }
    }

    /// A full disk may be emptied; everything else waits for a person.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Io { .. })
    }
}
