//! The pages of the error codes: what a code means and what to do, in both languages.
//!
//! Invariant: the pages lie in `pages/*.txt`, five lines a code (code, meaning and action in English, meaning and
//! action in Chinese), sorted; a test finds every code in the sources and asks for its page.

use std::sync::OnceLock;

use crate::ui::Lang;

/// The files of pages, by area.
const FILES: &[&str] = &[
    include_str!("../pages/bundle.txt"),
    include_str!("../pages/catalog.txt"),
    include_str!("../pages/cli.txt"),
    include_str!("../pages/conflict.txt"),
    include_str!("../pages/custody.txt"),
    include_str!("../pages/erase.txt"),
    include_str!("../pages/link.txt"),
    include_str!("../pages/node.txt"),
    include_str!("../pages/pki.txt"),
    include_str!("../pages/publish.txt"),
    include_str!("../pages/review.txt"),
    include_str!("../pages/routing.txt"),
    include_str!("../pages/standard.txt"),
    include_str!("../pages/store.txt"),
];

/// Lines of one page.
const PAGE_LINES: usize = 5;

/// One code's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) code: &'static str,
    en: (&'static str, &'static str),
    zh: (&'static str, &'static str),
}

impl Page {
    /// What it means, and what to do.
    pub(crate) fn in_language(&self, lang: Lang) -> (&'static str, &'static str) {
        lang.pick(self.en, self.zh)
    }
}

/// All pages, by code.
pub(crate) fn pages() -> &'static [Page] {
    static PAGES: OnceLock<Vec<Page>> = OnceLock::new();
    PAGES.get_or_init(|| {
        let mut pages: Vec<Page> = FILES.iter().flat_map(|file| read(file)).collect();
        pages.sort_by_key(|page| page.code);
        pages
    })
}

fn read(file: &'static str) -> Vec<Page> {
    let lines: Vec<&'static str> =
        file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let pages = lines.chunks_exact(PAGE_LINES);
    pages.map(|page| Page { code: page[0], en: (page[1], page[2]), zh: (page[3], page[4]) }).collect()
}

/// The page of a code.
pub(crate) fn page(code: &str) -> Option<&'static Page> {
    pages().binary_search_by(|page| page.code.cmp(code)).ok().map(|index| &pages()[index])
}

/// The known code that a mistyped one most likely means: the same digits in another area, or one letter beside.
pub(crate) fn nearest(code: &str) -> Option<&'static str> {
    /// More differing letters than this are another code, not a slip.
    const DISTANCE_MAX: usize = 3;
    let best = pages().iter().min_by_key(|page| strsim::levenshtein(page.code, code))?;
    (strsim::levenshtein(best.code, code) <= DISTANCE_MAX).then_some(best.code)
}
