//! A catalog begun from a standard: every item with its origin, under the standard's own item ids.
//!
//! Invariant: the same template gives the same items everywhere, so that two offices that begin alone do not meet as
//! strangers. Left out: whether there is a catalog already (app refuses: copying never overwrites).

use super::{StandardFacts, StandardId, StandardRef};
use crate::{
    id::{CatalogId, ItemId},
    item::{CanonicalItem, Origin},
    revision::{Header, Revision, Slot},
};

/// A version of a standard with its content.
#[derive(Clone, Copy, Debug)]
pub struct Template<'a> {
    /// Which standard.
    pub id: &'a StandardId,
    /// What is said about the version.
    pub facts: &'a StandardFacts,
    /// Its content.
    pub content: &'a Revision,
}

impl Template<'_> {
    /// How a catalog names this version.
    pub fn reference(&self) -> StandardRef {
        StandardRef { id: self.id.clone(), revision: self.content.digest(), version: self.facts.version.clone() }
    }

    /// An item of the standard as it stands in a catalog that takes it. An item that the standard itself took from a
    /// higher one keeps that one's provenance.
    pub fn item(&self, id: &ItemId, item: &CanonicalItem) -> CanonicalItem {
        let higher = item.decode().origin.map(|origin| origin.provenance);
        let provenance = higher.filter(|word| !word.is_empty()).unwrap_or_else(|| self.facts.provenance.clone());
        let origin = Origin { item: id.to_string(), provenance, standard: self.id.to_string() };
        item.with_origin(Some(&origin))
    }
}

/// The first revision of a catalog that stands on a standard. The header says who publishes it.
pub fn start(catalog: &CatalogId, template: &Template<'_>, header: Header) -> Revision {
    let header = Header { standard: Some(template.reference()), ..header };
    let take = |(id, slot): (&ItemId, &Slot)| {
        (id.clone(), Slot::new(slot.order, slot.serial.clone(), template.item(id, slot.item())))
    };
    Revision {
        catalog: catalog.clone(),
        parents: Vec::new(),
        header: header.to_canonical(),
        items: template.content.items.iter().map(take).collect(),
    }
}
