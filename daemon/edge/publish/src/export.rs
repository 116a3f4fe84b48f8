//! The edition as data: JSON with the owners' canonical items word for word, and one CSV for spreadsheets.
//!
//! Invariant: an item's JSON is embedded as its owner made it, never encoded again, so that its digest can be
//! recomputed; no CSV cell can be taken for a formula. Left out: workbooks (sheets).

use serde::Serialize;
use serde_json::value::RawValue;

use gongkai_model::{
    digest::Digest,
    edition::Path,
    id::{CatalogId, DivisionId, DomainSlug},
};

use crate::{
    day,
    error::PublishError,
    path,
    prepared::{Prepared, Ready, ReadyItem},
    shown::{self, Shown},
};

/// The format of the files below `data/`.
pub(crate) const DATA_FORMAT: u32 = 1;
/// Spreadsheet programs take a cell for a formula when it begins so; the full-width forms too, in some locales.
const FORMULA_STARTS: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
/// Makes spreadsheet programs read UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[derive(Serialize)]
struct CatalogFile<'a> {
    format: u32,
    catalog: &'a CatalogId,
    title: &'a str,
    division: DivisionRow<'a>,
    domain: DomainRow<'a>,
    header: &'a [(String, String)],
    revision: Digest,
    submission: Digest,
    decisions: &'a [Digest],
    approved_by: ApprovedBy<'a>,
    approved_at: String,
    root: Digest,
    items: Vec<ItemRow<'a>>,
}

#[derive(Serialize)]
struct ApprovedBy<'a> {
    division: &'a str,
    department: &'a str,
}

#[derive(Serialize)]
struct ItemRow<'a> {
    id: &'a str,
    order: u32,
    serial: &'a str,
    digest: Digest,
    proof: Option<&'a Path>,
    item: &'a RawValue,
}

#[derive(Serialize)]
struct DivisionRow<'a> {
    id: &'a DivisionId,
    code: &'a str,
    name: &'a str,
    level: &'a str,
    parent: Option<&'a DivisionId>,
}

#[derive(Serialize)]
struct DomainRow<'a> {
    slug: &'a DomainSlug,
    name: &'a str,
}

#[derive(Serialize)]
struct Overview<'a> {
    format: u32,
    edition: u64,
    issuer: &'a str,
    published_at: String,
    edition_root: Digest,
    divisions: Vec<DivisionRow<'a>>,
    domains: Vec<DomainRow<'a>>,
    catalogs: Vec<CatalogRow<'a>>,
    missing: Vec<MissingRow<'a>>,
}

#[derive(Serialize)]
struct CatalogRow<'a> {
    catalog: &'a CatalogId,
    title: &'a str,
    page: String,
    data: String,
    workbook: String,
    items: usize,
    revision: Digest,
    approved_at: String,
    root: Digest,
    submission: Digest,
    proof: Option<Path>,
}

#[derive(Serialize)]
struct MissingRow<'a> {
    division: &'a DivisionId,
    domain: Option<&'a DomainSlug>,
    why: &'a str,
}

/// Compact JSON with a line end.
pub(crate) fn json(path: &str, value: &impl Serialize) -> Result<Vec<u8>, PublishError> {
    let fault = |error: serde_json::Error| PublishError::Data { path: path.to_owned(), why: error.to_string() };
    let mut bytes = serde_json::to_vec(value).map_err(fault)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// `data/<division>/<domain>.json`.
pub(crate) fn catalog_json(prepared: &Prepared<'_>, ready: &Ready<'_>) -> Result<Vec<u8>, PublishError> {
    let part = ready.part;
    let path = path::catalog_data(&part.catalog);
    let file = CatalogFile {
        format: DATA_FORMAT,
        catalog: &part.catalog,
        title: &ready.title,
        division: division_row(prepared, &part.catalog.division),
        domain: DomainRow { slug: &part.catalog.domain, name: prepared.domain_name(&part.catalog.domain) },
        header: &part.header,
        revision: part.revision,
        submission: part.submission,
        decisions: &part.decisions,
        approved_by: ApprovedBy { division: &part.approved_by_division, department: &part.approved_by_department },
        approved_at: day::rfc3339(part.approved_at_ms),
        root: ready.root,
        items: ready.items.iter().map(|item| item_row(item, &path)).collect::<Result<_, _>>()?,
    };
    json(&path, &file)
}

fn item_row<'a>(ready: &'a ReadyItem<'_>, path: &str) -> Result<ItemRow<'a>, PublishError> {
    let fault = |error: serde_json::Error| PublishError::Data { path: path.to_owned(), why: error.to_string() };
    Ok(ItemRow {
        id: ready.part.id.as_str(),
        order: ready.part.order,
        serial: &ready.part.serial,
        digest: ready.part.digest,
        proof: ready.proof.as_ref(),
        item: serde_json::from_str(ready.part.item.as_json()).map_err(fault)?,
    })
}

fn division_row<'a>(prepared: &'a Prepared<'_>, id: &'a DivisionId) -> DivisionRow<'a> {
    let division = prepared.tree.get(id);
    DivisionRow {
        id,
        code: division.map_or("", |division| &division.code),
        name: prepared.division_name(id),
        level: division.map_or("", |division| &division.level),
        parent: prepared.tree.parent(id),
    }
}

