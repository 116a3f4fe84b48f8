//! The bytes of a text file as text.
//!
//! Invariant: the encoding is decided by the whole file. A few damaged bytes are kept as U+FFFD, which is named by its
//! cell; text that is in no encoding is refused with the place of its first wrong byte, never guessed.

use std::borrow::Cow;

use crate::{Error, text_form::Encoding};

/// Most damaged places of a text that is read all the same.
const LOST_MAX: usize = 20;
/// Of this many characters at least there may be one damaged place.
const CHARS_PER_LOST: usize = 100;

/// In an encoding that was told: bytes that are no text of it are refused.
pub(super) fn as_told(bytes: &[u8], encoding: Encoding) -> Result<Cow<'_, str>, Error> {
    let bytes = without_end(bytes, encoding == Encoding::Utf16);
    let (text, has_errors) = decoded(bytes, encoding);
    if has_errors { Err(refusal(bytes, &text, encoding.word())) } else { Ok(text) }
}

pub(super) fn guessed(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), Error> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Ok((as_told(bytes, Encoding::Utf16)?, Encoding::Utf16));
    }
    let bare = without_end(bytes, false);
    if bare.contains(&0) {
        return wide(bytes).ok_or(Error::NotAWorkbook { found: "unknown binary data" });
    }
    let bytes = bare;
    if let Ok(text) = std::str::from_utf8(without_mark(bytes)) {
        return Ok((Cow::Borrowed(text), Encoding::Utf8));
    }
    let (utf8, _) = decoded(bytes, Encoding::Utf8);
    let (gb, _) = decoded(bytes, Encoding::Gb18030);
    let (text, encoding) = if lost(&utf8) <= lost(&gb) { (utf8, Encoding::Utf8) } else { (gb, Encoding::Gb18030) };
    let count = lost(&text);
    let is_readable = count <= LOST_MAX && count * CHARS_PER_LOST <= text.chars().count();
    if is_readable && is_chinese(&text) && !has_controls(&text) {
        return Ok((text, encoding));
    }
    Err(refusal(bytes, &text, "UTF-8 or GB18030"))
}

/// UTF-16 without its mark: every other byte of its stops is zero.
fn wide(bytes: &[u8]) -> Option<(Cow<'_, str>, Encoding)> {
    let even = &bytes[..bytes.len() - bytes.len() % 2];
    [encoding_rs::UTF_16LE, encoding_rs::UTF_16BE].into_iter().find_map(|kind| {
        let (text, has_errors) = kind.decode_without_bom_handling(even);
        let is_table = text.contains('\n') && text.contains([',', ';', '\t']);
        let is_text = !has_errors && is_table && is_chinese(&text);
        let text = text.trim_end_matches(['\0', '\u{1a}']).to_owned();
        (is_text && !has_controls(&text)).then_some((Cow::Owned(text), Encoding::Utf16))
    })
}

fn decoded(bytes: &[u8], encoding: Encoding) -> (Cow<'_, str>, bool) {
    match encoding {
        Encoding::Utf8 => encoding_rs::UTF_8.decode_without_bom_handling(without_mark(bytes)),
        Encoding::Gb18030 => encoding_rs::GB18030.decode_without_bom_handling(without_mark(bytes)),
        Encoding::Utf16 => {
            let kind = if bytes.starts_with(b"\xfe\xff") { encoding_rs::UTF_16BE } else { encoding_rs::UTF_16LE };
            kind.decode_with_bom_removal(bytes)
        }
    }
}

/// Without the end-of-file signs of old programs.
fn without_end(bytes: &[u8], is_wide: bool) -> &[u8] {
    let shorter = |bytes: &'_ [u8]| -> Option<usize> {
        let ends: &[&[u8]] = if is_wide { &[b"\x1a\0", b"\0\x1a"] } else { &[b"\x1a", b"\0"] };
        ends.iter().find_map(|end| bytes.strip_suffix(*end)).map(<[u8]>::len)
    };
    let mut bytes = bytes;
    while let Some(len) = shorter(bytes) {
        bytes = &bytes[..len];
    }
    // A lone end sign behind wide text.
    if is_wide && !bytes.len().is_multiple_of(2) { bytes.strip_suffix(b"\x1a").unwrap_or(bytes) } else { bytes }
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

fn lost(text: &str) -> usize {
    text.chars().filter(|c| *c == '\u{fffd}').count()
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{4e00}'..='\u{9fff}'))
}

/// Any run of bytes is nearly text of some encoding: controls tell that it is none.
fn has_controls(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{1a}' | '\0'))
}

/// Names the place of the first damage.
fn refusal(bytes: &[u8], text: &str, encoding: &'static str) -> Error {
    let place = text.find('\u{fffd}').unwrap_or(0);
    let before = &text[..place];
    let line = before.matches('\n').count() + 1;
    let in_line = before.rsplit('\n').next().unwrap_or_default();
    let counts = ['\t', ';', ','].map(|delimiter| in_line.matches(delimiter).count());
    let cell = counts.into_iter().max().unwrap_or(0) + 1;
    debug_assert!(!bytes.is_empty(), "an empty file is refused before");
    Error::UnknownEncoding { encoding, line, cell }
}
