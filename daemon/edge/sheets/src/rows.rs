//! From the rows under a header to items.
//!
//! Invariant: a new item starts where the serial or the matter's name is a new (not merged) cell; every other row
//! with text continues an item, and what is no item is named in a warning. Nothing is dropped in silence.
//! Left out: where tables begin and end (tables).

use crate::{
    Mapping, Reading, Told,
    account::Account,
    grid::Sheet,
    header::Header,
    report::{Diagnostics, Row},
};

mod build;
mod carry;
mod draft;
mod elements;
mod kind;

pub(crate) use elements::have_own_modes;

/// The rows of one table that stand under one printing of its header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch<'a> {
    pub(crate) header: &'a Header,
    /// First row, from 0.
    pub(crate) from: u32,
    /// One past the last.
    pub(crate) to: u32,
}

/// What one table gave.
pub(crate) struct Rows {
    pub(crate) rows: Vec<Row>,
    /// The last row that belongs to an item; the header's where there is none.
    pub(crate) last_row: u32,
}

/// Reads the items of one table, printed in one or more stretches (page breaks).
pub(crate) fn read(
    sheet: &Sheet,
    (reading, told, mapping): (&Reading<'_>, &Told<'_>, &Mapping),
    stretches: &[Stretch<'_>],
    (account, diagnostics): (&mut Account, &mut Diagnostics),
) -> Rows {
    let mut builder = build::Builder::new(sheet, (reading, told, mapping), stretches);
    let mut last_row = stretches.first().map_or(0, |stretch| stretch.header.end.saturating_sub(1));
    let drafts = draft::group(sheet, reading, stretches, (account, diagnostics));
    builder.expect(drafts.len());
    for draft in &drafts {
        last_row = last_row.max(draft.last_row());
        let Some(stretch) = stretches.get(draft.stretch) else { continue };
        builder.add(stretch.header, draft, draft.stretch > 0 && draft.is_first, diagnostics);
    }
    let rows = builder.finish(diagnostics);
    for cell in rows.iter().flat_map(|row| &row.source.cells) {
        account.take(cell.row, cell.column);
    }
    Rows { rows, last_row }
}
