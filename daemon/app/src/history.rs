//! The history of one catalog: saves, submissions, receipts, decisions, revocations, and the editions that took it.
//!
//! Invariant: one event an entry, in the order of this node's feed; an entry without effect is shown as `void` or
//! `waiting` with the reason. Editions are known by content only on the node that made them.

mod item;

use std::collections::BTreeMap;

use gongkai_journal::{
    Entry, EntryHash,
    kind::Kind,
    payload::{self, DraftSave, OnCatalog},
};
use gongkai_model::{
    check::{HEADER, WaiverAct},
    conflict::Settlement,
    digest::Digest,
    id::{CatalogId, DivisionId, OperatorId},
    review::{
        Decision, DecisionEffect, DecisionState, Proposal, ProposalAnswer, Receipt, Reroute, Revocation,
        SubmissionState, Target, Verdict, Withdrawal,
    },
    standard::StandardOffer,
};
use gongkai_store::LogFilter;

pub use item::{ItemEvent, ItemHistory};

use crate::{
    App, Loaded, Result, Summary,
    audit::{revision, summary},
};

/// One event of a catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogEvent {
    /// Its number in this node's feed.
    pub offset: u64,
    /// The author's wall time, unix milliseconds.
    pub at_ms: i64,
    /// `revision` (a save), `submission`, `receipt`, `decision`, `withdrawal`, `revocation`, `waiver`, `proposal`,
    /// `proposal-answer`, `edition`.
    pub kind: &'static str,
    /// The entry's hash.
    pub entry: EntryHash,
    /// The revision that it is about.
    pub revision: Option<Digest>,
    /// The node that wrote it.
    pub division: DivisionId,
    /// Who acted; `None` for the node itself.
    pub operator: Option<OperatorId>,
    /// `approve`, `return`, `revoke`; empty elsewhere.
    pub verdict: &'static str,
    /// The reviewer's words, or the reason given.
    pub opinion: String,
    /// Items of the revision; of a save those that it wrote.
    pub items: u32,
    /// The edition's number; 0 elsewhere.
    pub edition: u64,
    /// What it says.
    pub summary: Summary,
    /// What became of it: a submission's status, a decision's effect, `draft`, `void`, `waiting`; empty where
    /// nothing can.
    pub state: String,
    /// Of a decision that came too late (`stale`): what of it holds for the submission that followed, by name.
    pub carried: Vec<String>,
    /// Of such a decision: what went back to review.
    pub lapsed: Vec<String>,
}

impl App {
    /// What happened to a catalog as far as this node knows, oldest first.
    pub async fn history(&self, catalog: &CatalogId) -> Result<Vec<CatalogEvent>> {
        let loaded = self.load_known(catalog).await?;
        let filter = LogFilter { about: Some(catalog.to_string()), ..LogFilter::default() };
        let rows = self.store().log(&filter).await?;
        let offsets: BTreeMap<EntryHash, u64> = rows.into_iter().map(|row| (row.hash, row.feed)).collect();
        let mut events: Vec<CatalogEvent> = Vec::new();
        for entry in &loaded.entries {
            let mut event = outline(entry, offsets.get(&entry.hash()).copied().unwrap_or(0));
            if fill(&mut event, entry, &loaded).is_some() {
                events.push(event);
            }
        }
        events.extend(self.edition_events(catalog).await?);
        events.sort_by_key(|event| event.offset);
        Ok(events)
    }

    async fn edition_events(&self, catalog: &CatalogId) -> Result<Vec<CatalogEvent>> {
        let mut events = Vec::new();
        for (number, edition) in self.series().await? {
            let contents = self.contents(number, None).await?.unwrap_or_default();
            let Some((revision, items)) = contents.get(catalog).copied() else { continue };
            let Some(entry) = self.store().entry(&edition.hash).await? else { continue };
            let mut event = outline(&entry, edition.feed);
            (event.kind, event.edition) = ("edition", number);
            (event.revision, event.items) = (Some(revision), items);
            if let Some(alias) = &edition.operator {
                event.operator = Some(self.operator_behind(alias).await?);
            }
            events.push(event);
        }
        Ok(events)
    }
}

