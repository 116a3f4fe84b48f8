//! What one node keeps: the journal in feed order, positions, wants, projections and its small tables.
//!
//! Invariant: everything that belongs together commits together; a crash at any point leaves the state before or
//! after, never between. SQLite (WAL, synchronous=FULL) is the one engine of this version: its SQL is in `sqlite/`,
//! what is decided about the data is outside of it, so that PostgreSQL can join as a second folder.
//!
//! Left out: what entries mean (app folds them), who is believed (`sync::admit` decides), clocks (the caller's).

mod append;
mod apply;
mod branch;
mod commit;
mod copy;
mod disk;
mod draft;
mod error;
mod feed;
mod fresh;
mod lock;
mod lookup;
mod marker;
mod peer;
mod projection;
mod renew;
mod session;
mod sqlite;
mod store;
mod stream;
mod tx;
mod usage;
mod verify;
mod wanting;

pub use apply::{About, Applied, Arrival, FELL_BACK, Noted};
pub use draft::{Body, Draft, Guard, Make};
pub use error::Error;
pub use feed::{FeedPart, FeedState};
pub use lookup::{AboutStamp, LogFilter, LogRow, Placed};
pub use marker::{FORMAT, Identity, MARKER_FILE};
pub use peer::{Peer, PeerRole};
pub use projection::Projection;
pub use session::{SessionEnd, SessionRow, SessionStart};
pub use sqlite::DATABASE_FILE;
pub use store::Store;
pub use stream::Served;
pub use verify::{Problem, Verification};
pub use wanting::{Lacking, StoredWant};
