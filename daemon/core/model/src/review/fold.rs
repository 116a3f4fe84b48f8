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
    SubmissionState, SubmissionStatus, Target, Verdict, Void, VoidReason, Waiting, WithdrawalState,
    budget::{BUDGET, Budget, Excess, Spent},
    carry::{Behind, Elements, Marks, elements},
    decide::{About, Docket},
    keeping::Keeping,
    lineage::Lineage,
    materialise::{Node, Submissions, submissions},
    route::effective,
    settle::{Settled, settle},
    writers::{Writers, writers},
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
    /// Who keeps it, and by whose word; `None` takes every owner for its keeper. Without this, whoever stands above could
    /// write the catalog of a division that has a node of its own.
    pub keeping: Option<&'a Keeping>,
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
    fold_on(&Ground { catalog, custodians: &BTreeSet::new(), keeping: None, steps_of: None, standard_of: None }, facts)
        .state
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
    fold_within(&BUDGET, ground, facts, known)
}

/// As [`fold_known`], with a budget: beyond it the catalog is blocked and says nothing else.
pub(super) fn fold_within(
    budget: &Budget,
    ground: &Ground<'_>,
    facts: impl IntoIterator<Item = Fact>,
    known: &Known,
) -> Folded {
    let facts: BTreeMap<Digest, Fact> = facts.into_iter().map(|fact| (fact.hash, fact)).collect();
    fold_facts(ground, &facts, known, &mut Spent::nothing(budget)).unwrap_or_else(|excess| Folded {
        state: CatalogState::blocked(ground, excess),
        revisions: BTreeMap::new(),
        known: Known::new(),
    })
}

fn fold_facts(
    ground: &Ground<'_>,
    facts: &BTreeMap<Digest, Fact>,
    known: &Known,
    spent: &mut Spent<'_>,
) -> Result<Folded, Excess> {
    spent.facts(facts.values())?;
    let submissions = submissions(ground, facts, known, spent)?;
    let lineage = Lineage::of(&submissions, spent)?;
    let elements = elements(&submissions, &lineage, spent)?;
    for hash in submissions.in_line.iter().filter(|hash| lineage.after(hash).is_none()) {
        spent.open(elements[hash].len())?;
    }
    let writers = writers(&submissions, &lineage, &elements);
    let mut docket = Docket {
        ground,
        facts,
        submissions: &submissions,
        elements: &elements,
        writers: &writers,
        about: BTreeMap::new(),
        waiting: BTreeMap::new(),
        void: BTreeMap::new(),
    };
    docket.hear();
    let Docket { about, waiting, void, .. } = docket;
    let mut outcome = Outcome { states: Vec::new(), waiting, void };
    outcome.waiting.extend(submissions.waiting.clone());
    outcome.void.extend(submissions.void.clone());
    let content = Content { submissions: &submissions, lineage: &lineage, elements: &elements, writers: &writers };
    outcome.settle_all(ground, content, &about, spent)?;
    let state = outcome.state(ground, facts, &lineage);
    let known = submissions.nodes.iter().map(|(hash, node)| (*hash, Arc::clone(&node.revision))).collect();
    Ok(Folded { state, revisions: submissions.revisions, known })
}

/// What was put up: the submissions, their order, and what each holds.
#[derive(Clone, Copy)]
struct Content<'c, 'f> {
    submissions: &'c Submissions<'f>,
    lineage: &'c Lineage<'c, 'f>,
    elements: &'c BTreeMap<Digest, Elements>,
    writers: &'c BTreeMap<Digest, Writers>,
}

struct Outcome {
    states: Vec<SubmissionState>,
    waiting: BTreeMap<Digest, Lack>,
    void: BTreeMap<Digest, VoidReason>,
}

