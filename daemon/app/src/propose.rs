//! Proposals: a reviewer suggests a wording, the owner takes it into his draft or says why not.
//!
//! Invariant: the catalog's content is written by its custodian alone; an accepted wording is a save of the clerk who
//! accepted it, with the proposal named as its source. A wording for an item that was edited since is never written
//! over the edit: it is a conflict for a person.
//! Left out: the rules of a proposal (model), merging a wording with an edit (conflicts).

mod error;

use std::sync::Arc;

use gongkai_journal::{
    Entry, EntryHash,
    kind::Kind,
    payload::{self, OnCatalog},
};
use gongkai_model::{
    digest::Digest,
    id::{CatalogId, ItemId},
    item::{CanonicalItem, edited},
    review::{
        Fate, Proposal, ProposalAct, ProposalAnswer, ProposalFact, ProposalState, Refusal, SubmissionState, proposals,
    },
    revision::{Revision, Slot},
};
use serde_json::value::RawValue;

pub use error::ProposalError;

use crate::{
    Action, App, Loaded, Operator, Result,
    act::Acting,
    acts::{Saved, about},
    catalog::node_operator,
    import::draft_body,
    named::unknown,
};

/// Longest words of a note or a reason, in characters.
const NOTE_CHARS_MAX: usize = 2_000;

/// What a reviewer proposes.
#[derive(Clone, Debug, Default)]
pub struct Suggestion {
    /// The submission that was read: its hash, the beginning of it, or its catalog for the current one.
    pub submission: String,
    /// The item: its id, serial or name.
    pub item: String,
    /// The element, by field or by its word in the official form.
    pub element: String,
    /// The suggested words.
    pub words: String,
    /// Why.
    pub note: String,
}

/// A proposal beside the item as it is now.
#[derive(Clone, Debug)]
pub struct Proposed {
    /// Which catalog.
    pub catalog: CatalogId,
    /// The proposal and its fate.
    pub state: ProposalState,
    /// The item as the reviewer read it.
    pub base: Option<CanonicalItem>,
    /// The item as it is now: in the owner's draft, elsewhere in the last submission; `None` where it is gone.
    pub current: Option<CanonicalItem>,
    /// The serial as printed.
    pub serial: String,
}

impl Proposed {
    /// Whether the item was edited since, so that base, proposal and present state are three different things.
    pub fn is_overtaken(&self) -> bool {
        let current = self.current.as_ref().map(CanonicalItem::digest);
        current != Some(self.state.digest) && current != Some(self.state.proposed.digest())
    }

    /// What became of it: `open`, `overtaken`, `accepted`, `declined`.
    pub fn word(&self) -> &'static str {
        match &self.state.fate {
            Fate::Open if self.is_overtaken() => "overtaken",
            fate => fate.word(),
        }
    }
}

impl Loaded {
    /// The proposals about the catalog, oldest first.
    pub fn proposals(&self) -> Vec<Proposed> {
        let digest_of =
            |revision: &Digest, item: &ItemId| Some(self.revisions.get(revision)?.items.get(item)?.digest());
        let facts = self.entries.iter().filter_map(|entry| proposal_fact(entry, &self.catalog));
        let found = proposals(&self.state, &digest_of, facts);
        let slot =
            |revision: Option<&Arc<Revision>>, item: &ItemId| -> Option<Slot> { revision?.items.get(item).cloned() };
        let shown = found.into_iter().map(|state| {
            let read = self.state.submission(&state.submission).and_then(|read| self.revisions.get(&read.revision));
            let base = slot(read, &state.item_id);
            let current = slot(self.working(), &state.item_id);
            Proposed {
                catalog: self.catalog.clone(),
                serial: current.as_ref().or(base.as_ref()).map(|slot| slot.serial.clone()).unwrap_or_default(),
                base: base.map(|slot| slot.item().clone()),
                current: current.map(|slot| slot.item().clone()),
                state,
            }
        });
        shown.collect()
    }
}

impl App {
    /// Suggests a wording for one element of an item under review.
    pub async fn propose(&self, operator: &Operator, said: Suggestion) -> Result<(Loaded, Digest)> {
        operator.may(Action::ReviewPropose)?;
        let (catalog, named) = self.submission_named(&said.submission).await?;
        let (acting, loaded) = self.begin_on(operator, Action::ReviewPropose, &catalog).await?;
        let submission = match &named {
            Some(hash) => loaded.state.submission(hash),
            None => loaded.state.head(),
        };
        let submission = submission.ok_or_else(|| loaded.lacks("submission", &said.submission))?;
        acting.require_reviewer(submission)?;
        let item_id = loaded.item_named(&said.item)?;
        let revision = loaded.revisions.get(&submission.revision);
        let slot = revision.and_then(|revision| revision.items.get(&item_id));
        let slot = slot.ok_or_else(|| loaded.lacks("item", &said.item))?;
        let world = self.world();
        let wording =
            edited(slot.item(), &said.element, &said.words, &world.vocabulary).map_err(ProposalError::from)?;
        let item = RawValue::from_string(wording.as_json().to_owned()).expect("canonical bytes are JSON");
        let note = said.note.chars().take(NOTE_CHARS_MAX).collect();
        let (submission, digest) = (submission.hash, slot.digest());
        let act = Proposal { catalog: catalog.clone(), submission, item_id, digest, item, note };
        let hash = acting.record_one(about(&catalog, None, Kind::Proposal, payload::encode(&act))).await?;
        Ok((self.load(&catalog).await?, hash))
    }

