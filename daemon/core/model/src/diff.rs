//! What differs between two states of an item or a catalog, element by element: sets as sets, text as text.
//!
//! Invariant: canonical bytes are compared, so a field that this version does not know is shown too; order of items
//! is no difference of an item. The comparison is for people: nothing is decided, digested or recorded by it.
//! Left out: words and colours (the CLI and the pages own them), and what to do about a difference (merge).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    id::ItemId,
    item::{CanonicalItem, Item, TimeLimit, parse_time_limit},
    revision::{CanonicalHeader, Revision, Slot, changes},
};

pub(crate) mod element;
mod renames;
pub(crate) mod text;

use element::{Elements, Form, elements, form_of, label, members};
pub use renames::renames;
use text::{Budget, segments};

/// A stretch of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Segment {
    /// In both.
    Kept(String),
    /// Only before.
    Removed(String),
    /// Only after.
    Added(String),
}

/// How one element differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Running text.
    Text(Vec<Segment>),
    /// One word of a vocabulary, a date, a code: as a whole.
    Word {
        /// Before; empty where it was not given.
        before: String,
        /// After; empty where it is gone.
        after: String,
    },
    /// Members of a set or a list, each as text.
    Set {
        /// In both.
        kept: Vec<String>,
        /// Only before.
        removed: Vec<String>,
        /// Only after.
        added: Vec<String>,
        /// The members of both stand in another order, where order says something (the lead body first).
        is_reordered: bool,
    },
    /// A time limit: its words, and what they say.
    Limit {
        /// The words.
        words: Vec<Segment>,
        /// What was read from the words before.
        before: Vec<TimeLimit>,
        /// What is read from them now.
        after: Vec<TimeLimit>,
    },
}

/// One element that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElementChange {
    /// The field's JSON name; a further column is `extra.` and its head.
    pub element: String,
    /// How it differs.
    pub change: Change,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemChangeKind {
    /// Only in the later state.
    Added,
    /// Only in the earlier state.
    Removed,
    /// In both, with other content.
    Changed,
    /// In both under another name, whether the id stayed or a table brought it back under a new one.
    Renamed,
    /// In both, the content unchanged, at another place or with another serial.
    Moved,
}

/// One item that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemDifference {
    /// The item; of a removed one the id that it had.
    pub item: ItemId,
    /// The id that it had before, where it is another.
    pub former: Option<ItemId>,
    /// What became of it.
    pub kind: ItemChangeKind,
    /// Its name, of the later state where it exists.
    pub name: String,
    /// Its name before, where it is another.
    pub former_name: String,
    /// Its serial as printed, of the later state where it exists.
    pub serial: String,
    /// The serial before, where it is another.
    pub former_serial: String,
    /// The elements that differ, in the order of the official columns.
    pub elements: Vec<ElementChange>,
}

/// Two revisions compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionDifference {
    /// The elements of the header that differ.
    pub header: Vec<ElementChange>,
    /// The items that differ: in the later revision's order, then the removed ones in the earlier's.
    pub items: Vec<ItemDifference>,
    /// Items whose content is the same, moved ones among them.
    pub unchanged: usize,
}

impl RevisionDifference {
    /// Whether nothing that is reviewed differs: places and serials are not.
    pub fn is_settled(&self) -> bool {
        self.header.is_empty() && self.items.iter().all(|item| item.kind == ItemChangeKind::Moved)
    }
}

/// The elements in which two states of an item differ; `None` stands for "not there".
pub fn items(before: Option<&CanonicalItem>, after: Option<&CanonicalItem>) -> Vec<ElementChange> {
    items_within(before, after, &mut Budget::default())
}

/// The elements in which two headers differ.
pub fn headers(before: Option<&CanonicalHeader>, after: Option<&CanonicalHeader>) -> Vec<ElementChange> {
    let of = |header: Option<&CanonicalHeader>| elements(header.map_or("{}", CanonicalHeader::as_json));
    compared(&of(before), &of(after), &mut Budget::default())
}

/// Compares two revisions; from nothing, everything is added.
pub fn revisions(from: Option<&Revision>, to: &Revision) -> RevisionDifference {
    let renamed = from.map(|from| renames(from, to)).unwrap_or_default();
    let former: BTreeSet<&ItemId> = renamed.values().collect();
    let shifted: BTreeSet<ItemId> = changes(from, to).moved.into_iter().collect();
    let mut budget = Budget::default();
    let mut found =
        RevisionDifference { header: headers(from.map(|from| &from.header), Some(&to.header)), ..Default::default() };
    for (id, slot) in to.in_order() {
        let former_id = renamed.get(id);
        let before = from.and_then(|from| from.items.get(former_id.unwrap_or(id)));
        found.unchanged += usize::from(before.is_some_and(|before| before.digest() == slot.digest()));
        let pair = Pair { id, former_id, before, after: Some(slot), is_shifted: shifted.contains(id) };
        found.items.extend(pair.compare(&mut budget));
    }
    for (id, slot) in from.map(Revision::in_order).unwrap_or_default() {
        if !to.items.contains_key(id) && !former.contains(id) {
            let pair = Pair { id, former_id: None, before: Some(slot), after: None, is_shifted: false };
            found.items.extend(pair.compare(&mut budget));
        }
    }
    found
}

