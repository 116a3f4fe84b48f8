//! Editions on a real store and real directories: made, repeated, cut off at every point, and looked at afterwards.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod after;
mod bed;
mod check;
mod crash;
mod edition;
mod erasure;
mod files;
mod people;
mod sign_offs;