/// What the header alone tells.
fn outline(entry: &Entry, offset: u64) -> CatalogEvent {
    CatalogEvent {
        offset,
        at_ms: entry.header.written_at_ms,
        kind: "",
        entry: entry.hash(),
        revision: revision(entry),
        division: entry.header.stream.author.division.clone(),
        operator: entry.header.operator.clone(),
        verdict: "",
        opinion: String::new(),
        items: 0,
        edition: 0,
        summary: summary(&entry.header.kind, entry.payload.as_deref()),
        state: String::new(),
        carried: Vec::new(),
        lapsed: Vec::new(),
    }
}

/// Adds what the fold made of the entry; `None` for entries that are no event.
fn fill(event: &mut CatalogEvent, entry: &Entry, loaded: &Loaded) -> Option<()> {
    match entry.header.kind.known()? {
        Kind::DraftSave => fill_save(event, entry),
        Kind::Submission => fill_submission(event, loaded),
        Kind::Receipt => {
            event.kind = "receipt";
            about(event, loaded, act::<Receipt>(entry).map(|act| act.submission));
        }
        Kind::Withdrawal => {
            event.kind = "withdrawal";
            let withdrawal = act::<Withdrawal>(entry);
            about(event, loaded, withdrawal.as_ref().map(|act| act.submission));
            event.opinion = withdrawal.map(|act| act.reason).unwrap_or_default();
        }
        Kind::Decision => fill_decision(event, entry, loaded),
        Kind::Revocation => fill_revocation(event, entry, loaded),
        Kind::Reroute => {
            event.kind = "reroute";
            let reroute = act::<Reroute>(entry);
            about(event, loaded, reroute.as_ref().map(|act| act.submission));
            event.opinion = reroute.map(|act| act.reason).unwrap_or_default();
        }
        Kind::StandardOffer => {
            event.kind = "offer";
            let offer: Option<StandardOffer> =
                entry.payload.as_deref().and_then(|bytes| payload::decode(&entry.header.kind, bytes).ok());
            about(event, loaded, offer.as_ref().map(|offer| offer.submission));
            event.opinion = offer.map(|offer| offer.note).unwrap_or_default();
        }
        Kind::Waiver => fill_waiver(event, entry, loaded),
        Kind::Proposal => {
            event.kind = "proposal";
            let bytes = entry.payload.as_deref();
            let proposal = bytes.and_then(|bytes| payload::decode::<Proposal>(&entry.header.kind, bytes).ok());
            about(event, loaded, proposal.as_ref().map(|proposal| proposal.submission));
            event.opinion = proposal.map(|proposal| proposal.note).unwrap_or_default();
        }
        Kind::ProposalAnswer => {
            event.kind = "proposal-answer";
            let answer = act::<ProposalAnswer>(entry);
            event.state = match &answer {
                Some(answer) if answer.is_accepted => "accepted".to_owned(),
                Some(_) | None => "declined".to_owned(),
            };
            event.opinion = answer.map(|answer| answer.reason).unwrap_or_default();
        }
        Kind::Settlement => {
            event.kind = "settlement";
            let settlement = act::<Settlement>(entry);
            event.state = settlement.as_ref().map_or("", |settlement| settlement.keeper.word()).to_owned();
            event.opinion = settlement.map(|settlement| settlement.reason).unwrap_or_default();
        }
        // Any other kind is no event of a catalog.
        _ => return None,
    }
    if let Some(void) = loaded.state.void.iter().find(|void| void.hash == event.entry) {
        (event.state, event.opinion) = ("void".to_owned(), void.reason.to_string());
    } else if loaded.state.waiting.iter().any(|waiting| waiting.hash == event.entry) {
        event.state = "waiting".to_owned();
    }
    Some(())
}

fn act<T: serde::de::DeserializeOwned>(entry: &Entry) -> Option<T> {
    let on: OnCatalog<T> = payload::decode(&entry.header.kind, entry.payload.as_deref()?).ok()?;
    Some(on.act)
}

/// Takes revision and items from the submission that an event names.
fn about(event: &mut CatalogEvent, loaded: &Loaded, submission: Option<Digest>) {
    let named = submission.and_then(|hash| loaded.state.submission(&hash));
    event.revision = named.map(|submission| submission.revision);
    event.items = named.map_or(0, |submission| submission.items);
}

fn fill_save(event: &mut CatalogEvent, entry: &Entry) {
    (event.kind, event.state) = ("revision", "draft".to_owned());
    let save = entry.payload.as_deref().and_then(|bytes| payload::decode::<DraftSave>(&entry.header.kind, bytes).ok());
    event.items = save.as_ref().map_or(0, |save| u32::try_from(save.body.puts.len()).unwrap_or(u32::MAX));
    event.opinion = save.map(|save| save.reason).unwrap_or_default();
}

