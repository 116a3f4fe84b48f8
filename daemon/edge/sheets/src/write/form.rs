//! The frame of the official form: title, note, two header rows, and how it prints.
//!
//! Invariant: A4 landscape, one page wide, the two header rows again on every page. Left out: items.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, IgnoreError, Worksheet, XlsxError};

use super::{column, layout::Layout, write_span};

/// Paper size 9 of the format: A4.
pub(crate) const A4: u8 = 9;
/// Margins in inches: the printer's own minimum and room for the page number.
const MARGIN_INCHES: f64 = 0.4;
/// The form's typeface; a program that lacks it takes its own for Chinese.
pub(crate) const FONT: &str = "宋体";
/// Typeface of titles.
const TITLE_FONT: &str = "黑体";
const TITLE_POINTS: f64 = 16.0;
const CELL_POINTS: f64 = 9.0;
const TITLE_HEIGHT: f64 = 33.0;
const GROUP_HEIGHT: f64 = 21.0;
/// Two lines: 依申请公开 breaks once in its narrow column.
const LEAF_HEIGHT: f64 = 30.0;
/// Height of one line of a note.
const NOTE_LINE_HEIGHT: f64 = 13.0;
const TITLE_ROW: u32 = 0;

/// How cells look.
pub(super) struct Formats {
    pub(super) title: Format,
    pub(super) note: Format,
    pub(super) header: Format,
    /// Names: in the middle of their group.
    pub(super) name: Format,
    pub(super) text: Format,
    pub(super) mark: Format,
}

impl Formats {
    pub(super) fn new() -> Self {
        let plain = Format::new().set_font_name(FONT).set_font_size(CELL_POINTS).set_text_wrap();
        let cell = plain.clone().set_border(FormatBorder::Thin).set_align(FormatAlign::VerticalCenter);
        let centre = cell.clone().set_align(FormatAlign::Center);
        let title = Format::new().set_font_name(TITLE_FONT).set_font_size(TITLE_POINTS).set_bold();
        Self {
            title: title.set_align(FormatAlign::Center).set_align(FormatAlign::VerticalCenter).set_text_wrap(),
            note: plain.set_align(FormatAlign::Top),
            header: centre.clone().set_bold().set_background_color(0x00F2_F2F2),
            name: centre.clone(),
            text: cell.set_align(FormatAlign::Left),
            mark: centre,
        }
    }
}

/// A form without its items.
pub(super) struct Form<'a> {
    pub(super) layout: &'a Layout,
    pub(super) formats: &'a Formats,
    /// Lines between the title and the header; none for a catalog.
    pub(super) note: &'a str,
}

impl Form<'_> {
    /// Writes the frame; returns the first row for items.
    pub(super) fn write(&self, sheet: &mut Worksheet, title: &str) -> Result<u32, XlsxError> {
        let last = self.layout.last_column();
        write_span(sheet, (TITLE_ROW, 0), (TITLE_ROW, last), title, &self.formats.title)?;
        sheet.set_row_height(TITLE_ROW, TITLE_HEIGHT)?;
        let mut group_row = TITLE_ROW + 1;
        if !self.note.is_empty() {
            write_span(sheet, (group_row, 0), (group_row, last), self.note, &self.formats.note)?;
            let lines = u32::try_from(self.note.lines().count()).unwrap_or(1);
            sheet.set_row_height(group_row, f64::from(lines) * NOTE_LINE_HEIGHT)?;
            group_row += 1;
        }
        sheet.set_row_height(group_row, GROUP_HEIGHT)?;
        sheet.set_row_height(group_row + 1, LEAF_HEIGHT)?;
        self.write_header(sheet, group_row)?;
        self.set_up_page(sheet, group_row)?;
        Ok(group_row + 2)
    }

    /// Prints from the title to this row and no further, whatever someone writes beside or below it.
    pub(super) fn print_to(&self, sheet: &mut Worksheet, last_row: u32) -> Result<(), XlsxError> {
        // Serials are text: 1.1 would lose its meaning as a number. Programs would mark each of them otherwise.
        sheet.ignore_error_range(TITLE_ROW, 0, last_row, self.layout.last_column(), IgnoreError::NumberStoredAsText)?;
        sheet.set_print_area(TITLE_ROW, 0, last_row, self.layout.last_column()).map(drop)
    }

    fn set_up_page(&self, sheet: &mut Worksheet, group_row: u32) -> Result<(), XlsxError> {
        sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0).set_print_center_horizontally(true);
        let (side, foot) = (MARGIN_INCHES, 1.5 * MARGIN_INCHES);
        sheet.set_margins(side, side, side, foot, side, side / 2.0);
        sheet.set_repeat_rows(group_row, group_row + 1)?;
        sheet.set_footer("&L&8&A&C&8第 &P 页 共 &N 页");
        sheet.set_freeze_panes(group_row + 2, 0)?;
        for (index, leaf) in self.layout.leaves.iter().enumerate() {
            sheet.set_column_width(column(index), leaf.width)?;
        }
        Ok(())
    }

    fn write_header(&self, sheet: &mut Worksheet, group_row: u32) -> Result<(), XlsxError> {
        let (leaf_row, leaves, format) = (group_row + 1, &self.layout.leaves, &self.formats.header);
        let mut index = 0;
        while let Some(leaf) = leaves.get(index) {
            let Some(heading) = &leaf.heading else {
                write_span(sheet, (group_row, column(index)), (leaf_row, column(index)), &leaf.label, format)?;
                index += 1;
                continue;
            };
            let len = leaves[index..].iter().take_while(|other| other.heading.as_ref() == Some(heading)).count();
            write_span(sheet, (group_row, column(index)), (group_row, column(index + len - 1)), heading, format)?;
            for (offset, leaf) in leaves[index..index + len].iter().enumerate() {
                sheet.write_string_with_format(leaf_row, column(index + offset), &leaf.label, format)?;
            }
            index += len;
        }
        Ok(())
    }
}
