//! Finds the items of an existing revision again in an imported table, so that ids stay and only changes count.
//!
//! Invariant: every row becomes exactly one item, every id is used once, and nothing is merged: where names
//! collide, equal content pairs first, then order, and the collision is reported.
//! Left out: reading the table (sheets) and making ids (the caller brings them).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{ITEMS_MAX, Items, Revision, RevisionError, Slot, apply::within, changes::longest_rising, renames};
use crate::{
    digest::Digest,
    id::ItemId,
    item::{CanonicalItem, Item, Origin},
    normal::each_nfkc,
};

/// Distance between the sort keys of neighbours, so that a row put in between moves no other.
/// [`ITEMS_MAX`] times this stays far below `u32::MAX`.
const ORDER_STRIDE: u32 = 1024;

/// One row of an imported table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The item as read.
    pub item: Item,
    /// 序号 as printed.
    pub serial: String,
}

/// Rows and items under one name that content could not tell apart; they were paired by order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ambiguity {
    /// The name: 一级事项 / 二级事项 / 三级事项, folded.
    pub key: String,
    /// Indices of the rows, from 0.
    pub rows: Vec<usize>,
    /// The earlier items that they could be.
    pub items: Vec<ItemId>,
}

/// An imported table as items of a catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matched {
    /// The next revision's items.
    pub items: Items,
    /// The id that each row got, in the order of the rows.
    pub row_ids: Vec<ItemId>,
    /// As before, place and serial included.
    pub unchanged: Vec<ItemId>,
    /// Same content, other place or serial.
    pub moved: Vec<ItemId>,
    /// Other content under the same name.
    pub changed: Vec<ItemId>,
    /// The same content under another name.
    pub renamed: Vec<ItemId>,
    /// Not in the base.
    pub new: Vec<ItemId>,
    /// In the base, in no row.
    pub removed: Vec<ItemId>,
    /// Pairs that a person should look at.
    pub ambiguous: Vec<Ambiguity>,
}

impl Matched {
    /// Whether the table says exactly what the base says.
    pub fn is_unchanged(&self) -> bool {
        let lists = [&self.moved, &self.changed, &self.renamed, &self.new, &self.removed];
        lists.into_iter().all(Vec::is_empty)
    }
}

/// A row's or an earlier item's name in the form that is compared.
type Key = [String; 3];

struct Candidate {
    item: CanonicalItem,
    digest: Digest,
    key: Key,
}

/// Matches rows to the base by folded name, then content, then order; what no name finds, by content alone. `new_ids` is asked once per new item.
pub fn match_items(
    base: Option<&Revision>,
    rows: Vec<Row>,
    mut new_ids: impl FnMut() -> ItemId,
) -> Result<Matched, RevisionError> {
    within("items of a catalog", rows.len(), ITEMS_MAX)?;
    let candidates: Vec<Candidate> = rows.iter().map(|row| candidate(&row.item)).collect();
    let mut matched = Matched::default();
    let mut pairs = pair(base, &candidates, &mut matched.ambiguous);
    let renamed = pair_renamed(base, &rows, &mut pairs);
    let mut seen = BTreeSet::new();
    for index in 0..rows.len() {
        let id = pairs.get(&index).cloned().unwrap_or_else(&mut new_ids);
        let is_taken = !pairs.contains_key(&index) && base.is_some_and(|base| base.items.contains_key(&id));
        if is_taken || !seen.insert(id.clone()) {
            return Err(RevisionError::Repeated(id));
        }
        matched.row_ids.push(id);
    }
    let orders = orders(base, &matched.row_ids);
    for ((row, candidate), (id, order)) in
        rows.into_iter().zip(candidates).zip(matched.row_ids.clone().into_iter().zip(orders))
    {
        within("bytes of a serial", row.serial.len(), super::SERIAL_BYTES_MAX)?;
        let item = with_origin_of(base.and_then(|base| base.items.get(&id)), candidate.item);
        within("bytes of an item", item.as_json().len(), super::ITEM_BYTES_MAX)?;
        let is_renamed = renamed.contains(&id);
        place(&mut matched, base, id, Slot::new(order, row.serial, item), is_renamed);
    }
    if let Some(base) = base {
        matched.removed = base.items.keys().filter(|id| !matched.items.contains_key(*id)).cloned().collect();
    }
    Ok(matched)
}

fn candidate(item: &Item) -> Candidate {
    let canonical = item.to_canonical();
    Candidate { digest: canonical.digest(), key: key_of(item), item: canonical }
}

/// A table has no column for where an item comes from: the row of a known item keeps that item's origin.
fn with_origin_of(before: Option<&Slot>, item: CanonicalItem) -> CanonicalItem {
    let origin = before.and_then(|slot| origin_of(slot.item()));
    if origin.is_some() { item.with_origin(origin.as_ref()) } else { item }
}

fn origin_of(item: &CanonicalItem) -> Option<Origin> {
    item.decode().origin
}

/// The digest of what a row of a table could say of an item.
fn content_digest(slot: &Slot) -> Digest {
    if origin_of(slot.item()).is_some() { slot.item().with_origin(None).digest() } else { slot.digest() }
}

/// The folded name under which an item is found again in another table.
pub(crate) fn item_key(item: &CanonicalItem) -> [String; 3] {
    key_of(&item.decode())
}

/// NFKC without blanks, in lower case: full width, half width and line breaks in a cell are the same name.
fn key_of(item: &Item) -> Key {
    let fold = |text: &str| {
        let mut folded = String::with_capacity(text.len());
        each_nfkc(text, |c| {
            if !c.is_whitespace() {
                folded.extend(c.to_lowercase());
            }
        });
        folded
    };
    [fold(&item.level1), fold(&item.level2), fold(&item.level3)]
}

