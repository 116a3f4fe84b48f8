//! Standards, comparisons and rebases as messages of the admin API.
//!
//! Invariant: a plain translation; the state of a version is its place among the versions of its standard.

use std::collections::BTreeMap;

use gongkai_app::{ComparedCatalog, Offer, RebasedCatalog, StandardImported, StandardRow, World};
use gongkai_model::{
    diff,
    id::{CatalogId, DomainSlug, ItemId},
    revision::{Revision, Slot},
    standard::{Outcome, RebasedItem, provenances},
};
use gongkai_proto::admin::v1 as wire;

use super::{convert, difference};

/// The state of a version that a later one replaced.
pub(super) const SUPERSEDED: &str = "superseded";

/// All versions with their states.
pub(super) fn rows(world: &World, rows: &[StandardRow]) -> Vec<wire::StandardRow> {
    let listed = rows.iter().filter(|row| row.is_sent || !is_handed_down(row, rows));
    listed.map(|one| row(world, one, rows)).collect()
}

/// A draft that was handed down is shown as what was handed down.
fn is_handed_down(draft: &StandardRow, rows: &[StandardRow]) -> bool {
    rows.iter()
        .any(|row| row.is_sent && row.id == draft.id && (&row.facts, row.revision) == (&draft.facts, draft.revision))
}

/// One version, its state among the others.
pub(super) fn row(world: &World, one: &StandardRow, all: &[StandardRow]) -> wire::StandardRow {
    let is_last = all
        .iter()
        .filter(|row| row.id == one.id && row.is_sent == one.is_sent)
        .all(|row| (row.number, row.entry) <= (one.number, one.entry));
    let state = match (one.is_sent, is_last) {
        (true, true) => "in-force",
        (false, true) => "draft",
        (_, false) => SUPERSEDED,
    };
    wire::StandardRow {
        standard: one.id.to_string(),
        domain_name: domain_name(world, &one.id.domain),
        kind: one.facts.kind.word().to_owned(),
        version: one.facts.version.clone(),
        number: one.number,
        doc_no: one.facts.doc_no.clone(),
        authority: one.facts.authority.clone(),
        provenance: one.facts.provenance.clone(),
        title: one.title.clone(),
        items: one.items,
        revision: one.revision.to_string(),
        state: state.to_owned(),
        at_ms: one.at_ms,
        entry: one.entry.to_string(),
        from_catalog: one.facts.from_catalog.as_ref().map_or_else(String::new, ToString::to_string),
        note: one.facts.note.clone(),
    }
}

/// An offer of a pilot.
pub(super) fn offered(world: &World, offer: &Offer, content: Option<&Revision>) -> wire::StandardRow {
    wire::StandardRow {
        standard: offer.id.to_string(),
        domain_name: domain_name(world, &offer.id.domain),
        kind: "pilot".to_owned(),
        authority: world.name_of(&offer.offer.catalog.division),
        note: offer.offer.note.clone(),
        title: content.map_or_else(String::new, |content| content.header.decode().title),
        items: content.map_or(0, |content| convert::count(content.items.len())),
        revision: offer.offer.revision.to_string(),
        state: "offered".to_owned(),
        at_ms: offer.at_ms,
        from_catalog: offer.offer.catalog.to_string(),
        ..wire::StandardRow::default()
    }
}

fn domain_name(world: &World, slug: &DomainSlug) -> String {
    world.routing_table().domain(slug).map_or_else(|| slug.to_string(), |domain| domain.name.clone())
}

/// What an import read and kept.
pub(super) fn imported(world: &World, made: StandardImported, is_dry_run: bool) -> wire::ImportStandardResponse {
    let header = made.revision.header.decode();
    let standard = wire::StandardRow {
        standard: made.id.to_string(),
        domain_name: domain_name(world, &made.id.domain),
        version: header.edition_text,
        authority: header.publisher,
        title: header.title,
        number: made.number,
        items: convert::count(made.revision.items.len()),
        revision: made.revision.digest().to_string(),
        state: "draft".to_owned(),
        ..wire::StandardRow::default()
    };
    let matched = &made.matched;
    wire::ImportStandardResponse {
        standard: Some(standard),
        added: convert::count(matched.new.len()),
        changed: convert::count(matched.changed.len()),
        removed: convert::count(matched.removed.len()),
        unchanged: convert::count(matched.unchanged.len() + matched.moved.len()),
        is_new: made.is_new,
        dry_run: is_dry_run,
        warnings: made.report.warnings.iter().map(convert::warning).collect(),
        rejected: made.report.rejected.iter().map(convert::rejected).collect(),
    }
}

