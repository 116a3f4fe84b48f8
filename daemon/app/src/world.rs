//! What the node believes: tree, tables and keys, folded from the entries of the trust lane.
//!
//! Invariant: a function of the set of trust entries, the pinned anchors and the day; equal on every node that has
//! the same entries. Only the root writes tree and tables in this version; keys count through the entry of a division
//! that ever stood above. Both branches of a root that fell back are heard: of contradictory orders the later version
//! holds, and the root itself stays at the top whatever they say.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use gongkai_journal::{
    Entry, Reach, Route,
    carry::{self, Carriage},
    keys::{Beside, Keyring, certificate_of, good_heads},
    kind::Kind,
    payload::{CertPut, TablePut, TreePut},
    place,
    route::Ancestry,
    sign::PublicKey,
};
use gongkai_model::{
    digest::Digest,
    domain::RoutingTable,
    id::{Day, DivisionId},
    named::only,
    review::Keeping,
    tree::{Division, Ever, Tree},
    vocabulary::Vocabulary,
};
use gongkai_store::Store;
use gongkai_sync::admit::Trust;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result,
    custody::{Holders, Places},
    named::one,
    standing::Certified,
};

mod log;
mod steps;

pub(crate) use log::TrustLog;

/// Where the pinned anchors are kept.
const ANCHORS: &str = "trust.anchors";
/// Where the tree path learnt at enrolment is kept.
const FIRST_TREE: &str = "trust.first_tree";

/// A key that is trusted from the start: the root's, pinned at founding or enrolment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The division at the top.
    pub division: DivisionId,
    /// Signature algorithm number.
    pub algorithm: u32,
    /// The public key, hexadecimal.
    pub public: String,
}

/// The node's beliefs.
#[derive(Clone, Debug)]
pub struct World {
    /// This node's division.
    pub me: DivisionId,
    /// The top of the tree.
    pub root: DivisionId,
    /// Keys, tree and this node's route.
    pub trust: Trust,
    /// Channels, audience, modes, levels.
    pub vocabulary: Vocabulary,
    /// Routing tables by entry hash: submissions name the one they were made under.
    tables: BTreeMap<Digest, Arc<TablePut>>,
    routing: Option<Digest>,
    table_version: u64,
    /// Certificate entries by division, the latest last.
    certificates: BTreeMap<DivisionId, Vec<Certified>>,
    /// Who was named as keeper of whose catalogs.
    pub(crate) holders: Holders,
    /// The tree of all days and orders: a submission keeps the reviewer that it had when it was made.
    ever: Ever,
    /// At the root: keys and revocations that moved divisions lack.
    pub(crate) missing: Vec<Carriage>,
    /// The root's anchor.
    pub anchor: Anchor,
    /// The day in China on which this was folded.
    pub today: Day,
}

impl World {
    /// Folds what the store holds.
    pub(crate) async fn load(store: &Store, log: &TrustLog, now_ms: i64) -> Result<Self> {
        let anchors = store.meta(ANCHORS).await?.unwrap_or_default();
        let first_tree = store.meta(FIRST_TREE).await?.unwrap_or_default();
        let damaged = |why: serde_json::Error| Error::Damaged { hash: ANCHORS.to_owned(), why: why.to_string() };
        let anchor: Anchor = serde_json::from_str(&anchors).map_err(damaged)?;
        let first_tree: Vec<Division> = serde_json::from_str(&first_tree).map_err(damaged)?;
        let entries = log.read(store, &anchor.division).await?;
        let beside = beside(store, &anchor.division, &first_tree, &entries).await?;
        let me = store.identity().division.clone();
        Ok(Self::fold(me, anchor, first_tree, beside, &entries, &Day::in_china(now_ms)))
    }

    /// Keeps what enrolment or founding brought, before the first entry is here.
    pub(crate) async fn pin(store: &Store, anchor: &Anchor, path: &[Division]) -> Result<()> {
        let text = |value: serde_json::Result<String>| value.unwrap_or_default();
        store.put_meta(FIRST_TREE, &text(serde_json::to_string(path))).await?;
        store.put_meta(ANCHORS, &text(serde_json::to_string(anchor))).await?;
        Ok(())
    }

