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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::{
        item::Item,
        revision::{Header, Slot},
    };

    fn revision(division: &str, items: u32) -> Revision {
        let slot = |n: u32| {
            let item = Item { level2: format!("事项{n}"), ..Item::default() };
            (ItemId::parse(&format!("i{n}")).unwrap(), Slot::new(n, String::new(), item.to_canonical()))
        };
        Revision {
            catalog: CatalogId::parse(&format!("{division}/work-safety")).unwrap(),
            parents: Vec::new(),
            header: Header::default().to_canonical(),
            items: (0..items).map(slot).collect(),
        }
    }

    fn line(revision: &Revision) -> EditionCatalog {
        EditionCatalog {
            catalog: revision.catalog.clone(),
            revision: revision.digest(),
            submission: Digest::of("submission", &[]),
            items: u32::try_from(revision.items.len()).unwrap(),
            root: CatalogTree::of(revision).root(),
        }
    }

    fn proof(revision: &Revision, edition: &EditionTree, item: &ItemId) -> InclusionProof {
        let tree = CatalogTree::of(revision);
        let (leaf, to_catalog) = tree.path(item).unwrap();
        let (catalog, to_edition) = edition.path(&revision.catalog).unwrap();
        InclusionProof { leaf: leaf.clone(), to_catalog, catalog: catalog.clone(), to_edition }
    }

    #[test]
    fn every_item_of_every_catalog_is_proven_and_a_bent_proof_is_not() {
        let revisions: Vec<Revision> = (1..=9).map(|n| revision(&format!("2112{n}"), n)).collect();
        let edition = EditionTree::of(revisions.iter().rev().map(line).collect());
        for revision in &revisions {
            for item in revision.items.keys() {
                let good = proof(revision, &edition, item);
                assert_eq!(verify_item(&good, &edition.root()), Ok(()));
                let mut bent = good.clone();
                bent.leaf.digest = Digest::of("another text", &[]);
                assert!(verify_item(&bent, &edition.root()).is_err());
                let mut bent = good.clone();
                bent.leaf.division = DivisionId::parse("999999").unwrap();
                assert!(verify_item(&bent, &edition.root()).is_err());
                let mut bent = good.clone();
                bent.catalog.items += 1;
                assert!(verify_item(&bent, &edition.root()).is_err());
                let mut bent = good;
                bent.to_edition.index ^= 1;
                assert!(verify_item(&bent, &edition.root()).is_err());
            }
        }
    }

    #[test]
    fn the_same_text_of_another_division_is_another_leaf() {
        let roots = [CatalogTree::of(&revision("211221", 2)).root(), CatalogTree::of(&revision("211222", 2)).root()];
        assert_ne!(roots[0], roots[1]);
    }

    #[test]
    fn an_items_proof_to_its_catalog_outlives_another_catalogs_change() {
        let (mine, theirs, changed) = (revision("211221", 5), revision("211222", 4), revision("211222", 3));
        let before = EditionTree::of(vec![line(&mine), line(&theirs)]);
        let after = EditionTree::of(vec![line(&changed), line(&mine)]);
        let item = ItemId::parse("i3").unwrap();
        let (old, new) = (proof(&mine, &before, &item), proof(&mine, &after, &item));
        assert_eq!((&old.leaf, &old.to_catalog, &old.catalog), (&new.leaf, &new.to_catalog, &new.catalog));
        assert!(verify_item(&old, &after.root()).is_err());
        assert_eq!(verify_item(&new, &after.root()), Ok(()));
    }

    #[test]
    fn a_proof_of_the_wrong_length_has_the_wrong_shape() {
        let revisions: Vec<Revision> = (1..=5).map(|n| revision(&format!("2112{n}"), 3)).collect();
        let edition = EditionTree::of(revisions.iter().map(line).collect());
        for revision in &revisions {
            let (catalog, good) = edition.path(&revision.catalog).unwrap();
            let mut longer = good.clone();
            longer.siblings.push(edition.root());
            assert_eq!(verify_catalog(catalog, &longer, &edition.root()), Err(ProofError::Shape));
            let mut shorter = good.clone();
            shorter.siblings.pop();
            assert_eq!(verify_catalog(catalog, &shorter, &edition.root()), Err(ProofError::Shape));
            let beyond = Path { index: good.size, ..good };
            assert_eq!(verify_catalog(catalog, &beyond, &edition.root()), Err(ProofError::Shape));
        }
    }

    #[test]
    fn an_edition_of_nothing_has_a_root_and_no_path() {
        let empty = EditionTree::of(Vec::new());
        assert_eq!(empty.root(), MerkleTree::of(Vec::new()).root());
        assert_eq!(MerkleTree::of(Vec::new()).path(0), None);
    }
}
