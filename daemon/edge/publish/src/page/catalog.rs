//! The page of one catalog: the official table on a wide screen, one card an item on a phone.
//!
//! Invariant: the page depends on nothing but what `Ready::inputs` covers.

use askama::Template;

use crate::{
    day,
    error::PublishError,
    path,
    prepared::{Prepared, Ready},
    shown::{self, Column, Shown},
};

use super::{Crumb, Frame, Place, crumbs, filled};

const ROOT: &str = "../../";

#[derive(Template)]
#[template(path = "catalog.html")]
struct CatalogPage<'a> {
    frame: Frame<'a>,
    crumbs: Vec<Crumb<'a>>,
    division: &'a str,
    division_href: String,
    domain: &'a str,
    domain_href: String,
    data_href: String,
    workbook_href: String,
    header: &'a [(String, String)],
    approved_by: String,
    approved_at: String,
    revision: String,
    root_digest: String,
    columns: &'static [Column],
    rows: Vec<Shown>,
}

/// `c/<division>/<domain>.html`.
pub(crate) fn catalog_page(prepared: &Prepared<'_>, ready: &Ready<'_>) -> Result<String, PublishError> {
    let id = &ready.part.catalog;
    let columns = shown::level_columns(&ready.items);
    let rows = shown::rows(&ready.items, &prepared.input.vocabulary, columns);
    let page = CatalogPage {
        frame: Frame::new(prepared, ROOT, ready.title.clone(), Place::Inside),
        crumbs: crumbs(prepared, &id.division, ROOT),
        division: prepared.division_name(&id.division),
        division_href: format!("{ROOT}{}", path::division_page(&id.division)),
        domain: prepared.domain_name(&id.domain),
        domain_href: format!("{ROOT}{}", path::domain_page(&id.domain)),
        data_href: format!("{ROOT}{}", path::catalog_data(id)),
        workbook_href: format!("{ROOT}{}", path::workbook(&id.division)),
        header: &ready.part.header,
        approved_by: approver(&ready.part.approved_by_division, &ready.part.approved_by_department),
        approved_at: day::chinese(ready.part.approved_at_ms),
        revision: ready.part.revision.short(),
        root_digest: ready.root.to_string(),
        columns,
        rows,
    };
    filled(&path::catalog_page(id), &page)
}

/// Division and department, without saying the division twice (铁岭县民政局 is not 铁岭县铁岭县民政局).
fn approver(division: &str, department: &str) -> String {
    if department.starts_with(division) { department.to_owned() } else { format!("{division} {department}") }
}
