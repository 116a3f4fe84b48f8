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
    words::without_words,
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

use crate::{
    Action, App, Loaded, Operator, Result, World,
    acts::about,
    catalog::decode,
    project::{read_row, text_of},
    source,
};

mod error;

pub use error::EraseError;

/// Longest law and longest reason, in characters.
const GROUNDS_CHARS_MAX: usize = 500;
/// Entries that one request names at most: a content that was submitted in full each week for twenty years.
const ENTRIES_MAX: usize = 1_000;
/// Projection rows of requests: key = the request's entry.
const ERASURES: &str = "erasure";

/// What is to be removed.
#[derive(Clone, Debug, Default)]
pub struct EraseQuestion {
    /// The item's id; empty where an entry is named.
    pub item: String,
    /// Which of its contents: a digest or its beginning; empty where it had one only.
    pub content: String,
    /// The entry of which people's words go: a hash or its beginning; empty where an item is named.
    pub entry: String,
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
    /// The item; `None` where an entry was named.
    pub item: Option<ItemId>,
    /// The content that goes; `None` where an entry's words go.
    pub content: Option<Digest>,
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
        let (acting, _) = self.begin_as_keeper(operator, Action::EraseAsk, catalog).await?;
        let (basis, reason) = grounds(&question)?;
        let (erasures, entries) = self.whole_entries(catalog).await?;
        let meant = if question.entry.is_empty() {
            content_meant(catalog, &question, &entries)?
        } else {
            words_meant(catalog, &question, &entries)?
        };
        if meant.named.len() > ENTRIES_MAX {
            return Err(EraseError::TooMany { count: meant.named.len(), max: ENTRIES_MAX }.into());
        }
        let Meant { item, content, named, entries } = meant;
        let mut asked = EraseAsked { entry: None, item: item.clone(), content, entries };
        let is_gone = content.is_some_and(|content| erasures.contents().contains_key(&content));
        if question.is_dry_run || is_gone {
            return Ok(asked);
        }
        let request = EraseRequest { catalog: catalog.clone(), item, content, entries: named, basis, reason };
        asked.entry =
            Some(acting.record_one(about(catalog, None, Kind::EraseRequest, payload::encode(&request))).await?);
        Ok(asked)
    }

    /// Says yes to a request; gives how many entries lose the content.
    pub async fn confirm_erasure(&self, operator: &Operator, text: &str) -> Result<(EraseRow, usize)> {
        let row = self.erase_request_named(text).await?;
        let catalog = row.asked.request.catalog.clone();
        let (acting, _) = self.begin_on(operator, Action::EraseConfirm, &catalog).await?;
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
        let (erasures, entries) = self.whole_entries(&catalog).await?;
        let mut drafts = Vec::new();
        for entry in entries.iter().filter(|entry| is_shared(entry)) {
            if let Some(rest) = left_of(&erasures, entry, &request) {
                drafts.extend(removal(&request, hash, &erasures, &entries, entry, rest));
            }
        }
        let count = drafts.len();
        if let Some(content) = request.content.filter(|_| drafts.is_empty()) {
            // It never left the node that asked: the word alone goes down, and names no entry.
            drafts.push(erase_draft(&request, hash, (content, Reach::Path), None));
        }
        if !drafts.is_empty() {
            acting.record(drafts).await?;
        }
        Ok((self.erase_request_named(text).await?, count))
    }

    /// The requests known here, of one catalog or of all, the open ones first.
    pub async fn erase_requests(&self, catalog: Option<&CatalogId>) -> Result<Vec<EraseRow>> {
        let world = self.world();
        let kept = self.store().projections(ERASURES).await?;
        let mut rows = Vec::with_capacity(kept.len());
        for row in &kept {
            let asked: Asked = read_row(&row.value)?;
            if catalog.is_none_or(|catalog| asked.request.catalog == *catalog) {
                rows.push(EraseRow { is_mine: confirms(&world, &asked), asked });
            }
        }
        rows.sort_by_key(|row| (!row.asked.erased_by.is_empty(), row.asked.at_ms, row.asked.hash));
        Ok(rows)
    }

    /// The catalogs of which something was asked to be removed.
    pub(crate) async fn erased_catalogs(&self) -> Result<BTreeSet<CatalogId>> {
        Ok(self.erase_requests(None).await?.into_iter().map(|row| row.asked.request.catalog).collect())
    }

    /// The rows of a catalog's requests: a list of all would have every catalog folded.
    pub(crate) fn erasure_rows(loaded: &Loaded) -> impl Iterator<Item = (String, String, Option<String>)> {
        let row = |asked: &Asked| (ERASURES.to_owned(), asked.hash.to_string(), Some(text_of(asked)));
        loaded.erasures.asked().iter().map(row)
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
        let about = loaded.catalog.to_string();
        let me = self.world().me.clone();
        let raw: Vec<Arc<Entry>> = self.store().entries_about(&about).await?.into_iter().map(Arc::new).collect();
        let words = words_removed(loaded, &raw);
        let entries: Vec<Arc<Entry>> = raw.into_iter().map(|entry| as_it_is(&loaded.erasures, entry)).collect();
        let mut drafts = Vec::new();
        let own = entries.iter().filter(|entry| !is_shared(entry) && entry.header.stream.author.division == me);
        for entry in own {
            let Some((rest, asked, content)) = own_rest(loaded, entry, &words) else { continue };
            let request = EraseRequest { content, ..asked.request.clone() };
            drafts.extend(removal(&request, asked.hash, &loaded.erasures, &entries, entry, rest));
        }
        for (content, by) in loaded.erasures.contents() {
            self.erase_cells(&loaded.catalog, content, by).await?;
        }
        // The node's own first: what they are told by goes with the rest.
        let erased = if drafts.is_empty() { Vec::new() } else { self.append(drafts).await? };
        for (target, by) in loaded.erasures.targets().map(|(target, erasure)| (*target, erasure.by)) {
            self.take_away(&target, &by, &about).await?;
        }
        for entry in erased {
            let Some(erase) = decode::<Erase>(&entry) else { continue };
            self.take_away(&erase.entry, &entry.hash(), &about).await?;
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

    /// The entries about a catalog with the bytes of their batches, which a loaded catalog has not, each as it is.
    async fn whole_entries(&self, catalog: &CatalogId) -> Result<(Erasures, Vec<Arc<Entry>>)> {
        let entries = self.store().entries_about_between(&catalog.to_string(), 0, u64::MAX).await?;
        Ok(erased(&self.world(), entries))
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
    let entries = entries.into_iter().map(|entry| as_it_is(&erasures, entry)).collect();
    (erasures, entries)
}

/// An entry as removals leave it: the rest that one of them names, without what any of the others removed.
fn as_it_is(erasures: &Erasures, entry: Arc<Entry>) -> Arc<Entry> {
    let Some(erasure) = erasures.of_entry(&entry.hash()) else { return entry };
    let mut left = entry.with_rest(erasure.rest.as_deref());
    for content in erasures.contents().keys() {
        if let Some(rest) = stripped(&left, content) {
            left = left.with_rest(Some(&rest));
        }
    }
    if erasures.is_hushed(&entry.hash())
        && let Some((rest, _)) = hushed(&left)
    {
        left = left.with_rest(Some(&rest));
    }
    Arc::new(left)
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

/// What a request is about.
struct Meant {
    item: Option<ItemId>,
    content: Option<Digest>,
    /// Entries that leave the node.
    named: Vec<Digest>,
    /// Those that do not, too.
    entries: usize,
}

/// An item's content.
fn content_meant(catalog: &CatalogId, question: &EraseQuestion, entries: &[Arc<Entry>]) -> Result<Meant> {
    let found = contents_of(entries, &question.item);
    let content = one_content(catalog, question, &found)?;
    let holds = |entry: &&Arc<Entry>| puts_of(entry).iter().any(|(_, item)| is_it(item, &content));
    let holding: Vec<&Arc<Entry>> = entries.iter().filter(holds).collect();
    let named = holding.iter().filter(|entry| is_shared(entry)).map(|entry| entry.hash()).collect();
    Ok(Meant { item: Some(found[&content].clone()), content: Some(content), named, entries: holding.len() })
}

/// An entry's words.
fn words_meant(catalog: &CatalogId, question: &EraseQuestion, entries: &[Arc<Entry>]) -> Result<Meant> {
    let text = question.entry.as_str();
    let beginning = Beginning::parse(text);
    let fits = |entry: &&Arc<Entry>| beginning.as_ref().is_some_and(|named| named.fits(&entry.hash()));
    let shown = || text.chars().take(80).collect::<String>();
    let unknown = || EraseError::EntryUnknown { catalog: catalog.clone(), text: shown() };
    let mut fitting = entries.iter().filter(fits);
    let entry = fitting.next().filter(|_| question.item.is_empty()).ok_or_else(unknown)?;
    if fitting.next().is_some() {
        return Err(EraseError::RequestUnclear { text: shown(), count: 2 + fitting.count() }.into());
    }
    let has_words = is_shared(entry) && hushed(entry).is_some_and(|(_, words)| !words.is_empty());
    if !has_words {
        return Err(EraseError::NoWords { entry: entry.hash(), kind: entry.header.kind.to_string() }.into());
    }
    Ok(Meant { item: None, content: None, named: vec![entry.hash()], entries: 1 })
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

fn is_it(item: &CanonicalItem, content: &Digest) -> bool {
    item.digest() == *content && item.erasure().is_none()
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
    let item = held.into_iter().find(|item| is_it(item, content))?;
    without(std::str::from_utf8(entry.payload.as_deref()?).ok()?, &item)
}

/// An entry without people's words, and the words; `None` where its kind holds none.
fn hushed(entry: &Entry) -> Option<(String, Vec<String>)> {
    without_words(entry.header.kind.known()?, entry.payload.as_deref()?)
}

/// What a request leaves of an entry's payload; `None` where there is nothing of it.
fn left_of(erasures: &Erasures, entry: &Entry, request: &EraseRequest) -> Option<String> {
    let Some(content) = request.content else {
        return hushed(entry).filter(|_| request.entries.contains(&entry.hash())).map(|(rest, _)| rest);
    };
    if let Some(rest) = stripped(entry, &content) {
        return Some(rest);
    }
    // Another removal of it still says the words.
    let hash = entry.hash();
    let mut said = erasures.rests(&hash).map(|(_, rest)| entry.with_rest(Some(rest)));
    said.any(|left| stripped(&left, &content).is_some()).then(|| text_of_payload(entry)).flatten()
}

fn text_of_payload(entry: &Entry) -> Option<String> {
    String::from_utf8(entry.payload.clone()?).ok()
}

/// What this node's own save keeps, if any of it was removed: without each such content and without such words; with the
/// request that is answered by that.
fn own_rest<'l>(
    loaded: &'l Loaded,
    entry: &Entry,
    words: &BTreeSet<String>,
) -> Option<(String, &'l Asked, Option<Digest>)> {
    let erasures = &loaded.erasures;
    let mut left = entry.clone();
    let mut because = None;
    for (content, by) in erasures.contents() {
        if let Some(rest) = stripped(&left, content) {
            left = left.with_rest(Some(&rest));
            because = because.or(Some((*by, Some(*content))));
        }
    }
    if let Some((rest, held)) = hushed(&left).filter(|(_, held)| held.iter().any(|held| words.contains(held))) {
        let by = erasures.targets().find(|(target, _)| erasures.is_hushed(target)).map(|(_, erasure)| erasure.by)?;
        left = left.with_rest(Some(&rest));
        because = because.or_else(|| (!held.is_empty()).then_some((by, None)));
    }
    let (by, content) = because?;
    let asked = erasures.asked().iter().find(|asked| asked.erased_by.contains(&by))?;
    Some((text_of_payload(&left)?, asked, content))
}

/// The words that removals took from entries whose bytes are still here: the node's own saves say them as well.
fn words_removed(loaded: &Loaded, raw: &[Arc<Entry>]) -> BTreeSet<String> {
    let gone = raw.iter().filter(|entry| is_shared(entry) && loaded.erasures.is_hushed(&entry.hash()));
    gone.filter_map(|entry| hushed(entry)).flat_map(|(_, words)| words).collect()
}

/// The entries that remove something of a payload: what is left of it anew, and what said so before made short.
fn removal(
    request: &EraseRequest,
    asked: EntryHash,
    erasures: &Erasures,
    entries: &[Arc<Entry>],
    entry: &Entry,
    rest: String,
) -> Vec<Draft> {
    let mut drafts = vec![erase_draft(request, asked, (entry.hash(), entry.header.reach()), Some(rest))];
    for (by, _) in erasures.rests(&entry.hash()) {
        let Some(before) = entries.iter().find(|entry| entry.hash() == *by) else { continue };
        let Some(erase) = decode::<Erase>(before) else { continue };
        let short = String::from_utf8(payload::encode(&Erase { rest: None, ..erase })).ok();
        drafts.push(erase_draft(request, asked, (*by, before.header.reach()), short));
    }
    drafts
}

/// An erasure goes as far as what it erases.
fn erase_draft(
    request: &EraseRequest,
    asked: EntryHash,
    (entry, reach): (EntryHash, Reach),
    rest: Option<String>,
) -> Draft {
    let erase = Erase {
        catalog: Some(request.catalog.clone()),
        entry,
        request: Some(asked),
        content: request.content,
        rest: rest.and_then(|rest| RawValue::from_string(rest).ok()),
        basis: request.basis.clone(),
        reason: request.reason.clone(),
    };
    let mut draft = about(&request.catalog, None, Kind::Erase, payload::encode(&erase));
    draft.reach = reach;
    draft
}
