//! What a node starts from, as data files: the tree, domains, departments, review chains, pilots, tasks, vocabularies, law
//! titles, holidays, and sample workbooks.
//!
//! Invariant: a [`Seeds`] value has passed every check of [`Seeds::parse`]; no code knows a division or a domain by
//! name. Left out: reading folders (the caller brings texts) and what a node does with the seeds (app).

use std::collections::{BTreeMap, BTreeSet};

use gongkai_model::{
    check::LawState,
    domain::{Chain, Department, Domain, RoutingTable, Task},
    id::{CatalogId, Day},
    tree::{Division, Tree},
    vocabulary::Vocabulary,
};
use serde::de::DeserializeOwned;

mod check;
mod error;
mod holidays;
mod laws;
mod repealed;
mod samples;

pub use error::Error;
pub use holidays::{HolidayPeriod, HolidayYear, Holidays};
pub use laws::{LawKind, LawTitle, LawTitles};
pub use repealed::{RepealedLaw, RepealedLaws};
pub use samples::{Purpose, Sample, SampleTable, samples};

/// Largest accepted seed file. The tree of the whole nation (some 45,000 divisions, under 250 bytes each) fits.
pub const FILE_BYTES_MAX: usize = 16 << 20;

const DIVISIONS: &str = "divisions.json";
const DOMAINS: &str = "domains.json";
const DEPARTMENTS: &str = "departments.json";
const CHAINS: &str = "chains.json";
const PILOTS: &str = "pilots.json";
const TASKS: &str = "tasks.json";
const VOCABULARIES: &str = "vocabularies.json";
const LAW_TITLES: &str = "law-titles.json";
const HOLIDAYS: &str = "holidays.json";
const REPEALED: &str = "repealed-laws.json";

/// The built-in files by name: Tieling, the 26 pilot domains and the plan's annexes.
const BUILTIN: [(&str, &str); 10] = [
    (DIVISIONS, include_str!("../divisions.json")),
    (DOMAINS, include_str!("../domains.json")),
    (DEPARTMENTS, include_str!("../departments.json")),
    (CHAINS, include_str!("../chains.json")),
    (PILOTS, include_str!("../pilots.json")),
    (TASKS, include_str!("../tasks.json")),
    (VOCABULARIES, include_str!("../vocabularies.json")),
    (LAW_TITLES, include_str!("../law-titles.json")),
    (HOLIDAYS, include_str!("../holidays.json")),
    (REPEALED, include_str!("../repealed-laws.json")),
];

/// Everything a node starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeds {
    /// The administrative tree, parents before children.
    pub divisions: Vec<Division>,
    /// Domains, departments and review chains.
    pub routing: RoutingTable,
    /// The plan's tasks with their deadlines.
    pub tasks: Vec<Task>,
    /// Channels, audience, modes, levels, ….
    pub vocabulary: Vocabulary,
    /// Known titles of laws and documents.
    pub laws: LawTitles,
    /// Which days are worked.
    pub holidays: Holidays,
    /// Laws that hold no more.
    pub repealed: RepealedLaws,
}

impl Seeds {
    /// The seeds that come with the program.
    pub fn builtin() -> Self {
        Self::parse(&BTreeMap::new()).expect("the built-in files are constants and a test parses them")
    }

    /// Reads seed files given by name; a file not given is the built-in one, so that another city brings only its tree.
    ///
    /// # Errors
    /// The first fault found, naming the file and what is wrong in it.
    pub fn parse(files: &BTreeMap<String, String>) -> Result<Self, Error> {
        if let Some(name) = files.keys().find(|name| BUILTIN.iter().all(|(known, _)| known != name)) {
            return Err(Error::FileUnknown(name.clone()));
        }
        let domains: Vec<Domain> = read(files, DOMAINS)?;
        let departments: Vec<Department> = read(files, DEPARTMENTS)?;
        let chains: Vec<Chain> = read(files, CHAINS)?;
        // The built-in pilots are of the built-in tree.
        let is_elsewhere = [DIVISIONS, DOMAINS].iter().any(|name| files.contains_key(*name));
        let has_pilots = files.contains_key(PILOTS) || !is_elsewhere;
        let pilots: BTreeSet<CatalogId> = if has_pilots { read(files, PILOTS)? } else { BTreeSet::new() };
        let (titles, repealed) = (read(files, LAW_TITLES)?, read(files, REPEALED)?);
        // A node's program knows the built-in titles: the table carries what another list adds to them.
        let laws = laws::beside(
            &titles,
            &repealed,
            (&read(&BTreeMap::new(), LAW_TITLES)?, &read(&BTreeMap::new(), REPEALED)?),
        );
        let seeds = Self {
            divisions: read(files, DIVISIONS)?,
            routing: RoutingTable { domains, departments, chains, pilots, laws },
            tasks: read(files, TASKS)?,
            vocabulary: read(files, VOCABULARIES)?,
            laws: titles,
            holidays: read(files, HOLIDAYS)?,
            repealed,
        };
        check::check(&seeds)?;
        Ok(seeds)
    }

    /// The names of the files that [`Seeds::parse`] knows.
    pub fn file_names() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().map(|(name, _)| *name)
    }

    /// What the built-in lists say of a title on a day.
    pub fn law_state(&self, title: &str, today: &Day) -> LawState {
        let repealed = self.repealed.find(title).filter(|law| law.from <= *today);
        repealed.map_or_else(|| self.laws.state(title), |law| LawState::expired(&law.from, &law.by))
    }

    /// The tree as it stands on a day.
    pub fn tree(&self, day: &Day) -> Tree {
        Tree::as_of(&self.divisions, day)
    }
}

fn read<T: DeserializeOwned>(files: &BTreeMap<String, String>, name: &'static str) -> Result<T, Error> {
    let builtin = BUILTIN.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| *text);
    let text = files.get(name).map_or(builtin, String::as_str);
    if text.len() > FILE_BYTES_MAX {
        return Err(Error::FileTooLarge { file: name, bytes: text.len() });
    }
    serde_json::from_str(text).map_err(|source| Error::FileMalformed { file: name, source })
}

#[cfg(test)]
mod tests;
