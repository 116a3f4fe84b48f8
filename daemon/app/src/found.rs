//! The beginning of a node: the top one is founded with the seeds, the others join with a token.
//!
//! Invariant: each step can be repeated; a directory in which a step was cut off is taken up where it stands, and one
//! of another node is refused.

use std::path::Path;

use gongkai_journal::{
    Entry,
    kind::Kind,
    payload::{self, CertPut, IncarnationOpen, KeyRecord, TablePut, TreePut},
    sign::Signer,
};
use gongkai_model::{
    digest::Digest,
    id::{Day, DivisionId},
    tree::{Division, Tree},
};
use gongkai_pki::{EntryKey, Grant, Lifetimes, PkiDir, tls::Credentials};
use gongkai_seeds::Seeds;
use gongkai_store::{Draft, Identity, Store};

use crate::{App, Chance, Clock, Error, Result, World, recovery, standing::keep_introduction, world::Anchor};

/// What founding needs beside the directory.
pub struct Founding<'a> {
    /// The top division.
    pub division: &'a DivisionId,
    /// Tree, tables and vocabularies.
    pub seeds: &'a Seeds,
}

/// Founds the top node of a tree; gives its division's path.
pub async fn found_root(
    dir: &Path,
    founding: Founding<'_>,
    clock: &dyn Clock,
    chance: &dyn Chance,
) -> Result<Vec<DivisionId>> {
    let now_ms = clock.now_ms();
    let tree = Tree::as_of(&founding.seeds.divisions, &Day::in_china(now_ms));
    let division =
        tree.get(founding.division).ok_or_else(|| Error::DivisionUnknown { id: founding.division.to_string() })?;
    if division.parent.is_some() {
        return Err(Error::Enrolment {
            code: "GK-APP-020",
            message: format!("`{}` ({}) is not at the top of the tree", division.id, division.name),
            hint: "make a token at its parent with `gongkai node invite`, and use `gongkai node join` here".to_owned(),
        });
    }
    let path = vec![division.id.clone()];
    let store = create_or_resume(dir, &division.id, chance, now_ms).await?;
    let pki = PkiDir::open(dir).map_err(gongkai_pki::Error::from)?;
    gongkai_pki::authority::found(&pki, &path, &Lifetimes::default(), now_ms)?;
    let key = EntryKey::load(&pki).map_err(gongkai_pki::Error::from)?;
    World::pin(&store, &anchor_of(&division.id, &key), std::slice::from_ref(division)).await?;
    if store.feed_state().await?.offset == 0 {
        let drafts = first_entries(&store, &pki, &key, &founding)?;
        store.append(drafts, &store.identity().author(), &key, now_ms).await?;
    }
    store.close().await;
    Ok(path)
}

/// What enrolment brought.
pub struct JoinedParts<'a> {
    /// The node's path, root first.
    pub path: &'a [DivisionId],
    /// Its certificates.
    pub grant: &'a Grant,
    /// Fingerprint of the trust root, from the token.
    pub pinned: &'a Digest,
    /// The root's entry key.
    pub anchor: Anchor,
    /// The life of its journal that the parent has certified.
    pub incarnation: gongkai_journal::Incarnation,
    /// Whether it takes the place of a lost node: it is held until the parent has given back that one's past.
    pub is_rebuilt: bool,
    /// The entry that names the certificate, behind those above it.
    pub introduction: &'a [Entry],
}

/// Stores what the parent granted and makes the empty journal.
pub async fn store_joined(dir: &Path, joined: JoinedParts<'_>, clock: &dyn Clock, chance: &dyn Chance) -> Result<()> {
    let now_ms = clock.now_ms();
    let Some(division) = joined.path.last() else { return Err(Error::RoutingMissing) };
    let pki = PkiDir::open(dir).map_err(gongkai_pki::Error::from)?;
    gongkai_pki::enrol::accept(&pki, joined.grant, joined.pinned, joined.path)?;
    let identity = Identity {
        division: division.clone(),
        incarnation: joined.incarnation,
        feed_id: chance.incarnation(),
        daemon_id: chance.incarnation(),
    };
    let store = Store::create(dir, identity, now_ms).await?;
    World::pin(&store, &joined.anchor, &bare_path(joined.path)).await?;
    keep_introduction(&store, joined.introduction).await?;
    if joined.is_rebuilt {
        let parent = joined.path.iter().rev().nth(1).cloned();
        recovery::hold_rebuilt(&store, parent, now_ms).await?;
    }
    let key = EntryKey::load(&pki).map_err(gongkai_pki::Error::from)?;
    let open = payload::encode(&IncarnationOpen { reason: "join".to_owned(), builds_on: Vec::new() });
    let drafts = vec![Draft::of(Kind::IncarnationOpen, division.clone(), open)];
    store.append(drafts, &store.identity().author(), &key, now_ms).await?;
    store.close().await;
    Ok(())
}

