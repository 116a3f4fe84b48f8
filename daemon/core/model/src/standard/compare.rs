//! A catalog beside its standard: what is missing, what deviates and in which elements, what is extra.
//!
//! Invariant: every item of either side stands in exactly one list; where an item comes from is no deviation.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::counterparts;
use crate::{
    diff::{self, ElementChange},
    id::ItemId,
    item::CanonicalItem,
    revision::Revision,
};

/// The comparison; lists in the order of the side that has the items.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Items of the standard that the catalog has not.
    pub missing: Vec<ItemId>,
    /// Items that both have, with other words here.
    pub changed: Vec<Deviation>,
    /// Items that the standard has not.
    pub extra: Vec<ItemId>,
    /// Items that say the same.
    pub same: Vec<ItemId>,
}

/// An item that says something else than the standard's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviation {
    /// The catalog's item.
    pub item: ItemId,
    /// The standard's.
    pub standard_item: ItemId,
    /// The elements that differ: before as the standard has it, after as it stands here.
    pub elements: Vec<ElementChange>,
}

/// Lays a catalog beside a standard.
pub fn compare(standard: &Revision, local: &Revision) -> Compared {
    let pairs = counterparts(local, standard);
    let met: BTreeSet<&ItemId> = pairs.values().collect();
    let mut found = Compared::default();
    for (id, slot) in local.in_order() {
        let Some((theirs, other)) = pairs.get(id).and_then(|theirs| standard.items.get_key_value(theirs)) else {
            found.extra.push(id.clone());
            continue;
        };
        let elements = element_differences(other.item(), slot.item());
        if elements.is_empty() {
            found.same.push(id.clone());
        } else {
            found.changed.push(Deviation { item: id.clone(), standard_item: theirs.clone(), elements });
        }
    }
    let missing = standard.in_order().into_iter().map(|(id, _)| id).filter(|id| !met.contains(id));
    found.missing = missing.cloned().collect();
    found
}

/// The elements in which two items differ, origins aside.
pub(super) fn element_differences(before: &CanonicalItem, after: &CanonicalItem) -> Vec<ElementChange> {
    if before.says_same(after) {
        return Vec::new();
    }
    diff::items(Some(&before.with_origin(None)), Some(&after.with_origin(None)))
}
