//! Facts about one sheet part.
//!
//! Invariant: a cell's address is its own, or follows from its place where the writer left it out.

use std::collections::{BTreeSet, HashMap};

use super::{AtCell, Rich};
use crate::{
    grid::{Merge, position},
    limits, rich,
    tags::Tag,
};

/// What a sheet part says beside the cells' values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SheetPart {
    /// Hidden rows, from 0.
    pub(crate) hidden_rows: BTreeSet<u32>,
    /// Hidden columns, from 0.
    pub(crate) hidden_columns: BTreeSet<u32>,
    /// Whether a cell has a formula; its stored value is read, it is never run.
    pub(crate) has_formula: bool,
    /// Formulas without a stored value: nobody computed them.
    pub(crate) blank_formulas: Vec<(u32, u32)>,
    pub(crate) merges: Vec<Merge>,
    /// Cells with looks of their own inside.
    pub(crate) rich: HashMap<(u32, u32), Rich>,
    /// Comments by cell.
    pub(crate) comments: Vec<AtCell>,
    /// Where a cell's link leads.
    pub(crate) links: Vec<AtCell>,
}

/// The cell that is being read.
#[derive(Default)]
struct Cell<'a> {
    tag: Option<Tag<'a>>,
    has_formula: bool,
    has_value: bool,
    has_looks: bool,
    /// Where its text of several runs begins.
    text_start: Option<usize>,
}

impl SheetPart {
    pub(super) fn scan(xml: &[u8], shared: &HashMap<usize, Rich>) -> Self {
        let mut scan = Scan { part: Self::default(), shared, row: 0, next_row: 0, column: 0, cell: Cell::default() };
        let mut at = 0;
        for piece in xml.split(|byte| *byte == b'<') {
            scan.take(xml, at, piece);
            at += piece.len() + 1;
        }
        scan.part
    }

    /// Puts the targets of links in that stand in the sheet's relations.
    pub(super) fn settle_links(&mut self, target: impl Fn(&str) -> Option<String>) {
        for (_, link) in &mut self.links {
            if let Some(id) = link.strip_prefix(BY_ID) {
                *link = target(id).unwrap_or_default();
            }
        }
        self.links.retain(|(_, link)| !link.is_empty());
    }
}

/// Stands before a relation's id where the target is not known yet; no address begins so.
const BY_ID: &str = "\0";

struct Scan<'a, 's> {
    part: SheetPart,
    shared: &'s HashMap<usize, Rich>,
    row: u32,
    next_row: u32,
    /// One past the last cell of the row.
    column: u32,
    cell: Cell<'a>,
}

