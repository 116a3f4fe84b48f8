//! How large anything from a peer may be. All are part of protocol version 1: if they differed between nodes, a
//! message could be sent that is never taken.

use gongkai_journal::{
    entry::SIGNATURE_BYTES_MAX,
    header::{HEADER_BYTES_MAX, PAYLOAD_BYTES_MAX},
};
use gongkai_sync::{
    message::{BATCH_BYTES_TARGET, BATCH_ENTRIES_MAX, HAVES_MAX, HEADS_PAGE_MAX, INTRODUCTION_MAX},
    standing::HELD_MAX,
};

/// Longest frame: what gRPC takes by default on both sides, and twice what [`UNPACKED_BYTES_MAX`] can make of one.
pub const FRAME_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Longest list before packing, and after unpacking, in bytes: a batch just short of its target that one entry of
/// the greatest size closes (1.3 MiB with names), and some room.
pub const UNPACKED_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Longest list as packed, in bytes. A list that compression would lengthen travels plain.
pub const PACKED_BYTES_MAX: usize = UNPACKED_BYTES_MAX;
/// zstd windows up to 2^21 bytes: a list has no more, and a peer cannot make us allocate more.
pub(super) const WINDOW_LOG_MAX: u32 = 21;
/// Longest host name (RFC 1035).
pub const HOST_BYTES_MAX: usize = 253;
/// Longest program version kept, in characters; ours have about six.
pub const PROGRAM_CHARS_MAX: usize = 40;
/// Longest error code; ours have about 12 characters.
pub const CODE_BYTES_MAX: usize = 32;
/// Characters kept of a sentence that a peer sends for people.
pub const SENTENCE_CHARS_MAX: usize = 500;
/// Batches and heads remembered until they are acknowledged; a peer of ours has four on the way.
pub const UNACKED_MAX: usize = 256;
/// Entries of one batch remembered by name for the answer to it: news come in ones and twos.
pub const HASHES_KEPT_MAX: usize = 4;
/// Longest payload whose digest the receiver makes: more costs time on the way and saves nothing that shows.
pub const DIGEST_MADE_MAX: usize = 4 * 1024;
/// Tips of one head: the store keeps eight branches of a stream, a later version may keep more.
pub const TIPS_MAX: usize = 64;

/// A batch at its largest: everything that fits below the target, then one entry of the greatest size, and the
/// framing and names of all its members.
const LARGEST_BATCH_BYTES: usize = BATCH_BYTES_TARGET
    + PAYLOAD_BYTES_MAX
    + HEADER_BYTES_MAX
    + SIGNATURE_BYTES_MAX
    + BATCH_ENTRIES_MAX * MEMBER_BYTES_MAX;
/// A name (two division ids, an incarnation, a hash) or the framing of an entry.
const MEMBER_BYTES_MAX: usize = 256;
const _: () = assert!(LARGEST_BATCH_BYTES <= UNPACKED_BYTES_MAX);
const _: () = assert!(PACKED_BYTES_MAX + 64 * 1024 <= FRAME_BYTES_MAX);

/// A kind of list with the most members that it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// Members of a batch.
    Batch,
    /// Members of an answer to a want.
    Wanted,
    /// Heads of one page.
    Heads,
    /// Faults of one acknowledgement.
    Faults,
    /// Samples of one want.
    Haves,
    /// Who holds the listener's feed.
    Held,
    /// The entries that name a certificate.
    Introduction,
}

impl List {
    /// Most members.
    pub fn count_max(self) -> usize {
        match self {
            // An answer holds whole entries as a batch does; an acknowledgement tells of one batch, a member of
            // which is at fault at most once.
            Self::Batch | Self::Wanted | Self::Faults => BATCH_ENTRIES_MAX,
            Self::Heads => HEADS_PAGE_MAX,
            Self::Haves => HAVES_MAX,
            Self::Held => HELD_MAX,
            Self::Introduction => INTRODUCTION_MAX,
        }
    }

    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Wanted => "answer",
            Self::Heads => "heads",
            Self::Faults => "faults",
            Self::Haves => "samples",
            Self::Held => "standings",
            Self::Introduction => "introduction",
        }
    }
}
