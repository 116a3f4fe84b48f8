//! The review state machine: from a state and an intent to the act that may be recorded, or a named refusal.
//!
//! Invariant: total; what it admits, the fold of the same state does not call void. Both check, because an entry
//! may come from a node that knew less or obeys less.
//! Left out: roles (app authorises them) and the entry around the act (journal).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Act, CatalogState, Decision, DecisionEffect, DecisionState, Opinion, Outside, Receipt, Refusal, Reroute,
    Revocation, Standing, Step, Submission, SubmissionState, SubmissionStatus, Target, Verdict, Withdrawal,
    decide::is_above_top,
};
use crate::{
    digest::Digest,
    id::{Day, DepartmentSlug, DivisionId, ItemId, OperatorId},
    item::{Element, missing_elements},
    revision::Revision,
};

/// Who wants something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The operator.
    pub operator: OperatorId,
    /// The division whose node records it.
    pub division: DivisionId,
    /// The departments for which the operator may speak.
    pub departments: BTreeSet<DepartmentSlug>,
}

/// A revision to be submitted.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// The revision. Its parents name the revision submitted last (of a merge: those of all heads).
    pub revision: &'a Revision,
    /// Content of the head submission, if there is one.
    pub head: Option<&'a Revision>,
    /// A revision that the author's own stream has carried, to send a delta; `None` sends it in full.
    pub base: Option<&'a Revision>,
    /// The order of custody under which it is put up, if any.
    pub custody: Option<Digest>,
    /// The routing-table entry in force.
    pub routing: Digest,
    /// The steps that it prescribes.
    pub steps: Vec<Step>,
    /// Operators whose saves stand in it since the last approved submission.
    pub writers: Vec<OperatorId>,
    /// The items that one of them wrote, where it was not all that changed.
    pub written: BTreeMap<OperatorId, Vec<ItemId>>,
    /// Why the catalog changes.
    pub reason: String,
    /// The legal basis of the change.
    pub basis_of_change: String,
    /// First day on which the change is meant to hold.
    pub effective_from: Option<Day>,
}

/// A decision to be made on the open step of a submission.
#[derive(Clone, Debug)]
pub struct Ruling {
    /// The submission entry.
    pub submission: Digest,
    /// The routing-table entry in force.
    pub routing: Digest,
    /// The verdict on the whole.
    pub verdict: Verdict,
    /// The opinions; see [`SubmissionState::complete_opinions`].
    pub opinions: Vec<Opinion>,
    /// Words on the whole.
    pub note: String,
    /// The document of a decision taken elsewhere.
    pub outside: Option<Outside>,
    /// How much it settles.
    pub coverage: Coverage,
}

/// How much of what is asked a ruling settles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coverage {
    /// All of it: an approval that leaves an element open is refused.
    #[default]
    Whole,
    /// The elements that it names; the others stay open (部分通过).
    Part,
}

/// What somebody wants to do.
#[derive(Clone, Debug)]
pub enum Intent<'a> {
    /// 报送
    Submit(Draft<'a>),
    /// 撤回
    Withdraw {
        /// The submission entry.
        submission: Digest,
        /// Why.
        reason: String,
    },
    /// 受理
    Receive {
        /// The submission entry.
        submission: Digest,
        /// The receipt's number.
        number: String,
    },
    /// 审核意见
    Decide(Ruling),
    /// 撤销
    Revoke {
        /// The decision entry.
        decision: Digest,
        /// Why.
        reason: String,
    },
    /// 改送
    Reroute {
        /// The submission entry.
        submission: Digest,
        /// The routing-table entry in force.
        routing: Digest,
        /// The steps that it prescribes.
        steps: Vec<Step>,
        /// Why.
        reason: String,
    },
}

/// An item that lacks mandatory elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingElements {
    /// The item.
    pub item: ItemId,
    /// Its name as far as it has one.
    pub name: String,
    /// Its serial as printed.
    pub serial: String,
    /// What it lacks, in the order of the plan.
    pub elements: Vec<Element>,
}

