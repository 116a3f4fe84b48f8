//! Spreadsheets to rows and back, with diagnostics by cell.
//!
//! Invariant: what a person sent is never believed and never lost: bounds are checked before a reader starts,
//! every row ends in an item or in a warning that names its cell, and printed text stays beside parsed values.
//! Left out: matching to the catalog that exists, and what is kept (app).

mod account;
mod channels;
mod check;
mod csv;
mod domain_title;
mod error;
mod grid;
mod header;
mod json;
pub mod limits;
mod looks;
mod lost_letter;
mod mapping;
mod marks;
mod number_format;
mod parts;
mod publisher;
mod reading;
mod remarks;
mod report;
mod rich;
mod rows;
mod source;
mod subject;
mod symbols;
mod tables;
mod tags;
mod text_form;
mod traditional;
mod write;
mod xls;
mod xlsx;

pub use channels::with_official_boxes;
pub use check::check_table;
pub use error::Error;
pub(crate) use mapping::Answers;
pub use mapping::{HEADER_CHARS_MAX, MAPPINGS_MAX, Mapping, MappingError, fields};
pub use publisher::{PUBLISHER_CHARS_MAX, publisher_key};
pub use reading::{FullTitle, Reading, Told, ToldDomain};
pub use remarks::{REMARK_WORDS_EN, REMARK_WORDS_ZH, REMARKS_MAX, Remark, RemarkWords, Weight, write_remarks};
pub use report::{Rejected, Report, Row, Table, WARNING_TEXT_CHARS_MAX, WARNINGS_PER_CODE_MAX, Warning};
pub use source::{Source, SourceCell};
pub use text_form::{Delimiter, Encoding, TextForm, TextFormError};
pub use write::{
    CatalogSheet, JsonCatalog, JsonRow, SheetRow, TEMPLATE_ROWS_MAX, Template, template, write, write_csv, write_json,
};

use std::collections::BTreeSet;

use grid::{Sheet, Visibility};
use report::Diagnostics;

/// First bytes of zip files.
const ZIP_MAGIC: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
/// First bytes of the older office container (.xls, and .xlsx with a password).
const OLE_MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Reads all catalogs of a file: .xlsx, .xls, delimited text, or JSON that [`write_json`] wrote, told apart by their
/// bytes, not by the name.
///
/// # Errors
/// A file that is no workbook, breaks a bound of [`limits`], or holds no catalog; single tables and rows that
/// cannot be read are in the report instead.
pub fn read(bytes: &[u8], file_name: &str, reading: &Reading<'_>) -> Result<Report, Error> {
    read_told(bytes, file_name, reading, &Told::default())
}

/// As [`read`], with what a person told about the file: columns by name, full titles of laws.
///
/// # Errors
/// As [`read`].
pub fn read_told(bytes: &[u8], file_name: &str, reading: &Reading<'_>, told: &Told<'_>) -> Result<Report, Error> {
    xlsx::guarded(|| read_all(bytes, file_name, reading, told))
}

fn read_all(bytes: &[u8], file_name: &str, reading: &Reading<'_>, told: &Told<'_>) -> Result<Report, Error> {
    limits::check_size(bytes)?;
    if json::is_object(bytes) {
        return json::read(bytes, file_name, reading, told);
    }
    let mut diagnostics = Diagnostics::default();
    let (mut sheets, form) = sheets(bytes, told.text, &mut diagnostics)?;
    remarks::strip(&mut sheets);
    if sheets.iter().all(Sheet::is_empty) {
        return Err(Error::Empty);
    }
    let mut tables = Vec::new();
    let mut rejected = Vec::new();
    // What is shown comes first: it decides what of the hidden sheets counts.
    let (shown, hidden): (Vec<&Sheet>, Vec<&Sheet>) =
        sheets.iter().filter(|sheet| !sheet.is_empty()).partition(|sheet| sheet.visibility == Visibility::Shown);
    for sheet in shown {
        match tables::read(sheet, file_name, reading, told, &mut diagnostics) {
            Ok(found) => tables.extend(found),
            Err(reason) => rejected.push(reason),
        }
    }
    for sheet in hidden {
        let mut own = Diagnostics::default();
        match tables::read(sheet, file_name, reading, told, &mut own) {
            Ok(found) if tables::may_join(sheet, &found, &tables) => {
                diagnostics.absorb(own);
                tables.extend(found);
            }
            Ok(_) => rejected.push(tables::left_out(sheet)),
            Err(reason) => {
                diagnostics.absorb(own);
                rejected.push(reason);
            }
        }
    }
    let is_used = |told: ToldDomain<'_>| tables.iter().any(|table| table.domain.as_deref() == Some(told.slug));
    if told.domain.is_some_and(is_used) {
        // It was meant for the table that names none; the others' own are no contradiction.
        diagnostics.withdraw("domain-differs");
    }
    let unmet = unmet(&sheets, told);
    for header in &unmet {
        let message = format!("no column `{header}` in the file: the mapping is not kept");
        diagnostics.warn_file("mapping-unmet", &message);
    }
    if tables.is_empty() {
        return Err(Error::NoCatalog { looked: why_none(&rejected) });
    }
    let items = tables.iter().map(|table| table.items).sum();
    let heads = std::mem::take(&mut diagnostics.heads);
    Ok(Report {
        file: file_name.to_owned(),
        encoding: form.encoding.map(Encoding::word),
        delimiter: form.delimiter.map(Delimiter::word),
        items,
        tables,
        warnings: diagnostics.finish(&sheets),
        rejected,
        unmet,
        heads,
    })
}

