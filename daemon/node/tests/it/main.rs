//! Real daemons over real TLS and real sockets, on free ports and in temporary directories.
//!
//! Invariant: nothing sleeps but the short polls inside `eventually`; every wait has a bound.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod admin;
mod broken;
mod catalogs;
mod conflicts;
mod desk;
mod enrolment;
mod explain;
mod harness;
mod liars;
mod main_job;
mod names;
mod permits;
mod port;
mod proxy;
mod races;
mod recovery;
mod refusals;
mod rights;
mod routing;
mod sessions;
mod sources;
mod standards;
mod work_items;
