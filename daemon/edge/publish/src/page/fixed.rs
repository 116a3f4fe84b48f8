//! The search page and the page about the edition.

use askama::Template;

use crate::{
    day,
    error::PublishError,
    path,
    prepared::{Prepared, by_code},
    search::FULL_TEXT_ITEMS_MAX,
};

use super::{Frame, Place, filled};

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage<'a> {
    frame: Frame<'a>,
    item_count: usize,
    is_full_text: bool,
    full_text_items_max: usize,
    /// Index in the search index, name with the name above, depth.
    divisions: Vec<(usize, String, usize)>,
    domains: Vec<(usize, &'a str)>,
}

#[derive(Template)]
#[template(path = "about.html")]
struct AboutPage<'a> {
    frame: Frame<'a>,
    number: u64,
    published: String,
    published_at: String,
    edition_root: String,
    heads: String,
    previous: Option<(u64, String)>,
    generator: &'a str,
}

/// `search.html`.
pub(super) fn search_page(prepared: &Prepared<'_>) -> Result<String, PublishError> {
    let item_count = prepared.item_count();
    let divisions = by_code(&prepared.tree, prepared.tree.divisions().map(|division| &division.id));
    // Only divisions from which something can be found: themselves, or below them, something is published.
    let is_found = |id| prepared.tree.subtree(id).iter().any(|below| !prepared.of_division(below).is_empty());
    let option = |(index, division): (usize, &&gongkai_model::tree::Division)| {
        (index, division.name.clone(), prepared.tree.path(&division.id).len() - 1)
    };
    let found = divisions.iter().enumerate().filter(|(_, division)| is_found(&division.id)).map(option);
    let page = SearchPage {
        frame: Frame::new(prepared, "", "全文检索".to_owned(), Place::Search),
        item_count,
        is_full_text: item_count <= FULL_TEXT_ITEMS_MAX,
        full_text_items_max: FULL_TEXT_ITEMS_MAX,
        divisions: found.collect(),
        domains: prepared.input.domains.iter().map(|domain| domain.name.as_str()).enumerate().collect(),
    };
    filled(path::SEARCH, &page)
}

/// `about.html`.
pub(super) fn about_page(prepared: &Prepared<'_>) -> Result<String, PublishError> {
    let input = prepared.input;
    let page = AboutPage {
        frame: Frame::new(prepared, "", "关于本版".to_owned(), Place::About),
        number: input.number,
        published: day::chinese(input.published_at_ms),
        published_at: day::rfc3339(input.published_at_ms),
        edition_root: prepared.edition_root().to_string(),
        heads: input.heads.to_string(),
        previous: input.previous.as_ref().map(|previous| (previous.number, previous.manifest.to_string())),
        generator: &input.generator,
    };
    filled(path::ABOUT, &page)
}