/// A catalog beside a standard.
pub(super) fn compared(
    catalog: &CatalogId,
    standard: wire::StandardRow,
    found: &ComparedCatalog,
) -> wire::CompareStandardResponse {
    let (content, local) = (&found.standard.content, &found.local);
    let missing = found.compared.missing.iter().map(|id| named(id, content.items.get(id), "missing"));
    let extra = found.compared.extra.iter().map(|id| named(id, local.items.get(id), "extra"));
    let changed = found.compared.changed.iter().map(|deviation| wire::ItemDifference {
        elements: deviation.elements.iter().map(difference::element).collect(),
        ..named(&deviation.item, local.items.get(&deviation.item), "changed")
    });
    let named_version = found.named.as_ref().map_or_else(String::new, |named| named.version.clone());
    let is_current = found.named.as_ref().is_some_and(|named| named.revision == found.standard.row.revision);
    wire::CompareStandardResponse {
        catalog: catalog.to_string(),
        standard: Some(standard),
        named_version,
        is_current,
        same: convert::count(found.compared.same.len()),
        missing: missing.collect(),
        changed: changed.collect(),
        extra: extra.collect(),
        provenance: provenances(local),
    }
}

/// An item by its name and serial.
fn named(id: &ItemId, slot: Option<&Slot>, change: &str) -> wire::ItemDifference {
    wire::ItemDifference {
        item_id: id.to_string(),
        change: change.to_owned(),
        name: slot.map_or_else(String::new, |slot| diff::full_name(&slot.item().decode())),
        serial: slot.map_or_else(String::new, |slot| slot.serial.clone()),
        ..wire::ItemDifference::default()
    }
}

/// What moving onto a version did.
pub(super) fn rebased(moved: &RebasedCatalog, is_dry_run: bool) -> wire::RebaseCatalogResponse {
    let revision = &moved.rebased.revision;
    let mut outcomes: BTreeMap<String, u32> = BTreeMap::new();
    for item in &moved.rebased.items {
        *outcomes.entry(convert::word(&item.outcome)).or_default() += 1;
    }
    let told = |item: &&RebasedItem| !matches!(item.outcome, Outcome::Same | Outcome::Extra);
    let items = moved.rebased.items.iter().filter(told).map(|item| rebased_item(revision, item));
    wire::RebaseCatalogResponse {
        catalog: revision.catalog.to_string(),
        revision: revision.digest().to_string(),
        standard: moved.onto.id.to_string(),
        from_version: moved.before.as_ref().map_or_else(String::new, |before| before.version.clone()),
        to_version: moved.onto.version.clone(),
        outcomes,
        items: items.collect(),
        is_new: moved.is_new,
        needs_person: moved.needs_person(),
        dry_run: is_dry_run,
    }
}

fn rebased_item(revision: &Revision, item: &RebasedItem) -> wire::RebasedItem {
    let outcome = convert::word(&item.outcome);
    let mut difference = wire::ItemDifference {
        elements: item.elements.iter().map(difference::element).collect(),
        ..named(&item.item, revision.items.get(&item.item), &outcome)
    };
    if difference.name.is_empty() {
        // Not in the catalog any more, or never: the standard's name says what it is.
        difference.name.clone_from(&item.name);
    }
    wire::RebasedItem {
        difference: Some(difference),
        outcome,
        standard_item: item.standard_item.as_ref().map_or_else(String::new, ToString::to_string),
        clashes: item
            .clashes
            .iter()
            .map(|clash| wire::StandardClash {
                element: clash.element.clone(),
                base: clash.base.clone(),
                standard: clash.standard.clone(),
                local: clash.local.clone(),
            })
            .collect(),
    }
}