impl<'a> Scan<'a, '_> {
    fn take(&mut self, xml: &[u8], at: usize, piece: &'a [u8]) {
        // Most pieces are cells and their values: what they cost is what a sheet costs.
        match piece {
            [b'c', b' ' | b'>', ..] => self.open_cell(piece),
            [b'v', b'>', rest @ ..] => self.value(rest),
            [b'/', b'c', b'>', ..] => self.close_cell(),
            [b'/', b'i', b's', b'>', ..] => self.close_text(xml, at),
            [b'/', ..] => {
                // With a prefix: </x:c>.
                if piece.ends_with(b":c>") {
                    self.close_cell();
                } else if piece.ends_with(b":is>") {
                    self.close_text(xml, at);
                }
            }
            _ => {
                if let Some(tag) = Tag::of(piece) {
                    self.tag(tag, at, piece);
                }
            }
        }
    }

    fn tag(&mut self, tag: Tag<'a>, at: usize, piece: &'a [u8]) {
        match tag.name {
            b"row" => {
                self.row = tag.number("r").map_or(self.next_row, |number| number.saturating_sub(1));
                self.next_row = self.row.saturating_add(1);
                self.column = 0;
                if tag.is_hidden() {
                    self.part.hidden_rows.insert(self.row);
                }
            }
            b"c" => self.open_cell(piece),
            b"v" => self.value(piece.split(|byte| *byte == b'>').nth(1).unwrap_or_default()),
            b"is" => self.cell.text_start = Some(at),
            b"strike" | b"rFont" => self.cell.has_looks = true,
            b"f" => {
                self.part.has_formula = true;
                self.cell.has_formula = true;
            }
            b"col" if tag.is_hidden() => {
                let (Some(min), Some(max)) = (tag.number("min"), tag.number("max")) else { return };
                let max = max.min(limits::COLUMNS_MAX);
                self.part.hidden_columns.extend((min..=max).map(|number| number.saturating_sub(1)));
            }
            b"mergeCell" => self.part.merges.extend(tag.attr("ref").as_deref().and_then(area)),
            b"hyperlink" if self.part.links.len() < limits::CELL_REMARKS_MAX => self.link(&tag),
            _ => {}
        }
    }

    fn open_cell(&mut self, piece: &'a [u8]) {
        self.column = self.column.saturating_add(1);
        // Every cell comes by here: a closed one is known by its last two bytes.
        let tag = Tag::of(piece).filter(|_| !piece.trim_ascii_end().ends_with(b"/>"));
        self.cell = Cell { tag, ..Cell::default() };
    }

    fn value(&mut self, text: &[u8]) {
        self.cell.has_value |= !text.is_empty();
        if self.shared.is_empty() {
            return;
        }
        let is_shared = self.cell.tag.as_ref().is_some_and(|tag| tag.attr("t").as_deref() == Some("s"));
        let index = std::str::from_utf8(text).ok().filter(|_| is_shared).and_then(|text| text.trim().parse().ok());
        let rich = index.and_then(|index: usize| self.shared.get(&index));
        if let (Some(rich), Some(place)) = (rich, self.place()) {
            self.part.rich.insert(place, rich.clone());
        }
    }

    fn close_text(&mut self, xml: &[u8], at: usize) {
        let Some(start) = self.cell.text_start.take().filter(|_| self.cell.has_looks) else { return };
        let rich = xml.get(start..at).and_then(rich::read);
        if let (Some(rich), Some(place)) = (rich, self.place()) {
            self.part.rich.insert(place, rich);
        }
    }

    fn close_cell(&mut self) {
        // The value of a formula may be an empty text.
        let is_blank = self.cell.has_formula && !self.cell.has_value;
        let is_text = || self.cell.tag.as_ref().is_some_and(|tag| tag.attr("t").as_deref() == Some("str"));
        if is_blank && !is_text() && self.part.blank_formulas.len() < limits::CELL_REMARKS_MAX {
            self.part.blank_formulas.extend(self.place());
        }
        self.cell = Cell::default();
    }

    /// The address of the cell that is being read.
    fn place(&self) -> Option<(u32, u32)> {
        let own = self.cell.tag.as_ref()?.attr("r");
        match own {
            Some(address) => position(&address),
            None => Some((self.row, self.column.checked_sub(1)?)),
        }
    }

    fn link(&mut self, tag: &Tag<'_>) {
        let Some(cells) = tag.attr("ref") else { return };
        let first = cells.split(':').next().and_then(position);
        let target = match (tag.attr("id"), tag.attr("location")) {
            (Some(id), _) => format!("{BY_ID}{id}"),
            (None, Some(location)) => format!("#{location}"),
            (None, None) => return,
        };
        self.part.links.extend(first.map(|cell| (cell, target)));
    }
}

/// `B4:C7` as a rectangle.
fn area(text: &str) -> Option<Merge> {
    let (from, to) = text.split_once(':')?;
    let ((top, left), (bottom, right)) = (position(from)?, position(to)?);
    Some(Merge { top: top.min(bottom), left: left.min(right), bottom: top.max(bottom), right: left.max(right) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_rows_and_columns_are_found_with_and_without_prefixes() {
        let xml = br#"<?xml version="1.0"?><x:worksheet><cols><col min="2" max="3" width="9" hidden="1"/></cols>
            <sheetData><row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row><x:row r="4" hidden='1'/><row hidden="0"/><row r="7" ht="0" customHeight="1"/></sheetData>
            <mergeCells count="2"><mergeCell ref="B4:AB7"/><mergeCell ref="nonsense"/></mergeCells>"#;
        let part = SheetPart::scan(xml, &HashMap::new());
        assert_eq!(part.hidden_rows, BTreeSet::from([3, 6]));
        assert_eq!(part.hidden_columns, BTreeSet::from([1, 2]));
        assert!(part.has_formula && part.blank_formulas.is_empty());
        assert_eq!(part.merges, [Merge { top: 3, left: 1, bottom: 6, right: 27 }]);
    }

    #[test]
    fn struck_texts_blank_formulas_and_links_are_found_at_their_cells() {
        let xml = br#"<sheetData><row r="2"><c r="A2" t="inlineStr"><is><r><rPr><strike/></rPr><t>a</t></r><r><t>b</t></r></is></c>
            <c t="s"><v>5</v></c><c r="C2"><f>A1</f><v/></c><c r="D2" t="str"><f>A1</f><v></v></c></row></sheetData>
            <hyperlinks><hyperlink ref="B2" r:id="rId1"/><hyperlink ref="C2" location="'x'!A1"/><hyperlink ref="D2" r:id="no"/>"#;
        let shared = HashMap::from([(5, Rich { kept: String::new(), struck: "c".to_owned() })]);
        let mut part = SheetPart::scan(xml, &shared);
        assert_eq!(part.rich[&(1, 0)], Rich { kept: "b".to_owned(), struck: "a".to_owned() });
        assert_eq!(part.rich[&(1, 1)].struck, "c");
        assert_eq!(part.blank_formulas, [(1, 2)]);
        part.settle_links(|id| (id == "rId1").then(|| "https://example.org".to_owned()));
        assert_eq!(part.links, [((1, 1), "https://example.org".to_owned()), ((1, 2), "#'x'!A1".to_owned())]);
    }
}
