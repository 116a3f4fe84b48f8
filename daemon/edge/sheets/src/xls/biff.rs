//! The records of an .xls workbook stream ([MS-XLS]): bounds of its cells, hidden rows and columns, formulas, looks, and
//! whether it is encrypted.
//!
//! Invariant: looks at record headers and at fixed fields of small records, nothing else; a record cut short says
//! nothing. Left out: values (the cell reader).

use std::collections::{BTreeMap, HashMap};

use super::strings::{self, Font, Parts, Records};
use crate::{
    Error, limits, looks::Look, number_format::NumberFormat, parts::SheetPart, rich::Rich, symbols::SymbolFont,
};

/// Records whose data begins with a row and a column: blank, number, label, error, array, formula, RK and their
/// multiple and rich forms, in BIFF2 to BIFF8.
const CELL_RECORDS: [u16; 18] = [
    0x0001, 0x0002, 0x0003, 0x0004, 0x0005, 0x0006, 0x007e, 0x00bd, 0x00be, 0x00d6, 0x00fd, 0x0201, 0x0203, 0x0204,
    0x0205, 0x0206, 0x027e, 0x0406,
];
/// The ones of several columns: their data ends with the last column.
const RUN_RECORDS: [u16; 2] = [0x00bd, 0x00be];
/// The ones whose value is computed.
const FORMULA_RECORDS: [u16; 3] = [0x0006, 0x0206, 0x0406];
/// Begins a new sheet's records.
const BOF: [u16; 4] = [0x0009, 0x0209, 0x0409, 0x0809];
/// The workbook is protected with a password.
const FILE_PASS: u16 = 0x002f;
/// Names a sheet and where its records begin.
const BOUND_SHEET: u16 = 0x0085;
/// Height and state of a row.
const ROW: u16 = 0x0208;
/// Width and state of columns.
const COLUMN_INFO: u16 = 0x007d;
/// Bit of a row's flags: hidden.
const ROW_HIDDEN: u16 = 0x0020;
/// Bit of a column's flags: hidden.
const COLUMN_HIDDEN: u16 = 0x0001;
/// A font: its name and whether it is struck out.
const FONT: u16 = 0x0031;
/// Bit of a font's flags: struck out.
const FONT_STRUCK: u16 = 0x0008;
/// A number format's code.
const FORMAT: u16 = 0x041e;
/// A cell's look: its font and format by their numbers.
const LOOK: u16 = 0x00e0;
/// The texts that cells share, and what of them did not fit one record.
const SHARED_TEXTS: u16 = 0x00fc;
const CONTINUED: u16 = 0x003c;
/// A cell with a shared text.
const SHARED_TEXT: u16 = 0x00fd;
/// A comment's cell; its text lies in drawings.
const NOTE: u16 = 0x001c;
/// A link's cells; its target is packed.
const LINK: u16 = 0x01b8;

/// A cell and the kind of record that speaks of it.
type Noted = ((u32, u32), u16);

/// What the records say of each sheet, in the order of the workbook's list.
#[derive(Default)]
pub(super) struct Facts {
    starts: Vec<u32>,
    sheets: BTreeMap<u32, SheetPart>,
    fonts: Vec<Font>,
    /// Shared texts in several looks, by their place in the list.
    in_looks: HashMap<u32, Parts>,
    /// Cells with such a text, by their sheet's start.
    rich: BTreeMap<u32, HashMap<(u32, u32), Rich>>,
    formats: BTreeMap<u16, String>,
    /// Font and format of each look.
    looks: Vec<(u16, u16)>,
    /// Looks that are more than plain, once the first sheet begins.
    unusual: Vec<Option<Look>>,
    /// Cells of such a look, by their sheet's start.
    cells: BTreeMap<u32, HashMap<(u32, u32), u16>>,
    noted: BTreeMap<u32, Vec<Noted>>,
}

impl Facts {
    /// The facts of the sheet with that place in the workbook's list.
    pub(super) fn sheet(&self, index: usize) -> SheetPart {
        self.starts.get(index).and_then(|start| self.sheets.get(start)).cloned().unwrap_or_default()
    }

    /// The look of a cell of that sheet, where it is more than plain.
    pub(super) fn look(&self, index: usize, cell: (u32, u32)) -> Option<&Look> {
        let look = self.cells.get(self.starts.get(index)?)?.get(&cell)?;
        self.unusual.get(usize::from(*look))?.as_ref()
    }

    /// The text of a cell of that sheet where a part of it is struck out or in a symbol font.
    pub(super) fn rich(&self, index: usize, cell: (u32, u32)) -> Option<&Rich> {
        self.rich.get(self.starts.get(index)?)?.get(&cell)
    }

    /// A font by its number: the format has no font 4, later ones count one less.
    fn font(&self, number: u16) -> Font {
        let index = usize::from(if number > 4 { number - 1 } else { number });
        self.fonts.get(index).copied().unwrap_or_default()
    }

