//! A document that [`crate::write_json`] wrote, read back: what goes out in this form can come in again.
//!
//! Invariant: an item is taken as it stands, field by field; nothing is parsed anew. A document of another form is refused.
//! Left out: ids and digests, which the catalog that takes the items gives.

use std::collections::BTreeMap;

use gongkai_model::item::Item;
use serde::Deserialize;

use crate::{
    Error, Reading, Report, Row, Source, Table, Told, domain_title, limits, report::Diagnostics, write::JSON_FORMAT,
};

#[derive(Deserialize)]
struct Document {
    format: String,
    #[serde(default)]
    catalogs: Vec<Catalog>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Catalog {
    domain: String,
    publisher_org: String,
    title: String,
    items: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    serial: String,
    #[serde(flatten)]
    item: Item,
}

/// Whether the bytes are a JSON document rather than a table of text: an object or a list of them, whose first field is
/// quoted.
pub(crate) fn is_object(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let bytes = bytes.strip_prefix(b"[").map_or(bytes, <[u8]>::trim_ascii_start);
    let inner = bytes.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    inner.is_some_and(|inner| matches!(inner.first(), Some(b'"' | b'}') | None))
}

/// Reads the catalogs of a document.
pub(crate) fn read(bytes: &[u8], file_name: &str, reading: &Reading<'_>, told: &Told<'_>) -> Result<Report, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let kind: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|error| Error::Damaged { what: error.to_string() })?;
    if kind.get("format").and_then(|format| format.as_str()) != Some(JSON_FORMAT) {
        return Err(Error::NotAWorkbook { found: "a JSON document of another form" });
    }
    let document: Document =
        serde_json::from_value(kind).map_err(|error| Error::Damaged { what: error.to_string() })?;
    debug_assert_eq!(document.format, JSON_FORMAT, "looked at before");
    let count: usize = document.catalogs.iter().map(|catalog| catalog.items.len()).sum();
    if count > limits::ROWS_MAX as usize {
        return Err(Error::TooManyCells { what: format!("{count} items, {} are read", limits::ROWS_MAX) });
    }
    let mut diagnostics = Diagnostics::default();
    let tables: Vec<Table> =
        document.catalogs.into_iter().map(|catalog| table(catalog, reading, told, &mut diagnostics)).collect();
    if tables.is_empty() {
        return Err(Error::NoCatalog { looked: "the document holds none".to_owned() });
    }
    Ok(Report {
        file: file_name.to_owned(),
        encoding: None,
        delimiter: None,
        items: count,
        tables,
        warnings: diagnostics.finish(&[]),
        rejected: Vec::new(),
        unmet: Vec::new(),
        heads: Vec::new(),
    })
}

fn table(catalog: Catalog, reading: &Reading<'_>, told: &Told<'_>, diagnostics: &mut Diagnostics) -> Table {
    let name = if catalog.title.is_empty() { catalog.domain.clone() } else { catalog.title.clone() };
    let printed = reading.routing.domains.iter().find(|domain| domain.slug.as_str() == catalog.domain);
    let printed = printed.or_else(|| reading.domain_of([catalog.title.as_str()]));
    let (domain, doubt) = domain_title::settle(printed, told.domain);
    if let Some((code, message)) = doubt {
        diagnostics.warn(code, &name, "", &message);
    }
    let rows: Vec<Row> = catalog.items.into_iter().zip(1..).map(|(entry, row)| entry.row(&name, row)).collect();
    Table {
        sheet: name,
        range: format!("A1:A{}", rows.len().max(1)),
        title: catalog.title,
        publisher: if told.publisher.is_empty() { catalog.publisher_org } else { told.publisher.to_owned() },
        domain,
        items: rows.len(),
        columns: BTreeMap::new(),
        elements: BTreeMap::new(),
        rows,
    }
}

impl Entry {
    fn row(self, sheet: &str, row: u32) -> Row {
        let source = Source { sheet: sheet.to_owned(), row, cells: Vec::new() };
        let mut row = Row { item: self.item, serial: self.serial, source, errors: Vec::new() };
        row.list_missing();
        row
    }
}
