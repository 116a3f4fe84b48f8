//! Proposals in the words of the admin API.
//!
//! Invariant: a plain translation; differences are the model's.

use gongkai_app::{Loaded, Proposed, World};
use gongkai_model::{
    diff::{self, ItemDifference},
    digest::Digest,
    id::{CatalogId, ItemId},
    item::CanonicalItem,
    review::Fate,
    revision::Slot,
};
use gongkai_proto::admin::v1 as wire;

use super::{Admin, convert, difference};
use crate::Error;

impl Admin {
    /// The proposals of one catalog, or of all.
    pub(super) async fn listed_proposals(
        &self,
        asked: wire::ListProposalsRequest,
    ) -> Result<wire::ListProposalsResponse, Error> {
        let catalogs: Vec<CatalogId> = match asked.catalog.as_str() {
            "" => self.app().catalog_rows().await?.into_iter().map(|row| row.summary.catalog).collect(),
            text => vec![CatalogId::parse(text)?],
        };
        let world = self.app().world();
        let mut proposals = Vec::new();
        for catalog in catalogs {
            let loaded = self.app().load_known(&catalog).await?;
            let found = loaded.proposals().into_iter();
            let asked_for = found.filter(|one| asked.all || matches!(one.state.fate, Fate::Open));
            proposals.extend(asked_for.map(|one| proposal(&world, one)));
        }
        Ok(wire::ListProposalsResponse { node: self.node_id(), proposals })
    }

    /// The answer after a proposal was made or answered.
    pub(super) fn proposal_of(&self, loaded: &Loaded, hash: Digest) -> Option<wire::Proposal> {
        let found = loaded.proposals().into_iter().find(|one| one.state.hash == hash)?;
        Some(proposal(&self.app().world(), found))
    }
}

/// All proposals of a catalog.
pub(super) fn all(world: &World, loaded: &Loaded) -> Vec<wire::Proposal> {
    loaded.proposals().into_iter().map(|one| proposal(world, one)).collect()
}

fn proposal(world: &World, one: Proposed) -> wire::Proposal {
    let (division_name, domain_name) = convert::names(world, &one.catalog);
    let item = &one.state.item_id;
    let change = between(item, &one.serial, one.base.as_ref(), Some(&one.state.proposed));
    let edit =
        one.is_overtaken().then(|| between(item, &one.serial, one.base.as_ref(), one.current.as_ref())).flatten();
    let mut message = wire::Proposal {
        proposal: one.state.hash.to_string(),
        catalog: one.catalog.to_string(),
        division_name,
        domain_name,
        submission: one.state.submission.to_string(),
        item_id: item.to_string(),
        serial: one.serial.clone(),
        division: one.state.author.to_string(),
        operator: one.state.operator.to_string(),
        at_ms: one.state.at_ms,
        note: one.state.note.clone(),
        state: one.word().to_owned(),
        fields: change.iter().flat_map(|found| found.elements.iter().map(|one| one.element.clone())).collect(),
        before: one.base.as_ref().map(|base| side(&one, base)),
        proposed: Some(side(&one, &one.state.proposed)),
        current: one.current.as_ref().map(|current| side(&one, current)),
        difference: change.as_ref().map(difference::item),
        edited_since: edit.as_ref().map(difference::item),
        ..wire::Proposal::default()
    };
    let (by, revision) = match one.state.fate {
        Fate::Open => return message,
        Fate::Accepted { by, revision } => (by, revision),
        Fate::Declined { by } => (by, None),
    };
    message.answered_by = by.operator.to_string();
    message.answered_at_ms = by.at_ms;
    message.reason = by.reason;
    message.conflict = by.conflict;
    message.revision = revision.map_or_else(String::new, |revision| revision.to_string());
    message
}

/// Two states of one item, element by element.
fn between(
    item: &ItemId,
    serial: &str,
    before: Option<&CanonicalItem>,
    after: Option<&CanonicalItem>,
) -> Option<ItemDifference> {
    let slot = |state: Option<&CanonicalItem>| state.map(|state| Slot::new(0, serial.to_owned(), state.clone()));
    diff::item_of(item, slot(before).as_ref(), slot(after).as_ref())
}

fn side(one: &Proposed, state: &CanonicalItem) -> wire::Item {
    wire::Item {
        item_id: one.state.item_id.to_string(),
        digest: state.digest().to_string(),
        serial: one.serial.clone(),
        domain: one.catalog.domain.to_string(),
        ..convert::fields(&state.decode())
    }
}
