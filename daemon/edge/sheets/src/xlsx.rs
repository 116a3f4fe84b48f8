//! .xlsx files as sheets of cells, read cell by cell.
//!
//! Invariant: the file has passed [`crate::limits::unpack`], and a fault inside the reader is a coded error.
//! Ranges are never asked for: one cell at A1 and one at XFD1048576 would be 17 thousand million cells.

use std::{
    cell::Cell,
    collections::HashMap,
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook},
    sync::Once,
};

use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx};

use crate::{
    Error,
    grid::{Budget, Kept, Merge, Sheet, Visibility, kept},
    limits::check_sheets,
    looks::{self, Look, Seen},
    parts::{Parts, SheetPart},
};

type Book<'a> = Xlsx<Cursor<&'a [u8]>>;

/// Reads all sheets.
pub(crate) fn sheets(bytes: &[u8], parts: &Parts) -> Result<Vec<Sheet>, Error> {
    guarded(|| read(bytes, parts))
}

/// Runs a reader of foreign bytes; a panic of it is a damaged file, not the end of the daemon, and nobody is shown where
/// in the program it happened.
pub(crate) fn guarded<T>(read: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let shown = take_hook();
        set_hook(Box::new(move |panic| {
            if !IS_READING.get() {
                shown(panic);
            }
        }));
    });
    let was_reading = IS_READING.replace(true);
    let done = catch_unwind(AssertUnwindSafe(read));
    IS_READING.set(was_reading);
    done.unwrap_or_else(|_| Err(Error::Damaged { what: "the reader stopped in the middle".to_owned() }))
}

