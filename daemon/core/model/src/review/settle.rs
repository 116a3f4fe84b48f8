//! Weighs the legal decisions on one submission against each other, step by step.
//!
//! Invariant: a step has approved only if a decision that names this submission approves it, none returns it, and
//! an approving opinion stands on every element; a submission is approved only if every step has and no return stands.
//! Every legal decision has an effect, also one about a step that a reroute took out of the chain: an approval stands
//! for nothing there, a return beats what it stood for.
//! Ties are broken by entry hash, never by time.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    DecisionEffect, Mark, SubmissionStatus, Target, Verdict,
    carry::{Elements, Marks},
    decide::{About, Ruled},
    materialise::Node,
};
use crate::digest::Digest;

/// A submission's outcome.
pub(super) struct Settled {
    /// The opinions that stand after its decisions.
    pub(super) marks: Marks,
    /// What each legal decision does.
    pub(super) effects: BTreeMap<Digest, DecisionEffect>,
    /// Decisions of a later step after a return.
    pub(super) skipped: BTreeSet<Digest>,
    pub(super) status: SubmissionStatus,
    pub(super) next_step: Option<u32>,
}

/// The steps' part of the outcome.
struct Tally {
    marks: Marks,
    effects: BTreeMap<Digest, DecisionEffect>,
    skipped: BTreeSet<Digest>,
    /// Per step: whether it approved by a decision that did not come too late.
    has_approved: Vec<bool>,
    /// Per step: whether it returned the submission.
    has_returned: Vec<bool>,
    /// The index at which a step that is no longer in the chain returned the submission.
    former_return: Option<u32>,
}

