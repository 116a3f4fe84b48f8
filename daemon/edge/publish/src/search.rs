//! The index of the search page: a script file, because pages opened from a disk may not fetch data.
//!
//! Invariant: the file is one assignment of JSON made of arrays, with `<` escaped; it is data and cannot run anything
//! else. Left out: the search itself (assets/search.js).

use std::collections::BTreeMap;

use serde::Serialize;

use gongkai_model::id::{DivisionId, DomainSlug};

use crate::{
    error::PublishError,
    path,
    prepared::{Prepared, ReadyItem, by_code},
    shown,
};

/// Up to so many items the full text is searched; above it the index holds names only, and the page says so.
/// At about 600 bytes an item, 30,000 items make 18 MB: what a phone reads from a disk in a few seconds.
pub(crate) const FULL_TEXT_ITEMS_MAX: usize = 30_000;
/// Most characters of an item's text in the index; real contents have 20 to 300.
const TEXT_CHARS_MAX: usize = 600;

/// Arrays instead of named fields: the names would be a third of the file.
#[derive(Serialize)]
struct Index<'a> {
    edition: u64,
    is_full_text: bool,
    /// Name, and the index of the division above or -1.
    divisions: Vec<(&'a str, i64)>,
    domains: Vec<&'a str>,
    /// Division, domain, page.
    catalogs: Vec<(usize, usize, String)>,
    /// Catalog, id, name, level 1, further text.
    items: Vec<(usize, &'a str, &'a str, &'a str, String)>,
}

/// `assets/search-index.js`.
pub(crate) fn index(prepared: &Prepared<'_>) -> Result<String, PublishError> {
    let divisions = by_code(&prepared.tree, prepared.tree.divisions().map(|division| &division.id));
    let places: BTreeMap<&DivisionId, usize> = divisions.iter().enumerate().map(|(i, d)| (&d.id, i)).collect();
    let domains: BTreeMap<&DomainSlug, usize> =
        prepared.input.domains.iter().enumerate().map(|(i, domain)| (&domain.slug, i)).collect();
    let above = |id: &DivisionId| prepared.tree.parent(id).and_then(|parent| places.get(parent));
    let is_full_text = prepared.item_count() <= FULL_TEXT_ITEMS_MAX;
    let place = |map: Option<&usize>| map.copied().unwrap_or_default();
    let index = Index {
        edition: prepared.input.number,
        is_full_text,
        divisions: divisions.iter().map(|d| (d.name.as_str(), above(&d.id).map_or(-1, |i| *i as i64))).collect(),
        domains: prepared.input.domains.iter().map(|domain| domain.name.as_str()).collect(),
        catalogs: prepared
            .catalogs
            .iter()
            .map(|ready| &ready.part.catalog)
            .map(|id| (place(places.get(&id.division)), place(domains.get(&id.domain)), path::catalog_page(id)))
            .collect(),
        items: prepared
            .catalogs
            .iter()
            .enumerate()
            .flat_map(|(catalog, ready)| ready.items.iter().map(move |item| (catalog, item)))
            .map(|(catalog, item)| row(catalog, item, is_full_text))
            .collect(),
    };
    let fault =
        |error: serde_json::Error| PublishError::Data { path: path::SEARCH_INDEX.to_owned(), why: error.to_string() };
    let json = serde_json::to_string(&index).map_err(fault)?;
    Ok(format!("globalThis.GONGKAI_INDEX={};\n", json.replace('<', "\\u003c")))
}

fn row<'a>(catalog: usize, ready: &'a ReadyItem<'_>, is_full_text: bool) -> (usize, &'a str, &'a str, &'a str, String) {
    let item = &ready.item;
    let text = if is_full_text { further_text(ready) } else { String::new() };
    (catalog, ready.part.id.as_str(), item.name(), &item.level1, text)
}

fn further_text(ready: &ReadyItem<'_>) -> String {
    let item = &ready.item;
    let basis = item.basis.iter().map(shown::basis_text);
    let parts = std::iter::once(item.content.clone()).chain(item.subject.iter().cloned()).chain(basis);
    let parts = parts.chain([item.time_limit_text.clone(), item.audience_specific.clone()]);
    let text = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(TEXT_CHARS_MAX).collect()
}
