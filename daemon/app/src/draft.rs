//! The saves of a catalog's clerks: the working draft, and drafts that stand beside it.
//!
//! Invariant: made from this node's saves in the order of its feed; a save whose base is gone is passed over. A save
//! that was made on an older state never takes the working draft's place: it stands beside it until it is merged.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use gongkai_journal::{Entry, EntryHash, kind::Kind, payload::DraftSave};
use gongkai_model::{
    digest::Digest,
    id::OperatorId,
    revision::{ItemBatch, Revision, apply},
};

use crate::{App, Loaded, Result, catalog::decode};

/// Most drafts beside the working one; an older one makes room, as its clerk sees in the list of conflicts.
const ASIDES_MAX: usize = 32;

/// Fewest digits by which a revision may be named.
const PREFIX_CHARS_MIN: usize = 6;

/// The working state of a catalog at its custodian.
#[derive(Clone, Debug)]
pub struct DraftState {
    /// The save's entry.
    pub hash: EntryHash,
    /// The content.
    pub revision: Arc<Revision>,
    /// Who saved.
    pub operator: Option<OperatorId>,
    /// When, by this node's clock.
    pub at_ms: i64,
    /// Where it came from.
    pub source: String,
    /// Why the catalog changes, as the saves since the last submission said last.
    pub reason: String,
    /// The legal basis of the change.
    pub basis_of_change: String,
    /// Saves of this stream since the last one in full.
    pub saves_since_full: u32,
}

/// What the saves of one catalog come to.
#[derive(Default)]
pub(crate) struct Drafts {
    /// The one that work goes on with.
    pub(crate) working: Option<DraftState>,
    /// Those beside it.
    pub(crate) asides: Vec<DraftState>,
    /// Contents that those stand on.
    pub(crate) grounds: BTreeMap<Digest, Arc<Revision>>,
}

impl App {
    /// A revision known here by the beginning of its digest, saves that were replaced since among them.
    pub(crate) fn saved(&self, loaded: &Loaded, text: &str) -> Result<Arc<Revision>> {
        if let Ok(found) = loaded.revision(text) {
            return Ok(Arc::clone(found));
        }
        let digits = text.strip_prefix("sha256:").unwrap_or(text);
        let me = self.world().me.clone();
        let own = || loaded.entries.iter().filter(|entry| entry.header.stream.author.division == me);
        let saves = own().filter(|entry| Kind::from_word(&entry.header.kind) == Some(Kind::DraftSave));
        let revisions = saves.filter_map(|entry| Some(decode::<DraftSave>(entry)?.body.revision));
        let mut named =
            revisions.filter(|revision| digits.len() >= PREFIX_CHARS_MIN && revision.to_hex().starts_with(digits));
        let named = named.next_back().ok_or_else(|| loaded.lacks("revision", text))?;
        Drafts::keeping(own(), Some(named)).grounds.remove(&named).ok_or_else(|| loaded.lacks("revision", text))
    }
}

impl Drafts {
    /// Follows the saves in their order.
    pub(crate) fn of<'e>(entries: impl Iterator<Item = &'e Entry>) -> Self {
        Self::keeping(entries, None)
    }

    /// The same, with the content of one more saved revision.
    pub(crate) fn keeping<'e>(entries: impl Iterator<Item = &'e Entry>, also: Option<Digest>) -> Self {
        let saves: Vec<&Entry> = entries.collect();
        let is_save = |entry: &&&Entry| Kind::from_word(&entry.header.kind) == Some(Kind::DraftSave);
        let grounds = saves.iter().filter(is_save).filter_map(|entry| decode::<DraftSave>(entry)?.stands_on);
        let wanted: BTreeSet<Digest> = grounds.chain(also).collect();
        let mut drafts = Self::default();
        let mut parts: BTreeMap<EntryHash, ItemBatch> = BTreeMap::new();
        for entry in saves {
            match Kind::from_word(&entry.header.kind) {
                Some(Kind::ItemBatch) => parts.extend(decode::<ItemBatch>(entry).map(|batch| (entry.hash(), batch))),
                Some(Kind::DraftSave) => drafts.follow(entry, &parts, &wanted),
                Some(Kind::Submission) => drafts.forget_reason(),
                _ => {}
            }
        }
        drafts
    }

    fn follow(&mut self, entry: &Entry, parts: &BTreeMap<EntryHash, ItemBatch>, wanted: &BTreeSet<Digest>) {
        let Some(save) = decode::<DraftSave>(entry) else { return };
        let batches: Option<Vec<ItemBatch>> = save.body.parts.iter().map(|part| parts.get(part).cloned()).collect();
        let before = self.working.as_ref();
        let base = before.map(|draft| draft.revision.as_ref()).filter(|_| save.body.base.is_some());
        let Some(Ok(revision)) = batches.map(|batches| apply(base, &batches, &save.body)) else { return };
        let is_full = save.body.base.is_none();
        let later = |said: &String, kept: fn(&DraftState) -> &String| match before {
            Some(draft) if said.trim().is_empty() => kept(draft).clone(),
            Some(_) | None => said.clone(),
        };
        let draft = DraftState {
            hash: entry.hash(),
            revision: Arc::new(revision),
            operator: entry.header.operator.clone(),
            at_ms: entry.header.written_at_ms,
            reason: later(&save.reason, |draft| &draft.reason),
            basis_of_change: later(&save.basis_of_change, |draft| &draft.basis_of_change),
            source: save.source,
            saves_since_full: if is_full { 0 } else { before.map_or(0, |draft| draft.saves_since_full + 1) },
        };
        let digest = save.body.revision;
        if wanted.contains(&digest) {
            self.grounds.insert(digest, Arc::clone(&draft.revision));
        }
        if save.stands_on.is_some() {
            self.stand_beside(draft);
        } else {
            self.asides.retain(|aside| !save.merges.contains(&aside.revision.digest()));
            self.working = Some(draft);
        }
    }

    /// What was said of the change went with the submission; the next change has its own reason.
    fn forget_reason(&mut self) {
        if let Some(draft) = &mut self.working {
            draft.reason.clear();
            draft.basis_of_change.clear();
        }
    }

    /// A clerk's next save on the same ground takes the place of his last one.
    fn stand_beside(&mut self, draft: DraftState) {
        let is_same =
            |aside: &DraftState| aside.operator == draft.operator && aside.revision.parents == draft.revision.parents;
        self.asides.retain(|aside| !is_same(aside));
        if self.asides.len() == ASIDES_MAX {
            self.asides.remove(0);
        }
        self.asides.push(draft);
    }
}