    /// Takes a proposal's wording into the draft; `true` where that was done before.
    pub async fn accept_proposal(&self, operator: &Operator, proposal: &str) -> Result<(Loaded, Digest, bool)> {
        operator.may(Action::CatalogAccept)?;
        let (catalog, hash) = self.entry_of_kind("proposal", Kind::Proposal, proposal).await?;
        let (acting, loaded) = self.begin_as_keeper(operator, Action::CatalogAccept, &catalog).await?;
        let found = find(&loaded, hash, proposal)?;
        match &found.state.fate {
            Fate::Accepted { .. } => return Ok((loaded, hash, true)),
            Fate::Declined { .. } => {
                return Err(ProposalError::Answered { proposal: hash, word: found.state.fate.word() }.into());
            }
            Fate::Open => {}
        }
        if found.is_overtaken() {
            return Err(ProposalError::Overtaken { item: found.state.item_id }.into());
        }
        let revision = acting.take_over(&loaded, &found).await?;
        let (reason, conflict) = (String::new(), String::new());
        let answer = ProposalAnswer { proposal: hash, is_accepted: true, revision: Some(revision), reason, conflict };
        acting.answer(&catalog, answer).await?;
        Ok((self.load(&catalog).await?, hash, false))
    }

    /// Says why a proposal is not taken; `true` where that was said before.
    pub async fn decline_proposal(
        &self,
        operator: &Operator,
        proposal: &str,
        reason: &str,
    ) -> Result<(Loaded, Digest, bool)> {
        operator.may(Action::CatalogDecline)?;
        let (catalog, hash) = self.entry_of_kind("proposal", Kind::Proposal, proposal).await?;
        let (acting, loaded) = self.begin_as_keeper(operator, Action::CatalogDecline, &catalog).await?;
        if reason.trim().is_empty() {
            return Err(Refusal::NoReason.into());
        }
        let found = find(&loaded, hash, proposal)?;
        match &found.state.fate {
            Fate::Declined { .. } => return Ok((loaded, hash, true)),
            Fate::Accepted { .. } => {
                return Err(ProposalError::Answered { proposal: hash, word: found.state.fate.word() }.into());
            }
            Fate::Open => {}
        }
        let reason = reason.trim().chars().take(NOTE_CHARS_MAX).collect();
        let answer =
            ProposalAnswer { proposal: hash, is_accepted: false, revision: None, reason, conflict: String::new() };
        acting.answer(&catalog, answer).await?;
        Ok((self.load(&catalog).await?, hash, false))
    }

    /// The submission that a text means, with its catalog; `None` for the catalog's current one.
    async fn submission_named(&self, text: &str) -> Result<(CatalogId, Option<EntryHash>)> {
        if text.contains('/') {
            return Ok((CatalogId::parse(text)?, None));
        }
        let (catalog, hash) = self.entry_of_kind("submission", Kind::Submission, text).await?;
        Ok((catalog, Some(hash)))
    }
}

impl Acting<'_> {
    /// Only a department that reviews the submission suggests wordings for it.
    fn require_reviewer(&self, submission: &SubmissionState) -> Result<()> {
        let me = self.actor().division;
        if submission.steps.iter().all(|step| step.division != me) {
            return Err(Refusal::NotReviewer(me).into());
        }
        self.require_department(&submission.steps)
    }

    /// Saves the draft with the wording, unless it holds it already; gives the revision.
    async fn take_over(&self, loaded: &Loaded, found: &Proposed) -> Result<Digest> {
        let working = loaded.working().ok_or_else(|| loaded.lacks("item", found.state.item_id.as_str()))?;
        let mut revision = Revision::clone(working);
        let item = &found.state.item_id;
        let slot = revision.items.get(item).ok_or_else(|| loaded.lacks("item", item.as_str()))?;
        if slot.digest() == found.state.proposed.digest() {
            return Ok(working.digest());
        }
        let slot = Slot::new(slot.order, slot.serial.clone(), found.state.proposed.clone());
        revision.items.insert(item.clone(), slot);
        if loaded.draft.is_none() {
            revision.parents = loaded.state.head().map(|head| vec![head.revision]).unwrap_or_default();
        }
        let saved = Saved {
            source: format!("proposal {} by {}", found.state.hash.short(), found.state.operator),
            reason: found.state.note.clone(),
            ..Saved::default()
        };
        let body = draft_body(loaded, &revision);
        self.record_draft(&loaded.catalog, body, saved).await?;
        Ok(revision.digest())
    }

    /// Records the owner's word on a proposal.
    pub(crate) async fn answer(&self, catalog: &CatalogId, act: ProposalAnswer) -> Result<Digest> {
        let payload = payload::encode(&OnCatalog { catalog: catalog.clone(), act });
        self.record_one(about(catalog, None, Kind::ProposalAnswer, payload)).await
    }
}

fn find(loaded: &Loaded, hash: Digest, text: &str) -> Result<Proposed> {
    let found = loaded.proposals().into_iter().find(|proposal| proposal.state.hash == hash);
    found.ok_or_else(|| unknown("proposal", text))
}

fn proposal_fact(entry: &Entry, catalog: &CatalogId) -> Option<ProposalFact> {
    let bytes = entry.payload.as_deref()?;
    let act = match entry.header.kind.known()? {
        Kind::Proposal => {
            let act: Proposal = payload::decode(&entry.header.kind, bytes).ok()?;
            (act.catalog == *catalog).then_some(ProposalAct::Propose(act))
        }
        Kind::ProposalAnswer => {
            let on: OnCatalog<ProposalAnswer> = payload::decode(&entry.header.kind, bytes).ok()?;
            (on.catalog == *catalog).then_some(ProposalAct::Answer(on.act))
        }
        _ => None,
    }?;
    let author = entry.header.stream.author.division.clone();
    let operator = entry.header.operator.clone().unwrap_or_else(|| node_operator(&author));
    Some(ProposalFact { hash: entry.hash(), author, operator, at_ms: entry.header.written_at_ms, act })
}