/// The items that lack mandatory elements, in the catalog's order; empty means that it may be submitted.
pub fn submit_check(revision: &Revision) -> Vec<MissingElements> {
    let missing = revision.in_order().into_iter().filter_map(|(id, slot)| {
        let item = slot.item().decode();
        let elements = missing_elements(&item);
        (!elements.is_empty()).then(|| MissingElements {
            item: id.clone(),
            name: item.name().to_owned(),
            serial: slot.serial.clone(),
            elements,
        })
    });
    missing.collect()
}

/// The act to record for an intent. A submission's body is not cut to size yet (`revision::split`).
pub fn admit(state: &CatalogState, intent: Intent<'_>, actor: &Actor) -> Result<Act, Refusal> {
    match intent {
        Intent::Submit(draft) => {
            submit(state, draft, actor).map(|submission| Act::Submission { submission, parts: Vec::new() })
        }
        Intent::Withdraw { submission, reason } => withdraw(state, submission, reason, actor).map(Act::Withdrawal),
        Intent::Receive { submission, number } => receive(state, submission, number, actor).map(Act::Receipt),
        Intent::Decide(ruling) => decide(state, ruling, actor).map(Act::Decision),
        Intent::Revoke { decision, reason } => revoke(state, decision, reason, actor).map(Act::Revocation),
        Intent::Reroute { submission, routing, steps, reason } => {
            reroute(state, submission, (routing, steps), reason, actor).map(Act::Reroute)
        }
    }
}

fn submit(state: &CatalogState, draft: Draft<'_>, actor: &Actor) -> Result<Submission, Refusal> {
    check_owner(state, actor)?;
    let revision = draft.revision;
    if revision.catalog != state.catalog {
        return Err(Refusal::OtherCatalog(revision.catalog.clone()));
    }
    if revision.items.is_empty() && draft.head.is_none() {
        return Err(Refusal::NothingToSubmit);
    }
    let missing = submit_check(revision);
    if !missing.is_empty() {
        return Err(Refusal::ElementsMissing(missing));
    }
    if draft.steps.is_empty() {
        return Err(Refusal::NoSteps);
    }
    let followed = followed_by(state, &draft)?;
    let knows = followed.iter().flat_map(|head| head.decisions.iter().map(|decision| decision.hash));
    Ok(Submission {
        previous: followed.last().map(|head| head.hash),
        knows: knows.collect(),
        body: body_of(state, &draft, actor),
        custody: draft.custody,
        routing: draft.routing,
        steps: draft.steps,
        writers: draft.writers,
        written: draft.written,
        since: followed.last().and_then(|head| state.approved_before(&head.hash)).map(|one| one.hash),
        reason: draft.reason,
        basis_of_change: draft.basis_of_change,
        effective_from: draft.effective_from,
    })
}

/// The heads that a draft follows, the one whose line it goes on in last.
fn followed_by<'s>(state: &'s CatalogState, draft: &Draft<'_>) -> Result<Vec<&'s SubmissionState>, Refusal> {
    let heads: Vec<&SubmissionState> = state.heads.iter().filter_map(|hash| state.submission(hash)).collect();
    let parents = &draft.revision.parents;
    if heads.len() > 1 {
        // Two of several heads may meet first: what is left stands beside their merge until a person comes to it.
        let merged: Vec<&SubmissionState> = heads.into_iter().filter(|head| parents.contains(&head.revision)).collect();
        return if merged.len() > 1 { Ok(merged) } else { Err(Refusal::Conflict(state.heads.clone())) };
    }
    let Some(head) = heads.first() else { return Ok(heads) };
    let is_open = head.status != SubmissionStatus::Withdrawn;
    if is_open && draft.head.is_some_and(|content| content.has_same_content(draft.revision)) {
        return Err(Refusal::NothingChanged(head.hash));
    }
    if !parents.contains(&head.revision) && draft.revision.digest() != head.revision {
        return Err(Refusal::NotOnHead(head.hash));
    }
    Ok(heads)
}

fn body_of(state: &CatalogState, draft: &Draft<'_>, actor: &Actor) -> crate::revision::RevisionBody {
    let own = state.submissions.iter().filter(|submission| submission.author == actor.division);
    let carried: BTreeSet<Digest> = own.map(|submission| submission.revision).collect();
    match draft.base {
        Some(base) if carried.contains(&base.digest()) => draft.revision.delta_from(base),
        Some(_) | None => draft.revision.full(),
    }
}

