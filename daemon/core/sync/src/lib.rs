//! Replication between a child and its parent: one sans-IO engine, `step(event, now) -> effects`.
//!
//! Pure zone. Invariant: a position means "everything up to here is stored or wanted". Carriers (edge/link) move
//! messages and decide nothing; the store (edge/store) commits what [`admit`] decides, in one transaction.

pub mod admit;
pub mod allowance;
pub mod bundle;
pub mod message;
pub mod pace;
pub mod plan;
pub mod position;
pub mod retry;
pub mod rewind;
pub mod schedule;
pub mod session;
pub mod standing;
pub mod version;
pub mod want;
pub mod window;
