//! The content check (`catalog check`): what it finds in a catalog, and what it lets through.
//!
//! Invariant: the same items, waivers and list of laws give the same findings on every node; a submission needs no
//! standing error, an edition no finding that [`Finding::stops_publication`] names. Left out: the rules (model) and
//! who overruled what (waive).

mod file;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use gongkai_model::{
    check::{Facts, FindStandard, Finding, LawState, Verdict, Waiver, WaiverError, apply_waivers, check_revision},
    digest::Digest,
    domain::LawIndex,
    id::{CatalogId, Day},
    item::{Basis, Item},
    revision::Revision,
    standard::{StandardId, StandardKind, counterparts},
};

pub use file::CheckedFile;

use crate::{App, Loaded, Result, World, desk::seeds, standard::standard_of};

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
        let verdict = verdict_of(&self.world(), &loaded, &revision, standard.as_deref());
        let checked = Checked { revision: revision.digest(), items: revision.items.len(), verdict };
        Ok((loaded, checked))
    }

    /// The content of the standard that a revision stands on; of a catalog that names none the one that was handed
    /// down for its domain. `None` without one, with several, or before it has come.
    pub(crate) async fn standard_under(&self, revision: &Revision) -> Result<Option<Arc<Revision>>> {
        let Some(named) = standard_of(revision) else { return self.only_standard(&revision.catalog).await };
        let versions = self.standard_versions(&named.id).await?;
        Ok(versions.into_iter().find(|version| version.row.revision == named.revision).map(|version| version.content))
    }
}

impl App {
    /// The one standard that was handed down for a catalog's domain by a division above its owner.
    async fn only_standard(&self, catalog: &CatalogId) -> Result<Option<Arc<Revision>>> {
        let path = self.world().tree().path(&catalog.division);
        let mut rows = self.standard_rows(Some(&catalog.domain)).await?;
        rows.retain(|row| row.is_sent && row.facts.kind != StandardKind::Pilot && path.contains(&row.id.division));
        let ids: BTreeSet<&StandardId> = rows.iter().map(|row| &row.id).collect();
        match (ids.first(), ids.len()) {
            (Some(only), 1) => Ok(Some(self.standard(only).await?.content)),
            _ => Ok(None),
        }
    }
}

/// What is known of a title: by the city's own list before the program's.
fn law_state(own: &LawIndex<'_>, title: &str, today: &Day) -> LawState {
    own.find(title).map_or_else(|| seeds().law_state(title, today), |law| law.state(today))
}

/// The findings of a revision after the catalog's waivers. Without the standard limits are held to the statutory one:
/// that makes a warning more or less, which stops nothing.
pub(crate) fn verdict_of(world: &World, loaded: &Loaded, revision: &Revision, standard: Option<&Revision>) -> Verdict {
    let waivers: Vec<Waiver> = loaded.waivers.iter().map(|standing| standing.waiver.clone()).collect();
    let own = world.routing_table().law_index();
    let known = |basis: &Basis| law_state(&own, &basis.title, &world.today);
    let followed = standard.map(|standard| followed(revision, standard)).unwrap_or_default();
    let find = |item: &Item| followed.get(&item.to_canonical().digest());
    // Looking an item up takes its canonical bytes: not for nothing.
    let standard = standard.map(|_| &find as &FindStandard<'_>);
    apply_waivers(check_revision(revision, &Facts { laws: Some(&known), standard }), &waivers)
}

/// The standard's items by the digest of the item that follows each.
fn followed(revision: &Revision, standard: &Revision) -> BTreeMap<Digest, Item> {
    let pairs = counterparts(revision, standard).into_iter();
    let both = pairs.filter_map(|(own, theirs)| Some((revision.items.get(&own)?, standard.items.get(&theirs)?)));
    both.map(|(own, theirs)| (own.digest(), theirs.item().decode())).collect()
}

/// Refuses a revision that the check does not let through.
pub(crate) fn require_clean(world: &World, loaded: &Loaded, revision: &Revision) -> Result<()> {
    let verdict = verdict_of(world, loaded, revision, None);
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
