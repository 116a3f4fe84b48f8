//! What a single row under a header is.
//!
//! Invariant: only cells that begin in the row count; a merge from above says nothing about this row.

use gongkai_model::vocabulary::fold;

use super::elements;
use crate::{
    Reading, channels,
    grid::Sheet,
    header::{Column, Header},
};

mod printed;

/// The kind of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Blank,
    /// A new item begins.
    Item,
    /// More lines of the item above.
    Continuation,
    /// Nothing but channels: of the item above or below.
    ChannelsOnly,
    /// A serial and nothing else.
    SerialOnly,
    /// Text beside the table: notes, a section's heading.
    Note,
    /// What a printer puts between two pages: （续表）, 第2页 共5页, 打印日期. The item above may go on behind it.
    Furniture,
    /// A row of the form itself: numbers of the columns, how to fill it in, an example, a total.
    Form,
}

/// Beginnings of rows that follow a table or come from the web page around it.
const NOTE_WORDS: [&str; 14] = [
    "标准目录要素说明",
    "要素说明",
    "说明:",
    "说明：",
    "备注:",
    "备注：",
    "注:",
    "注：",
    "打印",
    "关闭",
    "责任编辑",
    "填表",
    "扫一扫",
    "来源",
];
/// Longest text taken for a serial: 0101, A1., （一）, 1-2.
const SERIAL_CHARS_MAX: usize = 8;
/// A cell merged over at least this many columns is a heading or note, not a part of an item.
const WIDE_COLUMNS: u32 = 5;
/// Official columns from which on a row says too much to be the rest of the item on the page before.
const WHOLE_COLUMNS_MIN: usize = 4;

/// Decides the row's kind.
pub(super) fn of(sheet: &Sheet, reading: &Reading<'_>, header: &Header, row: u32) -> Kind {
    let cells: Vec<(u32, &str)> = sheet.own_cells(row).collect();
    let Some((first, text)) = cells.first().copied() else { return Kind::Blank };
    if printed::is_furniture(&cells) {
        return Kind::Furniture;
    }
    if is_note(sheet, header, row, &cells) {
        return Kind::Note;
    }
    if printed::is_of_form(&cells) {
        return Kind::Form;
    }
    let has = |wanted: &Column| header.column(wanted).is_some_and(|column| !sheet.own(row, column).is_empty());
    let has_serial = has(&Column::Serial);
    if has_serial && cells.len() == 1 {
        return if is_serial(text) { Kind::SerialOnly } else { Kind::Note };
    }
    let has_matter_cell = || header.matters().any(|(column, _)| !sheet.own(row, column).is_empty());
    if has_serial && is_label(sheet.own(row, header.column(&Column::Serial).unwrap_or(0))) && !has_matter_cell() {
        return Kind::Note;
    }
    if has_serial || has_matter_cell() || elements::begins(sheet, reading, header, row) {
        return Kind::Item;
    }
    let is_channels = header.column(&Column::Channels) == Some(first) && cells.len() == 1;
    if is_channels && channels::is_channel_text(reading, text) { Kind::ChannelsOnly } else { Kind::Continuation }
}

/// Whether a row without serial and name says as much as an item of its own.
pub(super) fn is_whole(sheet: &Sheet, header: &Header, row: u32) -> bool {
    let filled = |column: u32| !sheet.own(row, column).is_empty();
    let has_mark = header.columns.iter().any(|(index, column)| matches!(column, Column::Mark(..)) && filled(*index));
    let official = [Column::Content, Column::Basis, Column::TimeLimit, Column::Subject, Column::Channels];
    let count = official.iter().filter_map(|column| header.column(column)).filter(|column| filled(*column)).count();
    count + usize::from(has_mark) >= WHOLE_COLUMNS_MIN
}

/// Whether a text is a label with what it labels: 填表人：张三.
fn is_label(text: &str) -> bool {
    text.chars().count() > 2 && text.contains([':', '：'])
}

/// Whether a text can be a serial: short, and not a sentence.
fn is_serial(text: &str) -> bool {
    text.chars().count() <= SERIAL_CHARS_MAX && !text.contains(['。', '：', ':', '；'])
}

fn is_note(sheet: &Sheet, header: &Header, row: u32, cells: &[(u32, &str)]) -> bool {
    let Some((column, text)) = cells.first().copied() else { return false };
    let has_content = header.column(&Column::Content).is_some_and(|content| !sheet.own(row, content).is_empty());
    if cells.len() <= 2 && !has_content && NOTE_WORDS.iter().any(|word| text.starts_with(word)) {
        return true;
    }
    let width = sheet.merge_at(row, column).map_or(1, |merge| merge.right - merge.left + 1);
    let is_known = header.columns.iter().any(|(known, _)| *known == column);
    cells.len() == 1 && (width >= WIDE_COLUMNS || !is_known)
}

/// A short text folded, without brackets and stops around it.
fn bare(text: &str) -> String {
    let folded = fold(text);
    folded.trim_matches(|c: char| "()〔〕【】「」-—_*.:,、。;".contains(c)).to_owned()
}
