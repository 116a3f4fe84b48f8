//! Titles of laws and documents that a city knows beside those that come with the program: its own regulations,
//! new laws, repealed ones.
//!
//! Invariant: a title leads to one entry, with or without 《》 and under any of its short forms.
//! Left out: the titles that come with the program (seeds), and what the check says (check).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Error;
use crate::{check::LawState, id::Day, vocabulary::fold};

/// Most titles of a table: it travels as one entry of 1 MiB, and thirty years of local regulations are some hundreds.
pub const LAWS_MAX: usize = 1_000;
/// Longest title or number, in characters; the longest titles of notices have some 80.
const TITLE_CHARS_MAX: usize = 200;
/// Most short forms of one title.
const SHORT_FORMS_MAX: usize = 8;

/// One title.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Law {
    /// The full title without 《》.
    pub title: String,
    /// Its document number, such as 铁政发〔2026〕3号.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc_no: String,
    /// Short forms in use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// The first day on which it held no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repealed_from: Option<Day>,
    /// What took its place.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
}

impl Law {
    /// The title and its short forms.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.title).chain(&self.also).map(String::as_str)
    }

    /// Whether one of its names is this title, however that is printed.
    pub fn is_named(&self, title: &str) -> bool {
        let meant = folded(title);
        self.names().any(|name| folded(name) == meant)
    }

    /// What the check says of it on a day.
    pub fn state(&self, today: &Day) -> LawState {
        match &self.repealed_from {
            Some(from) if from <= today => LawState::expired(from, &self.by),
            Some(_) | None => LawState::Known { doc_no: self.doc_no.clone() },
        }
    }
}

/// Laws by their names: a check asks for every title of a catalog.
#[derive(Debug)]
pub struct LawIndex<'t> {
    by_name: BTreeMap<String, &'t Law>,
}

impl<'t> LawIndex<'t> {
    pub(super) fn of(laws: &'t [Law]) -> Self {
        Self { by_name: laws.iter().flat_map(|law| law.names().map(move |name| (folded(name), law))).collect() }
    }

    /// The law with that title or short form.
    pub fn find(&self, title: &str) -> Option<&'t Law> {
        if self.by_name.is_empty() { None } else { self.by_name.get(&folded(title)).copied() }
    }
}

fn folded(title: &str) -> String {
    fold(title.trim().trim_start_matches('《').trim_end_matches('》'))
}

/// Puts a title on the list, in the place of the one that bears a name of it.
pub(super) fn put(laws: &mut Vec<Law>, law: Law) {
    match laws.iter_mut().find(|known| known.is_named(&law.title)) {
        Some(known) => *known = law,
        None => laws.push(law),
    }
}

/// Bounds, and names that two titles share.
pub(super) fn check(laws: &[Law]) -> Result<(), Error> {
    let is_long = |text: &str| text.chars().count() > TITLE_CHARS_MAX;
    let is_odd = |law: &Law| {
        let is_empty = law.names().any(|name| folded(name).is_empty());
        is_empty || law.names().any(is_long) || is_long(&law.doc_no) || is_long(&law.by)
    };
    if laws.len() > LAWS_MAX || laws.iter().any(|law| is_odd(law) || law.also.len() > SHORT_FORMS_MAX) {
        return Err(Error::LawShape);
    }
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for law in laws {
        for name in law.names() {
            let first = *names.entry(folded(name)).or_insert(&law.title);
            if first != law.title {
                return Err(Error::LawTwice(name.to_owned()));
            }
        }
    }
    Ok(())
}
