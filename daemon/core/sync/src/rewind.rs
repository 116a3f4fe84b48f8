//! Whether this node lacks entries of its own: what proves it, and what is merely said.
//!
//! Invariant: only an entry that this node signed itself and does not hold proves that it fell back. A position, a head,
//! a name or an entry out of its place is a claim: it is asked for, and lapses when its speaker serves nothing for it.
//! Left out: what follows from either (app).

use gongkai_journal::{Author, Entry, StreamKey, kind::Kind};
use gongkai_model::id::DivisionId;

/// Whether an entry that was new here proves that this node fell back: its own key signed it in the life of the
/// journal that goes on now, or opened another life with it that is not known here.
pub fn is_proof(own: &Author, key_id: &[u8], entry: &Entry) -> bool {
    let header = &entry.header;
    let author = &header.stream.author;
    let is_ours = author.division == own.division && header.key_id == key_id;
    is_ours && (author.incarnation == own.incarnation || header.kind == Kind::IncarnationOpen)
}

/// Whether to name an entry of this stream that is not here is a claim about this node's own past.
pub fn is_claim(own: &DivisionId, stream: &StreamKey) -> bool {
    stream.author.division == *own
}
