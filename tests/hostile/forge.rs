//! What a thief makes of the catalogs that he finds in a stolen journal: revisions that nobody wrote, and their approval.
//!
//! Invariant: what is made here is well formed down to the last digest; only who says it, and where, is a lie.

#![allow(dead_code, reason = "each attack uses its part")]

use anyhow::{Context as _, Result};
use gongkai_journal::{
    Entry,
    payload::{self, OnCatalog},
};
use gongkai_model::{
    digest::Digest,
    id::{CatalogId, ItemId},
    item::{CanonicalItem, Item},
    review::{Decision, Opinion, Submission, Target, Verdict},
    revision::{CanonicalHeader, Header, ItemBatch, Revision, RevisionBody, Slot, apply, split},
};

/// What the forged item is called.
pub(crate) const FORGED: &str = "FORGED BY A THIEF";

/// A submission with all that is known of it.
pub(crate) struct Forgery {
    pub(crate) catalog: CatalogId,
    pub(crate) submission: Submission,
    pub(crate) revision: Revision,
}

/// Reads a submission that carries its revision in full.
pub(crate) fn read(genuine: &Entry) -> Result<Forgery> {
    let bytes = genuine.payload.as_deref().context("its payload")?;
    let submission: Submission = payload::decode(&genuine.header.kind, bytes)?;
    let revision = apply(None, &[], &submission.body).ok().context("not in full")?;
    Ok(Forgery { catalog: submission.body.catalog.clone(), submission, revision })
}

impl Forgery {
    /// What would follow a genuine submission: the same catalog, its first item under another name.
    pub(crate) fn behind(genuine: &Entry, decisions: Vec<Digest>) -> Result<Self> {
        let Self { catalog, submission, mut revision } = read(genuine)?;
        let (id, slot) = revision.items.iter().next().context("an item")?;
        let (id, slot) = (id.clone(), slot.clone());
        let mut item: Item = serde_json::from_str(slot.item().as_json())?;
        item.content = FORGED.to_owned();
        let slot = Slot::new(slot.order, slot.serial.clone(), item.to_canonical());
        revision.parents = vec![submission.body.revision];
        revision.items.insert(id, slot);
        let submission =
            Submission { body: revision.full(), previous: Some(genuine.hash()), knows: decisions, ..submission };
        Ok(Self { catalog, submission, revision })
    }

    /// An approval of everything in it, as the entry `submission`, at one step.
    pub(crate) fn approval(&self, submission: Digest, step: u32) -> Vec<u8> {
        let items = self.revision.items.iter();
        let mut opinions: Vec<Opinion> =
            items.map(|(id, slot)| approved(Target::Item(id.clone()), slot.digest())).collect();
        opinions.push(approved(Target::Header, self.revision.header.digest()));
        let decision = Decision {
            submission,
            step,
            named: None,
            routing: self.submission.routing,
            verdict: Verdict::Approve,
            opinions,
            note: String::new(),
            outside: None,
        };
        payload::encode(&OnCatalog { catalog: self.catalog.clone(), act: decision })
    }
}

fn approved(target: Target, digest: Digest) -> Opinion {
    Opinion { target, digest, verdict: Verdict::Approve, text: String::new(), elements: Default::default() }
}

/// A revision of very many items that say next to nothing.
pub(crate) fn hollow(catalog: &CatalogId, items: usize) -> Revision {
    let item = Item { level1: "x".to_owned(), ..Item::default() }.to_canonical();
    let slot = |number: usize| Slot::new(u32::try_from(number).unwrap_or(0), String::new(), item.clone());
    let id = |number: usize| ItemId::parse(&format!("00000000-0000-4000-8000-{number:012x}")).unwrap();
    Revision {
        catalog: catalog.clone(),
        parents: Vec::new(),
        header: header(catalog),
        items: (0..items).map(|number| (id(number), slot(number))).collect(),
    }
}

fn header(catalog: &CatalogId) -> CanonicalHeader {
    Header { title: catalog.to_string(), ..Header::default() }.to_canonical()
}

/// The same with one item under another name: a delta of some hundred bytes.
pub(crate) fn touched(revision: &Revision, number: usize) -> Revision {
    let mut next = revision.clone();
    next.parents = vec![revision.digest()];
    let item: CanonicalItem = Item { level1: format!("x{number}"), ..Item::default() }.to_canonical();
    let first = next.items.keys().next().cloned();
    if let Some(id) = first {
        next.items.insert(id, Slot::new(0, String::new(), item));
    }
    next
}

/// The batches and the body of a revision in full.
pub(crate) fn in_parts(revision: &Revision) -> Result<(Vec<ItemBatch>, RevisionBody)> {
    split(revision.full(), 700_000).ok().context("it cannot be cut")
}
