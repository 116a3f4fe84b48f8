//! Finds items again whose name changed: rows and earlier items that no name paired, by what they say.
//!
//! Invariant: a pair is made only where both sides are the only ones with that sign, so that a general text such as
//! 办事指南 pairs nothing. What is not found stays new and removed, which a person sees.

use std::collections::BTreeMap;

use crate::{digest::Digest, item::Item, vocabulary::fold};

/// Shortest content that tells items of one level-1 group apart, in characters.
const CONTENT_IN_GROUP_CHARS_MIN: usize = 8;
/// Shortest content that tells items of a whole catalog apart, in characters.
const CONTENT_CHARS_MIN: usize = 20;

/// What is compared of one side.
pub(super) struct Side {
    levels: [String; 3],
    content: String,
}

impl Side {
    pub(super) fn of(item: &Item) -> Self {
        let levels = [&item.level1, &item.level2, &item.level3].map(|level| fold(level));
        Self { levels, content: fold(&item.content) }
    }

    /// Level 1 was renamed for a whole group: the deeper names and the content stayed.
    fn below_group(&self) -> Option<Digest> {
        let has_name = !self.levels[1].is_empty() || !self.levels[2].is_empty();
        (has_name && !self.content.is_empty())
            .then(|| sign("below", &[&self.levels[1], &self.levels[2], &self.content]))
    }

    /// The item was renamed inside its group.
    fn in_group(&self) -> Option<Digest> {
        let is_long = self.content.chars().count() >= CONTENT_IN_GROUP_CHARS_MIN;
        is_long.then(|| sign("group", &[&self.levels[0], &self.content]))
    }

    /// The item was renamed and moved to another group.
    fn anywhere(&self) -> Option<Digest> {
        let is_long = self.content.chars().count() >= CONTENT_CHARS_MIN;
        is_long.then(|| sign("content", &[&self.content]))
    }
}

fn sign(label: &str, parts: &[&str]) -> Digest {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
    Digest::of(label, &parts)
}

/// Pairs (row, item) by the strongest sign first; both by their place in the lists given.
pub(super) fn find(rows: &[Side], items: &[Side]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let (mut open_rows, mut open_items) = (vec![true; rows.len()], vec![true; items.len()]);
    for sign in [Side::below_group, Side::in_group, Side::anywhere] {
        let (rows_by, items_by) = (by_sign(rows, &open_rows, sign), by_sign(items, &open_items, sign));
        for (sign, row) in rows_by {
            let (Some(row), Some(Some(item))) = (row, items_by.get(&sign)) else { continue };
            (open_rows[row], open_items[*item]) = (false, false);
            pairs.push((row, *item));
        }
    }
    pairs.sort_unstable();
    pairs
}

/// The only one of each sign; `None` where several have it.
fn by_sign(sides: &[Side], open: &[bool], sign: fn(&Side) -> Option<Digest>) -> BTreeMap<Digest, Option<usize>> {
    let mut found: BTreeMap<Digest, Option<usize>> = BTreeMap::new();
    for (index, side) in sides.iter().enumerate().filter(|(index, _)| open[*index]) {
        let Some(sign) = sign(side) else { continue };
        found.entry(sign).and_modify(|place| *place = None).or_insert(Some(index));
    }
    found
}
