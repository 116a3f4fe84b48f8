//! The list in front: every finding with a way to its cell, the heavy ones first.
//!
//! Invariant: one line a finding, in the order of weight, sheet and cell. Left out: the sheets themselves.

use rust_xlsxwriter::{IgnoreError, Url, Worksheet, XlsxError};

use super::{
    Placed, RemarkWords,
    page::{self, Looks},
};
use crate::{
    grid::{Sheet, address},
    report::WARNING_TEXT_CHARS_MAX,
    write::height,
};

/// Widths in characters: weight, place, rule, finding, the cell's text.
const WIDTHS: [f64; 5] = [8.0, 22.0, 22.0, 60.0, 40.0];
/// Rows before the findings: heading and names of the columns.
const FIRST_ROW: u32 = 2;

/// What the list is made of.
pub(super) struct List<'a> {
    pub(super) placed: &'a [Placed<'a>],
    pub(super) sheets: &'a [&'a Sheet],
    /// The sheets' names as written.
    pub(super) names: &'a [String],
    /// How many findings are not written.
    pub(super) cut: usize,
    pub(super) words: &'a RemarkWords,
}

pub(super) fn write(sheet: &mut Worksheet, list: &List<'_>, looks: &Looks) -> Result<(), XlsxError> {
    let words = list.words;
    sheet.write_string_with_format(0, 0, words.heading, &looks.heading)?;
    for ((column, name), width) in (0u16..).zip(words.columns).zip(WIDTHS) {
        sheet.write_string_with_format(1, column, name, &looks.head)?;
        sheet.set_column_width(column, width)?;
    }
    let mut row = FIRST_ROW;
    for placed in list.placed {
        write_line(sheet, row, placed, list, looks)?;
        row += 1;
    }
    if list.cut > 0 {
        sheet.write_string_with_format(row, 3, format!("{}{}", words.cut, list.cut), &looks.text)?;
    }
    let last = row.saturating_sub(1).max(1);
    sheet.autofilter(1, 0, last, 4)?;
    sheet.ignore_error_range(0, 0, row, 4, IgnoreError::NumberStoredAsText)?;
    sheet.set_freeze_panes(FIRST_ROW, 0)?;
    page::set_up(sheet);
    sheet.set_repeat_rows(1, 1).map(drop)
}

fn write_line(
    sheet: &mut Worksheet,
    row: u32,
    placed: &Placed<'_>,
    list: &List<'_>,
    looks: &Looks,
) -> Result<(), XlsxError> {
    let remark = placed.remark;
    let format = looks.of(remark.weight);
    sheet.write_string_with_format(row, 0, list.words.weight(remark.weight), format)?;
    let text = match (placed.sheet, placed.cell) {
        (Some(index), Some((line, column))) => {
            let place = format!("{}!{}", list.names[index], address(line, column));
            let target = format!("internal:'{}'!{}", list.names[index], address(line, column));
            sheet.write_url_with_format(row, 1, Url::new(target).set_text(place), &looks.link)?;
            list.sheets[index].text(line, column)
        }
        (_, _) => {
            sheet.write_string_with_format(row, 1, &remark.place, &looks.text)?;
            ""
        }
    };
    let text: String = text.chars().take(WARNING_TEXT_CHARS_MAX).collect();
    sheet.write_string_with_format(row, 2, &remark.rule, &looks.text)?;
    sheet.write_string_with_format(row, 3, &remark.text, &looks.text)?;
    let lines = height::lines(&remark.text, WIDTHS[3]).max(height::lines(&text, WIDTHS[4]));
    sheet.write_string_with_format(row, 4, text, &looks.text)?;
    sheet.set_row_height(row, height::of(lines)).map(drop)
}
