//! Backup, restore, silent reverts and forks on real stores: what was lost comes back, and nothing is said twice.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod backups;
mod bed;
mod claims;
#[path = "../bed/mod.rs"]
mod nodes;
mod restores;
mod reverts;
