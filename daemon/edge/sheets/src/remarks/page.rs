//! One sheet of the clerk's with the findings at their cells and rows.
//!
//! Invariant: cells stay where they were. Left out: which findings there are.

use std::collections::BTreeMap;

use rust_xlsxwriter::{
    Color, Format, FormatAlign, FormatBorder, FormatUnderline, IgnoreError, Note, Worksheet, XlsxError,
};

use super::{Remark, RemarkWords, Weight};
use crate::{
    grid::Sheet,
    limits,
    write::{A4, FONT, column, height, write_span},
};

/// Columns are as wide as their texts, within these bounds, in characters.
const WIDTH_MIN: f64 = 6.0;
const WIDTH_MAX: f64 = 34.0;
/// Rows that are looked at for it.
const WIDTH_ROWS: u32 = 200;
/// Width of the added column.
const REMARK_WIDTH: f64 = 46.0;
/// Longest text of a comment and of an added cell, in characters: a screen, far below what the format takes.
const REMARK_CHARS_MAX: usize = 2_000;
/// Size of a comment's box, in pixels.
const NOTE_WIDTH: u32 = 320;
const NOTE_LINE_HEIGHT: u32 = 20;
const NOTE_LINES_MAX: u32 = 20;
/// Half-width letters of a line in that box.
const NOTE_LETTERS: f64 = 40.0;

/// How cells look.
pub(super) struct Looks {
    pub(super) heading: Format,
    pub(super) head: Format,
    pub(super) text: Format,
    pub(super) link: Format,
    error: Format,
    warning: Format,
    note: Format,
}

impl Looks {
    pub(super) fn new() -> Self {
        let text = Format::new().set_font_name(FONT).set_font_size(9).set_text_wrap().set_border(FormatBorder::Thin);
        let text = text.set_border_color(Color::RGB(0x00BF_BFBF)).set_align(FormatAlign::VerticalCenter);
        let filled = |colour: u32| text.clone().set_background_color(Color::RGB(colour));
        let link = text.clone().set_font_color(Color::RGB(0x0005_63C1)).set_underline(FormatUnderline::Single);
        Self {
            heading: Format::new().set_font_name(FONT).set_bold().set_font_size(12),
            head: filled(0x00F2_F2F2).set_bold(),
            error: filled(0x00FF_C7CE),
            warning: filled(0x00FF_EB9C),
            note: filled(0x00DD_EBF7),
            link,
            text,
        }
    }

    pub(super) fn of(&self, weight: Weight) -> &Format {
        match weight {
            Weight::Error => &self.error,
            Weight::Warning => &self.warning,
            Weight::Note => &self.note,
        }
    }
}

type ByCell<'a> = BTreeMap<(u32, u32), Vec<&'a Remark>>;

pub(super) fn write(
    written: &mut Worksheet,
    sheet: &Sheet,
    by_cell: &ByCell<'_>,
    words: &RemarkWords,
    looks: &Looks,
) -> Result<(), XlsxError> {
    let widths: Vec<f64> = (0..sheet.end_column()).map(|column| width_of(sheet, column)).collect();
    for (index, width) in widths.iter().enumerate() {
        written.set_column_width(column(index), *width)?;
    }
    let look = |cell: (u32, u32)| {
        let weight = by_cell.get(&cell).into_iter().flatten().map(|remark| remark.weight).min();
        weight.map_or(&looks.text, |weight| looks.of(weight))
    };
    for merge in sheet.whole_merges() {
        let (first, last) = ((merge.top, column_of(merge.left)), (merge.bottom, column_of(merge.right)));
        write_span(written, first, last, sheet.text(merge.top, merge.left), look((merge.top, merge.left)))?;
    }
    let beside = by_row(sheet, by_cell, words);
    for row in sheet.first_row()..sheet.end_row() {
        let mut lines = beside.get(&row).map_or(1, |(_, text)| height::lines(text, REMARK_WIDTH));
        for (index, text) in sheet.own_cells(row) {
            // The first cell of a merge is written again as it is: one that another overlaps was not written as such.
            written.write_string_with_format(row, column_of(index), text, look((row, index)))?;
            if !sheet.is_merged(row, index) {
                lines = lines.max(height::lines(text, widths[index as usize]));
            }
        }
        written.set_row_height(row, height::of(lines))?;
    }
    for (cell, remarks) in by_cell {
        if sheet.own(cell.0, cell.1).is_empty() && !sheet.is_merged(cell.0, cell.1) {
            written.write_blank(cell.0, column_of(cell.1), look(*cell))?;
        }
        written.insert_note(cell.0, column_of(cell.1), &comment(remarks, words))?;
    }
    set_up(written);
    let last = sheet.end_row().saturating_sub(1);
    written.ignore_error_range(0, 0, last, column_of(sheet.end_column()), IgnoreError::NumberStoredAsText)?;
    add_column(written, sheet, &beside, words, looks)
}

