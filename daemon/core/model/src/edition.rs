//! Editions (汇总发布版): the entry that commits one, and the Merkle trees that prove what is in it.
//!
//! Invariant: an edition's number and roots come from its entry alone; equal content gives equal roots.
//! Left out: pages, workbooks and files (publish), and who may publish (app).

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    id::{CatalogId, OperatorId},
};

mod log;
mod merkle;
mod proof;

pub use log::{
    ConsistencyProof, consistency_proof, log_inclusion_proof, log_root, verify_consistency, verify_log_inclusion,
};
pub use merkle::{MerkleTree, Path, ProofError, verify_path};
pub use proof::{CatalogTree, EditionTree, InclusionProof, ItemLeaf, verify_catalog, verify_item};

/// Most sign-offs of one edition; policy asks for three.
pub const SIGN_OFFS_MAX: usize = 32;

/// One person's word for an edition (保密审查, 三审三校).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOff {
    /// Who; opaque, because the entry goes to every node below.
    pub operator: OperatorId,
    /// What for: `secrecy`, `first-review`, `second-review`, `third-review`, ….
    pub kind: String,
    /// When, on the node's clock.
    pub at_ms: i64,
}

/// The payload of an edition entry (kind `edition`): roots and counts, not the items.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditionPayload {
    /// The edition's number, from 1.
    pub number: u64,
    /// The edition entry before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    /// Root of the tree over all catalogs and items.
    pub manifest_root: Digest,
    /// Digest of the manifest file's signed bytes: the leaf of the edition log.
    pub manifest: Digest,
    /// How many catalogs it holds.
    pub catalogs: u32,
    /// How many items it holds.
    pub items: u32,
    /// How many catalogs of the plan are missing from it.
    pub missing: u32,
    /// When it was published, on the node's clock; every time printed in its files is this one.
    pub published_at_ms: i64,
    /// The people who signed it off, distinct.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sign_offs: Vec<SignOff>,
    /// Digest of the stream heads that it was folded from.
    pub heads: Digest,
}

/// One catalog of an edition, as the manifest lists it; all of it is covered by the edition's root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditionCatalog {
    /// The catalog.
    pub catalog: CatalogId,
    /// The approved revision.
    pub revision: Digest,
    /// The submission entry that was approved.
    pub submission: Digest,
    /// How many items it holds.
    pub items: u32,
    /// Root of its items' tree.
    pub root: Digest,
}
