//! What an import would do to each item, row by row, for a person to look at before anything is kept.
//!
//! Invariant: every row of the file and every item that would go is named exactly once. Left out: the matching (model).

use std::collections::BTreeSet;

use gongkai_model::{
    id::ItemId,
    revision::{Matched, Revision, Slot, item_differences},
};
use gongkai_sheets::{Row, Table};

/// What becomes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowChange {
    /// As before.
    Unchanged,
    /// The same content at another place or under another serial.
    Moved,
    /// Other content under the same name.
    Changed,
    /// The same content under another name.
    Renamed,
    /// Not there before.
    Added,
    /// In no row any more.
    Removed,
}

impl RowChange {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Moved => "moved",
            Self::Changed => "changed",
            Self::Renamed => "renamed",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

/// One row of the file, or an item without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedRow {
    /// What becomes of it.
    pub change: RowChange,
    /// The item; of an added one the id that it gets if this import is kept.
    pub id: ItemId,
    /// 序号 as printed.
    pub serial: String,
    /// Its name; of a removed one the name that it had.
    pub name: String,
    /// Its name before, where that was another.
    pub name_before: String,
    /// The elements that differ, by their JSON names.
    pub fields: Vec<String>,
    /// Where it stands; none for a removed one.
    pub place: Option<(String, u32)>,
    /// Whether other items could be meant as well: they were paired in printed order.
    pub is_ambiguous: bool,
}

/// The rows of the tables in order, then the items that would go in the catalog's order.
pub(super) fn rows(base: Option<&Revision>, matched: &Matched, tables: &[&Table]) -> Vec<MatchedRow> {
    let ambiguous: BTreeSet<usize> = matched.ambiguous.iter().flat_map(|found| found.rows.iter().copied()).collect();
    let changes = Changes::of(matched);
    let read = tables.iter().flat_map(|table| &table.rows).enumerate().zip(&matched.row_ids);
    let mut rows: Vec<MatchedRow> = read
        .map(|((index, row), id)| {
            let before = base.and_then(|base| base.items.get(id));
            one(row, id, changes.of_item(id), before, matched.items.get(id), ambiguous.contains(&index))
        })
        .collect();
    let mut gone: Vec<(&ItemId, &Slot)> =
        matched.removed.iter().filter_map(|id| Some((id, base?.items.get(id)?))).collect();
    gone.sort_by_key(|(id, slot)| (slot.order, *id));
    rows.extend(gone.into_iter().map(|(id, slot)| MatchedRow {
        change: RowChange::Removed,
        id: id.clone(),
        serial: slot.serial.clone(),
        name: slot.item().decode().name().to_owned(),
        name_before: String::new(),
        fields: Vec::new(),
        place: None,
        is_ambiguous: false,
    }));
    rows
}

fn one(
    row: &Row,
    id: &ItemId,
    change: RowChange,
    before: Option<&Slot>,
    after: Option<&Slot>,
    is_ambiguous: bool,
) -> MatchedRow {
    let name = row.item.name().to_owned();
    let name_before = before.map_or_else(String::new, |before| before.item().decode().name().to_owned());
    let fields = match (change, before, after) {
        (RowChange::Changed | RowChange::Renamed, Some(before), Some(after)) => {
            let differences = item_differences(Some(before.item()), Some(after.item()));
            differences.into_iter().map(|difference| difference.field).collect()
        }
        _ => Vec::new(),
    };
    MatchedRow {
        change,
        id: id.clone(),
        serial: row.serial.clone(),
        name_before: if name_before == name { String::new() } else { name_before },
        name,
        fields,
        place: Some((row.source.sheet.clone(), row.source.row)),
        is_ambiguous,
    }
}

/// The matching's lists as sets.
struct Changes<'m> {
    sets: [(RowChange, BTreeSet<&'m ItemId>); 4],
}

impl<'m> Changes<'m> {
    fn of(matched: &'m Matched) -> Self {
        let sets = [
            (RowChange::Moved, &matched.moved),
            (RowChange::Changed, &matched.changed),
            (RowChange::Renamed, &matched.renamed),
            (RowChange::Added, &matched.new),
        ];
        Self { sets: sets.map(|(change, ids)| (change, ids.iter().collect())) }
    }

    fn of_item(&self, id: &ItemId) -> RowChange {
        self.sets.iter().find(|(_, ids)| ids.contains(id)).map_or(RowChange::Unchanged, |(change, _)| *change)
    }
}
