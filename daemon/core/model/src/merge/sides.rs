//! The items of the three states under common ids: renames found, the same matter added twice joined, 同上 resolved.
//!
//! Invariant: an id is given up only for another one that stands for the same matter, and only where both sides say
//! something about it; otherwise each item keeps its id.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::item::Three;
use crate::{
    diff::{element::elements, renames},
    id::ItemId,
    revision::{Revision, Slot, item_key},
    vocabulary::fold,
};

/// Words for "as in the row above" that a catalog can still hold: those with nothing above them in their table.
const SAME_AS: &[&str] = &["同上", "同前", "同上栏"];

/// Id in the result → id on that side, where they differ.
type Aliases = BTreeMap<ItemId, ItemId>;

/// The three states with common ids.
pub(super) struct Sides<'r> {
    base: Option<&'r Revision>,
    ours: &'r Revision,
    theirs: &'r Revision,
    our_ids: Aliases,
    their_ids: Aliases,
    /// Given-up id → the id it stands under.
    pub(super) joined: BTreeMap<ItemId, ItemId>,
}

impl<'r> Sides<'r> {
    pub(super) fn of(base: Option<&'r Revision>, ours: &'r Revision, theirs: &'r Revision) -> Self {
        let mut sides = Self::paired(base, ours, theirs);
        sides.join_renamed();
        sides.join_added();
        sides
    }

    /// The three states as their ids stand.
    pub(super) fn paired(base: Option<&'r Revision>, ours: &'r Revision, theirs: &'r Revision) -> Self {
        let (our_ids, their_ids) = (BTreeMap::new(), BTreeMap::new());
        Self { base, ours, theirs, our_ids, their_ids, joined: BTreeMap::new() }
    }

    /// An item that one side renamed under a new id, while the other side changed or removed it, is one item: a removal
    /// that meets a rename is a person's to decide, not an addition beside a removal.
    fn join_renamed(&mut self) {
        let Some(base) = self.base else { return };
        let (by_us, by_them) = (renames(base, self.ours), renames(base, self.theirs));
        let was_touched = |side: &Revision, id: &ItemId| {
            side.items.get(id).is_none_or(|slot| base.items.get(id).is_none_or(|old| old.digest() != slot.digest()))
        };
        // An id that the other side has too is that item's, whatever it looks like.
        let new_of = |renames: &BTreeMap<ItemId, ItemId>, other: &Revision, former: &ItemId| {
            let found = renames.iter().find(|(new, old)| *old == former && !other.items.contains_key(*new));
            found.map(|(new, _)| new.clone())
        };
        let formers: BTreeSet<&ItemId> = by_us.values().chain(by_them.values()).collect();
        for former in formers {
            match (new_of(&by_us, self.theirs, former), new_of(&by_them, self.ours, former)) {
                (Some(ours), Some(theirs)) if ours != theirs => {
                    self.join(former, Some(ours), Some(theirs));
                }
                (Some(ours), None) if was_touched(self.theirs, former) => self.join(former, Some(ours), None),
                (None, Some(theirs)) if was_touched(self.ours, former) => self.join(former, None, Some(theirs)),
                _ => {}
            }
        }
    }

    /// The same matter, by its name, that both sides added under ids of their own.
    fn join_added(&mut self) {
        let ours = self.added(self.ours, self.theirs);
        let theirs = self.added(self.theirs, self.ours);
        for (key, our_id) in ours {
            let Some(Some(their_id)) = theirs.get(&key) else { continue };
            let Some(our_id) = our_id else { continue };
            let id = our_id.clone().min(their_id.clone());
            self.join(&id, Some(our_id), Some(their_id.clone()));
        }
    }

    /// Added items by folded name; `None` where a name is there twice.
    fn added(&self, side: &Revision, other: &Revision) -> BTreeMap<[String; 3], Option<ItemId>> {
        let mut added: BTreeMap<[String; 3], Option<ItemId>> = BTreeMap::new();
        for (id, slot) in &side.items {
            let is_known = self.base.is_some_and(|base| base.items.contains_key(id));
            if is_known || other.items.contains_key(id) || self.joined.contains_key(id) {
                continue;
            }
            let entry = added.entry(item_key(slot.item()));
            entry.and_modify(|found| *found = None).or_insert_with(|| Some(id.clone()));
        }
        added
    }

    fn join(&mut self, id: &ItemId, ours: Option<ItemId>, theirs: Option<ItemId>) {
        let pairs = [(ours, &mut self.our_ids), (theirs, &mut self.their_ids)];
        for (found, aliases) in pairs {
            if let Some(found) = found.filter(|found| found != id) {
                self.joined.insert(found.clone(), id.clone());
                aliases.insert(id.clone(), found);
            }
        }
    }

    /// Every id that the result may hold.
    pub(super) fn ids(&self) -> BTreeSet<&'r ItemId> {
        let base = self.base.into_iter().flat_map(|base| base.items.keys());
        let all = base.chain(self.ours.items.keys()).chain(self.theirs.items.keys());
        all.filter(|id| !self.joined.contains_key(*id)).collect()
    }

    /// The item in base, ours and theirs.
    pub(super) fn slots(&self, id: &ItemId) -> (Option<&'r Slot>, Option<&'r Slot>, Option<&'r Slot>) {
        let on = |side: &'r Revision, aliases: &Aliases| side.items.get(aliases.get(id).unwrap_or(id));
        let base = self.base.and_then(|base| base.items.get(id));
        (base, on(self.ours, &self.our_ids), on(self.theirs, &self.their_ids))
    }

    /// The elements of an item on the three sides.
    pub(super) fn three(&self, id: &ItemId) -> Three {
        let on = |side: &Revision, id: &ItemId| resolved(side, id);
        let base = self.base.map(|base| on(base, id)).unwrap_or_default();
        let ours = on(self.ours, self.our_ids.get(id).unwrap_or(id));
        let theirs = on(self.theirs, self.their_ids.get(id).unwrap_or(id));
        Three { base, ours, theirs }
    }
}

/// An item's elements, 同上 replaced by what stands above it in the same revision.
fn resolved(revision: &Revision, id: &ItemId) -> crate::diff::element::Elements {
    let Some(slot) = revision.items.get(id) else { return BTreeMap::new() };
    let mut found = elements(slot.item().as_json());
    let refers: Vec<String> =
        found.iter().filter(|(_, value)| is_same_as(value)).map(|(name, _)| name.clone()).collect();
    if refers.is_empty() {
        return found;
    }
    let above: Vec<Slot> =
        revision.in_order().into_iter().take_while(|(other, _)| *other != id).map(|(_, s)| s.clone()).collect();
    for name in refers {
        let value = above.iter().rev().map(|slot| elements(slot.item().as_json()).remove(&name));
        if let Some(value) = value.flatten().find(|value| !is_same_as(value)) {
            found.insert(name, value);
        }
    }
    found
}

fn is_same_as(value: &Value) -> bool {
    let Value::String(text) = value else { return false };
    text.chars().count() <= 4 && SAME_AS.contains(&fold(text).as_str())
}
