//! What stands on the outside of a bundle, under its speaker's signature.
//!
//! Invariant: everything that decides whether a bundle is read at all is here, and its id is the digest of these very
//! bytes. Left out: its bytes and the file (edge/link), and whose key may sign it (app).

use gongkai_journal::Incarnation;
use gongkai_model::{digest::Digest, id::DivisionId};

use super::{Mark, Recorded};
use crate::position::Position;

/// Names of bundles that a manifest carries as receipts at most.
pub const RECEIPTS_MAX: usize = super::STANDS_MAX;

/// The outside of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Oldest protocol version in which it can be read.
    pub protocol_min: u32,
    /// Newest protocol version that its speaker speaks.
    pub protocol_max: u32,
    /// The speaker's program version, for people.
    pub program: String,
    /// Who speaks.
    pub from: DivisionId,
    /// To whom.
    pub to: DivisionId,
    /// The life of the speaker's journal.
    pub incarnation: Incarnation,
    /// Counted by the speaker for this listener, from 1.
    pub number: u64,
    /// By the speaker's clock, unix milliseconds: with the heads' digest a sign of life.
    pub made_at_ms: i64,
    /// What is told.
    pub recorded: Recorded,
    /// How far the speaker has taken the listener's feed: the acknowledgement that travels back.
    pub claim: Option<Position>,
    /// Bundles of the listener that the speaker has read.
    pub receipts: Vec<Digest>,
    /// Messages in the file.
    pub messages: u64,
    /// Their bytes, lengths included.
    pub body_bytes: u64,
    /// Their digest.
    pub body_digest: Digest,
}

/// A manifest with the key that signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outside {
    /// The digest of the manifest's bytes: the bundle's name.
    pub id: Digest,
    /// The id of the key whose signature was checked.
    pub key_id: Vec<u8>,
    /// What it says.
    pub manifest: Manifest,
}

impl Outside {
    /// What the ledger keeps of it.
    pub fn mark(&self) -> Mark {
        let Manifest { number, made_at_ms, recorded, .. } = &self.manifest;
        Mark {
            id: self.id,
            number: *number,
            made_at_ms: *made_at_ms,
            feed_id: recorded.to.feed_id,
            to_offset: recorded.to.offset,
        }
    }
}

/// The name of a bundle with these manifest bytes; it is what the speaker signs.
pub fn id_of(manifest: &[u8]) -> Digest {
    Digest::of("gongkai bundle v1", &[manifest])
}
