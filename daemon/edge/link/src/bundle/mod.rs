//! Bundles as files: an outside that is signed, and messages as on a link.
//!
//! Invariant: no message of a bundle is handed out before the whole file was checked against its outside; a file under
//! its final name is whole. Everything in a file is hostile until read: lengths are bounded before anything is
//! allocated. Left out: whose key it is (app), and what the messages mean (sync).

mod error;
mod outside;
mod reader;
mod writer;

pub use error::BundleError;
pub use reader::BundleReader;
pub use writer::{BundleWriter, Seal};

/// The first bytes of every bundle, with the number of the format.
pub(crate) const MAGIC: &[u8; 8] = b"GKBUNDL1";
/// Bytes of a length.
pub(crate) const LENGTH_BYTES: usize = 4;
/// Longest outside: 64 receipts and two positions take 3 KiB.
pub const OUTSIDE_BYTES_MAX: usize = 64 * 1024;
/// Longest file: a nation's catalogs take about one GiB, and a stick holds it.
pub const BUNDLE_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
/// Most messages: a full file of the shortest batches that a speaker would write.
pub const MESSAGES_MAX: u64 = 4_000_000;
/// The label of the body's digest.
pub(crate) const BODY_LABEL: &str = "gongkai bundle body v1";