    fn take_shared(&mut self, data: &[u8], start: u32) {
        let place = data.get(6..10).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        let Some(parts) = place.and_then(|place| self.in_looks.get(&place)) else { return };
        let (Some(row), Some(column), Some(look)) = (u16_at(data, 0), u16_at(data, 2), u16_at(data, 4)) else { return };
        let own = self.looks.get(usize::from(look)).map_or(Font::default(), |(font, _)| self.font(*font));
        if let Some(rich) = strings::settled(parts, own, |number| self.font(number)) {
            self.rich.entry(start).or_default().insert((u32::from(row), u32::from(column)), rich);
        }
    }

    /// Cells with a comment or a link, whose text this does not read: (cell, whether it is a link).
    pub(super) fn noted(&self, index: usize) -> impl Iterator<Item = ((u32, u32), bool)> {
        let noted = self.starts.get(index).and_then(|start| self.noted.get(start));
        noted.into_iter().flatten().map(|(cell, kind)| (*cell, *kind == LINK))
    }

    /// Takes what a record says of looks, or of a cell that has an unusual one.
    fn take_look(&mut self, kind: u16, data: &[u8], start: u32) {
        match kind {
            FONT => {
                let is_struck = u16_at(data, 2).is_some_and(|flags| flags & FONT_STRUCK != 0);
                let font = data.get(14..).and_then(short_text).and_then(|name| SymbolFont::of(&name));
                self.fonts.push((is_struck, font));
            }
            FORMAT => {
                let text = data.get(2..).and_then(long_text);
                self.formats.extend(u16_at(data, 0).zip(text));
            }
            LOOK => self.looks.extend(u16_at(data, 0).zip(u16_at(data, 2))),
            NOTE | LINK => {
                let cell = u16_at(data, 0).zip(u16_at(data, if kind == LINK { 4 } else { 2 }));
                let noted = self.noted.entry(start).or_default();
                if noted.len() < limits::CELL_REMARKS_MAX {
                    noted.extend(cell.map(|(row, column)| ((u32::from(row), u32::from(column)), kind)));
                }
            }
            _ if CELL_RECORDS.contains(&kind) => self.take_cell(kind, data, start),
            _ => {}
        }
    }

    fn take_cell(&mut self, kind: u16, data: &[u8], start: u32) {
        if self.unusual.is_empty() {
            self.unusual = (0..self.looks.len()).map(|look| self.unusual_look(look)).collect();
        }
        if self.unusual.iter().all(Option::is_none) {
            return;
        }
        let (Some(row), Some(first)) = (u16_at(data, 0), u16_at(data, 2)) else { return };
        // Several cells in one record: a look and four bytes of number each.
        let many = if kind == RUN_OF_NUMBERS { data.len() / 6 } else { 1 };
        for index in 0..many {
            let Some(look) = u16_at(data, 4 + index * 6) else { break };
            if self.unusual.get(usize::from(look)).is_some_and(Option::is_some) {
                let column = u32::from(first).saturating_add(u32::try_from(index).unwrap_or(u32::MAX));
                self.cells.entry(start).or_default().insert((u32::from(row), column), look);
            }
        }
    }

    fn unusual_look(&self, look: usize) -> Option<Look> {
        let (font, format) = *self.looks.get(look)?;
        let (is_struck, font) = self.font(font);
        let code = self.formats.get(&format).map_or("", String::as_str);
        let code = if code.is_empty() { short_code(format) } else { code };
        let format = NumberFormat::of(Some(u32::from(format)), code);
        let look = Look { format, is_struck, font };
        (!look.is_plain()).then_some(look)
    }
}

/// The formats that files need not spell out.
fn short_code(format: u16) -> &'static str {
    match format {
        1 => "0",
        2 => "0.00",
        3 => "#,##0",
        4 => "#,##0.00",
        9 => "0%",
        10 => "0.00%",
        11 => "0.00E+00",
        12 | 13 => "# ?/?",
        15 => "d-mmm-yy",
        16 => "d-mmm",
        17 => "mmm-yy",
        18 => "h:mm AM/PM",
        20 => "h:mm",
        21 => "h:mm:ss",
        45 => "mm:ss",
        _ => "",
    }
}

/// A text with a length of one byte, as fonts have it.
fn short_text(data: &[u8]) -> Option<String> {
    text(usize::from(*data.first()?), *data.get(1)?, data.get(2..)?)
}

/// A text with a length of two bytes.
fn long_text(data: &[u8]) -> Option<String> {
    text(usize::from(u16_at(data, 0)?), *data.get(2)?, data.get(3..)?)
}

fn text(len: usize, flags: u8, bytes: &[u8]) -> Option<String> {
    if flags & 1 == 0 {
        return Some(bytes.get(..len)?.iter().copied().map(char::from).collect());
    }
    let units = bytes.get(..len.checked_mul(2)?)?.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    Some(char::decode_utf16(units).map(|c| c.unwrap_or('?')).collect())
}

