//! Whether this node lacks entries of its own: what proves it, and what is merely said.
//!
//! Invariant: only an entry that this node signed itself and does not hold proves that it fell back. A position, a head,
//! a name or an entry out of its place is a claim: it is asked for, and lapses when its speaker serves nothing for it.
//! Left out: what follows from either (app).

use gongkai_journal::{Author, Entry, StreamKey, kind::Kind};
use gongkai_model::id::DivisionId;

/// What a node knows of itself when a peer brings it something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The life of the journal that goes on now.
    pub author: Author,
    /// The key that it signs with.
    pub key_id: Vec<u8>,
    /// It was restored or rebuilt, and is still waiting for its past: that former lives come back is no news.
    pub awaits_its_past: bool,
}

impl Own {
    /// Whether an entry that was new here proves that this node fell back: its own key signed it in the life of the
    /// journal that goes on now, or opened another life with it that is not known here.
    pub fn fell_back_by(&self, entry: &Entry) -> bool {
        let header = &entry.header;
        let author = &header.stream.author;
        let is_ours = author.division == self.author.division && header.key_id == self.key_id;
        let is_this_life = author.incarnation == self.author.incarnation;
        is_ours && (is_this_life || (header.kind == Kind::IncarnationOpen && !self.awaits_its_past))
    }
}

/// Whether to name an entry of this stream that is not here is a claim about this node's own past.
pub fn is_claim(own: &DivisionId, stream: &StreamKey) -> bool {
    stream.author.division == *own
}
