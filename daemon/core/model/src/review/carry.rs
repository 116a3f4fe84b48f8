//! What of a submission is under review, and which opinions it takes over from those that it follows.
//!
//! Invariant: an opinion goes on only where content and guideline are the same in *every* submission that is followed
//! since it was given, on whatever side of a merge, the step is in the chain, and the standard's change does not touch
//! the element. A line that changes an element and changes it back therefore starts anew, also where another line, in
//! which the element stood all the time, meets it in a merge.
//! Left out: giving opinions (settle).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Mark, Target, Verdict,
    fold::Ground,
    lineage::Lineage,
    materialise::{Node, Submissions},
    seat::same_place,
};
use crate::{digest::Digest, id::ItemId, revision::Header, standard};

/// Most submissions walked to see that an element stood unchanged on all sides of a merge: a catalog that is submitted
/// once a day has as many in 27 years. Beyond it nothing is taken over, and all is asked again.
const FOLLOWED_MAX: usize = 10_000;

/// The elements of a submission and the digests of their content.
pub(super) type Elements = BTreeMap<Target, Digest>;

/// The opinions that stand on a submission's elements; at most one a step for each.
pub(super) type Marks = BTreeMap<Target, BTreeMap<u32, Mark>>;

/// The elements of every readable submission: its header, its items, and the items that are gone.
pub(super) fn elements(submissions: &Submissions<'_>, lineage: &Lineage<'_, '_>) -> BTreeMap<Digest, Elements> {
    let mut all: BTreeMap<Digest, Elements> = BTreeMap::new();
    for hash in lineage.in_order() {
        let node = &submissions.nodes[hash];
        let mut elements = Elements::from([(Target::Header, node.revision.header.digest())]);
        elements.extend(node.revision.items.iter().map(|(id, slot)| (Target::Item(id.clone()), slot.digest())));
        for (id, digest) in gone(node, submissions, lineage, &all) {
            elements.insert(Target::Removal(id), digest);
        }
        all.insert(*hash, elements);
    }
    all
}

/// Items that stood in a submission that this one follows, or in a revision that it merges, and do not any more.
/// The line's own last content counts first.
fn gone(
    node: &Node<'_>,
    submissions: &Submissions<'_>,
    lineage: &Lineage<'_, '_>,
    all: &BTreeMap<Digest, Elements>,
) -> BTreeMap<ItemId, Digest> {
    let mut gone = BTreeMap::new();
    let mut note = |id: &ItemId, digest: Digest| {
        if !node.revision.items.contains_key(id) {
            gone.entry(id.clone()).or_insert(digest);
        }
    };
    let grounds = lineage.followed_by(&node.fact.hash);
    let known = node.from.iter().chain(grounds).filter_map(|ground| all.get(ground));
    for (target, digest) in known.flatten() {
        match target {
            Target::Item(id) | Target::Removal(id) => note(id, *digest),
            Target::Header => {}
        }
    }
    let mut parents = node.revision.parents.clone();
    parents.sort_unstable();
    for parent in parents.iter().filter_map(|parent| submissions.revisions.get(parent)) {
        for (id, slot) in &parent.items {
            note(id, slot.digest());
        }
    }
    gone
}

/// What a submission takes over from, all settled before it.
pub(super) struct Behind<'a, 'f> {
    pub(super) ground: &'a Ground<'a>,
    pub(super) submissions: &'a Submissions<'f>,
    pub(super) lineage: &'a Lineage<'a, 'f>,
    pub(super) elements: &'a BTreeMap<Digest, Elements>,
    pub(super) marks: &'a BTreeMap<Digest, Marks>,
    /// Decision → the submission that it names.
    pub(super) given_on: &'a BTreeMap<Digest, Digest>,
}

/// An opinion that may go on, with the submission that it was given on.
struct Candidate<'m> {
    target: &'m Target,
    place: u32,
    mark: &'m Mark,
    given_on: Digest,
}

impl Behind<'_, '_> {
    /// The opinions that still hold for a submission.
    pub(super) fn carried_to(&self, hash: &Digest) -> Marks {
        let node = &self.submissions.nodes[hash];
        let grounds: Vec<&Digest> = self.lineage.grounds(hash).collect();
        let have_all = node.revision.parents.len() < 2 || self.are_all_known(node);
        if node.from.is_none() || !node.is_line_whole || !have_all {
            return Marks::new();
        }
        let mut candidates = Vec::new();
        for ground in &grounds {
            candidates.extend(self.candidates(ground, hash));
        }
        if grounds.len() > 1 {
            self.drop_broken(hash, &mut candidates);
        }
        strongest(candidates)
    }

    /// Nobody can say what stood in a revision that is merged and was put up by nobody, or by a void entry.
    fn are_all_known(&self, node: &Node<'_>) -> bool {
        let carried: BTreeSet<Digest> = self
            .lineage
            .followed_by(&node.fact.hash)
            .map(|ground| self.submissions.nodes[ground].submission.body.revision)
            .collect();
        node.revision.parents.iter().all(|parent| carried.contains(parent))
    }

