//! What a reading answers: tables with their rows, warnings by cell, rejected tables.
//!
//! Invariant: the JSON form is the one scripts rely on (`catalog import --output json`): every field of an item is
//! there even when it is empty, and codes of warnings never change. Left out: the revision made of it.

use std::collections::BTreeMap;

use gongkai_model::item::{Item, missing_elements, open_questions, parse_time_limit};
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    Source,
    grid::{Sheet, position},
};

/// Most warnings of one code that name their cell; the rest is counted in one more.
pub const WARNINGS_PER_CODE_MAX: usize = 100;

/// Longest text of a cell that a warning repeats, in characters: a paragraph, not a page.
pub const WARNING_TEXT_CHARS_MAX: usize = 300;

/// Everything read from one file.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The file's name as given.
    pub file: String,
    /// The encoding of a text file, as told or guessed; none for a workbook.
    pub encoding: Option<&'static str>,
    /// What stands between the columns of a text file, as told or guessed; none for a workbook.
    pub delimiter: Option<&'static str>,
    /// How many items all tables have.
    pub items: usize,
    /// The catalogs found, in the order of sheets and rows.
    pub tables: Vec<Table>,
    /// What a person should look at.
    pub warnings: Vec<Warning>,
    /// Sheets with text that hold no catalog.
    pub rejected: Vec<Rejected>,
    /// Headers that were told for this file and stand nowhere in it; each has a warning.
    #[serde(skip)]
    pub unmet: Vec<String>,
    /// The lines of titles, offices and heads, as `sheet!A1:N3`: what stands there is in no item.
    #[serde(skip)]
    pub heads: Vec<String>,
}

/// One catalog.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// The sheet's name.
    pub sheet: String,
    /// From the title or header to the last row, such as `A1:N7`.
    pub range: String,
    /// The title as printed, without blanks inside.
    pub title: String,
    /// The office that made it, as it was told or as the sheet says; empty where neither is.
    pub publisher: String,
    /// The domain's slug; none where neither title, sheet nor file name one.
    pub domain: Option<String>,
    /// How many rows it has.
    pub items: usize,
    /// The letters of the columns by the fields that they hold, the first of each.
    #[serde(skip)]
    pub columns: BTreeMap<&'static str, String>,
    /// The element that each column holds, by the column's letters; a further column is `extra.` and its head.
    pub elements: BTreeMap<String, String>,
    /// The items in printed order.
    pub rows: Vec<Row>,
}

/// One item with what belongs to its printing only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The reviewed content.
    pub item: Item,
    /// 序号 as printed; never a key.
    pub serial: String,
    /// Where it stands.
    pub source: Source,
    /// What keeps it from being submitted as it is.
    pub errors: Vec<String>,
}

/// Something a person should look at; the reading went on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// The permanent name of the kind.
    pub code: &'static str,
    /// `sheet!B4`; just the sheet where no cell is meant; empty for the file.
    pub cell: String,
    /// The finding.
    pub message: String,
    /// The cell's text as printed, cut after [`WARNING_TEXT_CHARS_MAX`].
    pub text: String,
}

/// A sheet with text that is no catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// The sheet's name.
    pub sheet: String,
    /// Its used cells.
    pub range: String,
    /// The permanent name of the reason.
    pub code: &'static str,
    /// The reason.
    pub message: String,
}

impl Row {
    /// The mandatory elements that are missing, as `errors` names them, and what nobody has answered.
    pub(crate) fn list_missing(&mut self) {
        let missing = missing_elements(&self.item);
        self.errors.extend(missing.iter().map(|element| format!("missing {} ({})", element.field(), element.label())));
        let asked = open_questions(&self.item);
        self.errors.extend(asked.map(|(column, word)| format!("unanswered {column}:{word} (yes or no?)")));
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("serial", &self.serial)?;
        put_item(&mut map, &self.item)?;
        map.serialize_entry("source", &self.source)?;
        map.serialize_entry("errors", &self.errors)?;
        map.end()
    }
}