/// Several numbers beside each other.
const RUN_OF_NUMBERS: u16 = 0x00bd;

/// Refuses encrypted streams and sheets whose used rectangle is larger than any catalog's; gives what the records say
/// beside the cells' values.
pub(super) fn survey(stream: &[u8]) -> Result<Facts, Error> {
    let mut facts = Facts::default();
    let mut area = Area::default();
    let mut total: u64 = 0;
    let (mut at, mut start) = (0, 0);
    while let Some(header) = stream.get(at..at + 4) {
        let kind = u16::from_le_bytes([header[0], header[1]]);
        let len = usize::from(u16::from_le_bytes([header[2], header[3]]));
        let data = stream.get(at + 4..at + 4 + len).unwrap_or_default();
        if kind == FILE_PASS && data.iter().any(|byte| *byte != 0) {
            return Err(Error::Encrypted);
        }
        if BOF.contains(&kind) {
            total += area.cells();
            area = Area::default();
            start = u32::try_from(at).unwrap_or(u32::MAX);
        } else if CELL_RECORDS.contains(&kind) {
            area.take(kind, data);
        }
        if total + area.cells() > RECTANGLE_CELLS_MAX {
            let what = format!("cells far apart on a sheet ({RECTANGLE_CELLS_MAX} in its rectangle are read)");
            return Err(Error::TooManyCells { what });
        }
        facts.take_look(kind, data, start);
        match kind {
            SHARED_TEXTS => facts.in_looks = Records::new(list_at(stream, at)).in_looks().into_iter().collect(),
            SHARED_TEXT => facts.take_shared(data, start),
            _ => {}
        }
        if kind == BOUND_SHEET {
            facts.starts.extend(u32_at(data, 0));
        } else if let Some(change) = change(kind, data) {
            change.put(facts.sheets.entry(start).or_default());
        }
        at += 4 + len;
    }
    Ok(facts)
}

/// The record at a place and those that continue it.
fn list_at(stream: &[u8], place: usize) -> Vec<&[u8]> {
    let mut records = Vec::new();
    let mut at = place;
    while let (Some(kind), Some(len)) = (u16_at(stream, at), u16_at(stream, at + 2)) {
        if at > place && kind != CONTINUED {
            break;
        }
        let end = at + 4 + usize::from(len);
        records.push(stream.get(at + 4..end).unwrap_or_default());
        at = end;
    }
    records
}

/// One fact about a sheet.
enum Change {
    HiddenRow(u32),
    HiddenColumns(u32, u32),
    Formula,
}

fn change(kind: u16, data: &[u8]) -> Option<Change> {
    if FORMULA_RECORDS.contains(&kind) {
        return Some(Change::Formula);
    }
    if kind == ROW && u16_at(data, 12)? & ROW_HIDDEN != 0 {
        return Some(Change::HiddenRow(u32::from(u16_at(data, 0)?)));
    }
    if kind == COLUMN_INFO && u16_at(data, 8)? & COLUMN_HIDDEN != 0 {
        return Some(Change::HiddenColumns(u32::from(u16_at(data, 0)?), u32::from(u16_at(data, 2)?)));
    }
    None
}

impl Change {
    fn put(self, part: &mut SheetPart) {
        match self {
            Self::HiddenRow(row) => drop(part.hidden_rows.insert(row)),
            Self::HiddenColumns(first, last) => part.hidden_columns.extend(first..=last.min(limits::COLUMNS_MAX)),
            Self::Formula => part.has_formula = true,
        }
    }
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    data.get(at..at + 2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    data.get(at..at + 4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

/// Most cells in the used rectangles of all sheets together, blank ones included: they are laid out in memory.
const RECTANGLE_CELLS_MAX: u64 = 2 * limits::CELLS_MAX as u64;

/// The rectangle of a sheet's cells, ends included.
#[derive(Default)]
struct Area {
    rows: Option<(u16, u16)>,
    columns: Option<(u16, u16)>,
}

impl Area {
    fn take(&mut self, kind: u16, data: &[u8]) {
        let Some(head) = data.get(..4) else { return };
        let grow = |range: Option<(u16, u16)>, at: u16| {
            let (low, high) = range.unwrap_or((at, at));
            Some((low.min(at), high.max(at)))
        };
        self.rows = grow(self.rows, u16::from_le_bytes([head[0], head[1]]));
        self.columns = grow(self.columns, u16::from_le_bytes([head[2], head[3]]));
        if let Some(last) = data.last_chunk::<2>().filter(|_| RUN_RECORDS.contains(&kind)) {
            self.columns = grow(self.columns, u16::from_le_bytes(*last));
        }
    }

    fn cells(&self) -> u64 {
        let side = |range: Option<(u16, u16)>| range.map_or(0, |(low, high)| u64::from(high - low) + 1);
        side(self.rows) * side(self.columns)
    }
}
