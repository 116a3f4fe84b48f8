//! .xlsx files as sheets of cells, read cell by cell.
//!
//! Invariant: the file has passed [`crate::limits::unpack`], and a fault inside the reader is a coded error.
//! Ranges are never asked for: one cell at A1 and one at XFD1048576 would be 17 thousand million cells.

use std::{
    borrow::Cow,
    collections::HashMap,
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use calamine::{DataRef, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xlsx};

use crate::{
    Error,
    grid::{Budget, Merge, Sheet, kept},
    limits::check_sheets,
    parts::Parts,
};

type Book<'a> = Xlsx<Cursor<&'a [u8]>>;

/// Reads all sheets.
pub(crate) fn sheets(bytes: &[u8], parts: &Parts) -> Result<Vec<Sheet>, Error> {
    guarded(|| read(bytes, parts))
}

/// Runs a reader of foreign bytes; a panic of it is a damaged file, not the end of the daemon.
pub(crate) fn guarded<T>(read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(Error::Damaged { what: "the reader stopped in the middle".to_owned() }))
}

fn read(bytes: &[u8], parts: &Parts) -> Result<Vec<Sheet>, Error> {
    let mut workbook: Book<'_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    let mut budget = Budget::default();
    let mut sheets = Vec::new();
    let listed = workbook.sheets_metadata().to_vec();
    check_sheets(listed.len())?;
    for (index, listed) in listed.iter().enumerate() {
        if listed.typ != SheetType::WorkSheet {
            continue;
        }
        let mut sheet = Sheet::new(&listed.name, listed.visible != SheetVisible::Visible);
        fill(&mut workbook, (&listed.name, parts.shared_strings), &mut sheet, &mut budget)?;
        match parts.sheet(index) {
            Some(part) => {
                sheet.set_merges(part.merges.iter().copied());
                sheet.part = part;
            }
            // The workbook's own list of parts could not be followed: let the reader look once more.
            None => {
                let merges = workbook.merge_cells_by_sheet_name(&listed.name).map_err(|error| damaged(&error))?;
                sheet.set_merges(merges.iter().map(merge));
            }
        }
        sheets.push(sheet);
    }
    Ok(sheets)
}

fn fill(
    workbook: &mut Book<'_>,
    (name, shared_strings): (&str, usize),
    sheet: &mut Sheet,
    budget: &mut Budget,
) -> Result<(), Error> {
    let mut shared = Shared::of(shared_strings);
    let mut cells = workbook.worksheet_cells_reader(name).map_err(|error| damaged(&error))?;
    while let Some(cell) = cells.next_cell().map_err(|error| damaged(&error))? {
        let (row, column) = cell.get_position();
        if matches!(cell.get_value(), DataRef::Error(_)) {
            sheet.error_cells.push((row, column));
        }
        if let DataRef::SharedString(text) = cell.get_value() {
            if let Some(text) = shared.text(text) {
                sheet.put_kept(row, column, text, budget)?;
            }
        } else if let Some(text) = text(cell.get_value()) {
            sheet.put(row, column, &text, budget)?;
        }
    }
    Ok(())
}

/// The texts that cells of one sheet share, as they are kept: most cells of a catalog repeat a mark, a body or a limit.
struct Shared {
    /// By where the library holds them, which does not move while it reads the sheet.
    by_place: HashMap<(usize, usize), Option<Arc<str>>>,
}

impl Shared {
    fn of(count: usize) -> Self {
        /// Room made at once: what 10,000 rows share, twice; more grows as it comes.
        const ROOM: usize = 1 << 17;
        Self { by_place: HashMap::with_capacity(count.min(ROOM)) }
    }

    fn text(&mut self, text: &str) -> Option<Arc<str>> {
        self.by_place.entry((text.as_ptr() as usize, text.len())).or_insert_with(|| kept(text)).clone()
    }
}

/// A reader's rectangle as ours.
pub(crate) fn merge(area: &calamine::Dimensions) -> Merge {
    Merge { top: area.start.0, left: area.start.1, bottom: area.end.0, right: area.end.1 }
}

fn text<'t>(value: &'t DataRef<'t>) -> Option<Cow<'t, str>> {
    match value {
        DataRef::Empty => None,
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Some(Cow::Borrowed(text)),
        DataRef::SharedString(text) => Some(Cow::Borrowed(text)),
        DataRef::Int(number) => Some(Cow::Owned(number.to_string())),
        DataRef::Float(number) => Some(Cow::Owned(number.to_string())),
        DataRef::Bool(value) => Some(Cow::Borrowed(if *value { "TRUE" } else { "FALSE" })),
        DataRef::DateTime(date) => Some(Cow::Owned(date_text(*date))),
        DataRef::Error(error) => Some(Cow::Owned(error.to_string())),
    }
}

/// A date cell as `YYYY-MM-DD`: a serial like 1.1 that Excel took for a date is at least shown as one.
pub(crate) fn date_text(date: ExcelDateTime) -> String {
    if date.is_duration() {
        return date.as_f64().to_string();
    }
    let (year, month, day, ..) = date.to_ymd_hms_milli();
    format!("{year:04}-{month:02}-{day:02}")
}

fn damaged(error: &calamine::XlsxError) -> Error {
    match error {
        calamine::XlsxError::Password => Error::Encrypted,
        other => Error::Damaged { what: other.to_string() },
    }
}
