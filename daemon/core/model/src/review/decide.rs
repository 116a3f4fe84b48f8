//! Which receipts, withdrawals, decisions and revocations are legal, each for itself.
//!
//! Invariant: legality depends on the entry and on what it names, never on another reviewer's entries; a missing
//! name waits, a broken rule is void with its reason.
//! Left out: how legal entries weigh against each other (settle).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Act, Decision, Fact, Lack, Receipt, Revocation, Step, Verdict, VoidReason, Withdrawal,
    carry::Elements,
    fold::Ground,
    materialise::{Node, Submissions},
    seat::Seat,
    writers::Writers,
};
use crate::{digest::Digest, domain::ROLE_COUNTERPART, id::DivisionId};

/// A legal decision.
pub(super) struct Ruled<'f> {
    pub(super) fact: &'f Fact,
    pub(super) decision: &'f Decision,
    /// The step that it is about.
    pub(super) named: &'f Step,
    /// Where that step stands in the chain that counts now; `None` where it stands there no more.
    pub(super) place: Option<u32>,
    /// Who may take it back.
    pub(super) revokers: BTreeSet<DivisionId>,
    /// The revocation of it; of several the lowest hash.
    pub(super) revoked_by: Option<Digest>,
}

/// The legal entries about one submission.
#[derive(Default)]
pub(super) struct About<'f> {
    pub(super) receipts: Vec<(&'f Fact, &'f Receipt)>,
    pub(super) withdrawals: Vec<(&'f Fact, &'f Withdrawal)>,
    pub(super) decisions: BTreeMap<Digest, Ruled<'f>>,
}

/// Sorts out everything that is no submission.
pub(super) struct Docket<'g, 'f> {
    pub(super) ground: &'g Ground<'g>,
    pub(super) facts: &'f BTreeMap<Digest, Fact>,
    pub(super) submissions: &'g Submissions<'f>,
    pub(super) elements: &'g BTreeMap<Digest, Elements>,
    pub(super) writers: &'g BTreeMap<Digest, Writers>,
    pub(super) about: BTreeMap<Digest, About<'f>>,
    pub(super) waiting: BTreeMap<Digest, Lack>,
    pub(super) void: BTreeMap<Digest, VoidReason>,
}

enum Fault {
    Lacks(Lack),
    Void(VoidReason),
}

impl From<VoidReason> for Fault {
    fn from(reason: VoidReason) -> Self {
        Self::Void(reason)
    }
}