/// Settles a submission from the opinions carried to it and the entries about it.
/// `known` holds the decisions that the submissions following it directly name; `None` while none follows.
pub(super) fn settle(
    node: &Node<'_>,
    elements: &Elements,
    carried: Marks,
    about: &About<'_>,
    known: Option<&BTreeSet<Digest>>,
) -> Settled {
    let is_withdrawn = !about.withdrawals.is_empty();
    let mut tally = Tally {
        marks: carried,
        effects: BTreeMap::new(),
        skipped: BTreeSet::new(),
        has_approved: Vec::new(),
        has_returned: Vec::new(),
        former_return: None,
    };
    for (hash, ruled) in &about.decisions {
        match ruled.revoked_by {
            Some(_) => drop(tally.effects.insert(*hash, DecisionEffect::Revoked)),
            None if is_withdrawn => drop(tally.effects.insert(*hash, DecisionEffect::Withdrawn)),
            None => {}
        }
    }
    let is_stale = |hash: &Digest| known.is_some_and(|known| !known.contains(hash));
    tally.off_chain(about, &is_stale);
    let mut is_turn = !is_withdrawn;
    for step in (0u32..).take(node.steps().len()) {
        let live: Vec<(&Digest, &Ruled<'_>)> = about
            .decisions
            .iter()
            .filter(|(hash, ruled)| ruled.place == Some(step) && !tally.effects.contains_key(*hash))
            .collect();
        is_turn = tally.step(step, elements, &live, is_turn, &is_stale);
    }
    let (status, next_step) = tally.status(elements, about, is_withdrawn, known.is_some());
    Settled { marks: tally.marks, effects: tally.effects, skipped: tally.skipped, status, next_step }
}

impl Tally {
    /// Decisions about steps that a reroute took out of the chain.
    fn off_chain(&mut self, about: &About<'_>, is_stale: &dyn Fn(&Digest) -> bool) {
        for (hash, ruled) in about.decisions.iter().filter(|(_, ruled)| ruled.place.is_none()) {
            if self.effects.contains_key(hash) {
                continue;
            }
            let effect = match ruled.decision.verdict {
                _ if is_stale(hash) => DecisionEffect::Stale,
                Verdict::Return => DecisionEffect::Effective,
                Verdict::Approve => DecisionEffect::Rerouted,
            };
            if ruled.decision.verdict == Verdict::Return {
                self.former_return = self.former_return.min(Some(ruled.decision.step)).or(Some(ruled.decision.step));
            }
            self.effects.insert(*hash, effect);
        }
    }

    /// Weighs one step; tells whether the next may follow.
    fn step(
        &mut self,
        step: u32,
        elements: &Elements,
        live: &[(&Digest, &Ruled<'_>)],
        is_turn: bool,
        is_stale: &dyn Fn(&Digest) -> bool,
    ) -> bool {
        if !is_turn {
            self.out_of_turn(live);
            return false;
        }
        for (target, mark) in opinions(step, live) {
            let mut by_step = self.marks.get(&target).cloned().unwrap_or_default();
            by_step.insert(step, mark);
            self.marks.insert(target, by_step);
        }
        let is_returned = live.iter().any(|(_, ruled)| ruled.decision.verdict == Verdict::Return);
        // Only where somebody decided: asking every element of every submission would be most of the fold.
        let is_settled = !live.is_empty() && elements.iter().all(|(target, _)| is_approved(&self.marks, &target, step));
        let mut approvals = 0;
        let mut fresh_approvals = 0;
        for (hash, ruled) in live {
            let effect = match ruled.decision.verdict {
                _ if is_stale(hash) => DecisionEffect::Stale,
                Verdict::Return => DecisionEffect::Effective,
                Verdict::Approve if is_returned => DecisionEffect::Outweighed,
                Verdict::Approve if !is_settled => DecisionEffect::Incomplete,
                Verdict::Approve => DecisionEffect::Effective,
            };
            approvals += u32::from(ruled.decision.verdict == Verdict::Approve);
            let is_fresh = effect == DecisionEffect::Effective && ruled.decision.verdict == Verdict::Approve;
            fresh_approvals += u32::from(is_fresh);
            self.effects.insert(**hash, effect);
        }
        self.has_approved.push(fresh_approvals > 0);
        self.has_returned.push(is_returned);
        approvals > 0 && !is_returned && is_settled
    }

    /// An earlier step may still approve, then these count; after a return they skipped a step.
    fn out_of_turn(&mut self, live: &[(&Digest, &Ruled<'_>)]) {
        let is_returned = self.has_returned.contains(&true);
        for (hash, _) in live {
            if is_returned {
                self.skipped.insert(**hash);
            } else {
                self.effects.insert(**hash, DecisionEffect::OutOfTurn);
            }
        }
        self.has_approved.push(false);
        self.has_returned.push(false);
    }

    fn status(
        &self,
        elements: &Elements,
        about: &About<'_>,
        is_withdrawn: bool,
        is_superseded: bool,
    ) -> (SubmissionStatus, Option<u32>) {
        let open = (0u32..).zip(&self.has_approved).find(|(_, has_approved)| !**has_approved).map(|(step, _)| step);
        if open.is_none() && self.former_return.is_none() {
            return (SubmissionStatus::Approved, None);
        }
        if is_withdrawn {
            return (SubmissionStatus::Withdrawn, None);
        }
        if is_superseded {
            return (SubmissionStatus::Superseded, None);
        }
        let step = match (self.former_return, open) {
            (Some(step), _) => return (SubmissionStatus::Returned { step }, None),
            (None, None) => return (SubmissionStatus::Approved, None),
            (None, Some(step)) => step,
        };
        let is_here = |ruled: &&Ruled<'_>| ruled.place == Some(step);
        let here: Vec<&Ruled<'_>> = about.decisions.values().filter(is_here).collect();
        let was_approved =
            here.iter().any(|ruled| ruled.revoked_by.is_some() && ruled.decision.verdict == Verdict::Approve);
        let has_live = here.iter().any(|ruled| ruled.revoked_by.is_none());
        let is_returned = usize::try_from(step).is_ok_and(|step| self.has_returned.get(step) == Some(&true));
        let has_settled = has_live && elements.iter().any(|(target, _)| is_approved(&self.marks, &target, step));
        let status = match step {
            _ if is_returned => return (SubmissionStatus::Returned { step }, None),
            _ if was_approved && !has_live => SubmissionStatus::Revoked,
            _ if has_settled => SubmissionStatus::PartlyApproved { step },
            _ if has_live => SubmissionStatus::UnderReview { step },
            0 if about.receipts.is_empty() => SubmissionStatus::Submitted,
            0 => SubmissionStatus::Received,
            _ => SubmissionStatus::UnderReview { step },
        };
        (status, Some(step))
    }
}

/// The step's own opinions: a return beats an approval, then the lowest hash stands.
fn opinions(step: u32, live: &[(&Digest, &Ruled<'_>)]) -> BTreeMap<Target, Mark> {
    let mut found: BTreeMap<Target, Mark> = BTreeMap::new();
    for (hash, ruled) in live {
        for opinion in &ruled.decision.opinions {
            let mark = Mark {
                step,
                verdict: opinion.verdict,
                text: opinion.text.clone(),
                elements: opinion.elements.clone(),
                decision: **hash,
                is_carried: false,
            };
            let is_stronger = |known: &Mark| known.verdict == Verdict::Approve && mark.verdict == Verdict::Return;
            match found.get(&opinion.target) {
                Some(known) if !is_stronger(known) => {}
                Some(_) | None => drop(found.insert(opinion.target.clone(), mark)),
            }
        }
    }
    found
}

fn is_approved(marks: &Marks, target: &Target, step: u32) -> bool {
    let mark = marks.get(target).and_then(|by_step| by_step.get(&step));
    mark.is_some_and(|mark| mark.verdict == Verdict::Approve)
}