    fn fold(
        me: DivisionId,
        anchor: Anchor,
        first_tree: Vec<Division>,
        beside: Beside,
        entries: &[Entry],
        day: &Day,
    ) -> Self {
        let root = anchor.division.clone();
        let records = tree_records(&root, first_tree, entries);
        let ancestry = Ancestry::of(&root, records.iter().map(|(.., record)| record));
        let ever = Ever::of(records.iter().map(|(.., record)| record));
        let tree = fold_tree(records, day);
        let tables = fold_tables(&root, entries);
        let (routing, table_version, vocabulary) = latest_table(&tables);
        let (keyring, certificates) = fold_keys(&anchor, &ancestry, beside, entries);
        let has_node = |id: &DivisionId| *id == root || certificates.contains_key(id);
        let nearest = |id: &DivisionId| {
            let mut path = tree.path(id).into_iter().rev();
            path.find(|step| has_node(step)).unwrap_or_else(|| root.clone())
        };
        let counting = entries.iter().filter(|entry| keyring.counts(entry));
        let places = Places { ancestry: &ancestry, top: &root, has_node: &has_node, of_old: &nearest };
        let holders = Holders::fold(&places, counting);
        let route = Route::of(&tree, &me);
        let missing = if me == root { carry::missing(&ancestry, &tree, &keyring, entries) } else { Vec::new() };
        Self {
            missing,
            ever,
            trust: Trust { keyring, tree, ancestry, route },
            vocabulary,
            tables,
            routing,
            table_version,
            certificates,
            holders,
            anchor,
            today: day.clone(),
            me,
            root,
        }
    }

    /// Whether an entry that is about something of a division has an effect: it stands where it belongs, and is not what
    /// a revoked key signed beyond its good heads. A node's own saves are its own matter.
    pub(crate) fn hears(&self, entry: &Entry, division: &DivisionId) -> bool {
        let header = &entry.header;
        let is_kept = header.reach() == Reach::SelfOnly;
        place::misplaced(&self.root, header, division).is_none() && (is_kept || self.trust.keyring.counts(entry))
    }

    /// The tree.
    pub fn tree(&self) -> &Tree {
        &self.trust.tree
    }

    /// This node's path, root first.
    pub fn path(&self) -> Vec<DivisionId> {
        self.tree().path(&self.me)
    }

    /// The division above.
    pub fn parent(&self) -> Option<&DivisionId> {
        self.tree().parent(&self.me)
    }

    /// The routing table in force, with the entry that brought it.
    pub fn routing(&self) -> Result<(Digest, &RoutingTable)> {
        let hash = self.routing.ok_or(Error::RoutingMissing)?;
        self.tables.get(&hash).map(|table| (hash, &table.routing)).ok_or(Error::RoutingMissing)
    }

    /// The routing table in force, or an empty one before it has arrived.
    pub fn routing_table(&self) -> &RoutingTable {
        static NONE: std::sync::LazyLock<RoutingTable> = std::sync::LazyLock::new(RoutingTable::default);
        self.routing.and_then(|hash| self.tables.get(&hash)).map_or(&NONE, |table| &table.routing)
    }

    /// The versions of the table that are known here, the entry and the table of each, oldest first.
    pub fn routing_versions(&self) -> Vec<(u64, Digest, &RoutingTable)> {
        let mut versions: Vec<_> =
            self.tables.iter().map(|(hash, table)| (table.version, *hash, &table.routing)).collect();
        versions.sort_by_key(|(version, hash, _)| (*version, *hash));
        versions
    }

    /// The version of the table in force; 0 before there is one.
    pub fn table_version(&self) -> u64 {
        self.table_version
    }

