//! A sheet as cells of text with its merges, whatever file it came from.
//!
//! Invariant: within the bounds of [`crate::limits`]; a cell that a merge covers reads as the merge's first cell.
//! Left out: what the text means.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use gongkai_model::vocabulary::radical_as_letter;

use crate::{Error, limits, parts::SheetPart, symbols};

/// A rectangle of cells, both ends inclusive, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Merge {
    pub(crate) top: u32,
    pub(crate) left: u32,
    pub(crate) bottom: u32,
    pub(crate) right: u32,
}

/// Something about a cell that its text does not say: what was struck out, a comment, a format that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CellRemark {
    pub(crate) row: u32,
    pub(crate) column: u32,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// How a sheet is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Visibility {
    #[default]
    Shown,
    Hidden,
    /// Only a program can show it again: nobody who opens the file sees that it is there.
    VeryHidden,
}

/// One sheet.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) visibility: Visibility,
    pub(crate) part: SheetPart,
    /// Rows from `first_row` on; a row is as long as its last used cell. Texts are shared with the items made of them.
    rows: Vec<Vec<Option<Arc<str>>>>,
    first_row: u32,
    merges: Vec<Merge>,
    cover: HashMap<(u32, u32), usize>,
    /// Whether a column has a merged cell: most have none, and every cell asks.
    merged_columns: Vec<bool>,
    /// Cells whose stored value is an error such as #REF!.
    pub(crate) error_cells: Vec<(u32, u32)>,
    /// First cells of merges that lie over other text and were therefore not taken for merges.
    pub(crate) odd_merges: Vec<(u32, u32)>,
    /// First cells of merges beyond what is kept in memory, not taken for merges either.
    pub(crate) wide_merges: Vec<(u32, u32)>,
    /// What the file's reader met in cells.
    pub(crate) remarks: Vec<CellRemark>,
    /// Rows of a text file with more cells than its table has columns: whatever stands behind a stray delimiter has moved.
    pub(crate) shifted_rows: BTreeSet<u32>,
}

/// Counts cells and time over all sheets of a file.
pub(crate) struct Budget {
    cells: usize,
    end: Instant,
}

impl Default for Budget {
    fn default() -> Self {
        Self::within(limits::READ_TIME_MAX)
    }
}

impl Budget {
    fn within(time: Duration) -> Self {
        Self { cells: 0, end: Instant::now() + time }
    }

    /// Counts one cell; asks the clock now and then.
    fn take_cell(&mut self) -> Result<(), Error> {
        /// Cells between two looks at the clock: some milliseconds of reading.
        const CELLS_BETWEEN: usize = 4096;
        self.cells += 1;
        if self.cells % CELLS_BETWEEN == 1 { self.check_time() } else { Ok(()) }
    }

    /// Refuses to go on when the time is up.
    pub(crate) fn check_time(&self) -> Result<(), Error> {
        if Instant::now() < self.end { Ok(()) } else { Err(Error::TooSlow) }
    }
}

impl Sheet {
    pub(crate) fn new(name: &str, visibility: Visibility) -> Self {
        Self { name: name.to_owned(), visibility, ..Self::default() }
    }

    /// Puts text into a cell; cells come in any order. Blank text is not kept.
    pub(crate) fn put(&mut self, row: u32, column: u32, text: &str, budget: &mut Budget) -> Result<(), Error> {
        self.put_kept(row, column, kept(text), budget)
    }

    /// Notes something about a cell.
    pub(crate) fn remark(&mut self, (row, column): (u32, u32), code: &'static str, message: String) {
        if self.remarks.len() < limits::CELL_REMARKS_MAX {
            self.remarks.push(CellRemark { row, column, code, message });
        }
    }

    /// Puts text into a cell as [`kept`] gave it.
    pub(crate) fn put_kept(&mut self, row: u32, column: u32, kept: Kept, budget: &mut Budget) -> Result<(), Error> {
        if let Some((code, message)) = kept.oddity.and_then(Oddity::remark) {
            self.remark((row, column), code, message.to_owned());
        }
        let Some(text) = kept.text else { return Ok(()) };
        budget.take_cell()?;
        self.check(row, column, &text, budget)?;
        if self.rows.is_empty() {
            self.first_row = row;
        } else if row < self.first_row {
            let gap = (self.first_row - row) as usize;
            self.rows.splice(0..0, std::iter::repeat_with(Vec::new).take(gap));
            self.first_row = row;
        }
        let index = (row - self.first_row) as usize;
        if index >= self.rows.len() {
            self.rows.resize_with(index + 1, Vec::new);
        }
        // A row is about as long as the one above it.
        let usual = index.checked_sub(1).map_or(0, |above| self.rows[above].len());
        let cells = &mut self.rows[index];
        if cells.capacity() == 0 {
            cells.reserve(usual);
        }
        if column as usize >= cells.len() {
            cells.resize_with(column as usize + 1, || None);
        }
        cells[column as usize] = Some(text);
        Ok(())
    }

