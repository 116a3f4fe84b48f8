//! One catalog with its items, or one item with the cells that it was imported from.
//!
//! Invariant: items stand in the order of the revision that is shown; cells are those that this node keeps.

use gongkai_app::{Loaded, SourceCells, Sources};
use gongkai_model::{digest::Digest, id::ItemId, revision::Slot};
use gongkai_proto::admin::v1 as wire;

use super::{day_of, state_of};
use crate::{
    Error,
    admin::{Admin, changes, convert, refuse::refused, stale},
};

impl Admin {
    pub(super) async fn show_catalog(
        &self,
        asked: wire::ShowCatalogRequest,
        is_zh: bool,
    ) -> Result<wire::ShowCatalogResponse, tonic::Status> {
        let loaded = self.catalog_as_of(&asked.catalog, day_of(&asked.as_of)?.as_ref()).await?;
        let sources = self.app().sources(&loaded.catalog).await.map_err(refused)?;
        let mut shown = self.shown(&loaded, &asked.revision, &sources)?;
        if asked.item.is_empty() {
            // A catalog of thousands of items names the place of each; what the cells said is asked item by item.
            let places = shown.items.iter_mut().filter_map(|item| item.source.as_mut());
            places.for_each(|source| (source.raw, source.elements) = Default::default());
        } else {
            let meant = loaded.item_named(&asked.item).map_err(refused)?;
            shown.items.retain(|item| item.item_id == meant.as_str());
            if shown.items.is_empty() {
                return Err(refused(loaded.lacks("item", &asked.item)));
            }
        }
        let stale = stale::stale(&loaded, is_zh);
        Ok(wire::ShowCatalogResponse { as_of: asked.as_of, stale, ..shown })
    }

    fn shown(&self, loaded: &Loaded, revision: &str, sources: &Sources) -> Result<wire::ShowCatalogResponse, Error> {
        let revision = changes::named(loaded, revision)?;
        let known = changes::Known::of(loaded, revision);
        let header = revision.header.decode();
        let (division_name, domain_name) = convert::names(&self.app().world(), &loaded.catalog);
        let item = |id: &ItemId, slot: &Slot| wire::Item {
            source: sources.of(id, &slot.digest()).map(|cells| source(cells, slot)),
            ..convert::slot(&loaded.catalog, id, slot, known.status(id, slot))
        };
        let in_order = revision.in_order().into_iter();
        Ok(wire::ShowCatalogResponse {
            catalog: loaded.catalog.to_string(),
            division: loaded.catalog.division.to_string(),
            division_name,
            domain: loaded.catalog.domain.to_string(),
            domain_name,
            title: header.title,
            edition: header.edition_text,
            revision: revision.digest().to_string(),
            parents: revision.parents.iter().map(ToString::to_string).collect(),
            state: state_of(loaded).to_owned(),
            approved_revision: changes::approved(loaded)
                .map_or_else(String::new, |approved| approved.digest().to_string()),
            heads: heads(loaded),
            updated_at_ms: loaded.entries.iter().map(|entry| entry.header.written_at_ms).max().unwrap_or(0),
            items: in_order.map(|(id, slot)| item(id, slot)).collect(),
            effective_from: effective_from(loaded, &revision.digest()),
            ..wire::ShowCatalogResponse::default()
        })
    }
}

/// The day from which a revision is in force, as the last submission of it says.
fn effective_from(loaded: &Loaded, revision: &Digest) -> String {
    let submitted = loaded.state.submissions.iter().rev().find(|submission| submission.revision == *revision);
    submitted.and_then(|submission| submission.effective_from.as_ref()).map_or_else(String::new, ToString::to_string)
}

fn source(cells: &SourceCells, slot: &Slot) -> wire::ItemSource {
    wire::ItemSource {
        file: cells.file.clone(),
        sheet: cells.sheet.clone(),
        row: cells.row,
        raw: cells.cells.clone(),
        elements: cells.elements.as_ref().clone(),
        file_digest: cells.file_digest.to_string(),
        imported_at_ms: cells.at_ms,
        is_cut: cells.is_cut,
        is_changed_since: cells.digest != slot.digest(),
    }
}

/// Childless revisions: the draft in place of the head that it follows.
fn heads(loaded: &Loaded) -> Vec<String> {
    let followed = loaded.draft.as_ref().map(|draft| draft.revision.parents.clone()).unwrap_or_default();
    let submitted = loaded.state.heads.iter().filter_map(|hash| loaded.state.submission(hash));
    let open = submitted.map(|head| head.revision).filter(|revision| !followed.contains(revision));
    let draft = loaded.draft.as_ref().map(|draft| draft.revision.digest());
    open.chain(draft).map(|digest| digest.to_string()).collect()
}