/// A finding overruled, or that taken back; one that stands no more (`withdrawn`) or never did (`void`) says so.
fn fill_waiver(event: &mut CatalogEvent, entry: &Entry, loaded: &Loaded) {
    event.kind = "waiver";
    event.state = match act::<WaiverAct>(entry) {
        Some(WaiverAct::Waive(waiver)) => {
            event.opinion = waiver.reason;
            let is_standing = loaded.waivers.iter().any(|standing| standing.hash == event.entry);
            if is_standing { "" } else { "withdrawn" }.to_owned()
        }
        Some(WaiverAct::Recall { reason, .. }) => {
            event.opinion = reason;
            String::new()
        }
        None => "void".to_owned(),
    };
}

fn fill_submission(event: &mut CatalogEvent, loaded: &Loaded) {
    event.kind = "submission";
    about(event, loaded, Some(event.entry));
    if let Some(submission) = loaded.state.submission(&event.entry) {
        event.state = submission.status.word().to_owned();
        event.opinion.clone_from(&submission.reason);
    }
}

fn fill_decision(event: &mut CatalogEvent, entry: &Entry, loaded: &Loaded) {
    event.kind = "decision";
    let decision = act::<Decision>(entry);
    about(event, loaded, decision.as_ref().map(|decision| decision.submission));
    event.verdict = decision.as_ref().map_or("", |decision| verdict_word(decision.verdict));
    event.opinion = decision.map(|decision| words(&decision)).unwrap_or_default();
    if let Some((submission, state)) = decision_of(loaded, &event.entry) {
        event.state = effect_word(state.effect).to_owned();
        event.carried = names(loaded, submission, &state.carried);
        event.lapsed = names(loaded, submission, &state.lapsed);
    }
}

/// Elements as a person knows them: an item by its name, the header by the word that commands take for it.
fn names(loaded: &Loaded, submission: &SubmissionState, targets: &[Target]) -> Vec<String> {
    let revisions = loaded.state.submissions.iter().rev().map(|known| &known.revision);
    let revisions: Vec<&Digest> = [&submission.revision].into_iter().chain(revisions).collect();
    let name = |target: &Target| match target {
        Target::Header => HEADER.to_owned(),
        Target::Item(id) | Target::Removal(id) => {
            let slot = revisions.iter().find_map(|revision| loaded.revisions.get(*revision)?.items.get(id));
            slot.map_or_else(|| id.to_string(), |slot| slot.item().decode().name().to_owned())
        }
    };
    targets.iter().map(name).collect()
}

fn fill_revocation(event: &mut CatalogEvent, entry: &Entry, loaded: &Loaded) {
    (event.kind, event.verdict) = ("revocation", "revoke");
    let revocation = act::<Revocation>(entry);
    let decision = revocation.as_ref().and_then(|revocation| decision_of(loaded, &revocation.decision));
    about(event, loaded, decision.map(|(submission, _)| submission.hash));
    event.opinion = revocation.map(|revocation| revocation.reason).unwrap_or_default();
}

fn decision_of<'l>(loaded: &'l Loaded, hash: &Digest) -> Option<(&'l SubmissionState, &'l DecisionState)> {
    let find = |submission: &'l SubmissionState| submission.decisions.iter().find(|decision| decision.hash == *hash);
    loaded.state.submissions.iter().find_map(|submission| Some((submission, find(submission)?)))
}

/// The words on the whole; without any, those on the elements.
fn words(decision: &Decision) -> String {
    if !decision.note.trim().is_empty() {
        return decision.note.clone();
    }
    let texts = decision.opinions.iter().map(|opinion| opinion.text.trim()).filter(|text| !text.is_empty());
    texts.collect::<Vec<_>>().join("; ")
}

fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Approve => "approve",
        Verdict::Return => "return",
    }
}

fn effect_word(effect: DecisionEffect) -> &'static str {
    match effect {
        DecisionEffect::Effective => "effective",
        DecisionEffect::Incomplete => "incomplete",
        DecisionEffect::Stale => "stale",
        DecisionEffect::Outweighed => "outweighed",
        DecisionEffect::OutOfTurn => "out-of-turn",
        DecisionEffect::Rerouted => "rerouted",
        DecisionEffect::Withdrawn => "withdrawn",
        DecisionEffect::Revoked => "revoked",
    }
}
