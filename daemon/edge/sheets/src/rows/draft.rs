//! Groups the rows of a stretch: which rows make one item.
//!
//! Invariant: every row with text is in exactly one draft or in a warning.

use super::{
    Stretch,
    kind::{self, Kind},
};
use crate::{
    Reading, channels,
    grid::{Sheet, address},
    header::{Column, Header},
    report::Diagnostics,
};

/// Characters of a skipped row's text that a warning shows.
const SHOWN_CHARS: usize = 40;

/// The rows of one item.
#[derive(Debug)]
pub(super) struct Draft {
    /// The row in which the item begins.
    pub(super) row: u32,
    /// Rows above it that hold the first of its channels (嘉荫).
    pub(super) channel_rows_before: Vec<u32>,
    /// Rows below it that continue its cells.
    pub(super) rows_after: Vec<u32>,
}

impl Draft {
    /// All of its rows, top to bottom.
    pub(super) fn rows(&self) -> impl Iterator<Item = u32> {
        self.channel_rows_before.iter().copied().chain([self.row]).chain(self.rows_after.iter().copied())
    }

    pub(super) fn last_row(&self) -> u32 {
        self.rows_after.last().copied().unwrap_or(self.row)
    }
}

/// Groups a stretch's rows into drafts.
pub(super) fn group(
    sheet: &Sheet,
    reading: &Reading<'_>,
    stretch: &Stretch<'_>,
    diagnostics: &mut Diagnostics,
) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut floating: Vec<u32> = Vec::new();
    let mut was_note = false;
    for row in stretch.from..stretch.to {
        let kind = kind::of(sheet, reading, stretch.header, row);
        match kind {
            Kind::Blank => continue,
            Kind::Item => {
                let before = share_out(sheet, reading, stretch.header, &mut drafts, &mut floating, Some(row));
                drafts.push(Draft { row, channel_rows_before: before, rows_after: Vec::new() });
            }
            Kind::ChannelsOnly => floating.push(row),
            Kind::Continuation if !was_note && !drafts.is_empty() => {
                share_out(sheet, reading, stretch.header, &mut drafts, &mut floating, None);
                if let Some(draft) = drafts.last_mut() {
                    draft.rows_after.push(row);
                }
            }
            Kind::Continuation | Kind::Note if !was_note => warn_row("row-not-item", sheet, row, diagnostics),
            Kind::Continuation | Kind::Note => {}
            Kind::SerialOnly => warn_row("row-serial-only", sheet, row, diagnostics),
        }
        was_note = kind == Kind::Note || (was_note && kind == Kind::Continuation);
    }
    share_out(sheet, reading, stretch.header, &mut drafts, &mut floating, None);
    drafts
}

/// Gives rows that hold only channels to the item above or to the one that begins at `next`: where the official
/// order of channels starts again, the next item's list has begun. Returns the next item's rows.
fn share_out(
    sheet: &Sheet,
    reading: &Reading<'_>,
    header: &Header,
    drafts: &mut [Draft],
    floating: &mut Vec<u32>,
    next: Option<u32>,
) -> Vec<u32> {
    let rows = std::mem::take(floating);
    let Some(column) = header.column(&Column::Channels).filter(|_| !rows.is_empty()) else { return rows };
    let Some(draft) = drafts.last_mut() else { return rows };
    let rank = |row: u32| channels::rank(reading, sheet.own(row, column)).unwrap_or(usize::MAX);
    let mut last = rank(draft.last_row());
    let mut split = rows.len();
    for (index, row) in rows.iter().enumerate() {
        let rank = rank(*row);
        if rank < last && next.is_some() {
            split = index;
            break;
        }
        last = rank;
    }
    draft.rows_after.extend(&rows[..split]);
    rows[split..].to_vec()
}

fn warn_row(code: &'static str, sheet: &Sheet, row: u32, diagnostics: &mut Diagnostics) {
    let Some((column, text)) = sheet.own_cells(row).next() else { return };
    let shown: String = text.chars().filter(|c| *c != '\n').take(SHOWN_CHARS).collect();
    diagnostics.warn(
        code,
        &sheet.name,
        &address(row, column),
        &format!("the row is no item and is left out: `{shown}`"),
    );
}
