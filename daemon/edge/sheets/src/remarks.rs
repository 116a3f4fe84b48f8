//! The clerk's own sheets again with what was found beside each row, to be mended there and imported again.
//!
//! Invariant: every cell stands where it stood, as text; what is added (a list of the findings in front, a column behind
//! the last one, colours and comments) is known by its heading and left out when the file is read. Left out: the
//! looks and formulas of the file that was sent, which stays as it is.

mod list;
mod page;

use std::collections::BTreeMap;

use rust_xlsxwriter::{Workbook, XlsxError};

use crate::{
    Error, TextForm,
    grid::{self, Sheet},
    report::Diagnostics,
    write::{set_fixed_time, sheet_name},
};

/// Most findings written: a clerk mends some hundreds at a time; what is beyond is counted in the list.
pub const REMARKS_MAX: usize = 20_000;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It stops a submission.
    Error,
    /// A person should look.
    Warning,
    /// Good to know.
    Note,
}

/// One finding about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// `sheet!B4`, or a sheet's name, or empty for the file.
    pub place: String,
    /// How much it weighs.
    pub weight: Weight,
    /// The rule or kind, by its permanent name.
    pub rule: String,
    /// What was found, in the reader's language.
    pub text: String,
}

/// The words of what is added, in one language.
#[derive(Clone, Copy, Debug)]
pub struct RemarkWords {
    /// Stands over the list and over the added column; by it both are known again.
    heading: &'static str,
    list_name: &'static str,
    columns: [&'static str; 5],
    weights: [&'static str; 3],
    cut: &'static str,
}

/// The words in Chinese.
pub const REMARK_WORDS_ZH: RemarkWords = RemarkWords {
    heading: "检查结果（再次导入时不读）",
    list_name: "检查结果",
    columns: ["级别", "位置", "规则", "问题", "单元格原文"],
    weights: ["错误", "注意", "提示"],
    cut: "其余问题未列出：",
};
/// The words in English.
pub const REMARK_WORDS_EN: RemarkWords = RemarkWords {
    heading: "Findings (not read when imported again)",
    list_name: "Findings",
    columns: ["Weight", "Place", "Rule", "Finding", "The cell says"],
    weights: ["error", "warning", "note"],
    cut: "findings not listed: ",
};

impl RemarkWords {
    fn weight(&self, weight: Weight) -> &'static str {
        match weight {
            Weight::Error => self.weights[0],
            Weight::Warning => self.weights[1],
            Weight::Note => self.weights[2],
        }
    }
}

/// Writes a file's sheets with the findings about them.
///
/// # Errors
/// As [`crate::read`] for a file that cannot be read; [`Error::Write`] where the workbook could not be put together.
pub fn write_remarks(bytes: &[u8], form: TextForm, remarks: &[Remark], words: &RemarkWords) -> Result<Vec<u8>, Error> {
    crate::limits::check_size(bytes)?;
    let (mut sheets, _) = crate::sheets(bytes, form, &mut Diagnostics::default())?;
    strip(&mut sheets);
    let sheets: Vec<&Sheet> = sheets.iter().filter(|sheet| !sheet.is_empty()).collect();
    put_together(&sheets, remarks, words).map_err(|error| Error::Write { what: error.to_string() })
}

/// A finding at its cell; `None` where it is about a sheet or the file.
struct Placed<'a> {
    remark: &'a Remark,
    /// The place of the sheet in the list of sheets.
    sheet: Option<usize>,
    cell: Option<(u32, u32)>,
}

fn put_together(sheets: &[&Sheet], remarks: &[Remark], words: &RemarkWords) -> Result<Vec<u8>, XlsxError> {
    let mut placed: Vec<Placed<'_>> = remarks.iter().take(REMARKS_MAX).map(|remark| place(remark, sheets)).collect();
    placed.sort_by_key(|one| (one.remark.weight, one.sheet, one.cell));
    let mut names = vec![words.list_name.to_owned()];
    for sheet in sheets {
        let name = sheet_name(&sheet.name, &names);
        names.push(name);
    }
    let mut workbook = Workbook::new();
    set_fixed_time(&mut workbook)?;
    let looks = page::Looks::new();
    let first = workbook.add_worksheet();
    first.set_name(words.list_name)?;
    let cut = remarks.len().saturating_sub(REMARKS_MAX);
    list::write(first, &list::List { placed: &placed, sheets, names: &names[1..], cut, words }, &looks)?;
    for (index, sheet) in sheets.iter().enumerate() {
        let mut by_cell: BTreeMap<(u32, u32), Vec<&Remark>> = BTreeMap::new();
        for one in placed.iter().filter(|one| one.sheet == Some(index)) {
            if let Some(cell) = one.cell {
                by_cell.entry(cell).or_default().push(one.remark);
            }
        }
        let written = workbook.add_worksheet();
        written.set_name(&names[index + 1])?;
        page::write(written, sheet, &by_cell, words, &looks)?;
    }
    workbook.save_to_buffer()
}

fn place<'a>(remark: &'a Remark, sheets: &[&Sheet]) -> Placed<'a> {
    let find = |name: &str| sheets.iter().position(|sheet| sheet.name == name);
    let split = remark.place.rsplit_once('!').and_then(|(name, cell)| Some((name, grid::position(first_of(cell))?)));
    match split {
        Some((name, (row, column))) => {
            let sheet = find(name);
            let cell = sheet.map(|index| sheets[index].origin(row, column));
            Placed { remark, sheet, cell }
        }
        None => Placed { remark, sheet: find(&remark.place), cell: None },
    }
}

/// The first cell of a range.
fn first_of(cells: &str) -> &str {
    cells.split(':').next().unwrap_or(cells)
}

/// Takes out of a file what an earlier report added to it.
pub(crate) fn strip(sheets: &mut Vec<Sheet>) {
    let headings = [REMARK_WORDS_ZH.heading, REMARK_WORDS_EN.heading];
    let is_list = |sheet: &Sheet| headings.contains(&sheet.own(sheet.first_row(), 0));
    sheets.retain(|sheet| !is_list(sheet));
    for sheet in sheets {
        let added = sheet.own_cells(sheet.first_row()).find(|(_, text)| headings.contains(text));
        if let Some(column) = added.map(|(column, _)| column) {
            sheet.drop_from(column);
            // The comments are the report's own: those of the file that was sent are not in it.
            sheet.remarks.retain(|remark| remark.code != "cell-comment");
        }
    }
}