thread_local! {
    /// Whether this thread is inside [`guarded`].
    static IS_READING: Cell<bool> = const { Cell::new(false) };
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
        let mut sheet = Sheet::new(&listed.name, visibility(listed.visible));
        let part = parts.sheet(index);
        let facts = part.as_ref().unwrap_or(&NO_FACTS);
        fill(&mut workbook, (&listed.name, parts.shared_strings), facts, &mut sheet, &mut budget)?;
        match part {
            Some(part) => {
                sheet.set_merges(part.merges.iter().copied());
                note(&mut sheet, &part);
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

static NO_FACTS: std::sync::LazyLock<SheetPart> = std::sync::LazyLock::new(SheetPart::default);

/// How a sheet is shown.
pub(crate) fn visibility(visible: SheetVisible) -> Visibility {
    match visible {
        SheetVisible::Visible => Visibility::Shown,
        SheetVisible::Hidden => Visibility::Hidden,
        SheetVisible::VeryHidden => Visibility::VeryHidden,
    }
}

/// What the part says of cells that the cell reader does not.
fn note(sheet: &mut Sheet, part: &SheetPart) {
    for cell in &part.blank_formulas {
        let message = "the formula has no stored value: open the file, let it compute, and save it";
        sheet.remark(*cell, "cell-without-value", message.to_owned());
    }
    for (cell, text) in &part.comments {
        sheet.remark(*cell, "cell-comment", format!("a comment is not read: `{}`", one_line(text)));
    }
    for (cell, target) in &part.links {
        sheet.remark(*cell, "cell-link", format!("the cell leads to `{}`: the address is not read", one_line(target)));
    }
}

/// A foreign text for a message: on one line, cut, without the quotes that messages use.
fn one_line(text: &str) -> String {
    /// Characters of it that are shown.
    const SHOWN: usize = 300;
    let plain = |c: char| if c.is_control() || c == '`' { ' ' } else { c };
    text.trim().chars().take(SHOWN).map(plain).collect()
}

fn fill(
    workbook: &mut Book<'_>,
    (name, shared_strings): (&str, usize),
    part: &SheetPart,
    sheet: &mut Sheet,
    budget: &mut Budget,
) -> Result<(), Error> {
    let mut shared = Shared::of(shared_strings);
    let plain = Look::default();
    let mut cells = workbook.worksheet_cells_reader(name).map_err(|error| damaged(&error))?;
    let looks = looks::of(cells.styles());
    let is_plain: Vec<bool> = looks.iter().map(Look::is_plain).collect();
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(|error| damaged(&error))? {
        let (row, column) = cell.get_position();
        let is_plain = is_plain.get(style).copied().unwrap_or(true);
        if let DataRef::SharedString(text) = cell.get_value()
            && is_plain
            && part.rich.is_empty()
        {
            sheet.put_kept(row, column, shared.text(text), budget)?;
            continue;
        }
        let look = if is_plain { &plain } else { looks.get(style).unwrap_or(&plain) };
        put(sheet, part, (row, column), cell.get_value(), look, budget)?;
    }
    Ok(())
}

/// Puts a cell as it is seen.
fn put(
    sheet: &mut Sheet,
    part: &SheetPart,
    at: (u32, u32),
    value: &DataRef<'_>,
    look: &Look,
    budget: &mut Budget,
) -> Result<(), Error> {
    if matches!(value, DataRef::Error(_)) {
        sheet.error_cells.push(at);
    }
    if let Some(rich) = part.rich.get(&at) {
        struck(sheet, at, &rich.struck);
        return sheet.put(at.0, at.1, &rich.kept, budget);
    }
    let Some(Seen { text, remark }) = seen(value, look) else { return Ok(()) };
    if look.is_struck {
        struck(sheet, at, &text);
        return Ok(());
    }
    if let Some((code, message)) = remark {
        sheet.remark(at, code, message);
    }
    sheet.put(at.0, at.1, &text, budget)
}

/// Notes what was struck out: it is deleted, and nobody should miss it unawares.
pub(crate) fn struck(sheet: &mut Sheet, at: (u32, u32), text: &str) {
    if !text.trim().is_empty() {
        sheet.remark(at, "text-struck", format!("`{}` is struck out and left out", one_line(text)));
    }
}

/// The texts that cells of one sheet share, as they are kept: most cells of a catalog repeat a mark, a body or a limit.
struct Shared {
    /// By where the library holds them, which does not move while it reads the sheet.
    by_place: HashMap<(usize, usize), Kept>,
}

impl Shared {
    fn of(count: usize) -> Self {
        /// Room made at once: what 10,000 rows share, twice; more grows as it comes.
        const ROOM: usize = 1 << 17;
        Self { by_place: HashMap::with_capacity(count.min(ROOM)) }
    }

    fn text(&mut self, text: &str) -> Kept {
        self.by_place.entry((text.as_ptr() as usize, text.len())).or_insert_with(|| kept(text)).clone()
    }
}

/// A reader's rectangle as ours.
pub(crate) fn merge(area: &calamine::Dimensions) -> Merge {
    Merge { top: area.start.0, left: area.start.1, bottom: area.end.0, right: area.end.1 }
}

fn seen(value: &DataRef<'_>, look: &Look) -> Option<Seen> {
    let plain = |text: &str| Seen { text: text.to_owned(), remark: None };
    Some(match value {
        DataRef::Empty => return None,
        DataRef::String(text) => look.text(text),
        DataRef::SharedString(text) => look.text(text),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => plain(text),
        DataRef::Int(number) => look.number(*number as f64),
        DataRef::Float(number) => look.number(*number),
        DataRef::Bool(value) => plain(bool_text(*value)),
        DataRef::DateTime(date) => look.date(*date),
        DataRef::Error(error) => plain(&error.to_string()),
    })
}

/// A yes-or-no cell as spreadsheets print it.
pub(crate) fn bool_text(value: bool) -> &'static str {
    if value { "TRUE" } else { "FALSE" }
}

fn damaged(error: &calamine::XlsxError) -> Error {
    match error {
        calamine::XlsxError::Password => Error::Encrypted,
        other => Error::Damaged { what: other.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_panics_is_a_damaged_file() {
        let places = [1_u8, 2];
        let beyond = places.len();
        let read = || -> Result<u8, Error> { Ok(places[beyond]) };
        assert!(matches!(guarded(read), Err(Error::Damaged { .. })));
        assert!(!IS_READING.get());
    }
}
