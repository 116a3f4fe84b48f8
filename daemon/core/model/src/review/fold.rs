//! The fold: from the set of entries about a catalog to its state.
//!
//! Invariant: a function of the set. Facts are keyed by hash first; nothing after that knows an order of arrival.
//! Left out: storing the result and finding the facts.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    CatalogState, DecisionEffect, DecisionState, Fact, Lack, Prescribed, ReceiptState, RerouteState, Standing,
    SubmissionState, SubmissionStatus, Verdict, Void, VoidReason, Waiting, WithdrawalState,
    carry::{Elements, Marks, carried, elements},
    decide::{About, Docket},
    lineage::Lineage,
    materialise::{Node, Submissions, submissions},
    route::effective,
    settle::{Settled, settle},
};
use crate::{
    digest::Digest,
    id::{CatalogId, DivisionId},
    revision::Revision,
};

/// What a routing table (by entry hash) prescribes for the catalog; `None` while the table is not here.
pub type StepsOf<'a> = dyn Fn(&Digest) -> Option<Prescribed> + 'a;

/// The content of a version of a standard, by its digest; `None` while it is not here.
pub type StandardOf<'a> = dyn Fn(&Digest) -> Option<Arc<Revision>> + 'a;

/// What the fold takes as given besides the facts.
pub struct Ground<'a> {
    /// The catalog.
    pub catalog: &'a CatalogId,
    /// Divisions that hold or held custody of it; its own division always counts as owner.
    pub custodians: &'a BTreeSet<DivisionId>,
    /// Checks submitted steps against their table; `None` takes them as they are. Without this check an owner could
    /// name its own reviewer.
    pub steps_of: Option<&'a StepsOf<'a>>,
    /// Finds the standards that the catalog stands on. Where a version is not here, no opinion crosses its change.
    pub standard_of: Option<&'a StandardOf<'a>>,
}

impl Ground<'_> {
    /// Whether a division's node may write the catalog.
    pub fn is_owner(&self, division: &DivisionId) -> bool {
        self.catalog.division == *division || self.custodians.contains(division)
    }
}

/// A catalog's state and the content behind it.
pub struct Folded {
    /// The state.
    pub state: CatalogState,
    /// Every revision that a submission carried and that could be read.
    pub revisions: BTreeMap<Digest, Arc<Revision>>,
    /// The same by submission entry, for [`fold_known`] when more has come.
    pub known: Known,
}

/// Folds the entries of a catalog that nobody else holds in custody, with the steps as they were submitted.
pub fn fold(catalog: &CatalogId, facts: impl IntoIterator<Item = Fact>) -> CatalogState {
    fold_on(&Ground { catalog, custodians: &BTreeSet::new(), steps_of: None, standard_of: None }, facts).state
}

/// Folds the entries of a catalog. Facts with the hash of an earlier one are dropped: they are the same entry.
pub fn fold_on(ground: &Ground<'_>, facts: impl IntoIterator<Item = Fact>) -> Folded {
    fold_known(ground, facts, &Known::new())
}

/// The contents of submissions that an earlier fold has read, by the submission's entry: an entry's hash stands for
/// its payload, its parts and its base, so that it can never come to mean another content.
pub type Known = BTreeMap<Digest, Arc<Revision>>;

/// As [`fold_on`], without reading again what is known: such a submission may come without its items and parts.
pub fn fold_known(ground: &Ground<'_>, facts: impl IntoIterator<Item = Fact>, known: &Known) -> Folded {
    let facts: BTreeMap<Digest, Fact> = facts.into_iter().map(|fact| (fact.hash, fact)).collect();
    let submissions = submissions(ground, &facts, known);
    let elements = elements(&submissions);
    let mut docket = Docket {
        ground,
        facts: &facts,
        submissions: &submissions,
        elements: &elements,
        about: BTreeMap::new(),
        waiting: BTreeMap::new(),
        void: BTreeMap::new(),
    };
    docket.hear();
    let Docket { about, waiting, void, .. } = docket;
    let mut outcome = Outcome { states: Vec::new(), waiting, void };
    outcome.waiting.extend(submissions.waiting.clone());
    outcome.void.extend(submissions.void.clone());
    let lineage = Lineage::of(&submissions);
    outcome.settle_all(ground, &submissions, &lineage, &elements, &about);
    let state = outcome.state(ground, &facts, &lineage);
    let known = submissions.nodes.iter().map(|(hash, node)| (*hash, Arc::clone(&node.revision))).collect();
    Folded { state, revisions: submissions.revisions, known }
}

