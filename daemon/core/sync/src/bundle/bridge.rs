//! Empty batches from places where the listener may stand to the end of what a bundle tells.
//!
//! Invariant: whoever stands at such a place and has taken all that the bundle tells has everything up to its end,
//! stored or wanted: behind a complete set any place will do; else only one that lies in the part that was told, on
//! the same feed and route. Left out: whether the listener stands there; its store compares.

use super::STANDS_MAX;
use crate::{message::Batch, position::Position};

/// The batches from each of `stands` that leads from a part of a feed to its end.
pub(super) fn to_end<'a>(from: &Position, end: &Position, stands: impl Iterator<Item = &'a Position>) -> Vec<Batch> {
    let is_full = from.offset == 0;
    let leads = |stand: &&Position| {
        let is_in_part = stand.feed_id == end.feed_id
            && stand.epoch == end.epoch
            && (from.offset..end.offset).contains(&stand.offset);
        *stand != end && *stand != from && (is_full || is_in_part)
    };
    let mut told: Vec<&Position> = Vec::new();
    for stand in stands.filter(leads) {
        if !told.contains(&stand) {
            told.push(stand);
        }
    }
    // The latest are the likeliest.
    let told = told.into_iter().rev().take(STANDS_MAX);
    told.map(|stand| Batch { from: stand.clone(), to: end.clone(), entries: Vec::new() }).collect()
}
