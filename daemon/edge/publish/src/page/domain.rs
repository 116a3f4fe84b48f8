//! The page of one domain: which divisions have published in it, and which are missing.

use std::collections::BTreeMap;

use askama::Template;

use gongkai_model::id::DivisionId;

use crate::{
    day,
    error::PublishError,
    input::DomainName,
    path,
    prepared::{Prepared, Ready, by_code},
};

use super::{Frame, Place, filled};

const ROOT: &str = "../";

#[derive(Template)]
#[template(path = "domain.html")]
struct DomainPage<'a> {
    frame: Frame<'a>,
    name: &'a str,
    item_count: usize,
    lines: Vec<Line<'a>>,
    missing: Vec<MissingLine<'a>>,
}

struct Line<'a> {
    division: &'a str,
    above: &'a str,
    level: &'a str,
    href: String,
    items: usize,
    approved_at: String,
}

struct MissingLine<'a> {
    division: &'a str,
    above: &'a str,
    href: String,
    why: &'a str,
}

/// `domain/<slug>.html`.
pub(super) fn domain_page(prepared: &Prepared<'_>, domain: &DomainName) -> Result<String, PublishError> {
    let catalogs: BTreeMap<&DivisionId, &Ready<'_>> =
        prepared.of_domain(&domain.slug).map(|ready| (&ready.part.catalog.division, ready)).collect();
    let divisions = by_code(&prepared.tree, catalogs.keys().copied());
    let missing = prepared.missing.iter().filter(|missing| missing.domain.as_ref() == Some(&domain.slug));
    let page = DomainPage {
        frame: Frame::new(prepared, ROOT, format!("{}领域", domain.name), Place::Inside),
        name: &domain.name,
        item_count: catalogs.values().map(|ready| ready.items.len()).sum(),
        lines: divisions.into_iter().filter_map(|d| catalogs.get(&d.id)).map(|ready| line(prepared, ready)).collect(),
        missing: missing
            .map(|missing| MissingLine {
                division: prepared.division_name(&missing.division),
                above: above(prepared, &missing.division),
                href: format!("{ROOT}{}", path::division_page(&missing.division)),
                why: &missing.why,
            })
            .collect(),
    };
    filled(&path::domain_page(&domain.slug), &page)
}

fn line<'b>(prepared: &'b Prepared<'_>, ready: &'b Ready<'_>) -> Line<'b> {
    let id = &ready.part.catalog;
    let level = prepared.tree.get(&id.division).map_or("", |division| division.level.as_str());
    Line {
        division: prepared.division_name(&id.division),
        above: above(prepared, &id.division),
        level: prepared.input.vocabulary.levels.label(level),
        href: format!("{ROOT}{}", path::catalog_page(id)),
        items: ready.items.len(),
        approved_at: day::day(ready.part.approved_at_ms),
    }
}

/// The name above: 红旗街道 exists in two districts.
fn above<'b>(prepared: &'b Prepared<'_>, id: &DivisionId) -> &'b str {
    let parent = prepared.tree.parent(id).and_then(|parent| prepared.tree.get(parent));
    parent.map_or("", |division| &division.name)
}