struct Outcome {
    states: Vec<SubmissionState>,
    waiting: BTreeMap<Digest, Lack>,
    void: BTreeMap<Digest, VoidReason>,
}

impl Outcome {
    /// Settles the submissions along their line; each hands its opinions on to those that follow it.
    fn settle_all(
        &mut self,
        ground: &Ground<'_>,
        submissions: &Submissions<'_>,
        lineage: &Lineage<'_, '_>,
        elements: &BTreeMap<Digest, Elements>,
        about_all: &BTreeMap<Digest, About<'_>>,
    ) {
        let nothing = About::default();
        let mut marks: BTreeMap<Digest, Marks> = BTreeMap::new();
        for hash in &submissions.in_line {
            let node = &submissions.nodes[hash];
            let about = about_all.get(hash).unwrap_or(&nothing);
            let before = node.from.map(|from| (&submissions.nodes[&from], &marks[&from], &elements[&from]));
            let carried = before.map(|(before, marks, old)| carried(ground, before, marks, old, node, &elements[hash]));
            if let (Some(from), Some(carried)) = (node.from, &carried) {
                self.tell_late(&from, about_all.get(&from), carried);
            }
            let known = lineage.after(hash).map(|after| known_to(after, submissions));
            let settled = settle(node, &elements[hash], carried.unwrap_or_default(), about, known.as_ref());
            self.void.extend(settled.skipped.iter().map(|hash| (*hash, VoidReason::StepSkipped)));
            self.states.push(submission_state(node, &elements[hash], about, &settled, known.is_some()));
            marks.insert(*hash, settled.marks);
        }
    }

    /// Notes with the decisions that came too late which of their opinions a submission after them takes over. Where
    /// two follow, what either takes over has not lapsed.
    fn tell_late(&mut self, before: &Digest, about: Option<&About<'_>>, carried: &Marks) {
        let state = self.states.iter_mut().find(|state| state.hash == *before);
        let (Some(state), Some(about)) = (state, about) else { return };
        let late = state.decisions.iter_mut().filter(|decision| decision.effect == DecisionEffect::Stale);
        for decision in late {
            let Some(ruled) = about.decisions.get(&decision.hash) else { continue };
            for target in ruled.decision.opinions.iter().map(|opinion| &opinion.target) {
                let is_carried = carried
                    .get(target)
                    .is_some_and(|by_step| by_step.values().any(|mark| mark.decision == decision.hash));
                if is_carried && !decision.carried.contains(target) {
                    decision.lapsed.retain(|lapsed| lapsed != target);
                    decision.carried.push(target.clone());
                } else if !is_carried && !decision.carried.contains(target) && !decision.lapsed.contains(target) {
                    decision.lapsed.push(target.clone());
                }
            }
            decision.carried.sort();
            decision.lapsed.sort();
        }
    }

    fn state(self, ground: &Ground<'_>, facts: &BTreeMap<Digest, Fact>, lineage: &Lineage<'_, '_>) -> CatalogState {
        let with = |status: SubmissionStatus| -> Vec<Digest> {
            self.states.iter().filter(|state| state.status == status).map(|state| state.hash).collect()
        };
        let withdrawn: BTreeSet<Digest> = with(SubmissionStatus::Withdrawn).into_iter().collect();
        let (heads, has_two_heads) = lineage.heads(|hash| withdrawn.contains(hash));
        let approved = lineage.latest(&with(SubmissionStatus::Approved));
        let author = |hash: &Digest| facts.get(hash).map(|fact| (fact.author.clone(), fact.operator.clone()));
        let waiting = self.waiting.into_iter().filter_map(|(hash, lack)| {
            let (author, _) = author(&hash)?;
            Some(Waiting { hash, author, lack })
        });
        let void = self.void.into_iter().filter_map(|(hash, reason)| {
            let (author, operator) = author(&hash)?;
            Some(Void { hash, author, operator, reason })
        });
        let own = ground.catalog.division.clone();
        CatalogState {
            catalog: ground.catalog.clone(),
            owners: ground.custodians.iter().cloned().chain([own]).collect(),
            is_in_conflict: has_two_heads || approved.len() > 1,
            heads,
            approved,
            waiting: waiting.collect(),
            void: void.collect(),
            submissions: self.states,
        }
    }
}