    /// A division by id or by its current code.
    pub fn division(&self, text: &str) -> Result<&Division> {
        let by_id = DivisionId::parse(text).ok().and_then(|id| self.tree().get(&id));
        let nothing = || Error::DivisionUnknown { id: text.chars().take(40).collect() };
        if let Some(division) = by_id {
            return Ok(division);
        }
        let of_code = self.tree().divisions().filter(|division| division.code == text);
        let named = only(of_code.map(|division| (&division.id, format!("{} ({})", division.id, division.name))));
        self.tree().get(one(named, "division", text, nothing)?).ok_or_else(nothing)
    }

    /// A division's name, or its id where the tree does not know it.
    pub fn name_of(&self, id: &DivisionId) -> String {
        self.tree().get(id).map_or_else(|| id.to_string(), |division| division.name.clone())
    }

    /// Whether a division has a node of its own.
    pub fn has_node(&self, id: &DivisionId) -> bool {
        *id == self.root || self.certificates.contains_key(id)
    }

    /// The certificate entry under which a division's node runs: of those that stand the one that lasts longest, so that
    /// no order of arrival counts.
    pub fn certificate(&self, id: &DivisionId) -> Option<&CertPut> {
        let all = self.certificates.get(id)?;
        let mut all = all.iter().map(|certified| &certified.cert);
        let standing = all.clone().filter(|cert| !self.has_ended(cert));
        standing.max_by_key(|cert| cert.tls_not_after_ms).or_else(|| all.next_back())
    }

    /// All certificate entries of a division.
    pub(crate) fn certificates_of(&self, id: &DivisionId) -> &[Certified] {
        self.certificates.get(id).map_or(&[], Vec::as_slice)
    }

    /// Whose node keeps a division's catalogs: the one that a person named, else its own, else the nearest above that
    /// has one.
    pub fn custodian(&self, id: &DivisionId) -> DivisionId {
        let named = self.holders.of(id).filter(|holder| self.has_node(holder) && self.tree().is_on_path(holder, id));
        if let Some(holder) = named {
            return holder.clone();
        }
        self.keeper_of_old(id)
    }

    /// Who may have kept a division's catalogs, and by whose word.
    pub(crate) fn keeping(&self, id: &DivisionId) -> Keeping {
        self.holders.keeping(id, &self.root, self.keeper_of_old(id), self.at_first(id))
    }

    /// The order of custody under which this node keeps a division's catalogs, if there is one.
    pub(crate) fn order_held(&self, id: &DivisionId) -> Option<Digest> {
        self.holders.order_of(id).filter(|(_, holder)| **holder == self.me && *id != self.me).map(|(order, _)| order)
    }

    /// The submissions that stood when a division got its node, as each of its certificates says: what is said later by
    /// hand of a stolen key can only take away.
    pub(crate) fn at_first(&self, id: &DivisionId) -> BTreeSet<Digest> {
        let mut said =
            self.certificates_of(id).iter().map(|held| held.cert.kept.iter().copied().collect::<BTreeSet<_>>());
        let first = said.next().unwrap_or_default();
        said.fold(first, |all, one| all.intersection(&one).copied().collect())
    }

    /// Whose node keeps a division's catalogs where nobody ordered anything: its own, else the nearest above.
    fn keeper_of_old(&self, id: &DivisionId) -> DivisionId {
        let path = self.tree().path(id);
        path.into_iter().rev().find(|step| self.has_node(step)).unwrap_or_else(|| self.root.clone())
    }

    /// The divisions whose entries about a division's catalogs may count: every one that ever stood above may have had
    /// custody before the division got its node. Which of their submissions count follows from orders and certificates
    /// ([`World::keeping`]); acts are refused to all but the custodian of today ([`World::custodian`]).
    pub fn custodians(&self, id: &DivisionId) -> BTreeSet<DivisionId> {
        self.trust.ancestry.line(id).into_iter().filter(|step| step != id).collect()
    }
}

/// What the entries of a kind by a division say; read once, however often beliefs are folded.
fn said<'e, T: serde::de::DeserializeOwned + Send + Sync + 'static>(
    entries: &'e [Entry],
    kind: Kind,
    by: &'e DivisionId,
) -> impl Iterator<Item = (&'e Entry, Arc<T>)> {
    let of_it = entries.iter().filter(move |entry| entry.header.kind == kind && is_by(entry, by));
    of_it.filter_map(|entry| Some((entry, entry.read::<T>()?)))
}

