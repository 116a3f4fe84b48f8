//! What of a submission is under review, and which opinions it takes over from the one before.
//!
//! Invariant: an opinion goes on by one submission at a time, and only where content, step and guideline are the
//! same in both and the standard's change does not touch it; a line that changes an element and changes it back
//! therefore starts anew.
//! Left out: giving opinions (settle).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Mark, Target,
    fold::Ground,
    materialise::{Node, Submissions},
};
use crate::{digest::Digest, id::ItemId, revision::Header, standard};

/// The elements of a submission and the digests of their content.
pub(super) type Elements = BTreeMap<Target, Digest>;

/// The opinions that stand on a submission's elements; at most one a step for each.
pub(super) type Marks = BTreeMap<Target, BTreeMap<u32, Mark>>;

/// The elements of every readable submission: its header, its items, and the items that are gone.
pub(super) fn elements(submissions: &Submissions<'_>) -> BTreeMap<Digest, Elements> {
    let mut all: BTreeMap<Digest, Elements> = BTreeMap::new();
    for hash in &submissions.in_line {
        let node = &submissions.nodes[hash];
        let mut elements = Elements::from([(Target::Header, node.revision.header.digest())]);
        elements.extend(node.revision.items.iter().map(|(id, slot)| (Target::Item(id.clone()), slot.digest())));
        for (id, digest) in gone(node, submissions, &all) {
            elements.insert(Target::Removal(id), digest);
        }
        all.insert(*hash, elements);
    }
    all
}

/// Items that stood in an earlier submission of the line, or in a revision that this one merges, and do not any more.
/// The line's own last content counts first.
fn gone(node: &Node<'_>, submissions: &Submissions<'_>, all: &BTreeMap<Digest, Elements>) -> BTreeMap<ItemId, Digest> {
    let mut gone = BTreeMap::new();
    let mut note = |id: &ItemId, digest: Digest| {
        if !node.revision.items.contains_key(id) {
            gone.entry(id.clone()).or_insert(digest);
        }
    };
    for (target, digest) in node.from.and_then(|from| all.get(&from)).into_iter().flatten() {
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

/// The opinions of the submission before that still hold for this one.
pub(super) fn carried(
    ground: &Ground<'_>,
    before: &Node<'_>,
    marks: &Marks,
    before_elements: &Elements,
    node: &Node<'_>,
    elements: &Elements,
) -> Marks {
    let mut carried = Marks::new();
    if !node.is_line_whole {
        return carried;
    }
    let Some(asked_again) = asked_again(ground, before, node) else { return carried };
    let is_same_step = |step: u32| match (step_of(before, step), step_of(node, step)) {
        (Some(one), Some(other)) => one.is_same(other),
        (Some(_) | None, _) => false,
    };
    for (target, by_step) in marks {
        let Some(digest) = elements.get(target) else { continue };
        if before_elements.get(target) != Some(digest) || is_among(target, &asked_again) {
            continue;
        }
        let kept = by_step.iter().filter(|(step, _)| is_same_step(**step));
        let kept: BTreeMap<u32, Mark> =
            kept.map(|(step, mark)| (*step, Mark { is_carried: true, ..mark.clone() })).collect();
        if !kept.is_empty() {
            carried.insert(target.clone(), kept);
        }
    }
    carried
}

fn step_of<'n>(node: &'n Node<'_>, step: u32) -> Option<&'n super::Step> {
    node.steps().get(usize::try_from(step).ok()?)
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
