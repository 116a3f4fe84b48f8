//! Where an item was read, and what its cells said.
//!
//! Invariant: every cell with text that an item was made of is here as it was printed, also where the item says the
//! same; a merged cell once, at its first place. Left out: keeping them beyond the reading (app).

use std::{collections::BTreeMap, sync::Arc};

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::grid;

/// Where an item was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// The sheet's name.
    pub sheet: String,
    /// Its first row, from 1 as spreadsheets count.
    pub row: u32,
    /// The cells, row by row.
    pub cells: Vec<SourceCell>,
}

/// One printed cell; its text is shared with the sheet, not copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceCell {
    pub(crate) row: u32,
    pub(crate) column: u32,
    /// As printed.
    pub text: Arc<str>,
}

impl SourceCell {
    /// As spreadsheets print it, such as `B4`.
    pub fn address(&self) -> String {
        grid::address(self.row, self.column)
    }
}

impl Source {
    /// The text of a cell by its address.
    pub fn text(&self, address: &str) -> Option<&str> {
        let (row, column) = grid::position(address)?;
        let cell = self.cells.iter().find(|cell| (cell.row, cell.column) == (row, column))?;
        Some(&cell.text)
    }

    /// The cells' texts by address.
    pub fn raw(&self) -> BTreeMap<String, String> {
        self.cells.iter().map(|cell| (cell.address(), cell.text.to_string())).collect()
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("sheet", &self.sheet)?;
        map.serialize_entry("row", &self.row)?;
        map.serialize_entry("raw", &self.raw())?;
        map.end()
    }
}
