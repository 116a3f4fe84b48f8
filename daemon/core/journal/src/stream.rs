//! Streams: gap-free, hash-chained sequences of one (author, subject, reach, lane).
//!
//! Invariant: two streams with equal keys are the same stream on every node; the digest names it everywhere.

use std::fmt;

use gongkai_model::{digest::Digest, id::DivisionId};
use serde::{Deserialize, Serialize};

/// 128 random bits: one life of a node's journal. A known restore or rebuild opens a new one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Incarnation([u8; 16]);

impl Incarnation {
    /// Wraps 16 bytes that the caller drew at random.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads 16 raw bytes; `None` for any other length.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is not 32 hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("an incarnation is 32 hexadecimal digits")]
pub struct InvalidIncarnation;

impl TryFrom<String> for Incarnation {
    type Error = InvalidIncarnation;
    fn try_from(text: String) -> Result<Self, InvalidIncarnation> {
        hex::decode(text).ok().and_then(|bytes| Self::from_slice(&bytes)).ok_or(InvalidIncarnation)
    }
}

impl From<Incarnation> for String {
    fn from(incarnation: Incarnation) -> String {
        incarnation.to_string()
    }
}

/// Who writes: a division in one life of its journal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Author {
    /// The division.
    pub division: DivisionId,
    /// Which life of its journal.
    pub incarnation: Incarnation,
}

/// How far an entry goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// Never leaves the node.
    SelfOnly,
    /// All nodes on the tree path root…subject.
    Path,
    /// Those, and all nodes below the subject.
    Subtree,
}

impl Reach {
    /// The number in headers.
    pub fn number(self) -> u32 {
        match self {
            Self::SelfOnly => 1,
            Self::Path => 2,
            Self::Subtree => 3,
        }
    }

    /// A number from a header; what this version does not know counts as path (fails closed, still relayed).
    pub fn from_number(number: u32) -> Self {
        match number {
            1 => Self::SelfOnly,
            3 => Self::Subtree,
            _ => Self::Path,
        }
    }
}

/// Which entries go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// Tree, keys, revocations, routing tables: first in every session.
    Trust,
    /// Everything else.
    Work,
}

impl Lane {
    /// The number in headers.
    pub fn number(self) -> u32 {
        match self {
            Self::Trust => 1,
            Self::Work => 2,
        }
    }

    /// The word in listings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Trust => "trust",
            Self::Work => "work",
        }
    }

    /// A number from a header; an unknown lane is work.
    pub fn from_number(number: u32) -> Self {
        if number == 1 { Self::Trust } else { Self::Work }
    }
}

/// A stream's key. `reach_number` and `lane_number` are the numbers as written, so that a stream of a later
/// version keeps its identity on a node that reads its reach as path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamKey {
    /// Who writes it.
    pub author: Author,
    /// What division it is about.
    pub subject: DivisionId,
    /// The reach as written.
    pub reach_number: u32,
    /// The lane as written.
    pub lane_number: u32,
}

impl StreamKey {
    /// A key of this version's reach and lane.
    pub fn new(author: Author, subject: DivisionId, reach: Reach, lane: Lane) -> Self {
        Self { author, subject, reach_number: reach.number(), lane_number: lane.number() }
    }

    /// The reach as this version reads it.
    pub fn reach(&self) -> Reach {
        Reach::from_number(self.reach_number)
    }

    /// The lane as this version reads it.
    pub fn lane(&self) -> Lane {
        Lane::from_number(self.lane_number)
    }

    /// H("gongkai stream v1", author division, incarnation, subject, reach, lane): the stream's name in databases.
    pub fn digest(&self) -> Digest {
        Digest::of(
            "gongkai stream v1",
            &[
                self.author.division.as_str().as_bytes(),
                self.author.incarnation.as_bytes(),
                self.subject.as_str().as_bytes(),
                &self.reach_number.to_be_bytes(),
                &self.lane_number.to_be_bytes(),
            ],
        )
    }
}
