//! What the two ends of a session say to each other. The carriers encode it; its meaning is here and in `session`.

use gongkai_journal::{Entry, Incarnation, StreamKey};
use gongkai_model::{id::DivisionId, tree::DEPTH_MAX};

use crate::{
    position::{FeedId, Position},
    standing::Standing,
    want::{Head, Tip},
};

/// Protocol versions that this build speaks.
pub const PROTOCOL_MIN: u32 = 1;
/// See [`PROTOCOL_MIN`]. Version 2 says the same in fewer bytes: messages leave out what both ends remember.
pub const PROTOCOL_MAX: u32 = 2;
/// Entries in one batch at most.
pub const BATCH_ENTRIES_MAX: usize = 500;
/// Bytes of entries in one batch after which it is closed: small enough to lose little on a broken link.
pub const BATCH_BYTES_TARGET: usize = 256 * 1024;
/// Heads in one message at most.
pub const HEADS_PAGE_MAX: usize = 2_000;
/// Entries of an introduction at most: one for each step of the deepest path.
pub const INTRODUCTION_MAX: usize = DEPTH_MAX + 1;
/// Known (seq, hash) samples in a want at most: 1, 2, 4, 8, … back from each tip.
pub const HAVES_MAX: usize = 64;

/// Who is speaking, and how far it has taken the other's feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Oldest protocol version spoken.
    pub protocol_min: u32,
    /// Newest protocol version spoken.
    pub protocol_max: u32,
    /// The speaker.
    pub division: DivisionId,
    /// The life of its journal.
    pub incarnation: Incarnation,
    /// Its feed.
    pub feed_id: FeedId,
    /// The daemon process group on its database: colleagues differ here and share the feed.
    pub daemon_id: Incarnation,
    /// Host name, to be named when a clone is refused.
    pub host: String,
    /// Its position on the listener's feed; `None` at first contact.
    pub position: Option<Position>,
    /// Stays open for news (`live`) or ends when both sides are done.
    pub is_live: bool,
    /// The speaker's program version, for people; empty where it does not say.
    pub program: String,
    /// The entry that names the speaker's certificate, behind those that name the keys above it, the top's first: a
    /// listener that has not met them yet can judge it before anything else. A speaker of an earlier program has none.
    pub introduction: Vec<Entry>,
}

/// One entry in a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// The whole entry.
    Whole(Box<Entry>),
    /// Its name only, because the receiver itself sent it: a rewound receiver then wants it.
    Named {
        /// The stream.
        stream: StreamKey,
        /// Its place in the stream, and its hash.
        tip: Tip,
    },
}

/// Part of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Where the receiver must stand for its position to move.
    pub from: Position,
    /// Where it stands after.
    pub to: Position,
    /// What the route takes from that part, in feed order.
    pub entries: Vec<Carried>,
}

/// A chain fault, told to the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The stream that stopped.
    pub stream: StreamKey,
    /// The entry at fault.
    pub tip: Tip,
    /// A permanent code.
    pub code: String,
}

/// Why a side ends the session early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// A permanent code.
    pub code: String,
    /// For people.
    pub message: String,
}

/// Everything that crosses a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// First from both sides.
    Hello(Hello),
    /// How much the speaker will send: entries on its feed behind the listener's position, 0 where unknown.
    Announce {
        /// Entries to come.
        entries: u64,
    },
    /// The speaker's heads on the listener's route, in pages; the last page carries the position they stand for.
    Heads {
        /// One page.
        heads: Vec<Head>,
        /// On the last page: the position that the listener takes, lacking streams having become wants.
        position: Option<Position>,
        /// Whether the listener shall answer with its own heads.
        wants_answer: bool,
    },
    /// Part of the speaker's feed.
    Batch(Batch),
    /// A batch or heads were committed.
    Ack {
        /// The position now.
        position: Position,
        /// Streams that stopped.
        faults: Vec<Fault>,
    },
    /// Asks for a stream up to a tip.
    Want {
        /// Chosen by the asker.
        request: u64,
        /// The stream.
        stream: StreamKey,
        /// Up to here.
        tip: Tip,
        /// Samples of what the asker holds of that stream, highest first.
        haves: Vec<Tip>,
    },
    /// Answers a want, in part.
    Wanted {
        /// The request answered.
        request: u64,
        /// Entries that follow what the asker holds, in order; empty when the speaker cannot serve it.
        entries: Vec<Entry>,
        /// Whether the tip is among them.
        is_complete: bool,
    },
    /// The speaker has nothing more to send and lacks nothing it could get here.
    Done {
        /// Batches, heads and wants of the listener that the speaker had seen when it said so.
        seen: u64,
    },
    /// Where the listener's feed has arrived, for people; no answer is due, and `Done` does not count it.
    Standing(Standing),
    /// The speaker ends the session.
    Refuse(Refusal),
}
