//! The entries that beliefs are folded from, kept in memory: each new key would have the whole lane read again.
//!
//! Invariant: holds what the store's trust lane holds of the kinds that are folded, in feed order, each with
//! its payload where that may have an effect; grows with the feed. What stands out of its place means nothing, whatever it
//! says, and is left out; of what is kept each payload is read once (`Entry::read`). Left out: what they mean (world).

use std::sync::Arc;

use gongkai_journal::{Entry, header::PAYLOAD_BYTES_MAX, kind::Kind, place};
use gongkai_model::id::DivisionId;
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
    pub(crate) async fn read(&self, store: &Store, root: &DivisionId) -> Result<Arc<Vec<Entry>>> {
        let mut known = self.0.lock().await;
        loop {
            let page = store.trust_entries(&KINDS, known.through, PAGE).await?;
            let Some(last) = page.last().map(|placed| placed.feed) else { return Ok(Arc::clone(&known.entries)) };
            known.through = last;
            let fresh = page.into_iter().map(|placed| placed.entry).filter(|entry| place::of(root, entry).is_none());
            Arc::make_mut(&mut known.entries).extend(fresh);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use gongkai_journal::{Reach, payload::TreePut, sign::Ed25519Signer};
    use gongkai_seeds::Seeds;
    use gongkai_store::Draft;

    use super::*;
    use crate::{Clock as _, Founding, SystemChance, SystemClock, found_root};

    /// What is read, counted: of the store each entry once, and of each payload one copy, however often it is folded.
    #[tokio::test]
    async fn a_key_that_comes_has_nothing_read_again_but_itself() {
        let dir = tempfile::tempdir().unwrap();
        let root = DivisionId::parse("211200").unwrap();
        let founding = Founding { division: &root, seeds: &Seeds::builtin() };
        found_root(dir.path(), founding, &SystemClock, &SystemChance).await.unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let (log, signer) = (TrustLog::default(), Ed25519Signer::from_seed(&[7; 32]).unwrap());
        let before = log.read(&store, &root).await.unwrap();
        let trees: Vec<_> = before.iter().filter_map(Entry::read::<TreePut>).collect();
        assert!(!trees.is_empty());
        let count = before.len();
        drop(before);
        let author = store.identity().author();
        for number in 1..=3 {
            let fresh = Draft::of(Kind::KeyRevoke, root.clone(), fresh_payload());
            // And one that is nobody's to fold: a revocation that goes no further than the node.
            let misplaced =
                Draft { reach: Reach::SelfOnly, ..Draft::of(Kind::KeyRevoke, root.clone(), fresh_payload()) };
            store.append(vec![fresh, misplaced], &author, &signer, SystemClock.now_ms()).await.unwrap();
            let now = log.read(&store, &root).await.unwrap();
            assert_eq!(now.len(), count + number, "what stands out of its place is left out");
            let again: Vec<_> = now.iter().filter_map(Entry::read::<TreePut>).collect();
            assert!(trees.iter().zip(&again).all(|(one, other)| Arc::ptr_eq(one, other)), "nothing is decoded twice");
        }
        store.close().await;
    }

    fn fresh_payload() -> Vec<u8> {
        br#"{"division":"211200"}"#.to_vec()
    }
}
