//! Which step a decision is about, and where that step stands in the chain that counts now.
//!
//! Invariant: a step is a division, a department and a role, never a number. A decision counts for the step that it
//! names in the chain under which it was made; in another chain that is the same step wherever it stands there, or the
//! one that took over its role (职责划转) where there is but one to take over and one to hand over. Where the chain has
//! neither, the decision is about no step of it.
//! Left out: what a decision about no step does (settle).

use std::collections::BTreeSet;

use super::{Decision, Step, VoidReason, materialise::Node};
use crate::{digest::Digest, id::DivisionId};

/// A step with the chain in which it stands.
#[derive(Clone, Copy)]
pub(super) struct Seat<'f> {
    chain: &'f [Step],
    index: usize,
}

impl<'f> Seat<'f> {
    /// The step that a decision is about; a rule that it breaks where there is none.
    pub(super) fn of(node: &Node<'f>, author: &DivisionId, decision: &Decision) -> Result<Self, VoidReason> {
        let index = usize::try_from(decision.step).unwrap_or(usize::MAX);
        let chains = node.chains();
        match &decision.named {
            Some(named) => Self::by_name(&chains, named, (decision.routing, index), author),
            None => Self::by_number(&chains, (decision.routing, index), author),
        }
    }

    fn by_name(
        chains: &[(Digest, &'f [Step])],
        named: &Step,
        (routing, index): (Digest, usize),
        author: &DivisionId,
    ) -> Result<Self, VoidReason> {
        let at = |chain: &'f [Step]| {
            let here = chain.get(index).filter(|step| step.is_same(named)).map(|_| index);
            here.or_else(|| chain.iter().position(|step| step.is_same(named)))
        };
        let found = chains.iter().filter_map(|(table, chain)| Some((*table, Self { chain, index: at(chain)? })));
        let found: Vec<(Digest, Self)> = found.collect();
        let seat = found.iter().find(|(table, seat)| *table == routing && seat.index == index).or(found.first());
        let (_, seat) = seat.ok_or(VoidReason::NoSuchStep)?;
        if seat.step().division == *author { Ok(*seat) } else { Err(VoidReason::NotReviewer) }
    }

    /// Decisions made before steps were named have a number: in the chain of the table that they name, else in the
    /// first chain that has the author there.
    fn by_number(
        chains: &[(Digest, &'f [Step])],
        (routing, index): (Digest, usize),
        author: &DivisionId,
    ) -> Result<Self, VoidReason> {
        let seats = chains.iter().filter(|(_, chain)| index < chain.len());
        let seats: Vec<(Digest, Self)> = seats.map(|(table, chain)| (*table, Self { chain, index })).collect();
        if seats.is_empty() {
            return Err(VoidReason::NoSuchStep);
        }
        let own: Vec<_> = seats.iter().filter(|(_, seat)| seat.step().division == *author).collect();
        let seat = own.iter().find(|(table, _)| *table == routing).or(own.first());
        seat.map(|(_, seat)| *seat).ok_or(VoidReason::NotReviewer)
    }

    pub(super) fn step(&self) -> &'f Step {
        &self.chain[self.index]
    }

    /// Where it stands in a chain.
    pub(super) fn place_in(&self, chain: &[Step]) -> Option<u32> {
        let index = same_place(self.chain, self.index, chain).or_else(|| self.successor_in(chain))?;
        u32::try_from(index).ok()
    }

    /// The one step of its role that the chain has anew, where it is the one step of that role that the chain lost.
    fn successor_in(&self, chain: &[Step]) -> Option<usize> {
        let role = &self.step().role;
        let only_other = |one: &[Step], other: &[Step]| {
            let has_role = |index: &usize| one[*index].role == *role && same_place(one, *index, other).is_none();
            let mut found = (0..one.len()).filter(has_role);
            found.next().filter(|_| found.next().is_none())
        };
        only_other(self.chain, chain).filter(|index| *index == self.index)?;
        only_other(chain, self.chain)
    }

    /// Who may take the decision back: the division that made it, those that review after it in its own chain, and in
    /// the chain that counts now; where that chain has no place for it, everybody there, who answers for it now.
    pub(super) fn revokers(&self, now: &[Step]) -> BTreeSet<DivisionId> {
        let from = self.place_in(now).and_then(|place| usize::try_from(place).ok()).unwrap_or(0);
        let steps = self.chain[self.index..].iter().chain(now.iter().skip(from));
        steps.map(|step| step.division.clone()).collect()
    }
}

/// Where the same step stands in another chain; of several equal ones the same of them.
pub(super) fn same_place(chain: &[Step], index: usize, other: &[Step]) -> Option<usize> {
    let step = chain.get(index)?;
    let nth = chain[..index].iter().filter(|before| before.is_same(step)).count();
    let mut same = other.iter().enumerate().filter(|(_, there)| there.is_same(step));
    same.nth(nth).map(|(place, _)| place)
}
