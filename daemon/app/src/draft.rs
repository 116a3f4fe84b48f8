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
    id::{DivisionId, OperatorId},
    revision::{Revision, apply},
};

use crate::{
    App, Loaded, Result,
    catalog::{batches, decode, parts_of},
};

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

/// Contents by their digest.
type Contents = BTreeMap<Digest, Arc<Revision>>;

/// What the saves of one catalog come to.
#[derive(Clone, Default)]
pub(crate) struct Drafts {
    /// The one that work goes on with.
    pub(crate) working: Option<DraftState>,
    /// Those beside it.
    pub(crate) asides: Vec<DraftState>,
    /// Contents that those stand on.
    pub(crate) grounds: BTreeMap<Digest, Arc<Revision>>,
    /// The item batches that were read.
    pub(crate) parts: BTreeSet<EntryHash>,
}

impl App {
    /// A revision known here by the beginning of its digest, saves that were replaced since among them.
    pub(crate) async fn saved(&self, loaded: &Loaded, text: &str) -> Result<Arc<Revision>> {
        if let Ok(found) = loaded.revision(text) {
            return Ok(Arc::clone(found));
        }
        let digits = text.strip_prefix("sha256:").unwrap_or(text);
        let me = self.world().me.clone();
        // With the bytes of its batches, which a loaded catalog has not.
        let entries = self.store().entries_about_between(&loaded.catalog.to_string(), 0, u64::MAX).await?;
        let own = entries.iter().filter(|entry| entry.header.stream.author.division == me);
        let saves = own.filter(|entry| entry.header.kind == Kind::DraftSave);
        let revisions = saves.filter_map(|entry| Some(decode::<DraftSave>(entry)?.body.revision));
        let mut named =
            revisions.filter(|revision| digits.len() >= PREFIX_CHARS_MIN && revision.to_hex().starts_with(digits));
        let named = named.next_back().ok_or_else(|| loaded.lacks("revision", text))?;
        let wanted = BTreeSet::from([named]);
        let mut drafts = Drafts::default().keeping(&entries, 0, &me, &wanted, &loaded.revisions);
        drafts.grounds.remove(&named).ok_or_else(|| loaded.lacks("revision", text))
    }
}

impl Drafts {
    /// Follows a division's saves on to the end, where this is what the first `read` entries came to. What was submitted
    /// is not read again.
    pub(crate) fn follow_all(self, entries: &[Arc<Entry>], read: usize, me: &DivisionId, submitted: &Contents) -> Self {
        let wanted = grounds(&entries[read..], me);
        self.keeping(entries, read, me, &wanted, submitted)
    }

    /// The same, with the contents of the saves that are wanted.
    fn keeping(
        mut self,
        entries: &[Arc<Entry>],
        read: usize,
        me: &DivisionId,
        wanted: &BTreeSet<Digest>,
        submitted: &Contents,
    ) -> Self {
        let batches = batches(entries);
        for entry in entries[read..].iter().filter(|entry| entry.header.stream.author.division == *me) {
            match entry.header.kind.known() {
                Some(Kind::DraftSave) => self.follow(entry, &batches, wanted, submitted),
                Some(Kind::Submission) => self.forget_reason(),
                _ => {}
            }
        }
        self
    }

    fn follow(
        &mut self,
        entry: &Entry,
        batches: &BTreeMap<EntryHash, &Entry>,
        wanted: &BTreeSet<Digest>,
        submitted: &Contents,
    ) {
        let Some(save) = decode::<DraftSave>(entry) else { return };
        let before = self.working.as_ref();
        let base = before.map(|draft| draft.revision.as_ref()).filter(|_| save.body.base.is_some());
        let made = || apply(base, &parts_of(&entry.header, &save.body, batches)?, &save.body).ok().map(Arc::new);
        let Some(revision) = submitted.get(&save.body.revision).cloned().or_else(made) else { return };
        let is_full = save.body.base.is_none();
        let later = |said: &String, kept: fn(&DraftState) -> &String| match before {
            Some(draft) if said.trim().is_empty() => kept(draft).clone(),
            Some(_) | None => said.clone(),
        };
        let draft = DraftState {
            hash: entry.hash(),
            revision,
            operator: entry.header.operator.clone(),
            at_ms: entry.header.written_at_ms,
            reason: later(&save.reason, |draft| &draft.reason),
            basis_of_change: later(&save.basis_of_change, |draft| &draft.basis_of_change),
            source: save.source,
            saves_since_full: if is_full { 0 } else { before.map_or(0, |draft| draft.saves_since_full + 1) },
        };
        self.parts.extend(save.body.parts);
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

/// Whether a division's saves stand on anything but the working draft: then older saves are looked for.
pub(crate) fn stands_elsewhere(entries: &[Arc<Entry>], me: &DivisionId) -> bool {
    !grounds(entries, me).is_empty()
}

/// What they stand on.
fn grounds(entries: &[Arc<Entry>], me: &DivisionId) -> BTreeSet<Digest> {
    let own = entries.iter().filter(|entry| entry.header.stream.author.division == *me);
    let saves = own.filter(|entry| entry.header.kind == Kind::DraftSave);
    saves.filter_map(|entry| decode::<DraftSave>(entry)?.stands_on).collect()
}
