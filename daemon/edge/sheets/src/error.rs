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
    /// A text file in no encoding that is known, or not in the one that was told.
    #[error("the text is not {encoding}: the first wrong byte stands in line {line}, cell {cell}")]
    UnknownEncoding {
        /// What it was tried as.
        encoding: &'static str,
        /// The line, from 1.
        line: usize,
        /// The cell of that line, from 1, as its commas, semicolons or tabs count.
        cell: usize,
    },
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
            Self::UnknownEncoding { .. } => "GK-SHEET-009",
            Self::Write { .. } => "GK-SHEET-010",
            Self::TooSlow => "GK-SHEET-011",
        }
    }

    /// What the operator can do next.
    pub fn hint(&self) -> String {
        match self {
            Self::NotAWorkbook { found } => way_out(found),
            Self::Empty => "check that the right file was named and that its copy is complete",
            Self::ZipBomb { .. } => "do not open this file; ask the sender to save the catalog again as .xlsx",
            Self::NoCatalog { .. } => {
                "the header row needs 公开事项 (or 一级事项/二级事项) beside 公开内容 or 公开主体; see the sample workbooks"
            }
            Self::TooLarge { .. } => "remove pictures and unrelated sheets, or split the workbook by domain",
            Self::Encrypted => {
                "remove the password in WPS or Excel (save as, without protection), then import again; a file that opens without asking is encrypted too where its structure is protected: take that protection off and save it as a new .xlsx"
            }
            Self::Damaged { .. } => "open it in WPS or Excel, let it repair the file, and save it as a new .xlsx",
            Self::TooManyCells { .. } => "delete rows and columns outside the catalog, or split it by domain",
            Self::TooSlow => "try again when the machine is less busy; if it stays so, split the workbook by domain",
            Self::UnknownEncoding { .. } => {
                "save the text as CSV UTF-8, or as .xlsx; where the encoding is known, name it with --encoding (utf-8, gb18030, utf-16)"
            }
            Self::Write { .. } => "shorten the text that is named, then export again",
        }
        .to_owned()
    }
}

/// What to do with a file that is something else, by what it was found to be.
fn way_out(found: &str) -> &'static str {
    let any = |words: &[&str]| words.iter().any(|word| found.contains(word));
    if any(&["PDF", "picture"]) {
        "ask the office for the workbook that it was made from; a copy out of a PDF or a picture loses marks and merged cells"
    } else if any(&["Word", "rich-text", "WPS text"]) {
        "copy its table into a sheet in WPS or Excel and save that as .xlsx, then import that file"
    } else if any(&["web page", "web archive", "XML"]) {
        "it only bears a spreadsheet's name: open it in WPS or Excel, choose \"save as\" and the kind .xlsx, then import that file"
    } else if any(&["OpenDocument"]) {
        "open it in LibreOffice or WPS and save it as .xlsx (Excel 2007-365), then import that file"
    } else if any(&["archive"]) {
        "unpack it and import the workbook that is in it"
    } else if any(&["WPS table"]) {
        "open it in WPS and save it as .xlsx (Microsoft Excel), then import that file"
    } else if any(&["without columns"]) {
        "separate its columns by commas, semicolons or tabs (not the full-width ，), or save the table as .xlsx"
    } else if any(&["JSON"]) {
        "import what `gongkai catalog export --format json` wrote, or save the table as .xlsx"
    } else if any(&["binary data"]) {
        "open it in the program that made it and save it as .xlsx; if it is text in UTF-16, import it with --encoding utf-16"
    } else {
        "open it in WPS or Excel and save it as .xlsx, then import that file"
    }
}
