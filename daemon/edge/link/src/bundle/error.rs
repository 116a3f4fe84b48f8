//! What can be wrong with a bundle's file, by permanent code: `GK-BUNDLE-001…019`.
//!
//! Invariant: whichever of these is said, nothing of the bundle was handed out. Left out: bundles that are whole and
//! not for this node (app, `GK-BUNDLE-020…`).

use std::{io, path::PathBuf};

use super::{BUNDLE_BYTES_MAX, MESSAGES_MAX, OUTSIDE_BYTES_MAX};
use crate::codec::{DecodeError, EncodeError};

/// A file that is no whole bundle, or that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// Another file, or one of a later format.
    #[error("the file does not begin as a bundle of this version does")]
    NoBundle,
    /// Shorter than its outside says.
    #[error("the file ends after {found} bytes, {expected} were written")]
    Truncated {
        /// What is there.
        found: u64,
        /// What should be.
        expected: u64,
    },
    /// Longer than its outside says.
    #[error("the file goes on behind the end of the bundle, at byte {expected}")]
    Surplus {
        /// Where it should end.
        expected: u64,
    },
    /// Bytes that are not those which were written.
    #[error("the file is damaged: {what}")]
    Damaged {
        /// Where it shows.
        what: &'static str,
    },
    /// Longer than any bundle may be.
    #[error("the bundle is too large: {what}")]
    TooLarge {
        /// What is.
        what: String,
    },
    /// The signature is not that of the key in it.
    #[error("the signature does not fit the manifest")]
    BadSignature,
    /// A message that is none.
    #[error("message {number} of the bundle cannot be read")]
    Message {
        /// Which, from 1.
        number: u64,
        /// Why.
        #[source]
        source: DecodeError,
    },
    /// A message that must not be written.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The disk.
    #[error("cannot {what} `{}`", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// The path.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
}

impl BundleError {
    pub(super) fn outside_too_long() -> Self {
        Self::TooLarge { what: format!("its outside has more than {OUTSIDE_BYTES_MAX} bytes") }
    }

    /// More bytes than any bundle may have.
    pub fn too_long() -> Self {
        Self::TooLarge { what: format!("it has more than {BUNDLE_BYTES_MAX} bytes or {MESSAGES_MAX} messages") }
    }

    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoBundle => "GK-BUNDLE-001",
            Self::Truncated { .. } => "GK-BUNDLE-002",
            Self::Surplus { .. } | Self::Damaged { .. } => "GK-BUNDLE-003",
            Self::TooLarge { .. } => "GK-BUNDLE-004",
            Self::BadSignature => "GK-BUNDLE-005",
            Self::Message { .. } => "GK-BUNDLE-006",
            Self::Encode(error) => error.code(),
            Self::File { .. } => "GK-BUNDLE-007",
        }
    }

    /// The operator's next step.
    pub fn hint(&self) -> String {
        match self {
            Self::NoBundle => "name the .gkb file; if it is one, update gongkaid: a newer version may have made it",
            Self::Truncated { .. } | Self::Surplus { .. } | Self::Damaged { .. } => {
                "copy it from the drive again; if that fails, ask for the bundle once more: nothing was taken from it"
            }
            Self::TooLarge { .. } => "ask its maker for the office and the program that wrote it: no node writes these",
            Self::BadSignature | Self::Message { .. } => {
                "do not trust the drive: ask the other office how the file was made, and for another one"
            }
            Self::Encode(_) => "this is a fault of the program: report it with the log of this node",
            Self::File { .. } => "check the path, the rights and the space",
        }
        .to_owned()
    }
}
