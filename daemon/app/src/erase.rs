//! Removing content by law: one person asks, another says yes above, and every node that hears both removes the bytes.
//!
//! Invariant: what is gone is a function of the set of entries (journal::erasure); the bytes follow when a catalog is
//! projected, and a node that still has them folds as if it had not. The item's neighbours keep their bytes and digests.
//! Left out: backups that were made before, which nobody reaches: a restored one hears of the erasure from its peers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, atomic::Ordering},
};

use gongkai_journal::{
    Entry, EntryHash, Reach,
    erasure::{Asked, Erasures},
    kind::Kind,
    payload::{self, DraftSave, Erase, EraseRequest, ItemSource},
    place,
};
use gongkai_model::{
    digest::Digest,
    id::{CatalogId, ItemId},
    item::{CanonicalItem, without},
    named::Beginning,
    review::{Proposal, Submission},
    revision::{ItemBatch, Put},
};
use gongkai_store::Draft;
use serde_json::value::RawValue;
use tokio::sync::watch;

use crate::{Action, App, Loaded, Operator, Result, World, acts::about, catalog::decode, source};

mod error;

pub use error::EraseError;

/// Longest law and longest reason, in characters.
const GROUNDS_CHARS_MAX: usize = 500;
/// Entries that one request names at most: a content that was submitted in full each week for twenty years.
const ENTRIES_MAX: usize = 1_000;
/// Entries read in one go.
const PAGE: usize = 500;

/// What is to be removed.
#[derive(Clone, Debug, Default)]
pub struct EraseQuestion {
    /// The item's id.
    pub item: String,
    /// Which of its contents: a digest or its beginning; empty where it had one only.
    pub content: String,
    /// Under which law.
    pub basis: String,
    /// Why.
    pub reason: String,
    /// Only say what would be asked.
    pub is_dry_run: bool,
}

/// A request that was made, or would be.
#[derive(Clone, Debug)]
pub struct EraseAsked {
    /// Its entry; `None` in a dry run.
    pub entry: Option<EntryHash>,
    /// The item.
    pub item: ItemId,
    /// The content that goes.
    pub content: Digest,
    /// The entries that hold it here.
    pub entries: usize,
}

/// A request with where it stands.
#[derive(Clone, Debug)]
pub struct EraseRow {
    /// The request.
    pub asked: Asked,
    /// Whether this node is where it is confirmed.
    pub is_mine: bool,
}

impl App {
    /// Changes whenever payloads were removed: what was published of them has to go, too.
    pub fn erased(&self) -> watch::Receiver<u64> {
        self.inner.erased.subscribe()
    }

    /// Asks that an item's content be removed everywhere.
    pub async fn ask_erasure(
        &self,
        operator: &Operator,
        catalog: &CatalogId,
        question: EraseQuestion,
    ) -> Result<EraseAsked> {
        let (acting, loaded) = self.begin_as_keeper(operator, Action::EraseAsk, catalog).await?;
        let (basis, reason) = grounds(&question)?;
        let entries = self.whole_entries(catalog).await?;
        let found = contents_of(&entries, &question.item);
        let content = one_content(catalog, &question, &found)?;
        let item = found[&content].clone();
        let holding = holding(&entries, &content);
        let named: Vec<Digest> = holding.iter().filter(|entry| is_shared(entry)).map(|entry| entry.hash()).collect();
        if named.len() > ENTRIES_MAX {
            return Err(EraseError::TooMany { count: named.len(), max: ENTRIES_MAX }.into());
        }
        let mut asked = EraseAsked { entry: None, item: item.clone(), content, entries: holding.len() };
        if question.is_dry_run || loaded.erasures.contents().contains_key(&content) {
            return Ok(asked);
        }
        let request = EraseRequest {
            catalog: catalog.clone(),
            item: Some(item),
            content: Some(content),
            entries: named,
            basis,
            reason,
        };
        asked.entry =
            Some(acting.record_one(about(catalog, None, Kind::EraseRequest, payload::encode(&request))).await?);
        Ok(asked)
    }

