//! .xls files (the older binary format) as sheets of cells.
//!
//! Invariant: the cell reader never sees the file's own container ([`fresh`]). It lays out each sheet as one rectangle
//! in memory, so the rectangle's size is read from the file's own cell records before ([`biff`]).

use std::io::Cursor;

use calamine::{Data, Reader as _, Xls};

use crate::{
    Error,
    grid::{Budget, Sheet},
    limits::check_sheets,
    looks::{Look, Seen},
    report::Diagnostics,
    xlsx,
};

mod biff;
mod fresh;
mod ole;
mod strings;

/// Storages of macros.
const MACROS: [&str; 2] = ["_VBA_PROJECT_CUR", "VBA"];

/// Reads all sheets.
pub(crate) fn sheets(bytes: &[u8], diagnostics: &mut Diagnostics) -> Result<Vec<Sheet>, Error> {
    let container = ole::Container::open(bytes)?;
    if container.has("EncryptedPackage") {
        return Err(Error::Encrypted);
    }
    if ["WpsCustomData", "WpsDocument"].iter().any(|name| container.has(name)) && container.has("WordDocument") {
        return Err(Error::NotAWorkbook { found: "a WPS text document (.wps)" });
    }
    if container.has("WordDocument") {
        return Err(Error::NotAWorkbook { found: "a Word document" });
    }
    let named = |name| container.stream(name).map(|stream| (name, stream));
    let Some((name, stream)) = named("Workbook").or_else(|| named("Book")) else {
        let is_table = ["ETExtData", "EtDocument", "ET"].iter().any(|name| container.has(name));
        let found = if is_table { "a WPS table (.et)" } else { "an office container without a workbook" };
        return Err(Error::NotAWorkbook { found });
    };
    let facts = biff::survey(&stream)?;
    if MACROS.iter().any(|name| container.has(name)) {
        diagnostics.warn_file("macro-ignored", "the workbook carries macros; they are ignored");
    }
    let bytes = fresh::container(name, &stream);
    xlsx::guarded(|| read(&bytes, &facts))
}

fn read(bytes: &[u8], facts: &biff::Facts) -> Result<Vec<Sheet>, Error> {
    let mut workbook: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    let mut budget = Budget::default();
    let plain = Look::default();
    let mut sheets = Vec::new();
    let listed = workbook.sheets_metadata().to_vec();
    check_sheets(listed.len())?;
    for (index, listed) in listed.iter().enumerate() {
        let mut sheet = Sheet::new(&listed.name, xlsx::visibility(listed.visible));
        let Ok(range) = workbook.worksheet_range(&listed.name) else { continue };
        let (top, left) = range.start().unwrap_or((0, 0));
        for (row, column, value) in range.used_cells() {
            let row = top.saturating_add(u32::try_from(row).unwrap_or(u32::MAX));
            let column = left.saturating_add(u32::try_from(column).unwrap_or(u32::MAX));
            if matches!(value, Data::Error(_)) {
                sheet.error_cells.push((row, column));
            }
            if let Some(rich) = facts.rich(index, (row, column)) {
                xlsx::struck(&mut sheet, (row, column), &rich.struck);
                sheet.put(row, column, &rich.kept, &mut budget)?;
                continue;
            }
            let look = facts.look(index, (row, column)).unwrap_or(&plain);
            let Some(Seen { text, remark }) = seen(value, look) else { continue };
            if look.is_struck {
                xlsx::struck(&mut sheet, (row, column), &text);
                continue;
            }
            if let Some((code, message)) = remark {
                sheet.remark((row, column), code, message);
            }
            sheet.put(row, column, &text.replace("_x000D_", ""), &mut budget)?;
        }
        for (cell, is_link) in facts.noted(index) {
            let (code, message) = match is_link {
                true => ("cell-link", "the cell leads to another address, which is not read"),
                false => ("cell-comment", "the cell has a comment, which is not read"),
            };
            sheet.remark(cell, code, message.to_owned());
        }
        let merges = workbook.merge_cells_by_sheet_name(&listed.name).unwrap_or_default();
        sheet.set_merges(merges.iter().map(xlsx::merge));
        sheet.part = facts.sheet(index);
        sheets.push(sheet);
    }
    Ok(sheets)
}

fn seen(value: &Data, look: &Look) -> Option<Seen> {
    let plain = |text: &str| Seen { text: text.to_owned(), remark: None };
    Some(match value {
        Data::Empty => return None,
        Data::String(text) => look.text(text),
        Data::Int(number) => look.number(*number as f64),
        Data::Float(number) => look.number(*number),
        Data::Bool(value) => plain(xlsx::bool_text(*value)),
        Data::DateTime(date) => look.date(*date),
        Data::DateTimeIso(text) | Data::DurationIso(text) => plain(text),
        Data::Error(error) => plain(&error.to_string()),
    })
}

fn damaged(error: &calamine::XlsError) -> Error {
    match error {
        calamine::XlsError::Password => Error::Encrypted,
        other => Error::Damaged { what: other.to_string() },
    }
}
