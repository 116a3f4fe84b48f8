//! Who wrote what of a submission: whose saves stand in it, element by element.
//!
//! Invariant: an element that stands as it stood before keeps the writers that it had there, whoever puts it up again;
//! what a submission changes was written by those whom it names, its own operator among them. Nobody's word on his own
//! element counts. A function of the submissions alone: no decision makes another one a self-review.
//! Left out: what the saves were, which never leave their node (app).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Target,
    carry::Elements,
    lineage::Lineage,
    materialise::{Node, Submissions},
};
use crate::{
    digest::Digest,
    id::{ItemId, OperatorId},
    shared::Shared,
};

/// The writers of a submission's elements; equal ones are one set. Submissions of one line share what they have in common.
pub(super) type Writers = Shared<Target, Arc<BTreeSet<OperatorId>>>;

/// The writers of every readable submission.
pub(super) fn writers(
    submissions: &Submissions<'_>,
    lineage: &Lineage<'_, '_>,
    elements: &BTreeMap<Digest, Elements>,
) -> BTreeMap<Digest, Writers> {
    let mut all: BTreeMap<Digest, Writers> = BTreeMap::new();
    for hash in lineage.in_order() {
        let node = &submissions.nodes[hash];
        let own = Own::of(node);
        let is_behind = |since: &Digest| {
            let from = node.from.filter(|_| submissions.nodes.contains_key(since));
            from.is_some_and(|from| lineage.stands_on(&from, since))
        };
        let approved = node.submission.since.filter(is_behind).and_then(|since| elements.get(&since));
        let before: Vec<Digest> = lineage.grounds(hash).copied().collect();
        let known = before.first().and_then(|ground| all.get(ground)).cloned().unwrap_or_default();
        let mut found = known.clone();
        for target in known.keys().filter(|target| elements[hash].get(target).is_none()) {
            found.remove(target);
        }
        for (target, digest) in elements[hash].iter() {
            let stood = before.iter().filter(|ground| elements[*ground].get(&target) == Some(&digest));
            let earlier = stood.filter_map(|ground| all.get(ground)?.get(&target));
            let is_approved = approved.is_some_and(|approved| approved.get(&target) == Some(&digest));
            let writers = match united(earlier) {
                Some(earlier) if is_approved && earlier.is_empty() => earlier,
                Some(_) if is_approved => Arc::default(),
                Some(earlier) => earlier,
                None => own.of_target(&target),
            };
            if found.get(&target).is_none_or(|known| !Arc::ptr_eq(known, &writers)) {
                found.insert(target, writers);
            }
        }
        all.insert(*hash, found);
    }
    all
}

fn united<'w>(sets: impl Iterator<Item = &'w Arc<BTreeSet<OperatorId>>>) -> Option<Arc<BTreeSet<OperatorId>>> {
    let mut united: Option<Arc<BTreeSet<OperatorId>>> = None;
    for set in sets {
        match &mut united {
            None => united = Some(Arc::clone(set)),
            Some(known) if set.is_subset(known) => {}
            Some(known) => Arc::make_mut(known).extend(set.iter().cloned()),
        }
    }
    united
}

/// Whom a submission names.
struct Own {
    all: Arc<BTreeSet<OperatorId>>,
    /// Those who wrote single items, by item; everybody else wrote anything.
    by_item: BTreeMap<ItemId, Arc<BTreeSet<OperatorId>>>,
    anything: Arc<BTreeSet<OperatorId>>,
}

impl Own {
    fn of(node: &Node<'_>) -> Self {
        let written = &node.submission.written;
        let named = node.submission.writers.iter().chain([&node.fact.operator]).chain(written.keys());
        let all: BTreeSet<OperatorId> = named.cloned().collect();
        let anything: BTreeSet<OperatorId> = all.iter().filter(|who| !written.contains_key(*who)).cloned().collect();
        let mut by_item: BTreeMap<ItemId, Arc<BTreeSet<OperatorId>>> = BTreeMap::new();
        for (operator, items) in written {
            for item in items {
                let writers = by_item.entry(item.clone()).or_insert_with(|| Arc::new(anything.clone()));
                Arc::make_mut(writers).insert(operator.clone());
            }
        }
        Self { all: Arc::new(all), by_item, anything: Arc::new(anything) }
    }

    /// Of what nobody is named for everybody is taken for the writer.
    fn of_target(&self, target: &Target) -> Arc<BTreeSet<OperatorId>> {
        let found = match target {
            Target::Header => &self.all,
            Target::Item(id) | Target::Removal(id) => self.by_item.get(id).unwrap_or(&self.anything),
        };
        Arc::clone(if found.is_empty() { &self.all } else { found })
    }
}
