//! The official workbook of a division: one sheet a domain, two header rows, 14 columns (written by sheets).
//!
//! Invariant: the same items give the same bytes; nothing here reads a clock.

use gongkai_model::{domain::RoutingTable, tree::Division};
use gongkai_sheets::{CatalogSheet, Reading, SheetRow};

use crate::{
    error::PublishError,
    prepared::{Prepared, Ready},
};

/// `xlsx/<division>.xlsx`, its sheets in the order of the domain list.
pub(crate) fn write(prepared: &Prepared<'_>, division: &Division) -> Result<Vec<u8>, PublishError> {
    let sheets: Vec<CatalogSheet<'_>> =
        prepared.in_domain_order(&division.id).into_iter().map(|ready| sheet(prepared, ready)).collect();
    // Writing looks at vocabularies and the level only: titles are written, not recognised.
    let routing = RoutingTable::default();
    let reading = Reading { vocabulary: &prepared.input.vocabulary, routing: &routing, node_level: &division.level };
    let fault =
        |error: gongkai_sheets::Error| PublishError::Workbook { division: division.id.clone(), why: error.to_string() };
    gongkai_sheets::write(&sheets, &reading).map_err(fault)
}

fn sheet<'b>(prepared: &'b Prepared<'_>, ready: &'b Ready<'_>) -> CatalogSheet<'b> {
    CatalogSheet {
        name: prepared.domain_name(&ready.part.catalog.domain),
        title: &ready.title,
        rows: ready.items.iter().map(|item| SheetRow { serial: &item.part.serial, item: &item.item }).collect(),
    }
}
