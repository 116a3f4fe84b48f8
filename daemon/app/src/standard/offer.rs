//! A pilot's catalog as a template (试点推广): its owner offers it, a level above hands it down.
//!
//! Invariant: only an approved catalog of a pilot is offered, and an offer changes no other catalog; who takes the
//! template begins a catalog of his own.

use std::collections::BTreeMap;

use gongkai_journal::{kind::Kind, payload};
use gongkai_model::{
    id::CatalogId,
    revision::{Revision, Slot},
    standard::{StandardFacts, StandardId, StandardKind, StandardOffer},
};

use super::{StandardError, decode, pilot_id};
use crate::{Action, App, Operator, Result, acts::about};

/// Offers read at most: pilots are few.
const OFFERS_MAX: usize = 10_000;

/// An offer as this node knows it.
#[derive(Clone, Debug)]
pub struct Offer {
    /// What is offered.
    pub offer: StandardOffer,
    /// The id under which this node would hand it down.
    pub id: StandardId,
    /// The author's wall time, unix milliseconds.
    pub at_ms: i64,
}

impl App {
    /// Offers the latest approved revision of a pilot's catalog as a template.
    pub async fn offer_catalog(&self, operator: &Operator, catalog: &CatalogId, note: String) -> Result<Offer> {
        let (acting, loaded) = self.begin_as_keeper(operator, Action::StandardOffer, catalog).await?;
        let world = self.world();
        if !world.routing_table().pilots.contains(catalog) {
            return Err(StandardError::NotPilot { catalog: catalog.clone() }.into());
        }
        let approved = loaded.state.latest_approved(None);
        let approved = approved.ok_or_else(|| StandardError::NotApproved { catalog: catalog.clone() })?;
        let offer =
            StandardOffer { catalog: catalog.clone(), submission: approved.hash, revision: approved.revision, note };
        let known = self.offers().await?.into_iter().find(|known| known.offer.revision == offer.revision);
        if let Some(known) = known.filter(|known| known.offer.catalog == *catalog) {
            return Ok(known);
        }
        acting.record_one(about(catalog, None, Kind::StandardOffer, payload::encode(&offer))).await?;
        Ok(Offer { id: pilot_id(&world.me, catalog)?, offer, at_ms: self.now_ms() })
    }

    /// The last offer of each catalog, by catalog. One that its owner did not write counts for nothing.
    pub async fn offers(&self) -> Result<Vec<Offer>> {
        let world = self.world();
        let (mut after, mut read) = (0, 0);
        let mut last: BTreeMap<CatalogId, Offer> = BTreeMap::new();
        loop {
            let page = self.store().entries_of_kinds(&[Kind::StandardOffer.word()], after, OFFERS_MAX - read).await?;
            let Some(end) = page.last().map(|placed| placed.feed) else { return Ok(last.into_values().collect()) };
            (after, read) = (end, read + page.len());
            for entry in page.iter().map(|placed| &placed.entry) {
                let Some(offer) = decode::<StandardOffer>(entry) else { continue };
                let author = &entry.header.stream.author.division;
                let is_heard = world.hears(entry, &offer.catalog.division);
                let is_owner =
                    *author == offer.catalog.division || world.custodians(&offer.catalog.division).contains(author);
                if is_heard && is_owner {
                    let id = pilot_id(&world.me, &offer.catalog)?;
                    last.insert(offer.catalog.clone(), Offer { offer, id, at_ms: entry.header.written_at_ms });
                }
            }
        }
    }

    /// What this node would hand down for an offer: the approved content, under the pilot's name.
    pub(super) async fn offered(&self, id: &StandardId) -> Result<Option<(StandardFacts, Revision)>> {
        let Some(offer) = self.offers().await?.into_iter().find(|offer| offer.id == *id) else { return Ok(None) };
        let StandardOffer { catalog, submission, revision, note } = offer.offer;
        let loaded = self.load_known(&catalog).await?;
        let is_approved = loaded.state.approved.contains(&submission);
        let content = loaded.revisions.get(&revision).filter(|_| is_approved);
        let content = content.ok_or_else(|| StandardError::NotApproved { catalog: catalog.clone() })?;
        let world = self.world();
        let level = world.tree().get(&catalog.division).map_or_else(String::new, |division| division.level.clone());
        let number = loaded.state.submission(&submission).map_or(1, |submission| submission.number);
        let facts = StandardFacts {
            kind: StandardKind::Pilot,
            version: format!("{number}"),
            doc_no: String::new(),
            authority: world.name_of(&catalog.division),
            provenance: level,
            from_catalog: Some(catalog),
            note,
        };
        let items = content.items.iter();
        let items =
            items.map(|(id, slot)| (id.clone(), Slot::new(slot.order, slot.serial.clone(), slot.item().clone())));
        let content = Revision {
            catalog: id.content_id(),
            parents: Vec::new(),
            header: content.header.clone(),
            items: items.collect(),
        };
        Ok(Some((facts, content)))
    }
}
