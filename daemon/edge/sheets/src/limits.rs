//! Bounds on other people's files, checked before a reader of workbooks sees them.
//!
//! Invariant: after [`unpack`] every part of the zip has been inflated once under a cap, so its true size is known;
//! what the headers claim is not trusted. Left out: bounds on rows and cells while reading (grid uses the constants).

use std::{
    io::{Cursor, Read},
    time::Duration,
};

use crate::{
    Error,
    parts::{Parts, turn},
};

/// Largest file read: a catalog of 10,000 rows has about 2 MiB, scanned pictures inside are not wanted.
pub const FILE_BYTES_MAX: usize = 32 << 20;
/// Most parts of a workbook's zip: real ones have 10 to 60, a sheet per domain and pictures some hundreds.
pub const ZIP_PARTS_MAX: usize = 2_000;
/// Most unpacked bytes of all parts together: 10,000 rows unpack to about 20 MiB.
pub const UNPACKED_BYTES_MAX: u64 = 192 << 20;
/// Highest unpacked:packed ratio of a part; sheets of blank formatted cells reach about 60, deflate itself 1,032.
pub const RATIO_MAX: u64 = 250;
/// Parts smaller than this are not measured by ratio: a few repeated lines pack very well.
pub const RATIO_FROM_BYTES: u64 = 4 << 20;
/// Most sheets read: one per domain, with room.
pub const SHEETS_MAX: usize = 256;
/// Most rows from the first used one to the last of one sheet.
pub const ROWS_MAX: u32 = 100_000;
/// Most columns: 14 official ones and extras; what stands further right is not a catalog.
pub const COLUMNS_MAX: u32 = 256;
/// Most cells with text in a file: 10,000 rows of 14 columns are 140,000.
pub const CELLS_MAX: usize = 2_000_000;
/// Most texts that the cells of a workbook share: as many as cells.
pub const SHARED_STRINGS_MAX: usize = CELLS_MAX;
/// Longest time for reading cells: 10,000 rows take a tenth of a second, a slow machine under load some seconds.
pub const READ_TIME_MAX: Duration = Duration::from_secs(60);
/// Longest text of a cell, in characters: the limit of the xlsx format itself.
pub const CELL_CHARS_MAX: usize = 32_767;
/// Most things noted about single cells of one sheet (comments, links, struck words); what is beyond is not listed by a
/// warning either.
pub const CELL_REMARKS_MAX: usize = 20_000;
/// Most cells covered by merges; beyond it merges are ignored (a merge over a whole sheet is no catalog).
pub const MERGED_CELLS_MAX: usize = 1_000_000;

/// Refuses empty and oversized files.
pub(crate) fn check_size(bytes: &[u8]) -> Result<(), Error> {
    match bytes.len() {
        0 => Err(Error::Empty),
        len if len > FILE_BYTES_MAX => Err(Error::TooLarge { bytes: len }),
        _ => Ok(()),
    }
}

/// Inflates every part under the caps and keeps what the sheets' readers need to know.
pub(crate) fn unpack(bytes: &[u8]) -> Result<Parts, Error> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if zip.len() > ZIP_PARTS_MAX {
        return Err(Error::ZipBomb { what: format!("{} parts, {ZIP_PARTS_MAX} are accepted", zip.len()) });
    }
    let mut parts = Parts::default();
    let mut left = UNPACKED_BYTES_MAX;
    let mut content = Vec::new();
    // What says where the others are comes first.
    let mut order: Vec<usize> = (0..zip.len()).collect();
    order.sort_by_key(|index| zip.name_for_index(*index).and_then(Result::ok).map_or(1, |name| turn(&name)));
    for index in order {
        let mut file = zip.by_index(index).map_err(|error| match error {
            zip::result::ZipError::UnsupportedArchive(text) if text.contains("assword") => Error::Encrypted,
            other => damaged(other),
        })?;
        let name = file.name().map_err(damaged)?.into_owned();
        let packed = file.compressed_size().max(1);
        content.clear();
        // One byte more than allowed shows that the cap broke.
        (&mut file)
            .take(left + 1)
            .read_to_end(&mut content)
            .map_err(|error| Error::Damaged { what: error.to_string() })?;
        let len = content.len() as u64;
        if len > left {
            return Err(Error::ZipBomb { what: format!("more than {UNPACKED_BYTES_MAX} bytes") });
        }
        if len > RATIO_FROM_BYTES && len / packed > RATIO_MAX {
            return Err(Error::ZipBomb { what: format!("one part unpacks to {} times its size", len / packed) });
        }
        left -= len;
        parts.take(&name, &content);
    }
    if parts.shared_strings > SHARED_STRINGS_MAX {
        let what = format!("{} shared texts, {SHARED_STRINGS_MAX} are read", parts.shared_strings);
        return Err(Error::TooManyCells { what });
    }
    Ok(parts)
}

/// Refuses more sheets than are read: none is left out in silence.
pub(crate) fn check_sheets(count: usize) -> Result<(), Error> {
    let what = || format!("{count} sheets, {SHEETS_MAX} are read");
    if count > SHEETS_MAX { Err(Error::TooManyCells { what: what() }) } else { Ok(()) }
}

fn damaged(error: zip::result::ZipError) -> Error {
    Error::Damaged { what: error.to_string() }
}
