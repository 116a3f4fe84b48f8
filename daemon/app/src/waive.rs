//! Overruling findings of the check, with a reason, and taking that back.
//!
//! Invariant: a waiver is an entry about the catalog, so that owner and publisher see the same ones; it is written
//! only where a finding stands, by the owner's clerk or the top's publisher, and bound to the item as it is now.
//! Left out: which rules may be waived (model).

use std::sync::Arc;

use gongkai_journal::{
    Entry,
    kind::Kind,
    payload::{self, OnCatalog},
};
use gongkai_model::{
    check::{Finding, standing_waivers},
    check::{HEADER, REASON_CHARS_MAX, Rule, StandingWaiver, Waiver, WaiverAct, WaiverError, WaiverFact},
    digest::Digest,
    id::CatalogId,
    revision::Revision,
};

use crate::{
    Action, App, Error, Loaded, Operator, Result, World,
    catalog::node_operator,
    check::{CheckError, verdict_of},
    named::{one, only_beginning},
};

/// What is to be overruled.
#[derive(Clone, Debug, Default)]
pub struct WaiveQuestion {
    /// The rule's code or name.
    pub rule: String,
    /// The item's id, serial or name, or `header`; empty for the whole catalog.
    pub item: String,
    /// The revision whose item is meant: empty for the working one, or `approved`.
    pub revision: String,
    /// Why.
    pub reason: String,
}

/// A waiver that was made, or found to stand already.
#[derive(Clone, Debug)]
pub struct Waived {
    /// It.
    pub standing: StandingWaiver,
    /// How many findings it covers now.
    pub findings: usize,
    /// Whether it stood before, so that nothing was written.
    pub is_unchanged: bool,
}

impl App {
    /// Overrules findings of a rule.
    pub async fn waive(&self, operator: &Operator, catalog: &CatalogId, question: WaiveQuestion) -> Result<Waived> {
        let (acting, loaded) = self.begin_on(operator, Action::CatalogWaive, catalog).await?;
        self.require_waiver(operator, catalog)?;
        let standard = self.standard_under(loaded.named(&question.revision)?).await?;
        let (waiver, findings) = planned(&self.world(), &loaded, question, standard.as_deref())?;
        let is_same = |standing: &&StandingWaiver| {
            let stands = &standing.waiver;
            (&stands.code, &stands.item, stands.digest) == (&waiver.code, &waiver.item, waiver.digest)
        };
        if let Some(standing) = loaded.waivers.iter().find(is_same) {
            return Ok(Waived { standing: standing.clone(), findings, is_unchanged: true });
        }
        let hash = acting.record_waiver(catalog, WaiverAct::Waive(waiver.clone())).await?;
        let (author, at_ms) = (self.world().me.clone(), self.now_ms());
        let standing = StandingWaiver { hash, author, operator: acting.id(), at_ms, waiver };
        Ok(Waived { standing, findings, is_unchanged: false })
    }

    /// Takes a waiver back; `text` is its entry's hash or the beginning of it.
    pub async fn recall_waiver(
        &self,
        operator: &Operator,
        catalog: &CatalogId,
        text: &str,
        reason: String,
    ) -> Result<Loaded> {
        if reason.trim().is_empty() || reason.chars().count() > REASON_CHARS_MAX {
            return Err(CheckError::from(WaiverError::ReasonMissing).into());
        }
        let (acting, loaded) = self.begin_on(operator, Action::CatalogRecallWaiver, catalog).await?;
        self.require_waiver(operator, catalog)?;
        let unknown = || CheckError::WaiverUnknown { catalog: catalog.clone(), text: text.chars().take(80).collect() };
        let standing = loaded.waivers.iter().map(|standing| standing.hash);
        let waiver = one(only_beginning(text, standing), "waiver", text, || Error::from(unknown()))?;
        acting.record_waiver(catalog, WaiverAct::Recall { waiver, reason }).await?;
        self.load(catalog).await
    }