    fn check(&self, row: u32, column: u32, text: &str, budget: &Budget) -> Result<(), Error> {
        let span = if self.rows.is_empty() {
            1
        } else {
            let last = self.end_row().max(row.saturating_add(1));
            last - self.first_row.min(row)
        };
        let place = || format!("`{}` {}", self.name, address(row, column));
        let what = if span > limits::ROWS_MAX {
            format!("{}: {span} rows, {} are read", place(), limits::ROWS_MAX)
        } else if column >= limits::COLUMNS_MAX {
            format!("{}: more than {} columns", place(), limits::COLUMNS_MAX)
        } else if budget.cells > limits::CELLS_MAX {
            format!("{}: more than {} cells", place(), limits::CELLS_MAX)
        } else if text.len() > limits::CELL_CHARS_MAX && text.chars().count() > limits::CELL_CHARS_MAX {
            format!("{}: a cell of more than {} characters", place(), limits::CELL_CHARS_MAX)
        } else {
            return Ok(());
        };
        Err(Error::TooManyCells { what })
    }

    /// Sets the merges, cut to the used rows and columns; the first of two that overlap counts.
    pub(crate) fn set_merges(&mut self, merges: impl IntoIterator<Item = Merge>) {
        let (Some(last_row), columns) = (self.end_row().checked_sub(1), self.end_column()) else { return };
        for merge in merges {
            let cut = Merge { bottom: merge.bottom.min(last_row), right: merge.right.min(columns.max(1) - 1), ..merge };
            let is_real = cut.top <= cut.bottom && cut.left <= cut.right && cut.top >= self.first_row;
            let area =
                u64::from(cut.bottom.saturating_sub(cut.top) + 1) * u64::from(cut.right.saturating_sub(cut.left) + 1);
            if !is_real {
                continue;
            }
            if self.cover.len() as u64 + area > limits::MERGED_CELLS_MAX as u64 {
                self.wide_merges.push((cut.top, cut.left));
                continue;
            }
            if self.lies_over_text(&cut) {
                self.odd_merges.push((cut.top, cut.left));
                continue;
            }
            if self.merged_columns.len() <= cut.right as usize {
                self.merged_columns.resize(cut.right as usize + 1, false);
            }
            self.merged_columns[cut.left as usize..=cut.right as usize].fill(true);
            for row in cut.top..=cut.bottom {
                for column in cut.left..=cut.right {
                    self.cover.entry((row, column)).or_insert(self.merges.len());
                }
            }
            self.merges.push(cut);
        }
    }

    /// Whether the merge hides text of its own under it: a spreadsheet shows only the first cell, but the rest was
    /// written by someone.
    fn lies_over_text(&self, merge: &Merge) -> bool {
        let first = self.stored(merge.top, merge.left);
        let is_other = |row: u32, column: u32| {
            let text = self.stored(row, column);
            !text.is_empty() && text != first
        };
        (merge.top..=merge.bottom).any(|row| (merge.left..=merge.right).any(|column| is_other(row, column)))
    }

    /// The first used row.
    pub(crate) fn first_row(&self) -> u32 {
        self.first_row
    }

    /// One past the last used row.
    pub(crate) fn end_row(&self) -> u32 {
        self.first_row + u32::try_from(self.rows.len()).unwrap_or(u32::MAX - self.first_row)
    }