    /// Says yes to a request; gives how many entries lose the content.
    pub async fn confirm_erasure(&self, operator: &Operator, text: &str) -> Result<(EraseRow, usize)> {
        let row = self.erase_request_named(text).await?;
        let catalog = row.asked.request.catalog.clone();
        let (acting, loaded) = self.begin_on(operator, Action::EraseConfirm, &catalog).await?;
        let Asked { hash, author, operator: asker, request, erased_by, .. } = row.asked.clone();
        if !row.is_mine {
            return Err(EraseError::NotAbove { asked_at: author }.into());
        }
        if asker.as_ref() == Some(&operator.id) {
            return Err(EraseError::SamePerson { operator: operator.id.clone() }.into());
        }
        if self.is_by_account(&hash, operator).await? {
            let (operator, account) = (operator.id.clone(), operator.account.clone());
            return Err(EraseError::SameAccount { operator, account }.into());
        }
        if !erased_by.is_empty() {
            return Ok((row, 0));
        }
        let entries = self.whole_entries(&catalog).await?;
        let content = request.content;
        let drafts = entries.iter().filter(|entry| is_shared(entry)).filter_map(|entry| {
            let rest = content.and_then(|content| stripped(entry, &content));
            let is_named = content.is_none() && request.entries.contains(&entry.hash());
            (rest.is_some() || is_named).then(|| erase_draft(&request, hash, entry, rest))
        });
        let drafts: Vec<Draft> = drafts.collect();
        let count = drafts.len();
        if count > 0 {
            acting.record(drafts).await?;
        }
        drop(loaded);
        Ok((self.erase_request_named(text).await?, count))
    }

    /// The requests known here, of one catalog or of all, the open ones first.
    pub async fn erase_requests(&self, catalog: Option<&CatalogId>) -> Result<Vec<EraseRow>> {
        let catalogs = match catalog {
            Some(catalog) => BTreeSet::from([catalog.clone()]),
            None => self.erased_catalogs().await?,
        };
        let world = self.world();
        let mut rows = Vec::new();
        for catalog in catalogs {
            let loaded = self.load(&catalog).await?;
            rows.extend(
                loaded
                    .erasures
                    .asked()
                    .iter()
                    .map(|asked| EraseRow { is_mine: confirms(&world, asked), asked: asked.clone() }),
            );
        }
        rows.sort_by_key(|row| (!row.asked.erased_by.is_empty(), row.asked.at_ms, row.asked.hash));
        Ok(rows)
    }

    /// The catalogs of which something was asked to be removed.
    pub(crate) async fn erased_catalogs(&self) -> Result<BTreeSet<CatalogId>> {
        let mut catalogs = BTreeSet::new();
        let mut after = 0;
        loop {
            let placed = self.store().entries_of_kinds(&[Kind::EraseRequest.word()], after, PAGE).await?;
            let Some(last) = placed.last() else { return Ok(catalogs) };
            after = last.feed;
            let named = |entry: &Entry| payload::about(&entry.header.kind, entry.payload.as_deref()?);
            catalogs.extend(placed.iter().filter_map(|placed| named(&placed.entry)));
        }
    }

    async fn erase_request_named(&self, text: &str) -> Result<EraseRow> {
        let beginning = Beginning::parse(text);
        let mut rows = self.erase_requests(None).await?;
        rows.retain(|row| beginning.as_ref().is_some_and(|beginning| beginning.fits(&row.asked.hash)));
        let shown = || text.chars().take(80).collect();
        match rows.len() {
            0 => Err(EraseError::RequestUnknown { text: shown() }.into()),
            1 => Ok(rows.remove(0)),
            count => Err(EraseError::RequestUnclear { text: shown(), count }.into()),
        }
    }

    /// Removes from disk what entries about a catalog say is gone: those of others in the name of their erasure, this
    /// node's own (saves, cells of imports) in the name of one of its own.
    pub(crate) async fn carry_out(&self, loaded: &Loaded) -> Result<()> {
        if loaded.erasures.is_empty() {
            return Ok(());
        }
        for (target, erasure) in loaded.erasures.targets() {
            self.take_away(target, &erasure.by, &loaded.catalog.to_string()).await?;
        }
        let me = self.world().me.clone();
        let entries = self.store().entries_about(&loaded.catalog.to_string()).await?;
        let mut drafts = Vec::new();
        for (content, by) in loaded.erasures.contents() {
            let Some(asked) = loaded.erasures.asked().iter().find(|asked| asked.erased_by.contains(by)) else {
                continue;
            };
            let own = entries.iter().filter(|entry| !is_shared(entry) && entry.header.stream.author.division == me);
            for entry in own.filter(|entry| loaded.erasures.of_entry(&entry.hash()).is_none()) {
                if let Some(rest) = stripped(entry, content) {
                    drafts.push(erase_draft(&asked.request, asked.hash, entry, Some(rest)));
                }
            }
            self.erase_cells(&loaded.catalog, content, by).await?;
        }
        if !drafts.is_empty() {
            let erased = self.append(drafts).await?;
            for entry in erased {
                let Some(erase) = decode::<Erase>(&entry) else { continue };
                self.take_away(&erase.entry, &entry.hash(), &loaded.catalog.to_string()).await?;
            }
        }
        Ok(())
    }

