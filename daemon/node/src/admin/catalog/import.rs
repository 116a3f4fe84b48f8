//! Imports and named columns as messages: what is asked, and what was read and done.
//!
//! Invariant: a file beyond the limit is refused before anything looks into it.

use gongkai_app::{ImportQuestion, Imported, ImportedRevision, KeptColumns, MatchedRow, RowChange};
use gongkai_model::id::DivisionId;
use gongkai_proto::{IMPORT_BYTES_MAX, admin::v1 as wire};

use crate::{Error, admin::convert};

/// What the caller wants imported.
pub(super) fn question(asked: wire::ImportCatalogRequest) -> Result<ImportQuestion, Error> {
    check_size(&asked.content)?;
    Ok(ImportQuestion {
        content: asked.content,
        file_name: asked.file_name,
        division: filled(asked.division),
        domain: filled(asked.domain),
        confirms_domain: asked.confirm_domain,
        publisher: asked.publisher,
        is_dry_run: asked.dry_run,
        confirms_removals: asked.confirm_removals,
        map: asked.map,
        encoding: asked.encoding,
        delimiter: asked.delimiter,
        reason: asked.reason,
        basis: asked.basis,
        base: filled(asked.base),
    })
}

/// A file that is only to be checked.
pub(super) fn check_question(asked: wire::CheckCatalogRequest) -> Result<ImportQuestion, Error> {
    check_size(&asked.content)?;
    Ok(ImportQuestion {
        content: asked.content,
        file_name: asked.file_name,
        division: filled(asked.division),
        domain: filled(asked.domain),
        confirms_domain: asked.confirm_domain,
        publisher: asked.publisher,
        map: asked.map,
        encoding: asked.encoding,
        delimiter: asked.delimiter,
        is_dry_run: true,
        ..ImportQuestion::default()
    })
}

fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn check_size(content: &[u8]) -> Result<(), Error> {
    if content.len() > IMPORT_BYTES_MAX {
        let what = format!("the file has {} bytes, {IMPORT_BYTES_MAX} are taken", content.len());
        return Err(Error::BadRequest { what });
    }
    Ok(())
}

/// What an import read and did.
pub(super) fn response(file: &str, is_dry_run: bool, imported: &Imported) -> wire::ImportCatalogResponse {
    let report = &imported.report;
    let revisions: Vec<wire::ImportedRevision> =
        imported.revisions.iter().map(|made| revision(made, is_dry_run)).collect();
    wire::ImportCatalogResponse {
        file: file.to_owned(),
        items: convert::count(report.items),
        tables: report.tables.iter().map(|table| import_table(table, file, is_dry_run)).collect(),
        warnings: report.warnings.iter().map(convert::warning).collect(),
        rejected: report.rejected.iter().map(convert::rejected).collect(),
        revision: revisions.first().map_or_else(String::new, |first| first.revision.clone()),
        revisions,
        encoding: report.encoding.unwrap_or_default().to_owned(),
        delimiter: report.delimiter.unwrap_or_default().to_owned(),
        mapping: imported.mapping.clone(),
        publisher: imported.publisher.clone(),
    }
}

fn import_table(table: &gongkai_sheets::Table, file: &str, with_rows: bool) -> wire::ImportTable {
    let domain = table.domain.clone().unwrap_or_default();
    let rows = if with_rows { table.rows.as_slice() } else { &[] };
    wire::ImportTable {
        sheet: table.sheet.clone(),
        range: table.range.clone(),
        title: table.title.clone(),
        items: convert::count(table.items),
        rows: rows.iter().map(|row| convert::row(row, file, &domain)).collect(),
        domain,
        elements: table.elements.clone(),
        edition: String::new(),
        publisher: table.publisher.clone(),
    }
}

fn revision(made: &ImportedRevision, is_dry_run: bool) -> wire::ImportedRevision {
    let matched = &made.matched;
    // Unchanged rows are told where nothing is kept: there a person looks at all of them.
    let is_told = |row: &&MatchedRow| is_dry_run || row.change != RowChange::Unchanged;
    wire::ImportedRevision {
        catalog: made.catalog.to_string(),
        revision: made.revision.to_string(),
        items: convert::count(matched.items.len()),
        added: convert::count(matched.new.len()),
        changed: convert::count(matched.changed.len()),
        removed: convert::count(matched.removed.len()),
        unchanged: convert::count(matched.unchanged.len() + matched.moved.len()),
        is_new: made.is_new,
        renamed: convert::count(matched.renamed.len()),
        ambiguous: convert::count(matched.ambiguous.iter().map(|found| found.rows.len()).sum()),
        rows: made.rows.iter().filter(is_told).map(|row| matched_row(row, is_dry_run)).collect(),
        needs_confirmation: made.needs_confirmation,
    }
}

fn matched_row(row: &MatchedRow, is_dry_run: bool) -> wire::ImportedRow {
    let (sheet, line) = row.place.clone().unwrap_or_default();
    // The id of an item that is not kept would be another one the next time.
    let has_id = !(is_dry_run && row.change == RowChange::Added);
    wire::ImportedRow {
        change: row.change.word().to_owned(),
        item_id: if has_id { row.id.to_string() } else { String::new() },
        serial: row.serial.clone(),
        name: row.name.clone(),
        name_before: row.name_before.clone(),
        fields: row.fields.clone(),
        sheet,
        row: line,
        is_ambiguous: row.is_ambiguous,
    }
}

/// The columns kept for a division.
pub(super) fn mappings(division: &DivisionId, kept: Vec<KeptColumns>) -> wire::MappingsResponse {
    let columns = |kept: KeptColumns| {
        let publisher = kept.publisher;
        let columns = kept.mapping.into_iter();
        columns.map(move |(header, field)| wire::Mapping { header, field, publisher: publisher.clone() })
    };
    wire::MappingsResponse {
        division: division.to_string(),
        mappings: kept.into_iter().flat_map(columns).collect(),
        fields: gongkai_sheets::fields().map(str::to_owned).collect(),
    }
}
