//! The end of a division's keys under a hold: its sessions end at once, what it signed is judged when heads were compared.
//!
//! Invariant: a revocation is never held. A held node lacks part of what it knew: heads that it named now would set aside
//! what it had acknowledged. So its first entry ends the key as that of a lost machine is ended, and the second one,
//! written when the hold ends, names the good heads. What is owed survives a restart.

use gongkai_journal::{
    Route,
    kind::Kind,
    payload::{self, GoodHead, KeyRevoke, RevocationPart},
};
use gongkai_model::{
    digest::Digest,
    id::{DivisionId, OperatorId},
};
use gongkai_store::Draft;
use gongkai_sync::want::Tip;
use serde::{Deserialize, Serialize};
use tracing::info;

use crate::{App, Result};

/// Heads in one entry of a revocation: with some 250 bytes each they fill half of the largest payload. What is more goes
/// on in the next entry: a head that is not named would be a past that is taken away.
const HEADS_IN_PART_MAX: usize = 2_000;
/// Where revocations are kept whose good heads are owed.
const OWED: &str = "revocations.owed";

/// A key that has ended, and whose good heads are still to be named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owed {
    pub(crate) division: DivisionId,
    pub(crate) key_id: String,
    pub(crate) reason: String,
    pub(crate) operator: OperatorId,
}

impl Owed {
    /// The entry that ends the key, and says nothing yet of what it signed.
    fn ending(&self) -> Draft {
        self.draft(Vec::new(), true, None)
    }

    /// The entries that end the key and say what of it counts: one, or as many as it takes to name every head.
    fn judging(&self, good: &[GoodHead]) -> Vec<Draft> {
        if good.len() <= HEADS_IN_PART_MAX {
            return vec![self.draft(good.to_vec(), false, None)];
        }
        let hashes: Vec<[u8; 33]> = good.iter().map(|head| head.hash.to_bytes()).collect();
        let hashes: Vec<&[u8]> = hashes.iter().map(<[u8; 33]>::as_slice).collect();
        let order = Digest::of("gongkai revocation v1", &hashes);
        let count = u32::try_from(good.len().div_ceil(HEADS_IN_PART_MAX)).unwrap_or(u32::MAX);
        let parts = (0..).zip(good.chunks(HEADS_IN_PART_MAX));
        parts
            .map(|(number, heads)| self.draft(heads.to_vec(), false, Some(RevocationPart { order, number, count })))
            .collect()
    }

    fn draft(&self, good: Vec<GoodHead>, is_retired: bool, part: Option<RevocationPart>) -> Draft {
        let Self { division, key_id, reason, operator } = self.clone();
        let revoke = KeyRevoke { division: division.clone(), key_id, good, reason, is_retired, part };
        let mut draft = Draft::of(Kind::KeyRevoke, division, payload::encode(&revoke));
        draft.operator = Some(operator);
        draft
    }
}

impl App {
    /// The entries that end keys now. Called under the acting lock.
    pub(crate) async fn revocations(&self, keys: Vec<Owed>) -> Result<Vec<Draft>> {
        if self.held().is_none() {
            return self.with_heads(keys).await;
        }
        let mut owed = self.owed().await?;
        owed.extend(keys.iter().cloned());
        self.put_owed(&owed).await?;
        Ok(keys.iter().map(Owed::ending).collect())
    }

    /// The second step of the revocations that were ordered under the hold that has just ended.
    pub(crate) async fn complete_revocations(&self) -> Result<()> {
        let owed = self.owed().await?;
        if owed.is_empty() {
            return Ok(());
        }
        let count = owed.len();
        let drafts = self.with_heads(owed).await?;
        self.record(drafts).await?;
        // Cut off in between they are named once more: of two for one key the stricter heads count, and these are equal.
        self.put_owed(&[]).await?;
        info!(count, "revocations were completed with the good heads");
        Ok(())
    }

