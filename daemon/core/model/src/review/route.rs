//! The steps of a submission: what its table prescribes, and where a reroute moved them.
//!
//! Invariant: a submission keeps the steps that it was made with until a legal `reroute` entry names others; of
//! several the one furthest in their line counts, then the newer table, then the greater hash. No clock decides: a
//! table's every dated department is right, and every place in the tree that its owner ever had, whatever the day on
//! which the entry is read.
//! Left out: who writes tables (journal and app).

use std::collections::{BTreeMap, BTreeSet};

use super::{Act, Fact, Lack, Reroute, STEPS_MAX, Step, VoidReason, fold::Ground};
use crate::{
    digest::Digest,
    id::{DepartmentSlug, DivisionId},
};

/// What a routing table prescribes for a catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prescribed {
    /// The table's version: of two the higher is the newer.
    pub version: u64,
    /// The steps.
    pub steps: Vec<PrescribedStep>,
    /// What it prescribes for the other levels and kinds that the owner ever had.
    pub others: Vec<Vec<PrescribedStep>>,
}

/// One step as a table prescribes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrescribedStep {
    /// As it stands on the day of asking.
    pub step: Step,
    /// The departments that it has on any day; `None` for a time in which nobody in particular is responsible.
    pub departments: BTreeSet<Option<DepartmentSlug>>,
    /// The divisions that stand there by any version of the tree.
    pub divisions: BTreeSet<DivisionId>,
    /// Whether it is above the top of the tree by any version of it.
    pub is_outside_ever: bool,
}

impl Prescribed {
    /// The steps as they stand on the day of asking.
    pub fn steps(&self) -> Vec<Step> {
        self.steps.iter().map(|prescribed| prescribed.step.clone()).collect()
    }

    /// Whether these are its steps, on whatever day they were taken from it.
    pub fn allows(&self, steps: &[Step]) -> bool {
        let is_chain = |known: &Vec<PrescribedStep>| {
            known.len() == steps.len() && known.iter().zip(steps).all(|(known, step)| known.allows(step))
        };
        is_chain(&self.steps) || self.others.iter().any(is_chain)
    }
}

impl PrescribedStep {
    fn allows(&self, step: &Step) -> bool {
        let has_department = self.departments.contains(&step.department);
        // Submissions made before outside steps were marked have no mark.
        let is_marked_right = self.is_outside_ever || !step.is_outside;
        let has_division = self.divisions.contains(&step.division);
        has_division && self.step.role == step.role && has_department && is_marked_right
    }
}

impl Step {
    /// Whether both are the same review, marked as outside or not.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.division, &self.department, &self.role) == (&other.division, &other.department, &other.role)
    }
}

/// A legal reroute.
#[derive(Clone, Copy)]
pub(super) struct Route<'f> {
    pub(super) fact: &'f Fact,
    pub(super) reroute: &'f Reroute,
    /// Its place in the line of reroutes, from 1, and the version of its table.
    rank: (u32, u64),
}

pub(super) enum Fault {
    Lacks(Lack),
    Void(VoidReason),
}

/// Checks steps against the table that they were taken from; gives the table's version.
pub(super) fn check_steps(ground: &Ground<'_>, routing: &Digest, steps: &[Step]) -> Result<u64, Fault> {
    if steps.is_empty() || steps.len() > STEPS_MAX {
        return Err(Fault::Void(VoidReason::Steps));
    }
    let Some(steps_of) = ground.steps_of else { return Ok(0) };
    match steps_of(routing) {
        None => Err(Fault::Lacks(Lack::Routing(*routing))),
        Some(prescribed) if prescribed.allows(steps) => Ok(prescribed.version),
        Some(_) => Err(Fault::Void(VoidReason::OtherSteps)),
    }
}

/// The legal reroutes by submission, each list by hash; the others wait or are void.
pub(super) fn routes<'f>(
    ground: &Ground<'_>,
    facts: &'f BTreeMap<Digest, Fact>,
    waiting: &mut BTreeMap<Digest, Lack>,
    void: &mut BTreeMap<Digest, VoidReason>,
) -> BTreeMap<Digest, Vec<Route<'f>>> {
    let mut versions: BTreeMap<Digest, (&'f Fact, &'f Reroute, u64)> = BTreeMap::new();
    for (hash, fact) in facts {
        let Act::Reroute(reroute) = &fact.act else { continue };
        let checked = check_author(ground, facts, fact, reroute);
        match checked.and_then(|()| check_steps(ground, &reroute.routing, &reroute.steps)) {
            Ok(version) => drop(versions.insert(*hash, (fact, reroute, version))),
            Err(Fault::Lacks(lack)) => drop(waiting.insert(*hash, lack)),
            Err(Fault::Void(reason)) => drop(void.insert(*hash, reason)),
        }
    }
    let mut found: BTreeMap<Digest, Vec<Route<'f>>> = BTreeMap::new();
    for (hash, (fact, reroute, version)) in &versions {
        match depth(&versions, reroute) {
            Ok(depth) => {
                let route = Route { fact, reroute, rank: (depth, *version) };
                found.entry(reroute.submission).or_default().push(route);
            }
            Err(missing) => drop(waiting.insert(*hash, Lack::Reroute(missing))),
        }
    }
    found
}

/// A division above the owner reroutes; for a catalog at the top, its own.
fn check_author(
    ground: &Ground<'_>,
    facts: &BTreeMap<Digest, Fact>,
    fact: &Fact,
    reroute: &Reroute,
) -> Result<(), Fault> {
    let Some(named) = facts.get(&reroute.submission) else {
        return Err(Fault::Lacks(Lack::Submission(reroute.submission)));
    };
    let Act::Submission { submission, .. } = &named.act else { return Err(Fault::Void(VoidReason::NamesOther)) };
    let is_own = fact.author == ground.catalog.division;
    let is_above =
        ground.custodians.contains(&fact.author) || submission.steps.iter().any(|step| step.division == fact.author);
    let is_top = submission.steps.iter().any(|step| step.is_outside && step.division == fact.author);
    if (is_own && is_top) || (!is_own && is_above) { Ok(()) } else { Err(Fault::Void(VoidReason::NotAbove)) }
}

/// The place of a reroute in its line; the hash of the one that is missing in it.
fn depth(known: &BTreeMap<Digest, (&Fact, &Reroute, u64)>, reroute: &Reroute) -> Result<u32, Digest> {
    let mut depth = 1u32;
    let mut after = reroute.after;
    // A hash names what was there before it: the line cannot close, and is no longer than there are reroutes.
    while let Some(hash) = after {
        let Some((_, before, _)) = known.get(&hash) else { return Err(hash) };
        if before.submission != reroute.submission {
            return Err(hash);
        }
        depth += 1;
        after = before.after;
    }
    Ok(depth)
}

/// The reroute that counts.
pub(super) fn effective<'r, 'f>(routes: &'r [Route<'f>]) -> Option<&'r Route<'f>> {
    routes.iter().max_by_key(|route| (route.rank, route.fact.hash))
}
