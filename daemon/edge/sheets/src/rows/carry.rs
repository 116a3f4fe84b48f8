//! What a row takes from the rows above: 同上, lost merges, shared serials.
//!
//! Invariant: a value is taken only from the same column of the same table, as it was resolved there, and lost
//! merges are filled only inside one level-1 group. Marks are never filled.

use std::{borrow::Cow, collections::BTreeSet};

use gongkai_model::vocabulary::{fold, is_ditto};

use crate::{
    Reading,
    grid::{Sheet, address},
    header::{Column, Header},
    report::Diagnostics,
};

/// Brackets, quotes, dashes and stops around 同上.
fn is_around(c: char) -> bool {
    "()〔〕【】「」\"“”'‘’.。,;、:-—".contains(c)
}

/// 同上同上: a cell that two rows were copied into.
fn is_twice(word: &str, text: &str) -> bool {
    text.strip_prefix(word).is_some_and(|rest| rest.trim_start_matches(is_around) == word)
}

/// Longest text looked at for 同上.
const SAME_AS_BYTES_MAX: usize = 24;

/// The resolved texts of the row above, by column.
#[derive(Default)]
pub(super) struct Carry {
    /// Blank where nothing stood yet.
    above: Vec<String>,
    warned: BTreeSet<(&'static str, u32)>,
    /// The folded words for 同上.
    same_as: Vec<String>,
    /// Their letters: a text without one of them is not folded.
    same_as_letters: String,
    /// No merge over several rows in the whole table: blank cells may be what is left of merges.
    pub(super) has_lost_merges: bool,
}

impl Carry {
    pub(super) fn new(reading: &Reading<'_>, has_lost_merges: bool) -> Self {
        let same_as: Vec<String> = reading.vocabulary.same_as.iter().map(|word| fold(word)).collect();
        Self { has_lost_merges, same_as_letters: same_as.concat(), same_as, ..Self::default() }
    }

    /// Replaces 同上 by the resolved value above.
    pub(super) fn resolve<'t>(
        &self,
        sheet: &Sheet,
        (row, column): (u32, u32),
        text: Cow<'t, str>,
        diagnostics: &mut Diagnostics,
    ) -> Cow<'t, str> {
        let may_be = text.len() <= SAME_AS_BYTES_MAX && text.chars().any(|c| self.same_as_letters.contains(c));
        let is_word = || {
            let folded = fold(&text);
            let bare = folded.trim_matches(is_around);
            self.same_as.iter().any(|word| word == bare || is_twice(word, bare))
        };
        let is_same = (may_be && is_word()) || is_ditto(&text);
        if !is_same {
            return text;
        }
        let above = self.above(column);
        if !above.is_empty() {
            return Cow::Owned(above.to_owned());
        }
        let message = format!("`{text}` with nothing above it in this table");
        diagnostics.warn("same-as-nothing", &sheet.name, &address(row, column), &message);
        text
    }

    /// Fills a blank cell whose merge was lost; only the first of each column is named.
    pub(super) fn fill(
        &mut self,
        code: &'static str,
        sheet: &Sheet,
        (row, column): (u32, u32),
        diagnostics: &mut Diagnostics,
    ) -> String {
        let above = self.above(column).to_owned();
        if above.is_empty() {
            return above;
        }
        if self.warned.insert((code, column)) {
            let message = "a blank cell takes the value above it; so do the next ones in this column";
            diagnostics.warn(code, &sheet.name, &address(row, column), message);
        }
        above
    }

    /// The resolved value above, without a warning.
    pub(super) fn above(&self, column: u32) -> &str {
        self.above.get(column as usize).map_or("", String::as_str)
    }

    /// Remembers the resolved value of a column.
    pub(super) fn keep(&mut self, column: u32, text: &str) {
        // Columns are bounded where the sheet is read.
        let place = column as usize;
        if place >= self.above.len() {
            self.above.resize_with(place + 1, String::new);
        }
        text.clone_into(&mut self.above[place]);
    }
}

/// Whether no merge under the header reaches over several rows: then merges may have been lost (CSV, copies).
pub(super) fn has_no_row_merges(sheet: &Sheet, header: &Header, to: u32) -> bool {
    let columns: Vec<u32> = header.columns.iter().map(|(column, _)| *column).collect();
    let is_tall = |row: u32, column: u32| sheet.merge_at(row, column).is_some_and(|merge| merge.bottom > merge.top);
    !(header.end..to).any(|row| columns.iter().any(|column| is_tall(row, *column)))
}

/// Columns that are filled inside a level-1 group when merges are lost.
pub(super) fn is_filled(column: &Column) -> bool {
    matches!(column, Column::Basis | Column::TimeLimit | Column::Subject | Column::Channels)
}
