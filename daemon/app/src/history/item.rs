//! The history of one item across revisions: who changed what and why, who said what of it, which edition took it.
//!
//! Invariant: one event an entry that concerns the item, in the order of this node's feed; a submission that leaves
//! the item as it was is no event. States are those of submitted revisions, and of the draft at its own node.

use std::collections::BTreeMap;

use gongkai_journal::{
    Entry, EntryHash,
    kind::Kind,
    payload::{self, OnCatalog},
};
use gongkai_model::{
    diff::{self, ItemDifference},
    digest::Digest,
    id::{CatalogId, Day, DivisionId, ItemId, OperatorId},
    review::{Decision, Fate, Opinion, SubmissionState, Target, Verdict},
    revision::Slot,
};
use gongkai_store::LogFilter;

use crate::{App, Loaded, Proposed, Result};

/// One event of one item.
#[derive(Clone, Debug)]
pub struct ItemEvent {
    /// Its place in this node's feed; the draft, which has none yet for others, comes last.
    pub offset: u64,
    /// The author's wall time, unix milliseconds.
    pub at_ms: i64,
    /// `added`, `changed`, `removed`, `draft`, `approve`, `return`, `revoke`, `proposal`, `accepted`, `declined`,
    /// `edition`.
    pub kind: &'static str,
    /// The entry.
    pub entry: EntryHash,
    /// The revision.
    pub revision: Option<Digest>,
    /// Whose node wrote it.
    pub division: DivisionId,
    /// On whose word.
    pub operator: Option<OperatorId>,
    /// Why the catalog changed.
    pub reason: String,
    /// The legal basis of the change.
    pub basis_of_change: String,
    /// First day on which the change is meant to hold.
    pub effective_from: Option<Day>,
    /// The reviewer's words.
    pub opinion: String,
    /// The step of a decision, from 0.
    pub step: Option<u32>,
    /// The edition's number; 0 elsewhere.
    pub edition: u64,
    /// Against the item as it stood before.
    pub difference: Option<ItemDifference>,
}

/// An item and what happened to it.
#[derive(Clone, Debug)]
pub struct ItemHistory {
    /// The item.
    pub item: ItemId,
    /// Its name as it is now, or as it last was.
    pub name: String,
    /// Oldest first.
    pub events: Vec<ItemEvent>,
}

impl App {
    /// What happened to one item of a catalog, as far as this node knows.
    pub async fn item_history(&self, catalog: &CatalogId, item: &str) -> Result<ItemHistory> {
        let loaded = self.load_known(catalog).await?;
        let item = loaded.item_named(item)?;
        let filter = LogFilter { about: Some(catalog.to_string()), ..LogFilter::default() };
        let rows = self.store().log(&filter).await?;
        let offsets: BTreeMap<EntryHash, u64> = rows.into_iter().map(|row| (row.hash, row.feed)).collect();
        let sight = Sight { loaded: &loaded, item: &item, offsets: &offsets };
        let mut events: Vec<ItemEvent> =
            loaded.state.submissions.iter().filter_map(|one| sight.submitted(one)).collect();
        events.extend(loaded.entries.iter().filter_map(|entry| sight.said(entry)));
        events.extend(
            loaded.proposals().into_iter().filter(|one| one.state.item_id == item).flat_map(|one| sight.proposed(one)),
        );
        events.extend(sight.draft());
        events.extend(self.item_in_editions(&loaded, &item).await?);
        events.sort_by_key(|event| (event.offset, event.at_ms));
        Ok(ItemHistory { name: sight.name(), item, events })
    }

    /// Editions that took the item in another state than the edition before.
    async fn item_in_editions(&self, loaded: &Loaded, item: &ItemId) -> Result<Vec<ItemEvent>> {
        let mut taken: Option<Digest> = None;
        let mut events = Vec::new();
        for (number, edition) in self.series().await? {
            let contents = self.contents(number, None).await?.unwrap_or_default();
            let revision = contents.get(&loaded.catalog).map(|(revision, _)| *revision);
            let state =
                revision.and_then(|revision| loaded.revisions.get(&revision)?.items.get(item).map(Slot::digest));
            if state == taken {
                continue;
            }
            taken = state;
            let Some(entry) = self.store().entry(&edition.hash).await? else { continue };
            let mut event = outline(&entry, "edition", edition.feed);
            (event.edition, event.revision) = (number, revision);
            if let Some(alias) = &edition.operator {
                event.operator = Some(self.operator_behind(alias).await?);
            }
            events.push(event);
        }
        Ok(events)
    }
}

struct Sight<'l> {
    loaded: &'l Loaded,
    item: &'l ItemId,
    offsets: &'l BTreeMap<EntryHash, u64>,
}

