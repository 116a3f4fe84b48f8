//! The page of one division: its catalogs, what it lacks, and the divisions below.

use askama::Template;

use gongkai_model::tree::Division;

use crate::{
    day,
    error::PublishError,
    path,
    prepared::{Prepared, Ready, by_code},
};

use super::{Crumb, Frame, Place, amounts, crumbs, filled};

const ROOT: &str = "../../";

#[derive(Template)]
#[template(path = "division.html")]
struct DivisionPage<'a> {
    frame: Frame<'a>,
    crumbs: Vec<Crumb<'a>>,
    name: &'a str,
    code: &'a str,
    level: &'a str,
    item_count: usize,
    workbook_href: String,
    catalogs: Vec<CatalogLine<'a>>,
    missing: Vec<MissingLine<'a>>,
    below: Vec<BelowLine<'a>>,
}

struct CatalogLine<'a> {
    domain: &'a str,
    href: String,
    data_href: String,
    items: usize,
    approved_at: String,
    approved_by: &'a str,
}

struct MissingLine<'a> {
    domain: &'a str,
    why: &'a str,
}

struct BelowLine<'a> {
    name: &'a str,
    href: String,
    catalogs: usize,
    items: usize,
}

/// `d/<division>/index.html`.
pub(super) fn division_page(prepared: &Prepared<'_>, division: &Division) -> Result<String, PublishError> {
    let catalogs = prepared.of_division(&division.id);
    let missing = prepared.missing.iter().filter(|missing| missing.division == division.id);
    let below = by_code(&prepared.tree, prepared.tree.children(&division.id));
    let page = DivisionPage {
        frame: Frame::new(prepared, ROOT, division.name.clone(), Place::Inside),
        crumbs: crumbs(prepared, &division.id, ROOT),
        name: &division.name,
        code: &division.code,
        level: prepared.input.vocabulary.levels.label(&division.level),
        item_count: amounts(catalogs).1,
        workbook_href: format!("{ROOT}{}", path::workbook(&division.id)),
        catalogs: prepared.in_domain_order(&division.id).into_iter().map(|ready| line(prepared, ready)).collect(),
        missing: missing
            .map(|missing| MissingLine {
                domain: missing.domain.as_ref().map_or("全部领域", |slug| prepared.domain_name(slug)),
                why: &missing.why,
            })
            .collect(),
        below: below.into_iter().map(|division| below_line(prepared, division)).collect(),
    };
    filled(&path::division_page(&division.id), &page)
}

fn line<'b>(prepared: &'b Prepared<'_>, ready: &'b Ready<'_>) -> CatalogLine<'b> {
    let id = &ready.part.catalog;
    CatalogLine {
        domain: prepared.domain_name(&id.domain),
        href: format!("{ROOT}{}", path::catalog_page(id)),
        data_href: format!("{ROOT}{}", path::catalog_data(id)),
        items: ready.items.len(),
        approved_at: day::day(ready.part.approved_at_ms),
        approved_by: &ready.part.approved_by_department,
    }
}

fn below_line<'b>(prepared: &Prepared<'_>, division: &'b Division) -> BelowLine<'b> {
    let (mut catalogs, mut items) = (0, 0);
    for id in prepared.tree.subtree(&division.id) {
        let (own_catalogs, own_items) = amounts(prepared.of_division(&id));
        (catalogs, items) = (catalogs + own_catalogs, items + own_items);
    }
    BelowLine { name: &division.name, href: format!("{ROOT}{}", path::division_page(&division.id)), catalogs, items }
}
