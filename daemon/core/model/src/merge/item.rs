//! One item or header, element by element.
//!
//! Invariant: an element that one side left as it was takes the other side's state, whatever its form, so that a
//! field of a newer version merges too; the two sides can be swapped without another element becoming open.

use serde_json::Value;

use super::{Outcome, Place, Row, Take, set, text};
use crate::{
    diff::{
        element::{Elements, Form, canonical_json, elements, form_of, label, rank},
        text::Budget,
    },
    item::parse_basis,
};

/// Elements of the channels: the printed cell follows the ticks.
const CHANNEL_SETS: &[&str] = &["channels", "channels_optional", "channels_other"];
const CHANNELS_RAW: &str = "channels_raw";

/// The three states of one item's elements.
pub(super) struct Three {
    pub(super) base: Elements,
    pub(super) ours: Elements,
    pub(super) theirs: Elements,
}

impl Three {
    pub(super) fn of(base: &str, ours: &str, theirs: &str) -> Self {
        Self { base: elements(base), ours: elements(ours), theirs: elements(theirs) }
    }

    pub(super) fn base_is_absent(&self) -> bool {
        self.base.is_empty()
    }

    /// The elements in which the sides differ, as text: base, ours, theirs.
    pub(super) fn differing(&self) -> Vec<(String, [String; 3])> {
        let text = |side: &Elements, name: &str| side.get(name).map(label).unwrap_or_default();
        let of =
            |name: &String| (name.clone(), [text(&self.base, name), text(&self.ours, name), text(&self.theirs, name)]);
        let differs = |name: &&String| self.ours.get(*name) != self.theirs.get(*name);
        self.names().iter().filter(differs).map(of).collect()
    }

    /// The names of all elements in the order of the official columns.
    fn names(&self) -> Vec<String> {
        let all = self.base.keys().chain(self.ours.keys()).chain(self.theirs.keys());
        let mut names: Vec<String> = all.cloned().collect();
        names.sort_by(|a, b| rank(a).cmp(&rank(b)));
        names.dedup();
        names
    }
}

/// The merged bytes, and a row for each element in which the sides differ.
pub(super) fn merge_elements(three: &Three, take: &mut dyn FnMut(&str) -> Option<Take>) -> (String, Vec<Row>) {
    let mut merged = Elements::new();
    let mut rows = Vec::new();
    let mut budget = Budget::default();
    for name in three.names() {
        let sides = [three.base.get(&name), three.ours.get(&name), three.theirs.get(&name)];
        let chosen = take(&name);
        let (value, outcome) = match chosen {
            Some(take) => (taken(&name, sides, &take), Outcome::Chosen),
            None if name == CHANNELS_RAW => printed_channels(three, &merged),
            None => merge_one(form_of(&name), sides, &mut budget),
        };
        if sides[1] != sides[2] || (outcome == Outcome::Chosen && value.as_ref() != sides[1]) {
            let text = |value: Option<&Value>| value.map(label).unwrap_or_default();
            rows.push(Row {
                place: Place::Header,
                name: String::new(),
                element: Some(name.clone()),
                base: text(sides[0]),
                ours: text(sides[1]),
                theirs: text(sides[2]),
                merged: text(value.as_ref()),
                outcome,
            });
        }
        if let Some(value) = value {
            merged.insert(name, value);
        }
    }
    (canonical_json(&merged), rows)
}

/// One element without a person's word.
fn merge_one(form: Form, sides: [Option<&Value>; 3], budget: &mut Budget) -> (Option<Value>, Outcome) {
    let [base, ours, theirs] = sides;
    if ours == theirs || theirs == base {
        return (ours.cloned(), Outcome::Ours);
    }
    if ours == base {
        return (theirs.cloned(), Outcome::Theirs);
    }
    let merged = match form {
        Form::Text => match (base, ours, theirs) {
            (base, Some(Value::String(ours)), Some(Value::String(theirs))) => {
                let base = base.map(label).unwrap_or_default();
                text::merge(&base, ours, theirs, budget).map(Value::String)
            }
            _ => None,
        },
        Form::Set | Form::List | Form::Basis => set::merge(form, base, ours, theirs),
        // Two other limits are two other rules, even where their words could be put together.
        Form::Word | Form::Limit => None,
    };
    match merged {
        Some(merged) => (Some(merged), Outcome::Both),
        None => (ours.cloned(), Outcome::Open),
    }
}

/// The printed cell of the side whose ticks the result has; of neither, none: it is written anew from the ticks.
fn printed_channels(three: &Three, merged: &Elements) -> (Option<Value>, Outcome) {
    let has_ticks_of = |side: &Elements| CHANNEL_SETS.iter().all(|name| side.get(*name) == merged.get(*name));
    let raw = |side: &Elements| side.get(CHANNELS_RAW).cloned();
    let (ours, theirs) = (has_ticks_of(&three.ours), has_ticks_of(&three.theirs));
    if ours && theirs {
        let sides = [three.base.get(CHANNELS_RAW), three.ours.get(CHANNELS_RAW), three.theirs.get(CHANNELS_RAW)];
        return merge_one(Form::Word, sides, &mut Budget::default());
    }
    match (ours, theirs) {
        (true, _) => (raw(&three.ours), Outcome::Ours),
        (false, true) => (raw(&three.theirs), Outcome::Theirs),
        (false, false) => (None, Outcome::Both),
    }
}

/// A person's word on one element.
fn taken(name: &str, sides: [Option<&Value>; 3], take: &Take) -> Option<Value> {
    match take {
        Take::Base => sides[0].cloned(),
        Take::Ours => sides[1].cloned(),
        Take::Theirs => sides[2].cloned(),
        Take::Text(words) => {
            let lines = || words.lines().map(str::trim).filter(|line| !line.is_empty());
            let list = |members: Vec<Value>| Some(Value::Array(members));
            match form_of(name) {
                Form::Text | Form::Word | Form::Limit => Some(Value::String(words.clone())),
                Form::List => list(lines().map(Value::from).collect()),
                Form::Set => {
                    let members: std::collections::BTreeSet<&str> = lines().collect();
                    list(members.into_iter().map(Value::from).collect())
                }
                // Parsed parts are structs of text: they always serialise.
                Form::Basis => {
                    list(parse_basis(words).iter().map(|part| serde_json::to_value(part).unwrap_or_default()).collect())
                }
            }
        }
    }
}
