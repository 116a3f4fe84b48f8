//! What the node is about to write: drafts of entries, before sequence, hash and signature.
//!
//! Invariant: a draft names no stream position; the store fills it in under the stream's lock.

use gongkai_journal::{
    EntryHash, Lane, Reach,
    header::{KIND_BYTES_MAX, PAYLOAD_BYTES_MAX},
    kind::Kind,
};
use gongkai_model::id::{DivisionId, OperatorId};

use crate::error::Error;

/// Longest text of what an entry is about, in bytes: a catalog id has some 40.
const ABOUT_BYTES_MAX: usize = 256;

/// The payload of a draft.
pub enum Body {
    /// Ready.
    Bytes(Vec<u8>),
    /// Made when the hashes of the earlier entries of the same append are known, in their order: a submission
    /// names its item batches.
    Made(Make),
}

/// Makes a payload from the hashes of the earlier entries of the append.
pub type Make = Box<dyn FnOnce(&[EntryHash]) -> Vec<u8> + Send>;

/// An entry to be appended to one of the node's own streams.
pub struct Draft {
    /// The division it is about.
    pub subject: DivisionId,
    /// What it is, such as `submission`.
    pub kind: String,
    /// How far it goes.
    pub reach: Reach,
    /// Which lane it takes.
    pub lane: Lane,
    /// Who acted; `None` for the node itself.
    pub operator: Option<OperatorId>,
    /// What it is about, such as a catalog id: for looking up.
    pub about: Option<String>,
    /// Its payload.
    pub payload: Body,
}

impl Draft {
    /// A draft of a known kind with that kind's reach and lane.
    pub fn of(kind: Kind, subject: DivisionId, payload: Vec<u8>) -> Self {
        Self {
            subject,
            kind: kind.word().to_owned(),
            reach: kind.reach(),
            lane: kind.lane(),
            operator: None,
            about: None,
            payload: Body::Bytes(payload),
        }
    }

    /// Checks what would make an entry that no peer accepts.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let refuse = |what: &str| Err(Error::DraftInvalid { what: what.to_owned() });
        if self.kind.is_empty() || self.kind.len() > KIND_BYTES_MAX {
            return refuse("its kind is empty or too long");
        }
        if self.about.as_ref().is_some_and(|about| about.len() > ABOUT_BYTES_MAX) {
            return refuse("what it is about is too long");
        }
        Ok(())
    }
}

impl Body {
    /// The bytes, given the hashes of the earlier entries of the append.
    pub(crate) fn into_bytes(self, earlier: &[EntryHash]) -> Result<Vec<u8>, Error> {
        let bytes = match self {
            Self::Bytes(bytes) => bytes,
            Self::Made(make) => make(earlier),
        };
        if bytes.len() > PAYLOAD_BYTES_MAX {
            return Err(Error::DraftInvalid { what: format!("its payload has {} bytes", bytes.len()) });
        }
        Ok(bytes)
    }
}

/// A condition of an append: the projection row that the act was decided on stands as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The projection's kind.
    pub kind: String,
    /// The row's key.
    pub key: String,
    /// The row's feed number as read; `None`: there was no such row.
    pub feed: Option<u64>,
}
