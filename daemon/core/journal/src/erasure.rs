//! Which payloads were removed by law (erasure): whose word it takes, and what stands in their place.
//!
//! Invariant: a function of the set of entries. An erasure takes two people: one asks (`erase.request`), and another
//! says yes (`erase`), at a node above the one where it was asked; at the root, where there is none above, another person
//! of the root. Whoever relays an entry without its payload proves nothing by that.
//! Left out: the bytes on disk (store), and who may ask (app).

use std::collections::BTreeMap;

use gongkai_model::{digest::Digest, id::DivisionId, item::CanonicalItem};

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
}

/// What was asked for, and whether somebody said yes.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        let mut acts: Vec<(&Entry, Erase)> = of_kind(entries, Kind::Erase).collect();
        acts.sort_by_key(|(entry, _)| entry.hash());
        let (here, shared): (Vec<_>, Vec<_>) =
            acts.into_iter().partition(|(entry, _)| entry.header.reach() == Reach::SelfOnly);
        for (entry, erase) in shared {
            let Some(asked) = erasures.asked.iter_mut().find(|asked| Some(asked.hash) == erase.request) else {
                continue;
            };
            if is_confirmed(root, ancestry, asked, entry, &erase) {
                asked.erased_by.push(entry.hash());
                erasures.contents.extend(erase.content.map(|content| (content, entry.hash())));
                erasures.take(entry, erase);
            }
        }
        for (entry, erase) in here {
            let is_own = entry.header.stream.author.division == *me;
            if is_own && erase.content.is_some_and(|content| erasures.contents.contains_key(&content)) {
                erasures.take(entry, erase);
            }
        }
        erasures
    }

    fn take(&mut self, entry: &Entry, erase: Erase) {
        let rest = erase.rest.map(|rest| rest.get().to_owned());
        let erasure = Erasure { by: entry.hash(), content: erase.content, rest };
        self.by_target.entry(erase.entry).or_insert(erasure);
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

/// Whether a second person said yes where he must: above the node that asked, or beside the asker at the root.
fn is_confirmed(root: &DivisionId, ancestry: &Ancestry, asked: &Asked, entry: &Entry, erase: &Erase) -> bool {
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
