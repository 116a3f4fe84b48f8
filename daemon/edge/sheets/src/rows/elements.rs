//! Matters of which each element is an item: its row has a mode of its own.
//!
//! Invariant: a row counts by what begins in it. Left out: tables whose head says so (公开属性), which are known by it.

use std::collections::BTreeSet;

use crate::{
    Answers, Reading,
    grid::Sheet,
    header::{Column, Field, Group, Header},
    marks,
};

/// The modes that begin in a row.
fn modes(sheet: &Sheet, reading: &Reading<'_>, header: &Header, row: u32) -> BTreeSet<String> {
    let mut modes = BTreeSet::new();
    for (index, column) in &header.columns {
        let text = sheet.own(row, *index);
        let head = header.heads.get(index).map_or("", String::as_str);
        match column {
            Column::Mark(Group::Mode, slug) if is_tick(reading, text) => drop(modes.insert(slug.clone())),
            Column::Leaf(Group::Mode, _) if is_tick(reading, text) => drop(modes.insert(head.to_owned())),
            Column::Words(Group::Mode) | Column::Field(Field::Attribute) if !text.is_empty() => {
                modes.insert(text.to_owned());
            }
            Column::Extra(head) if says_whether(head) && !text.is_empty() => drop(modes.insert(text.to_owned())),
            _ => {}
        }
    }
    modes
}

/// 是否公开, 公开与否: what such a column says is no mode, but it says it of each element.
fn says_whether(head: &str) -> bool {
    head.contains("公开") && (head.contains("是否") || head.contains("与否"))
}

fn is_tick(reading: &Reading<'_>, text: &str) -> bool {
    !text.is_empty() && marks::read(reading, &Answers::default(), text) == marks::Mark::Ticked
}

/// Whether a row of an element model begins an element: it has content and a mode of its own.
pub(super) fn begins(sheet: &Sheet, reading: &Reading<'_>, header: &Header, row: u32) -> bool {
    header.is_element_model && has_content(sheet, header, row) && !modes(sheet, reading, header, row).is_empty()
}

fn has_content(sheet: &Sheet, header: &Header, row: u32) -> bool {
    header.column(&Column::Content).is_some_and(|content| !sheet.own(row, content).is_empty())
}

/// Whether two rows of one matter have different modes: then nobody may join them to one item.
pub(crate) fn have_own_modes(sheet: &Sheet, reading: &Reading<'_>, header: &Header, end: u32) -> bool {
    let is_whether = |(_, column): &(u32, Column)| matches!(column, Column::Extra(head) if says_whether(head));
    let has_modes = header.has_group(Group::Mode) || header.columns.iter().any(is_whether);
    if header.is_element_model || !has_modes || header.column(&Column::Content).is_none() {
        return false;
    }
    let names: Vec<u32> = header.column(&Column::Serial).into_iter().chain(header.matters().map(|(c, _)| c)).collect();
    let mut first = None;
    for row in header.end..end {
        if names.iter().any(|column| !sheet.own(row, *column).is_empty()) {
            first = Some(row);
            continue;
        }
        let Some(first) = first.filter(|_| has_content(sheet, header, row)) else { continue };
        let (above, own) = (modes(sheet, reading, header, first), modes(sheet, reading, header, row));
        if !above.is_empty() && !own.is_empty() && above != own {
            return true;
        }
    }
    false
}