    async fn take_away(&self, target: &EntryHash, by: &EntryHash, about: &str) -> Result<()> {
        if self.store().erase_payload(target, by, about).await? {
            self.inner.is_erasing.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Says that content was removed, once what was derived from it is made anew as well.
    pub(crate) fn announce_erasures(&self) {
        if self.inner.is_erasing.swap(false, Ordering::AcqRel) {
            self.inner.erased.send_modify(|count| *count += 1);
        }
    }

    /// The cells that such content was read from go with the whole page of them: they are nobody's revision.
    async fn erase_cells(&self, catalog: &CatalogId, content: &Digest, by: &EntryHash) -> Result<()> {
        let about = source::about(catalog);
        for entry in self.store().entries_about(&about).await? {
            let Some(source) = decode::<ItemSource>(&entry) else { continue };
            let rows = source.tables.iter().flat_map(|table| &table.rows);
            if rows.into_iter().any(|row| row.digest == *content) {
                self.take_away(&entry.hash(), by, &about).await?;
            }
        }
        Ok(())
    }

    /// The entries about a catalog with the bytes of their batches, which a loaded catalog has not.
    async fn whole_entries(&self, catalog: &CatalogId) -> Result<Vec<Arc<Entry>>> {
        Ok(self.store().entries_about_between(&catalog.to_string(), 0, u64::MAX).await?)
    }
}

/// The erasures among entries, and the entries as they are with them.
pub(crate) fn erased(world: &World, entries: Vec<Arc<Entry>>) -> (Erasures, Vec<Arc<Entry>>) {
    let kinds = [Kind::Erase, Kind::EraseRequest];
    if !entries.iter().any(|entry| entry.header.kind.is_one_of(&kinds)) {
        return (Erasures::default(), entries);
    }
    let (root, keyring) = (&world.root, &world.trust.keyring);
    let is_heard = |entry: &&Entry| place::of(root, entry).is_none() && (!is_shared(entry) || keyring.counts(entry));
    let counting = entries.iter().map(AsRef::as_ref).filter(is_heard);
    let erasures = Erasures::of(&world.root, &world.me, &world.trust.ancestry, counting);
    let as_it_is = |entry: Arc<Entry>| match erasures.of_entry(&entry.hash()) {
        Some(erasure) => Arc::new(entry.with_rest(erasure.rest.as_deref())),
        None => entry,
    };
    let entries = entries.into_iter().map(as_it_is).collect();
    (erasures, entries)
}

/// Refuses content that was removed before.
pub(crate) fn require_none_removed(loaded: &Loaded, puts: &[Put]) -> Result<()> {
    if loaded.erasures.contents().is_empty() {
        return Ok(());
    }
    let items = puts.iter().filter_map(|put| CanonicalItem::from_json(put.item.get()));
    match items.into_iter().find(|item| item.erasure().is_none() && loaded.erasures.has_removed(item)) {
        Some(item) => Err(EraseError::Removed { catalog: loaded.catalog.clone(), content: item.digest() }.into()),
        None => Ok(()),
    }
}

/// Whether all contents that puts say are gone were removed.
pub(crate) fn is_rightly_erased<'p>(erasures: &Erasures, mut puts: impl Iterator<Item = &'p Put>) -> bool {
    puts.all(|put| {
        let item = CanonicalItem::from_json(put.item.get());
        item.and_then(|item| item.erasure()).is_none_or(|gone| erasures.contents().contains_key(&gone))
    })
}

fn confirms(world: &World, asked: &Asked) -> bool {
    let is_above = world.me != asked.author && world.trust.ancestry.may_write(&world.me, &asked.author);
    is_above || (world.me == world.root && asked.author == world.root)
}

fn grounds(question: &EraseQuestion) -> Result<(String, String)> {
    let (basis, reason) = (question.basis.trim(), question.reason.trim());
    let is_fit = |text: &str| !text.is_empty() && text.chars().count() <= GROUNDS_CHARS_MAX;
    if !is_fit(basis) || !is_fit(reason) {
        return Err(EraseError::GroundsMissing { max: GROUNDS_CHARS_MAX }.into());
    }
    Ok((basis.to_owned(), reason.to_owned()))
}

/// The contents that an item had in any entry here, by digest.
fn contents_of(entries: &[Arc<Entry>], item: &str) -> BTreeMap<Digest, ItemId> {
    let puts = entries.iter().flat_map(|entry| puts_of(entry));
    let of_item = puts.filter(|(id, content)| id.as_str() == item && content.erasure().is_none());
    of_item.map(|(id, content)| (content.digest(), id)).collect()
}

fn one_content(catalog: &CatalogId, question: &EraseQuestion, found: &BTreeMap<Digest, ItemId>) -> Result<Digest> {
    let text = question.content.as_str();
    let beginning = Beginning::parse(text);
    let fits = |content: &&Digest| text.is_empty() || beginning.as_ref().is_some_and(|named| named.fits(content));
    let fitting: Vec<Digest> = found.keys().filter(fits).copied().collect();
    match fitting[..] {
        [content] => Ok(content),
        [] => {
            let (catalog, item) = (catalog.clone(), question.item.chars().take(80).collect());
            Err(EraseError::ContentUnknown { catalog, item, text: text.chars().take(80).collect() }.into())
        }
        _ => Err(EraseError::ContentUnclear { item: question.item.clone(), contents: fitting }.into()),
    }
}

/// The entries that hold a content.
fn holding<'e>(entries: &'e [Arc<Entry>], content: &Digest) -> Vec<&'e Arc<Entry>> {
    entries
        .iter()
        .filter(|entry| puts_of(entry).iter().any(|(_, item)| item.digest() == *content && item.erasure().is_none()))
        .collect()
}

