//! A catalog as comma-separated text: one header row, one line an item, groups of marks as words.
//!
//! Invariant: UTF-8 with the mark that Excel needs to see it, no cell that a spreadsheet program takes for a formula,
//! and it reads back to the same items. Left out: title and domain, which the file's name carries.

use gongkai_model::item::Item;

use super::{CatalogSheet, cells, layout::Layout};
use crate::{Error, Reading, csv, header::Column};

/// The byte order mark: without it Excel reads UTF-8 as GBK.
const MARK: &[u8] = b"\xef\xbb\xbf";
/// Written for an empty 一级事项 where a blank cell would mean "as above".
const NO_NAME: &str = "/";

/// Writes one catalog as CSV with every field that its items have.
///
/// # Errors
/// [`Error::Write`] where the text could not be put together.
pub fn write_csv(catalog: &CatalogSheet<'_>, reading: &Reading<'_>) -> Result<Vec<u8>, Error> {
    let fault = |what: String| Error::Write { what };
    let items: Vec<&Item> = catalog.rows.iter().map(|row| row.item).collect();
    let layout = Layout::of(&items, reading);
    let columns = columns(&layout);
    let mut writer = ::csv::WriterBuilder::new()
        .quote_style(::csv::QuoteStyle::Always)
        .terminator(::csv::Terminator::CRLF)
        .from_writer(MARK.to_vec());
    let header = columns.iter().map(|(label, _)| csv::with_guard(label).into_owned());
    writer.write_record(header).map_err(|error| fault(error.to_string()))?;
    let mut level1_above = "";
    for (index, row) in catalog.rows.iter().enumerate() {
        let item = row.item;
        let has_gap = item.level2.is_empty() && (item.name().is_empty() || !item.level3.is_empty());
        let is_cut_off = item.level1.is_empty() && (!level1_above.is_empty() || has_gap);
        let text = |column: &Column| match column {
            Column::Serial if row.serial.is_empty() => (index + 1).to_string(),
            Column::Serial => row.serial.to_owned(),
            Column::Matter(1) if is_cut_off => NO_NAME.to_owned(),
            Column::Matter(1) => item.level1.clone(),
            Column::Matter(3) => item.level3.clone(),
            Column::Matter(_) => item.level2.clone(),
            other => cells::text(other, item, &layout, reading),
        };
        let record = columns.iter().map(|(_, column)| csv::with_guard(&text(column)).into_owned());
        writer.write_record(record).map_err(|error| fault(error.to_string()))?;
        level1_above = &item.level1;
    }
    writer.into_inner().map_err(|error| fault(error.to_string()))
}

/// The form's columns, each group of marks as one column of words under its heading.
fn columns(layout: &Layout) -> Vec<(String, Column)> {
    let mut columns: Vec<(String, Column)> = Vec::new();
    for leaf in &layout.leaves {
        let column = match &leaf.column {
            Column::Mark(group, _) => Column::Words(*group),
            other => other.clone(),
        };
        let label = match (&column, &leaf.heading) {
            (Column::Words(_), Some(heading)) => heading,
            _ => &leaf.label,
        };
        if columns.last().is_none_or(|(_, last)| *last != column) {
            columns.push((label.to_owned(), column));
        }
    }
    columns
}
