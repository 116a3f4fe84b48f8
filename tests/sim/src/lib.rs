//! A deterministic simulator of replication: the real engine, the real admission and the store's own logic, for a
//! tree of nodes in which links break, machines crash, fall back, are copied and move.
//!
//! Invariant: one seed decides everything; equal seeds give equal logs. The modules named by path are the store's
//! own files, compiled here a second time on an engine in memory (`memory`) instead of SQLite: what a session
//! appends, applies, wants and serves is decided by the same lines as in the daemon.
//! Left out: SQL, TLS, the wire's encoding, and what entries mean beyond tree and keys.

#[path = "../../../daemon/edge/store/src/append.rs"]
mod append;
#[path = "../../../daemon/edge/store/src/apply.rs"]
mod apply;
#[path = "../../../daemon/edge/store/src/branch.rs"]
mod branch;
#[path = "../../../daemon/edge/store/src/commit.rs"]
mod commit;
#[path = "../../../daemon/edge/store/src/draft.rs"]
mod draft;
#[path = "../../../daemon/edge/store/src/feed.rs"]
mod feed;
#[path = "../../../daemon/edge/store/src/stream.rs"]
mod stream;
#[path = "../../../daemon/edge/store/src/tx.rs"]
#[expect(dead_code, reason = "what the engine in memory does not keep: about, and when it was committed")]
mod tx;
#[path = "../../../daemon/edge/store/src/usage.rs"]
mod usage;
#[path = "../../../daemon/edge/store/src/wanting.rs"]
mod wanting;

pub mod chance;
mod check;
mod drive;
mod error;
mod fault;
mod fold;
mod founding;
mod keys;
mod link;
pub mod many;
mod maul;
mod memory;
pub mod mutation;
mod node;
mod plan;
mod quiet;
mod replica;
mod review;
mod store;
mod traffic;
mod verdicts;
mod world;

pub use apply::{About, Applied, Arrival, FELL_BACK, Noted};
pub use draft::{Body, Draft, Guard, Make};
pub use error::Error;
pub use feed::{FeedPart, FeedState};
pub use plan::DESKS_FROM;
pub use store::Store;
pub use stream::Served;
pub use wanting::{Lacking, StoredWant};
pub use world::{Report, run};
