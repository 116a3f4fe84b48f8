//! Names as people write them, looked up among what this node knows.
//!
//! Invariant: one rule for all: a name means one thing, or it is refused with those that it could mean; nobody acts on
//! the first that fits. Left out: how a name is read (model).

use std::{collections::BTreeMap, sync::Arc};

use gongkai_journal::{Entry, EntryHash, kind::Kind, payload};
use gongkai_model::{
    digest::{Algorithm, Digest},
    id::{CatalogId, ItemId},
    named::{Beginning, NotOne, only},
    review::SubmissionState,
    revision::Revision,
};

use crate::{App, Error, Loaded, ProposalError, Result};

/// Longest text of a person's that a refusal repeats, in characters.
const TEXT_CHARS_MAX: usize = 80;
/// Entries with one beginning that are looked at: with six digits there are a few among millions.
const ENTRIES_MAX: usize = 500;

/// What was found for a name, or the refusal: `nothing` where nothing has it.
pub fn one<T, E: From<Error>>(
    found: Result<T, NotOne>,
    what: &'static str,
    text: &str,
    nothing: impl FnOnce() -> E,
) -> Result<T, E> {
    let text = || text.chars().take(TEXT_CHARS_MAX).collect();
    found.map_err(|not_one| match not_one {
        NotOne::Nothing => nothing(),
        NotOne::Several { count, candidates } => Error::Ambiguous { what, text: text(), count, candidates }.into(),
    })
}

/// The one of some hashes that a text is the beginning of.
pub(crate) fn only_beginning(text: &str, hashes: impl IntoIterator<Item = Digest>) -> Result<Digest, NotOne> {
    Beginning::parse(text).ok_or(NotOne::Nothing)?.only(hashes)
}

/// The refusal of an entry that nobody knows here.
pub(crate) fn unknown(what: &'static str, text: &str) -> Error {
    ProposalError::Unknown { what, text: text.chars().take(TEXT_CHARS_MAX).collect() }.into()
}

impl Loaded {
    /// Contents of revisions that are known here, submitted or saved.
    pub(crate) fn contents(&self) -> BTreeMap<Digest, &Arc<Revision>> {
        let drafts = self.draft.iter().chain(&self.asides).map(|draft| (draft.revision.digest(), &draft.revision));
        let kept = self.revisions.iter().chain(&self.grounds).map(|(digest, revision)| (*digest, revision));
        drafts.chain(kept).collect()
    }

    /// The revision that a text names: empty for the working one, `approved`, or a digest's beginning.
    pub fn named(&self, text: &str) -> Result<&Arc<Revision>> {
        let approved = || self.revisions.get(&self.state.latest_approved(None)?.revision);
        match text {
            "" => self.working().ok_or_else(|| self.lacks("revision", text)),
            "approved" => approved().ok_or_else(|| self.lacks("revision", text)),
            digits => self.revision(digits),
        }
    }

    /// A revision by its digest or the beginning of its hexadecimal text.
    pub fn revision(&self, text: &str) -> Result<&Arc<Revision>> {
        let contents = self.contents();
        let nothing = || self.lacks("revision", text);
        let digest = one(only_beginning(text, contents.keys().copied()), "revision", text, nothing)?;
        contents.get(&digest).copied().ok_or_else(nothing)
    }

    /// The submission that a text names: empty for the current one, or its hash's beginning.
    pub fn submission_named(&self, text: &str) -> Result<&SubmissionState> {
        let nothing = || self.lacks("submission", text);
        if text.is_empty() {
            return self.state.head().ok_or_else(nothing);
        }
        let hashes = self.state.submissions.iter().map(|submission| submission.hash);
        let hash = one(only_beginning(text, hashes), "submission", text, nothing)?;
        self.state.submission(&hash).ok_or_else(nothing)
    }

    /// The item that a person means: by id, serial or name, as it is now or as it last was.
    pub fn item_named(&self, text: &str) -> Result<ItemId> {
        let newest_first = self.state.submissions.iter().rev().filter_map(|known| self.revisions.get(&known.revision));
        for revision in self.working().into_iter().chain(newest_first) {
            match revision.item_named(text) {
                Err(NotOne::Nothing) => {}
                found => return one(found.cloned(), "item", text, || self.lacks("item", text)),
            }
        }
        Err(self.lacks("item", text))
    }
}

impl App {
    /// A catalog by its id, or by its current submission's hash.
    pub async fn catalog_or_submission(&self, text: &str) -> Result<CatalogId> {
        if text.contains('/') {
            return Ok(CatalogId::parse(text)?);
        }
        let rows = self.catalog_rows().await?.into_iter().map(|row| row.summary);
        let current: BTreeMap<Digest, CatalogId> =
            rows.filter_map(|row| Some((row.submission?, row.catalog))).collect();
        let nothing = || unknown("submission", text);
        let hash = one(only_beginning(text, current.keys().copied()), "submission", text, nothing)?;
        current.get(&hash).cloned().ok_or_else(nothing)
    }

    /// The one entry of a kind whose hash begins so, with the catalog it is about.
    pub(crate) async fn entry_of_kind(
        &self,
        what: &'static str,
        kind: Kind,
        text: &str,
    ) -> Result<(CatalogId, EntryHash)> {
        let about = |entry: &Entry| {
            let catalog = payload::about(&entry.header.kind, entry.payload.as_deref()?);
            catalog.filter(|_| entry.header.kind == kind)
        };
        let mut found = Vec::new();
        for hash in self.entries_beginning(text).await? {
            let catalog = self.store().entry(&hash).await?.and_then(|entry| about(&entry));
            found.extend(catalog.map(|catalog| ((catalog.clone(), hash), format!("{hash} ({catalog})"))));
        }
        let nothing = || unknown(what, text);
        one(only(found), what, text, nothing)
    }

    /// The entries whose hash begins so; none for a text that is no beginning of a hash.
    pub(crate) async fn entries_beginning(&self, text: &str) -> Result<Vec<EntryHash>> {
        let Some(beginning) = Beginning::parse(text) else { return Ok(Vec::new()) };
        let digits = beginning.digits();
        let whole_bytes = hex::decode(&digits[..digits.len() & !1]).expect("a beginning is hexadecimal digits");
        let first = [vec![Algorithm::Sha256.number()], whole_bytes].concat();
        let mut found = self.store().beginning_with(&first, ENTRIES_MAX).await?;
        found.retain(|hash| beginning.fits(hash));
        Ok(found)
    }
}
