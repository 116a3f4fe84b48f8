//! Choosing: of every catalog known, the revision that an edition takes, or why it takes none.
//!
//! Invariant: what is chosen was folded from exactly the heads that are named beside it; a catalog is taken whole or
//! not at all. Left out: what was published before, save to settle two approvals (series).

use std::{collections::BTreeMap, sync::Arc};

use gongkai_journal::{
    Route,
    payload::{self, OnCatalog},
};
use gongkai_model::{
    check::Finding,
    digest::{Digest, Hasher},
    id::CatalogId,
    review::{Decision, DecisionEffect, DecisionState, Outside, Step, SubmissionState, Verdict},
    revision::Revision,
};

use super::{BlockedCatalog, MissingCatalog, planned::PlannedCatalog, reason::Absence, series::Contents};
use crate::{
    App, Error, Loaded, Result, World,
    check::{in_words, verdict_of},
};

/// Folds tried until no entry arrives meanwhile: each takes a second or two at most, a busy link pauses longer.
const ATTEMPTS_MAX: usize = 8;

/// A catalog that goes in.
pub(super) struct Chosen {
    pub(super) planned: PlannedCatalog,
    pub(super) revision: Arc<Revision>,
}

/// Everything that an edition is made of.
pub(super) struct Selection {
    pub(super) world: Arc<World>,
    /// Digest of the stream heads that it was folded from.
    pub(super) heads: Digest,
    /// By catalog id.
    pub(super) chosen: Vec<Chosen>,
    /// By division and domain.
    pub(super) missing: Vec<MissingCatalog>,
    pub(super) blocked: Vec<BlockedCatalog>,
}

enum Judged {
    Chosen(Box<Chosen>),
    Missing(MissingCatalog),
    Blocked(BlockedCatalog),
}

impl Selection {
    pub(super) fn contents(&self) -> Contents {
        self.chosen.iter().map(|chosen| chosen.planned.content()).collect()
    }

    pub(super) fn revisions(&self) -> BTreeMap<CatalogId, Arc<Revision>> {
        let pair = |chosen: &Chosen| (chosen.planned.catalog.clone(), Arc::clone(&chosen.revision));
        self.chosen.iter().map(pair).collect()
    }
}

impl App {
    /// Chooses what an edition made now holds. Called under the acting lock; entries may still arrive, so it folds
    /// again until none did.
    pub(super) async fn select(&self, before: &Contents) -> Result<Selection> {
        for _ in 0..ATTEMPTS_MAX {
            self.catch_up().await?;
            let start = self.store().feed_state().await?;
            let selection = self.select_once(before).await?;
            if self.store().feed_state().await? == start {
                return Ok(selection);
            }
        }
        Err(Error::EditionRaced)
    }

    async fn select_once(&self, before: &Contents) -> Result<Selection> {
        let world = self.world();
        let heads = self.heads_digest(&world).await?;
        let (mut chosen, mut missing, mut blocked) = (Vec::new(), Vec::new(), Vec::new());
        let mut silent: Vec<_> = world.tree().divisions().filter(|d| world.has_node(&d.id)).map(|d| &d.id).collect();
        for row in self.catalog_rows().await? {
            let catalog = row.summary.catalog;
            silent.retain(|division| **division != catalog.division);
            let loaded = self.load(&catalog).await?;
            match judge(&world, &loaded, before.get(&catalog).map(|(revision, _)| revision)) {
                Judged::Chosen(one) => chosen.push(*one),
                Judged::Missing(one) => missing.push(one),
                Judged::Blocked(one) => {
                    missing.push(one.missing.clone());
                    blocked.push(one);
                }
            }
        }
        missing.extend(silent.into_iter().map(|division| MissingCatalog::of_division(&world, division)));
        missing.sort_by(|a, b| (&a.division, &a.domain).cmp(&(&b.division, &b.domain)));
        chosen.sort_by(|a, b| a.planned.catalog.cmp(&b.planned.catalog));
        Ok(Selection { world, heads, chosen, missing, blocked })
    }

