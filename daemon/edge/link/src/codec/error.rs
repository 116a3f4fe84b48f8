//! Frames that cannot be made or read, by permanent code: `GK-LINK-020…049`.
//!
//! Invariant: none of these is cured by sending the same bytes again. Left out: sockets (`crate::error`).

use gongkai_journal::header::HeaderError;

use super::limits::{FRAME_BYTES_MAX, PACKED_BYTES_MAX, UNPACKED_BYTES_MAX};

/// Bytes from a peer that are no message of this protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than [`FRAME_BYTES_MAX`].
    #[error("a frame of {bytes} bytes, more than {FRAME_BYTES_MAX}")]
    FrameTooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not protobuf of this shape.
    #[error("a frame or a member of `{part}` is not protobuf of this protocol")]
    Undecodable {
        /// Which.
        part: &'static str,
    },
    /// A frame without a body, or with one that a later version brought.
    #[error("a frame with a message that this version does not know")]
    UnknownMessage,
    /// A part that must be there.
    #[error("the field `{field}` is missing")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// A value that no version may send.
    #[error("the field `{field}` is invalid")]
    Invalid {
        /// The field.
        field: &'static str,
    },
    /// Packed with a dictionary that this version does not have.
    #[error("a list is packed with dictionary {number}, which this version does not have")]
    UnknownDictionary {
        /// Its number.
        number: u32,
    },
    /// Longer than [`PACKED_BYTES_MAX`].
    #[error("a packed list of {bytes} bytes, more than {PACKED_BYTES_MAX}")]
    PackedTooLong {
        /// Its length.
        bytes: usize,
    },
    /// More than [`UNPACKED_BYTES_MAX`] come out of it.
    #[error("a packed list unpacks to more than {UNPACKED_BYTES_MAX} bytes")]
    Bomb,
    /// Not zstd, cut short, or packed with another dictionary.
    #[error("a packed list cannot be unpacked")]
    Damaged,
    /// More members than the list may have.
    #[error("a list of {list} has more than {count_max} members")]
    TooMany {
        /// The list.
        list: &'static str,
        /// Its limit.
        count_max: usize,
    },
    /// An entry whose header cannot be read.
    #[error("entry {index} of a list cannot be read")]
    Entry {
        /// Its index in the list.
        index: usize,
        /// What is wrong with its header.
        #[source]
        source: HeaderError,
    },
}

impl DecodeError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FrameTooLong { .. } => "GK-LINK-020",
            Self::Undecodable { .. } => "GK-LINK-021",
            Self::UnknownMessage => "GK-LINK-022",
            Self::Missing { .. } => "GK-LINK-023",
            Self::Invalid { .. } => "GK-LINK-024",
            Self::UnknownDictionary { .. } => "GK-LINK-025",
            Self::PackedTooLong { .. } => "GK-LINK-026",
            Self::Bomb => "GK-LINK-027",
            Self::Damaged => "GK-LINK-028",
            Self::TooMany { .. } => "GK-LINK-029",
            Self::Entry { .. } => "GK-LINK-030",
        }
    }

    /// The operator's next step.
    pub fn hint(&self) -> String {
        match self {
            Self::UnknownMessage | Self::UnknownDictionary { .. } => {
                "compare the versions of both nodes and update the older one"
            }
            Self::Entry { .. } => "the peer holds an entry that this version cannot read: compare the versions first",
            Self::FrameTooLong { .. }
            | Self::Undecodable { .. }
            | Self::Missing { .. }
            | Self::Invalid { .. }
            | Self::PackedTooLong { .. }
            | Self::Bomb
            | Self::Damaged
            | Self::TooMany { .. } => {
                "the peer breaks the protocol: look at its version and its host before letting it in again"
            }
        }
        .to_owned()
    }
}

/// A message that must not be sent, because no peer would take it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// More members than the list may have.
    #[error("a list of {list} with {count} members, more than {count_max}")]
    TooMany {
        /// The list.
        list: &'static str,
        /// How many it has.
        count: usize,
        /// Its limit.
        count_max: usize,
    },
    /// More bytes than a list may have.
    #[error("a list of {list} with {bytes} bytes, more than {UNPACKED_BYTES_MAX}")]
    TooLong {
        /// The list.
        list: &'static str,
        /// Its length.
        bytes: usize,
    },
    /// zstd failed.
    #[error("a list of {list} cannot be compressed")]
    Compress {
        /// The list.
        list: &'static str,
    },
}

impl EncodeError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooMany { .. } => "GK-LINK-040",
            Self::TooLong { .. } => "GK-LINK-041",
            Self::Compress { .. } => "GK-LINK-042",
        }
    }

    /// The operator's next step.
    pub fn hint(&self) -> String {
        "this is a fault of the program: report it with the log of this node".to_owned()
    }
}