    /// The opinions of one submission whose element, step and guideline the later one has as well.
    fn candidates(&self, ground: &Digest, hash: &Digest) -> Vec<Candidate<'_>> {
        let (before, node) = (&self.submissions.nodes[ground], &self.submissions.nodes[hash]);
        let Some(asked_again) = asked_again(self.ground, before, node) else { return Vec::new() };
        let (old, new) = (&self.elements[ground], &self.elements[hash]);
        let mut found = Vec::new();
        for (target, by_step) in self.marks.get(ground).into_iter().flatten() {
            let is_same = old.get(target).is_some_and(|digest| new.get(target) == Some(digest));
            if !is_same || is_among(target, &asked_again) {
                continue;
            }
            for (step, mark) in by_step {
                let Some(place) = same_step(before, *step, node) else { continue };
                let Some(given_on) = self.given_on.get(&mark.decision) else { continue };
                found.push(Candidate { target, place, mark, given_on: *given_on });
            }
        }
        found
    }

    /// Of several lines that meet: takes out the opinions whose element did not stand unchanged in all of them, and
    /// those that a later one on the same element took the place of.
    fn drop_broken(&self, hash: &Digest, candidates: &mut Vec<Candidate<'_>>) {
        let node = &self.submissions.nodes[hash];
        let followed = self.lineage.all_before(&[*hash]);
        if followed.len() > FOLLOWED_MAX {
            return candidates.clear();
        }
        let named: BTreeSet<Digest> = candidates.iter().map(|candidate| candidate.given_on).collect();
        let past: BTreeMap<Digest, BTreeSet<Digest>> =
            named.iter().map(|given_on| (*given_on, self.lineage.all_before(&[*given_on]))).collect();
        for (given_on, past) in &past {
            for since in followed.iter().filter(|since| *since != given_on && !past.contains(*since)) {
                let between = &self.submissions.nodes[since];
                let asked_again = if between.is_line_whole { asked_again(self.ground, between, node) } else { None };
                let (there, here) = (&self.elements[since], &self.elements[hash]);
                candidates.retain(|candidate| {
                    let target = candidate.target;
                    let stands = there.get(target) == here.get(target);
                    let is_asked = asked_again.as_ref().is_none_or(|items| is_among(target, items));
                    candidate.given_on != *given_on || (stands && !is_asked)
                });
            }
        }
        let mut given: BTreeMap<(Target, u32), BTreeSet<Digest>> = BTreeMap::new();
        for candidate in candidates.iter() {
            let key = (candidate.target.clone(), candidate.place);
            given.entry(key).or_default().insert(candidate.given_on);
        }
        candidates.retain(|candidate| {
            let others = &given[&(candidate.target.clone(), candidate.place)];
            !others.iter().any(|other| past[other].contains(&candidate.given_on))
        });
    }
}

/// One opinion a step on each element: a return beats an approval, then the lowest hash stands.
fn strongest(candidates: Vec<Candidate<'_>>) -> Marks {
    let mut marks = Marks::new();
    for Candidate { target, place, mark, .. } in candidates {
        let rank = |mark: &Mark| (mark.verdict == Verdict::Approve, mark.decision);
        let known = marks.entry(target.clone()).or_default();
        if known.get(&place).is_none_or(|known| rank(mark) < rank(known)) {
            known.insert(place, Mark { step: place, is_carried: true, ..mark.clone() });
        }
    }
    marks
}

/// Where a step stands in the chain of a later submission.
fn same_step(before: &Node<'_>, step: u32, node: &Node<'_>) -> Option<u32> {
    let place = same_place(before.steps(), usize::try_from(step).ok()?, node.steps())?;
    u32::try_from(place).ok()
}

/// The items that a change of what the catalog follows puts up again; `None` for all of them. Another guideline, or
/// another standard than before, may touch any item, and only a reviewer can tell; of another version of the same
/// standard the two contents tell it.
fn asked_again(ground: &Ground<'_>, before: &Node<'_>, node: &Node<'_>) -> Option<BTreeSet<ItemId>> {
    let (old, new) = (header(before), header(node));
    if old.guideline != new.guideline {
        return None;
    }
    let (old, new) = match (old.standard, new.standard) {
        (None, None) => return Some(BTreeSet::new()),
        (Some(old), Some(new)) if old.id == new.id => (old.revision, new.revision),
        (Some(_) | None, _) => return None,
    };
    if old == new {
        return Some(BTreeSet::new());
    }
    let standard_of = ground.standard_of?;
    let (old, new) = (standard_of(&old)?, standard_of(&new)?);
    let touched = standard::touched(&old, &new);
    let mut items = touched.in_catalog(&node.revision, [&old, &new]);
    items.extend(touched.in_catalog(&before.revision, [&old, &new]));
    Some(items)
}

fn is_among(target: &Target, items: &BTreeSet<ItemId>) -> bool {
    match target {
        Target::Header => false,
        Target::Item(id) | Target::Removal(id) => items.contains(id),
    }
}

fn header(node: &Node<'_>) -> Header {
    node.revision.header.decode()
}
