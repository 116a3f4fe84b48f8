//! What of a submission is under review, and which opinions it takes over from those that it follows.
//!
//! Invariant: an opinion goes on only where content and guideline are the same in *every* submission that is followed
//! since it was given, on whatever side of a merge, the step is in the chain, and the standard's change does not touch
//! the element. A line that changes an element and changes it back therefore starts anew, also where another line, in
//! which the element stood all the time, meets it in a merge.
//! Left out: giving opinions (settle).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Excess, Mark, Target, Verdict,
    budget::Spent,
    fold::Ground,
    lineage::Lineage,
    materialise::{Node, Submissions},
    seat::same_place,
};
use crate::{
    digest::Digest,
    id::ItemId,
    revision::{Header, Items},
    shared::Shared,
    standard,
};

/// Most submissions walked to see that an element stood unchanged on all sides of a merge: a catalog that is submitted
/// once a day has as many in 27 years. Beyond it nothing is taken over, and all is asked again.
const FOLLOWED_MAX: usize = 10_000;

/// The elements of a submission and the digests of their content. Submissions of one line share what they have in
/// common.
#[derive(Clone, Debug)]
pub(super) struct Elements {
    header: Digest,
    items: Items,
    removals: Shared<ItemId, Digest>,
}

/// The opinions that stand on a submission's elements; at most one a step for each. Shared like the elements.
pub(super) type Marks = Shared<Target, BTreeMap<u32, Mark>>;

impl Elements {
    /// The digest of an element's content; `None` where the submission does not have it.
    pub(super) fn get(&self, target: &Target) -> Option<&Digest> {
        match target {
            Target::Header => Some(&self.header),
            Target::Item(id) => self.items.get(id).map(|slot| &slot.digest),
            Target::Removal(id) => self.removals.get(id),
        }
    }

    /// All elements, by target.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Target, Digest)> {
        let items = self.items.iter().map(|(id, slot)| (Target::Item(id.clone()), slot.digest()));
        let removals = self.removals.iter().map(|(id, digest)| (Target::Removal(id.clone()), *digest));
        [(Target::Header, self.header)].into_iter().chain(items).chain(removals)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        1 + self.items.len() + self.removals.len()
    }
}

/// The elements of every readable submission: its header, its items, and the items that are gone.
pub(super) fn elements(
    submissions: &Submissions<'_>,
    lineage: &Lineage<'_, '_>,
    spent: &mut Spent<'_>,
) -> Result<BTreeMap<Digest, Elements>, Excess> {
    let mut all: BTreeMap<Digest, Elements> = BTreeMap::new();
    for hash in lineage.in_order() {
        let node = &submissions.nodes[hash];
        let elements = Elements {
            header: node.revision.header.digest(),
            items: node.revision.items.clone(),
            removals: gone(node, submissions, lineage, &all),
        };
        spent.places(elements.len())?;
        all.insert(*hash, elements);
    }
    Ok(all)
}

/// Items that stood in a submission that this one follows, or in a revision that it merges, and do not any more.
/// The line's own last content counts first.
fn gone(
    node: &Node<'_>,
    submissions: &Submissions<'_>,
    lineage: &Lineage<'_, '_>,
    all: &BTreeMap<Digest, Elements>,
) -> Shared<ItemId, Digest> {
    let items = &node.revision.items;
    let before = node.from.and_then(|from| all.get(&from));
    let mut gone = before.map(|before| before.removals.clone()).unwrap_or_default();
    if let Some(before) = before {
        for id in before.removals.keys().filter(|id| items.contains_key(*id)) {
            gone.remove(id);
        }
        gone.extend(before.items.beyond(items).map(|(id, slot)| (id.clone(), slot.digest())));
    }
    let mut note = |id: &ItemId, digest: Digest| {
        if !items.contains_key(id) && !gone.contains_key(id) {
            gone.insert(id.clone(), digest);
        }
    };
    let beside = lineage.followed_by(&node.fact.hash).filter(|ground| node.from.as_ref() != Some(*ground));
    for ground in beside.filter_map(|ground| all.get(ground)) {
        ground.items.beyond(items).for_each(|(id, slot)| note(id, slot.digest()));
        ground.removals.iter().for_each(|(id, digest)| note(id, *digest));
    }
    let mut parents = node.revision.parents.clone();
    parents.sort_unstable();
    for parent in parents.iter().filter_map(|parent| submissions.revisions.get(parent)) {
        if before.is_some_and(|before| before.items.is_same(&parent.items)) {
            continue;
        }
        parent.items.beyond(items).for_each(|(id, slot)| note(id, slot.digest()));
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
        if let [ground] = grounds[..] {
            return self.handed_on(ground, hash);
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

    /// Along a single line: what stands is shared with the submission before, and only what differs is looked at anew.
    fn handed_on(&self, ground: &Digest, hash: &Digest) -> Marks {
        let (before, node) = (&self.submissions.nodes[ground], &self.submissions.nodes[hash]);
        let Some(asked_again) = asked_again(self.ground, before, node) else { return Marks::new() };
        let Some(marks) = self.marks.get(ground) else { return Marks::new() };
        let (old, new) = (&self.elements[ground], &self.elements[hash]);
        let mut carried = marks.clone();
        for (target, by_step) in marks {
            let stands = old.get(target).is_some_and(|digest| new.get(target) == Some(digest));
            if !stands || is_among(target, &asked_again) {
                carried.remove(target);
                continue;
            }
            let goes_on =
                |(step, mark): (&u32, &Mark)| mark.is_carried && same_step(before, *step, node) == Some(*step);
            if by_step.iter().all(goes_on) {
                continue;
            }
            let kept = by_step.iter().filter_map(|(step, mark)| {
                let place = same_step(before, *step, node)?;
                let given_on = *self.given_on.get(&mark.decision)?;
                Some(Candidate { target, place, mark, given_on })
            });
            match strongest(kept.collect()).get(target) {
                Some(kept) => carried.insert(target.clone(), kept.clone()),
                None => drop(carried.remove(target)),
            }
        }
        carried
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
        let mut known = marks.get(target).cloned().unwrap_or_default();
        if known.get(&place).is_none_or(|known| rank(mark) < rank(known)) {
            known.insert(place, Mark { step: place, is_carried: true, ..mark.clone() });
            marks.insert(target.clone(), known);
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
