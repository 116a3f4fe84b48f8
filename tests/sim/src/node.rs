//! A node: its store, the life of its journal, and what it believes (tree and keys), folded from its trust lane.
//!
//! Invariant: beliefs are a function of the set of trust entries held and of what was pinned at enrolment. The fold
//! is written after the daemon's rules (tree by the root alone, keys by an ancestor) and independently of its code.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::{
    Author, Entry, EntryHash, Incarnation, Lane, Reach, Route,
    carry::{self, Carriage},
    keys::{Beside, Keyring, certificate_of, good_heads},
    kind::Kind,
    payload::{self, CertPut, TreePut},
    route::Ancestry,
    sign::{PublicKey, Signer},
};
use gongkai_model::{
    id::{Day, DivisionId},
    tree::{Division, Tree},
};
use gongkai_sync::{admit::Trust, bundle::Ledger, position::FeedId};

use crate::{
    Body, Draft,
    error::Error,
    memory::{Memory, Tables},
    mutation::Mutation,
    store::{Store, now},
};

/// What enrolment gave a node.
#[derive(Clone, Debug)]
pub(crate) struct Pinned {
    pub(crate) root: DivisionId,
    pub(crate) tree: Vec<Division>,
    pub(crate) keys: Vec<(DivisionId, PublicKey)>,
}

/// One machine.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) division: DivisionId,
    pub(crate) store: Store,
    pub(crate) incarnation: Incarnation,
    pub(crate) trust: Trust,
    /// With whom a restored machine is not level yet, or one that found that it fell back: until then it does nothing
    /// that others act on.
    pub(crate) awaited: BTreeSet<DivisionId>,
    /// It found that it fell back: it goes on in a new life when it is level with all.
    pub(crate) renews: bool,
    /// Runs an older version, which does not know every kind.
    pub(crate) is_old: bool,
    /// A copy of a machine that still runs; it goes away before the end.
    pub(crate) is_clone: bool,
    /// Takes certificates wherever they stand, where a mutation takes the rule away.
    believes_all: bool,
    pinned: Pinned,
    /// Rows of the feed that were looked at for trust entries.
    folded_to: usize,
    /// At the root: keys that moved divisions lack.
    pub(crate) missing: Vec<Carriage>,
    /// What is remembered of bundles, by neighbour.
    pub(crate) ledgers: BTreeMap<DivisionId, Ledger>,
}

/// A machine's disk at some moment.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) tables: Tables,
    pub(crate) incarnation: Incarnation,
    ledgers: BTreeMap<DivisionId, Ledger>,
    awaited: BTreeSet<DivisionId>,
    renews: bool,
}

/// What a node writes.
pub(crate) struct Act {
    pub(crate) subject: DivisionId,
    pub(crate) kind: &'static str,
    pub(crate) reach: Reach,
    pub(crate) lane: Lane,
    pub(crate) payload: Vec<u8>,
}

impl Act {
    pub(crate) fn of(kind: Kind, subject: DivisionId, payload: Vec<u8>) -> Self {
        Self { subject, kind: kind.word(), reach: kind.reach(), lane: kind.lane(), payload }
    }
}

impl Node {
    pub(crate) fn new(
        division: DivisionId,
        feed_id: FeedId,
        incarnation: Incarnation,
        pinned: Pinned,
        mutation: Mutation,
    ) -> Self {
        let believes_all = mutation == Mutation::HiddenMint;
        Self {
            trust: fold(&division, &pinned, Beside::new(), &[], believes_all),
            store: Store { db: Memory::new(feed_id), own: division.clone(), wants_max: usize::MAX, taking: None },
            division,
            incarnation,
            awaited: BTreeSet::new(),
            renews: false,
            is_old: false,
            is_clone: false,
            believes_all,
            pinned,
            folded_to: 0,
            missing: Vec::new(),
            ledgers: BTreeMap::new(),
        }
    }

    /// Restored and not yet level with its peers.
    pub(crate) fn is_held(&self) -> bool {
        !self.awaited.is_empty()
    }

