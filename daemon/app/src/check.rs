//! The content check (`catalog check`): what it finds in a catalog, and what it lets through.
//!
//! Invariant: the same items, waivers and list of laws give the same findings on every node; a submission needs no
//! standing error, an edition no finding that [`Finding::stops_publication`] names. Left out: the rules (model) and
//! who overruled what (waive).

use std::sync::LazyLock;

use gongkai_model::{
    check::{Facts, Finding, Verdict, Waiver, WaiverError, apply_waivers, check_revision},
    digest::Digest,
    id::CatalogId,
    item::Basis,
    revision::Revision,
};
use gongkai_seeds::{LawTitles, Seeds};

use crate::{App, Loaded, Result};

/// Why a check stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// Errors stand in the way of submitting.
    #[error("the check of `{catalog}` finds {count} errors, the first: {first}")]
    Stopped {
        /// Which catalog.
        catalog: CatalogId,
        /// How many errors count.
        count: usize,
        /// The first of them.
        first: String,
    },
    /// A waiver for which there is no finding.
    #[error("the check of `{catalog}` finds no `{rule}` at {place}")]
    NothingToWaive {
        /// Which catalog.
        catalog: CatalogId,
        /// The rule's name.
        rule: &'static str,
        /// The item, in words.
        place: String,
    },
    /// No such waiver stands.
    #[error("no waiver `{text}` of `{catalog}` stands")]
    WaiverUnknown {
        /// Which catalog.
        catalog: CatalogId,
        /// As given.
        text: String,
    },
    /// The waiver itself is refused.
    #[error(transparent)]
    Waiver(#[from] WaiverError),
}

impl CheckError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Stopped { .. } => "GK-CHECK-041",
            Self::NothingToWaive { .. } => "GK-CHECK-042",
            Self::WaiverUnknown { .. } => "GK-CHECK-043",
            Self::Waiver(error) => error.code(),
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Stopped { catalog, .. } => format!(
                "`gongkai catalog check {catalog}` lists them; mend them, or `gongkai catalog waive` where that is allowed"
            ),
            Self::NothingToWaive { catalog, .. } => {
                format!("take rule and item from the output of `gongkai catalog check {catalog}`")
            }
            Self::WaiverUnknown { catalog, .. } => {
                format!("`gongkai catalog waivers {catalog}` lists those that stand")
            }
            Self::Waiver(error) => error.hint(),
        }
    }
}

/// What the check found in one revision.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The revision.
    pub revision: Digest,
    /// How many items it has.
    pub items: usize,
    /// The findings after the waivers.
    pub verdict: Verdict,
}

impl App {
    /// Checks a revision of a catalog; an empty text means the working one, `approved` the latest approved.
    pub async fn check_catalog(&self, catalog: &CatalogId, revision: &str) -> Result<(Loaded, Checked)> {
        let loaded = self.load_known(catalog).await?;
        let checked = {
            let revision = loaded.named(revision)?;
            let verdict = verdict_of(&loaded, revision);
            Checked { revision: revision.digest(), items: revision.items.len(), verdict }
        };
        Ok((loaded, checked))
    }
}

/// The findings of a revision after the catalog's waivers.
pub(crate) fn verdict_of(loaded: &Loaded, revision: &Revision) -> Verdict {
    let waivers: Vec<Waiver> = loaded.waivers.iter().map(|standing| standing.waiver.clone()).collect();
    let known = |basis: &Basis| laws().state(&basis.title);
    apply_waivers(check_revision(revision, &Facts { laws: Some(&known), standard: None }), &waivers)
}

/// Refuses a revision that the check does not let through.
pub(crate) fn require_clean(loaded: &Loaded, revision: &Revision) -> Result<()> {
    let verdict = verdict_of(loaded, revision);
    let Some(first) = verdict.stops_submission().next() else { return Ok(()) };
    let (catalog, count) = (loaded.catalog.clone(), verdict.errors);
    Err(CheckError::Stopped { catalog, count, first: in_words(first) }.into())
}

/// A finding in one line: the item, the field and what was found.
pub(crate) fn in_words(finding: &Finding) -> String {
    let item = match (finding.item.as_str(), finding.serial.trim()) {
        (gongkai_model::check::HEADER, _) => "the header".to_owned(),
        (item, "") => format!("item {item}"),
        (_, serial) => format!("item {serial}"),
    };
    format!("{item}, {}: {} ({})", finding.field, finding.message, finding.code())
}

/// The titles of laws that come with the program.
pub(crate) fn laws() -> &'static LawTitles {
    static LAWS: LazyLock<LawTitles> = LazyLock::new(|| Seeds::builtin().laws);
    &LAWS
}
