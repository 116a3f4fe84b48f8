//! The plan of an edition: all that it is rendered from, save the items' bytes, which the journal keeps.
//!
//! Invariant: kept before the edition's entry is committed and never changed after, so that the same directory can
//! be made again whatever has arrived since. It is no part of the journal: a node rebuilt from its peers lacks it.

use std::{collections::BTreeMap, sync::Arc};

use gongkai_model::{
    digest::Digest,
    id::{CatalogId, DivisionId, DomainSlug},
    revision::Revision,
    tree::Division,
    vocabulary::Vocabulary,
};
use gongkai_publish::{CatalogPart, Consolidation, DomainName, Issuer, ItemPart, Missing, PreviousEdition};
use serde::{Deserialize, Serialize};

use super::{planned::PlannedCatalog, reason::MissingCatalog, select::Selection, series::SeriesEntry};
use crate::{App, Error, Result};

/// Before the number in the node's own table.
const PLAN: &str = "publish.plan.";
/// Program and version, as the manifest names them.
const GENERATOR: &str = concat!("gongkai ", env!("CARGO_PKG_VERSION"));
/// What the publishing office is called after its division's name: the plan names it the lead office of the city.
const OFFICE: &str = "人民政府办公室";

/// What an edition is rendered from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) number: u64,
    pub(super) published_at_ms: i64,
    generator: String,
    division: DivisionId,
    issuer: String,
    /// Number and manifest digest of the edition before.
    pub(super) previous: Option<(u64, Digest)>,
    divisions: Vec<Division>,
    domains: Vec<(DomainSlug, String)>,
    vocabulary: Vocabulary,
    pub(super) catalogs: Vec<PlannedCatalog>,
    pub(super) missing: Vec<MissingCatalog>,
    pub(super) heads: Digest,
    /// Why, in the publisher's words; stays on this node.
    pub(super) note: String,
    /// The manifest in whose place the edition is made again; not kept.
    #[serde(skip)]
    pub(super) stands_for: Option<Digest>,
}

impl PlannedCatalog {
    fn part(&self, revision: &Revision) -> CatalogPart {
        let header = revision.header.decode();
        let known = [
            ("编制单位", header.publisher),
            ("版本", header.edition_text),
            ("标准指引", header.guideline),
            ("批准文号", self.document_no.clone()),
        ];
        let known = known.into_iter().map(|(label, text)| (label.to_owned(), text));
        let items = revision.items.iter().map(|(id, slot)| ItemPart {
            id: id.clone(),
            order: slot.order,
            serial: slot.serial.clone(),
            item: slot.item().clone(),
            digest: slot.digest(),
        });
        CatalogPart {
            catalog: self.catalog.clone(),
            title: header.title,
            header: known.chain(header.extra).filter(|(_, text)| !text.trim().is_empty()).collect(),
            revision: self.revision,
            submission: self.submission,
            decisions: self.decisions.clone(),
            approved_by_division: self.approved_by_division.clone(),
            approved_by_department: self.approved_by_department.clone(),
            approved_at_ms: self.approved_at_ms,
            items: items.collect(),
        }
    }
}

impl Plan {
    pub(super) fn of(selection: &Selection, last: Option<&SeriesEntry>, note: String, now_ms: i64) -> Self {
        let world = &selection.world;
        let domains = world.routing_table().domains.iter();
        Self {
            number: last.map_or(1, |last| last.payload.number + 1),
            // A clock that was set back must not make an edition older than the one before.
            published_at_ms: last.map_or(now_ms, |last| now_ms.max(last.payload.published_at_ms.saturating_add(1))),
            generator: GENERATOR.to_owned(),
            division: world.root.clone(),
            issuer: format!("{}{OFFICE}", world.name_of(&world.root)),
            previous: last.map(|last| (last.payload.number, last.payload.manifest)),
            divisions: world.tree().divisions().cloned().collect(),
            domains: domains.map(|domain| (domain.slug.clone(), domain.name.clone())).collect(),
            vocabulary: world.vocabulary.clone(),
            catalogs: selection.chosen.iter().map(|chosen| chosen.planned.clone()).collect(),
            missing: selection.missing.clone(),
            heads: selection.heads,
            note,
            stands_for: None,
        }
    }

    /// The renderer's input; `None` where a revision is not at hand.
    pub(super) fn consolidation(
        &self,
        revisions: &BTreeMap<CatalogId, Arc<Revision>>,
        previous: Option<PreviousEdition>,
    ) -> Option<Consolidation> {
        let part = |planned: &PlannedCatalog| {
            let revision = revisions.get(&planned.catalog)?;
            (revision.digest() == planned.revision).then(|| planned.part(revision))
        };
        let missing = self.missing.iter().map(|missing| Missing {
            division: missing.division.clone(),
            domain: missing.domain.clone(),
            why: missing.why.clone(),
        });
        let domains = self.domains.iter();
        Some(Consolidation {
            number: self.number,
            issuer: Issuer { division: self.division.clone(), name: self.issuer.clone() },
            published_at_ms: self.published_at_ms,
            generator: self.generator.clone(),
            previous,
            divisions: self.divisions.clone(),
            domains: domains.map(|(slug, name)| DomainName { slug: slug.clone(), name: name.clone() }).collect(),
            vocabulary: self.vocabulary.clone(),
            catalogs: self.catalogs.iter().map(part).collect::<Option<_>>()?,
            missing: missing.collect(),
            heads: self.heads,
            stands_for: self.stands_for,
        })
    }
}

impl App {
    pub(super) async fn keep_plan(&self, plan: &Plan) -> Result<()> {
        // A struct of text and numbers always serialises.
        let json = serde_json::to_string(plan).unwrap_or_default();
        Ok(self.store().put_meta(&key(plan.number), &json).await?)
    }

    /// The plan of an edition; `None` where this node never had it.
    pub(super) async fn edition_plan(&self, number: u64) -> Result<Option<Plan>> {
        let Some(json) = self.store().meta(&key(number)).await? else { return Ok(None) };
        let read = serde_json::from_str(&json);
        read.map(Some).map_err(|error| Error::Damaged { hash: key(number), why: error.to_string() })
    }
}

fn key(number: u64) -> String {
    format!("{PLAN}{number:010}")
}