    /// Those that may have something of this machine's past: its neighbours in the tree, and whoever it spoke with.
    pub(crate) fn neighbours(&self) -> BTreeSet<DivisionId> {
        let in_tree = self.trust.tree.children(&self.division).chain(self.parent());
        in_tree.cloned().chain(self.store.db.peers()).filter(|it| *it != self.division).collect()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let (tables, ledgers) = (self.store.db.tables().clone(), self.ledgers.clone());
        let (awaited, renews) = (self.awaited.clone(), self.renews);
        Snapshot { tables, incarnation: self.incarnation, ledgers, awaited, renews }
    }

    /// The machine finds itself as it was, and does not know. A hold is kept on the disk with the entries that prove it:
    /// whoever was held when the state was kept is held again.
    pub(crate) fn revert(&mut self, snapshot: Snapshot, mutation: Mutation) {
        self.store.db = Memory::of(snapshot.tables);
        self.incarnation = snapshot.incarnation;
        self.ledgers = snapshot.ledgers;
        let is_forgotten = mutation == Mutation::HoldInMemory;
        (self.awaited, self.renews) =
            if is_forgotten { (BTreeSet::new(), false) } else { (snapshot.awaited, snapshot.renews) };
        self.refold();
    }

    pub(crate) fn copy(&self, feed_id: Option<FeedId>) -> Self {
        let mut tables = self.store.db.tables().clone();
        tables.feed_id = feed_id.unwrap_or(tables.feed_id);
        Self {
            division: self.division.clone(),
            store: Store {
                db: Memory::of(tables),
                own: self.division.clone(),
                wants_max: self.store.wants_max,
                taking: self.store.taking.clone(),
            },
            incarnation: self.incarnation,
            trust: self.trust.clone(),
            awaited: self.awaited.clone(),
            renews: self.renews,
            is_old: self.is_old,
            is_clone: true,
            believes_all: self.believes_all,
            pinned: self.pinned.clone(),
            folded_to: self.folded_to,
            missing: self.missing.clone(),
            ledgers: self.ledgers.clone(),
        }
    }

    /// The machine is lost, and a new one is enrolled in its place.
    pub(crate) fn rebuild(&mut self, feed_id: FeedId, incarnation: Incarnation) {
        self.store.db = Memory::new(feed_id);
        self.incarnation = incarnation;
        self.ledgers.clear();
        self.refold();
        self.awaited = self.parent().into_iter().cloned().collect();
        self.renews = false;
    }

    /// It has found that it fell back.
    pub(crate) fn hold(&mut self) {
        self.awaited.extend(self.neighbours());
        self.renews = true;
    }

    pub(crate) fn feed_len(&self) -> usize {
        self.store.db.tables().rows.len()
    }

    /// Whether the entry is held with its payload, or an erasure says that it has none.
    pub(crate) fn has_payload(&self, hash: &EntryHash) -> bool {
        self.store.db.tables().has_payload(hash)
    }

    pub(crate) fn holds(&self, hash: &EntryHash) -> bool {
        self.store.db.tables().holds(hash)
    }

    /// Signs and appends; a forked stream is refused by the store.
    pub(crate) fn write(&mut self, acts: Vec<Act>, signer: &dyn Signer, now_ms: i64) -> Result<Vec<Entry>, Error> {
        let author = Author { division: self.division.clone(), incarnation: self.incarnation };
        let drafts = acts.into_iter().map(|act| Draft {
            subject: act.subject,
            kind: act.kind.into(),
            reach: act.reach,
            lane: act.lane,
            operator: None,
            about: None,
            payload: Body::Bytes(act.payload),
        });
        let entries = now(self.store.append(drafts.collect(), &author, signer, now_ms))?;
        self.catch_up();
        Ok(entries)
    }

    /// Folds anew if trust entries came.
    pub(crate) fn catch_up(&mut self) -> bool {
        let has_news = {
            let tables = self.store.db.tables();
            let is_news = |entry: &Entry| entry.header.lane() == Lane::Trust || self.trust.keyring.is_bounded(entry);
            tables.rows.iter().skip(self.folded_to).any(|row| is_news(&row.entry))
        };
        if has_news {
            self.refold();
        }
        self.folded_to = self.feed_len();
        has_news
    }