fn withdraw(state: &CatalogState, hash: Digest, reason: String, actor: &Actor) -> Result<Withdrawal, Refusal> {
    check_owner(state, actor)?;
    let submission = open_submission(state, hash)?;
    let counts = |decision: &&DecisionState| decision.effect != DecisionEffect::Revoked;
    if let Some(decision) = submission.decisions.iter().find(counts) {
        return Err(Refusal::WithdrawAfterDecision { submission: hash, decision: decision.hash });
    }
    let knows = submission.decisions.iter().map(|decision| decision.hash).collect();
    Ok(Withdrawal { submission: hash, knows, reason })
}

fn receive(state: &CatalogState, hash: Digest, number: String, actor: &Actor) -> Result<Receipt, Refusal> {
    let submission = state.submission(&hash).ok_or(Refusal::UnknownSubmission(hash))?;
    if !submission.steps.iter().any(|step| step.division == actor.division) {
        return Err(Refusal::NotReviewer(actor.division.clone()));
    }
    if submission.receipts.iter().any(|receipt| receipt.author == actor.division) {
        return Err(Refusal::AlreadyReceived(hash));
    }
    Ok(Receipt { submission: hash, number })
}

fn decide(state: &CatalogState, ruling: Ruling, actor: &Actor) -> Result<Decision, Refusal> {
    let submission = open_submission(state, ruling.submission)?;
    let status = submission.status;
    let decided = Refusal::AlreadyDecided { submission: ruling.submission, word: status.label() };
    let index = submission.next_step.ok_or(decided)?;
    let step = check_turn(submission, index, actor)?;
    check_distance(state, step, ruling.outside.as_ref())?;
    check_opinions(submission, &ruling)?;
    check_writers(submission, &ruling.opinions, actor)?;
    if ruling.verdict == Verdict::Approve && ruling.coverage == Coverage::Whole {
        check_coverage(submission, index, &ruling.opinions)?;
    }
    Ok(Decision {
        submission: ruling.submission,
        step: index,
        named: Some(step.clone()),
        routing: ruling.routing,
        verdict: ruling.verdict,
        opinions: ruling.opinions,
        note: ruling.note,
        outside: ruling.outside,
    })
}

fn revoke(state: &CatalogState, hash: Digest, reason: String, actor: &Actor) -> Result<Revocation, Refusal> {
    let find = |submission: &'_ SubmissionState| submission.decisions.iter().position(|decision| decision.hash == hash);
    let found = state.submissions.iter().find_map(|submission| Some((submission, find(submission)?)));
    let (submission, index) = found.ok_or(Refusal::UnknownDecision(hash))?;
    let decision = &submission.decisions[index];
    if decision.revoked_by.is_some() {
        return Err(Refusal::AlreadyRevoked(hash));
    }
    if !decision.revokers.contains(&actor.division) {
        return Err(Refusal::MayNotRevoke(actor.division.clone()));
    }
    if reason.trim().is_empty() {
        return Err(Refusal::NoReason);
    }
    Ok(Revocation { decision: hash, reason })
}

/// Moves the steps of an open submission. That they are those of the table named is the caller's to see to.
fn reroute(
    state: &CatalogState,
    hash: Digest,
    (routing, steps): (Digest, Vec<Step>),
    reason: String,
    actor: &Actor,
) -> Result<Reroute, Refusal> {
    let submission = open_submission(state, hash)?;
    if submission.next_step.is_none() {
        return Err(Refusal::AlreadyDecided { submission: hash, word: submission.status.label() });
    }
    let is_top = |step: &Step| step.is_outside && step.division == actor.division;
    let is_above = actor.division != state.catalog.division && state.owners.contains(&actor.division);
    if !is_above && !submission.steps.iter().any(is_top) {
        return Err(Refusal::NotAbove(actor.division.clone()));
    }
    if steps.is_empty() {
        return Err(Refusal::NoSteps);
    }
    if submission.steps == steps {
        return Err(Refusal::SameSteps(hash));
    }
    let after = submission.reroutes.iter().find(|reroute| reroute.is_effective).map(|reroute| reroute.hash);
    Ok(Reroute { submission: hash, after, routing, steps, reason })
}

fn check_owner(state: &CatalogState, actor: &Actor) -> Result<(), Refusal> {
    if state.owners.contains(&actor.division) {
        return Ok(());
    }
    Err(Refusal::NotOwner { catalog: state.catalog.clone(), division: actor.division.clone() })
}

