//! What the parts of an .xlsx say that the cell reader does not: hidden rows and columns, merges, formulas, macros, links,
//! comments, looks inside a cell.
//!
//! Invariant: only tags and their attributes are looked at, byte by byte; nothing here can fail. A tag inside a
//! comment could be taken for real: it would hide nothing, since hidden cells are still read and only reported.

use std::collections::{BTreeMap, HashMap};

use crate::{
    rich::Rich,
    tags::{Tag, tags},
};

mod sheet;

pub(crate) use sheet::SheetPart;

/// Where the workbook lies in nearly all files.
const WORKBOOK: &str = "xl/workbook.xml";

/// A text and the cell that it belongs to.
pub(crate) type AtCell = ((u32, u32), String);

/// Facts about the whole zip.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Whether it is a workbook at all.
    pub(crate) is_workbook: bool,
    /// Another office format found instead.
    pub(crate) other_kind: Option<&'static str>,
    pub(crate) has_macros: bool,
    pub(crate) has_external_links: bool,
    /// How many texts the cells share.
    pub(crate) shared_strings: usize,
    /// The shared texts with looks of their own, by their place.
    shared_rich: HashMap<usize, Rich>,
    /// The workbook's own part, in small letters.
    workbook: Option<String>,
    sheets: BTreeMap<String, SheetPart>,
    /// Relation ids in the order of the workbook's sheets.
    sheet_relations: Vec<String>,
    /// Of a part, its relations: id → (kind, target as written).
    relations: BTreeMap<String, BTreeMap<String, (String, String)>>,
    /// Comments of a part: cell, text.
    comments: BTreeMap<String, Vec<AtCell>>,
}

/// In which order parts are looked at: what says where others are comes first, sheets last.
pub(crate) fn turn(name: &str) -> u8 {
    let name = plain_name(name);
    match name.as_str() {
        "_rels/.rels" => 0,
        _ if name.contains("worksheets/") && name.ends_with(".xml") => 2,
        _ => 1,
    }
}

fn plain_name(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_ascii_lowercase()
}

impl Parts {
    /// Looks at one part's content; called in the order of [`turn`].
    pub(crate) fn take(&mut self, name: &str, content: &[u8]) {
        let name = plain_name(name);
        if let Some(owner) = owner_of(&name) {
            let relations = tags(content).filter(|tag| tag.name == b"Relationship").filter_map(|tag| {
                let kind = tag.attr("Type")?.rsplit('/').next()?.to_owned();
                Some((tag.attr("Id")?, (kind, tag.attr("Target")?)))
            });
            let relations: BTreeMap<String, (String, String)> = relations.collect();
            if owner.is_empty() {
                let workbook = relations.values().find(|(kind, _)| kind == "officeDocument");
                self.workbook = workbook.map(|(_, target)| resolved("", target));
            }
            self.relations.insert(owner, relations);
            return;
        }
        match name.as_str() {
            "xl/vbaproject.bin" => self.has_macros = true,
            "xl/workbook.bin" => self.other_kind = Some("a binary .xlsb workbook"),
            "word/document.xml" => self.other_kind = Some("a Word document"),
            "ppt/presentation.xml" => self.other_kind = Some("a presentation"),
            "content.xml" => self.other_kind = Some("an OpenDocument file"),
            _ if name == self.workbook.as_deref().unwrap_or(WORKBOOK) || name == WORKBOOK => {
                self.is_workbook = true;
                self.sheet_relations =
                    tags(content).filter(|t| t.name == b"sheet").filter_map(|t| t.attr("id")).collect();
            }
            _ if name.ends_with("sharedstrings.xml") => self.take_shared(content),
            _ if name.starts_with("xl/externallinks/") => self.has_external_links = true,
            _ if name.contains("worksheets/") && name.ends_with(".xml") => {
                self.sheets.insert(name, SheetPart::scan(content, &self.shared_rich));
            }
            _ if name.contains("comments") && name.ends_with(".xml") && !name.contains("threaded") => {
                self.comments.insert(name, comments(content));
            }
            _ => {}
        }
    }

