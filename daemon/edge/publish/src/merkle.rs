//! The edition's two trees, item → catalog → edition, built with the model's leaves.
//!
//! Invariant: leaves stand in the order of ids; rendering and checking build the same trees from the same lists.
//! Left out: hashing and paths (model::edition).

use gongkai_model::{
    digest::Digest,
    edition::{EditionCatalog, EditionTree, ItemLeaf, MerkleTree},
    id::{CatalogId, ItemId},
};

use crate::manifest::CatalogEntry;

/// The tree over a catalog's items, which come sorted by id.
pub(crate) fn item_tree<'a>(catalog: &CatalogId, items: impl Iterator<Item = (&'a ItemId, &'a Digest)>) -> MerkleTree {
    let leaf = |(item, digest): (&ItemId, &Digest)| ItemLeaf {
        division: catalog.division.clone(),
        domain: catalog.domain.clone(),
        item: item.clone(),
        digest: *digest,
    };
    MerkleTree::of(items.map(|item| leaf(item).digest()).collect())
}

/// The tree over the catalogs.
pub(crate) fn edition_tree(catalogs: impl Iterator<Item = EditionCatalog>) -> EditionTree {
    EditionTree::of(catalogs.collect())
}

impl CatalogEntry {
    /// The catalog's line in the edition's tree.
    pub(crate) fn line(&self) -> EditionCatalog {
        EditionCatalog {
            catalog: self.catalog.clone(),
            revision: self.revision,
            submission: self.submission,
            // An edition is refused long before its items leave 32 bits; a manifest that lies fails at the root.
            items: u32::try_from(self.items.len()).unwrap_or(u32::MAX),
            root: self.root,
        }
    }
}