/// The decisions that these submissions name as seen.
fn known_to(hashes: &BTreeSet<Digest>, submissions: &Submissions<'_>) -> BTreeSet<Digest> {
    hashes.iter().flat_map(|hash| submissions.nodes[hash].submission.knows.iter().copied()).collect()
}

fn submission_state(
    node: &Node<'_>,
    elements: &Elements,
    about: &About<'_>,
    settled: &Settled,
    is_superseded: bool,
) -> SubmissionState {
    let Node { fact, submission, revision, .. } = node;
    let writers = submission.writers.iter().cloned().chain([fact.operator.clone()]).collect();
    SubmissionState {
        hash: fact.hash,
        revision: submission.body.revision,
        parents: revision.parents.clone(),
        previous: submission.previous,
        number: node.number,
        author: fact.author.clone(),
        operator: fact.operator.clone(),
        writers,
        at_ms: fact.at_ms,
        routing: submission.routing,
        steps: node.steps().to_vec(),
        reroutes: reroutes(node),
        reason: submission.reason.clone(),
        basis_of_change: submission.basis_of_change.clone(),
        effective_from: submission.effective_from.clone(),
        items: count(revision.items.len()),
        status: settled.status,
        next_step: settled.next_step,
        is_superseded,
        receipts: receipts(about),
        withdrawals: withdrawals(about),
        decisions: decisions(node, about, settled),
        standing: if is_superseded { Vec::new() } else { standing(elements, &settled.marks) },
    }
}

fn receipts(about: &About<'_>) -> Vec<ReceiptState> {
    let receipts = about.receipts.iter().map(|(fact, receipt)| ReceiptState {
        hash: fact.hash,
        author: fact.author.clone(),
        number: receipt.number.clone(),
        at_ms: fact.at_ms,
    });
    receipts.collect()
}

fn withdrawals(about: &About<'_>) -> Vec<WithdrawalState> {
    let withdrawals = about.withdrawals.iter().map(|(fact, withdrawal)| WithdrawalState {
        hash: fact.hash,
        operator: fact.operator.clone(),
        reason: withdrawal.reason.clone(),
        at_ms: fact.at_ms,
    });
    withdrawals.collect()
}

fn reroutes(node: &Node<'_>) -> Vec<RerouteState> {
    let effective = effective(&node.routes).map(|route| route.fact.hash);
    let reroutes = node.routes.iter().map(|route| RerouteState {
        is_effective: effective == Some(route.fact.hash),
        hash: route.fact.hash,
        author: route.fact.author.clone(),
        operator: route.fact.operator.clone(),
        at_ms: route.fact.at_ms,
        routing: route.reroute.routing,
        steps: route.reroute.steps.clone(),
        reason: route.reroute.reason.clone(),
    });
    reroutes.collect()
}

fn decisions(node: &Node<'_>, about: &About<'_>, settled: &Settled) -> Vec<DecisionState> {
    let mut decisions: Vec<DecisionState> = Vec::new();
    for (hash, effect) in &settled.effects {
        let Some(ruled) = about.decisions.get(hash) else { continue };
        let returned = ruled.decision.opinions.iter().filter(|opinion| opinion.verdict == Verdict::Return);
        decisions.push(DecisionState {
            hash: *hash,
            author: ruled.fact.author.clone(),
            operator: ruled.fact.operator.clone(),
            at_ms: ruled.fact.at_ms,
            step: ruled.decision.step,
            verdict: ruled.decision.verdict,
            opinions: count(ruled.decision.opinions.len()),
            returned: returned.cloned().collect(),
            note: ruled.decision.note.clone(),
            outside: ruled.decision.outside.clone(),
            effect: *effect,
            is_other_table: ruled.decision.routing != node.routing(),
            revoked_by: ruled.revoked_by,
            carried: Vec::new(),
            lapsed: Vec::new(),
        });
    }
    decisions.sort_by_key(|decision| (decision.step, decision.hash));
    decisions
}

fn standing(elements: &Elements, marks: &Marks) -> Vec<Standing> {
    let marks_of = |target| marks.get(target).map(|by_step| by_step.values().cloned().collect()).unwrap_or_default();
    let standing = elements.iter().map(|(target, digest)| Standing {
        target: target.clone(),
        digest: *digest,
        marks: marks_of(target),
    });
    standing.collect()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
