//! Controlled vocabularies (channels, audience, mode, levels, …) as data, found by any of their spellings.
//!
//! Invariant: a slug is permanent; labels and spellings only lead to it, compared on folded text. A value that no
//! term knows stays as text: this file never drops or guesses. Left out: reading cells (sheets).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

mod fold;
mod placeholder;
mod radicals;

pub use fold::fold;
pub use placeholder::{is_ditto, is_error_value, is_placeholder, is_reference};
pub use radicals::radical_as_letter;

/// One value of a vocabulary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// The permanent slug.
    pub slug: String,
    /// The official label, as written on export.
    pub label: String,
    /// The label in English.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label_en: String,
    /// Other spellings met in real catalogs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spellings: Vec<String>,
}

/// The terms of one vocabulary in their official order, with an index of their folded spellings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Term>", into = "Vec<Term>")]
pub struct Terms {
    terms: Vec<Term>,
    /// Folded label or spelling → indexes of the terms that have it: 市级 is two levels.
    by_spelling: BTreeMap<String, Vec<usize>>,
}

/// Letters and signs that stand for a tick or an empty box.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// A tick wherever they stand.
    pub ticked: Vec<String>,
    /// A tick only directly before a known label: Wingdings printed as letters.
    pub ticked_letters: Vec<String>,
    /// An empty box.
    pub unticked: Vec<String>,
    /// Words for a tick where a cell holds nothing else: 是, TRUE.
    pub yes: Vec<String>,
    /// Words and signs for "no": 否, FALSE, ×.
    pub no: Vec<String>,
}

/// All vocabularies of a catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Vocabulary {
    /// 公开渠道和载体: the 13 official channels.
    pub channels: Terms,
    /// 公开对象.
    pub audience: Terms,
    /// 公开方式.
    pub modes: Terms,
    /// 公开程度.
    pub extents: Terms,
    /// 公开层级, also the levels of divisions.
    pub levels: Terms,
    /// Kinds of 公开时限; the spellings are words that show the kind.
    pub limits: Terms,
    /// 五公开.
    pub five_open: Terms,
    /// 过程/结果.
    pub stages: Terms,
    /// Ticks and boxes.
    pub marks: Marks,
    /// Words for "as above" (同上).
    pub same_as: Vec<String>,
}

impl Terms {
    /// All terms in the official order.
    pub fn iter(&self) -> impl Iterator<Item = &Term> {
        self.terms.iter()
    }

    /// How many terms.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether there is no term.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The term with that slug.
    pub fn get(&self, slug: &str) -> Option<&Term> {
        self.terms.iter().find(|term| term.slug == slug)
    }

    /// The official label of a slug; the slug itself where it is unknown.
    pub fn label<'a>(&'a self, slug: &'a str) -> &'a str {
        self.get(slug).map_or(slug, |term| &term.label)
    }

    /// All terms with that label or spelling, on folded text.
    pub fn matches(&self, text: &str) -> impl Iterator<Item = &Term> {
        let indexes = self.by_spelling.get(&fold(text)).map_or(&[][..], Vec::as_slice);
        indexes.iter().map(|index| &self.terms[*index])
    }

    /// The term with that label or spelling; `None` where no term or more than one has it.
    pub fn find(&self, text: &str) -> Option<&Term> {
        let mut found = self.matches(text);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    }

    /// As [`Terms::find`]; where several terms have the spelling, the one with the slug `own` (市级 in a county's table).
    pub fn find_preferring(&self, text: &str, own: &str) -> Option<&Term> {
        self.find(text).or_else(|| self.matches(text).find(|term| term.slug == own))
    }

    /// The term of the longest label or spelling inside the text (铁力市政府网站), the leftmost of two equally long.
    /// A spelling that several terms share decides nothing.
    pub fn find_within(&self, text: &str) -> Option<&Term> {
        let text = fold(text);
        let mut best: Option<(usize, std::cmp::Reverse<usize>, usize)> = None;
        for (spelling, indexes) in &self.by_spelling {
            if let (Some(place), [index]) = (text.find(spelling.as_str()), indexes.as_slice()) {
                best = best.max(Some((spelling.len(), std::cmp::Reverse(place), *index)));
            }
        }
        best.map(|(_, _, index)| &self.terms[index])
    }

    /// The same terms, also known by their names without a letter that was lost; a name that says something else so, or
    /// next to nothing, is left out.
    #[must_use]
    pub fn also_without(&self, letter: char) -> Self {
        let is_free =
            |name: &String| name.chars().count() >= LOST_NAME_CHARS_MIN && self.matches(name).next().is_none();
        let with_lost = |term: &Term| {
            let names = std::iter::once(&term.label).chain(&term.spellings);
            let lost = names.filter_map(|name| without(name, letter)).filter(is_free);
            Term { spellings: term.spellings.iter().cloned().chain(lost).collect(), ..term.clone() }
        };
        self.terms.iter().map(with_lost).collect::<Vec<Term>>().into()
    }

    /// Slugs that stand twice, and slugs or labels that are empty.
    pub fn faults(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut faults = Vec::new();
        for term in &self.terms {
            if term.slug.is_empty() || term.label.is_empty() || !seen.insert(term.slug.as_str()) {
                faults.push(term.slug.clone());
            }
        }
        faults
    }
}

/// Shortest name that is still known when it has lost a letter: 报 (公报) may be a part of any word.
const LOST_NAME_CHARS_MIN: usize = 2;

