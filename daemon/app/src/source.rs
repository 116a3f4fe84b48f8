//! The cells that items were imported from, kept beside them: what the clerk's file said, cell by cell.
//!
//! Invariant: written with the import's save in one commit, at the owner's node only; an import writes what no
//! earlier one wrote, so that the same file twice adds nothing. They hold for an item's content: of an item that was
//! changed since, the latest cells are given and said to be older.
//! Left out: reading a table (sheets), and what travels (an item's own printed texts do, its cells do not).

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use gongkai_journal::{
    Entry,
    kind::Kind,
    payload::{self, ItemSource, SourceRow, SourceTable},
};
use gongkai_model::{
    digest::Digest,
    id::{CatalogId, ItemId},
    revision::Matched,
};
use gongkai_sheets::{Row, Table};
use gongkai_store::Draft;

use crate::{App, Result, acts::PART_BYTES_TARGET};

/// Most bytes of the cells of one row: a printed one has some 2 KB; a row at the bounds of the format has 25 MB, and
/// an entry takes 1 MiB. In JSON each may become two.
const ROW_BYTES_MAX: usize = 256 * 1024;
/// What a row takes beside its cells in JSON: id, digest, names of fields.
const ROW_FRAME_BYTES: usize = 200;
/// What a cell takes beside its text: its address and the text's place.
const CELL_FRAME_BYTES: usize = 12;
/// Longest name of a file, a sheet or a column, in characters: longer ones are slips or mischief.
const NAME_CHARS_MAX: usize = 255;
/// What stands at the end of a text that was cut.
const CUT: char = '…';

/// Where an item was read from, and what the cells said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceCells {
    /// The file's name.
    pub file: String,
    /// SHA-256 of its bytes.
    pub file_digest: Digest,
    /// When it was imported, unix milliseconds.
    pub at_ms: i64,
    /// The sheet's name.
    pub sheet: String,
    /// The first row, from 1.
    pub row: u32,
    /// The texts by the cells' addresses.
    pub cells: BTreeMap<String, String>,
    /// The element that each column was read as, by the column's letters.
    pub elements: Arc<BTreeMap<String, String>>,
    /// The texts were too long to be kept whole.
    pub is_cut: bool,
    /// The item's content as it was read.
    pub digest: Digest,
}

/// The cells kept for the items of one catalog.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    by_item: BTreeMap<ItemId, Vec<SourceCells>>,
}

impl SourceCells {
    /// Where a field of the item was read, such as `目录!E4`: the cell that said it, or the empty one that did not; the
    /// row's first where no column is of that field.
    pub fn place_of(&self, field: &str) -> String {
        let element = match field {
            "channels_raw" | "channels_other" | "channels_optional" => "channels",
            "audience_specific" => "audience",
            other => other,
        };
        let is_of =
            |found: &str| found == element || (element == "name" && found.starts_with("level") && found != "levels");
        // The deepest level names the item.
        let column = self.elements.iter().filter(|(_, found)| is_of(found)).map(|(letters, _)| letters).next_back();
        let letters = column.map_or("A", String::as_str);
        let in_column = |cell: &&String| cell.trim_end_matches(|c: char| c.is_ascii_digit()) == letters;
        let own = format!("{letters}{}", self.row);
        let is_merged = !self.cells.contains_key(&own);
        let cell = self.cells.keys().find(in_column).filter(|_| is_merged && column.is_some()).unwrap_or(&own);
        format!("{}!{cell}", self.sheet)
    }
}

impl Sources {
    /// The cells that said just this.
    pub fn current(&self, item: &ItemId, digest: &Digest) -> Option<&SourceCells> {
        self.of(item, digest).filter(|cells| cells.digest == *digest)
    }

    /// The latest cells that said just this; else the latest of the item.
    pub fn of(&self, item: &ItemId, digest: &Digest) -> Option<&SourceCells> {
        let kept = self.by_item.get(item)?;
        kept.iter().rev().find(|cells| cells.digest == *digest).or_else(|| kept.last())
    }

    fn has(&self, item: &ItemId, digest: &Digest, sheet: &str, row: &Row) -> bool {
        let same = |kept: &SourceCells| {
            let is_there = kept.digest == *digest && kept.sheet == sheet && kept.row == row.source.row;
            is_there && (kept.is_cut || kept.cells == row.source.raw())
        };
        self.by_item.get(item).is_some_and(|kept| kept.iter().any(same))
    }

    fn take(&mut self, entry: &Entry) {
        let Some(bytes) = entry.payload.as_deref() else { return };
        let Ok(source) = payload::decode::<ItemSource>(&entry.header.kind, bytes) else { return };
        for table in source.tables {
            let elements = Arc::new(table.elements);
            for row in table.rows {
                let text = |place: u32| source.texts.get(place as usize).cloned().unwrap_or_default();
                let cells = SourceCells {
                    file: source.file.clone(),
                    file_digest: source.file_digest,
                    at_ms: entry.header.written_at_ms,
                    sheet: table.sheet.clone(),
                    row: row.row,
                    cells: row.cells.into_iter().map(|(address, place)| (address, text(place))).collect(),
                    elements: Arc::clone(&elements),
                    is_cut: row.is_cut,
                    digest: row.digest,
                };
                self.by_item.entry(row.item).or_default().push(cells);
            }
        }
    }
}