/// `data/catalogs.json`: the list of catalogs, and each one's proof to the edition's root.
pub(crate) fn catalogs_json(prepared: &Prepared<'_>) -> Result<Vec<u8>, PublishError> {
    let input = prepared.input;
    let catalogs = prepared.catalogs.iter().map(|ready| CatalogRow {
        catalog: &ready.part.catalog,
        title: &ready.title,
        page: path::catalog_page(&ready.part.catalog),
        data: path::catalog_data(&ready.part.catalog),
        workbook: path::workbook(&ready.part.catalog.division),
        items: ready.items.len(),
        revision: ready.part.revision,
        approved_at: day::rfc3339(ready.part.approved_at_ms),
        root: ready.root,
        submission: ready.part.submission,
        proof: prepared.edition.path(&ready.part.catalog).map(|(_, path)| path),
    });
    let missing = prepared.missing.iter().map(|missing| MissingRow {
        division: &missing.division,
        domain: missing.domain.as_ref(),
        why: &missing.why,
    });
    let file = Overview {
        format: DATA_FORMAT,
        edition: input.number,
        issuer: &input.issuer.name,
        published_at: day::rfc3339(input.published_at_ms),
        edition_root: prepared.edition_root(),
        divisions: prepared.tree.divisions().map(|division| division_row(prepared, &division.id)).collect(),
        domains: input.domains.iter().map(|domain| DomainRow { slug: &domain.slug, name: &domain.name }).collect(),
        catalogs: catalogs.collect(),
        missing: missing.collect(),
    };
    json(path::CATALOGS_JSON, &file)
}

const CSV_HEADER: [&str; 20] = [
    "行政区划代码",
    "行政区划",
    "层级",
    "领域",
    "序号",
    "一级事项",
    "二级事项",
    "三级事项",
    "公开内容(要素)",
    "公开依据",
    "公开时限",
    "公开主体",
    "公开渠道和载体",
    "公开对象",
    "公开方式",
    "公开层级",
    "批准日期",
    "事项标识",
    "事项摘要",
    "页面",
];

/// `data/items.csv`: one line an item, UTF-8 with a byte order mark.
pub(crate) fn items_csv(prepared: &Prepared<'_>) -> Result<Vec<u8>, PublishError> {
    let fault = |why: String| PublishError::Data { path: path::ITEMS_CSV.to_owned(), why };
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BYTE_ORDER_MARK.to_vec());
    writer.write_record(CSV_HEADER).map_err(|error| fault(error.to_string()))?;
    for ready in &prepared.catalogs {
        let levels = shown::level_columns(&ready.items);
        for (item, row) in ready.items.iter().zip(shown::rows(&ready.items, &prepared.input.vocabulary, levels)) {
            let cells = csv_cells(prepared, ready, item, &row).map(|cell| harmless(&cell));
            writer.write_record(&cells).map_err(|error| fault(error.to_string()))?;
        }
    }
    writer.into_inner().map_err(|error| fault(error.to_string()))
}

fn csv_cells(prepared: &Prepared<'_>, ready: &Ready<'_>, item: &ReadyItem<'_>, row: &Shown) -> [String; 20] {
    let id = &ready.part.catalog;
    let division = division_row(prepared, &id.division);
    [
        division.code.to_owned(),
        division.name.to_owned(),
        prepared.input.vocabulary.levels.label(division.level).to_owned(),
        prepared.domain_name(&id.domain).to_owned(),
        row.serial.clone(),
        item.item.level1.clone(),
        item.item.level2.clone(),
        item.item.level3.clone(),
        row.content.clone(),
        row.basis.join("\n"),
        row.time_limit.clone(),
        row.subject.join("、"),
        shown::ticked_text(&row.channels),
        shown::ticked_text(&row.audience),
        shown::ticked_text(&row.modes),
        shown::ticked_text(&row.levels),
        day::day(ready.part.approved_at_ms),
        row.id.clone(),
        item.part.digest.to_string(),
        crate::prepared::anchor(id, item.part.id.as_str()),
    ]
}

/// An apostrophe in front makes a spreadsheet show the text instead of computing it.
fn harmless(cell: &str) -> String {
    if cell.trim_start_matches(' ').starts_with(FORMULA_STARTS) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_cannot_be_taken_for_a_formula() {
        for (cell, expected) in [
            ("=1+1", "'=1+1"),
            (" @SUM(A1)", "' @SUM(A1)"),
            ("-cmd", "'-cmd"),
            ("＝HYPERLINK()", "'＝HYPERLINK()"),
            ("公开", "公开"),
            ("", ""),
        ] {
            assert_eq!(harmless(cell), expected);
        }
    }
}
