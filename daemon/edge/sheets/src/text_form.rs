//! How a text file is written: its encoding and what stands between its columns, guessed or told.
//!
//! Invariant: what was told counts and is not guessed again; what was guessed is reported, so that a person can see
//! why a file reads wrongly. Left out: reading the text (csv).

use std::fmt;

/// An encoding of text files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without its mark.
    Utf8,
    /// GB18030, which holds GBK and GB2312.
    Gb18030,
    /// UTF-16 with its mark, low byte first where it has none: what spreadsheets call "Unicode text".
    Utf16,
}

/// What stands between columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
}

/// How a text file is written; `None` where it is to be guessed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextForm {
    /// The encoding.
    pub encoding: Option<Encoding>,
    /// The delimiter.
    pub delimiter: Option<Delimiter>,
}

/// A word that names no encoding or delimiter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFormError {
    /// No such encoding.
    #[error("`{0}` is no encoding that is read")]
    EncodingUnknown(String),
    /// No such delimiter.
    #[error("`{0}` is no delimiter that is read")]
    DelimiterUnknown(String),
}

impl TextFormError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::EncodingUnknown(_) => "GK-SHEET-031",
            Self::DelimiterUnknown(_) => "GK-SHEET-032",
        }
    }

    /// What the operator can do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::EncodingUnknown(_) => "name utf-8, gb18030 (also gbk, gb2312) or utf-16, or let it be guessed",
            Self::DelimiterUnknown(_) => "name comma, semicolon or tab, or let it be guessed",
        }
    }
}

impl TextForm {
    /// Reads the two words as they are told; an empty one is to be guessed.
    ///
    /// # Errors
    /// A word that names neither.
    pub fn parse(encoding: &str, delimiter: &str) -> Result<Self, TextFormError> {
        let encoding = match encoding.trim().to_ascii_lowercase().as_str() {
            "" => None,
            "utf-8" | "utf8" => Some(Encoding::Utf8),
            "gb18030" | "gbk" | "gb2312" => Some(Encoding::Gb18030),
            "utf-16" | "utf16" => Some(Encoding::Utf16),
            _ => return Err(TextFormError::EncodingUnknown(encoding.chars().take(WORD_CHARS_MAX).collect())),
        };
        // A tab is a word of its own: it must not be trimmed away.
        let delimiter = match delimiter {
            "" => None,
            "," | "comma" => Some(Delimiter::Comma),
            ";" | "semicolon" => Some(Delimiter::Semicolon),
            "\t" | "\\t" | "tab" => Some(Delimiter::Tab),
            _ => return Err(TextFormError::DelimiterUnknown(delimiter.chars().take(WORD_CHARS_MAX).collect())),
        };
        Ok(Self { encoding, delimiter })
    }
}

/// Characters of a wrong word that are shown.
const WORD_CHARS_MAX: usize = 20;

impl Encoding {
    /// The word that [`TextForm::parse`] reads.
    pub fn word(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Gb18030 => "gb18030",
            Self::Utf16 => "utf-16",
        }
    }
}

impl Delimiter {
    pub(crate) const ALL: [Self; 3] = [Self::Tab, Self::Semicolon, Self::Comma];

    /// The word that [`TextForm::parse`] reads.
    pub fn word(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
        }
    }

    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