impl Outcome {
    /// Settles the submissions along their lines; each takes over the opinions of those that it follows.
    fn settle_all(
        &mut self,
        ground: &Ground<'_>,
        content: Content<'_, '_>,
        about_all: &BTreeMap<Digest, About<'_>>,
        spent: &mut Spent<'_>,
    ) -> Result<(), Excess> {
        let Content { submissions, lineage, elements, writers } = content;
        let nothing = About::default();
        let given_on = about_all.iter().flat_map(|(on, about)| about.decisions.keys().map(|made| (*made, *on)));
        let given_on: BTreeMap<Digest, Digest> = given_on.collect();
        let mut marks: BTreeMap<Digest, Marks> = BTreeMap::new();
        for hash in lineage.in_order() {
            let node = &submissions.nodes[hash];
            let about = about_all.get(hash).unwrap_or(&nothing);
            let behind = Behind { ground, submissions, lineage, elements, marks: &marks, given_on: &given_on };
            let carried = behind.carried_to(hash);
            for before in lineage.followed_by(hash) {
                self.tell_late(before, about_all.get(before), &carried, spent)?;
            }
            let known = lineage.after(hash).map(|after| known_to(after, submissions));
            let settled = settle(node, &elements[hash], carried, about, known.as_ref());
            self.void.extend(settled.skipped.iter().map(|hash| (*hash, VoidReason::StepSkipped)));
            let state = submission_state(node, about, &settled, known.is_some());
            let standing =
                if known.is_some() { Vec::new() } else { standing(&elements[hash], &settled.marks, &writers[hash]) };
            self.states.push(SubmissionState { standing, ..state });
            marks.insert(*hash, settled.marks);
        }
        self.states.sort_by_key(|state| (state.number, state.hash));
        Ok(())
    }

    /// Notes with the decisions that came too late which of their opinions a submission after them takes over. Where
    /// two follow, what either takes over has not lapsed.
    fn tell_late(
        &mut self,
        before: &Digest,
        about: Option<&About<'_>>,
        carried: &Marks,
        spent: &mut Spent<'_>,
    ) -> Result<(), Excess> {
        let state = self.states.iter_mut().find(|state| state.hash == *before);
        let (Some(state), Some(about)) = (state, about) else { return Ok(()) };
        let late = state.decisions.iter_mut().filter(|decision| decision.effect == DecisionEffect::Stale);
        for decision in late {
            let Some(ruled) = about.decisions.get(&decision.hash) else { continue };
            spent.places(ruled.decision.opinions.len())?;
            let is_carried = |target: &&Target| {
                let by_step = carried.get(*target);
                by_step.is_some_and(|by_step| by_step.values().any(|mark| mark.decision == decision.hash))
            };
            let targets: BTreeSet<&Target> = ruled.decision.opinions.iter().map(|opinion| &opinion.target).collect();
            let taken: BTreeSet<Target> = std::mem::take(&mut decision.carried).into_iter().collect();
            let (more, less): (Vec<&Target>, Vec<&Target>) = targets.into_iter().partition(is_carried);
            decision.lapsed = less.into_iter().filter(|target| !taken.contains(*target)).cloned().collect();
            decision.carried =
                taken.into_iter().chain(more.into_iter().cloned()).collect::<BTreeSet<_>>().into_iter().collect();
        }
        Ok(())
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
            blocked: None,
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

fn submission_state(node: &Node<'_>, about: &About<'_>, settled: &Settled, is_superseded: bool) -> SubmissionState {
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
        steps_submitted: submission.steps.clone(),
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
        standing: Vec::new(),
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
            step: ruled.place,
            named: ruled.named.clone(),
            verdict: ruled.decision.verdict,
            opinions: count(ruled.decision.opinions.len()),
            returned: returned.cloned().collect(),
            note: ruled.decision.note.clone(),
            outside: ruled.decision.outside.clone(),
            effect: *effect,
            is_other_table: ruled.decision.routing != node.routing(),
            revokers: ruled.revokers.clone(),
            revoked_by: ruled.revoked_by,
            carried: Vec::new(),
            lapsed: Vec::new(),
        });
    }
    // Those about steps that are no longer in the chain come last.
    decisions.sort_by_key(|decision| (decision.step.is_none(), decision.step, decision.hash));
    decisions
}

fn standing(elements: &Elements, marks: &Marks, writers: &Writers) -> Vec<Standing> {
    let writers_of = |target: &Target| writers.get(target).map(|writers| writers.as_ref().clone()).unwrap_or_default();
    let marks_of =
        |target: &Target| marks.get(target).map(|by_step| by_step.values().cloned().collect()).unwrap_or_default();
    let standing = elements.iter().map(|(target, digest)| Standing {
        marks: marks_of(&target),
        writers: writers_of(&target),
        target,
        digest,
    });
    standing.collect()
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
