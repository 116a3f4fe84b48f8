//! What this version must read of others: the golden files under `tests/compat`, and entries that it does not understand.
//!
//! The golden files of a format are written once, by the version that brought it:
//! `cargo test -p gongkai-app --test compat -- --ignored make_the_golden_files` (it refuses to write over files that are
//! there). Every later version keeps them and these tests; one that changes a format adds a directory beside `v1`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod bed;
mod golden;
mod make;
#[path = "../bed/mod.rs"]
mod nodes;
mod relay;
