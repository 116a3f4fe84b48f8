//! The catalogs folded last: acts come in runs about one catalog, and each step would read and fold it again.
//!
//! Invariant: what is handed out is what reading would give now: the same entries, with the payloads they had (but those
//! of batches, which are in the contents), folded under the same beliefs. Where entries have come since, those before and the contents read from them are taken over:
//! an entry's hash stands for both. Bounded by bytes; nothing here is needed for being right.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use gongkai_journal::{Entry, EntryHash};
use gongkai_model::{
    id::CatalogId,
    item::CanonicalItem,
    review::{Excess, Known},
    revision::Revision,
};
use gongkai_store::AboutStamp;

use crate::{Loaded, World, draft::Drafts};

/// Bytes kept: some five catalogs of 400 items. A county hears of a few catalogs at a time, and of each a submission, a
/// receipt and a decision; a township that puts up all it has hears of each again when it is some catalogs further.
const BYTES_MAX: usize = 3 * 1024 * 1024;
/// What an item takes beside its canonical bytes: its place in each revision, its standing, names and allocations.
const ITEM_BYTES: usize = 256;

/// What a folding has read.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    /// The contents of submissions.
    pub(crate) known: Known,
    /// What the saves came to, submitted or not.
    pub(crate) drafts: Drafts,
    /// The entries, in feed order, without the bytes of batches that were read.
    pub(crate) entries: Vec<Arc<Entry>>,
    /// How many of them came with a payload.
    pub(crate) payloads: u64,
    /// Whether a standard was asked, too: then the state depends on that standard's entries as well.
    pub(crate) has_standard: bool,
    /// The feed number up to which it was read.
    pub(crate) through: u64,
}

/// What is remembered of a catalog.
pub(crate) enum Found {
    /// It stands as it was folded.
    Same(Box<Loaded>),
    /// More has come, or nothing is known.
    Older(Box<Memory>),
}

/// The catalogs, the latest last.
#[derive(Default)]
pub(crate) struct Recent {
    folded: Mutex<VecDeque<Kept>>,
    /// Those about which too much was written: what comes more changes nothing, only other beliefs may. One a catalog.
    blocked: Mutex<BTreeMap<CatalogId, (Arc<World>, Loaded)>>,
}

struct Kept {
    stamp: AboutStamp,
    world: Arc<World>,
    loaded: Loaded,
    memory: Box<Memory>,
    bytes: usize,
}

impl Recent {
    /// What is remembered of the catalog.
    pub(crate) fn get(&self, catalog: &CatalogId, stamp: &AboutStamp, world: &Arc<World>) -> Found {
        let mut all = self.all();
        let place = all.iter().position(|kept| kept.loaded.catalog == *catalog);
        let Some(kept) = place.and_then(|place| all.remove(place)) else { return Found::Older(Box::default()) };
        if kept.stamp.erased() != stamp.erased() {
            return Found::Older(Box::default());
        }
        if kept.stamp != *stamp || !Arc::ptr_eq(&kept.world, world) || kept.memory.has_standard {
            return Found::Older(kept.memory);
        }
        let loaded = Box::new(kept.loaded.clone());
        all.push_back(kept);
        Found::Same(loaded)
    }

    /// Keeps a folded catalog, and lets go of those that were asked for longest ago. One that is larger than all
    /// others together may be is not kept, nor one that was changed while it was read.
    pub(crate) fn put(&self, stamp: AboutStamp, world: Arc<World>, loaded: &Loaded, memory: Memory) {
        let bytes = bytes_of(&memory);
        let is_whole = (memory.entries.len() as u64, memory.payloads) == (stamp.entries, stamp.payloads);
        let mut all = self.all();
        all.retain(|kept| kept.loaded.catalog != loaded.catalog);
        if bytes > BYTES_MAX || !is_whole {
            return;
        }
        let mut total = bytes + all.iter().map(|kept| kept.bytes).sum::<usize>();
        while total > BYTES_MAX
            && let Some(oldest) = all.pop_front()
        {
            total -= oldest.bytes;
        }
        all.push_back(Kept { stamp, world, loaded: loaded.clone(), memory: Box::new(memory), bytes });
    }

    /// A catalog that was blocked under the same beliefs.
    pub(crate) fn blocked(&self, catalog: &CatalogId, world: &Arc<World>) -> Option<Loaded> {
        let blocked = self.blocked.lock().unwrap_or_else(PoisonError::into_inner);
        let (under, loaded) = blocked.get(catalog)?;
        Arc::ptr_eq(under, world).then(|| loaded.clone())
    }

    /// Keeps that a catalog is blocked. Where too much is under review at a time it is not kept: what follows it may end
    /// that.
    pub(crate) fn block(&self, world: Arc<World>, loaded: &Loaded) {
        self.all().retain(|kept| kept.loaded.catalog != loaded.catalog);
        if loaded.state.blocked != Some(Excess::Open) {
            let mut blocked = self.blocked.lock().unwrap_or_else(PoisonError::into_inner);
            blocked.insert(loaded.catalog.clone(), (world, loaded.clone()));
        }
    }

    /// Takes over what a submission says from whoever has just made it.
    pub(crate) fn learn(&self, catalog: &CatalogId, submission: EntryHash, content: Arc<Revision>) {
        let mut all = self.all();
        if let Some(kept) = all.iter_mut().find(|kept| kept.loaded.catalog == *catalog) {
            kept.memory.known.insert(submission, content);
        }
    }

    fn all(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        // A panic elsewhere leaves whole catalogs.
        self.folded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a catalog takes: its entries, and each item's bytes once, however many revisions it stands in.
fn bytes_of(memory: &Memory) -> usize {
    let drafts = memory.drafts.working.iter().chain(&memory.drafts.asides).map(|draft| &draft.revision);
    let contents = memory.known.values().chain(drafts).chain(memory.drafts.grounds.values());
    let items = contents.flat_map(|revision| revision.items.values()).map(|slot| slot.item());
    let items: BTreeMap<*const CanonicalItem, usize> =
        items.map(|item| (std::ptr::from_ref(item), item.as_json().len() + ITEM_BYTES)).collect();
    memory.entries.iter().map(|entry| entry.wire_bytes()).sum::<usize>() + items.values().sum::<usize>()
}
