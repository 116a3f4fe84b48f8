//! The journal: signed entries in gap-free, hash-chained streams, and the rule that says who may see which.
//!
//! Pure zone. Invariant: hash and signature cover the header bytes as received; nobody re-encodes to verify.
//! Left out: where entries are kept (edge/store), how they travel (sync, edge/link).

pub mod carry;
pub mod entry;
pub mod erasure;
pub mod header;
pub mod keys;
pub mod kind;
pub mod payload;
pub mod place;
pub mod route;
pub mod sign;
pub mod stream;
pub mod words;

pub use entry::{Entry, EntryHash};
pub use header::Header;
pub use route::Route;
pub use stream::{Author, Incarnation, Lane, Reach, StreamKey};
