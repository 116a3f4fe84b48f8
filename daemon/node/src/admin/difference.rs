//! Differences element by element, as messages of the admin API.
//!
//! Invariant: a plain translation of the model's comparison; the header stands among the items under its own name.

use gongkai_model::{
    diff::{self, Change, ElementChange, ItemDifference, Segment},
    revision::Revision,
};
use gongkai_proto::admin::v1 as wire;

use super::{changes::HEADER, convert};

/// Two revisions: the header first where it differs, then the items.
pub(super) fn revisions(from: Option<&Revision>, to: &Revision) -> Vec<wire::ItemDifference> {
    let found = diff::revisions(from, to);
    header(from, to).into_iter().chain(found.items.iter().map(item)).collect()
}

/// Two headers; `None` where nothing differs.
pub(super) fn header(from: Option<&Revision>, to: &Revision) -> Option<wire::ItemDifference> {
    let found = diff::headers(from.map(|from| &from.header), Some(&to.header));
    let change = if from.is_some() { "changed" } else { "added" };
    (!found.is_empty()).then(|| wire::ItemDifference {
        item_id: HEADER.to_owned(),
        change: change.to_owned(),
        name: to.header.decode().title,
        elements: found.iter().map(element).collect(),
        ..wire::ItemDifference::default()
    })
}

/// One item.
pub(super) fn item(found: &ItemDifference) -> wire::ItemDifference {
    wire::ItemDifference {
        item_id: found.item.to_string(),
        change: convert::word(&found.kind),
        name: found.name.clone(),
        former_name: found.former_name.clone(),
        former_item_id: found.former.as_ref().map_or_else(String::new, ToString::to_string),
        serial: found.serial.clone(),
        former_serial: found.former_serial.clone(),
        elements: found.elements.iter().map(element).collect(),
    }
}

/// One element.
pub(super) fn element(found: &ElementChange) -> wire::ElementChange {
    let mut message = wire::ElementChange { element: found.element.clone(), ..wire::ElementChange::default() };
    match &found.change {
        Change::Text(words) => {
            message.form = "text".to_owned();
            fill_words(&mut message, words);
        }
        Change::Word { before, after } => {
            message.form = "word".to_owned();
            (message.before, message.after) = (before.clone(), after.clone());
        }
        Change::Set { kept, removed, added, is_reordered } => {
            message.form = "set".to_owned();
            message.before = joined(kept, removed);
            message.after = joined(kept, added);
            (message.kept, message.removed, message.added) = (kept.clone(), removed.clone(), added.clone());
            message.is_reordered = *is_reordered;
        }
        Change::Limit { words, before, after } => {
            message.form = "limit".to_owned();
            fill_words(&mut message, words);
            message.limit_before = convert::clauses(before.clone());
            message.limit_after = convert::clauses(after.clone());
        }
    }
    message
}

fn fill_words(message: &mut wire::ElementChange, words: &[Segment]) {
    let side = |keeps: fn(&Segment) -> bool| words.iter().filter(|one| keeps(one)).map(Segment::text).collect();
    message.before = side(|one| !matches!(one, Segment::Added(_)));
    message.after = side(|one| !matches!(one, Segment::Removed(_)));
    message.segments = words.iter().map(segment).collect();
}

fn segment(segment: &Segment) -> wire::TextSegment {
    let kind = match segment {
        Segment::Kept(_) => "kept",
        Segment::Removed(_) => "removed",
        Segment::Added(_) => "added",
    };
    wire::TextSegment { kind: kind.to_owned(), text: segment.text().to_owned() }
}

fn joined(kept: &[String], others: &[String]) -> String {
    kept.iter().chain(others).map(String::as_str).collect::<Vec<_>>().join("、")
}
