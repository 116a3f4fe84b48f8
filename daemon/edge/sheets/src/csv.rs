//! Delimited text (comma, semicolon, tab) as one sheet.
//!
//! Invariant: a line is a row, also a blank one, so that addresses are those that a spreadsheet shows; what is written
//! wrongly (a quote that is not closed, a delimiter too many) is named with its cell and moves nothing else.
//! Left out: merges, which such a file cannot have.

use std::{borrow::Cow, collections::BTreeMap};

use crate::{
    Error,
    account::range,
    grid::{Budget, Sheet, Visibility, address},
    header,
    report::Diagnostics,
    text_form::{Delimiter, TextForm},
};

mod decode;
mod split;

use split::{Record, records};

/// First bytes of the file that are looked at for the delimiter and for other kinds of files.
const HEAD_BYTES: usize = 16 << 10;
/// Lines at the head of the file in which a header is looked for.
const HEAD_LINES: usize = 40;
/// The sheet's name, since the file has none.
const SHEET_NAME: &str = "csv";
/// Fewest cells of a row of a table: titles and notes have fewer.
const TABLE_CELLS_MIN: usize = 4;
/// What spreadsheets print of a number with more digits than fit.
const ROUNDED: &str = "E+";

/// Files by their first bytes that are often sent for workbooks.
const OTHER_KINDS: [(&[u8], &str); 12] = [
    (b"TABLE\n0,1", "a DIF table"),
    (b"TABLE\r\n0,1", "a DIF table"),
    (b"ID;P", "a SYLK table"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"{\\rtf", "a rich-text document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"SQLite format 3", "a database"),
];

/// Reads the text as one sheet; gives how it was written, as told or as guessed.
pub(crate) fn sheets(
    bytes: &[u8],
    told: TextForm,
    diagnostics: &mut Diagnostics,
) -> Result<(Vec<Sheet>, TextForm), Error> {
    if let Some((_, found)) = OTHER_KINDS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(Error::NotAWorkbook { found });
    }
    let (text, encoding) = match told.encoding {
        Some(encoding) => (decode::as_told(bytes, encoding)?, encoding),
        None => decode::guessed(bytes)?,
    };
    refuse_web_page(&text)?;
    if text.trim().is_empty() {
        return Err(Error::Empty);
    }
    let delimiter = told.delimiter.unwrap_or_else(|| guess_delimiter(&text));
    if !text.as_bytes().contains(&delimiter.byte()) {
        return Err(Error::NotAWorkbook { found: "text without columns" });
    }
    let mut sheet = Sheet::new(SHEET_NAME, Visibility::Shown);
    let mut budget = Budget::default();
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    let mut lengths: Vec<(usize, usize)> = Vec::new();
    for (row, record) in records(&text, delimiter.byte()).enumerate() {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        put(&mut sheet, row, &record, &mut budget, diagnostics)?;
        if record.cells.len() >= TABLE_CELLS_MIN {
            *widths.entry(record.cells.len()).or_default() += 1;
        }
        lengths.push((record.cells.len(), record.used()));
    }
    let usual = widths.into_iter().max_by_key(|(width, count)| (*count, *width)).map_or(0, |(width, _)| width);
    note_lengths(&mut sheet, &lengths, usual, diagnostics);
    Ok((vec![sheet], TextForm { encoding: Some(encoding), delimiter: Some(delimiter) }))
}

fn put(
    sheet: &mut Sheet,
    row: u32,
    record: &Record<'_>,
    budget: &mut Budget,
    diagnostics: &mut Diagnostics,
) -> Result<(), Error> {
    for (column, text) in (0..).zip(&record.cells) {
        let text = without_guard(text);
        let mut warn = |code, message: &str| diagnostics.warn(code, SHEET_NAME, &address(row, column), message);
        if text.contains('\u{fffd}') {
            warn("text-damaged", "characters were lost before this file was made, or its bytes are damaged");
        }
        if is_rounded(text) {
            warn("cell-number", "a number that a spreadsheet rounded: a code loses its digits so, write it as text");
        }
        sheet.put(row, column, &text.replace("_x000D_", ""), budget)?;
    }
    if let Some(column) = record.open_quote.and_then(|cell| u32::try_from(cell).ok()) {
        let message = "a quotation mark opens here and is not closed: it is read as a letter";
        diagnostics.warn("text-quote-open", SHEET_NAME, &address(row, column), message);
    }
    Ok(())
}

/// 1.12112E+17.
fn is_rounded(text: &str) -> bool {
    let Some((number, exponent)) = text.trim().split_once(ROUNDED) else { return false };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_digits(number) && is_digits(exponent)
}