    /// One past the last used column.
    pub(crate) fn end_column(&self) -> u32 {
        self.rows.iter().map(Vec::len).max().and_then(|len| u32::try_from(len).ok()).unwrap_or(0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn stored(&self, row: u32, column: u32) -> &str {
        self.cell(row, column).map_or("", |text| text)
    }

    /// A cell's own text, whatever covers it.
    pub(crate) fn cell(&self, row: u32, column: u32) -> Option<&Arc<str>> {
        let cells = row.checked_sub(self.first_row).and_then(|index| self.rows.get(index as usize));
        cells.and_then(|cells| cells.get(column as usize))?.as_ref()
    }

    /// The merge that covers a cell.
    pub(crate) fn merge_at(&self, row: u32, column: u32) -> Option<&Merge> {
        if !self.merged_columns.get(column as usize).is_some_and(|is_merged| *is_merged) {
            return None;
        }
        self.cover.get(&(row, column)).map(|index| &self.merges[*index])
    }

    /// Whether a merge covers a cell.
    pub(crate) fn is_merged(&self, row: u32, column: u32) -> bool {
        self.merge_at(row, column).is_some()
    }

    /// The merges that no other one overlaps.
    pub(crate) fn whole_merges(&self) -> impl Iterator<Item = &Merge> {
        let is_own = |index: usize, cell: (u32, u32)| self.cover.get(&cell) == Some(&index);
        let is_whole = move |index: usize, merge: &Merge| {
            (merge.top..=merge.bottom).all(|row| (merge.left..=merge.right).all(|column| is_own(index, (row, column))))
        };
        self.merges.iter().enumerate().filter(move |(index, merge)| is_whole(*index, merge)).map(|(_, merge)| merge)
    }

    /// All cells with a text of their own, row by row.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (u32, u32, &Arc<str>)> {
        (self.first_row..).zip(&self.rows).flat_map(|(row, cells)| {
            (0..).zip(cells).filter_map(move |(column, text)| Some((row, column, text.as_ref()?)))
        })
    }

    /// The columns `from..to` as a sheet of its own, with all that stands in the rows above `head`.
    pub(crate) fn part(&self, (from, to): (u32, u32), head: u32) -> Self {
        let is_in = |row: u32, column: u32| row < head || (from..to).contains(&column);
        let rows = (self.first_row..).zip(&self.rows).map(|(row, cells)| {
            (0..).zip(cells).map(|(column, text)| text.clone().filter(|_| is_in(row, column))).collect()
        });
        let mut part = Self {
            name: self.name.clone(),
            part: self.part.clone(),
            rows: rows.collect(),
            first_row: self.first_row,
            shifted_rows: self.shifted_rows.clone(),
            ..Self::default()
        };
        part.set_merges(self.merges.iter().filter(|merge| is_in(merge.top, merge.left)).copied());
        part
    }

    /// Leaves out a column and all behind it. Called before merges are asked for.
    pub(crate) fn drop_from(&mut self, column: u32) {
        for row in &mut self.rows {
            row.truncate(column as usize);
        }
    }

    /// The text one sees in a cell: its own, or that of the merge over it.
    pub(crate) fn text(&self, row: u32, column: u32) -> &str {
        self.merge_at(row, column).map_or_else(|| self.stored(row, column), |merge| self.stored(merge.top, merge.left))
    }

    /// Where the text that one sees in a cell stands.
    pub(crate) fn origin(&self, row: u32, column: u32) -> (u32, u32) {
        self.merge_at(row, column).map_or((row, column), |merge| (merge.top, merge.left))
    }

    /// The text of a cell that begins here: empty where a merge from above or from the left covers it.
    pub(crate) fn own(&self, row: u32, column: u32) -> &str {
        match self.merge_at(row, column) {
            Some(merge) if (merge.top, merge.left) != (row, column) => "",
            _ => self.stored(row, column),
        }
    }

    /// The cells of a row that begin here and have text.
    pub(crate) fn own_cells(&self, row: u32) -> impl Iterator<Item = (u32, &str)> {
        let len = row.checked_sub(self.first_row).and_then(|index| self.rows.get(index as usize)).map_or(0, Vec::len);
        let columns = 0..u32::try_from(len).unwrap_or(0);
        columns.map(move |column| (column, self.own(row, column))).filter(|(_, text)| !text.is_empty())
    }
}

/// A cell's text as it is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    /// `None` where nothing is printed.
    pub(crate) text: Option<Arc<str>>,
    oddity: Option<Oddity>,
}

/// What a text had that is not kept as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Oddity {
    /// Letters in the shape of radicals: a copy from a PDF file.
    Radicals,
    /// Signs that turn the direction of print: what one sees is not what stands there.
    Direction,
    /// Control characters inside the text.
    Controls,
}

impl Oddity {
    fn remark(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Radicals => {
                ("text-folded", "letters in the shape of radicals (a copy from a PDF) are read as the letters")
            }
            Self::Direction => {
                ("text-direction", "signs that turn the direction of print are left out: read the text again")
            }
            Self::Controls => ("text-control", "control characters inside the text are left out"),
        })
    }
}

/// A cell's text as it is kept.
pub(crate) fn kept(text: &str) -> Kept {
    let (text, oddity) = clean(text);
    Kept { text: (!text.is_empty()).then(|| Arc::from(text.as_ref())), oddity }
}

/// The text without what only the file format or the printer needs: outer blanks, carriage returns, control and
/// zero-width characters; radicals and letters of symbol fonts as what one sees. Everything else stays as printed.
fn clean(text: &str) -> (Cow<'_, str>, Option<Oddity>) {
    if text.chars().all(is_plain) {
        return (Cow::Borrowed(text.trim()), None);
    }
    let mut oddity = None;
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\r' | '\u{2028}' | '\u{2029}' | '\u{b}' => kept.push('\n'),
            '\n' | '\t' => kept.push(c),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => oddity = Some(Oddity::Direction),
            '\u{2e80}'..='\u{2fdf}' => {
                oddity = oddity.or(Some(Oddity::Radicals));
                kept.push(radical_as_letter(c));
            }
            '\u{f020}'..='\u{f0ff}' => kept.push(symbols::folded(c)),
            c if is_plain(c) => kept.push(c),
            '\0' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' => {}
            c if is_unseen(c) => {}
            _ => oddity = oddity.or(Some(Oddity::Controls)),
        }
    }
    (Cow::Owned(kept.trim().to_owned()), oddity)
}

