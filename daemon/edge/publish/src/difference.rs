//! What changed between two editions, by catalog and item, from their manifests alone.
//!
//! Invariant: items are compared by id and digest; order, serial and header change no item. Left out: what changed
//! inside an item (the catalog's own history tells that).

use serde::Serialize;

use gongkai_model::id::{CatalogId, ItemId};

use crate::manifest::{CatalogEntry, ItemEntry, Manifest};

/// The difference between an edition and the one before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The edition before.
    pub from: u64,
    /// This edition.
    pub to: u64,
    /// Catalogs that are new, with all their items.
    pub catalogs_added: Vec<CatalogItems>,
    /// Catalogs that are gone, with all their items.
    pub catalogs_removed: Vec<CatalogItems>,
    /// Catalogs of both editions with another revision.
    pub catalogs_changed: Vec<CatalogDifference>,
}

/// A whole catalog that came or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CatalogItems {
    /// Which.
    pub catalog: CatalogId,
    /// How many items it has.
    pub items: usize,
}

/// What changed inside a catalog; all lists empty when only its header or order did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CatalogDifference {
    /// Which.
    pub catalog: CatalogId,
    /// Items that are new.
    pub added: Vec<ItemName>,
    /// Items with another digest.
    pub changed: Vec<ItemName>,
    /// Items that are gone.
    pub removed: Vec<ItemName>,
}

/// An item by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemName {
    /// Its id.
    pub id: ItemId,
    /// Its name: of this edition, of the one before for a removed item.
    pub name: String,
}

/// Items added, changed and removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Items added, those of new catalogs included.
    pub added: usize,
    /// Items changed.
    pub changed: usize,
    /// Items removed, those of removed catalogs included.
    pub removed: usize,
}

impl Difference {
    /// Whether both editions hold the same revisions.
    pub fn is_empty(&self) -> bool {
        self.catalogs_added.is_empty() && self.catalogs_removed.is_empty() && self.catalogs_changed.is_empty()
    }

    /// How many items differ.
    pub fn totals(&self) -> Totals {
        let whole = |catalogs: &[CatalogItems]| catalogs.iter().map(|c| c.items).sum::<usize>();
        let mut totals =
            Totals { added: whole(&self.catalogs_added), changed: 0, removed: whole(&self.catalogs_removed) };
        for catalog in &self.catalogs_changed {
            totals.added += catalog.added.len();
            totals.changed += catalog.changed.len();
            totals.removed += catalog.removed.len();
        }
        totals
    }
}

/// Compares two manifests.
pub fn difference(previous: &Manifest, this: &Manifest) -> Difference {
    let mut out = Difference { from: previous.edition, to: this.edition, ..Difference::default() };
    for entry in &this.catalogs {
        match previous.catalog(&entry.catalog) {
            None => out.catalogs_added.push(whole(entry)),
            Some(before) if before.revision == entry.revision && before.root == entry.root => {}
            Some(before) => out.catalogs_changed.push(compare(before, entry)),
        }
    }
    let gone = previous.catalogs.iter().filter(|entry| this.catalog(&entry.catalog).is_none());
    out.catalogs_removed.extend(gone.map(whole));
    out
}

fn whole(entry: &CatalogEntry) -> CatalogItems {
    CatalogItems { catalog: entry.catalog.clone(), items: entry.items.len() }
}

fn compare(before: &CatalogEntry, after: &CatalogEntry) -> CatalogDifference {
    let name = |item: &ItemEntry| ItemName { id: item.id.clone(), name: item.name.clone() };
    let mut out = CatalogDifference {
        catalog: after.catalog.clone(),
        added: Vec::new(),
        changed: Vec::new(),
        removed: Vec::new(),
    };
    for item in &after.items {
        match find(&before.items, &item.id) {
            None => out.added.push(name(item)),
            Some(old) if old.digest != item.digest => out.changed.push(name(item)),
            Some(_) => {}
        }
    }
    out.removed.extend(before.items.iter().filter(|item| find(&after.items, &item.id).is_none()).map(name));
    out
}

/// Both lists are sorted by id: a manifest that was read or made is.
fn find<'a>(items: &'a [ItemEntry], id: &ItemId) -> Option<&'a ItemEntry> {
    items.binary_search_by(|item| item.id.cmp(id)).ok().map(|index| &items[index])
}
