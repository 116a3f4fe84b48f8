//! The history of one item in the words of the admin API.
//!
//! Invariant: a plain translation; nothing is decided.

use gongkai_app::{ItemEvent, ItemHistory};
use gongkai_model::id::CatalogId;
use gongkai_proto::admin::v1 as wire;

use super::difference;

/// All events of an item.
pub(super) fn of_item(catalog: &CatalogId, found: ItemHistory) -> wire::CatalogHistoryResponse {
    wire::CatalogHistoryResponse {
        catalog: catalog.to_string(),
        item_id: found.item.to_string(),
        item_name: found.name,
        item_events: found.events.into_iter().map(event).collect(),
        ..wire::CatalogHistoryResponse::default()
    }
}

fn event(event: ItemEvent) -> wire::ItemEvent {
    wire::ItemEvent {
        at_ms: event.at_ms,
        kind: event.kind.to_owned(),
        entry: event.entry.to_string(),
        revision: event.revision.map_or_else(String::new, |revision| revision.to_string()),
        division: event.division.to_string(),
        operator: event.operator.map_or_else(String::new, |operator| operator.to_string()),
        reason: event.reason,
        basis_of_change: event.basis_of_change,
        effective_from: event.effective_from.map_or_else(String::new, |day| day.to_string()),
        opinion: event.opinion,
        edition: event.edition,
        difference: event.difference.as_ref().map(difference::item),
        step: event.step.map_or(0, |step| step + 1),
    }
}
