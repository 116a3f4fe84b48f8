//! The entries that beliefs are folded from, kept in memory: each new key would have the whole lane read again.
//!
//! Invariant: holds what the store's trust lane holds of the kinds that are folded, in feed order, each with
//! its payload where that may have an effect; grows with the feed. Left out: what they mean (world).

use std::sync::Arc;

use gongkai_journal::{Entry, header::PAYLOAD_BYTES_MAX, kind::Kind};
use gongkai_store::Store;
use tokio::sync::Mutex;

use crate::Result;

/// The kinds that are folded, each with the longest payload that has an effect, in bytes: a certificate chain of five
/// levels has 8 KiB, and what stood when a division got its node as much as an order of custody names, 40 KiB; a word on
/// one has a reason; what names heads or holds a tree may fill an entry.
const KINDS: [(Kind, u64); 8] = [
    (Kind::TreePut, PAYLOAD_BYTES_MAX as u64),
    (Kind::TablePut, PAYLOAD_BYTES_MAX as u64),
    (Kind::CertPut, 64 * 1024),
    (Kind::AuthorityPut, 64 * 1024),
    (Kind::KeyRevoke, PAYLOAD_BYTES_MAX as u64),
    (Kind::CustodyPut, 64 * 1024),
    (Kind::CustodyAnswer, 16 * 1024),
    (Kind::IncarnationOpen, PAYLOAD_BYTES_MAX as u64),
];
/// Entries read at a time: at their longest 16 MiB.
const PAGE: usize = 16;

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct TrustLog(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    through: u64,
    entries: Arc<Vec<Entry>>,
}

impl TrustLog {
    /// Lets go of all: a payload has come or gone.
    pub(crate) async fn forget(&self) {
        *self.0.lock().await = Known::default();
    }

    /// All entries, after reading those that have come since.
    pub(crate) async fn read(&self, store: &Store) -> Result<Arc<Vec<Entry>>> {
        let mut known = self.0.lock().await;
        loop {
            let page = store.trust_entries(&KINDS, known.through, PAGE).await?;
            let Some(last) = page.last().map(|placed| placed.feed) else { return Ok(Arc::clone(&known.entries)) };
            known.through = last;
            Arc::make_mut(&mut known.entries).extend(page.into_iter().map(|placed| placed.entry));
        }
    }
}
