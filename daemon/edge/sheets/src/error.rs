//! Why a file as a whole was refused.
//!
//! Invariant: codes are permanent, texts name the limit or the finding, and no path of this machine is in them.
//! Left out: faults of single tables and cells, which are warnings and rejections of a [`crate::Report`].

use crate::limits;

/// A file that cannot be read as catalogs, or catalogs that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither a workbook nor a table of text.
    #[error("not a workbook: {found}")]
    NotAWorkbook {
        /// What the bytes look like instead.
        found: &'static str,
    },
    /// No bytes, or no cell with text.
    #[error("the file is empty")]
    Empty,
    /// Unpacks to far more than it should.
    #[error("the file unpacks to too much: {what}")]
    ZipBomb {
        /// Which bound broke.
        what: String,
    },
    /// Readable, but no table in it has the header of a catalog.
    #[error("no catalog in the file: {looked}")]
    NoCatalog {
        /// What was looked for and what was found.
        looked: String,
    },
    /// More bytes than accepted.
    #[error("the file has {bytes} bytes, more than {} are not read", limits::FILE_BYTES_MAX)]
    TooLarge {
        /// The file's size.
        bytes: usize,
    },
    /// Protected by a password.
    #[error("the workbook is encrypted")]
    Encrypted,
    /// A workbook by its first bytes, damaged inside.
    #[error("the workbook is damaged: {what}")]
    Damaged {
        /// What the reader met.
        what: String,
    },
    /// More rows, columns, cells or text than a catalog can have.
    #[error("the workbook is too big: {what}")]
    TooManyCells {
        /// Which bound broke.
        what: String,
    },
    /// A text file in no encoding that is known.
    #[error("the text is neither UTF-8 nor GB18030")]
    UnknownEncoding,
    /// Reading took too long.
    #[error("reading took longer than {} seconds", limits::READ_TIME_MAX.as_secs())]
    TooSlow,
    /// The catalogs could not be written as a workbook.
    #[error("the workbook could not be written: {what}")]
    Write {
        /// What the writer met.
        what: String,
    },
}

impl Error {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAWorkbook { .. } => "GK-SHEET-001",
            Self::Empty => "GK-SHEET-002",
            Self::ZipBomb { .. } => "GK-SHEET-003",
            Self::NoCatalog { .. } => "GK-SHEET-004",
            Self::TooLarge { .. } => "GK-SHEET-005",
            Self::Encrypted => "GK-SHEET-006",
            Self::Damaged { .. } => "GK-SHEET-007",
            Self::TooManyCells { .. } => "GK-SHEET-008",
            Self::UnknownEncoding => "GK-SHEET-009",
            Self::Write { .. } => "GK-SHEET-010",
            Self::TooSlow => "GK-SHEET-011",
        }
    }

    /// What the operator can do next.
    pub fn hint(&self) -> String {
        match self {
            Self::NotAWorkbook { .. } => "open it in WPS or Excel and save it as .xlsx, then import that file",
            Self::Empty => "check that the right file was named and that its copy is complete",
            Self::ZipBomb { .. } => "do not open this file; ask the sender to save the catalog again as .xlsx",
            Self::NoCatalog { .. } => {
                "the header row needs 公开事项 (or 一级事项/二级事项) beside 公开内容 or 公开主体; see the sample workbooks"
            }
            Self::TooLarge { .. } => "remove pictures and unrelated sheets, or split the workbook by domain",
            Self::Encrypted => "remove the password in WPS or Excel (save as, without protection), then import again",
            Self::Damaged { .. } => "open it in WPS or Excel, let it repair the file, and save it as a new .xlsx",
            Self::TooManyCells { .. } => "delete rows and columns outside the catalog, or split it by domain",
            Self::TooSlow => "try again when the machine is less busy; if it stays so, split the workbook by domain",
            Self::UnknownEncoding => "save the text as CSV UTF-8, or as .xlsx",
            Self::Write { .. } => "shorten the text that is named, then export again",
        }
        .to_owned()
    }
}
