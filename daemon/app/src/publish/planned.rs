//! One catalog as an edition takes it: which revision, on whose decisions.
//!
//! Invariant: plain facts, chosen once (select) and kept with the edition's plan; nothing is looked up from here.

use gongkai_model::{digest::Digest, id::CatalogId};
use serde::{Deserialize, Serialize};

/// One catalog of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlannedCatalog {
    pub(super) catalog: CatalogId,
    pub(super) revision: Digest,
    pub(super) submission: Digest,
    pub(super) decisions: Vec<Digest>,
    pub(super) approved_by_division: String,
    pub(super) approved_by_department: String,
    pub(super) approved_at_ms: i64,
    /// Number of the outside document, where there is one.
    pub(super) document_no: String,
    pub(super) items: u32,
}

impl PlannedCatalog {
    pub(super) fn content(&self) -> (CatalogId, (Digest, u32)) {
        (self.catalog.clone(), (self.revision, self.items))
    }
}
