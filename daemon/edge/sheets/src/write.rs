//! Catalogs as the official workbook: a title row, two header rows, 14 columns, ■/□ and √, ready to print.
//!
//! Invariant: same catalogs, same bytes, and what is written reads back to the same items. Columns beyond the 14
//! appear only where an item needs them. Left out: which catalogs go into which file (publish, CLI).

use gongkai_model::item::Item;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use crate::{Error, Reading, header::Column};

mod cells;
mod layout;

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

/// Paper size 9 of the format: A4.
const A4: u8 = 9;
/// Margins in inches: the printer's own minimum and room for the page number.
const MARGIN_INCHES: f64 = 0.4;
const TITLE_ROW: u32 = 0;
const GROUP_ROW: u32 = 1;
const LEAF_ROW: u32 = 2;
const FIRST_ITEM_ROW: u32 = 3;

/// Writes one sheet a catalog.
///
/// # Errors
/// [`Error::Write`] where a text is longer than a cell holds or there are more rows than a sheet holds.
pub fn write(catalogs: &[CatalogSheet<'_>], reading: &Reading<'_>) -> Result<Vec<u8>, Error> {
    write_workbook(catalogs, reading).map_err(|error| Error::Write { what: error.to_string() })
}

fn write_workbook(catalogs: &[CatalogSheet<'_>], reading: &Reading<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The day on which the plan was issued: a fixed time, so that the bytes depend on the catalogs alone.
    let created = ExcelDateTime::from_ymd(2020, 6, 12)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
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

struct Formats {
    title: Format,
    header: Format,
    text: Format,
    mark: Format,
}

impl Formats {
    fn new() -> Self {
        let cell = Format::new().set_border(FormatBorder::Thin).set_text_wrap().set_font_size(9);
        let centre = cell.clone().set_align(FormatAlign::Center).set_align(FormatAlign::VerticalCenter);
        Self {
            title: Format::new()
                .set_bold()
                .set_font_size(16)
                .set_align(FormatAlign::Center)
                .set_align(FormatAlign::VerticalCenter),
            header: centre.clone().set_bold().set_background_color(0x00F2_F2F2),
            text: cell.set_align(FormatAlign::VerticalCenter),
            mark: centre,
        }
    }
}

fn write_catalog(
    sheet: &mut Worksheet,
    catalog: &CatalogSheet<'_>,
    reading: &Reading<'_>,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let items: Vec<&Item> = catalog.rows.iter().map(|row| row.item).collect();
    let layout = Layout::of(&items, reading);
    set_up_page(sheet, &layout)?;
    write_span(sheet, (TITLE_ROW, 0), (TITLE_ROW, layout.last_column()), catalog.title, &formats.title)?;
    sheet.set_row_height(TITLE_ROW, 30)?;
    write_header(sheet, &layout, formats)?;
    for (index, row) in catalog.rows.iter().enumerate() {
        write_row(sheet, &layout, index, row, reading, formats)?;
    }
    write_matters(sheet, &layout, &items, formats)
}

fn set_up_page(sheet: &mut Worksheet, layout: &Layout) -> Result<(), XlsxError> {
    sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
    sheet.set_margins(MARGIN_INCHES, MARGIN_INCHES, MARGIN_INCHES, 2.0 * MARGIN_INCHES, MARGIN_INCHES, MARGIN_INCHES);
    sheet.set_repeat_rows(GROUP_ROW, LEAF_ROW)?;
    sheet.set_footer("&C&P / &N");
    sheet.set_freeze_panes(FIRST_ITEM_ROW, 0)?;
    for (index, leaf) in layout.leaves.iter().enumerate() {
        sheet.set_column_width(column(index), leaf.width)?;
    }
    Ok(())
}

fn write_header(sheet: &mut Worksheet, layout: &Layout, formats: &Formats) -> Result<(), XlsxError> {
    let mut index = 0;
    while let Some(leaf) = layout.leaves.get(index) {
        let Some(heading) = &leaf.heading else {
            write_span(sheet, (GROUP_ROW, column(index)), (LEAF_ROW, column(index)), &leaf.label, &formats.header)?;
            index += 1;
            continue;
        };
        let len = layout.leaves[index..].iter().take_while(|other| other.heading.as_ref() == Some(heading)).count();
        write_span(sheet, (GROUP_ROW, column(index)), (GROUP_ROW, column(index + len - 1)), heading, &formats.header)?;
        for (offset, leaf) in layout.leaves[index..index + len].iter().enumerate() {
            sheet.write_string_with_format(LEAF_ROW, column(index + offset), &leaf.label, &formats.header)?;
        }
        index += len;
    }
    Ok(())
}

fn write_row(
    sheet: &mut Worksheet,
    layout: &Layout,
    index: usize,
    row: &SheetRow<'_>,
    reading: &Reading<'_>,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let line = item_row(index);
    for (place, leaf) in layout.leaves.iter().enumerate() {
        let text = match &leaf.column {
            Column::Matter(_) => continue,
            Column::Serial if row.serial.is_empty() => (index + 1).to_string(),
            Column::Serial => row.serial.to_owned(),
            other => cells::text(other, row.item, layout, reading),
        };
        let is_centred = matches!(leaf.column, Column::Serial | Column::Mark(..));
        let format = if is_centred { &formats.mark } else { &formats.text };
        sheet.write_string_with_format(line, column(place), text, format)?;
    }
    Ok(())
}

/// Names: level 1 merged over its rows; an item without level 1 is merged over level 1 and 2, as the form does for
/// undivided matters, so that it is not taken for a row of the group above.
fn write_matters(sheet: &mut Worksheet, layout: &Layout, items: &[&Item], formats: &Formats) -> Result<(), XlsxError> {
    let (first, second, third) = layout.matters();
    let format = &formats.text;
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
fn write_span(
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

fn column(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

fn item_row(index: usize) -> u32 {
    FIRST_ITEM_ROW.saturating_add(u32::try_from(index).unwrap_or(u32::MAX))
}

/// A name the format accepts: at most 31 characters, none of `[]:*?/\`, not used yet.
fn sheet_name(wanted: &str, used: &[String]) -> String {
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