    /// Counts the shared texts, and settles those with looks of their own.
    fn take_shared(&mut self, content: &[u8]) {
        let mut start = None;
        let mut has_looks = false;
        let mut at = 0;
        for piece in content.split(|byte| *byte == b'<') {
            let next = at + piece.len() + 1;
            match Tag::of(piece) {
                Some(tag) if tag.name == b"si" => {
                    self.shared_strings += 1;
                    (start, has_looks) = (Some(at), false);
                }
                Some(tag) => has_looks |= matches!(tag.name, b"strike" | b"rFont"),
                None if piece.starts_with(b"/si") || piece.ends_with(b":si>") => {
                    let rich =
                        start.take().filter(|_| has_looks).and_then(|start| crate::rich::read(&content[start..at]));
                    self.shared_rich.extend(rich.map(|rich| (self.shared_strings - 1, rich)));
                }
                None => {}
            }
            at = next;
        }
    }

    /// The facts of the workbook's sheet with that index; none where the workbook's own list is unreadable.
    pub(crate) fn sheet(&self, index: usize) -> Option<SheetPart> {
        let workbook = self.workbook.as_deref().unwrap_or(WORKBOOK);
        let relations = self.relations.get(workbook).or_else(|| self.relations.get(WORKBOOK))?;
        let (_, target) = self.sheet_relations.get(index).and_then(|id| relations.get(id))?;
        let path = resolved(workbook, target);
        let mut part = self.sheets.get(&path)?.clone();
        let own = self.relations.get(&path);
        let comments = own.into_iter().flat_map(|own| own.values()).filter(|(kind, _)| kind == "comments");
        let comments = comments.filter_map(|(_, target)| self.comments.get(&resolved(&path, target)));
        part.comments = comments.flatten().cloned().collect();
        part.settle_links(|id| own.and_then(|own| own.get(id)).map(|(_, target)| target.clone()));
        Some(part)
    }
}

/// The part that a part of relations speaks of: `xl/_rels/workbook.xml.rels` → `xl/workbook.xml`; empty for the file's own.
fn owner_of(name: &str) -> Option<String> {
    let (folder, file) = name.strip_suffix(".rels")?.rsplit_once("_rels/")?;
    Some(format!("{folder}{file}"))
}

/// A target as it is written in the relations of a part, as the name of a part.
fn resolved(owner: &str, target: &str) -> String {
    if let Some(whole) = target.strip_prefix('/') {
        return plain_name(whole);
    }
    let mut steps: Vec<&str> = owner.rsplit_once('/').map_or(Vec::new(), |(folder, _)| folder.split('/').collect());
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    plain_name(&steps.join("/"))
}

/// The comments of a part: each with its cell, its runs joined.
fn comments(content: &[u8]) -> Vec<AtCell> {
    let mut comments: Vec<AtCell> = Vec::new();
    for tag in tags(content) {
        match tag.name {
            b"comment" if comments.len() < crate::limits::CELL_REMARKS_MAX => {
                let cell = tag.attr("ref").as_deref().and_then(crate::grid::position);
                comments.extend(cell.map(|cell| (cell, String::new())));
            }
            b"t" => {
                if let Some((_, text)) = comments.last_mut() {
                    text.push_str(&tag.text());
                }
            }
            _ => {}
        }
    }
    comments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_by_their_relations() {
        for (owner, target, part) in [
            ("", "xl/workbook.xml", "xl/workbook.xml"),
            ("xl/workbook.xml", "worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl/book/wb.xml", "/xl/worksheets/Sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("xl/worksheets/sheet1.xml", "../comments1.xml", "xl/comments1.xml"),
            ("xl/worksheets/sheet1.xml", "../../../../x.xml", "x.xml"),
        ] {
            assert_eq!(resolved(owner, target), part);
        }
        assert_eq!(owner_of("_rels/.rels").as_deref(), Some(""));
        assert_eq!(owner_of("xl/worksheets/_rels/sheet1.xml.rels").as_deref(), Some("xl/worksheets/sheet1.xml"));
        assert_eq!(owner_of("xl/worksheets/sheet1.xml"), None);
    }

    #[test]
    fn shared_texts_with_looks_are_known_by_their_place() {
        let mut parts = Parts::default();
        let xml =
            b"<sst><si><t>a</t></si><si><r><rPr><strike/></rPr><t>b</t></r><r><t>c</t></r></si><si><t/></si></sst>";
        parts.take("xl/sharedStrings.xml", xml);
        assert_eq!((parts.shared_strings, parts.shared_rich.len()), (3, 1));
        assert_eq!(parts.shared_rich[&1], Rich { kept: "c".to_owned(), struck: "b".to_owned() });
    }
}
