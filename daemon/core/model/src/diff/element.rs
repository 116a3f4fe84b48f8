//! An item or a header as named elements, and the form that each has.
//!
//! Invariant: taking canonical bytes apart and putting them together gives the same bytes, fields of newer versions
//! included. Left out: comparing (diff) and merging.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::normal::nfc;

/// Element name → value; the further columns stand as `extra.` and their heads.
pub(crate) type Elements = BTreeMap<String, Value>;

/// What stands before the head of a further column.
const EXTRA: &str = "extra.";

/// What an element is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Running text.
    Text,
    /// One value as a whole, and whatever this version does not know.
    Word,
    /// A time limit: text with a meaning.
    Limit,
    /// Members without order.
    Set,
    /// Members whose order says something: the lead body stands first.
    List,
    /// Titles a matter rests on.
    Basis,
}

/// The elements in the order of the official columns, with their forms; others follow by name.
const FORMS: &[(&str, Form)] = &[
    ("title", Form::Text),
    ("publisher", Form::Text),
    ("edition_text", Form::Text),
    ("guideline", Form::Word),
    ("level", Form::Word),
    ("level1", Form::Text),
    ("level2", Form::Text),
    ("level3", Form::Text),
    ("content", Form::Text),
    ("basis", Form::Basis),
    ("time_limit_text", Form::Limit),
    ("subject", Form::List),
    ("disclosure_mode", Form::Word),
    ("withhold_reason", Form::Text),
    ("channels", Form::Set),
    ("channels_other", Form::Set),
    ("channels_optional", Form::Set),
    ("channels_raw", Form::Text),
    ("audience", Form::Set),
    ("audience_specific", Form::Text),
    ("levels", Form::Set),
    ("extent", Form::Word),
    ("five_open", Form::Set),
    ("stage", Form::Word),
    ("guideline_ref", Form::Word),
    ("power_list_ref", Form::Word),
    ("responsible_dept", Form::Text),
    ("effective_from", Form::Word),
    ("effective_to", Form::Word),
];

/// The form of an element.
pub(crate) fn form_of(name: &str) -> Form {
    let known = FORMS.iter().find(|(known, _)| *known == name).map(|(_, form)| *form);
    known.unwrap_or(if name.starts_with(EXTRA) { Form::Text } else { Form::Word })
}

/// Sorts elements as the official columns stand, others after them by name.
pub(crate) fn rank(name: &str) -> (usize, &str) {
    (FORMS.iter().position(|(known, _)| *known == name).unwrap_or(FORMS.len()), name)
}

/// Canonical bytes as elements.
pub(crate) fn elements(json: &str) -> Elements {
    // Canonical bytes are one JSON object: their makers checked it.
    let object: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
    let mut elements = Elements::new();
    for (name, value) in object {
        match value {
            Value::Object(columns) if name == "extra" => {
                elements.extend(columns.into_iter().map(|(head, text)| (format!("{EXTRA}{head}"), text)));
            }
            value => {
                elements.insert(name, value);
            }
        }
    }
    elements
}

/// Elements as canonical bytes: sorted names, empty values left out, text in NFC.
pub(crate) fn canonical_json(elements: &Elements) -> String {
    let mut object = Map::new();
    let mut columns = Map::new();
    for (name, value) in elements {
        match name.strip_prefix(EXTRA) {
            // A further column may be there and empty.
            Some(head) => drop(columns.insert(head.to_owned(), value.clone())),
            None if is_empty(value) => {}
            None => drop(object.insert(name.clone(), value.clone())),
        }
    }
    if !columns.is_empty() {
        object.insert("extra".to_owned(), Value::Object(columns));
    }
    nfc(Value::Object(object).to_string())
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The members of a set or list; a value of another shape is its own only member.
pub(crate) fn members(value: Option<&Value>) -> Vec<Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list.clone(),
        Some(other) => vec![other.clone()],
    }
}

/// A value as a person reads it: text as it is, a basis as printed, lists joined by 、.
pub(crate) fn label(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(list) => list.iter().map(label).collect::<Vec<_>>().join("、"),
        Value::Object(object) => basis_label(object),
    }
}

/// As printed; without that, the title in its brackets, number and article.
fn basis_label(object: &Map<String, Value>) -> String {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    if !text("raw").is_empty() {
        return text("raw").to_owned();
    }
    if text("title").is_empty() {
        return Value::Object(object.clone()).to_string();
    }
    let number = text("doc_no");
    let number = if number.is_empty() { String::new() } else { format!("({number})") };
    format!("《{}》{number}{}", text("title"), text("article"))
}
