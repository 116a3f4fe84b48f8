//! A reviewer's wording for an item that its owner has changed since.
//!
//! Invariant: named by the proposal alone, so that it is one conflict on every node until its owner answers.

use std::sync::Arc;

use super::{AboutItem, Conflict, ConflictKind, Contents, Known, Side, standard::shell};
use crate::{
    diff::full_name,
    id::ItemId,
    item::CanonicalItem,
    revision::{Revision, Slot},
};

/// A proposal that nobody answered.
#[derive(Clone, Debug)]
pub struct Suggested {
    /// The proposal's entry, and the revision that its reviewer read.
    pub side: Side,
    /// The item.
    pub item: ItemId,
    /// As it was read.
    pub base: CanonicalItem,
    /// With the suggested wording.
    pub proposed: CanonicalItem,
}

/// Proposals whose item stands neither as it was read nor as it was suggested.
pub(super) fn overtaken(known: &Known<'_>) -> Vec<Conflict> {
    let Some((working, content)) = known.working.as_ref() else { return Vec::new() };
    let of = |suggested: &Suggested| -> Option<Conflict> {
        let current = content.items.get(&suggested.item);
        let digest = current.map(Slot::digest);
        if digest == Some(suggested.base.digest()) || digest == Some(suggested.proposed.digest()) {
            return None;
        }
        let sides = (working.clone(), suggested.side.clone());
        let found = Conflict::of(ConflictKind::Proposal, &known.state.catalog, sides, &[suggested.side.entry]);
        let about = AboutItem {
            id: suggested.item.clone(),
            serial: current.map(|slot| slot.serial.clone()).unwrap_or_default(),
            name: full_name(&current.map_or(&suggested.base, Slot::item).decode()),
        };
        let contents = contents(content, suggested, current);
        Some(Conflict { base: Some(suggested.side.revision), item: Some(about), contents: Some(contents), ..found })
    };
    known.suggested.iter().filter_map(of).collect()
}

fn contents(content: &Revision, suggested: &Suggested, current: Option<&Slot>) -> Contents {
    let (order, serial) = current.map(|slot| (slot.order, slot.serial.clone())).unwrap_or_default();
    let place = |item: &CanonicalItem| Slot::new(order, serial.clone(), item.clone());
    let state = |slot: Option<Slot>| {
        let items = slot.into_iter().map(|slot| (suggested.item.clone(), slot)).collect();
        Arc::new(Revision { items, ..shell(content) })
    };
    Contents {
        base: Some(state(Some(place(&suggested.base)))),
        ours: state(current.cloned()),
        theirs: state(Some(place(&suggested.proposed))),
    }
}
