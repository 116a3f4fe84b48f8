//! Proofs that an item belongs to an edition, in two steps: item → catalog, catalog → edition.
//!
//! Invariant: a leaf names whose item it is; an equal text of another division or domain is another leaf.
//! With two steps the proof beside an item changes only when its catalog does.
//! Left out: proofs of absence (the sorted order allows them), and files.

use serde::{Deserialize, Serialize};

use super::{EditionCatalog, MerkleTree, Path, ProofError, verify_path};
use crate::{
    digest::Digest,
    id::{CatalogId, DivisionId, DomainSlug, ItemId},
    revision::Revision,
};

/// What a leaf says: this item, of this division and domain, with this content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemLeaf {
    /// Whose item it is.
    pub division: DivisionId,
    /// Its domain.
    pub domain: DomainSlug,
    /// Its id.
    pub item: ItemId,
    /// Digest of its canonical bytes.
    pub digest: Digest,
}

impl ItemLeaf {
    /// H("gongkai leaf v1", 0x00, division id, domain, item id, item digest).
    pub fn digest(&self) -> Digest {
        let names = [self.division.as_str(), self.domain.as_str(), self.item.as_str()].map(str::as_bytes);
        Digest::of("gongkai leaf v1", &[&[0], names[0], names[1], names[2], &self.digest.to_bytes()])
    }
}

impl EditionCatalog {
    /// H("gongkai catalog leaf v1", 0x00, division id, domain, revision, submission, item count, items' root).
    pub fn digest(&self) -> Digest {
        let parts: [&[u8]; 7] = [
            &[0],
            self.catalog.division.as_str().as_bytes(),
            self.catalog.domain.as_str().as_bytes(),
            &self.revision.to_bytes(),
            &self.submission.to_bytes(),
            &self.items.to_be_bytes(),
            &self.root.to_bytes(),
        ];
        Digest::of("gongkai catalog leaf v1", &parts)
    }
}

/// The tree over one catalog's items, by item id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogTree {
    leaves: Vec<ItemLeaf>,
    tree: MerkleTree,
}

impl CatalogTree {
    /// Builds it from the approved revision.
    pub fn of(revision: &Revision) -> Self {
        let CatalogId { division, domain } = &revision.catalog;
        let leaf = |(item, digest): (&ItemId, Digest)| ItemLeaf {
            division: division.clone(),
            domain: domain.clone(),
            item: item.clone(),
            digest,
        };
        let leaves: Vec<ItemLeaf> = revision.items.iter().map(|(id, slot)| leaf((id, slot.digest()))).collect();
        let tree = MerkleTree::of(leaves.iter().map(ItemLeaf::digest).collect());
        Self { leaves, tree }
    }

    /// The root.
    pub fn root(&self) -> Digest {
        self.tree.root()
    }

    /// The leaves in their order.
    pub fn leaves(&self) -> &[ItemLeaf] {
        &self.leaves
    }

    /// An item's leaf and its path to the catalog's root.
    pub fn path(&self, item: &ItemId) -> Option<(&ItemLeaf, Path)> {
        let index = self.leaves.binary_search_by(|leaf| leaf.item.cmp(item)).ok()?;
        Some((&self.leaves[index], self.tree.path(index)?))
    }
}

/// The tree over an edition's catalogs, by catalog id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditionTree {
    catalogs: Vec<EditionCatalog>,
    tree: MerkleTree,
}

impl EditionTree {
    /// Sorts the catalogs and builds the tree. A catalog named twice counts once, as first given.
    pub fn of(mut catalogs: Vec<EditionCatalog>) -> Self {
        catalogs.sort_by(|a, b| a.catalog.cmp(&b.catalog));
        catalogs.dedup_by(|later, first| later.catalog == first.catalog);
        let tree = MerkleTree::of(catalogs.iter().map(EditionCatalog::digest).collect());
        Self { catalogs, tree }
    }

    /// The root: [`super::EditionPayload::manifest_root`].
    pub fn root(&self) -> Digest {
        self.tree.root()
    }

    /// The catalogs in their order.
    pub fn catalogs(&self) -> &[EditionCatalog] {
        &self.catalogs
    }

    /// A catalog's line and its path to the edition's root.
    pub fn path(&self, catalog: &CatalogId) -> Option<(&EditionCatalog, Path)> {
        let index = self.catalogs.binary_search_by(|line| line.catalog.cmp(catalog)).ok()?;
        Some((&self.catalogs[index], self.tree.path(index)?))
    }
}

/// Both steps together, as handed to a citizen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InclusionProof {
    /// The item.
    pub leaf: ItemLeaf,
    /// Item → catalog.
    pub to_catalog: Path,
    /// The catalog's line in the edition.
    pub catalog: EditionCatalog,
    /// Catalog → edition.
    pub to_edition: Path,
}

/// Checks that a catalog's line is in the edition of that root.
pub fn verify_catalog(catalog: &EditionCatalog, path: &Path, edition_root: &Digest) -> Result<(), ProofError> {
    verify_path(&catalog.digest(), path, edition_root)
}

/// Checks that an item is in the edition of that root, in the catalog of its division and domain.
pub fn verify_item(proof: &InclusionProof, edition_root: &Digest) -> Result<(), ProofError> {
    let CatalogId { division, domain } = &proof.catalog.catalog;
    if (&proof.leaf.division, &proof.leaf.domain) != (division, domain) {
        return Err(ProofError::OtherRoot);
    }
    if proof.to_catalog.size != u64::from(proof.catalog.items) {
        return Err(ProofError::Shape);
    }
    verify_path(&proof.leaf.digest(), &proof.to_catalog, &proof.catalog.root)?;
    verify_catalog(&proof.catalog, &proof.to_edition, edition_root)
}
