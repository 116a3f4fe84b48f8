//! The records of an .xls workbook stream ([MS-XLS]): bounds of its cells, and whether it is encrypted.
//!
//! Invariant: looks at record headers and at the row and column they begin with, nothing else.

use crate::{Error, limits};

/// Records whose data begins with a row and a column: blank, number, label, error, array, formula, RK and their
/// multiple and rich forms, in BIFF2 to BIFF8.
const CELL_RECORDS: [u16; 18] = [
    0x0001, 0x0002, 0x0003, 0x0004, 0x0005, 0x0006, 0x007e, 0x00bd, 0x00be, 0x00d6, 0x00fd, 0x0201, 0x0203, 0x0204,
    0x0205, 0x0206, 0x027e, 0x0406,
];
/// The ones of several columns: their data ends with the last column.
const RUN_RECORDS: [u16; 2] = [0x00bd, 0x00be];
/// Begins a new sheet's records.
const BOF: [u16; 4] = [0x0009, 0x0209, 0x0409, 0x0809];
/// The workbook is protected with a password.
const FILE_PASS: u16 = 0x002f;

/// Refuses encrypted streams and sheets whose used rectangle is larger than any catalog's.
pub(super) fn check(stream: &[u8]) -> Result<(), Error> {
    let mut area = Area::default();
    let mut total: u64 = 0;
    let mut at = 0;
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
        } else if CELL_RECORDS.contains(&kind) {
            area.take(kind, data);
        }
        if total + area.cells() > RECTANGLE_CELLS_MAX {
            let what = format!("cells far apart on a sheet ({RECTANGLE_CELLS_MAX} in its rectangle are read)");
            return Err(Error::TooManyCells { what });
        }
        at += 4 + len;
    }
    Ok(())
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
