//! A catalog moved from one version of its standard to another (套用新版标准).
//!
//! Invariant: what the catalog has not changed follows the standard; what it has changed stays, and where both
//! changed one element the catalog's words stay until a person says otherwise. An item that says the same keeps its
//! bytes. Moving onto the version that the catalog stands on changes nothing.
//! Left out: who may do it, and recording the result (app).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Template, compare::element_differences, counterparts};
use crate::{
    diff::{self, ElementChange},
    digest::Digest,
    id::ItemId,
    item::CanonicalItem,
    revision::{Revision, Slot},
};

/// What to move where.
pub struct Rebase<'a> {
    /// The version that the catalog stands on; `None` where it stands on none.
    pub before: Option<&'a Revision>,
    /// The version to move to.
    pub onto: Template<'a>,
    /// The catalog.
    pub local: &'a Revision,
    /// Parents of the revision to be made.
    pub parents: Vec<Digest>,
    /// Items (by either side's id) whose clashes are decided for the standard.
    pub taken: &'a BTreeSet<ItemId>,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Both say the same already.
    Same,
    /// The standard's change was taken over; nothing had been changed here.
    Taken,
    /// Both had changed, in different elements: both changes stand.
    Merged,
    /// New in the standard.
    Added,
    /// Gone from the standard, and never changed here.
    Removed,
    /// A local deviation that the standard's change does not meet.
    Kept,
    /// Removed here before, and not touched by the standard.
    Missing,
    /// Both changed the same: a person must look. The catalog's words stand.
    Clash,
    /// Only here.
    Extra,
}

/// One element that both sides changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clash {
    /// The field's JSON name; empty where one side has no such item any more.
    pub element: String,
    /// As the older version has it.
    pub base: String,
    /// As the newer version has it.
    pub standard: String,
    /// As it stands here.
    pub local: String,
}

/// One item and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RebasedItem {
    /// The catalog's item; the standard's where the catalog has none.
    pub item: ItemId,
    /// The standard's item; `None` for a local one.
    pub standard_item: Option<ItemId>,
    /// Its name, where it is not in the result.
    pub name: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Elements in which the result differs from the newer version: before as the standard has it, after as here.
    pub elements: Vec<ElementChange>,
    /// What a person must look at.
    pub clashes: Vec<Clash>,
}

/// The result.
#[derive(Clone, Debug)]
pub struct Rebased {
    /// The catalog on the newer version.
    pub revision: Revision,
    /// Every item of either side: the standard's in its order, then what only the catalog has.
    pub items: Vec<RebasedItem>,
}

impl Rebased {
    /// How many items ended that way.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.items.iter().filter(|item| item.outcome == outcome).count()
    }
}

/// Moves a catalog onto another version of a standard.
pub fn rebase(question: &Rebase<'_>) -> Rebased {
    let mut work = Work::of(question);
    let mut items = Vec::new();
    for (id, slot) in question.onto.content.in_order() {
        items.push(work.follow(id, slot));
    }
    let local = question.local.in_order();
    for (id, _) in local.into_iter().filter(|(id, _)| !work.met.contains(*id)).collect::<Vec<_>>() {
        items.push(work.leave(id));
    }
    let revision = Revision {
        catalog: question.local.catalog.clone(),
        parents: question.parents.clone(),
        header: header(question),
        items: work.items,
    };
    Rebased { revision, items }
}

fn header(question: &Rebase<'_>) -> crate::revision::CanonicalHeader {
    let mut header = question.local.header.decode();
    let reference = question.onto.reference();
    if header.standard.as_ref().is_some_and(|known| known.id == reference.id && known.revision == reference.revision) {
        return question.local.header.clone();
    }
    header.standard = Some(reference);
    header.to_canonical()
}