/// Row index → id of the earlier item that it continues.
fn pair(base: Option<&Revision>, rows: &[Candidate], ambiguous: &mut Vec<Ambiguity>) -> BTreeMap<usize, ItemId> {
    let mut earlier: BTreeMap<Key, Vec<(&ItemId, &Slot)>> = BTreeMap::new();
    for (id, slot) in base.map(Revision::in_order).unwrap_or_default() {
        earlier.entry(key_of(&slot.item().decode())).or_default().push((id, slot));
    }
    let mut later: BTreeMap<&Key, Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        later.entry(&row.key).or_default().push(index);
    }
    let mut pairs = BTreeMap::new();
    for (key, indices) in later {
        let Some(slots) = earlier.remove(key) else { continue };
        pair_one_name(key, &indices, slots, rows, &mut pairs, ambiguous);
    }
    pairs
}

fn pair_one_name(
    key: &Key,
    indices: &[usize],
    mut slots: Vec<(&ItemId, &Slot)>,
    rows: &[Candidate],
    pairs: &mut BTreeMap<usize, ItemId>,
    ambiguous: &mut Vec<Ambiguity>,
) {
    let mut by_content: BTreeMap<Digest, VecDeque<&ItemId>> = BTreeMap::new();
    for (id, slot) in &slots {
        by_content.entry(content_digest(slot)).or_default().push_back(*id);
    }
    let mut open = Vec::new();
    let mut taken = BTreeSet::new();
    for index in indices {
        match by_content.get_mut(&rows[*index].digest).and_then(VecDeque::pop_front) {
            Some(id) => {
                taken.insert(id);
                pairs.insert(*index, id.clone());
            }
            None => open.push(*index),
        }
    }
    slots.retain(|(id, _)| !taken.contains(*id));
    if !open.is_empty() && !slots.is_empty() && open.len().max(slots.len()) > 1 {
        let items = slots.iter().map(|(id, _)| (*id).clone()).collect();
        ambiguous.push(Ambiguity { key: key.join(" / "), rows: open.clone(), items });
    }
    for (index, (id, _)) in open.into_iter().zip(slots) {
        pairs.insert(index, id.clone());
    }
}

/// Pairs what no name paired: the items under a new name, by their ids.
fn pair_renamed(base: Option<&Revision>, rows: &[Row], pairs: &mut BTreeMap<usize, ItemId>) -> BTreeSet<ItemId> {
    let taken: BTreeSet<&ItemId> = pairs.values().collect();
    let in_order = base.map(Revision::in_order).unwrap_or_default().into_iter();
    let (ids, items): (Vec<&ItemId>, Vec<renames::Side>) = in_order
        .filter(|(id, _)| !taken.contains(id))
        .map(|(id, slot)| (id, renames::Side::of(&slot.item().decode())))
        .unzip();
    if items.is_empty() {
        return BTreeSet::new();
    }
    let open = rows.iter().enumerate().filter(|(index, _)| !pairs.contains_key(index));
    let (places, sides): (Vec<usize>, Vec<renames::Side>) =
        open.map(|(index, row)| (index, renames::Side::of(&row.item))).unzip();
    let found: Vec<(usize, ItemId)> =
        renames::find(&sides, &items).into_iter().map(|(row, item)| (places[row], ids[item].clone())).collect();
    pairs.extend(found.iter().cloned());
    found.into_iter().map(|(_, id)| id).collect()
}

/// Sort keys for the rows: those of the longest run that keeps its order stay, the others are fitted in between.
/// Without enough room everything is numbered anew, which costs a move (some bytes) per item.
fn orders(base: Option<&Revision>, ids: &[ItemId]) -> Vec<u32> {
    let known: Vec<(usize, u32)> =
        ids.iter().enumerate().filter_map(|(index, id)| Some((index, base?.items.get(id)?.order))).collect();
    let values: Vec<u32> = known.iter().map(|(_, order)| *order).collect();
    let kept: Vec<(usize, u32)> = longest_rising(&values).into_iter().map(|at| known[at]).collect();
    fit(&kept, ids.len()).unwrap_or_else(|| (1..).map(|n: u32| n * ORDER_STRIDE).take(ids.len()).collect())
}

fn fit(kept: &[(usize, u32)], count: usize) -> Option<Vec<u32>> {
    let mut orders = Vec::with_capacity(count);
    let mut last = 0u32;
    for (index, order) in kept {
        let gap = u32::try_from(index - orders.len()).ok()? + 1;
        let step = order.checked_sub(last)? / gap;
        if step == 0 && gap > 1 {
            return None;
        }
        orders.extend((1..gap).map(|n| last + n * step));
        orders.push(*order);
        last = *order;
    }
    let rest = u32::try_from(count - orders.len()).ok()?;
    last.checked_add(rest.checked_mul(ORDER_STRIDE)?)?;
    orders.extend((1..=rest).map(|n| last + n * ORDER_STRIDE));
    Some(orders)
}

fn place(matched: &mut Matched, base: Option<&Revision>, id: ItemId, slot: Slot, is_renamed: bool) {
    let list = match base.and_then(|base| base.items.get(&id)) {
        None => &mut matched.new,
        Some(before) if *before == slot => &mut matched.unchanged,
        Some(before) if before.digest() == slot.digest() => &mut matched.moved,
        Some(_) if is_renamed => &mut matched.renamed,
        Some(_) => &mut matched.changed,
    };
    list.push(id.clone());
    matched.items.insert(id, slot);
}
