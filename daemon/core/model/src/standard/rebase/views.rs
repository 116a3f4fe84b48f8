//! The three states of a move onto another version of a standard, under the catalog's own item ids.
//!
//! Invariant: ids, places and serials are the catalog's wherever it has the item, and origins are left out, so that
//! a merge of the three sees what is said and nothing else; putting origins back keeps the bytes of what says the same.

use std::collections::{BTreeMap, BTreeSet};

use super::Rebase;
use crate::{
    digest::Digest,
    id::ItemId,
    item::CanonicalItem,
    revision::{CanonicalHeader, Items, Revision, Slot},
    standard::counterparts,
};

/// Base, ours and theirs of a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Views {
    /// The older version.
    pub base: Revision,
    /// The catalog.
    pub ours: Revision,
    /// The newer version.
    pub theirs: Revision,
    /// The newer version's item → the id that it has here.
    pub(super) here: BTreeMap<ItemId, ItemId>,
    /// The catalog's item → the older version's.
    pub(super) based: BTreeMap<ItemId, ItemId>,
}

impl Views {
    /// Lays the three beside each other.
    pub fn of(question: &Rebase<'_>) -> Self {
        let pairs = Pairs::of(question);
        let mut places = Places::of(question.local);
        let (mut base, mut theirs, mut here) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for (their_id, slot) in question.onto.content.in_order() {
            let id = pairs.id_of(question, their_id);
            let (order, serial) = places.of_item(question.local.items.get(&id), slot);
            let at = |item: &CanonicalItem| Slot::new(order, serial.clone(), item.with_origin(None));
            let before = pairs.base_of(question, &id, their_id);
            if let Some(before) = before {
                base.insert(id.clone(), at(before.item()));
            } else if question.before.is_none() && question.local.items.contains_key(&id) {
                // Taken up for the first time: what the catalog says already is its own deviation.
                base.insert(id.clone(), at(slot.item()));
            }
            theirs.insert(id.clone(), at(slot.item()));
            here.insert(their_id.clone(), id);
        }
        for (id, slot) in question.local.items.iter().filter(|(id, _)| !theirs.contains_key(*id)) {
            let before = pairs.based.get(id).and_then(|before| question.before?.items.get(before));
            let at = |before: &Slot| Slot::new(slot.order, slot.serial.clone(), before.item().with_origin(None));
            base.extend(before.map(|before| (id.clone(), at(before))));
        }
        let without_origin = |(id, slot): (&ItemId, &Slot)| {
            (id.clone(), Slot::new(slot.order, slot.serial.clone(), slot.item().with_origin(None)))
        };
        let ours = question.local.items.iter().map(without_origin).collect();
        let header = header(question);
        let state = |items: Items| Revision {
            catalog: question.local.catalog.clone(),
            parents: question.parents.clone(),
            header: header.clone(),
            items,
        };
        Self { base: state(base.into()), ours: state(ours), theirs: state(theirs.into()), here, based: pairs.based }
    }

    /// Merged items as a revision of the catalog: every item with its origin.
    pub fn settled(&self, question: &Rebase<'_>, items: &Items) -> Revision {
        let their_ids: BTreeMap<&ItemId, &ItemId> = self.here.iter().map(|(theirs, id)| (id, theirs)).collect();
        let settle = |(id, slot): (&ItemId, &Slot)| {
            let own = question.local.items.get(id).map(Slot::item);
            let item = match (own, their_ids.get(id)) {
                (Some(own), _) if own.says_same(slot.item()) => own.clone(),
                (_, Some(theirs)) => {
                    let origin = question.onto.content.items[*theirs].item().decode().origin;
                    question.onto.item(theirs, &slot.item().with_origin(origin.as_ref()))
                }
                (own, None) => slot.item().with_origin(own.and_then(|own| own.decode().origin).as_ref()),
            };
            (id.clone(), Slot::new(slot.order, slot.serial.clone(), item))
        };
        Revision {
            catalog: question.local.catalog.clone(),
            parents: question.parents.clone(),
            header: self.theirs.header.clone(),
            items: items.iter().map(settle).collect(),
        }
    }
}

/// The catalog's header, naming the newer version.
fn header(question: &Rebase<'_>) -> CanonicalHeader {
    let mut header = question.local.header.decode();
    let reference = question.onto.reference();
    if header.standard.as_ref().is_some_and(|known| known.id == reference.id && known.revision == reference.revision) {
        return question.local.header.clone();
    }
    header.standard = Some(reference);
    header.to_canonical()
}

/// Which item answers to which.
struct Pairs {
    /// The newer version's item → the catalog's.
    here: BTreeMap<ItemId, ItemId>,
    /// The newer version's item → the older version's.
    earlier: BTreeMap<ItemId, ItemId>,
    /// The catalog's item → the older version's.
    based: BTreeMap<ItemId, ItemId>,
}

impl Pairs {
    fn of(question: &Rebase<'_>) -> Self {
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
        Self { here, earlier, based }
    }

    /// The id that an item of the newer version has here. One that another item of the catalog bears already would
    /// overwrite that item: then the id is made of both, the same on every node.
    fn id_of(&self, question: &Rebase<'_>, theirs: &ItemId) -> ItemId {
        if let Some(id) = self.here.get(theirs) {
            return id.clone();
        }
        if !question.local.items.contains_key(theirs) {
            return theirs.clone();
        }
        let parts = [question.onto.id.to_string(), theirs.to_string()];
        let digest = Digest::of("gongkai standard item v1", &[parts[0].as_bytes(), parts[1].as_bytes()]);
        ItemId::parse(&digest.to_hex()).expect("the digits of a digest are an item id")
    }

    /// What the older version has for an item of the newer one.
    fn base_of<'q>(&self, question: &Rebase<'q>, id: &ItemId, theirs: &ItemId) -> Option<&'q Slot> {
        let base = self.based.get(id).or_else(|| self.earlier.get(theirs))?;
        question.before?.items.get(base)
    }
}

/// Free places among the catalog's items.
struct Places {
    /// Sort key of the last item placed, and those in use.
    last: u32,
    taken: BTreeSet<u32>,
}

impl Places {
    fn of(local: &Revision) -> Self {
        Self { last: 0, taken: local.items.values().map(|slot| slot.order).collect() }
    }

    /// The catalog's own place; else a free one behind the last item met, so that a new item stands where the
    /// standard has it.
    fn of_item(&mut self, own: Option<&Slot>, theirs: &Slot) -> (u32, String) {
        if let Some(own) = own {
            self.last = own.order;
            return (own.order, own.serial.clone());
        }
        let from = if self.last == 0 { theirs.order } else { self.last.saturating_add(1) };
        let order = (from..=u32::MAX).find(|order| !self.taken.contains(order)).unwrap_or(u32::MAX);
        self.taken.insert(order);
        self.last = order;
        (order, theirs.serial.clone())
    }
}
