//! Finds the domain that a title, a sheet name or a file name speaks of.
//!
//! Invariant: a name inside a longer name does not count (就业 in 就业创业), and where two domains are named alike
//! strongly the answer says so instead of choosing.

use super::Domain;
use crate::vocabulary::fold;

/// What directly follows a domain's name in an official title (…领域基层政务公开标准目录).
const DOMAIN_WORD: &str = "领域";

/// What a title says about its domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TitleMatch<'a> {
    /// No domain is named.
    None,
    /// Exactly one.
    One(&'a Domain),
    /// More than one, in the table's order: a person must say which.
    Several(Vec<&'a Domain>),
}

impl<'a> TitleMatch<'a> {
    /// The domain, if exactly one is named.
    pub fn one(self) -> Option<&'a Domain> {
        match self {
            Self::One(domain) => Some(domain),
            Self::None | Self::Several(_) => None,
        }
    }
}

/// A domain's name at a place of the folded title, as byte offsets.
struct Hit {
    domain_index: usize,
    start: usize,
    end: usize,
}

/// The domain whose longest name stands in the title; one before 领域 wins over one that does not.
pub(super) fn find<'a>(domains: &'a [Domain], title: &str) -> TitleMatch<'a> {
    let title = fold(title);
    let hits = outermost(hits(domains, &title));
    let before_domain_word: Vec<&Hit> = hits.iter().filter(|hit| title[hit.end..].starts_with(DOMAIN_WORD)).collect();
    let strongest = if before_domain_word.is_empty() { hits.iter().collect() } else { before_domain_word };
    let mut indexes: Vec<usize> = strongest.iter().map(|hit| hit.domain_index).collect();
    indexes.sort_unstable();
    indexes.dedup();
    match indexes.as_slice() {
        [] => TitleMatch::None,
        [index] => TitleMatch::One(&domains[*index]),
        several => TitleMatch::Several(several.iter().map(|index| &domains[*index]).collect()),
    }
}

fn hits(domains: &[Domain], title: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (domain_index, domain) in domains.iter().enumerate() {
        for name in domain.names().map(fold).filter(|name| !name.is_empty()) {
            let places = title.match_indices(&name);
            hits.extend(places.map(|(start, name)| Hit { domain_index, start, end: start + name.len() }));
        }
    }
    hits
}

/// Leaves out every hit that lies inside a longer one.
fn outermost(hits: Vec<Hit>) -> Vec<Hit> {
    let spans: Vec<(usize, usize)> = hits.iter().map(|hit| (hit.start, hit.end)).collect();
    let is_inside = |hit: &Hit| {
        spans.iter().any(|&(start, end)| start <= hit.start && hit.end <= end && end - start > hit.end - hit.start)
    };
    hits.into_iter().filter(|hit| !is_inside(hit)).collect()
}