/// The sheets of a file, whatever kind it is.
fn sheets(bytes: &[u8], told: TextForm, diagnostics: &mut Diagnostics) -> Result<(Vec<Sheet>, TextForm), Error> {
    if json::is_object(bytes) {
        return Err(Error::NotAWorkbook { found: "a JSON document, which has no cells" });
    }
    if ZIP_MAGIC.iter().any(|magic| bytes.starts_with(magic)) {
        let parts = limits::unpack(bytes)?;
        if !parts.is_workbook {
            return Err(Error::NotAWorkbook { found: parts.other_kind.unwrap_or("a zip file without a workbook") });
        }
        if parts.has_macros {
            diagnostics.warn_file("macro-ignored", "the workbook carries macros; they are ignored");
        }
        if parts.has_external_links {
            diagnostics.warn_file("link-ignored", "the workbook refers to other files; they are ignored");
        }
        return Ok((xlsx::sheets(bytes, &parts)?, TextForm::default()));
    }
    if bytes.starts_with(OLE_MAGIC) {
        return Ok((xls::sheets(bytes, diagnostics)?, TextForm::default()));
    }
    csv::sheets(bytes, told, diagnostics)
}

/// One cell with text, as [`read`] takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedCell {
    /// The sheet's name.
    pub sheet: String,
    /// Such as `B4`.
    pub address: String,
    /// As printed.
    pub text: String,
}

/// Every cell with text of a file but what an earlier report of findings added: what a reading has to account for.
///
/// # Errors
/// As [`read`] for a file that cannot be read.
pub fn printed_cells(bytes: &[u8], form: TextForm) -> Result<Vec<PrintedCell>, Error> {
    limits::check_size(bytes)?;
    let (mut sheets, _) = sheets(bytes, form, &mut Diagnostics::default())?;
    remarks::strip(&mut sheets);
    let cells = |sheet: &Sheet| -> Vec<PrintedCell> {
        let cell = |(row, column, text): (u32, u32, &std::sync::Arc<str>)| PrintedCell {
            sheet: sheet.name.clone(),
            address: grid::address(row, column),
            text: text.to_string(),
        };
        // A text that stands again under a merge of the same text is shown once.
        let is_seen = |row: u32, column: u32, text: &str| {
            sheet.origin(row, column) == (row, column) || sheet.text(row, column) != text
        };
        sheet.cells().filter(|(row, column, text)| is_seen(*row, *column, text)).map(cell).collect()
    };
    Ok(sheets.iter().flat_map(cells).collect())
}

/// The headers told for this file that stand nowhere in it: most likely a slip of the keyboard.
fn unmet(sheets: &[Sheet], told: &Told<'_>) -> Vec<String> {
    if told.mapping.is_empty() {
        return Vec::new();
    }
    let cells =
        || sheets.iter().flat_map(|sheet| (sheet.first_row()..sheet.end_row()).flat_map(|r| sheet.own_cells(r)));
    let short = || cells().map(|(_, text)| text).filter(|text| text.len() <= HEADER_CHARS_MAX * 4);
    let words: BTreeSet<String> = short().map(header::plain).collect();
    told.mapping.unmet(|word| words.contains(word)).map(str::to_owned).collect()
}

fn why_none(rejected: &[Rejected]) -> String {
    /// Sheets named in the message; the rest is counted.
    const NAMED: usize = 3;
    let named: Vec<String> =
        rejected.iter().take(NAMED).map(|one| format!("`{}`: {} ({})", one.sheet, one.message, one.code)).collect();
    let more = rejected.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!("; and {more} more sheets") };
    format!("{}{more}", named.join("; "))
}
