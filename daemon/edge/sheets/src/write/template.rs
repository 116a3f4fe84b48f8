//! The official form without items, with drop-downs and a note, for a clerk to fill in.
//!
//! Invariant: filled in, it reads back like any catalog; a drop-down offers and never forbids, since 申请人 may stand
//! where √ may.

use rust_xlsxwriter::{DataValidation, Workbook, Worksheet, XlsxError};

use super::{
    column,
    form::{Form, Formats},
    layout::Layout,
    set_fixed_time, sheet_name,
};
use crate::{Error, Reading, header::Column};

/// Most rows laid out for filling in; below them one goes on without borders.
pub const TEMPLATE_ROWS_MAX: u32 = 2_000;
/// Height of a row to fill in: three lines, as most items need.
const ROW_HEIGHT: f64 = 38.0;
/// Limits offered for 公开时限: the statutory one and the usual others.
const LIMITS: [&str; 5] = [
    "信息形成或者变更之日起20个工作日内",
    "信息形成之日起7个工作日内",
    "及时公开",
    "每季度公开",
    "长期公开（动态调整）",
];

/// A form to fill in.
#[derive(Clone, Copy, Debug)]
pub struct Template<'a> {
    /// The sheet's name, such as the domain's.
    pub name: &'a str,
    /// The title row; it should name the domain, by which the import knows it.
    pub title: &'a str,
    /// The levels that get a column, as slugs; with fewer than two the form's usual ones are added.
    pub levels: &'a [&'a str],
    /// How many rows to lay out, at most [`TEMPLATE_ROWS_MAX`].
    pub rows: u32,
}

/// Writes the form as a workbook.
///
/// # Errors
/// [`Error::Write`] where the workbook could not be put together.
pub fn template(wanted: &Template<'_>, reading: &Reading<'_>) -> Result<Vec<u8>, Error> {
    write(wanted, reading).map_err(|error| Error::Write { what: error.to_string() })
}

fn write(wanted: &Template<'_>, reading: &Reading<'_>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    set_fixed_time(&mut workbook)?;
    let formats = Formats::new();
    let layout = Layout::blank(wanted.levels, reading);
    let note = note(reading);
    let sheet = workbook.add_worksheet();
    sheet.set_name(sheet_name(wanted.name, &[]))?;
    let form = Form { layout: &layout, formats: &formats, note: &note };
    let first = form.write(sheet, wanted.title)?;
    let last = first + wanted.rows.clamp(1, TEMPLATE_ROWS_MAX) - 1;
    for (index, leaf) in layout.leaves.iter().enumerate() {
        let is_centred = matches!(leaf.column, Column::Serial | Column::Mark(..));
        let format = if is_centred { &formats.mark } else { &formats.text };
        for row in first..=last {
            sheet.write_blank(row, column(index), format)?;
        }
        offer(sheet, &leaf.column, (first, last, column(index)), reading)?;
    }
    form.print_to(sheet, last)?;
    for row in first..=last {
        sheet.set_row_height(row, ROW_HEIGHT)?;
    }
    workbook.save_to_buffer()
}

/// What the clerk reads over the header.
fn note(reading: &Reading<'_>) -> String {
    let channels: Vec<&str> = reading.vocabulary.channels.iter().map(|term| term.label.as_str()).collect();
    [
        "填写说明：1. 每个二级事项一行；一级事项相同的，可合并单元格或逐行填写。2. 公开依据写全称和文号，如《社会救助暂行办法》（国务院令第649号）。".to_owned(),
        "3. 公开主体写机关全称，不写“有关部门”。4. 公开对象、公开方式、公开层级在对应栏选√；特定群体请写明具体人群，如申请人。".to_owned(),
        format!("5. 公开渠道可选一项或用顿号列出多项：{}。", channels.join("、")),
    ]
    .join("\n")
}

/// Drop-downs and a word of help at the cells of a column.
fn offer(
    sheet: &mut Worksheet,
    kind: &Column,
    (first, last, column): (u32, u32, u16),
    reading: &Reading<'_>,
) -> Result<(), XlsxError> {
    let channels: Vec<&str> = reading.vocabulary.channels.iter().map(|term| term.label.as_str()).collect();
    let (list, help): (Vec<&str>, &str) = match kind {
        Column::Mark(_, slug) if slug == "specific" => (vec!["√"], "写明具体人群，如：申请人"),
        Column::Mark(..) => (vec!["√"], ""),
        Column::TimeLimit => (LIMITS.to_vec(), "可选，也可直接填写"),
        Column::Channels => (channels, "可选一项，或用顿号列出多项"),
        Column::Subject => (Vec::new(), "机关全称，多个用顿号分开，牵头单位在前"),
        Column::Basis => (Vec::new(), "《全称》（文号）第几条，每行一个"),
        _ => return Ok(()),
    };
    let mut rule = DataValidation::new().show_error_message(false);
    rule = if list.is_empty() { rule.allow_any_value() } else { rule.allow_list_strings(&list)? };
    if !help.is_empty() {
        rule = rule.set_input_message(help)?;
    }
    sheet.add_data_validation(first, column, last, column, &rule)?;
    Ok(())
}
