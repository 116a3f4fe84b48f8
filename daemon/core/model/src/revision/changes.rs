//! What differs between two revisions, and between two states of one item, element by element.
//!
//! Invariant: a comparison reads canonical bytes only, so that a field which this version does not know is
//! shown as changed too. Left out: words and colours; the CLI and the pages own them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{CanonicalHeader, Revision, Slot};
use crate::{id::ItemId, item::CanonicalItem};

/// The items in which two revisions differ, each list by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Changes {
    /// Only in the later revision.
    pub added: Vec<ItemId>,
    /// In both, with other content.
    pub changed: Vec<ItemId>,
    /// Only in the earlier revision.
    pub removed: Vec<ItemId>,
    /// In both, at another place among the items that both hold (the fewest that explain the new order).
    pub moved: Vec<ItemId>,
    /// In both, with another serial (序号).
    pub renumbered: Vec<ItemId>,
    /// Whether the header differs.
    pub header_changed: bool,
}

impl Changes {
    /// Whether nothing that a reader sees differs.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether nothing that is reviewed differs: order and serials are not.
    pub fn is_settled(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty() && !self.header_changed
    }
}

/// One field in which two states of an item or a header differ, as text for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The field's JSON name.
    pub field: String,
    /// The text before; empty when the field was not there.
    pub before: String,
    /// The text after; empty when the field is gone.
    pub after: String,
}

/// Compares two revisions; from nothing, everything is added.
pub fn changes(from: Option<&Revision>, to: &Revision) -> Changes {
    let Some(from) = from else {
        return Changes { added: to.items.keys().cloned().collect(), header_changed: true, ..Changes::default() };
    };
    let mut found = Changes { header_changed: from.header != to.header, ..Changes::default() };
    for (id, slot) in &to.items {
        match from.items.get(id) {
            None => found.added.push(id.clone()),
            Some(before) => compare(&mut found, id, before, slot),
        }
    }
    found.removed = from.items.keys().filter(|id| !to.items.contains_key(*id)).cloned().collect();
    found.moved = moved(from, to);
    found
}

fn compare(found: &mut Changes, id: &ItemId, before: &Slot, after: &Slot) {
    if before.digest() != after.digest() {
        found.changed.push(id.clone());
    }
    if before.serial != after.serial {
        found.renumbered.push(id.clone());
    }
}

/// The common items outside a longest run that keeps its order.
fn moved(from: &Revision, to: &Revision) -> Vec<ItemId> {
    let common = from.in_order().into_iter().map(|(id, _)| id).filter(|id| to.items.contains_key(*id));
    let place: BTreeMap<&ItemId, usize> = common.enumerate().map(|(index, id)| (id, index)).collect();
    let sequence: Vec<(&ItemId, usize)> =
        to.in_order().into_iter().filter_map(|(id, _)| Some((id, *place.get(id)?))).collect();
    let places: Vec<usize> = sequence.iter().map(|(_, place)| *place).collect();
    let kept: BTreeSet<usize> = longest_rising(&places).into_iter().collect();
    let mut moved: Vec<ItemId> = sequence
        .iter()
        .enumerate()
        .filter(|(index, _)| !kept.contains(index))
        .map(|(_, (id, _))| (*id).clone())
        .collect();
    moved.sort();
    moved
}

/// Indices of a longest strictly rising subsequence (patience sorting, O(n log n)).
pub(super) fn longest_rising<T: Ord>(values: &[T]) -> Vec<usize> {
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let length = tails.partition_point(|tail| values[*tail] < *value);
        before.push(length.checked_sub(1).map(|last| tails[last]));
        if length == tails.len() {
            tails.push(index);
        } else {
            tails[length] = index;
        }
    }
    let mut kept: Vec<usize> = std::iter::successors(tails.last().copied(), |index| before[*index]).collect();
    kept.reverse();
    kept
}

/// The fields in which two states of an item differ, by field name; `None` stands for "not there".
pub fn item_differences(before: Option<&CanonicalItem>, after: Option<&CanonicalItem>) -> Vec<Difference> {
    differences(before.map_or("{}", CanonicalItem::as_json), after.map_or("{}", CanonicalItem::as_json))
}

/// The fields in which two headers differ, by field name.
pub fn header_differences(before: Option<&CanonicalHeader>, after: Option<&CanonicalHeader>) -> Vec<Difference> {
    differences(before.map_or("{}", CanonicalHeader::as_json), after.map_or("{}", CanonicalHeader::as_json))
}

fn differences(before: &str, after: &str) -> Vec<Difference> {
    let before = fields(before);
    let after = fields(after);
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let text = |fields: &Map<String, Value>, name: &str| fields.get(name).map(readable).unwrap_or_default();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| Difference { field: name.clone(), before: text(&before, name), after: text(&after, name) })
        .collect()
}

fn fields(json: &str) -> Map<String, Value> {
    // Canonical bytes are one JSON object: their makers checked it.
    serde_json::from_str(json).unwrap_or_default()
}

/// Text as printed; lists joined by 、; of a basis the words of the cell, else its parts.
fn readable(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(list) => {
            let is_nested = list.iter().any(Value::is_object);
            list.iter().map(readable).collect::<Vec<_>>().join(if is_nested { "\n" } else { "、" })
        }
        Value::Object(object) => match object.get("raw") {
            Some(Value::String(raw)) if !raw.is_empty() => raw.clone(),
            _ => {
                object.iter().map(|(name, value)| format!("{name}: {}", readable(value))).collect::<Vec<_>>().join("; ")
            }
        },
    }
}
