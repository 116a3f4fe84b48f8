//! What the parts of an .xlsx say that the cell reader does not: hidden rows and columns, merges, formulas, macros,
//! links.
//!
//! Invariant: only tags and their attributes are looked at, byte by byte; nothing here can fail. A tag inside a
//! comment could be taken for real: it would hide nothing, since hidden cells are still read and only reported.

use std::collections::{BTreeMap, BTreeSet};

use crate::grid::{Merge, position};

/// Facts about one sheet part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SheetPart {
    /// Hidden rows, from 0.
    pub(crate) hidden_rows: BTreeSet<u32>,
    /// Hidden columns, from 0.
    pub(crate) hidden_columns: BTreeSet<u32>,
    /// Whether a cell has a formula; its stored value is read, it is never run.
    pub(crate) has_formula: bool,
    pub(crate) merges: Vec<Merge>,
}

/// Facts about the whole zip.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Whether it is a workbook at all (has `xl/workbook.xml` or the like).
    pub(crate) is_workbook: bool,
    /// Another office format found instead.
    pub(crate) other_kind: Option<&'static str>,
    pub(crate) has_macros: bool,
    pub(crate) has_external_links: bool,
    /// How many texts the cells share.
    pub(crate) shared_strings: usize,
    sheets: BTreeMap<String, SheetPart>,
    /// Relation ids in the order of the workbook's sheets.
    sheet_relations: Vec<String>,
    /// Relation id → part.
    targets: BTreeMap<String, String>,
}

impl Parts {
    /// Looks at one part's content.
    pub(crate) fn take(&mut self, name: &str, content: &[u8]) {
        let name = name.replace('\\', "/").to_ascii_lowercase();
        match name.as_str() {
            "xl/workbook.xml" => {
                self.is_workbook = true;
                self.sheet_relations =
                    tags(content).filter(|t| t.name == b"sheet").filter_map(|t| t.attr("r:id")).collect();
            }
            "xl/_rels/workbook.xml.rels" => {
                let relations = tags(content).filter(|tag| tag.name == b"Relationship");
                self.targets = relations.filter_map(|tag| Some((tag.attr("Id")?, tag.attr("Target")?))).collect();
            }
            "xl/sharedstrings.xml" => self.shared_strings = tags(content).filter(|tag| tag.name == b"si").count(),
            "xl/vbaproject.bin" => self.has_macros = true,
            "xl/workbook.bin" => self.other_kind = Some("a binary .xlsb workbook"),
            "word/document.xml" => self.other_kind = Some("a Word document"),
            "ppt/presentation.xml" => self.other_kind = Some("a presentation"),
            "content.xml" => self.other_kind = Some("an OpenDocument file"),
            _ if name.starts_with("xl/externallinks/") => self.has_external_links = true,
            _ if name.starts_with("xl/worksheets/") && name.ends_with(".xml") => {
                self.sheets.insert(name, SheetPart::scan(content));
            }
            _ => {}
        }
    }

    /// The facts of the workbook's sheet with that index; none where the workbook's own list is unreadable.
    pub(crate) fn sheet(&self, index: usize) -> Option<SheetPart> {
        let target = self.sheet_relations.get(index).and_then(|id| self.targets.get(id));
        let path = target.map(|target| target.trim_start_matches('/').to_ascii_lowercase());
        let path = path.map(|path| if path.starts_with("xl/") { path } else { format!("xl/{path}") });
        path.and_then(|path| self.sheets.get(&path)).cloned()
    }
}

impl SheetPart {
    fn scan(xml: &[u8]) -> Self {
        let mut part = Self::default();
        let mut next_row: u32 = 0;
        for tag in tags(xml) {
            match tag.name {
                b"row" => {
                    let row = tag.number("r").map_or(next_row, |number| number.saturating_sub(1));
                    next_row = row.saturating_add(1);
                    if tag.is_hidden() {
                        part.hidden_rows.insert(row);
                    }
                }
                b"col" if tag.is_hidden() => {
                    let (Some(min), Some(max)) = (tag.number("min"), tag.number("max")) else { continue };
                    let max = max.min(crate::limits::COLUMNS_MAX);
                    part.hidden_columns.extend((min..=max).map(|number| number.saturating_sub(1)));
                }
                b"f" => part.has_formula = true,
                b"mergeCell" => part.merges.extend(tag.attr("ref").as_deref().and_then(area)),
                _ => {}
            }
        }
        part
    }
}

/// `B4:C7` as a rectangle.
fn area(text: &str) -> Option<Merge> {
    let (from, to) = text.split_once(':')?;
    let ((top, left), (bottom, right)) = (position(from)?, position(to)?);
    Some(Merge { top: top.min(bottom), left: left.min(right), bottom: top.max(bottom), right: left.max(right) })
}

/// One opening tag: its name without prefix, and the bytes of its attributes.
struct Tag<'a> {
    name: &'a [u8],
    rest: &'a [u8],
}

fn tags(xml: &[u8]) -> impl Iterator<Item = Tag<'_>> {
    xml.split(|byte| *byte == b'<').filter_map(|piece| {
        let first = *piece.first()?;
        // Cells and their values are most of a sheet, and say nothing here.
        if !first.is_ascii_alphabetic() || piece.starts_with(b"c ") || piece.starts_with(b"v>") {
            return None;
        }
        let end =
            piece.iter().position(|b| matches!(b, b' ' | b'>' | b'/' | b'\n' | b'\r' | b'\t')).unwrap_or(piece.len());
        let name = piece[..end].rsplit(|byte| *byte == b':').next()?;
        Some(Tag { name, rest: &piece[end..] })
    })
}

impl Tag<'_> {
    fn attr(&self, name: &str) -> Option<String> {
        let text = std::str::from_utf8(self.rest).ok()?;
        let text = &text[..text.find('>').unwrap_or(text.len())];
        let mut at = 0;
        while let Some(found) = text[at..].find(name) {
            let start = at + found;
            let is_whole = text[..start].ends_with(|c: char| c.is_whitespace());
            let rest = text[start + name.len()..].trim_start();
            if let Some(value) = rest.strip_prefix('=').filter(|_| is_whole) {
                let value = value.trim_start();
                let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
                return value[1..].split(quote).next().map(str::to_owned);
            }
            at = start + name.len();
        }
        None
    }

    fn number(&self, name: &str) -> Option<u32> {
        self.attr(name)?.parse().ok()
    }

    fn is_hidden(&self) -> bool {
        // Most rows carry no such word: the search for it is all they cost.
        self.rest.windows(6).any(|window| window == b"hidden")
            && self.attr("hidden").is_some_and(|value| value == "1" || value == "true")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_rows_and_columns_are_found_with_and_without_prefixes() {
        let xml = br#"<?xml version="1.0"?><x:worksheet><cols><col min="2" max="3" width="9" hidden="1"/></cols>
            <sheetData><row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row><x:row r="4" hidden='1'/><row hidden="0"/></sheetData>
            <mergeCells count="2"><mergeCell ref="B4:AB7"/><mergeCell ref="nonsense"/></mergeCells>"#;
        let part = SheetPart::scan(xml);
        assert_eq!(part.hidden_rows, BTreeSet::from([3]));
        assert_eq!(part.hidden_columns, BTreeSet::from([1, 2]));
        assert!(part.has_formula);
        assert_eq!(part.merges, [Merge { top: 3, left: 1, bottom: 6, right: 27 }]);
    }
}
