//! Finds the items that a table brought back under a new id because their name had changed.
//!
//! Invariant: every id is paired at most once, the likest first, and a pair shares so much
//! that a person would call it one item. Left out: acting on it; an id never changes by this.

use std::collections::{BTreeMap, BTreeSet};

use super::text::{Budget, likeness};
use crate::{
    id::ItemId,
    item::Item,
    revision::{Revision, Slot},
};

/// Most pairs looked at: beyond it (a catalog made anew) a removal stays a removal and an addition an addition.
const PAIRS_MAX: usize = 10_000;

/// How much of two items must be alike. Below two thirds two matters that share law, body and channels look like one.
const LIKENESS_MIN: f64 = 0.7;

/// New id → the id that the item had before.
pub fn renames(from: &Revision, to: &Revision) -> BTreeMap<ItemId, ItemId> {
    let only = |one: &Revision, other: &Revision| -> Vec<(ItemId, Item)> {
        let slots = one.items.iter().filter(|(id, _)| !other.items.contains_key(*id));
        slots.map(|(id, slot): (&ItemId, &Slot)| (id.clone(), slot.item().decode())).collect()
    };
    let (gone, new) = (only(from, to), only(to, from));
    if gone.is_empty() || new.is_empty() || gone.len().saturating_mul(new.len()) > PAIRS_MAX {
        return BTreeMap::new();
    }
    let mut budget = Budget::default();
    let mut pairs: Vec<(f64, &ItemId, &ItemId)> = Vec::new();
    for (former, before) in &gone {
        for (id, after) in &new {
            let share = alike(before, after, &mut budget);
            if share >= LIKENESS_MIN {
                pairs.push((share, former, id));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| (a.1, a.2).cmp(&(b.1, b.2))));
    let mut taken = BTreeSet::new();
    let mut found = BTreeMap::new();
    for (_, former, id) in pairs {
        if !taken.contains(former) && !found.contains_key(id) {
            taken.insert(former);
            found.insert(id.clone(), former.clone());
        }
    }
    found
}

/// Name and content weigh most: law, limit and channels are the same for half of a catalog.
fn alike(before: &Item, after: &Item, budget: &mut Budget) -> f64 {
    if before.content.is_empty() != after.content.is_empty() {
        return 0.0;
    }
    let content = if before.content == after.content { 1.0 } else { likeness(&before.content, &after.content, budget) };
    if content < 0.5 {
        return 0.0;
    }
    let name = likeness(&super::full_name(before), &super::full_name(after), budget);
    let same = |is_same: bool| if is_same { 1.0 } else { 0.0 };
    0.4 * content
        + 0.4 * name
        + 0.1 * same(before.basis == after.basis)
        + 0.1 * same(before.time_limit_text == after.time_limit_text)
}