impl Sight<'_> {
    fn slot(&self, revision: &Digest) -> Option<&Slot> {
        self.loaded.revisions.get(revision)?.items.get(self.item)
    }

    fn entry(&self, hash: &EntryHash) -> Option<&Entry> {
        self.loaded.entries.iter().map(AsRef::as_ref).find(|entry: &&Entry| entry.hash() == *hash)
    }

    fn outline(&self, entry: &Entry, kind: &'static str) -> ItemEvent {
        outline(entry, kind, self.offsets.get(&entry.hash()).copied().unwrap_or(0))
    }

    fn name(&self) -> String {
        let newest = self.loaded.state.submissions.iter().rev().filter_map(|one| self.slot(&one.revision));
        let draft = self.loaded.draft.as_ref().and_then(|draft| draft.revision.items.get(self.item));
        draft.into_iter().chain(newest).next().map(|slot| slot.item().decode().name().to_owned()).unwrap_or_default()
    }

    /// What a submission made of the item, if it made anything of it.
    fn submitted(&self, submission: &SubmissionState) -> Option<ItemEvent> {
        let previous = submission.previous.and_then(|hash| self.loaded.state.submission(&hash));
        let before = previous.and_then(|previous| self.slot(&previous.revision));
        let after = self.slot(&submission.revision);
        if before.map(Slot::digest) == after.map(Slot::digest) {
            return None;
        }
        let kind = match (before, after) {
            (None, _) => "added",
            (Some(_), None) => "removed",
            (Some(_), Some(_)) => "changed",
        };
        let mut event = self.outline(self.entry(&submission.hash)?, kind);
        event.revision = Some(submission.revision);
        event.operator = Some(submission.operator.clone());
        event.reason.clone_from(&submission.reason);
        event.basis_of_change.clone_from(&submission.basis_of_change);
        event.effective_from.clone_from(&submission.effective_from);
        event.difference = diff::item_of(self.item, before, after);
        Some(event)
    }

    /// What a decision says of the item; a word on the whole is told where the item was among what was asked.
    fn said(&self, entry: &Entry) -> Option<ItemEvent> {
        if entry.header.kind != Kind::Decision {
            return None;
        }
        let on: OnCatalog<Decision> = payload::decode(&entry.header.kind, entry.payload.as_deref()?).ok()?;
        let decision = on.act;
        let is_his = |opinion: &&Opinion| match &opinion.target {
            Target::Item(id) | Target::Removal(id) => id == self.item,
            Target::Header => false,
        };
        let opinion = decision.opinions.iter().find(is_his)?;
        let submission = self.loaded.state.submission(&decision.submission)?;
        let state = submission.decisions.iter().find(|made| made.hash == entry.hash())?;
        let kind = match opinion.verdict {
            _ if state.revoked_by.is_some() => "revoke",
            Verdict::Approve => "approve",
            Verdict::Return => "return",
        };
        let mut event = self.outline(entry, kind);
        event.revision = Some(submission.revision);
        event.step = state.step;
        event.opinion = if opinion.text.trim().is_empty() { decision.note } else { opinion.text.clone() };
        Some(event)
    }

    fn proposed(&self, one: Proposed) -> Vec<ItemEvent> {
        let mut events = Vec::new();
        let slot = |item| Slot::new(0, one.serial.clone(), item);
        if let Some(entry) = self.entry(&one.state.hash) {
            let mut event = self.outline(entry, "proposal");
            let before = one.base.clone().map(slot);
            event.difference = diff::item_of(self.item, before.as_ref(), Some(&slot(one.state.proposed.clone())));
            event.opinion.clone_from(&one.state.note);
            events.push(event);
        }
        let (kind, by, revision) = match one.state.fate {
            Fate::Open => return events,
            Fate::Accepted { by, revision } => ("accepted", by, revision),
            Fate::Declined { by } => ("declined", by, None),
        };
        if let Some(entry) = self.entry(&by.hash) {
            let mut event = self.outline(entry, kind);
            (event.revision, event.opinion) = (revision, by.reason);
            events.push(event);
        }
        events
    }

    fn draft(&self) -> Option<ItemEvent> {
        let draft = self.loaded.draft.as_ref()?;
        let before = self.loaded.head_revision().and_then(|head| head.items.get(self.item));
        let after = draft.revision.items.get(self.item);
        let difference = diff::item_of(self.item, before, after)?;
        let mut event = self.outline(self.entry(&draft.hash)?, "draft");
        event.revision = Some(draft.revision.digest());
        (event.reason, event.basis_of_change) = (draft.reason.clone(), draft.basis_of_change.clone());
        event.difference = Some(difference);
        Some(event)
    }
}

fn outline(entry: &Entry, kind: &'static str, offset: u64) -> ItemEvent {
    ItemEvent {
        offset,
        at_ms: entry.header.written_at_ms,
        kind,
        entry: entry.hash(),
        revision: None,
        division: entry.header.stream.author.division.clone(),
        operator: entry.header.operator.clone(),
        reason: String::new(),
        basis_of_change: String::new(),
        effective_from: None,
        opinion: String::new(),
        step: None,
        edition: 0,
        difference: None,
    }
}
