//! Wants: durable notes "I lack this stream up to that entry, because …". The one mechanism for first load,
//! restore, changed routes, cured faults and gaps.
//!
//! Invariant: a want is removed only in the transaction that stores the entry it names, when its link ends, or when it
//! was a claim about this node's own past and nothing was served for it. How many there are towards a peer is bounded:
//! a position does not pass what there was no room to want.

use gongkai_journal::StreamKey;
use gongkai_model::digest::Digest;
use serde::{Deserialize, Serialize};

/// Wants kept towards one peer at most, unless the node is told otherwise: half of a province's heads in one go, some
/// 5 MB on disk. What a peer has beyond that is asked for when these have come.
pub const WANTS_PER_PEER_MAX: usize = 16_384;
/// Of these, wants that the tree at hand does not route here: a county with its townships that a newer tree brings.
pub const MISROUTED_PER_PEER_MAX: usize = 1_024;

/// One end of a stream's chain: a stream has one, a forked stream several.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tip {
    /// Its sequence.
    pub seq: u64,
    /// Its hash.
    pub hash: Digest,
}

/// Why something is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The comparison of heads showed it: first contact, restore, changed route.
    Heads,
    /// An entry came whose predecessor is not here.
    Gap,
    /// A peer named an entry it had from us, and it is not here: this node was rewound.
    Rewound,
    /// It is not on this node's route by the tree at hand, which may be older than the sender's.
    Misrouted,
    /// The author's key is not known yet.
    KeyUnknown,
    /// Its author has brought as much as this node takes of one in a time.
    Allowance,
    /// The disk has no more room for what peers send.
    Disk,
    /// Its author has opened as many streams in one life as this node holds of one.
    Streams,
    /// The stream stopped at a chain fault and is asked for again in case it is cured.
    Stopped,
    /// The entry is held without its payload, and no erasure that counts says that it is gone.
    Bare,
}

impl Why {
    /// The word kept in databases.
    pub fn word(self) -> &'static str {
        match self {
            Self::Heads => "heads",
            Self::Gap => "gap",
            Self::Rewound => "rewound",
            Self::Misrouted => "misrouted",
            Self::KeyUnknown => "key-unknown",
            Self::Allowance => "allowance",
            Self::Disk => "disk",
            Self::Streams => "streams",
            Self::Stopped => "stopped",
            Self::Bare => "bare",
        }
    }

    /// The permanent code of what keeps entries waiting that are here to be taken; the others wait for something to come.
    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::Streams => Some("GK-CHAIN-009"),
            Self::Heads
            | Self::Gap
            | Self::Rewound
            | Self::Misrouted
            | Self::KeyUnknown
            | Self::Allowance
            | Self::Disk
            | Self::Stopped
            | Self::Bare => None,
        }
    }

    /// The reason of a word; an unknown word reads as `Heads`.
    pub fn from_word(word: &str) -> Self {
        [
            Self::Gap,
            Self::Rewound,
            Self::Misrouted,
            Self::KeyUnknown,
            Self::Allowance,
            Self::Disk,
            Self::Streams,
            Self::Stopped,
            Self::Bare,
        ]
        .into_iter()
        .find(|why| why.word() == word)
        .unwrap_or(Self::Heads)
    }
}

/// "I lack this stream up to this entry."
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Want {
    /// The stream.
    pub stream: StreamKey,
    /// The entry up to which it is lacking.
    pub tip: Tip,
    /// Why.
    pub why: Why,
}

/// A stream with its tips: what the comparison of heads exchanges.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Head {
    /// The stream.
    pub stream: StreamKey,
    /// Its tips, by (seq, hash).
    pub tips: Vec<Tip>,
}