/// Names rows of another length than the table's: with cells too many, nobody knows which of them has moved.
fn note_lengths(sheet: &mut Sheet, lengths: &[(usize, usize)], usual: usize, diagnostics: &mut Diagnostics) {
    for (row, (cells, used)) in (0_u32..).zip(lengths) {
        let last = |count: usize| u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX);
        if *used > usual && usual > 0 {
            sheet.shifted_rows.insert(row);
            let message = format!(
                "{cells} cells where the table has {usual}: a delimiter too many, quote the cell that holds it"
            );
            diagnostics.warn("row-shifted", SHEET_NAME, &range((row, 0), (row, last(*used))), &message);
        } else if *cells < usual && *cells >= TABLE_CELLS_MIN {
            let message =
                format!("{cells} cells where the table has {usual}: look whether one is missing in the middle");
            diagnostics.warn("row-short", SHEET_NAME, &range((row, 0), (row, last(*cells))), &message);
        }
    }
}

/// The text to write for a cell, so that a spreadsheet program that opens the file does not run it as a formula:
/// with an apostrophe before it, where it begins like one.
pub(crate) fn with_guard(text: &str) -> Cow<'_, str> {
    if is_guarded_start(text) { Cow::Owned(format!("{GUARD}{text}")) } else { Cow::Borrowed(text) }
}

/// Takes `="…"` away, by which an export keeps a spreadsheet from reading 001 as a number; or the apostrophe that [`with_guard`] or another program's export put there.
fn without_guard(text: &str) -> &str {
    let quoted = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).filter(|inner| !inner.contains('"'));
    quoted.or_else(|| text.strip_prefix(GUARD).filter(|rest| is_guarded_start(rest))).unwrap_or(text)
}

/// Whether the text begins like a formula, after any number of apostrophes and blanks.
fn is_guarded_start(text: &str) -> bool {
    let bare = text.trim_start_matches(|c: char| c == GUARD || c.is_whitespace());
    bare.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// What spreadsheet programs take for "this is text".
const GUARD: char = '\'';

fn refuse_web_page(text: &str) -> Result<(), Error> {
    let head: String = text.trim_start().chars().take(HEAD_CHARS).collect::<String>().to_ascii_lowercase();
    let begins = |words: &[&str]| words.iter().any(|word| head.starts_with(word));
    let found = if begins(&["mime-version:", "from: <saved by", "from: \"saved by"]) {
        "a web archive (MHTML)"
    } else if head.contains("urn:schemas-microsoft-com:office:spreadsheet") || head.contains("excel.sheet") {
        "an XML spreadsheet of 2003"
    } else if head.contains("urn:oasis:names:tc:opendocument") {
        "a flat OpenDocument file"
    } else if begins(&["<!doctype html", "<html", "<meta", "<table", "<style", "<head", "<body", "<div"])
        || (begins(&["<"]) && head.contains("<table"))
        || head.contains("<html")
    {
        "a web page"
    } else if begins(&["<?xml"]) {
        "an XML document"
    } else {
        return Ok(());
    };
    Err(Error::NotAWorkbook { found })
}

/// Characters at the head of a text that are looked at for other kinds of files.
const HEAD_CHARS: usize = 2_000;

/// The one of tab, semicolon and comma under which the head of the file has the most words of the form in cells of their
/// own; without a header, the one that stands most often outside quotes.
fn guess_delimiter(text: &str) -> Delimiter {
    let end = text.char_indices().map(|(place, _)| place).find(|place| *place >= HEAD_BYTES).unwrap_or(text.len());
    let head = &text[..end];
    let words = |delimiter: &Delimiter| {
        let lines = records(head, delimiter.byte()).take(HEAD_LINES);
        lines.map(|record| record.cells.iter().filter(|cell| header::is_word(cell)).count()).max().unwrap_or(0)
    };
    let best =
        Delimiter::ALL.into_iter().map(|delimiter| (words(&delimiter), delimiter)).max_by_key(|(words, _)| *words);
    if let Some((_, delimiter)) = best.filter(|(words, _)| *words > 1) {
        return delimiter;
    }
    let bare: String = head.split('"').step_by(2).collect();
    // A stray quote may hide everything behind it: then the quotes say nothing.
    let counted = if bare.contains(['\t', ';', ',']) { &bare } else { head };
    let count = |delimiter: Delimiter| counted.bytes().filter(|byte| *byte == delimiter.byte()).count();
    Delimiter::ALL.into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(Delimiter::Comma)
}
