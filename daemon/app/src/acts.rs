//! From an act to the drafts that say it, and what the node appends while it works through its feed.
//!
//! Invariant: a payload that is larger than an entry goes ahead in batches of the same append. Called while nothing
//! else acts. Left out: who may act, and in whose name it is recorded (act).

use gongkai_journal::{
    Entry, EntryHash,
    carry::Carriage,
    header::PAYLOAD_BYTES_MAX,
    kind::Kind,
    payload::{self, OnCatalog},
};
use gongkai_model::{
    id::{CatalogId, OperatorId},
    review::{Act, Receipt},
    revision::{ItemBatch, RevisionBody, split},
};
use gongkai_store::{Body, Draft};
use serde::Serialize;

use crate::{App, Result};

/// Payload size at which a revision is cut into batches: a quarter of the protocol's limit, so that a broken link
/// loses little and a progress bar moves.
pub(crate) const PART_BYTES_TARGET: usize = PAYLOAD_BYTES_MAX / 4;

/// What a clerk's save says of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Saved {
    /// Where the content came from.
    pub(crate) source: String,
    /// Why the catalog changes.
    pub(crate) reason: String,
    /// The legal basis of the change.
    pub(crate) basis_of_change: String,
}

impl From<(String, String)> for Saved {
    fn from((source, reason): (String, String)) -> Self {
        Self { source, reason, ..Self::default() }
    }
}

impl From<String> for Saved {
    fn from(source: String) -> Self {
        Self { source, ..Self::default() }
    }
}

impl App {
    /// Commits drafts and everything that follows from them.
    pub(crate) async fn record(&self, drafts: Vec<Draft>) -> Result<Vec<Entry>> {
        let entries = self.append(drafts).await?;
        self.catch_up().await?;
        Ok(entries)
    }

    /// Commits drafts only; the caller is in the middle of working through the feed and will come to them.
    pub(crate) async fn append(&self, drafts: Vec<Draft>) -> Result<Vec<Entry>> {
        let author = self.store().identity().author();
        Ok(self.store().append(drafts, &author, self.inner.signer.as_ref(), self.now_ms()).await?)
    }

    /// Commits at the root what moved divisions lack of the keys of those above whom they stood; see [`App::append`].
    /// What a peer says that this node has repeated before waits until it has shown it or has not.
    pub(crate) async fn carry_keys(&self) -> Result<()> {
        let world = self.world();
        if world.missing.is_empty() || self.held().is_some() {
            return Ok(());
        }
        let repeat = |it: &Carriage| Draft::of(it.kind, it.about.clone(), it.payload.clone());
        let mut drafts = Vec::with_capacity(world.missing.len());
        for it in &world.missing {
            if !self.is_claimed(&it.about).await? {
                drafts.push(repeat(it));
            }
        }
        if !drafts.is_empty() {
            self.append(drafts).await?;
        }
        Ok(())
    }

    /// Commits a receipt; see [`App::append`].
    pub(crate) async fn append_receipt(
        &self,
        catalog: &CatalogId,
        operator: OperatorId,
        receipt: Receipt,
    ) -> Result<()> {
        let payload = encode_on(catalog.clone(), receipt);
        self.append(vec![about(catalog, Some(operator), Kind::Receipt, payload)]).await?;
        Ok(())
    }
}

pub(crate) fn encode_on<T: Serialize>(catalog: CatalogId, act: T) -> Vec<u8> {
    payload::encode(&OnCatalog { catalog, act })
}

pub(crate) fn about(catalog: &CatalogId, operator: Option<OperatorId>, kind: Kind, payload: Vec<u8>) -> Draft {
    let mut draft = Draft::of(kind, catalog.division.clone(), payload);
    draft.operator = operator;
    draft.about = Some(catalog.to_string());
    draft
}

pub(crate) fn last_of(entries: &[Entry]) -> EntryHash {
    entries.last().map(Entry::hash).expect("at least one draft was recorded")
}

pub(crate) fn drafts_of(catalog: &CatalogId, operator: &OperatorId, act: Act) -> Result<Vec<Draft>> {
    let draft = |kind, payload| about(catalog, Some(operator.clone()), kind, payload);
    Ok(match act {
        Act::Submission { submission, parts: _ } => {
            let (batches, body) = split(submission.body.clone(), PART_BYTES_TARGET)?;
            let make =
                move |body: RevisionBody| payload::encode(&gongkai_model::review::Submission { body, ..submission });
            in_parts(catalog, operator, batches, body, Kind::Submission, make)
        }
        Act::Withdrawal(act) => vec![draft(Kind::Withdrawal, encode_on(catalog.clone(), act))],
        Act::Receipt(act) => vec![draft(Kind::Receipt, encode_on(catalog.clone(), act))],
        Act::Decision(act) => vec![draft(Kind::Decision, encode_on(catalog.clone(), act))],
        Act::Revocation(act) => vec![draft(Kind::Revocation, encode_on(catalog.clone(), act))],
        Act::Reroute(act) => vec![draft(Kind::Reroute, encode_on(catalog.clone(), act))],
    })
}

/// Batches first, then the entry that names them by hash.
pub(crate) fn in_parts(
    catalog: &CatalogId,
    operator: &OperatorId,
    batches: Vec<ItemBatch>,
    body: RevisionBody,
    kind: Kind,
    make: impl FnOnce(RevisionBody) -> Vec<u8> + Send + 'static,
) -> Vec<Draft> {
    let count = batches.len();
    let mut drafts: Vec<Draft> = batches
        .iter()
        .map(|batch| about(catalog, Some(operator.clone()), Kind::ItemBatch, payload::encode(batch)))
        .collect();
    let mut last = about(catalog, Some(operator.clone()), kind, Vec::new());
    last.payload = Body::Made(Box::new(move |earlier: &[EntryHash]| {
        // The batches stand directly before it, whatever else goes before them.
        make(RevisionBody { parts: earlier[earlier.len() - count..].to_vec(), ..body })
    }));
    drafts.push(last);
    drafts
}
