//! The records of an .xls workbook stream ([MS-XLS]): bounds of its cells, hidden rows and columns, formulas, and
//! whether it is encrypted.
//!
//! Invariant: looks at record headers and at fixed fields of small records, nothing else; a record cut short says
//! nothing. Left out: values (the cell reader).

use std::collections::BTreeMap;

use crate::{Error, limits, parts::SheetPart};

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

/// What the records say of each sheet, in the order of the workbook's list.
pub(super) struct Facts {
    starts: Vec<u32>,
    sheets: BTreeMap<u32, SheetPart>,
}

impl Facts {
    /// The facts of the sheet with that place in the workbook's list.
    pub(super) fn sheet(&self, index: usize) -> SheetPart {
        self.starts.get(index).and_then(|start| self.sheets.get(start)).cloned().unwrap_or_default()
    }
}

/// Refuses encrypted streams and sheets whose used rectangle is larger than any catalog's; gives what the records say
/// beside the cells' values.
pub(super) fn survey(stream: &[u8]) -> Result<Facts, Error> {
    let mut facts = Facts { starts: Vec::new(), sheets: BTreeMap::new() };
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
        if kind == BOUND_SHEET {
            facts.starts.extend(u32_at(data, 0));
        } else if let Some(change) = change(kind, data) {
            change.put(facts.sheets.entry(start).or_default());
        }
        at += 4 + len;
    }
    Ok(facts)
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
