//! Positions: how far a receiver has taken a sender's feed, in a form that shows a rewound feed or a changed route.

use gongkai_model::digest::Digest;
use serde::{Deserialize, Serialize};

/// 128 random bits that name one feed; a restored or copied database gets a new one when it is known.
pub type FeedId = gongkai_journal::Incarnation;

/// A place in a sender's feed as the receiver last saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Which feed.
    pub feed_id: FeedId,
    /// Entries taken, counted in the sender's feed (0 = none).
    pub offset: u64,
    /// The running hash of the whole feed at that offset, not only of what was routed here.
    pub hash: Digest,
    /// What the sender's tree routed to this receiver.
    pub epoch: Digest,
}

impl Position {
    /// Whether nothing of the feed was taken: where everybody stands who has no position at all.
    pub fn is_beginning(&self) -> bool {
        self.offset == 0 && self.hash == empty_hash()
    }
}

/// The running hash of a feed: H(label) at offset 0, then H(label, before, entry hash) per entry.
pub fn running_hash(before: &Digest, entry: &Digest) -> Digest {
    Digest::of("gongkai feed v1", &[&before.to_bytes(), &entry.to_bytes()])
}

/// The running hash at offset 0.
pub fn empty_hash() -> Digest {
    Digest::of("gongkai feed v1", &[])
}