impl App {
    /// The node's credentials for TLS.
    pub fn credentials(&self) -> Result<Credentials> {
        let pki = PkiDir::open(self.dir()).map_err(gongkai_pki::Error::from)?;
        Ok(Credentials::load(&pki).map_err(gongkai_pki::Error::from)?)
    }
}

async fn create_or_resume(dir: &Path, division: &DivisionId, chance: &dyn Chance, now_ms: i64) -> Result<Store> {
    let identity = Identity {
        division: division.clone(),
        incarnation: chance.incarnation(),
        feed_id: chance.incarnation(),
        daemon_id: chance.incarnation(),
    };
    match Store::create(dir, identity, now_ms).await {
        Err(gongkai_store::Error::AlreadyThere { dir: place, division: there }) => {
            let store = Store::open(dir).await?;
            let is_cut_off = store.identity().division == *division && store.feed_state().await?.offset == 0;
            let refusal = gongkai_store::Error::AlreadyThere { dir: place, division: there };
            if is_cut_off { Ok(store) } else { Err(refusal.into()) }
        }
        other => Ok(other?),
    }
}

fn anchor_of(division: &DivisionId, key: &dyn Signer) -> Anchor {
    Anchor { division: division.clone(), algorithm: key.algorithm(), public: hex::encode(key.public_key()) }
}

fn first_entries(store: &Store, pki: &PkiDir, key: &EntryKey, founding: &Founding<'_>) -> Result<Vec<Draft>> {
    let root = founding.division;
    let credentials = Credentials::load(pki).map_err(gongkai_pki::Error::from)?;
    let seeds = founding.seeds;
    let open = IncarnationOpen { reason: "init".to_owned(), builds_on: Vec::new() };
    let cert = CertPut {
        division: root.clone(),
        incarnation: store.identity().incarnation,
        entry_key: KeyRecord { algorithm: Signer::algorithm(key), public: hex::encode(key.public_key()) },
        tls_fingerprint: credentials.chain().first().map_or_else(String::new, |leaf| Digest::of_file(leaf).to_hex()),
        tls_not_after_ms: credentials.not_after_ms(),
        authority_pem: String::new(),
        kept: Vec::new(),
    };
    let tables = TablePut {
        version: 1,
        routing: seeds.routing.clone(),
        vocabulary: seeds.vocabulary.clone(),
        tasks: seeds.tasks.clone(),
    };
    let tree = TreePut { version: 1, divisions: seeds.divisions.clone() };
    let draft = |kind, payload| Draft::of(kind, root.clone(), payload);
    Ok(vec![
        draft(Kind::TreePut, payload::encode(&tree)),
        draft(Kind::AuthorityPut, payload::encode(&cert)),
        draft(Kind::TablePut, payload::encode(&tables)),
        draft(Kind::IncarnationOpen, payload::encode(&open)),
    ])
}

/// The path as records without names: all that a token tells, until the tree itself arrives.
fn bare_path(path: &[DivisionId]) -> Vec<Division> {
    let parents = std::iter::once(None).chain(path.iter().cloned().map(Some));
    path.iter().zip(parents).map(|(id, parent)| bare_division(id, parent)).collect()
}

/// A division of which nothing but its place is known.
pub(crate) fn bare_division(id: &DivisionId, parent: Option<DivisionId>) -> Division {
    Division { code: id.to_string(), name: id.to_string(), ..Division::placed(id.clone(), parent) }
}
