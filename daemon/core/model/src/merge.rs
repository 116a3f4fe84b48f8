//! Three states of one catalog become one: base, ours and theirs merged element by element.
//!
//! Invariant: nothing is lost. What one side alone changed is taken; what both changed is merged where that has one
//! meaning (sets as sets, text outside of the same span) and is *open* elsewhere: then the result holds our side and
//! both sides stand in the row. The result is a suggestion: a person decides, and only what he signs counts.
//! Left out: which three states (the conflict knows), and recording the decision (app).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    diff::full_name,
    id::ItemId,
    revision::{CanonicalHeader, Items, Revision, Slot},
};

mod choice;
mod item;
mod set;
mod sides;
mod text;

pub use choice::{Choice, Take};
use item::{Three, merge_elements};
use sides::Sides;

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The catalog's header.
    Header,
    /// An item, by the id that it has in the result.
    Item(ItemId),
}

/// Where the merged state of a row comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Only our side changed it.
    Ours,
    /// Only their side changed it.
    Theirs,
    /// Both changed it, and both changes are in.
    Both,
    /// Both changed it in ways that exclude each other: our side stands until a person decides.
    Open,
    /// A person decided.
    Chosen,
}

/// One element, or one whole item, in which the sides differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What it is about.
    pub place: Place,
    /// The item's name, of our side where it exists; the title for the header.
    pub name: String,
    /// The element's field name; `None` for the item as a whole: there on one side and not on the other.
    pub element: Option<String>,
    /// The common state as a person reads it; empty where there was none. Of a whole item its name.
    pub base: String,
    /// Ours.
    pub ours: String,
    /// Theirs.
    pub theirs: String,
    /// In the result.
    pub merged: String,
    /// Where that comes from.
    pub outcome: Outcome,
}

/// A suggested revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The header.
    pub header: CanonicalHeader,
    /// The items.
    pub items: Items,
    /// Everything in which the sides differ: the header, then the items in the result's order.
    pub rows: Vec<Row>,
    /// Ids of either side that are in the result under another id: the same matter added on both sides, or an item
    /// that one side renamed and the other changed.
    pub joined: BTreeMap<ItemId, ItemId>,
    /// Choices that met no difference.
    pub unused: Vec<Choice>,
}

impl Merged {
    /// The rows that a person must decide.
    pub fn open(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.outcome == Outcome::Open)
    }

    /// The result as a revision that follows these.
    pub fn revision(&self, catalog: crate::id::CatalogId, parents: Vec<crate::digest::Digest>) -> Revision {
        Revision { catalog, parents, header: self.header.clone(), items: self.items.clone() }
    }
}

/// Merges; without a base everything is new on both sides. The choices decide what they name, open or not.
pub fn merge(base: Option<&Revision>, ours: &Revision, theirs: &Revision, choices: &[Choice]) -> Merged {
    merge_sides(Sides::of(base, ours, theirs), (base, ours, theirs), choices)
}

/// The same for states whose items were paired before: equal ids are one item, and no others are.
pub fn merge_paired(base: Option<&Revision>, ours: &Revision, theirs: &Revision, choices: &[Choice]) -> Merged {
    merge_sides(Sides::paired(base, ours, theirs), (base, ours, theirs), choices)
}

fn merge_sides(
    sides: Sides<'_>,
    (base, ours, theirs): (Option<&Revision>, &Revision, &Revision),
    choices: &[Choice],
) -> Merged {
    let mut work = Work { choices, used: BTreeSet::new(), rows: Vec::new() };
    let header = work.header(base, ours, theirs);
    let ids: BTreeSet<&ItemId> = sides.ids();
    let mut items = BTreeMap::new();
    for id in ids {
        if let Some(slot) = work.item(id, &sides) {
            items.insert(id.clone(), slot);
        }
    }
    let Work { used, mut rows, .. } = work;
    let order = |row: &Row| match &row.place {
        Place::Header => (0, None),
        Place::Item(id) => (1, Some((items.get(id).map_or(u32::MAX, |slot| slot.order), id.clone()))),
    };
    rows.sort_by_cached_key(order);
    let unused = choices.iter().enumerate().filter(|(index, _)| !used.contains(index));
    let unused = unused.map(|(_, choice)| choice.clone()).collect();
    Merged { header, items: items.into(), rows, joined: sides.joined, unused }
}

struct Work<'c> {
    choices: &'c [Choice],
    used: BTreeSet<usize>,
    rows: Vec<Row>,
}

