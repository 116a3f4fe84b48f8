//! The pages of the site: one template a kind, filled from the checked input.
//!
//! Invariant: all text passes askama's HTML escaping; no page refers to anything outside the edition, and the pages
//! of a catalog say nothing about the edition, so that they can be copied into the next one.

use askama::Template;

use gongkai_model::{digest::Digest, id::DivisionId};

use crate::{
    aside::Aside,
    difference::Difference,
    error::PublishError,
    path,
    prepared::{Prepared, Ready},
};

mod catalog;
mod division;
mod domain;
mod fixed;
mod overview;

pub(crate) use catalog::catalog_page;

const STYLE: &str = include_str!("../assets/site.css");
const SEARCH_SCRIPT: &str = include_str!("../assets/search.js");

/// What every page shares.
struct Frame<'a> {
    /// From the page to the edition's directory: "", "../" or "../../".
    root: &'static str,
    title: String,
    issuer: &'a str,
    generator: &'a str,
    place: Place,
}

/// Which entry of the navigation is the current one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Overview,
    Search,
    About,
    Inside,
}

/// One step of the path above a page.
struct Crumb<'a> {
    name: &'a str,
    href: String,
}

impl<'a> Frame<'a> {
    fn new(prepared: &Prepared<'a>, root: &'static str, title: String, place: Place) -> Self {
        let input = prepared.input;
        Self { root, title, issuer: &input.issuer.name, generator: &input.generator, place }
    }
}

/// A digest over templates and assets: a changed template renders every page again.
pub(crate) fn sources() -> Digest {
    let parts = [
        include_str!("../templates/base.html"),
        include_str!("../templates/catalog.html"),
        include_str!("../templates/crumbs.html"),
        // Layout code of catalog pages; a change of what it prints raises this number.
        "layout 1",
    ];
    Digest::of("gongkai page sources v1", &parts.map(str::as_bytes))
}

/// Writes every page but those of the catalogs.
pub(crate) fn put_pages(
    prepared: &Prepared<'_>,
    difference: Option<&Difference>,
    aside: &mut Aside,
) -> Result<(), PublishError> {
    aside.put(path::STYLE, STYLE.as_bytes())?;
    aside.put(path::SEARCH_SCRIPT, SEARCH_SCRIPT.as_bytes())?;
    aside.put(path::INDEX, overview::overview_page(prepared, difference)?.as_bytes())?;
    aside.put(path::SEARCH, fixed::search_page(prepared)?.as_bytes())?;
    aside.put(path::ABOUT, fixed::about_page(prepared)?.as_bytes())?;
    for division in prepared.tree.divisions() {
        aside.put(&path::division_page(&division.id), division::division_page(prepared, division)?.as_bytes())?;
    }
    for domain in &prepared.input.domains {
        aside.put(&path::domain_page(&domain.slug), domain::domain_page(prepared, domain)?.as_bytes())?;
    }
    Ok(())
}

fn filled(path: &str, template: &impl Template) -> Result<String, PublishError> {
    template.render().map_err(|source| PublishError::Page { path: path.to_owned(), source })
}

/// The divisions above one, from the root; the division itself is not in it.
fn crumbs<'b>(prepared: &'b Prepared<'_>, division: &DivisionId, root: &str) -> Vec<Crumb<'b>> {
    let mut path = prepared.tree.path(division);
    path.pop();
    let crumb = |id: DivisionId| {
        let name = prepared.tree.get(&id).map_or("", |division| division.name.as_str());
        Crumb { name, href: format!("{root}{}", path::division_page(&id)) }
    };
    path.into_iter().map(crumb).collect()
}

/// Catalogs and items of some catalogs.
fn amounts(catalogs: &[Ready<'_>]) -> (usize, usize) {
    (catalogs.len(), catalogs.iter().map(|ready| ready.items.len()).sum())
}
