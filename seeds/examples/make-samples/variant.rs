//! Awkward workbooks for importer tests: plain grids with the merges that their source names.
//!
//! Invariant: what stands in the source stands in the sheet, cell by cell; nothing is put right.

use rust_xlsxwriter::Format;
use serde::Deserialize;

use crate::{Failure, workbook::new_workbook};

/// One awkward workbook.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variant {
    pub(crate) file: String,
    /// What is awkward about it, for the reader of the source.
    #[serde(rename = "about")]
    _about: String,
    sheets: Vec<Grid>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grid {
    name: String,
    /// Merged areas as first row, first column, last row, last column, from 0.
    merges: Vec<(u32, u16, u32, u16)>,
    rows: Vec<Vec<String>>,
}

/// The workbook's bytes.
pub(crate) fn render(variant: &Variant) -> Result<Vec<u8>, Failure> {
    let mut workbook = new_workbook()?;
    for grid in &variant.sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(&grid.name)?;
        for &(top, left, bottom, right) in &grid.merges {
            sheet.merge_range(top, left, bottom, right, "", &Format::new())?;
        }
        for (row, cells) in (0u32..).zip(&grid.rows) {
            for (column, text) in (0u16..).zip(cells).filter(|(_, text)| !text.is_empty()) {
                sheet.write(row, column, text)?;
            }
        }
    }
    Ok(workbook.save_to_buffer()?)
}