impl Work<'_> {
    fn header(&mut self, base: Option<&Revision>, ours: &Revision, theirs: &Revision) -> CanonicalHeader {
        let json = |revision: Option<&Revision>| revision.map_or("{}", |revision| revision.header.as_json()).to_owned();
        let three = Three::of(&json(base), &json(Some(ours)), &json(Some(theirs)));
        let title = ours.header.decode().title;
        let Some(merged) = self.elements(&Place::Header, &title, three) else { return ours.header.clone() };
        // A merge of headers is an object of text, as headers are.
        CanonicalHeader::from_json(&merged).unwrap_or_else(|| ours.header.clone())
    }

    fn item(&mut self, id: &ItemId, sides: &Sides<'_>) -> Option<Slot> {
        let (base, ours, theirs) = sides.slots(id);
        let digest = |slot: Option<&Slot>| slot.map(Slot::digest);
        let (b, o, t) = (digest(base), digest(ours), digest(theirs));
        if o == t && !self.has_choice(id) {
            return ours.map(|ours| placed(ours, base, Some(ours), theirs));
        }
        let (Some(one), Some(other)) = (ours, theirs) else {
            return self.presence(id, base, ours, theirs);
        };
        let name = full_name(&one.item().decode());
        let (place, three) = (Place::Item(id.clone()), sides.three(id));
        let merged = if o == b && !self.has_choice(id) {
            self.whole_side(&place, &name, &three, Outcome::Theirs);
            other.clone()
        } else if t == b && !self.has_choice(id) {
            self.whole_side(&place, &name, &three, Outcome::Ours);
            one.clone()
        } else {
            let json = self.elements(&place, &name, three)?;
            // A merge of two items is an object with an item's fields.
            crate::item::CanonicalItem::from_json(&json)
                .map_or_else(|| one.clone(), |item| Slot::new(one.order, one.serial.clone(), item))
        };
        Some(placed(&merged, base, ours, theirs))
    }

    /// There on one side and not on the other.
    fn presence(
        &mut self,
        id: &ItemId,
        base: Option<&Slot>,
        ours: Option<&Slot>,
        theirs: Option<&Slot>,
    ) -> Option<Slot> {
        let (there, outcome) = match (ours, theirs) {
            (Some(slot), _) => (slot, Outcome::Ours),
            (None, Some(slot)) => (slot, Outcome::Theirs),
            (None, None) => return None,
        };
        let is_removed = base.is_some();
        let is_untouched = base.is_some_and(|base| base.digest() == there.digest());
        let other = if outcome == Outcome::Ours { Outcome::Theirs } else { Outcome::Ours };
        let suggested = match (is_removed, is_untouched) {
            (false, _) => (Some(there), outcome),
            (true, true) => (None, other),
            // Removed here and changed there: it stays until a person decides.
            (true, false) => (Some(there), Outcome::Open),
        };
        let chosen = self.take(&Place::Item(id.clone()), None).map(|take| match take {
            Take::Ours => ours,
            Take::Theirs => theirs,
            Take::Base => base,
            Take::Text(_) => Some(there),
        });
        let (kept, outcome) = chosen.map_or(suggested, |kept| (kept, Outcome::Chosen));
        let name = |slot: Option<&Slot>| slot.map(|slot| full_name(&slot.item().decode())).unwrap_or_default();
        self.rows.push(Row {
            place: Place::Item(id.clone()),
            name: name(Some(there)),
            element: None,
            base: name(base),
            ours: name(ours),
            theirs: name(theirs),
            merged: name(kept),
            outcome,
        });
        kept.map(|kept| placed(kept, base, ours, theirs))
    }

    /// One side alone changed the item: its elements are listed as they are.
    fn whole_side(&mut self, place: &Place, name: &str, three: &Three, outcome: Outcome) {
        for (element, [base, ours, theirs]) in three.differing() {
            let merged = if outcome == Outcome::Ours { ours.clone() } else { theirs.clone() };
            let (place, name) = (place.clone(), name.to_owned());
            self.rows.push(Row { place, name, element: Some(element), base, ours, theirs, merged, outcome });
        }
    }

    /// Merges element by element; `None` where a choice takes the item away.
    fn elements(&mut self, place: &Place, name: &str, three: Three) -> Option<String> {
        let whole = self.take(place, None);
        if three.base_is_absent() && whole == Some(Take::Base) {
            return None;
        }
        let mut take = |element: &str| self.take(place, Some(element)).or_else(|| whole.clone());
        let (json, rows) = merge_elements(&three, &mut take);
        self.rows.extend(rows.into_iter().map(|row| Row { place: place.clone(), name: name.to_owned(), ..row }));
        Some(json)
    }

    fn has_choice(&self, id: &ItemId) -> bool {
        self.choices.iter().any(|choice| choice.place == Place::Item(id.clone()))
    }

    fn take(&mut self, place: &Place, element: Option<&str>) -> Option<Take> {
        // Words are of one element, never of a whole item.
        let is_about = |choice: &Choice| element.is_some() || !matches!(choice.take, Take::Text(_));
        let meant =
            |choice: &Choice| choice.place == *place && choice.element.as_deref() == element && is_about(choice);
        // Of two choices on one element the later one counts, as a person means it.
        let found = self.choices.iter().rposition(meant)?;
        let repeated = self.choices.iter().enumerate().filter(|(_, choice)| meant(choice)).map(|(index, _)| index);
        self.used.extend(repeated);
        Some(self.choices[found].take.clone())
    }
}

/// Place and serial are not reviewed: the side that moved the item wins, of two the lower.
fn placed(slot: &Slot, base: Option<&Slot>, ours: Option<&Slot>, theirs: Option<&Slot>) -> Slot {
    let of = |get: &dyn Fn(&Slot) -> u32| three_way(base.map(get), ours.map(get), theirs.map(get));
    let order = of(&|slot| slot.order).unwrap_or(slot.order);
    let serial = |slot: Option<&Slot>| slot.map(|slot| slot.serial.clone());
    let serial = three_way(serial(base), serial(ours), serial(theirs)).unwrap_or_else(|| slot.serial.clone());
    slot.moved(order, serial)
}

fn three_way<T: Ord>(base: Option<T>, ours: Option<T>, theirs: Option<T>) -> Option<T> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) if ours == theirs || base.as_ref() == Some(&theirs) => Some(ours),
        (Some(ours), Some(theirs)) if base.as_ref() == Some(&ours) => Some(theirs),
        (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests;
