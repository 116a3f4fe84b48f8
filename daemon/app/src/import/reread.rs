//! Items that are read otherwise than when they were imported, although the clerk's cells say what they said: by a newer
//! reader, by what was told of a column since, or under another head.
//!
//! Invariant: said item by item before anything lapses, and only where the cells that are kept for the item as it stands
//! say just what the file says now. Left out: what the reader does otherwise, which its notes tell.

use std::collections::BTreeMap;

use gongkai_model::{
    digest::Digest,
    revision::Revision,
    vocabulary::{Vocabulary, is_reference},
};
use gongkai_sheets::{Row, Table, Warning};

use super::{MatchedRow, RowChange};
use crate::source::{SourceCells, Sources};

/// The permanent name of the warning.
const CODE: &str = "reader-changed";

/// The element of columns that the form does not know.
const FURTHER: &str = "extra";

/// What a file is compared with.
pub(super) struct Before<'b> {
    pub(super) sources: &'b Sources,
    pub(super) base: &'b Revision,
    pub(super) vocabulary: &'b Vocabulary,
}

impl Before<'_> {
    /// One warning for each item of the file that is read otherwise.
    pub(super) fn reread(&self, file: &Digest, tables: &[&Table], matched: &[MatchedRow]) -> Vec<Warning> {
        let rows = tables.iter().flat_map(|table| table.rows.iter().map(|row| (*table, row)));
        let changed =
            rows.zip(matched).filter(|(_, row)| matches!(row.change, RowChange::Changed | RowChange::Renamed));
        let is_reread = |table: &Table, row: &Row, matched: &MatchedRow| {
            let before = self.base.items.get(&matched.id)?;
            let kept = self.sources.current(&matched.id, &before.item().digest())?;
            let is_same = is_same_place(kept, file, row)
                || (says_same(kept, row, &table.elements)
                    && matched.fields.iter().all(|field| self.says_itself(table, row, field)));
            Some(is_same)
        };
        changed
            .filter(|((table, row), matched)| is_reread(table, row, matched).unwrap_or(false))
            .map(|((_, row), matched)| warning(row, matched))
            .collect()
    }

    /// Whether an element hangs on nothing but the row's own cells: a blank cell or 同上 takes what stands above it, which
    /// an office may have changed.
    fn says_itself(&self, table: &Table, row: &Row, field: &str) -> bool {
        let is_of = |letters: &str| table.elements.get(letters).is_some_and(|element| is_element(element, field));
        let mut columns = table.elements.keys().filter(|letters| is_of(letters)).peekable();
        if columns.peek().is_none() {
            return true;
        }
        let raw = row.source.raw();
        let texts = raw.iter().filter(|(address, _)| is_of(letters(address)));
        let mut texts = texts.map(|(_, text)| text).peekable();
        // A further column of the office is never filled from above.
        let is_said = texts.peek().is_some() || field == FURTHER;
        is_said && texts.all(|text| !self.vocabulary.is_same_as(text) && !is_reference(text))
    }
}

/// Whether a column's element is the field, or the one that the field belongs to.
fn is_element(element: &str, field: &str) -> bool {
    match field {
        "audience_specific" => element == "audience",
        field if field.starts_with("channels") => element == "channels",
        FURTHER => element.starts_with(FURTHER),
        field => element == field,
    }
}

/// Whether the row stands where it stood, in the very file.
fn is_same_place(kept: &SourceCells, file: &Digest, row: &Row) -> bool {
    kept.file_digest == *file && kept.sheet == row.source.sheet && kept.row == row.source.row
}

/// Whether the kept cells and those of the file hold the same texts, wherever they stand by now; a serial is no part of
/// an item, and a row more above moves it.
fn says_same(kept: &SourceCells, row: &Row, elements: &BTreeMap<String, String>) -> bool {
    let (before, now) = (texts(&kept.cells, &kept.elements), texts(&row.source.raw(), elements));
    !kept.is_cut && !now.is_empty() && before == now
}

/// How often each text stands in the cells beside the serial.
fn texts(cells: &BTreeMap<String, String>, elements: &BTreeMap<String, String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (address, text) in cells {
        let is_serial = elements.get(letters(address)).is_some_and(|element| element == "serial");
        if !is_serial {
            *counts.entry(text.clone()).or_default() += 1;
        }
    }
    counts
}

fn letters(address: &str) -> &str {
    address.trim_end_matches(|c: char| c.is_ascii_digit())
}

fn warning(row: &Row, matched: &MatchedRow) -> Warning {
    let fields = matched.fields.join(", ");
    Warning {
        code: CODE,
        cell: format!("{}!A{}", row.source.sheet, row.source.row),
        message: format!(
            "`{}: {fields}`: the cells say what they said and are read otherwise now, by this version, by another head or by \
             what was told of a column since: an approval lapses once this is submitted",
            matched.name
        ),
        text: String::new(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use std::sync::Arc;

    use gongkai_seeds::Seeds;
    use gongkai_sheets::Reading;

    use super::*;

    fn row() -> Row {
        let seeds = Seeds::builtin();
        let reading = Reading { vocabulary: &seeds.vocabulary, routing: &seeds.routing, node_level: "county" };
        let head = ["序号", "公开事项", "公开内容", "公开时限"].join(",");
        let text = format!("{head}\n{}\n", ["1", "低保", "条件", "20个工作日"].join(","));
        let report = gongkai_sheets::read(text.as_bytes(), "社会救助.csv", &reading).unwrap();
        report.tables[0].rows[0].clone()
    }

    fn kept(cells: &[(&str, &str)]) -> SourceCells {
        SourceCells {
            file: "f".to_owned(),
            file_digest: Digest::of("file", &[b"f"]),
            at_ms: 0,
            sheet: "csv".to_owned(),
            row: 9,
            cells: cells.iter().map(|(cell, text)| ((*cell).to_owned(), (*text).to_owned())).collect(),
            elements: Arc::default(),
            is_cut: false,
            digest: Digest::of("item", &[b"a"]),
        }
    }

    #[test]
    fn the_same_texts_in_other_rows_are_the_same_cells_and_others_are_not() {
        let elements = BTreeMap::from([("A".to_owned(), "serial".to_owned())]);
        let says_same = |kept: &SourceCells| super::says_same(kept, &row(), &elements);
        let same = [("A9", "7"), ("B9", "低保"), ("C9", "条件"), ("D9", "20个工作日")];
        let with_elements = |cells| SourceCells { elements: Arc::new(elements.clone()), ..kept(cells) };
        assert!(says_same(&with_elements(&same)));
        let other = [("A9", "1"), ("B9", "低保"), ("C9", "条件"), ("D9", "7个工作日")];
        assert!(!says_same(&with_elements(&other)));
        assert!(!says_same(&SourceCells { is_cut: true, ..with_elements(&same) }));
        assert!(!says_same(&with_elements(&same[..3])));
    }
}
