//! Items that an export gave other boxes: R政府网站 goes out as ■政府网站, and is no change when it comes back.
//!
//! Invariant: only where the boxes alone differ the item stays as it is, byte by byte; every other letter of the printed
//! channels that changes is a change. Left out: what the boxes mean (sheets).

use gongkai_model::{
    id::ItemId,
    revision::{Matched, Revision, Slot},
};
use gongkai_sheets::{Reading, with_official_boxes};

/// Takes back the changes that are none.
pub(super) fn keep(base: Option<&Revision>, matched: &mut Matched, reading: &Reading<'_>) {
    let Some(base) = base else { return };
    let changed = std::mem::take(&mut matched.changed);
    for id in changed {
        match stays(&id, base, matched, reading) {
            Some((slot, is_moved)) => {
                matched.items.insert(id.clone(), slot);
                if is_moved { matched.moved.push(id) } else { matched.unchanged.push(id) }
            }
            None => matched.changed.push(id),
        }
    }
}

/// The item as it was, at its new place; `None` where more than its boxes differs.
fn stays(id: &ItemId, base: &Revision, matched: &Matched, reading: &Reading<'_>) -> Option<(Slot, bool)> {
    let (before, after) = (base.items.get(id)?, matched.items.get(id)?);
    let (old, mut new) = (before.item().decode(), after.item().decode());
    let is_printed_so =
        with_official_boxes(reading, &old.channels_raw) == with_official_boxes(reading, &new.channels_raw);
    new.channels_raw.clone_from(&old.channels_raw);
    let is_same = is_printed_so && new.to_canonical().digest() == before.digest();
    let is_moved = (before.order, &before.serial) != (after.order, &after.serial);
    is_same.then(|| (Slot::new(after.order, after.serial.clone(), before.item().clone()), is_moved))
}
