//! Laws and regulations that were repealed, so that an item which rests on one is found (动态管理).
//!
//! Invariant: only titles whose repeal is sure stand here, each with its first day without force; a title leads to one
//! entry, with or without 《》 and under any of its short forms. Left out: amended laws, which keep their title.

use std::collections::BTreeMap;

use gongkai_model::{id::Day, vocabulary::fold};
use serde::{Deserialize, Serialize};

/// One repealed title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepealedLaw {
    /// The full title without 《》.
    pub title: String,
    /// The first day on which it did not hold any more.
    pub from: Day,
    /// What took its place; empty where nothing did.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// Short forms in use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

/// All of them with an index of their folded forms.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<RepealedLaw>", into = "Vec<RepealedLaw>")]
pub struct RepealedLaws {
    laws: Vec<RepealedLaw>,
    by_name: BTreeMap<String, usize>,
    repeated: Option<String>,
}

impl RepealedLaws {
    /// The entry of a title, however it is printed.
    pub fn find(&self, title: &str) -> Option<&RepealedLaw> {
        self.by_name.get(&folded(title)).map(|index| &self.laws[*index])
    }

    /// All entries in the file's order.
    pub fn iter(&self) -> impl Iterator<Item = &RepealedLaw> {
        self.laws.iter()
    }

    /// The first title or short form that two entries have.
    pub(crate) fn repeated(&self) -> Option<String> {
        self.repeated.clone()
    }
}

fn folded(title: &str) -> String {
    fold(title.trim().trim_start_matches('《').trim_end_matches('》'))
}

impl From<Vec<RepealedLaw>> for RepealedLaws {
    fn from(laws: Vec<RepealedLaw>) -> Self {
        let mut by_name = BTreeMap::new();
        let mut repeated = None;
        for (index, law) in laws.iter().enumerate() {
            for name in std::iter::once(&law.title).chain(&law.also) {
                let first = *by_name.entry(folded(name)).or_insert(index);
                if first != index && repeated.is_none() {
                    repeated = Some(name.clone());
                }
            }
        }
        Self { laws, by_name, repeated }
    }
}

impl From<RepealedLaws> for Vec<RepealedLaw> {
    fn from(laws: RepealedLaws) -> Self {
        laws.laws
    }
}
