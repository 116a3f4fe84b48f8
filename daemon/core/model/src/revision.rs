//! Revisions of a catalog (版本): immutable, content-addressed states, and the payloads that carry them.
//!
//! Invariant: a revision's digest is a function of its catalog, parents, header bytes and items; the bytes of an
//! item or a header are the owner's and are never encoded again. Left out: who may write one (review) and the
//! envelope around a payload (journal).
//!
//! Digest layout, through [`Hasher`] (label `gongkai revision v1`, each part with its length):
//! catalog id as text; all parents, sorted, 33 bytes each, as one part; header digest (33 bytes); then per item,
//! sorted by id, four parts: id as text, item digest (33 bytes), order (32-bit big-endian), serial as text.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    digest::{Digest, Hasher},
    id::{CatalogId, ItemId},
    item::CanonicalItem,
    shared::Shared,
};

mod apply;
mod changes;
mod delta;
mod header;
mod matching;
mod renames;

pub(crate) use apply::apply_on;
pub use apply::{RevisionError, apply};
pub use changes::{Changes, Difference, changes, header_differences, item_differences};
pub use delta::split;
pub use header::{CanonicalHeader, Header};
pub(crate) use matching::item_key;
pub use matching::{Ambiguity, Matched, Row, match_items};

/// Most items of one catalog. The largest county catalog met has some 500; a province's law list about 10,000.
pub const ITEMS_MAX: usize = 20_000;

/// Most parents of a revision: a merge names two, a late merge of several restored branches a few more.
pub const PARENTS_MAX: usize = 8;

/// Longest canonical bytes of one item: the longest printed item met is below 20 KB.
pub const ITEM_BYTES_MAX: usize = 256 * 1024;

/// Longest canonical bytes of a header: a title, a publisher and some dates.
pub const HEADER_BYTES_MAX: usize = 64 * 1024;

/// Longest serial (序号) as printed, in bytes; real ones have up to ten characters.
pub const SERIAL_BYTES_MAX: usize = 256;

/// Most batches of one body: [`ITEMS_MAX`] small items in entries of the protocol's size need fewer than 100.
pub const PARTS_MAX: usize = 1024;

/// Puts one item: new, or in place of the one with the same id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Put {
    /// The item's id, the same over all revisions.
    pub id: ItemId,
    /// Sort key among the catalog's items; gaps are left for later insertions.
    pub order: u32,
    /// 序号 as printed; not reviewed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub serial: String,
    /// The item's canonical bytes.
    pub item: Box<RawValue>,
}

/// Gives an item that stays as it is another place or serial, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The item, which the base holds.
    pub id: ItemId,
    /// Its new sort key.
    pub order: u32,
    /// Its new serial as printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub serial: String,
}

/// Puts and moves of a body that is larger than one entry (kind `item.batch`).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ItemBatch {
    /// The catalog they belong to.
    pub catalog: CatalogId,
    /// Items put.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub puts: Vec<Put>,
    /// Items moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Move>,
}

/// A revision as it travels: in full, or as a delta on a base that the same stream carried before.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RevisionBody {
    /// The catalog.
    pub catalog: CatalogId,
    /// Digest of the resulting revision.
    pub revision: Digest,
    /// Revisions that this one follows: one, or two and more for a merge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<Digest>,
    /// Digest of the revision that the puts, moves and removes apply to; `None` = in full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Digest>,
    /// The header's canonical bytes, always whole.
    pub header: Box<RawValue>,
    /// Items new or changed against the base.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub puts: Vec<Put>,
    /// Items whose place or serial alone changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Move>,
    /// Items of the base that are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removes: Vec<ItemId>,
    /// Hashes of earlier `item.batch` entries of the same stream that hold more puts and moves, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Digest>,
}

/// One item in its place. The item's bytes are shared between the revisions in which it stands unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Sort key among the catalog's items.
    pub order: u32,
    /// 序号 as printed.
    pub serial: String,
    item: Arc<CanonicalItem>,
    pub(crate) digest: Digest,
}

impl Slot {
    /// Digests the item and puts it in its place.
    pub fn new(order: u32, serial: String, item: CanonicalItem) -> Self {
        let digest = item.digest();
        Self { order, serial, item: Arc::new(item), digest }
    }

    /// The same item in another place.
    pub fn moved(&self, order: u32, serial: String) -> Self {
        Self { order, serial, item: Arc::clone(&self.item), digest: self.digest }
    }

    /// The item's canonical bytes.
    pub fn item(&self) -> &CanonicalItem {
        &self.item
    }

    /// The item's digest.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

/// The items of a catalog by id. States that follow each other share what they have in common: memory goes with what
/// was written, not with how often a little of it was changed.
pub type Items = Shared<ItemId, Slot>;

/// A catalog's whole state at one revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The catalog.
    pub catalog: CatalogId,
    /// Revisions that this one follows.
    pub parents: Vec<Digest>,
    /// The header's canonical bytes.
    pub header: CanonicalHeader,
    /// The items by id.
    pub items: Items,
}

impl Revision {
    /// The revision's digest; the layout stands at the head of this file.
    pub fn digest(&self) -> Digest {
        let mut parents: Vec<[u8; 33]> = self.parents.iter().map(|parent| parent.to_bytes()).collect();
        parents.sort_unstable();
        let mut hasher = Hasher::new("gongkai revision v1");
        hasher.part(self.catalog.to_string().as_bytes());
        hasher.part(&parents.concat());
        hasher.part(&self.header.digest().to_bytes());
        for (id, slot) in &self.items {
            hasher.part(id.as_str().as_bytes());
            hasher.part(&slot.digest.to_bytes());
            hasher.part(&slot.order.to_be_bytes());
            hasher.part(slot.serial.as_bytes());
        }
        hasher.finish()
    }

    /// The items as a reader sees them: by order, then by id.
    pub fn in_order(&self) -> Vec<(&ItemId, &Slot)> {
        let mut items: Vec<_> = self.items.iter().collect();
        items.sort_by_key(|(id, slot)| (slot.order, *id));
        items
    }

    /// Whether header, items, places and serials are the same, whatever the parents.
    pub fn has_same_content(&self, other: &Self) -> bool {
        self.catalog == other.catalog && self.header == other.header && self.items == other.items
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests;
