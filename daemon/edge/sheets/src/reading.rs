//! What a reading depends on beside the file: vocabularies and domains as data, and the reader's own level.
//!
//! Invariant: an answer depends on the arguments only. Left out: where the data comes from (seeds, journal).

use std::{collections::BTreeMap, sync::LazyLock};

use gongkai_model::{
    domain::{Domain, RoutingTable, TitleMatch},
    vocabulary::{Term, Vocabulary, fold},
};

use crate::{
    Mapping, TextForm,
    traditional::{is_traditional, simplify},
};

/// The data a file is read with.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// Channels, audiences, modes, levels and marks.
    pub vocabulary: &'a Vocabulary,
    /// Domains with their aliases.
    pub routing: &'a RoutingTable,
    /// The level of the node that reads, as a slug: it decides what 市级 means. Empty where it is not known.
    pub node_level: &'a str,
}

/// The full title of a law known under the one that is asked for.
pub type FullTitle<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// What a person told about a file beside the data: it changes what is read only where the file is silent or unusual.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// Columns by their header's text, for every office's sheets.
    pub mapping: &'a Mapping,
    /// The same for single offices, by [`crate::publisher_key`]; what holds for every office is in them too.
    pub by_publisher: &'a BTreeMap<String, Mapping>,
    /// The office that made the file; empty where its sheets are to say it.
    pub publisher: &'a str,
    /// The domain, where a person named one.
    pub domain: Option<ToldDomain<'a>>,
    /// The full title of a law known under a short one (《信息公开条例》); `None` where the title is full or unknown.
    /// The printed text is kept beside it.
    pub law_title: Option<&'a FullTitle<'a>>,
    /// How a text file is written, where that is known.
    pub text: TextForm,
}

impl Default for Told<'_> {
    fn default() -> Self {
        static NOTHING: LazyLock<Mapping> = LazyLock::new(Mapping::default);
        static NOBODY: BTreeMap<String, Mapping> = BTreeMap::new();
        Self {
            mapping: &NOTHING,
            by_publisher: &NOBODY,
            publisher: "",
            domain: None,
            law_title: None,
            text: TextForm::default(),
        }
    }
}

/// The domain that a person named for a file.
#[derive(Clone, Copy, Debug)]
pub struct ToldDomain<'a> {
    /// Its slug.
    pub slug: &'a str,
    /// Whether it counts against what the file says; else only where the file says nothing.
    pub is_meant: bool,
}

/// The level that 市级 means in a table that has a separate county column.
const MUNICIPAL: &str = "municipal";
/// The level that 市级 means in a table without one, read by a node below the city.
const COUNTY: &str = "county";
/// 乡、村级 in one column.
const TOWNSHIP_VILLAGE: &str = "township-village";

impl<'a> Reading<'a> {
    /// The level a header or cell word names. `has_county` tells whether the table has a county column beside it:
    /// then 市级 is the city's, whoever reads.
    pub(crate) fn level(&self, text: &str, has_county: bool) -> Option<&'a str> {
        let folded = fold(text);
        if folded.is_empty() {
            return None;
        }
        let exact = self.levels_of(&folded, has_county);
        let is_both = folded.contains('级')
            && folded.contains(['乡', '镇', '街'])
            && (folded.contains('村') || folded.contains("社区"));
        if exact.is_none() && is_both {
            return self.vocabulary.levels.get(TOWNSHIP_VILLAGE).map(|term| term.slug.as_str());
        }
        // A place's name before the word: 东阳市级.
        exact.or_else(|| {
            let mut tails = folded.char_indices().skip(1).map(|(place, _)| &folded[place..]);
            tails.find_map(|tail| self.levels_of(tail, has_county))
        })
    }

    fn levels_of(&self, word: &str, has_county: bool) -> Option<&'a str> {
        let found: Vec<&Term> = self.vocabulary.levels.matches(word).collect();
        let named = |slug: &str| found.iter().find(|term| term.slug == slug).map(|term| term.slug.as_str());
        match found.as_slice() {
            [] => None,
            [term] => Some(&term.slug),
            _ if has_county => named(MUNICIPAL),
            _ => named(self.node_level).or_else(|| named(COUNTY)),
        }
    }

    /// Whether the word is the county's alone (县级, 区级; not 市级).
    pub(crate) fn is_county(&self, text: &str) -> bool {
        self.vocabulary.levels.find(text).is_some_and(|term| term.slug == COUNTY)
    }

    /// The domain one of the texts names, the first text that names exactly one.
    pub(crate) fn domain_of<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Option<&'a Domain> {
        texts.into_iter().find_map(|text| match self.routing.domain_in_title(text) {
            TitleMatch::One(domain) => Some(domain),
            TitleMatch::None if is_traditional(text) => self.routing.domain_in_title(&simplify(text)).one(),
            TitleMatch::None | TitleMatch::Several(_) => None,
        })
    }

    /// The word to print for a slug so that it reads back: the label, else a spelling that only this term has.
    pub(crate) fn level_label<'t>(&'t self, slug: &'t str) -> &'t str {
        self.level_words(slug).next().unwrap_or(slug)
    }

    /// As [`Reading::level_label`], for a list of several: no word with a stop inside (乡、村级).
    pub(crate) fn level_list_word<'t>(&'t self, slug: &'t str) -> &'t str {
        self.level_words(slug).find(|word| !word.contains(['、', '，', ',', ';', '；', '/'])).unwrap_or(slug)
    }

    fn level_words<'t>(&'t self, slug: &'t str) -> impl Iterator<Item = &'t str> {
        let levels = &self.vocabulary.levels;
        let words = levels.get(slug).into_iter().flat_map(|term| std::iter::once(&term.label).chain(&term.spellings));
        words.filter(|word| levels.matches(word).count() == 1).map(String::as_str)
    }
}
