//! Which of a standard's items each item of a catalog answers to.
//!
//! Invariant: at most one item of either side; an origin that names the item counts before an equal id, and that
//! before an equal name. A name that either side has twice pairs nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    id::ItemId,
    revision::{Revision, item_key},
};

/// Local item → the standard's item.
pub fn counterparts(local: &Revision, standard: &Revision) -> BTreeMap<ItemId, ItemId> {
    let mut pairs: BTreeMap<ItemId, ItemId> = BTreeMap::new();
    let mut taken: BTreeSet<ItemId> = BTreeSet::new();
    let mut pair = |id: &ItemId, theirs: ItemId, pairs: &mut BTreeMap<ItemId, ItemId>| {
        if !pairs.contains_key(id) && taken.insert(theirs.clone()) {
            pairs.insert(id.clone(), theirs);
        }
    };
    for (id, slot) in local.in_order() {
        let named = slot.item().decode().origin.and_then(|origin| ItemId::parse(&origin.item).ok());
        if let Some(theirs) = named.filter(|theirs| standard.items.contains_key(theirs)) {
            pair(id, theirs, &mut pairs);
        }
    }
    for id in local.items.keys().filter(|id| standard.items.contains_key(*id)) {
        pair(id, id.clone(), &mut pairs);
    }
    let theirs = single_names(standard);
    for (key, id) in single_names(local) {
        if let Some(theirs) = theirs.get(&key) {
            pair(&id, theirs.clone(), &mut pairs);
        }
    }
    pairs
}

/// The items whose folded name stands once.
fn single_names(revision: &Revision) -> BTreeMap<[String; 3], ItemId> {
    let mut found: BTreeMap<[String; 3], Option<ItemId>> = BTreeMap::new();
    for (id, slot) in &revision.items {
        found.entry(item_key(slot.item())).and_modify(|known| *known = None).or_insert_with(|| Some(id.clone()));
    }
    found.into_iter().filter_map(|(key, id)| Some((key, id?))).collect()
}