/// The fields of an item as scripts know them, also the empty ones.
pub(crate) fn put_item<M: SerializeMap>(map: &mut M, item: &Item) -> Result<(), M::Error> {
    map.serialize_entry("level1", &item.level1)?;
    map.serialize_entry("level2", &item.level2)?;
    map.serialize_entry("level3", &item.level3)?;
    map.serialize_entry("name", item.name())?;
    map.serialize_entry("content", &item.content)?;
    map.serialize_entry("basis", &item.basis.iter().map(FullBasis).collect::<Vec<_>>())?;
    map.serialize_entry("time_limit_text", &item.time_limit_text)?;
    map.serialize_entry("time_limit", &parse_time_limit(&item.time_limit_text))?;
    map.serialize_entry("subject", &item.subject)?;
    map.serialize_entry("channels", &item.channels)?;
    map.serialize_entry("channels_other", &item.channels_other)?;
    map.serialize_entry("channels_optional", &item.channels_optional)?;
    map.serialize_entry("channels_raw", &item.channels_raw)?;
    map.serialize_entry("audience", &item.audience)?;
    map.serialize_entry("audience_specific", &item.audience_specific)?;
    map.serialize_entry("disclosure_mode", &item.disclosure_mode)?;
    map.serialize_entry("withhold_reason", &item.withhold_reason)?;
    map.serialize_entry("extent", &item.extent)?;
    map.serialize_entry("levels", &item.levels)?;
    map.serialize_entry("five_open", &item.five_open)?;
    map.serialize_entry("stage", &item.stage)?;
    map.serialize_entry("guideline_ref", &item.guideline_ref)?;
    map.serialize_entry("power_list_ref", &item.power_list_ref)?;
    map.serialize_entry("responsible_dept", &item.responsible_dept)?;
    map.serialize_entry("effective_from", &item.effective_from)?;
    map.serialize_entry("effective_to", &item.effective_to)?;
    map.serialize_entry("extra", &item.extra)
}

/// A basis with all four fields, also the empty ones.
struct FullBasis<'a>(&'a gongkai_model::item::Basis);

impl Serialize for FullBasis<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("title", &self.0.title)?;
        map.serialize_entry("doc_no", &self.0.doc_no)?;
        map.serialize_entry("article", &self.0.article)?;
        map.serialize_entry("raw", &self.0.raw)?;
        map.end()
    }
}

/// Collects warnings, bounded by code.
#[derive(Default)]
pub(crate) struct Diagnostics {
    warnings: Vec<Warning>,
    counts: BTreeMap<&'static str, usize>,
    pub(crate) heads: Vec<String>,
}

impl Diagnostics {
    /// Notes a finding at a cell of a sheet, or at a range of them; returns whether it is listed by its place.
    pub(crate) fn warn(&mut self, code: &'static str, sheet: &str, address: &str, message: &str) -> bool {
        let cell = if address.is_empty() { sheet.to_owned() } else { format!("{sheet}!{address}") };
        self.push(Warning { code, cell, message: message.to_owned(), text: String::new() })
    }

    /// Notes lines of a title or head.
    pub(crate) fn head(&mut self, place: String) {
        self.heads.push(place);
    }

    /// Takes what was noted apart.
    pub(crate) fn absorb(&mut self, other: Self) {
        for warning in other.warnings {
            self.push(warning);
        }
        self.heads.extend(other.heads);
    }

    /// Notes a finding about the whole file.
    pub(crate) fn warn_file(&mut self, code: &'static str, message: &str) {
        self.push(Warning { code, cell: String::new(), message: message.to_owned(), text: String::new() });
    }

    /// Takes back all findings of a kind.
    pub(crate) fn withdraw(&mut self, code: &str) {
        self.warnings.retain(|warning| warning.code != code);
        self.counts.retain(|known, _| *known != code);
    }

    fn push(&mut self, warning: Warning) -> bool {
        let count = self.counts.entry(warning.code).or_default();
        *count += 1;
        let is_listed = *count <= WARNINGS_PER_CODE_MAX;
        if is_listed {
            self.warnings.push(warning);
        }
        is_listed
    }

    /// All warnings with the text of their cells, and one for each code that had more than are listed.
    pub(crate) fn finish(mut self, sheets: &[Sheet]) -> Vec<Warning> {
        for warning in &mut self.warnings {
            let first = |cells: &str| position(cells.split(':').next().unwrap_or(cells));
            let place = warning.cell.rsplit_once('!').and_then(|(name, cell)| Some((name, first(cell)?)));
            let Some((name, (row, column))) = place else { continue };
            let text = sheets.iter().find(|sheet| sheet.name == name).map_or("", |sheet| sheet.text(row, column));
            warning.text = text.chars().take(WARNING_TEXT_CHARS_MAX).collect();
        }
        for (code, count) in self.counts {
            if let Some(more) = count.checked_sub(WARNINGS_PER_CODE_MAX).filter(|more| *more > 0) {
                let message = format!("{more} more of this kind");
                self.warnings.push(Warning { code, cell: String::new(), message, text: String::new() });
            }
        }
        self.warnings
    }
}