/// A4, landscape, one page wide.
pub(super) fn set_up(written: &mut Worksheet) {
    written.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
}

/// What was found in a row, beside it; not where the reader would take no column more.
fn add_column(
    written: &mut Worksheet,
    sheet: &Sheet,
    beside: &BTreeMap<u32, (Weight, String)>,
    words: &RemarkWords,
    looks: &Looks,
) -> Result<(), XlsxError> {
    if sheet.end_column() >= limits::COLUMNS_MAX {
        return Ok(());
    }
    let place = column_of(sheet.end_column());
    written.set_column_width(place, REMARK_WIDTH)?;
    written.write_string_with_format(sheet.first_row(), place, words.heading, &looks.head)?;
    for (row, (weight, text)) in beside {
        written.write_string_with_format(*row, place, text, looks.of(*weight))?;
    }
    Ok(())
}

/// What was found in each row. The first row has the heading: what was found there stands in the comment and the list.
fn by_row(sheet: &Sheet, by_cell: &ByCell<'_>, words: &RemarkWords) -> BTreeMap<u32, (Weight, String)> {
    let mut by_row: BTreeMap<u32, Vec<&Remark>> = BTreeMap::new();
    for ((row, _), remarks) in by_cell.iter().filter(|((row, _), _)| *row != sheet.first_row()) {
        by_row.entry(*row).or_default().extend(remarks);
    }
    let joined = by_row.into_iter().map(|(row, remarks)| {
        let weight = remarks.iter().map(|remark| remark.weight).min().unwrap_or(Weight::Note);
        (row, (weight, lines_of(&remarks, words)))
    });
    joined.collect()
}

fn comment(remarks: &[&Remark], words: &RemarkWords) -> Note {
    let text = lines_of(remarks, words);
    let lines = height::lines(&text, NOTE_LETTERS).clamp(2, NOTE_LINES_MAX);
    Note::new(text).add_author_prefix(false).set_width(NOTE_WIDTH).set_height(lines * NOTE_LINE_HEIGHT)
}

fn lines_of(remarks: &[&Remark], words: &RemarkWords) -> String {
    let lines: Vec<String> = remarks.iter().map(|remark| line_of(remark, words)).collect();
    lines.join("\n").chars().take(REMARK_CHARS_MAX).collect()
}

fn line_of(remark: &Remark, words: &RemarkWords) -> String {
    format!("[{}] {} ({})", words.weight(remark.weight), remark.text, remark.rule)
}

fn width_of(sheet: &Sheet, column: u32) -> f64 {
    let rows = sheet.first_row()..sheet.end_row().min(sheet.first_row().saturating_add(WIDTH_ROWS));
    let single = rows.filter(|row| !sheet.is_merged(*row, column)).map(|row| sheet.own(row, column));
    let longest = single.flat_map(str::lines).map(height::width).fold(0.0, f64::max);
    longest.clamp(WIDTH_MIN, WIDTH_MAX)
}

fn column_of(index: u32) -> u16 {
    column(index as usize)
}