struct Work<'a> {
    question: &'a Rebase<'a>,
    /// The newer version's item → the catalog's.
    here: BTreeMap<ItemId, ItemId>,
    /// The newer version's item → the older version's.
    earlier: BTreeMap<ItemId, ItemId>,
    /// The catalog's item → the older version's.
    based: BTreeMap<ItemId, ItemId>,
    /// The catalog's items that a newer item answered to.
    met: BTreeSet<ItemId>,
    items: BTreeMap<ItemId, Slot>,
    /// Sort key of the last item placed, and those in use.
    last_order: u32,
    orders: BTreeSet<u32>,
}

impl<'a> Work<'a> {
    fn of(question: &'a Rebase<'a>) -> Self {
        let after = question.onto.content;
        let turned = |pairs: BTreeMap<ItemId, ItemId>| -> BTreeMap<ItemId, ItemId> {
            pairs.into_iter().map(|(one, other)| (other, one)).collect()
        };
        let mut here = turned(counterparts(question.local, after));
        let earlier = question.before.map(|before| turned(counterparts(before, after))).unwrap_or_default();
        let based = question.before.map(|before| counterparts(question.local, before)).unwrap_or_default();
        let by_base = turned(based.clone());
        let known: BTreeSet<ItemId> = here.values().cloned().collect();
        for (theirs, base) in &earlier {
            if let Some(id) = by_base.get(base).filter(|id| !known.contains(*id)) {
                here.entry(theirs.clone()).or_insert_with(|| id.clone());
            }
        }
        Self {
            question,
            here,
            earlier,
            based,
            met: BTreeSet::new(),
            items: question.local.items.clone(),
            last_order: 0,
            orders: question.local.items.values().map(|slot| slot.order).collect(),
        }
    }

    /// One item of the newer version.
    fn follow(&mut self, theirs: &ItemId, slot: &Slot) -> RebasedItem {
        let id = self.here.get(theirs).cloned();
        let base = id.as_ref().and_then(|id| self.based.get(id)).or_else(|| self.earlier.get(theirs)).cloned();
        let base = base.and_then(|base| self.question.before?.items.get(&base));
        match id {
            Some(id) => {
                self.met.insert(id.clone());
                self.meet(id, theirs, base, slot)
            }
            None => self.without(theirs, base, slot),
        }
    }

    /// An item that both have.
    fn meet(&mut self, id: ItemId, theirs: &ItemId, base: Option<&Slot>, after: &Slot) -> RebasedItem {
        let here = self.items[&id].clone();
        self.last_order = here.order;
        let is_untouched = base.is_some_and(|base| base.item().says_same(after.item()));
        let is_unchanged = base.is_some_and(|base| base.item().says_same(here.item()));
        let mut clashes = Vec::new();
        let outcome = if here.item().says_same(after.item()) {
            Outcome::Same
        } else if is_untouched || (base.is_none() && self.question.before.is_none()) {
            Outcome::Kept
        } else if is_unchanged {
            self.put(&id, theirs, after.item().clone());
            Outcome::Taken
        } else {
            let is_taken = self.question.taken.contains(&id) || self.question.taken.contains(theirs);
            let merged = merge(base.map(Slot::item), here.item(), after.item(), is_taken);
            clashes = merged.clashes;
            if !merged.item.says_same(here.item()) {
                self.put(&id, theirs, merged.item);
            }
            match (clashes.is_empty(), is_taken) {
                (true, true) => Outcome::Taken,
                (true, false) => Outcome::Merged,
                (false, _) => Outcome::Clash,
            }
        };
        let elements = element_differences(after.item(), self.items[&id].item());
        RebasedItem { item: id, standard_item: Some(theirs.clone()), name: String::new(), outcome, elements, clashes }
    }

