//! The content check (`catalog check`): what it finds in a catalog, and what it lets through.
//!
//! Invariant: the same items, waivers and list of laws give the same findings on every node; a submission needs no
//! standing error, an edition no finding that [`Finding::stops_publication`] names. Left out: the rules (model) and
//! who overruled what (waive).

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use gongkai_model::{
    check::{Facts, Finding, Verdict, Waiver, WaiverError, apply_waivers, check_revision},
    digest::Digest,
    id::CatalogId,
    item::{Basis, Item},
    revision::Revision,
    standard::counterparts,
};
use gongkai_seeds::{LawTitles, Seeds};

use crate::{App, Loaded, Result, standard::standard_of};

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
        let revision = Arc::clone(loaded.named(revision)?);
        let standard = self.standard_under(&revision).await?;
        let verdict = verdict_of(&loaded, &revision, standard.as_deref());
        let checked = Checked { revision: revision.digest(), items: revision.items.len(), verdict };
        Ok((loaded, checked))
    }

    /// The content of the standard that a revision stands on; `None` without one, or before it has come.
    pub(crate) async fn standard_under(&self, revision: &Revision) -> Result<Option<Arc<Revision>>> {
        let Some(named) = standard_of(revision) else { return Ok(None) };
        let versions = self.standard_versions(&named.id).await?;
        Ok(versions.into_iter().find(|version| version.row.revision == named.revision).map(|version| version.content))
    }
}

/// The findings of a revision after the catalog's waivers. Without the standard limits are held to the statutory one:
/// that makes a warning more or less, which stops nothing.
pub(crate) fn verdict_of(loaded: &Loaded, revision: &Revision, standard: Option<&Revision>) -> Verdict {
    let waivers: Vec<Waiver> = loaded.waivers.iter().map(|standing| standing.waiver.clone()).collect();
    let known = |basis: &Basis| laws().state(&basis.title);
    let followed = standard.map(|standard| followed(revision, standard)).unwrap_or_default();
    let find = |item: &Item| followed.get(&item.to_canonical().digest());
    apply_waivers(check_revision(revision, &Facts { laws: Some(&known), standard: Some(&find) }), &waivers)
}

/// The standard's items by the digest of the item that follows each.
fn followed(revision: &Revision, standard: &Revision) -> BTreeMap<Digest, Item> {
    let pairs = counterparts(revision, standard).into_iter();
    let both = pairs.filter_map(|(own, theirs)| Some((revision.items.get(&own)?, standard.items.get(&theirs)?)));
    both.map(|(own, theirs)| (own.digest(), theirs.item().decode())).collect()
}

/// Refuses a revision that the check does not let through.
pub(crate) fn require_clean(loaded: &Loaded, revision: &Revision) -> Result<()> {
    let verdict = verdict_of(loaded, revision, None);
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use gongkai_model::{
        id::ItemId,
        revision::{Header, Row, match_items},
    };

    use super::*;

    fn revision(limit: &str) -> Revision {
        let item = Item {
            level1: "综合业务".to_owned(),
            level2: "政策法规".to_owned(),
            time_limit_text: limit.to_owned(),
            ..Item::default()
        };
        let rows = vec![Row { item, serial: "1".to_owned() }];
        let matched = match_items(None, rows, || ItemId::parse("one").unwrap()).unwrap();
        Revision {
            catalog: CatalogId::parse("211221/social-assistance").unwrap(),
            parents: Vec::new(),
            header: Header::default().to_canonical(),
            items: matched.items,
        }
    }

    #[test]
    fn a_limit_is_held_to_that_of_the_standard_s_item() {
        let (own, standard) = (revision("信息形成之日起20个工作日内"), revision("信息形成之日起7个工作日内"));
        let followed = followed(&own, &standard);
        let find = |item: &Item| followed.get(&item.to_canonical().digest());
        let found = check_revision(&own, &Facts { laws: None, standard: Some(&find) });
        let looser = found.iter().find(|finding| finding.rule.name() == "limit-looser").unwrap();
        assert!(looser.message.contains("20 working days, not 7"), "{}", looser.message);
    }
}
