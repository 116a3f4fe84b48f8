//! Where tables begin and end on a sheet: titles, headers, repeated headers, and what is left over.
//!
//! Invariant: every header belongs to exactly one table; a header repeated without a new title (page break) goes on
//! with the table above. Left out: what the rows say (rows).

use std::collections::BTreeMap;

use crate::{
    Reading, Told,
    domain_title::{self, Title},
    grid::{Sheet, address, letters},
    header::{self, Column, Header},
    publisher,
    report::{Diagnostics, Rejected, Table},
    rows::{self, Stretch},
};

/// Reads every table of a sheet; `Err` with the reason where there is none.
pub(crate) fn read(
    sheet: &Sheet,
    file_name: &str,
    reading: &Reading<'_>,
    told: &Told<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<Vec<Table>, Rejected> {
    let publisher = publisher::of(sheet, told);
    let headers = header::find(sheet, reading, publisher::mapping_of(told, &publisher), diagnostics);
    if headers.is_empty() {
        return Err(reject(sheet));
    }
    let groups = group(sheet, reading, headers);
    let mut tables = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        let end = groups.get(index + 1).map_or(sheet.end_row(), |next| next.title.first_row);
        if let Some(table) = read_one(sheet, file_name, (reading, told), group, end, diagnostics) {
            tables.push(Table { publisher: publisher.clone(), ..table });
        }
    }
    note_sheet(sheet, diagnostics);
    Ok(tables)
}

/// The headers of one table and its title.
struct TableHeaders {
    title: Title,
    headers: Vec<Header>,
}

fn group(sheet: &Sheet, reading: &Reading<'_>, headers: Vec<Header>) -> Vec<TableHeaders> {
    let mut groups: Vec<TableHeaders> = Vec::new();
    let mut floor = sheet.first_row();
    for mut header in headers {
        let title = domain_title::find(sheet, reading, &header, floor);
        floor = header.end;
        match groups.last_mut() {
            Some(last) if is_page_break(last, &header, &title) => {
                // What an office added by hand has its head on the first page only.
                if let Some(first) = last.headers.first() {
                    header.columns.clone_from(&first.columns);
                }
                last.headers.push(header);
            }
            _ => groups.push(TableHeaders { title, headers: vec![header] }),
        }
    }
    groups
}

/// The same columns of the form again, under no title or under the same one.
fn is_page_break(last: &TableHeaders, header: &Header, title: &Title) -> bool {
    let of_form = |header: &Header| -> Vec<(u32, Column)> {
        let columns = header.columns.iter();
        columns.filter(|(_, column)| !matches!(column, Column::Extra(_) | Column::Field(_))).cloned().collect()
    };
    let same_columns = last.headers.first().is_some_and(|first| of_form(first) == of_form(header));
    same_columns && (title.text.is_empty() || title.text == last.title.text)
}

fn read_one(
    sheet: &Sheet,
    file_name: &str,
    (reading, told): (&Reading<'_>, &Told<'_>),
    group: &TableHeaders,
    end: u32,
    diagnostics: &mut Diagnostics,
) -> Option<Table> {
    let first = group.headers.first()?;
    let stretches: Vec<Stretch<'_>> = group
        .headers
        .iter()
        .enumerate()
        .map(|(index, header)| {
            let next =
                group.headers.get(index + 1).map(|next| domain_title::find(sheet, reading, next, header.end).first_row);
            Stretch { header, from: header.end, to: next.unwrap_or(end) }
        })
        .collect();
    let read = rows::read(sheet, reading, told, &stretches, diagnostics);
    let printed = reading.domain_of([group.title.text.as_str(), &sheet.name, file_name]).or_else(|| {
        // 宣汉 and others name the domain in a column of its own.
        let named = read.rows.iter().flat_map(|row| row.item.extra.iter()).filter(|(key, _)| key.contains("领域"));
        reading.domain_of(named.map(|(_, text)| text.as_str()).take(1))
    });
    let (domain, doubt) = domain_title::settle(printed, told.domain);
    if let Some((code, message)) = doubt {
        diagnostics.warn(code, &sheet.name, &address(group.title.first_row, 0), &message);
    }
    if read.rows.is_empty() {
        diagnostics.warn("table-empty", &sheet.name, &address(first.top, 0), "a header without items");
    }
    let left = first.columns.first().map_or(0, |(column, _)| *column);
    let right = first.columns.last().map_or(0, |(column, _)| *column);
    let range = format!("{}:{}", address(group.title.first_row, left), address(read.last_row, right));
    Some(Table {
        sheet: sheet.name.clone(),
        range,
        title: group.title.text.clone(),
        publisher: String::new(),
        domain,
        items: read.rows.len(),
        columns: columns(first),
        elements: first.columns.iter().map(|(index, column)| (letters(*index), column.element())).collect(),
        rows: read.rows,
    })
}

/// The columns by field; where a group of marks holds one field, its first.
fn columns(header: &Header) -> BTreeMap<&'static str, String> {
    let mut columns = BTreeMap::new();
    for (index, column) in &header.columns {
        for field in column.fields() {
            columns.entry(*field).or_insert_with(|| letters(*index));
        }
    }
    columns
}

/// Facts about the sheet that a person should know.
fn note_sheet(sheet: &Sheet, diagnostics: &mut Diagnostics) {
    if sheet.is_hidden {
        diagnostics.warn("sheet-hidden", &sheet.name, "", "the sheet is hidden, its catalog is read");
    }
    if sheet.part.has_formula {
        diagnostics.warn("formula-not-run", &sheet.name, "", "formulas are not run: their stored values are read");
    }
    for (row, column) in &sheet.odd_merges {
        let message = "the merge lies over other text: its cells are read one by one";
        diagnostics.warn("merge-over-text", &sheet.name, &address(*row, *column), message);
    }
    for (row, column) in &sheet.wide_merges {
        let message = "the merge covers more cells than are kept: it is ignored";
        diagnostics.warn("merge-ignored", &sheet.name, &address(*row, *column), message);
    }
    for (row, column) in &sheet.error_cells {
        diagnostics.warn("cell-error", &sheet.name, &address(*row, *column), "the cell holds an error value");
    }
}

/// Longest cell of a table; the text dump of a whole catalog in one cell is longer.
const DUMP_CHARS_MIN: usize = 400;

fn reject(sheet: &Sheet) -> Rejected {
    let cells = || (sheet.first_row()..sheet.end_row()).flat_map(|row| sheet.own_cells(row));
    let is_dump = cells().any(|(_, text)| text.chars().count() >= DUMP_CHARS_MIN && text.contains("公开"));
    let is_column_list = cells().any(|(_, text)| text.contains("栏目") && text.chars().count() <= 20);
    let (code, message) = if is_column_list {
        ("column-list", "a list of website columns (栏目), not of 公开事项")
    } else if is_dump {
        ("text-dump", "the catalog is running text in one cell: ask for the original table")
    } else {
        ("no-header", "no row has 公开事项 (or 一级/二级事项) beside 公开内容 or 公开主体")
    };
    let last = address(sheet.end_row().saturating_sub(1), sheet.end_column().saturating_sub(1));
    let range = format!("{}:{last}", address(sheet.first_row(), 0));
    Rejected { sheet: sheet.name.clone(), range, code, message: message.to_owned() }
}
