//! Which payloads were removed by law (erasure): whose word it takes, and what stands in their place.
//!
//! Invariant: a function of the set of entries. An erasure takes two people: one asks (`erase.request`), and another
//! says yes (`erase`), at a node above the one where it was asked; at the root, where there is none above, another person
//! of the root. Whoever relays an entry without its payload proves nothing by that.
//! An `erase` entry carries what is left of a payload, so it holds what another request may want gone: whoever removes more
//! of the same payload writes what is left anew and shortens the earlier `erase` entry to its grounds (`erase` of an
//! `erase`). Where two did so without knowing of each other, what either removed is gone.
//! Left out: the bytes on disk (store), and who may ask (app).

use std::collections::{BTreeMap, BTreeSet};

use gongkai_model::{digest::Digest, id::DivisionId, item::CanonicalItem};
use serde::{Deserialize, Serialize};

use crate::{
    entry::{Entry, EntryHash},
    kind::Kind,
    payload::{self, Erase, EraseRequest},
    route::Ancestry,
    stream::Reach,
};

/// One payload's removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// The `erase` entry.
    pub by: EntryHash,
    /// The content that was removed; `None`: the whole payload.
    pub content: Option<Digest>,
    /// The payload without that content; `None`: nothing is left.
    pub rest: Option<String>,
    /// Another says what is left since.
    is_short: bool,
}

impl Erasure {
    /// Of several on one payload the least stands: one that leaves nothing, then one that says what is left.
    fn standing(&self) -> (u8, EntryHash) {
        let class = match (&self.rest, self.is_short) {
            (None, false) => 0,
            (Some(_), _) => 1,
            (None, true) => 2,
        };
        (class, self.by)
    }
}

/// What was asked for, and whether somebody said yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The request's entry.
    pub hash: EntryHash,
    /// Which node asked.
    pub author: DivisionId,
    /// Who asked, and when, as entries say it.
    pub operator: Option<gongkai_model::id::OperatorId>,
    /// The author's wall time, unix milliseconds.
    pub at_ms: i64,
    /// What was asked.
    pub request: EraseRequest,
    /// The `erase` entries that count for it.
    pub erased_by: Vec<EntryHash>,
}

/// The erasures among some entries, such as those about one catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erasures {
    by_target: BTreeMap<EntryHash, Erasure>,
    /// Every `erase` entry that still says what is left of a payload, by that payload's entry.
    rests: BTreeMap<EntryHash, BTreeMap<EntryHash, String>>,
    /// The entries of which people's words were removed.
    hushed: BTreeSet<EntryHash>,
    contents: BTreeMap<Digest, EntryHash>,
    asked: Vec<Asked>,
}

impl Erasures {
    /// Those that count among entries whose keys count. `root` is the node that has none above it; `me` removes from its
    /// own saves what was removed from what it sent.
    pub fn of<'e>(
        root: &DivisionId,
        me: &DivisionId,
        ancestry: &Ancestry,
        entries: impl IntoIterator<Item = &'e Entry> + Clone,
    ) -> Self {
        let mut erasures = Self { asked: requests(entries.clone()), ..Self::default() };
        let acts = acts(entries, |entry, erase| {
            erasures.asked.iter().any(|asked| counts(root, ancestry, asked, entry, erase))
        });
        let (here, shared): (Vec<_>, Vec<_>) =
            acts.into_iter().partition(|(entry, ..)| entry.header.reach() == Reach::SelfOnly);
        for (entry, erase, is_short) in shared {
            let counts = |asked: &&mut Asked| counts(root, ancestry, asked, entry, &erase);
            let Some(asked) = erasures.asked.iter_mut().find(counts) else { continue };
            asked.erased_by.push(entry.hash());
            erasures.contents.extend(erase.content.map(|content| (content, entry.hash())));
            erasures.take(entry, erase, is_short);
        }
        let granted: BTreeSet<Digest> =
            erasures.asked.iter().filter(|asked| !asked.erased_by.is_empty()).map(|asked| asked.hash).collect();
        for (entry, erase, is_short) in here {
            let is_own = entry.header.stream.author.division == *me;
            let is_granted = match erase.content {
                Some(content) => erasures.contents.contains_key(&content),
                None => erase.request.is_some_and(|request| granted.contains(&request)),
            };
            if is_own && is_granted {
                erasures.take(entry, erase, is_short);
            }
        }
        erasures
    }

    fn take(&mut self, entry: &Entry, erase: Erase, is_short: bool) {
        let (by, target) = (entry.hash(), erase.entry);
        let rest = erase.rest.map(|rest| rest.get().to_owned());
        if erase.content.is_none() && (rest.is_some() || is_short) {
            self.hushed.insert(target);
        }
        if let Some(rest) = &rest {
            self.rests.entry(target).or_default().insert(by, rest.clone());
        }
        let erasure = Erasure { by, content: erase.content, rest, is_short };
        let place = self.by_target.entry(target).or_insert_with(|| erasure.clone());
        if erasure.standing() < place.standing() {
            *place = erasure;
        }
    }

    /// What is left of an entry's payload, by each `erase` entry that says so.
    pub fn rests(&self, target: &EntryHash) -> impl Iterator<Item = (&EntryHash, &str)> {
        self.rests.get(target).into_iter().flatten().map(|(by, rest)| (by, rest.as_str()))
    }

    /// Whether people's words were removed from an entry.
    pub fn is_hushed(&self, target: &EntryHash) -> bool {
        self.hushed.contains(target)
    }

    /// What became of an entry's payload; `None`: it was not removed.
    pub fn of_entry(&self, hash: &EntryHash) -> Option<&Erasure> {
        self.by_target.get(hash)
    }

    /// Every entry whose payload is to go.
    pub fn targets(&self) -> impl Iterator<Item = (&EntryHash, &Erasure)> {
        self.by_target.iter()
    }

    /// The contents that were removed, each with the entry that did it.
    pub fn contents(&self) -> &BTreeMap<Digest, EntryHash> {
        &self.contents
    }

    /// Whether content of this digest was removed.
    pub fn has_removed(&self, item: &CanonicalItem) -> bool {
        self.contents.contains_key(&item.digest())
    }

    /// All that was asked, with what was said to it, by entry hash.
    pub fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// Whether nothing was removed.
    pub fn is_empty(&self) -> bool {
        self.by_target.is_empty()
    }
}