impl App {
    /// The cells that this node keeps for the items of a catalog; none where another node keeps the catalog.
    pub async fn sources(&self, catalog: &CatalogId) -> Result<Sources> {
        let entries = self.store().entries_about(&about(catalog)).await?;
        let mut sources = Sources::default();
        entries.iter().for_each(|entry| sources.take(entry));
        Ok(sources)
    }

    /// What an import's rows add to the cells that are kept: told by whoever imports, before he lets another.
    pub(crate) async fn source_drafts(
        &self,
        catalog: &CatalogId,
        file: File<'_>,
        (tables, matched): (&[&Table], &Matched),
    ) -> Result<Vec<Draft>> {
        let kept = self.sources(catalog).await?;
        let mut pages = Pages::of(catalog, file);
        let mut ids = matched.row_ids.iter();
        for table in tables {
            let sheet = pages.begin(table);
            for (row, id) in table.rows.iter().zip(ids.by_ref()) {
                // Content that was removed by law does not come back by its cells.
                let slot = matched.items.get(id).filter(|slot| slot.item().erasure().is_none());
                let Some(digest) = slot.map(gongkai_model::revision::Slot::digest) else { continue };
                if !kept.has(id, &digest, &sheet, row) {
                    pages.add(row, (id, digest));
                }
            }
        }
        let draft = |page: ItemSource| {
            let mut draft = Draft::of(Kind::ItemSource, catalog.division.clone(), payload::encode(&page));
            draft.about = Some(about(catalog));
            draft
        };
        Ok(pages.finish().into_iter().map(draft).collect())
    }
}

/// The file of an import.
#[derive(Clone, Copy)]
pub(crate) struct File<'f> {
    pub(crate) name: &'f str,
    pub(crate) content: &'f [u8],
}

/// Rows on pages, each of which fits an entry.
struct Pages {
    done: Vec<ItemSource>,
    page: ItemSource,
    /// The table that rows are added to, once there is one.
    head: SourceTable,
    is_open: bool,
    bytes: usize,
    /// The places of the page's texts.
    places: HashMap<Arc<str>, u32>,
}

impl Pages {
    fn of(catalog: &CatalogId, file: File<'_>) -> Self {
        let (file, file_digest) = (cut(file.name, NAME_CHARS_MAX), Digest::of_file(file.content));
        let page = ItemSource { catalog: catalog.clone(), file, file_digest, texts: Vec::new(), tables: Vec::new() };
        let head = SourceTable { sheet: String::new(), elements: BTreeMap::new(), rows: Vec::new() };
        Self { done: Vec::new(), page, head, is_open: false, bytes: 0, places: HashMap::new() }
    }

    /// Goes on with another table; gives its sheet's name as it is kept.
    fn begin(&mut self, table: &Table) -> String {
        let named = |(letters, element): (&String, &String)| (letters.clone(), cut(element, NAME_CHARS_MAX));
        let (sheet, elements) = (cut(&table.sheet, NAME_CHARS_MAX), table.elements.iter().map(named).collect());
        self.head = SourceTable { sheet: sheet.clone(), elements, rows: Vec::new() };
        self.is_open = false;
        sheet
    }

    fn add(&mut self, row: &Row, (item, digest): (&ItemId, Digest)) {
        if self.bytes >= PART_BYTES_TARGET {
            self.turn();
        }
        if !self.is_open {
            self.page.tables.push(self.head.clone());
            self.is_open = true;
        }
        let mut left = ROW_BYTES_MAX;
        let mut cells = BTreeMap::new();
        for cell in &row.source.cells {
            let text = within(&cell.text, &mut left);
            let place = self.place(text);
            cells.insert(cell.address(), place);
        }
        self.bytes += ROW_FRAME_BYTES + cells.len() * CELL_FRAME_BYTES;
        let is_cut = row.source.cells.iter().map(|cell| cell.text.len()).sum::<usize>() > ROW_BYTES_MAX;
        let row = SourceRow { item: item.clone(), digest, row: row.source.row, cells, is_cut };
        if let Some(table) = self.page.tables.last_mut() {
            table.rows.push(row);
        }
    }

    fn place(&mut self, text: Arc<str>) -> u32 {
        if let Some(place) = self.places.get(&text) {
            return *place;
        }
        // A page has far fewer texts than 2^32: it is turned after some hundred kilobytes.
        let place = u32::try_from(self.page.texts.len()).unwrap_or(u32::MAX);
        self.bytes += text.len();
        self.page.texts.push(text.to_string());
        self.places.insert(text, place);
        place
    }

    fn turn(&mut self) {
        let next = ItemSource { texts: Vec::new(), tables: Vec::new(), ..self.page.clone() };
        self.done.push(std::mem::replace(&mut self.page, next));
        self.places.clear();
        (self.is_open, self.bytes) = (false, 0);
    }

    fn finish(mut self) -> Vec<ItemSource> {
        if !self.page.tables.is_empty() {
            self.done.push(self.page);
        }
        self.done
    }
}

/// The text, or as much of it as there is room for.
fn within(text: &Arc<str>, left: &mut usize) -> Arc<str> {
    if text.len() <= *left {
        *left -= text.len();
        return Arc::clone(text);
    }
    let end = text.floor_char_boundary(*left);
    *left = 0;
    Arc::from(format!("{}{CUT}", &text[..end]))
}

fn cut(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

/// What such an entry is about, for looking it up: not the catalog itself, which is folded without it.
pub(crate) fn about(catalog: &CatalogId) -> String {
    format!("source:{catalog}")
}