/// Whether the entry leaves its node.
fn is_shared(entry: &Entry) -> bool {
    entry.header.reach() != Reach::SelfOnly
}

/// The items that an entry's payload holds.
fn puts_of(entry: &Entry) -> Vec<(ItemId, CanonicalItem)> {
    let of_body = |puts: Vec<Put>| -> Vec<(ItemId, CanonicalItem)> {
        puts.into_iter().filter_map(|put| Some((put.id, CanonicalItem::from_json(put.item.get())?))).collect()
    };
    match entry.header.kind.known() {
        Some(Kind::Submission) => decode::<Submission>(entry).map(|it| of_body(it.body.puts)).unwrap_or_default(),
        Some(Kind::DraftSave) => decode::<DraftSave>(entry).map(|it| of_body(it.body.puts)).unwrap_or_default(),
        Some(Kind::ItemBatch) => decode::<ItemBatch>(entry).map(|it| of_body(it.puts)).unwrap_or_default(),
        Some(Kind::Proposal) => {
            let proposed = |it: Proposal| Some((it.item_id, CanonicalItem::from_json(it.item.get())?));
            decode::<Proposal>(entry).and_then(proposed).into_iter().collect()
        }
        // No other kind holds items.
        _ => Vec::new(),
    }
}

/// The payload without the content; `None` where it is not in it.
fn stripped(entry: &Entry, content: &Digest) -> Option<String> {
    let held = puts_of(entry).into_iter().map(|(_, item)| item);
    let item = held.into_iter().find(|item| item.digest() == *content && item.erasure().is_none())?;
    without(std::str::from_utf8(entry.payload.as_deref()?).ok()?, &item)
}

/// An erasure goes as far as what it erases.
fn erase_draft(request: &EraseRequest, asked: EntryHash, entry: &Entry, rest: Option<String>) -> Draft {
    let erase = Erase {
        catalog: Some(request.catalog.clone()),
        entry: entry.hash(),
        request: Some(asked),
        content: request.content,
        rest: rest.and_then(|rest| RawValue::from_string(rest).ok()),
        basis: request.basis.clone(),
        reason: request.reason.clone(),
    };
    let mut draft = about(&request.catalog, None, Kind::Erase, payload::encode(&erase));
    draft.reach = entry.header.reach();
    draft
}