    /// The owner's clerk may, and at the top whoever publishes, since he answers for the edition.
    fn require_waiver(&self, operator: &Operator, catalog: &CatalogId) -> Result<()> {
        let world = self.world();
        if world.me == world.root && operator.may(Action::PublishRun).is_ok() {
            return Ok(());
        }
        operator.may_on(Action::CatalogSubmit, catalog)?;
        self.writable_division(Some(catalog.division.as_str())).map(drop)
    }
}

/// The waiver to record, and how many findings it covers.
fn planned(
    world: &World,
    loaded: &Loaded,
    question: WaiveQuestion,
    standard: Option<&Revision>,
) -> Result<(Waiver, usize)> {
    let revision = loaded.named(&question.revision)?;
    let rule = Rule::parse(&question.rule)
        .ok_or_else(|| CheckError::from(WaiverError::RuleUnknown(question.rule.chars().take(40).collect())))?;
    let (item, digest) = named_item(loaded, revision, &question.item)?;
    let code = rule.name().to_owned();
    let reason = question.reason.trim().to_owned();
    let mut waiver = Waiver { code, item, reason, digest, against: String::new() };
    waiver.rule().map_err(CheckError::from)?;
    let verdict = verdict_of(world, loaded, revision, standard);
    let is_meant = |finding: &&Finding| finding.rule == rule && (waiver.item.is_empty() || finding.item == waiver.item);
    let found: Vec<&Finding> = verdict.findings.iter().filter(is_meant).collect();
    // What is waived for one item is waived as the standard stands; a waiver of the whole rule is not about its words.
    let against = found.first().and_then(|finding| finding.against.clone()).filter(|_| !waiver.item.is_empty());
    let findings = found.len();
    if findings == 0 {
        let place = if question.item.is_empty() { "any item".to_owned() } else { question.item };
        return Err(CheckError::NothingToWaive { catalog: loaded.catalog.clone(), rule: rule.name(), place }.into());
    }
    waiver.against = against.unwrap_or_default();
    Ok((waiver, findings))
}

/// The item that a person means, with its digest: `header`, an id, a serial or a name.
fn named_item(loaded: &Loaded, revision: &Revision, text: &str) -> Result<(String, Option<Digest>)> {
    if text.is_empty() {
        return Ok((String::new(), None));
    }
    if text == HEADER {
        return Ok((HEADER.to_owned(), Some(revision.header.digest())));
    }
    let id = one(revision.item_named(text), "item", text, || loaded.lacks("item", text))?;
    let slot = revision.items.get(id).ok_or_else(|| loaded.lacks("item", text))?;
    Ok((id.to_string(), Some(slot.digest())))
}

/// The waivers among a catalog's entries that stand: those of its owner and of the divisions above it.
pub(crate) fn waivers(world: &World, catalog: &CatalogId, entries: &[Arc<Entry>]) -> Vec<StandingWaiver> {
    let above = world.custodians(&catalog.division);
    let facts: Vec<WaiverFact> = entries
        .iter()
        .filter(|entry| entry.header.kind == Kind::Waiver)
        .filter_map(|entry| {
            let author = entry.header.stream.author.division.clone();
            let counts = author == catalog.division || above.contains(&author);
            let on: OnCatalog<WaiverAct> = payload::decode(&entry.header.kind, entry.payload.as_deref()?).ok()?;
            let operator = entry.header.operator.clone().unwrap_or_else(|| node_operator(&author));
            let (hash, at_ms) = (entry.hash(), entry.header.written_at_ms);
            (counts && on.catalog == *catalog).then_some(WaiverFact { hash, author, operator, at_ms, act: on.act })
        })
        .collect();
    standing_waivers(&facts)
}

impl From<WaiverError> for Error {
    fn from(error: WaiverError) -> Self {
        CheckError::from(error).into()
    }
}
