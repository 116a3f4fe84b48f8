//! What of a submission is under review, and which opinions it takes over from the one before.
//!
//! Invariant: an opinion goes on by one submission at a time, and only where content, step and guideline are the
//! same in both; a line that changes an element and changes it back therefore starts anew.
//! Left out: giving opinions (settle).

use std::collections::BTreeMap;

use super::{
    Mark, Target,
    materialise::{Node, Submissions},
};
use crate::{digest::Digest, id::ItemId};

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
    before: &Node<'_>,
    marks: &Marks,
    before_elements: &Elements,
    node: &Node<'_>,
    elements: &Elements,
) -> Marks {
    let mut carried = Marks::new();
    if !node.is_line_whole || guideline(before) != guideline(node) {
        return carried;
    }
    let is_same_step = |step: u32| step_of(before, step).is_some() && step_of(before, step) == step_of(node, step);
    for (target, by_step) in marks {
        let Some(digest) = elements.get(target) else { continue };
        if before_elements.get(target) != Some(digest) {
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
    node.submission.steps.get(usize::try_from(step).ok()?)
}

/// The standard that the catalog says it follows. A new version may touch any item, and only a reviewer can tell.
fn guideline(node: &Node<'_>) -> String {
    node.revision.header.decode().guideline
}
