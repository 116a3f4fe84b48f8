//! Known titles of laws, regulations and documents, so that a basis (公开依据) can be checked and completed.
//!
//! Invariant: a title leads to one entry, with or without 《》 and under any of its short forms. Not in the list does
//! not mean wrong: the list grows with use. Left out: full texts and dates of repeal.

use std::collections::BTreeMap;

use gongkai_model::{check::LawState, domain::Law, vocabulary::fold};
use serde::{Deserialize, Serialize};

use crate::RepealedLaws;

/// One known title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LawTitle {
    /// The full title without 《》.
    pub title: String,
    /// What it is.
    pub kind: LawKind,
    /// Its document number where one is sure, such as 国务院令第711号.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc_no: String,
    /// Short forms in use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

/// The rank of a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LawKind {
    /// 法律, by the National People's Congress or its Standing Committee.
    Law,
    /// 行政法规, by the State Council.
    Regulation,
    /// 部门规章, by a ministry.
    Rule,
    /// 规范性文件: opinions, notices, measures with a document number.
    Document,
}

/// All known titles with an index of their folded forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<LawTitle>", into = "Vec<LawTitle>")]
pub struct LawTitles {
    titles: Vec<LawTitle>,
    by_name: BTreeMap<String, usize>,
    repeated: Option<String>,
}

impl LawTitles {
    /// The entry of a title, however it is printed.
    pub fn find(&self, title: &str) -> Option<&LawTitle> {
        self.by_name.get(&folded(title)).map(|index| &self.titles[*index])
    }

    /// What is known of a title, for the check.
    pub fn state(&self, title: &str) -> LawState {
        self.find(title).map_or(LawState::Unknown, |law| LawState::Known { doc_no: law.doc_no.clone() })
    }

    /// The full title under a short one; `None` where the title is full or unknown.
    pub fn full_title(&self, title: &str) -> Option<String> {
        self.find(title).map(|law| law.title.clone()).filter(|full| full != title)
    }

    /// All entries in the file's order.
    pub fn iter(&self) -> impl Iterator<Item = &LawTitle> {
        self.titles.iter()
    }

    /// How many entries.
    pub fn len(&self) -> usize {
        self.titles.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.titles.is_empty()
    }

    /// The first title or short form that two entries have.
    pub(crate) fn repeated(&self) -> Option<String> {
        self.repeated.clone()
    }
}

/// What two lists say beside two others, by title.
pub(crate) fn beside(
    titles: &LawTitles,
    repealed: &RepealedLaws,
    (known, known_repealed): (&LawTitles, &RepealedLaws),
) -> Vec<Law> {
    let mut laws: BTreeMap<&str, Law> = BTreeMap::new();
    for law in titles.iter().filter(|law| known.find(&law.title) != Some(law)) {
        let (title, doc_no, also) = (law.title.clone(), law.doc_no.clone(), law.also.clone());
        laws.insert(&law.title, Law { title, doc_no, also, ..Law::default() });
    }
    for law in repealed.iter().filter(|law| known_repealed.find(&law.title) != Some(law)) {
        let entry = laws.entry(&law.title).or_insert_with(|| Law { title: law.title.clone(), ..Law::default() });
        entry.also = law.also.clone();
        (entry.repealed_from, entry.by) = (Some(law.from.clone()), law.by.clone());
    }
    laws.into_values().collect()
}

fn folded(title: &str) -> String {
    fold(title.trim().trim_start_matches('《').trim_end_matches('》'))
}

impl From<Vec<LawTitle>> for LawTitles {
    fn from(titles: Vec<LawTitle>) -> Self {
        let mut by_name = BTreeMap::new();
        let mut repeated = None;
        for (index, law) in titles.iter().enumerate() {
            for name in std::iter::once(&law.title).chain(&law.also) {
                let first = *by_name.entry(folded(name)).or_insert(index);
                if first != index && repeated.is_none() {
                    repeated = Some(name.clone());
                }
            }
        }
        Self { titles, by_name, repeated }
    }
}

impl From<LawTitles> for Vec<LawTitle> {
    fn from(laws: LawTitles) -> Self {
        laws.titles
    }
}
