//! What this version must carry for others: entries that it does not understand, and peers of other versions.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod bed;
mod relay;
