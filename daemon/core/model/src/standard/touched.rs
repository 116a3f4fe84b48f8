//! What a new version of a standard touches.
//!
//! Invariant: an item is touched if the standard's words for it came, went or changed; serials and places touch nothing.

use std::collections::BTreeSet;

use super::counterparts;
use crate::{id::ItemId, revision::Revision};

/// The items of a standard that differ between two versions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    items: BTreeSet<ItemId>,
}

/// Compares two versions of a standard.
pub fn touched(before: &Revision, after: &Revision) -> Touched {
    let says = |revision: &Revision, id: &ItemId| revision.items.get(id).map(|slot| slot.item().with_origin(None));
    let ids: BTreeSet<&ItemId> = before.items.keys().chain(after.items.keys()).collect();
    let items = ids.into_iter().filter(|id| says(before, id) != says(after, id)).cloned().collect();
    Touched { items }
}

impl Touched {
    /// How many items of the standard differ.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether the versions say the same.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The items of a catalog that answer to a touched one, by either version's names; an id of the standard itself
    /// is among them too, so that a removed item is found.
    pub fn in_catalog(&self, local: &Revision, versions: [&Revision; 2]) -> BTreeSet<ItemId> {
        let mut found = self.items.clone();
        if self.items.is_empty() {
            return found;
        }
        for version in versions {
            let pairs = counterparts(local, version).into_iter();
            found.extend(pairs.filter(|(_, theirs)| self.items.contains(theirs)).map(|(id, _)| id));
        }
        found
    }
}