/// Letters and marks of other scripts that print nothing: an Arabic letter mark, Hangul fillers, tags.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{3164}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether a character is kept as it is.
fn is_plain(c: char) -> bool {
    match c {
        '\u{4e00}'..='\u{9fff}' => true,
        c if is_unseen(c) => false,
        ' '..='~' | '\u{a0}'..='\u{ac}' | '\u{ae}'..='\u{1fff}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205f}' => {
            true
        }
        '\u{2070}'..='\u{2e7f}' | '\u{2fe0}'..='\u{f01f}' | '\u{f100}'..='\u{fdff}' | '\u{fe10}'..='\u{fefe}' => true,
        '\u{ff00}'.. => true,
        c => matches!(c, '\u{2000}'..='\u{200a}'),
    }
}

/// A cell's address as spreadsheets print it: (3, 1) → B4.
pub(crate) fn address(row: u32, column: u32) -> String {
    format!("{}{}", letters(column), u64::from(row) + 1)
}

/// A column's letters: 1 → B.
pub(crate) fn letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column;
    loop {
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest = match (rest / 26).checked_sub(1) {
            Some(rest) => rest,
            None => break,
        };
    }
    letters.into_iter().rev().collect()
}

/// The place of an address as [`address`] prints it, or with `$` signs: `B4` → (3, 1).
pub(crate) fn position(address: &str) -> Option<(u32, u32)> {
    let plain = address.replace('$', "");
    let digits = plain.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let letters = &plain[..plain.len() - digits.len()];
    let mut column: u32 = 0;
    for letter in letters.bytes() {
        column = column.checked_mul(26)?.checked_add(u32::from(letter.to_ascii_uppercase() - b'A') + 1)?;
    }
    Some((digits.parse::<u32>().ok()?.checked_sub(1)?, column.checked_sub(1)?))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_spreadsheets() {
        for (row, column, text) in [(0, 0, "A1"), (3, 25, "Z4"), (9, 26, "AA10"), (0, 701, "ZZ1"), (0, 702, "AAA1")] {
            assert_eq!(address(row, column), text);
            assert_eq!(position(text), Some((row, column)));
        }
        for text in ["", "A", "1", "A0", "AAAAAAAAAA1", "目录"] {
            assert_eq!(position(text), None, "{text}");
        }
    }

    #[test]
    fn a_merged_cell_reads_as_its_first_and_owns_nothing() {
        let mut sheet = Sheet::new("s", Visibility::Shown);
        let mut budget = Budget::default();
        sheet.put(5, 1, " 出生\u{a0}", &mut budget).unwrap();
        sheet.put(6, 2, "x", &mut budget).unwrap();
        sheet.put(2, 0, "a", &mut budget).unwrap();
        sheet.set_merges([Merge { top: 5, left: 1, bottom: 900_000, right: 1 }]);
        assert_eq!((sheet.text(6, 1), sheet.own(6, 1), sheet.own(5, 1)), ("出生", "", "出生"));
        assert_eq!((sheet.first_row(), sheet.end_row(), sheet.end_column()), (2, 7, 3));
        assert!(sheet.put(900_000, 0, "far", &mut budget).is_err());
        assert!(sheet.put(3, 16_383, "right", &mut budget).is_err());
    }

    #[test]
    fn reading_stops_when_its_time_is_up() {
        let mut sheet = Sheet::new("s", Visibility::Shown);
        let mut budget = Budget::within(Duration::ZERO);
        let error = sheet.put(0, 0, "a", &mut budget).unwrap_err();
        assert_eq!(error.code(), "GK-SHEET-011");
    }

    #[test]
    fn a_sheet_is_bounded_in_cells_and_merged_cells() {
        let mut sheet = Sheet::new("s", Visibility::Shown);
        let mut budget = Budget { cells: limits::CELLS_MAX, ..Budget::default() };
        assert_eq!(sheet.put(0, 0, "a", &mut budget).unwrap_err().code(), "GK-SHEET-008");
        let mut budget = Budget::default();
        let last = limits::ROWS_MAX - 1;
        sheet.put(0, 0, "a", &mut budget).unwrap();
        sheet.put(last, 0, "b", &mut budget).unwrap();
        sheet.put(0, 20, "c", &mut budget).unwrap();
        sheet.set_merges([Merge { top: 1, left: 1, bottom: last, right: 20 }]);
        assert_eq!((sheet.wide_merges.as_slice(), sheet.merge_at(5, 5)), (&[(1, 1)][..], None));
    }
}
