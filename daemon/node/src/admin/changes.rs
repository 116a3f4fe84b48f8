//! The difference of two revisions as messages, and what is known of an item here.
//!
//! Invariant: differences are the model's, over canonical bytes.

use gongkai_app::{Loaded, Result};
use gongkai_model::{
    digest::Digest,
    id::{CatalogId, ItemId},
    review::Target,
    revision::{Changes, Revision, Slot, changes, header_differences, item_differences},
};
use gongkai_proto::admin::v1 as wire;

use super::convert;

/// The latest approved revision.
pub(super) fn approved(loaded: &Loaded) -> Option<&Revision> {
    let approved = loaded.state.latest_approved(None)?;
    loaded.revisions.get(&approved.revision).map(AsRef::as_ref)
}

/// The revision that a text names: empty for the working one, `approved`, or a digest's beginning.
pub(super) fn named<'l>(loaded: &'l Loaded, text: &str) -> Result<&'l Revision, crate::Error> {
    let none = || crate::Error::BadRequest { what: format!("catalog `{}` has no such revision", loaded.catalog) };
    match text {
        "" => loaded.working().map(AsRef::as_ref).ok_or_else(none),
        "approved" => approved(loaded).ok_or_else(none),
        digits => Ok(loaded.revision(digits)?),
    }
}

/// What differs, items in the later side's order, removed ones last; the header as an item of its own.
pub(super) fn between(from: Option<&Revision>, to: &Revision) -> (Vec<wire::ItemChange>, u32) {
    let found: Changes = changes(from, to);
    let mut listed = Vec::new();
    if let Some(from) = from.filter(|_| found.header_changed) {
        listed.push(header_change(from, to));
    }
    for (id, slot) in to.in_order() {
        if found.added.contains(id) {
            listed.push(change(&to.catalog, id, None, Some(slot)));
        } else if found.changed.contains(id) {
            listed.push(change(&to.catalog, id, from.and_then(|from| from.items.get(id)), Some(slot)));
        }
    }
    for id in &found.removed {
        listed.push(change(&to.catalog, id, from.and_then(|from| from.items.get(id)), None));
    }
    let unchanged = to.items.len() - found.added.len() - found.changed.len();
    (listed, convert::count(unchanged))
}

fn change(catalog: &CatalogId, id: &ItemId, before: Option<&Slot>, after: Option<&Slot>) -> wire::ItemChange {
    let word = change_word(before, after);
    let side = |slot: Option<&Slot>| slot.map(|slot| convert::slot(catalog, id, slot, word));
    let (before_item, after_item) = (side(before), side(after));
    let name = after_item.as_ref().or(before_item.as_ref()).map(|item| item.name.clone()).unwrap_or_default();
    wire::ItemChange {
        item_id: id.to_string(),
        change: word.to_owned(),
        name,
        fields: fields(before, after),
        before: before_item,
        after: after_item,
    }
}

/// `added`, `removed`, `changed` or `unchanged`.
pub(super) fn change_word(before: Option<&Slot>, after: Option<&Slot>) -> &'static str {
    match (before, after) {
        (None, _) => "added",
        (Some(_), None) => "removed",
        (Some(before), Some(after)) if before.digest() == after.digest() => "unchanged",
        (Some(_), Some(_)) => "changed",
    }
}

/// Names of the fields that differ; none where one side is not there.
pub(super) fn fields(before: Option<&Slot>, after: Option<&Slot>) -> Vec<String> {
    let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
    let differences = item_differences(Some(before.item()), Some(after.item()));
    differences.into_iter().map(|difference| difference.field).collect()
}

/// The name under which the header stands among items.
pub(super) const HEADER: &str = "header";

/// A header shown as an item: its title is its name.
pub(super) fn header_item(revision: &Revision, status: &str) -> wire::Item {
    wire::Item {
        item_id: HEADER.to_owned(),
        digest: revision.header.digest().to_string(),
        status: status.to_owned(),
        name: revision.header.decode().title,
        domain: revision.catalog.domain.to_string(),
        ..wire::Item::default()
    }
}

/// Names of the header's fields that differ.
pub(super) fn header_fields(from: &Revision, to: &Revision) -> Vec<String> {
    let differences = header_differences(Some(&from.header), Some(&to.header));
    differences.into_iter().map(|difference| difference.field).collect()
}

fn header_change(from: &Revision, to: &Revision) -> wire::ItemChange {
    let after = header_item(to, "changed");
    wire::ItemChange {
        item_id: HEADER.to_owned(),
        change: "changed".to_owned(),
        name: after.name.clone(),
        fields: header_fields(from, to),
        before: Some(header_item(from, "changed")),
        after: Some(after),
    }
}

/// What is known of each item of a revision.
pub(super) struct Known<'l> {
    approved: Option<&'l Revision>,
    returned: Vec<(&'l ItemId, Digest)>,
    is_draft: bool,
}

impl<'l> Known<'l> {
    pub(super) fn of(loaded: &'l Loaded, revision: &Revision) -> Self {
        let decisions = loaded.state.head().map(|head| head.decisions.as_slice()).unwrap_or_default();
        let opinions = decisions.iter().flat_map(|decision| &decision.returned);
        let returned = opinions.filter_map(|opinion| match &opinion.target {
            Target::Item(id) => Some((id, opinion.digest)),
            Target::Header | Target::Removal(_) => None,
        });
        let is_draft = loaded.draft.as_ref().is_some_and(|draft| draft.revision.digest() == revision.digest());
        Self { approved: approved(loaded), returned: returned.collect(), is_draft }
    }

    pub(super) fn status(&self, id: &ItemId, slot: &Slot) -> &'static str {
        if self.returned.contains(&(id, slot.digest())) {
            return "returned";
        }
        match self.approved.map(|approved| approved.items.get(id)) {
            Some(Some(before)) if before.digest() == slot.digest() => "approved",
            Some(Some(_)) => "changed",
            Some(None) => "added",
            None if self.is_draft => "draft",
            None => "added",
        }
    }
}
