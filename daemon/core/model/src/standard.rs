//! Standards (标准指引, 共性目录, 试点模板): versioned templates that a level hands down to all below it.
//!
//! Invariant: a version is immutable and named by its content's digest; what a division makes of it is its own
//! catalog, which remembers the standard's item but is never written by the standard.
//! Left out: who may hand one down (app), and how its entries travel (journal).

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    id::{CatalogId, DivisionId, DomainSlug, InvalidId},
    revision::{ItemBatch, RevisionBody},
};

mod compare;
mod counterpart;
mod rebase;
mod start;
mod touched;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests;

pub use compare::{Compared, Deviation, compare};
pub use counterpart::counterparts;
pub use rebase::{Clash, Outcome, Rebase, Rebased, RebasedItem, Views, rebase};
pub use start::{Template, start};
pub use touched::{Touched, touched};

/// Longest name of a standard within its division and domain: `guideline`, `common`, `pilot-211281`.
const NAME_BYTES_MAX: usize = 64;

/// Longest version, document number or issuing authority, in bytes; printed ones have some dozens of characters.
pub const TEXT_BYTES_MAX: usize = 512;

/// A standard's id: who hands it down, for which domain, and which of them. Written
/// `211200/social-assistance/guideline`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StandardId {
    /// The division that hands it down.
    pub division: DivisionId,
    /// The domain.
    pub domain: DomainSlug,
    /// Which of the domain's standards.
    pub name: String,
}

/// What a standard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StandardKind {
    /// 标准指引: a ministry's.
    Guideline,
    /// 共性目录: the province's baseline.
    Common,
    /// 试点模板: a pilot's catalog, offered to others.
    Pilot,
}

/// The version of a standard that a catalog stands on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StandardRef {
    /// The standard.
    pub id: StandardId,
    /// Digest of the version's content.
    pub revision: Digest,
    /// The version as printed, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
}

/// What is said about a version of a standard beside its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandardFacts {
    /// What it is.
    pub kind: StandardKind,
    /// The version as printed, such as 2020年版.
    pub version: String,
    /// The document's number (文号).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc_no: String,
    /// Who issued it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub authority: String,
    /// The level that set its own items: `national`, `provincial`, `municipal`, `county`.
    pub provenance: String,
    /// The pilot's catalog that it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_catalog: Option<CatalogId>,
    /// Words to those who may take it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// `standard.draft` and `standard.put`: one version of a standard, in full or on one that the same stream carried.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StandardPut {
    /// Which standard.
    pub standard: StandardId,
    /// Counts up from 1: the highest is the version in force, ties by entry hash.
    pub number: u64,
    /// What is said about it.
    pub facts: StandardFacts,
    /// Its content; the body's catalog is (division, domain) of the standard.
    pub body: RevisionBody,
}

/// `standard.batch`: items of a version that is larger than one entry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StandardBatch {
    /// Which standard.
    pub standard: StandardId,
    /// The items.
    pub batch: ItemBatch,
}

/// `standard.offer`: the owner offers an approved catalog as a template. Its content is on the path already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandardOffer {
    /// The catalog.
    pub catalog: CatalogId,
    /// The approved submission that is offered.
    pub submission: Digest,
    /// Its revision.
    pub revision: Digest,
    /// Words to those who may take it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl StandardId {
    /// Puts the parts together; the name follows the rules of slugs.
    pub fn new(division: DivisionId, domain: DomainSlug, name: &str) -> Result<Self, InvalidId> {
        let is_slug = |c: char| c.is_ascii_digit() || c.is_ascii_lowercase() || c == '-';
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.chars().all(is_slug) {
            let text = name.chars().take(40).collect();
            let why = "lower-case letters, digits and hyphens only";
            return Err(InvalidId { what: "standard name", text, why });
        }
        Ok(Self { division, domain, name: name.to_owned() })
    }

    /// Reads `division/domain/name`.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let parts: Vec<&str> = text.split('/').collect();
        let [division, domain, name] = parts.as_slice() else {
            let text = text.chars().take(40).collect();
            return Err(InvalidId { what: "standard id", text, why: "written as division/domain/name" });
        };
        Self::new(DivisionId::parse(division)?, DomainSlug::parse(domain)?, name)
    }

    /// The name that a catalog offered by a division gets.
    pub fn pilot_name(division: &DivisionId) -> String {
        format!("pilot-{division}")
    }

    /// The catalog id under which its content is digested.
    pub fn content_id(&self) -> CatalogId {
        CatalogId::new(self.division.clone(), self.domain.clone())
    }
}

impl fmt::Display for StandardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.division, self.domain, self.name)
    }
}

impl FromStr for StandardId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::parse(text)
    }
}

impl TryFrom<String> for StandardId {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        Self::parse(&text)
    }
}

impl From<StandardId> for String {
    fn from(id: StandardId) -> Self {
        id.to_string()
    }
}

impl StandardKind {
    /// The word in commands and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Guideline => "guideline",
            Self::Common => "common",
            Self::Pilot => "pilot",
        }
    }

    /// The kind of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Guideline, Self::Common, Self::Pilot].into_iter().find(|kind| kind.word() == word)
    }

    /// The level that sets the items of such a standard where nothing else is said; a pilot's is its own division's.
    pub fn provenance(self) -> &'static str {
        match self {
            Self::Guideline => "national",
            Self::Common => "provincial",
            Self::Pilot => "county",
        }
    }
}

/// The word for an item that no standard has.
pub const PROVENANCE_LOCAL: &str = "local";

/// How many items of each provenance a catalog has; an item without origin is local.
pub fn provenances(revision: &crate::revision::Revision) -> BTreeMap<String, u32> {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for slot in revision.items.values() {
        let origin = slot.item().decode().origin;
        let word = origin.map_or_else(|| PROVENANCE_LOCAL.to_owned(), |origin| origin.provenance);
        *counts.entry(word).or_default() += 1;
    }
    counts
}