impl<'f> Docket<'_, 'f> {
    /// Hears all entries: decisions first, because revocations and withdrawals name them.
    pub(super) fn hear(&mut self) {
        self.each(|docket, fact| match &fact.act {
            Act::Decision(decision) => Some(docket.hear_decision(fact, decision)),
            Act::Receipt(receipt) => Some(docket.hear_receipt(fact, receipt)),
            Act::Submission { .. } | Act::Withdrawal(_) | Act::Revocation(_) | Act::Reroute(_) => None,
        });
        self.each(|docket, fact| match &fact.act {
            Act::Revocation(revocation) => Some(docket.hear_revocation(fact, revocation)),
            Act::Submission { .. } | Act::Withdrawal(_) | Act::Receipt(_) | Act::Decision(_) | Act::Reroute(_) => None,
        });
        self.each(|docket, fact| match &fact.act {
            Act::Withdrawal(withdrawal) => Some(docket.hear_withdrawal(fact, withdrawal)),
            Act::Submission { .. } | Act::Receipt(_) | Act::Decision(_) | Act::Revocation(_) | Act::Reroute(_) => None,
        });
    }

    fn each(&mut self, mut hear: impl FnMut(&mut Self, &'f Fact) -> Option<Result<(), Fault>>) {
        let facts = self.facts;
        for (hash, fact) in facts {
            match hear(self, fact) {
                None | Some(Ok(())) => {}
                Some(Err(Fault::Lacks(lack))) => drop(self.waiting.insert(*hash, lack)),
                Some(Err(Fault::Void(reason))) => drop(self.void.insert(*hash, reason)),
            }
        }
    }

    /// The readable submission that an entry names.
    fn named(&self, hash: Digest) -> Result<&Node<'f>, Fault> {
        if let Some(node) = self.submissions.nodes.get(&hash) {
            return Ok(node);
        }
        match self.facts.get(&hash).map(|fact| &fact.act) {
            Some(Act::Submission { .. }) if self.submissions.void.contains_key(&hash) => {
                Err(Fault::Void(VoidReason::NamesVoid))
            }
            None | Some(Act::Submission { .. }) => Err(Fault::Lacks(Lack::Submission(hash))),
            Some(Act::Withdrawal(_) | Act::Receipt(_) | Act::Decision(_) | Act::Revocation(_) | Act::Reroute(_)) => {
                Err(Fault::Void(VoidReason::NamesOther))
            }
        }
    }

    fn about(&mut self, submission: Digest) -> &mut About<'f> {
        self.about.entry(submission).or_default()
    }

    fn hear_receipt(&mut self, fact: &'f Fact, receipt: &'f Receipt) -> Result<(), Fault> {
        let node = self.named(receipt.submission)?;
        let frozen = node.submission.steps.iter().chain(node.steps());
        if !frozen.into_iter().any(|step| step.division == fact.author) {
            return Err(VoidReason::NotReviewer.into());
        }
        self.about(receipt.submission).receipts.push((fact, receipt));
        Ok(())
    }

    fn hear_decision(&mut self, fact: &'f Fact, decision: &'f Decision) -> Result<(), Fault> {
        let node = self.named(decision.submission)?;
        let seat = Seat::of(node, &fact.author, decision)?;
        check_document(self.ground, seat.step(), decision)?;
        if fact.operator == node.fact.operator || node.submission.writers.contains(&fact.operator) {
            return Err(VoidReason::SelfReview.into());
        }
        if let Some(elements) = self.elements.get(&decision.submission) {
            check_opinions(elements, decision)?;
        }
        if let Some(writers) = self.writers.get(&decision.submission) {
            check_writers(writers, fact, decision)?;
        }
        let (named, place, revokers) = (seat.step(), seat.place_in(node.steps()), seat.revokers(node.steps()));
        let ruled = Ruled { fact, decision, named, place, revokers, revoked_by: None };
        self.about(decision.submission).decisions.insert(fact.hash, ruled);
        Ok(())
    }

    fn hear_revocation(&mut self, fact: &'f Fact, revocation: &'f Revocation) -> Result<(), Fault> {
        let hash = revocation.decision;
        let decision = match self.facts.get(&hash).map(|fact| &fact.act) {
            None => return Err(Fault::Lacks(Lack::Decision(hash))),
            Some(Act::Decision(_)) if self.waiting.contains_key(&hash) => {
                return Err(Fault::Lacks(Lack::Decision(hash)));
            }
            Some(Act::Decision(_)) if self.void.contains_key(&hash) => return Err(VoidReason::NamesVoid.into()),
            Some(Act::Decision(decision)) => decision,
            Some(
                Act::Submission { .. } | Act::Withdrawal(_) | Act::Receipt(_) | Act::Revocation(_) | Act::Reroute(_),
            ) => {
                return Err(VoidReason::NamesOther.into());
            }
        };
        self.named(decision.submission)?;
        let Some(ruled) = self.about(decision.submission).decisions.get_mut(&hash) else { return Ok(()) };
        if !ruled.revokers.contains(&fact.author) {
            return Err(VoidReason::MayNotRevoke.into());
        }
        // Facts are heard in the order of their hashes: the first is the lowest.
        ruled.revoked_by.get_or_insert(fact.hash);
        Ok(())
    }

    fn hear_withdrawal(&mut self, fact: &'f Fact, withdrawal: &'f Withdrawal) -> Result<(), Fault> {
        let writer = &self.named(withdrawal.submission)?.fact.author;
        if !self.ground.is_owner(&fact.author) {
            return Err(VoidReason::NotOwner.into());
        }
        let keeping = self.ground.keeping;
        if keeping.is_some_and(|keeping| !keeping.may_withdraw(self.ground.catalog, &fact.author, writer)) {
            return Err(VoidReason::NotKeeper.into());
        }
        for hash in &withdrawal.knows {
            if !self.facts.contains_key(hash) {
                return Err(Fault::Lacks(Lack::Decision(*hash)));
            }
            let ruled = self.about(withdrawal.submission).decisions.get(hash);
            if ruled.is_some_and(|ruled| ruled.revoked_by.is_none()) {
                return Err(VoidReason::AfterDecision.into());
            }
        }
        self.about(withdrawal.submission).withdrawals.push((fact, withdrawal));
        Ok(())
    }
}

/// What is decided above the top of the tree is decided by a document, and nothing else is.
fn check_document(ground: &Ground<'_>, step: &Step, decision: &Decision) -> Result<(), VoidReason> {
    match &decision.outside {
        None if step.is_outside => Err(VoidReason::NoDocument),
        Some(_) if !is_above_top(step, &ground.catalog.division) => Err(VoidReason::NotOutside),
        None | Some(_) => Ok(()),
    }
}

/// Whether a step is decided above the top of the tree. Submissions made before such steps were marked have the
/// owner's own division there as its own counterpart, which nobody is.
pub(super) fn is_above_top(step: &Step, owner: &DivisionId) -> bool {
    step.is_outside || (step.division == *owner && step.role == ROLE_COUNTERPART)
}

/// Nobody's word on what he wrote himself counts, whoever submitted it.
fn check_writers(writers: &Writers, fact: &Fact, decision: &Decision) -> Result<(), VoidReason> {
    let mut written = decision.opinions.iter().filter_map(|opinion| writers.get(&opinion.target));
    if written.any(|writers| writers.contains(&fact.operator)) { Err(VoidReason::SelfReview) } else { Ok(()) }
}

fn check_opinions(elements: &Elements, decision: &Decision) -> Result<(), VoidReason> {
    let mut seen = BTreeSet::new();
    let mut has_reason = !decision.note.trim().is_empty();
    for opinion in &decision.opinions {
        let digest = elements.get(&opinion.target).ok_or(VoidReason::UnknownTarget)?;
        if *digest != opinion.digest {
            return Err(VoidReason::OtherContent);
        }
        if !seen.insert(&opinion.target) {
            return Err(VoidReason::RepeatedTarget);
        }
        if opinion.verdict == Verdict::Return {
            if decision.verdict == Verdict::Approve {
                return Err(VoidReason::Contradiction);
            }
            has_reason |= !opinion.text.trim().is_empty();
        }
    }
    match decision.verdict {
        Verdict::Return if !has_reason => Err(VoidReason::NoReason),
        Verdict::Return | Verdict::Approve => Ok(()),
    }
}