    pub(crate) fn refold(&mut self) {
        let entries: Vec<Entry> = {
            let tables = self.store.db.tables();
            let trust = tables.rows.iter().filter(|row| row.entry.header.lane() == Lane::Trust);
            trust.map(|row| row.entry.clone()).collect()
        };
        let records = records(&self.pinned, &entries);
        let ancestry = Ancestry::of(&self.pinned.root, records.iter().map(|(.., record)| record));
        let beside = now(self.store.beside(&good_heads(&ancestry, &entries))).unwrap_or_default();
        self.trust = fold(&self.division, &self.pinned, beside, &entries, self.believes_all);
        if self.division == self.pinned.root {
            self.missing = carry::missing(&self.trust.ancestry, &self.trust.tree, &self.trust.keyring, &entries);
        }
        self.folded_to = self.feed_len();
    }

    /// The top of the tree.
    pub(crate) fn root(&self) -> &DivisionId {
        &self.pinned.root
    }

    /// The division above, as this node sees it.
    pub(crate) fn parent(&self) -> Option<&DivisionId> {
        self.trust.tree.parent(&self.division)
    }

    /// The tree that these entries make on top of what was pinned here, and all records behind it.
    pub(crate) fn tree_of(&self, entries: &[Entry]) -> (Tree, Vec<Division>) {
        let records = records(&self.pinned, entries);
        (fold_tree(&records), records.into_iter().map(|(.., record)| record).collect())
    }
}

type Ordered = (u64, Option<EntryHash>, Division);

fn fold(me: &DivisionId, pinned: &Pinned, beside: Beside, entries: &[Entry], believes_all: bool) -> Trust {
    let records = records(pinned, entries);
    let ancestry = Ancestry::of(&pinned.root, records.iter().map(|(.., record)| record));
    let tree = fold_tree(&records);
    let keyring = fold_keys(pinned, &ancestry, beside, entries, believes_all);
    let route = Route::of(&tree, me);
    Trust { keyring, tree, ancestry, route }
}

/// What was pinned and everything that the root ever ordered.
fn records(pinned: &Pinned, entries: &[Entry]) -> Vec<Ordered> {
    let mut records: Vec<Ordered> = pinned.tree.iter().map(|division| (0, None, division.clone())).collect();
    for entry in entries.iter().filter(|entry| entry.header.stream.author.division == pinned.root) {
        let Some(put) = decoded::<TreePut>(entry, &[Kind::TreePut]) else { continue };
        records.extend(put.divisions.into_iter().map(|division| (put.version, Some(entry.hash()), division)));
    }
    records
}

fn fold_tree(records: &[Ordered]) -> Tree {
    let mut latest: BTreeMap<&DivisionId, &Ordered> = BTreeMap::new();
    for record in records {
        let place = latest.entry(&record.2.id).or_insert(record);
        if (record.0, record.1) > (place.0, place.1) {
            *place = record;
        }
    }
    Tree::as_of(latest.into_values().map(|(.., division)| division), &Day::earliest())
}

/// Revocations first: a certificate that a revoked key signed beyond its good heads brings no key.
fn fold_keys(pinned: &Pinned, ancestry: &Ancestry, beside: Beside, entries: &[Entry], believes_all: bool) -> Keyring {
    let mut keyring = Keyring::beside(beside);
    for (division, key) in &pinned.keys {
        keyring.pin(division.clone(), key.clone());
    }
    keyring.revoke_all(ancestry, entries);
    for entry in entries.iter().filter(|entry| keyring.counts(entry)).cloned().collect::<Vec<_>>() {
        let believed = || decoded::<CertPut>(&entry, &[Kind::CertPut, Kind::AuthorityPut]).filter(|_| believes_all);
        if let Some(cert) = certificate_of(ancestry, &entry).or_else(believed) {
            keyring.admit(&cert);
        }
    }
    keyring
}

fn decoded<T: Payload>(entry: &Entry, kinds: &[Kind]) -> Option<T> {
    let kind = entry.header.kind.known().filter(|kind| kinds.contains(kind))?;
    T::read(kind.word(), entry.payload.as_deref()?)
}

/// The payloads read here, so that the crate needs no serialisation of its own.
trait Payload: Sized {
    fn read(kind: &str, bytes: &[u8]) -> Option<Self>;
}

impl Payload for TreePut {
    fn read(kind: &str, bytes: &[u8]) -> Option<Self> {
        payload::decode(kind, bytes).ok()
    }
}

impl Payload for CertPut {
    fn read(kind: &str, bytes: &[u8]) -> Option<Self> {
        payload::decode(kind, bytes).ok()
    }
}