/// The name without a letter; `None` where it has none to lose.
fn without(name: &str, letter: char) -> Option<String> {
    name.contains(letter).then(|| name.chars().filter(|c| *c != letter).collect())
}

impl From<Vec<Term>> for Terms {
    fn from(terms: Vec<Term>) -> Self {
        let mut by_spelling: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, term) in terms.iter().enumerate() {
            for spelling in std::iter::once(&term.label).chain(&term.spellings).map(|text| fold(text)) {
                let indexes = by_spelling.entry(spelling).or_default();
                if !indexes.contains(&index) {
                    indexes.push(index);
                }
            }
        }
        by_spelling.remove("");
        Self { terms, by_spelling }
    }
}

impl From<Terms> for Vec<Term> {
    fn from(terms: Terms) -> Self {
        terms.terms
    }
}

impl Vocabulary {
    /// The same vocabulary, which also knows its words without a letter that a page has lost throughout (主动开).
    #[must_use]
    pub fn also_without(&self, letter: char) -> Self {
        let words = |words: &[String]| -> Vec<String> {
            let lost = words.iter().filter_map(|word| without(word, letter)).filter(|word| !word.is_empty());
            words.iter().cloned().chain(lost).collect()
        };
        let marks = Marks { yes: words(&self.marks.yes), no: words(&self.marks.no), ..self.marks.clone() };
        Self {
            channels: self.channels.also_without(letter),
            audience: self.audience.also_without(letter),
            modes: self.modes.also_without(letter),
            extents: self.extents.also_without(letter),
            levels: self.levels.also_without(letter),
            limits: self.limits.also_without(letter),
            five_open: self.five_open.also_without(letter),
            stages: self.stages.also_without(letter),
            marks,
            same_as: self.same_as.clone(),
        }
    }

    /// Whether the cell only says "as above".
    pub fn is_same_as(&self, text: &str) -> bool {
        let folded = fold(text);
        let bare = folded.trim_matches(placeholder::is_around);
        is_ditto(text) || self.same_as.iter().any(|word| fold(word) == bare)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        serde_json::from_str(
            r#"{"channels": [
                  {"slug": "gov-website", "label": "政府网站", "spellings": ["政府门户网站"]},
                  {"slug": "on-site", "label": "入户/现场"},
                  {"slug": "other", "label": "其他"}],
                "levels": [
                  {"slug": "municipal", "label": "市级", "spellings": ["市本级"]},
                  {"slug": "county", "label": "县级", "spellings": ["区级", "市级"]}],
                "same_as": ["同上"]}"#,
        )
        .unwrap()
    }

    #[test]
    fn a_spelling_leads_to_its_term_whatever_its_width_or_blanks() {
        let channels = vocabulary().channels;
        for (text, slug) in [
            ("政府网站", "gov-website"),
            (" 政府 门户网站", "gov-website"),
            ("入户／现场", "on-site"),
            ("入户\u{2044}现场", "on-site"),
        ] {
            assert_eq!(channels.find(text).map(|term| term.slug.as_str()), Some(slug), "{text}");
        }
        assert_eq!(channels.find("网站"), None);
        assert_eq!(channels.find(""), None);
        assert_eq!(channels.find_within("铁力市政府网站").unwrap().slug, "gov-website");
        assert_eq!(channels.find_within("信用中国"), None);
        assert_eq!(channels.label("no-such"), "no-such");
    }

    #[test]
    fn a_term_is_known_without_the_letter_that_a_page_lost() {
        let json = r#"{"channels": [
            {"slug": "gov-gazette", "label": "政府公报", "spellings": ["公报"]},
            {"slug": "reading-point", "label": "公开查阅点"},
            {"slug": "other", "label": "政府报"}], "marks": {"no": ["不公开"]}}"#;
        let vocabulary = serde_json::from_str::<Vocabulary>(json).unwrap().also_without('公');
        let slug = |text| vocabulary.channels.find(text).map(|term| term.slug.as_str());
        assert_eq!((slug("开查阅点"), slug("公开查阅点")), (Some("reading-point"), Some("reading-point")));
        // What says something else, or next to nothing, stays what it is.
        assert_eq!((slug("政府报"), slug("报")), (Some("other"), None));
        assert_eq!(vocabulary.marks.no, ["不公开", "不开"]);
    }

    #[test]
    fn an_ambiguous_level_is_decided_by_the_node_and_never_guessed() {
        let levels = vocabulary().levels;
        assert_eq!(levels.find("市级"), None);
        assert_eq!(levels.find_within("市级"), None);
        assert_eq!(levels.find_preferring("市级", "county").unwrap().slug, "county");
        assert_eq!(levels.find_preferring("市级", "municipal").unwrap().slug, "municipal");
        assert_eq!(levels.find_preferring("市级", "township"), None);
        assert_eq!(levels.find("区级").unwrap().slug, "county");
    }

    #[test]
    fn a_vocabulary_reads_back_and_names_its_faults() {
        let vocabulary = vocabulary();
        let json = serde_json::to_string(&vocabulary).unwrap();
        assert_eq!(serde_json::from_str::<Vocabulary>(&json).unwrap(), vocabulary);
        assert!(vocabulary.is_same_as("同 上") && !vocabulary.is_same_as("同上表"));
        let term = vocabulary.channels.get("other").unwrap().clone();
        assert_eq!(Terms::from(vec![term.clone(), term]).faults(), ["other"]);
    }
}
