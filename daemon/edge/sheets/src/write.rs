//! Catalogs as the official workbook: a title row, two header rows, 14 columns, ■/□ and √, ready to print.
//!
//! Invariant: same catalogs, same bytes, and what is written reads back to the same items. Columns beyond the 14
//! appear only where an item needs them. Left out: which catalogs go into which file (publish, CLI).

use gongkai_model::item::Item;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use crate::{Error, Reading, header::Column};

mod cells;
mod flat;
mod form;
pub(crate) mod height;
mod json;
mod layout;
mod template;

pub use flat::write_csv;
pub(crate) use json::FORMAT as JSON_FORMAT;
pub use json::{JsonCatalog, JsonRow, write_json};
pub use template::{TEMPLATE_ROWS_MAX, Template, template};

pub(crate) use form::{A4, FONT};
use form::{Form, Formats};
use layout::Layout;

/// One catalog to write.
#[derive(Clone, Debug)]
pub struct CatalogSheet<'a> {
    /// The wanted sheet name, such as the domain's; made unique and cut to what the format allows.
    pub name: &'a str,
    /// The title row.
    pub title: &'a str,
    /// The items in order.
    pub rows: Vec<SheetRow<'a>>,
}

/// One item to write.
#[derive(Clone, Copy, Debug)]
pub struct SheetRow<'a> {
    /// 序号; the position is printed where it is empty.
    pub serial: &'a str,
    /// The item.
    pub item: &'a Item,
}

/// Writes one sheet a catalog.
///
/// # Errors
/// [`Error::Write`] where a text is longer than a cell holds or there are more rows than a sheet holds.
pub fn write(catalogs: &[CatalogSheet<'_>], reading: &Reading<'_>) -> Result<Vec<u8>, Error> {
    write_workbook(catalogs, reading).map_err(|error| Error::Write { what: error.to_string() })
}

fn write_workbook(catalogs: &[CatalogSheet<'_>], reading: &Reading<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    set_fixed_time(&mut workbook)?;
    let formats = Formats::new();
    let mut names: Vec<String> = Vec::new();
    for catalog in catalogs {
        let sheet = workbook.add_worksheet();
        let name = sheet_name(catalog.name, &names);
        sheet.set_name(&name)?;
        names.push(name);
        write_catalog(sheet, catalog, reading, &formats)?;
    }
    workbook.save_to_buffer()
}

/// The day on which the plan was issued: a fixed time, so that the bytes depend on the catalogs alone.
pub(crate) fn set_fixed_time(workbook: &mut Workbook) -> Result<(), XlsxError> {
    let created = ExcelDateTime::from_ymd(2020, 6, 12)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    Ok(())
}

fn write_catalog(
    sheet: &mut Worksheet,
    catalog: &CatalogSheet<'_>,
    reading: &Reading<'_>,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let items: Vec<&Item> = catalog.rows.iter().map(|row| row.item).collect();
    let layout = Layout::of(&items, reading);
    let form = Form { layout: &layout, formats, note: "" };
    let first = form.write(sheet, catalog.title)?;
    for (index, row) in catalog.rows.iter().enumerate() {
        write_row(sheet, (first, &layout), index, row, reading, formats)?;
    }
    form.print_to(sheet, row_at(first, items.len()).saturating_sub(1))?;
    write_matters(sheet, (first, &layout), &items, formats)
}

fn write_row(
    sheet: &mut Worksheet,
    (first, layout): (u32, &Layout),
    index: usize,
    row: &SheetRow<'_>,
    reading: &Reading<'_>,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let line = row_at(first, index);
    let mut lines = height::name_lines(layout, row.item);
    for (place, leaf) in layout.leaves.iter().enumerate() {
        let text = match &leaf.column {
            Column::Matter(_) => continue,
            Column::Serial if row.serial.is_empty() => (index + 1).to_string(),
            Column::Serial => row.serial.to_owned(),
            other => cells::text(other, row.item, layout, reading),
        };
        let is_centred = matches!(leaf.column, Column::Serial | Column::Mark(..));
        let format = if is_centred { &formats.mark } else { &formats.text };
        lines = lines.max(height::lines(&text, leaf.width));
        sheet.write_string_with_format(line, column(place), text, format)?;
    }
    sheet.set_row_height(line, height::of(lines))?;
    Ok(())
}

/// Names: level 1 merged over its rows; an item without level 1 is merged over level 1 and 2, as the form does for
/// undivided matters, so that it is not taken for a row of the group above.
fn write_matters(
    sheet: &mut Worksheet,
    (first_row, layout): (u32, &Layout),
    items: &[&Item],
    formats: &Formats,
) -> Result<(), XlsxError> {
    let (first, second, third) = layout.matters();
    let format = &formats.name;
    let item_row = |index| row_at(first_row, index);
    let mut index = 0;
    while let Some(item) = items.get(index) {
        let row = item_row(index);
        let len = if item.level1.is_empty() { 1 } else { group_len(&items[index..]) };
        if item.level1.is_empty() {
            write_span(sheet, (row, first), (row, second), &item.level2, format)?;
        } else {
            write_span(sheet, (row, first), (item_row(index + len - 1), first), &item.level1, format)?;
        }
        for (offset, item) in items[index..index + len].iter().enumerate() {
            if !item.level1.is_empty() {
                sheet.write_string_with_format(item_row(index + offset), second, &item.level2, format)?;
            }
            if let Some(third) = third {
                sheet.write_string_with_format(item_row(index + offset), third, &item.level3, format)?;
            }
        }
        index += len;
    }
    Ok(())
}

/// How many items from the first on share its level 1 and have a deeper name each.
fn group_len(items: &[&Item]) -> usize {
    let Some(first) = items.first() else { return 0 };
    let has_name = |item: &Item| !item.level2.is_empty() || !item.level3.is_empty();
    if !has_name(first) {
        return 1;
    }
    items.iter().take_while(|item| item.level1 == first.level1 && has_name(item)).count()
}

/// Writes a text over a rectangle: merged where it has more than one cell.
pub(crate) fn write_span(
    sheet: &mut Worksheet,
    (top, left): (u32, u16),
    (bottom, right): (u32, u16),
    text: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    if (top, left) == (bottom, right) {
        sheet.write_string_with_format(top, left, text, format)?;
    } else {
        sheet.merge_range(top, left, bottom, right, text, format)?;
    }
    Ok(())
}

pub(crate) fn column(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

fn row_at(first: u32, index: usize) -> u32 {
    first.saturating_add(u32::try_from(index).unwrap_or(u32::MAX))
}

/// A name the format accepts: at most 31 characters, none of `[]:*?/\`, not used yet.
pub(crate) fn sheet_name(wanted: &str, used: &[String]) -> String {
    const NAME_CHARS_MAX: usize = 31;
    let cleaned: String =
        wanted.chars().map(|c| if "[]:*?/\\'".contains(c) || c.is_control() { '_' } else { c }).collect();
    let base: String = cleaned.trim().chars().take(NAME_CHARS_MAX).collect();
    let base = if base.is_empty() { "目录".to_owned() } else { base };
    let is_used = |name: &String| used.iter().any(|other| other.to_lowercase() == name.to_lowercase());
    let mut name = base.clone();
    let mut number = 2;
    while is_used(&name) {
        let suffix = format!(" ({number})");
        name = base.chars().take(NAME_CHARS_MAX - suffix.len()).collect::<String>() + &suffix;
        number += 1;
    }
    name
}
