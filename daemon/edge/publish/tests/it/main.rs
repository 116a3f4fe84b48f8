//! The publish suite: real directories, real signatures, one binary.
//!
//! Invariant: tests use the public functions only; whatever they change, they change in their own temporary directory.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod commit;
mod incremental;
mod pages;
mod sample;
mod support;
mod verify;