fn is_by(entry: &Entry, division: &DivisionId) -> bool {
    entry.header.stream.author.division == *division
}

/// A record with the version and entry that ordered it.
type Ordered = (u64, Digest, Division);

/// Everything that was ever ordered, and what enrolment brought.
fn tree_records(root: &DivisionId, first: Vec<Division>, entries: &[Entry]) -> Vec<Ordered> {
    let mut records: Vec<Ordered> = first.into_iter().map(|record| (0, Digest::of_file(b""), record)).collect();
    for (entry, put) in said::<TreePut>(entries, Kind::TreePut, root) {
        records.extend(put.divisions.iter().map(|record| (put.version, entry.hash(), record.clone())));
    }
    for (.., record) in &mut records {
        // Below anything else the root would have no path to those who must hear that this was an error.
        record.parent = record.parent.take().filter(|_| record.id != *root);
    }
    records
}

fn fold_tree(ordered: Vec<Ordered>, day: &Day) -> Tree {
    let mut records: BTreeMap<(DivisionId, Day), Ordered> = BTreeMap::new();
    for candidate in ordered {
        let key = (candidate.2.id.clone(), candidate.2.from.clone());
        let place = records.entry(key).or_insert_with(|| candidate.clone());
        if (candidate.0, candidate.1) > (place.0, place.1) {
            *place = candidate;
        }
    }
    let records: Vec<Division> = records.into_values().map(|(_, _, record)| record).collect();
    Tree::as_of(&records, day)
}

fn fold_tables(root: &DivisionId, entries: &[Entry]) -> BTreeMap<Digest, Arc<TablePut>> {
    said::<TablePut>(entries, Kind::TablePut, root).map(|(entry, put)| (entry.hash(), put)).collect()
}

fn latest_table(tables: &BTreeMap<Digest, Arc<TablePut>>) -> (Option<Digest>, u64, Vocabulary) {
    let latest = tables.iter().max_by_key(|(hash, table)| (table.version, **hash));
    latest.map_or((None, 0, Vocabulary::default()), |(hash, table)| {
        (Some(*hash), table.version, table.vocabulary.clone())
    })
}

/// What is held beside the heads that revocations name.
async fn beside(store: &Store, root: &DivisionId, first: &[Division], entries: &[Entry]) -> Result<Beside> {
    if !entries.iter().any(|entry| entry.header.kind == Kind::KeyRevoke) {
        return Ok(Beside::new());
    }
    let records = tree_records(root, first.to_vec(), entries);
    let ancestry = Ancestry::of(root, records.iter().map(|(.., record)| record));
    Ok(store.beside(&good_heads(&ancestry, entries)).await?)
}

fn fold_keys(
    anchor: &Anchor,
    ancestry: &Ancestry,
    beside: Beside,
    entries: &[Entry],
) -> (Keyring, BTreeMap<DivisionId, Vec<Certified>>) {
    let mut keyring = Keyring::beside(beside);
    if let Ok(bytes) = hex::decode(&anchor.public) {
        keyring.pin(anchor.division.clone(), PublicKey { algorithm: anchor.algorithm, bytes });
    }
    // Revocations first: a certificate that a revoked key signed beyond its good heads brings no key.
    keyring.revoke_all(ancestry, entries);
    let mut certificates: BTreeMap<DivisionId, Vec<Certified>> = BTreeMap::new();
    for entry in entries {
        let Some(cert) = certificate_of(ancestry, entry).filter(|_| keyring.counts(entry)) else { continue };
        keyring.admit(&cert);
        // What the root repeats about a moved division brings a key, and is not this division's latest.
        if cert.division == entry.header.stream.subject {
            let entry = Arc::new(entry.clone());
            certificates.entry(cert.division.clone()).or_default().push(Certified { cert, entry });
        }
    }
    (keyring, certificates)
}