    /// How many revocations wait for the end of the hold.
    pub(crate) async fn owed(&self) -> Result<Vec<Owed>> {
        let text = self.store().meta(OWED).await?.filter(|text| !text.is_empty());
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    async fn put_owed(&self, owed: &[Owed]) -> Result<()> {
        // Structs of texts: serialising them cannot fail.
        let text = serde_json::to_string(owed).unwrap_or_default();
        Ok(self.store().put_meta(OWED, &text).await?)
    }

    async fn with_heads(&self, keys: Vec<Owed>) -> Result<Vec<Draft>> {
        let mut drafts = Vec::with_capacity(keys.len());
        for key in keys {
            let good = self.good_heads(&key.division).await?;
            drafts.extend(key.judging(&good));
        }
        Ok(drafts)
    }

    /// The ends of a division's streams as they are held here.
    async fn good_heads(&self, division: &DivisionId) -> Result<Vec<GoodHead>> {
        let world = self.world();
        let heads = self.store().heads(&Route::of(world.tree(), &world.me)).await?;
        let of_it = heads.into_iter().filter(|head| head.stream.author.division == *division);
        // Of a forked stream each branch: nobody can tell here which one was written by whom.
        let good = of_it.flat_map(|head| {
            let good = |tip: Tip| GoodHead { stream: head.stream.clone(), seq: tip.seq, hash: tip.hash };
            head.tips.into_iter().map(good).collect::<Vec<_>>()
        });
        Ok(good.collect())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use gongkai_journal::{Author, Incarnation, Lane, Reach, StreamKey, header::PAYLOAD_BYTES_MAX};
    use gongkai_store::Body;

    use super::*;

    fn head(number: usize) -> GoodHead {
        let division = DivisionId::parse("211221101").unwrap();
        let mut life = [0; 16];
        life[..8].copy_from_slice(&number.to_be_bytes());
        let author = Author { division: division.clone(), incarnation: Incarnation::from_bytes(life) };
        let stream = StreamKey::new(author, division, Reach::Path, Lane::Work);
        GoodHead { stream, seq: u64::MAX, hash: Digest::of("head", &[&number.to_be_bytes()]) }
    }

    fn read(draft: &Draft) -> KeyRevoke {
        let bytes = match &draft.payload {
            Body::Bytes(bytes) => bytes.as_slice(),
            Body::Made(_) => &[],
        };
        assert!(bytes.len() < PAYLOAD_BYTES_MAX, "{} bytes", bytes.len());
        payload::decode("key.revoke", bytes).unwrap()
    }

    /// Whoever has a key makes as many streams as are taken of him: none of the honest ones may be left out for that.
    #[test]
    fn every_stream_is_named_over_as_many_entries_as_it_takes() {
        let owed = Owed {
            division: DivisionId::parse("211221101").unwrap(),
            key_id: "00".to_owned(),
            reason: "stolen".to_owned(),
            operator: OperatorId::parse("211221/admin").unwrap(),
        };
        for (count, entries) in [(0, 1), (1, 1), (HEADS_IN_PART_MAX, 1), (HEADS_IN_PART_MAX + 1, 2), (20_000, 10)] {
            let good: Vec<GoodHead> = (0..count).map(head).collect();
            let read: Vec<KeyRevoke> = owed.judging(&good).iter().map(read).collect();
            assert_eq!(read.len(), entries, "{count} heads");
            assert!(read.iter().all(|part| !part.is_retired), "the key is revoked by each");
            assert_eq!(read.iter().flat_map(|part| part.good.clone()).collect::<Vec<_>>(), good);
            let parts: Vec<_> = read.iter().filter_map(|part| part.part.clone()).collect();
            assert_eq!(
                parts.len(),
                if entries == 1 { 0 } else { entries },
                "a short order is written as it always was"
            );
            assert!(parts.iter().all(|part| part.order == parts[0].order && part.count as usize == entries));
            assert!(parts.iter().enumerate().all(|(place, part)| part.number as usize == place));
        }
    }
}
