//! Where each file of an edition lies, and which paths a manifest may name.
//!
//! Invariant: a path is made from identifiers only, never from a title or a name, and passes [`is_safe`].

use gongkai_model::id::{CatalogId, DivisionId, DomainSlug};

pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const SIGNATURE: &str = "manifest.sig";
pub(crate) const SUMS: &str = "SHA256SUMS";
pub(crate) const INDEX: &str = "index.html";
pub(crate) const SEARCH: &str = "search.html";
pub(crate) const ABOUT: &str = "about.html";
pub(crate) const STYLE: &str = "assets/site.css";
pub(crate) const SEARCH_SCRIPT: &str = "assets/search.js";
pub(crate) const SEARCH_INDEX: &str = "assets/search-index.js";
pub(crate) const CATALOGS_JSON: &str = "data/catalogs.json";
pub(crate) const DIFFERENCE_JSON: &str = "data/difference.json";
pub(crate) const ITEMS_CSV: &str = "data/items.csv";

/// Longest path in a manifest: two identifiers of 64 bytes and a folder fit three times over.
pub(crate) const PATH_BYTES_MAX: usize = 255;
/// Deepest path: `d/<division>/index.html` has three parts.
pub(crate) const PATH_PARTS_MAX: usize = 4;

pub(crate) fn division_page(division: &DivisionId) -> String {
    format!("d/{division}/index.html")
}

pub(crate) fn catalog_page(catalog: &CatalogId) -> String {
    format!("c/{}/{}.html", catalog.division, catalog.domain)
}

pub(crate) fn catalog_data(catalog: &CatalogId) -> String {
    format!("data/{}/{}.json", catalog.division, catalog.domain)
}

pub(crate) fn domain_page(domain: &DomainSlug) -> String {
    format!("domain/{domain}.html")
}

pub(crate) fn workbook(division: &DivisionId) -> String {
    format!("xlsx/{division}.xlsx")
}

/// Relative, forward slashes, plain ASCII names, no part that is hidden or climbs: safe on every file system.
pub(crate) fn is_safe(path: &str) -> bool {
    let parts_fit = path.split('/').count() <= PATH_PARTS_MAX;
    path.len() <= PATH_BYTES_MAX && parts_fit && path.split('/').all(is_safe_part)
}

fn is_safe_part(part: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !part.is_empty() && !part.starts_with('.') && !part.ends_with('.') && part.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_relative_paths_are_safe() {
        for good in ["index.html", "d/211221/index.html", "data/211221100/work-safety.json", "SHA256SUMS"] {
            assert!(is_safe(good), "{good}");
        }
        let long = "a".repeat(PATH_BYTES_MAX + 1);
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/./b",
            ".hidden",
            "a\\b",
            "c:x",
            "a/b/c/d/e",
            "名",
            "a.",
            &long,
        ] {
            assert!(!is_safe(bad), "{bad}");
        }
    }
}
