//! Which cells of a sheet have been accounted for.
//!
//! Invariant: a cell with text counts once it is in an item, in a title or header, in a warning that names it, or under a
//! merge whose first cell counts. What is left at the end is named, so that nothing is dropped in silence.

use crate::{
    grid::{Sheet, address},
    report::{Diagnostics, WARNINGS_PER_CODE_MAX},
};

/// The ledger of one sheet.
pub(crate) struct Account {
    first_row: u32,
    columns: u32,
    taken: Vec<u64>,
}

impl Account {
    pub(crate) fn of(sheet: &Sheet) -> Self {
        let rows = (sheet.end_row() - sheet.first_row()) as usize;
        let columns = sheet.end_column();
        Self { first_row: sheet.first_row(), columns, taken: vec![0; (rows * columns as usize).div_ceil(64)] }
    }

    fn place(&self, row: u32, column: u32) -> Option<(usize, u64)> {
        let row = row.checked_sub(self.first_row)? as usize;
        let index = row * self.columns as usize + column as usize;
        let is_in = column < self.columns && index / 64 < self.taken.len();
        is_in.then_some((index / 64, 1 << (index % 64)))
    }

    /// Notes that a cell counts.
    pub(crate) fn take(&mut self, row: u32, column: u32) {
        if let Some((word, bit)) = self.place(row, column) {
            self.taken[word] |= bit;
        }
    }

    /// Notes that whole rows count.
    pub(crate) fn take_rows(&mut self, rows: std::ops::Range<u32>) {
        for row in rows {
            for column in 0..self.columns {
                self.take(row, column);
            }
        }
    }

    fn has(&self, row: u32, column: u32) -> bool {
        self.place(row, column).is_none_or(|(word, bit)| self.taken[word] & bit != 0)
    }

    /// Names the cells that are left, one warning for a run of them; what would be too many warnings is one run.
    pub(crate) fn finish(self, sheet: &Sheet, diagnostics: &mut Diagnostics) {
        let mut runs: Vec<Run> = Vec::new();
        for (row, column, _) in sheet.cells() {
            let (top, left) = sheet.origin(row, column);
            if self.has(row, column) || ((top, left) != (row, column) && self.has(top, left)) {
                continue;
            }
            match runs.last_mut() {
                Some(run) if row <= run.bottom + 1 => run.extend(row, column),
                _ => runs.push(Run { top: row, bottom: row, left: column, right: column, cells: 1 }),
            }
        }
        let rest = runs.split_off(runs.len().min(WARNINGS_PER_CODE_MAX - 1));
        runs.extend(rest.into_iter().reduce(|mut all, run| {
            all.extend(run.top, run.left);
            all.extend(run.bottom, run.right);
            all.cells += run.cells - 2;
            all
        }));
        for run in runs {
            let message = format!("{} cells here belong to no item, title or note: they are not read", run.cells);
            diagnostics.warn("cell-unread", &sheet.name, &run.range(), &message);
        }
    }
}

/// Cells in rows that follow each other.
struct Run {
    top: u32,
    bottom: u32,
    left: u32,
    right: u32,
    cells: i64,
}

impl Run {
    fn extend(&mut self, row: u32, column: u32) {
        self.bottom = self.bottom.max(row);
        (self.left, self.right) = (self.left.min(column), self.right.max(column));
        self.cells += 1;
    }

    fn range(&self) -> String {
        range((self.top, self.left), (self.bottom, self.right))
    }
}

/// `A5:N7`, or `A5` for one cell.
pub(crate) fn range(first: (u32, u32), last: (u32, u32)) -> String {
    let from = address(first.0, first.1);
    if first == last { from } else { format!("{from}:{}", address(last.0, last.1)) }
}
