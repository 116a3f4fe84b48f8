//! The end of a division's keys under a hold: its sessions end at once, what it signed is judged when heads were compared.
//!
//! Invariant: a revocation is never held. A held node lacks part of what it knew: heads that it named now would set aside
//! what it had acknowledged. So its first entry ends the key as that of a lost machine is ended, and the second one,
//! written when the hold ends, names the good heads. What is owed survives a restart.

use gongkai_journal::{
    Route,
    kind::Kind,
    payload::{self, GoodHead, KeyRevoke},
};
use gongkai_model::id::{DivisionId, OperatorId};
use gongkai_store::Draft;
use gongkai_sync::want::Tip;
use serde::{Deserialize, Serialize};
use tracing::info;

use crate::{App, Result};

/// Streams of one division named in a revocation: with some 250 bytes each they fill half of the largest payload.
const HEADS_MAX: usize = 2_000;
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
    /// The entry that ends the key, and with heads says what of it counts.
    fn draft(self, good: Option<Vec<GoodHead>>) -> Draft {
        let Self { division, key_id, reason, operator } = self;
        let is_retired = good.is_none();
        let good = good.unwrap_or_default();
        let revoke = KeyRevoke { division: division.clone(), key_id, good, reason, is_retired };
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
        Ok(keys.into_iter().map(|key| key.draft(None)).collect())
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
            drafts.push(key.draft(Some(good)));
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
        Ok(good.take(HEADS_MAX).collect())
    }
}