    /// H("gongkai edition heads v1", (stream digest, sequence, hash) of every tip, sorted). Streams that never leave
    /// the node are left out: nobody else could make the digest again.
    async fn heads_digest(&self, world: &World) -> Result<Digest> {
        let heads = self.store().heads(&Route::of(world.tree(), &world.me)).await?;
        let tips = heads.iter().flat_map(|head| head.tips.iter().map(|tip| (head.stream.digest(), tip)));
        let mut tips: Vec<_> = tips.map(|(stream, tip)| (stream, tip.seq, tip.hash)).collect();
        tips.sort_unstable();
        let mut hasher = Hasher::new("gongkai edition heads v1");
        for (stream, seq, hash) in tips {
            hasher.part(&stream.to_bytes());
            hasher.part(&seq.to_be_bytes());
            hasher.part(&hash.to_bytes());
        }
        Ok(hasher.finish())
    }
}

fn judge(world: &World, loaded: &Loaded, published: Option<&Digest>) -> Judged {
    let catalog = &loaded.catalog;
    let missing = |absence: &Absence| MissingCatalog::of_catalog(world, catalog, absence);
    let Some(submission) = loaded.state.latest_approved(published) else {
        return Judged::Missing(missing(&Absence::of(world, &loaded.state)));
    };
    let Some(revision) = loaded.revisions.get(&submission.revision) else {
        return Judged::Missing(missing(&Absence::Waiting));
    };
    if let Some(why) = unfit(world, revision) {
        return Judged::Blocked(BlockedCatalog { missing: missing(&Absence::Unfit { why }), findings: Vec::new() });
    }
    let findings: Vec<Finding> = verdict_of(world, loaded, revision, None).stops_publication().cloned().collect();
    if let Some(first) = findings.first() {
        let absence = Absence::Unclean { count: findings.len(), first: in_words(first) };
        return Judged::Blocked(BlockedCatalog { missing: missing(&absence), findings });
    }
    let planned = planned(world, loaded, submission, revision);
    Judged::Chosen(Box::new(Chosen { planned, revision: Arc::clone(revision) }))
}

/// What would stop the whole edition if it were let in.
fn unfit(world: &World, revision: &Revision) -> Option<&'static str> {
    let catalog = &revision.catalog;
    if world.tree().get(&catalog.division).is_none() {
        return Some("its division is not in the tree");
    }
    if world.routing_table().domain(&catalog.domain).is_none() {
        return Some("its domain is not in the domain table");
    }
    let is_bare = |json: &str| json.ends_with('}');
    let is_canonical = revision.items.values().all(|slot| is_bare(slot.item().as_json()));
    (!is_canonical).then_some("an item is not in canonical form")
}

fn planned(world: &World, loaded: &Loaded, submission: &SubmissionState, revision: &Revision) -> PlannedCatalog {
    let counts = |decision: &&DecisionState| {
        decision.verdict == Verdict::Approve && decision.effect == DecisionEffect::Effective
    };
    let decisions: Vec<&DecisionState> = submission.decisions.iter().filter(counts).collect();
    let last = decisions.last();
    let outside = last.and_then(|decision| outside(loaded, &decision.hash));
    let (division, department) = last.map(|decision| approver(world, &decision.named)).unwrap_or_default();
    PlannedCatalog {
        catalog: loaded.catalog.clone(),
        revision: submission.revision,
        submission: submission.hash,
        decisions: decisions.iter().map(|decision| decision.hash).collect(),
        approved_by_division: outside.as_ref().map_or(division, |outside| outside.authority.clone()),
        approved_by_department: outside.as_ref().map_or(department, |outside| outside.authority.clone()),
        approved_at_ms: last.map_or(submission.at_ms, |decision| decision.at_ms),
        document_no: outside.map(|outside| outside.document_no).unwrap_or_default(),
        items: u32::try_from(revision.items.len()).unwrap_or(u32::MAX),
    }
}

/// The document behind a decision that was taken elsewhere.
fn outside(loaded: &Loaded, decision: &Digest) -> Option<Outside> {
    let entry = loaded.entries.iter().find(|entry| entry.hash() == *decision)?;
    let decision: OnCatalog<Decision> = payload::decode(&entry.header.kind, entry.payload.as_deref()?).ok()?;
    decision.act.outside
}

/// The names of a step's division and office.
fn approver(world: &World, step: &Step) -> (String, String) {
    let division = world.name_of(&step.division);
    let departments = &world.routing_table().departments;
    let department = departments.iter().find(|department| Some(&department.slug) == step.department.as_ref());
    let office = department.map_or_else(|| division.clone(), |department| department.title_in(&division));
    (division, office)
}