/// A submission that something can still be done about by its owner or its reviewers.
fn open_submission(state: &CatalogState, hash: Digest) -> Result<&SubmissionState, Refusal> {
    let submission = state.submission(&hash).ok_or(Refusal::UnknownSubmission(hash))?;
    if submission.status == SubmissionStatus::Withdrawn {
        return Err(Refusal::Withdrawn(hash));
    }
    if submission.is_superseded { Err(Refusal::Superseded(hash)) } else { Ok(submission) }
}

fn check_turn<'s>(submission: &'s SubmissionState, index: u32, actor: &Actor) -> Result<&'s Step, Refusal> {
    let step = usize::try_from(index).ok().and_then(|index| submission.steps.get(index)).ok_or(Refusal::NoSteps)?;
    if step.division != actor.division {
        return Err(Refusal::NotYourStep { step: step.clone(), division: actor.division.clone() });
    }
    if step.department.as_ref().is_some_and(|department| !actor.departments.contains(department)) {
        return Err(Refusal::NotYourDepartment { step: step.clone(), operator: actor.operator.clone() });
    }
    if submission.writers.contains(&actor.operator) {
        return Err(Refusal::SelfReview(actor.operator.clone()));
    }
    Ok(step)
}

/// No division's counterpart department reviews its own division's catalog; what is decided above the top of the tree
/// is decided by a document, and nothing else is.
fn check_distance(state: &CatalogState, step: &Step, outside: Option<&Outside>) -> Result<(), Refusal> {
    match (outside, is_above_top(step, &state.catalog.division)) {
        (Some(_), true) | (None, false) => Ok(()),
        (Some(_), false) => Err(Refusal::NotOutside(step.clone())),
        (None, true) if step.is_outside => Err(Refusal::DocumentMissing(step.clone())),
        (None, true) => Err(Refusal::OwnDepartment(step.clone())),
    }
}

fn check_opinions(submission: &SubmissionState, ruling: &Ruling) -> Result<(), Refusal> {
    let elements: BTreeMap<&Target, Digest> =
        submission.standing.iter().map(|standing| (&standing.target, standing.digest)).collect();
    let mut seen = BTreeSet::new();
    let mut has_reason = !ruling.note.trim().is_empty();
    for opinion in &ruling.opinions {
        let target = &opinion.target;
        let digest = elements.get(target).ok_or_else(|| Refusal::UnknownTarget(target.clone()))?;
        if *digest != opinion.digest {
            return Err(Refusal::OtherContent(target.clone()));
        }
        if !seen.insert(target) {
            return Err(Refusal::RepeatedTarget(target.clone()));
        }
        if opinion.verdict == Verdict::Return && ruling.verdict == Verdict::Approve {
            return Err(Refusal::ApproveWithReturn(target.clone()));
        }
        has_reason |= opinion.verdict == Verdict::Return && !opinion.text.trim().is_empty();
    }
    if ruling.verdict == Verdict::Return && !has_reason { Err(Refusal::ReturnWithoutOpinion) } else { Ok(()) }
}

/// Whoever wrote an element gives no opinion on it.
fn check_writers(submission: &SubmissionState, opinions: &[Opinion], actor: &Actor) -> Result<(), Refusal> {
    let mut own = submission.standing.iter().filter(|standing| standing.writers.contains(&actor.operator));
    let is_named = |standing: &&Standing| opinions.iter().any(|opinion| opinion.target == standing.target);
    if own.by_ref().any(|standing| is_named(&standing)) {
        return Err(Refusal::SelfReview(actor.operator.clone()));
    }
    Ok(())
}

/// An approval leaves nothing open: every pending element has an approving opinion in it.
fn check_coverage(submission: &SubmissionState, step: u32, opinions: &[Opinion]) -> Result<(), Refusal> {
    let named: BTreeSet<&Target> = opinions.iter().map(|opinion| &opinion.target).collect();
    let open = submission.pending(step).map(|standing| &standing.target).filter(|target| !named.contains(target));
    let open: Vec<Target> = open.cloned().collect();
    if open.is_empty() { Ok(()) } else { Err(Refusal::Unreviewed(open)) }
}
