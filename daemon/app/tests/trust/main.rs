//! What an enrolled node can and cannot make others believe: entries signed by its own key that say more than it may.
//!
//! Invariant: nothing is refused that an honest relay would carry: what is void is stored and relayed, and named.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

#[path = "../bed/mod.rs"]
mod bed;
mod certs;
mod place;
mod revoked;
