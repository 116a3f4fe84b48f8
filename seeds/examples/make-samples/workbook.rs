//! Writes one sample workbook in the official layout.
//!
//! Invariant: the same source gives the same bytes (fixed creation time). Level-1 cells are merged over their group.

use gongkai_seeds::Seeds;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet};
use serde_json::{Value, json};

use crate::{
    Failure,
    layout::{COLUMNS, HEADER_GROUPS, WIDTHS, cells, column_of, leaf_headers},
    source::{Row, Source, Table},
};

/// Empty rows between two tables of one sheet.
const GAP_ROWS: u32 = 2;
const SAME_AS: &str = "同上";

struct Formats {
    title: Format,
    header: Format,
    cell: Format,
    note: Format,
}

/// The workbook's bytes.
pub(crate) fn render(source: &Source) -> Result<Vec<u8>, Failure> {
    let seeds = Seeds::builtin();
    let mut workbook = new_workbook()?;
    let formats = formats();
    for sheet in &source.sheets {
        let worksheet = workbook.add_worksheet();
        worksheet.set_name(&sheet.name)?;
        for (column, width) in (0..COLUMNS).zip(WIDTHS) {
            worksheet.set_column_width(column, width)?;
        }
        let mut top = 0;
        for table in &sheet.tables {
            top = write_table(worksheet, &formats, &seeds, table, top)? + GAP_ROWS;
        }
    }
    Ok(workbook.save_to_buffer()?)
}

/// What `index.json` says about the workbook.
pub(crate) fn index_entry(source: &Source) -> Value {
    let tables = source.sheets.iter().flat_map(|sheet| sheet.tables.iter().map(move |table| (sheet, table)));
    let count = |table: &Table| table.rows().map_or(0, |rows| rows.len());
    let tables: Vec<Value> = tables
        .map(|(sheet, table)| json!({"sheet": sheet.name, "domain": table.domain, "items": count(table)}))
        .collect();
    let items: usize = source.sheets.iter().flat_map(|sheet| &sheet.tables).map(count).sum();
    json!({
        "file": source.file, "division": source.division, "level": source.level, "purpose": source.purpose,
        "of": source.of, "tables": tables, "items": items,
    })
}

/// A workbook whose properties name a fixed time, so that equal contents are equal bytes.
pub(crate) fn new_workbook() -> Result<Workbook, Failure> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(2024, 1, 2)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    Ok(workbook)
}

fn formats() -> Formats {
    let boxed = Format::new().set_border(FormatBorder::Thin).set_text_wrap().set_align(FormatAlign::VerticalCenter);
    Formats {
        title: Format::new().set_bold().set_font_size(16).set_align(FormatAlign::Center),
        header: boxed.clone().set_bold().set_align(FormatAlign::Center),
        cell: boxed,
        note: Format::new(),
    }
}

/// Writes title, header rows, items and notes from row `top` on; the answer is the first free row.
fn write_table(
    sheet: &mut Worksheet,
    formats: &Formats,
    seeds: &Seeds,
    table: &Table,
    top: u32,
) -> Result<u32, Failure> {
    sheet.merge_range(top, 0, top, COLUMNS - 1, &table.title, &formats.title)?;
    write_headers(sheet, formats, table, top + 1)?;
    let first = top + 3;
    let rows = table.rows()?;
    let grid: Vec<[String; 14]> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| cells(seeds, index + 1, row, &table.level_columns))
        .collect::<Result<_, _>>()?;
    for column in 0..COLUMNS {
        write_column(sheet, formats, table, &rows, &grid, column, first)?;
    }
    let mut next = first + u32::try_from(rows.len())?;
    for note in &table.notes {
        sheet.write_with_format(next, 0, note, &formats.note)?;
        next += 1;
    }
    Ok(next)
}

fn write_headers(sheet: &mut Worksheet, formats: &Formats, table: &Table, top: u32) -> Result<(), Failure> {
    for (first, last, text) in HEADER_GROUPS {
        // A group of one column reaches over both header rows.
        let bottom = if first == last { top + 1 } else { top };
        sheet.merge_range(top, first, bottom, last, text, &formats.header)?;
    }
    for (column, text) in leaf_headers(&table.level_columns) {
        sheet.write_with_format(top + 1, column, text, &formats.header)?;
    }
    Ok(())
}

/// Writes one column; neighbours that belong together become one merged cell.
fn write_column(
    sheet: &mut Worksheet,
    formats: &Formats,
    table: &Table,
    rows: &[Row],
    grid: &[[String; 14]],
    column: u16,
    first: u32,
) -> Result<(), Failure> {
    let named = |names: &[String]| -> Result<bool, Failure> {
        Ok(names.iter().map(|name| column_of(name)).collect::<Result<Vec<_>, _>>()?.contains(&column))
    };
    let (merges, says_same) = (column == 1 || named(&table.merge_down)?, named(&table.write_same_as)?);
    let text = |index: usize| grid[index][usize::from(column)].as_str();
    let mut start = 0;
    while start < grid.len() {
        let belongs = |index: &usize| rows[*index].level1 == rows[start].level1 && text(*index) == text(start);
        let end = if merges { (start..grid.len()).take_while(belongs).last().unwrap_or(start) } else { start };
        let says_same = says_same && start > 0 && text(start - 1) == text(start);
        let shown = if says_same { SAME_AS } else { text(start) };
        let (top, bottom) = (first + u32::try_from(start)?, first + u32::try_from(end)?);
        if top == bottom {
            write_cell(sheet, formats, top, column, shown)?;
        } else {
            sheet.merge_range(top, column, bottom, column, shown, &formats.cell)?;
        }
        start = end + 1;
    }
    Ok(())
}

/// Serials are numbers, empty cells keep their border, the rest is text.
fn write_cell(sheet: &mut Worksheet, formats: &Formats, row: u32, column: u16, text: &str) -> Result<(), Failure> {
    match (column, text.parse::<u32>()) {
        (0, Ok(serial)) => sheet.write_with_format(row, column, serial, &formats.cell)?,
        _ if text.is_empty() => sheet.write_blank(row, column, &formats.cell)?,
        _ => sheet.write_with_format(row, column, text, &formats.cell)?,
    };
    Ok(())
}