/// The difference of one item that is in either revision; `None` where nothing differs.
pub fn item_of(id: &ItemId, before: Option<&Slot>, after: Option<&Slot>) -> Option<ItemDifference> {
    Pair { id, former_id: None, before, after, is_shifted: false }.compare(&mut Budget::default())
}

/// The two states of one item.
struct Pair<'r> {
    id: &'r ItemId,
    former_id: Option<&'r ItemId>,
    before: Option<&'r Slot>,
    after: Option<&'r Slot>,
    is_shifted: bool,
}

impl Pair<'_> {
    fn compare(&self, budget: &mut Budget) -> Option<ItemDifference> {
        let kind = self.kind()?;
        let name = |slot: Option<&Slot>| slot.map(|slot| full_name(&slot.item().decode())).unwrap_or_default();
        let serial = |slot: Option<&Slot>| slot.map(|slot| slot.serial.clone()).unwrap_or_default();
        let (name_before, name_after) = (name(self.before), name(self.after));
        let (serial_before, serial_after) = (serial(self.before), serial(self.after));
        let later = |before: String, after: String| match (self.before, self.after) {
            (_, None) => (before, String::new()),
            (Some(_), Some(_)) if before != after => (after, before),
            (_, Some(_)) => (after, String::new()),
        };
        let (name, former_name) = later(name_before, name_after);
        let (serial, former_serial) = later(serial_before, serial_after);
        Some(ItemDifference {
            item: self.id.clone(),
            former: self.former_id.cloned(),
            kind,
            name,
            former_name,
            serial,
            former_serial,
            elements: items_within(self.before.map(Slot::item), self.after.map(Slot::item), budget),
        })
    }

    fn kind(&self) -> Option<ItemChangeKind> {
        match (self.before, self.after) {
            (None, None) => None,
            (None, Some(_)) => Some(ItemChangeKind::Added),
            (Some(_), None) => Some(ItemChangeKind::Removed),
            (Some(before), Some(after)) if before.digest() == after.digest() => {
                let is_moved = self.is_shifted || self.former_id.is_some() || before.serial != after.serial;
                is_moved.then_some(ItemChangeKind::Moved)
            }
            (Some(before), Some(after)) => {
                let is_renamed = full_name(&before.item().decode()) != full_name(&after.item().decode());
                Some(if is_renamed { ItemChangeKind::Renamed } else { ItemChangeKind::Changed })
            }
        }
    }
}

/// The levels of an item's name that are filled, joined.
pub fn full_name(item: &Item) -> String {
    let levels = [item.level1.as_str(), &item.level2, &item.level3];
    levels.into_iter().filter(|level| !level.is_empty()).collect::<Vec<_>>().join(" / ")
}

fn items_within(
    before: Option<&CanonicalItem>,
    after: Option<&CanonicalItem>,
    budget: &mut Budget,
) -> Vec<ElementChange> {
    let of = |item: Option<&CanonicalItem>| elements(item.map_or("{}", CanonicalItem::as_json));
    compared(&of(before), &of(after), budget)
}

fn compared(before: &Elements, after: &Elements, budget: &mut Budget) -> Vec<ElementChange> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differs = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    let mut found: Vec<ElementChange> = differs
        .map(|name| ElementChange {
            element: name.clone(),
            change: change(form_of(name), before.get(name), after.get(name), budget),
        })
        .collect();
    found.sort_by(|a, b| element::rank(&a.element).cmp(&element::rank(&b.element)));
    found
}

fn change(form: Form, before: Option<&Value>, after: Option<&Value>, budget: &mut Budget) -> Change {
    let (old, new) = (before.map(label).unwrap_or_default(), after.map(label).unwrap_or_default());
    match form {
        Form::Text => Change::Text(segments(&old, &new, budget)),
        Form::Word => Change::Word { before: old, after: new },
        Form::Limit => Change::Limit {
            words: segments(&old, &new, budget),
            before: parse_time_limit(&old),
            after: parse_time_limit(&new),
        },
        Form::Set | Form::List | Form::Basis => set_change(&members(before), &members(after)),
    }
}

fn set_change(before: &[Value], after: &[Value]) -> Change {
    let labels = |list: Vec<&Value>| list.into_iter().map(label).collect::<Vec<String>>();
    let kept: Vec<&Value> = before.iter().filter(|member| after.contains(member)).collect();
    let kept_after: Vec<&Value> = after.iter().filter(|member| before.contains(member)).collect();
    Change::Set {
        is_reordered: kept != kept_after,
        kept: labels(kept),
        removed: labels(before.iter().filter(|member| !after.contains(member)).collect()),
        added: labels(after.iter().filter(|member| !before.contains(member)).collect()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests;