fn requests<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Vec<Asked> {
    let mut asked: Vec<Asked> = of_kind::<EraseRequest>(entries, Kind::EraseRequest)
        .map(|(entry, request)| Asked {
            hash: entry.hash(),
            author: entry.header.stream.author.division.clone(),
            operator: entry.header.operator.clone(),
            at_ms: entry.header.written_at_ms,
            request,
            erased_by: Vec::new(),
        })
        .collect();
    asked.sort_by_key(|asked| asked.hash);
    asked
}

/// The `erase` entries by hash, each as it stands now: shortened where another that counts says so.
fn acts<'e>(
    entries: impl IntoIterator<Item = &'e Entry> + Clone,
    counts: impl Fn(&Entry, &Erase) -> bool,
) -> Vec<(&'e Entry, Erase, bool)> {
    let erases = entries.into_iter().filter(|entry| entry.header.kind == Kind::Erase);
    let mut acts: BTreeMap<EntryHash, (&Entry, Option<Erase>, bool)> =
        erases.map(|entry| (entry.hash(), (entry, read(entry), false))).collect();
    let shortened: Vec<(EntryHash, Erase)> = acts
        .values()
        .filter_map(|(entry, erase, _)| Some((*entry, erase.as_ref()?)))
        .filter(|(entry, erase)| acts.contains_key(&erase.entry) && (is_kept(entry) || counts(entry, erase)))
        .filter_map(|(_, erase)| {
            let short: Erase = serde_json::from_str(erase.rest.as_ref()?.get()).ok()?;
            Some((erase.entry, Erase { rest: None, ..short }))
        })
        .collect();
    for (target, short) in shortened {
        if let Some((_, erase, is_short)) = acts.get_mut(&target) {
            (*erase, *is_short) = (Some(short), true);
        }
    }
    acts.into_values().filter_map(|(entry, erase, is_short)| Some((entry, erase?, is_short))).collect()
}

fn is_kept(entry: &Entry) -> bool {
    entry.header.reach() == Reach::SelfOnly
}

fn read(entry: &Entry) -> Option<Erase> {
    payload::decode(&entry.header.kind, entry.payload.as_deref()?).ok()
}

/// Whether a second person said yes to what was asked where he must: above the node that asked, or beside the asker at the
/// root.
fn counts(root: &DivisionId, ancestry: &Ancestry, asked: &Asked, entry: &Entry, erase: &Erase) -> bool {
    if Some(asked.hash) != erase.request {
        return false;
    }
    let by = &entry.header.stream.author.division;
    let is_above = by != &asked.author && ancestry.may_write(by, &asked.author);
    let is_at_the_top = by == root && asked.author == *root;
    let is_another = entry.header.operator.is_some() && entry.header.operator != asked.operator;
    let is_the_same_matter =
        erase.content == asked.request.content && erase.catalog == Some(asked.request.catalog.clone());
    (is_above || is_at_the_top) && is_another && is_the_same_matter
}

fn of_kind<'e, T: serde::de::DeserializeOwned>(
    entries: impl IntoIterator<Item = &'e Entry>,
    kind: Kind,
) -> impl Iterator<Item = (&'e Entry, T)> {
    entries
        .into_iter()
        .filter(move |entry| entry.header.kind == kind)
        .filter_map(|entry| Some((entry, payload::decode(&entry.header.kind, entry.payload.as_deref()?).ok()?)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests;
