//! Delimited text (comma, semicolon, tab) as one sheet.
//!
//! Invariant: the encoding is decided by the whole file: UTF-8 (with or without BOM) or GB18030, and text that is
//! neither is refused rather than guessed. Left out: merges, which such a file cannot have.

use std::borrow::Cow;

use crate::{
    Error,
    grid::{Budget, Sheet},
    report::Diagnostics,
    text_form::{Delimiter, Encoding, TextForm},
};

/// First bytes of the file that are looked at for the delimiter and for other kinds of files.
const HEAD_BYTES: usize = 16 << 10;
/// The sheet's name, since the file has none.
const SHEET_NAME: &str = "csv";

/// Files by their first bytes that are often sent for workbooks.
const OTHER_KINDS: [(&[u8], &str); 9] = [
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
        Some(encoding) => (decode_as(bytes, encoding)?, encoding),
        None => decode(bytes)?,
    };
    refuse_web_page(&text)?;
    if text.trim().is_empty() {
        return Err(Error::Empty);
    }
    let delimiter = told.delimiter.unwrap_or_else(|| guess_delimiter(&text));
    if !text.as_bytes().contains(&delimiter.byte()) {
        return Err(Error::NotAWorkbook { found: "text without columns" });
    }
    let mut sheet = Sheet::new(SHEET_NAME, false);
    let mut budget = Budget::default();
    let mut reader = ::csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.byte())
        .from_reader(text.as_bytes());
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|error| Error::Damaged { what: error.to_string() })?;
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        for (column, text) in record.iter().enumerate() {
            let text = without_guard(text);
            sheet.put(row, u32::try_from(column).unwrap_or(u32::MAX), text, &mut budget)?;
        }
    }
    if text.contains('\u{fffd}') {
        diagnostics.warn("text-damaged", SHEET_NAME, "", "characters were lost before this file was made");
    }
    Ok((vec![sheet], TextForm { encoding: Some(encoding), delimiter: Some(delimiter) }))
}

/// The text to write for a cell, so that a spreadsheet program that opens the file does not run it as a formula:
/// with an apostrophe before it, where it begins like one.
pub(crate) fn with_guard(text: &str) -> Cow<'_, str> {
    if is_guarded_start(text) { Cow::Owned(format!("{GUARD}{text}")) } else { Cow::Borrowed(text) }
}

/// Takes the apostrophe away that [`with_guard`] or another program's export put there.
fn without_guard(text: &str) -> &str {
    text.strip_prefix(GUARD).filter(|rest| is_guarded_start(rest)).unwrap_or(text)
}

/// Whether the text begins like a formula, after any number of apostrophes and blanks.
fn is_guarded_start(text: &str) -> bool {
    let bare = text.trim_start_matches(|c: char| c == GUARD || c.is_whitespace());
    bare.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// What spreadsheet programs take for "this is text".
const GUARD: char = '\'';

fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), Error> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Ok((decode_as(bytes, Encoding::Utf16)?, Encoding::Utf16));
    }
    if bytes[..bytes.len().min(HEAD_BYTES)].contains(&0) {
        return Err(Error::NotAWorkbook { found: "unknown binary data" });
    }
    if let Ok(text) = std::str::from_utf8(without_mark(bytes)) {
        return Ok((Cow::Borrowed(text), Encoding::Utf8));
    }
    let text = decode_as(bytes, Encoding::Gb18030)?;
    // Any run of bytes is nearly GB18030: without Chinese characters or with controls it is something else.
    let is_chinese = text.chars().any(|c| matches!(c, '\u{4e00}'..='\u{9fff}'));
    let has_controls = text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    if !is_chinese || has_controls { Err(Error::UnknownEncoding) } else { Ok((text, Encoding::Gb18030)) }
}

/// Decodes in one encoding; bytes that are no text of it are refused, never replaced.
fn decode_as(bytes: &[u8], encoding: Encoding) -> Result<Cow<'_, str>, Error> {
    let (text, has_errors) = match encoding {
        Encoding::Utf8 => encoding_rs::UTF_8.decode_without_bom_handling(without_mark(bytes)),
        Encoding::Gb18030 => encoding_rs::GB18030.decode_without_bom_handling(without_mark(bytes)),
        Encoding::Utf16 => {
            let kind = if bytes.starts_with(b"\xfe\xff") { encoding_rs::UTF_16BE } else { encoding_rs::UTF_16LE };
            kind.decode_with_bom_removal(bytes)
        }
    };
    if has_errors { Err(Error::UnknownEncoding) } else { Ok(text) }
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

fn refuse_web_page(text: &str) -> Result<(), Error> {
    let head: String = text.trim_start().chars().take(200).collect::<String>().to_ascii_lowercase();
    let found = if head.starts_with("<!doctype html") || head.starts_with("<html") || head.contains("<table") {
        "a web page"
    } else if head.starts_with("<?xml") {
        "an XML document"
    } else {
        return Ok(());
    };
    Err(Error::NotAWorkbook { found })
}

/// The one of tab, semicolon and comma that stands most often outside quotes in the head of the file.
fn guess_delimiter(text: &str) -> Delimiter {
    let end = text.char_indices().map(|(place, _)| place).find(|place| *place >= HEAD_BYTES).unwrap_or(text.len());
    let bare: String = text[..end].split('"').step_by(2).collect();
    // A stray quote may hide everything behind it: then the quotes say nothing.
    let counted = if bare.contains(['\t', ';', ',']) { &bare } else { &text[..end] };
    let count = |delimiter: Delimiter| counted.bytes().filter(|byte| *byte == delimiter.byte()).count();
    Delimiter::ALL.into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(Delimiter::Comma)
}
