//! Wants: durable notes "I lack this stream up to that entry, because …". The one mechanism for first load,
//! restore, changed routes, cured faults and gaps.
//!
//! Invariant: a want is removed only in the transaction that stores the entry it names, or when its link ends.

use gongkai_journal::StreamKey;
use gongkai_model::digest::Digest;
use serde::{Deserialize, Serialize};

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
            Self::Stopped => "stopped",
            Self::Bare => "bare",
        }
    }

    /// The reason of a word; an unknown word reads as `Heads`.
    pub fn from_word(word: &str) -> Self {
        [Self::Gap, Self::Rewound, Self::Misrouted, Self::KeyUnknown, Self::Stopped, Self::Bare]
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