    /// An item that the catalog has not.
    fn without(&mut self, theirs: &ItemId, base: Option<&Slot>, after: &Slot) -> RebasedItem {
        let is_untouched = base.is_some_and(|base| base.item().says_same(after.item()));
        let is_wanted = base.is_none() || self.question.taken.contains(theirs);
        let mut clashes = Vec::new();
        // An id that another item of the catalog bears would overwrite that item.
        let outcome = if is_wanted && !self.items.contains_key(theirs) {
            let order = self.next_order(after.order);
            let item = self.question.onto.item(theirs, after.item());
            self.items.insert(theirs.clone(), Slot::new(order, after.serial.clone(), item));
            self.met.insert(theirs.clone());
            Outcome::Added
        } else if is_untouched {
            Outcome::Missing
        } else {
            clashes.push(Clash {
                element: String::new(),
                base: base.map(name).unwrap_or_default(),
                standard: name(after),
                local: String::new(),
            });
            Outcome::Clash
        };
        RebasedItem {
            item: theirs.clone(),
            standard_item: Some(theirs.clone()),
            name: name(after),
            outcome,
            elements: Vec::new(),
            clashes,
        }
    }

    /// An item that the newer version has not.
    fn leave(&mut self, id: &ItemId) -> RebasedItem {
        let here = self.items[id].clone();
        let theirs = self.based.get(id).cloned();
        let base = theirs.as_ref().and_then(|theirs| self.question.before?.items.get(theirs));
        let mut clashes = Vec::new();
        let is_taken = self.question.taken.contains(id);
        let outcome = match base {
            None => Outcome::Extra,
            Some(base) if is_taken || base.item().says_same(here.item()) => {
                self.items.remove(id);
                Outcome::Removed
            }
            Some(base) => {
                clashes.push(Clash {
                    element: String::new(),
                    base: name(base),
                    standard: String::new(),
                    local: name(&here),
                });
                Outcome::Clash
            }
        };
        RebasedItem {
            item: id.clone(),
            standard_item: theirs,
            name: name(&here),
            outcome,
            elements: Vec::new(),
            clashes,
        }
    }

    fn put(&mut self, id: &ItemId, theirs: &ItemId, item: CanonicalItem) {
        let item = self.question.onto.item(theirs, &item);
        let place = &self.items[id];
        let slot = Slot::new(place.order, place.serial.clone(), item);
        self.items.insert(id.clone(), slot);
    }

    /// A free sort key behind the last item met, so that a new item stands where the standard has it.
    fn next_order(&mut self, wanted: u32) -> u32 {
        let from = if self.last_order == 0 { wanted } else { self.last_order.saturating_add(1) };
        let order = (from..=u32::MAX).find(|order| !self.orders.contains(order)).unwrap_or(u32::MAX);
        self.orders.insert(order);
        self.last_order = order;
        order
    }
}

fn name(slot: &Slot) -> String {
    diff::full_name(&slot.item().decode())
}

struct Merged {
    item: CanonicalItem,
    clashes: Vec<Clash>,
}

/// Merges one item element by element. Without a base every element that differs is a clash.
fn merge(base: Option<&CanonicalItem>, here: &CanonicalItem, after: &CanonicalItem, is_taken: bool) -> Merged {
    let none = BTreeMap::new();
    let fields = |item: &CanonicalItem| item.with_origin(None).fields();
    let (ours, theirs) = (fields(here), fields(after));
    let base = base.map(fields);
    let mut result = ours.clone();
    let mut clashes = Vec::new();
    let names: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    for name in names {
        let (our, their) = (ours.get(name), theirs.get(name));
        let before = base.as_ref().unwrap_or(&none).get(name);
        if our == their || (base.is_some() && their == before) {
            continue;
        }
        if is_taken || (base.is_some() && our == before) {
            match their {
                Some(value) => drop(result.insert(name.clone(), value.clone())),
                None => drop(result.remove(name)),
            }
        } else {
            let text = |value: Option<&Value>| value.map(crate::revision::readable).unwrap_or_default();
            let (base, standard, local) = (text(before), text(their), text(our));
            clashes.push(Clash { element: name.clone(), base, standard, local });
        }
    }
    let origin = after.decode().origin;
    Merged { item: CanonicalItem::from_fields(&result).with_origin(origin.as_ref()), clashes }
}
