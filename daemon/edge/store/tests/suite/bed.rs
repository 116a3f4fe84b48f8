//! A small world for the claims: a tree of six divisions, a key for each, and nodes with real databases.

use std::path::PathBuf;

use gongkai_journal::{
    Author, Entry, EntryHash, Header, Incarnation, Lane, Reach, Route, StreamKey,
    keys::Keyring,
    kind::Kind,
    route::Ancestry,
    sign::{Ed25519Signer, PublicKey, Signer},
};
use gongkai_model::{
    digest::Digest,
    id::{Day, DivisionId},
    tree::{Division, Tree},
};
use gongkai_store::{Applied, Arrival, Draft, Identity, Store, StoredWant};
use gongkai_sync::{
    admit::{Occasion, Trust},
    message::{BATCH_BYTES_TARGET, BATCH_ENTRIES_MAX, Carried},
    position::Position,
    want::{Tip, Want, Why},
};

/// (division, parent): a city, two counties, two townships of one and one of the other.
const TREE: [(&str, Option<&str>); 6] =
    [("c", None), ("k", Some("c")), ("b", Some("c")), ("t1", Some("k")), ("t2", Some("k")), ("u1", Some("b"))];

pub(crate) struct Bed {
    dir: tempfile::TempDir,
    tree: Tree,
}

pub(crate) struct Node {
    pub(crate) store: Store,
    pub(crate) id: DivisionId,
    pub(crate) author: Author,
    pub(crate) signer: Ed25519Signer,
    pub(crate) trust: Trust,
    pub(crate) dir: PathBuf,
}

pub(crate) fn id(text: &str) -> DivisionId {
    DivisionId::parse(text).unwrap()
}

pub(crate) fn life(text: &str) -> Incarnation {
    Incarnation::from_slice(&Digest::of("life", &[text.as_bytes()]).as_raw()[..16]).unwrap()
}

pub(crate) fn signer(division: &str) -> Ed25519Signer {
    Ed25519Signer::from_seed(Digest::of("seed", &[division.as_bytes()]).as_raw()).unwrap()
}

pub(crate) fn author(division: &str) -> Author {
    Author { division: id(division), incarnation: life(division) }
}

pub(crate) fn identity(division: &str) -> Identity {
    let daemon_id = life(&format!("daemon {division}"));
    Identity {
        division: id(division),
        incarnation: life(division),
        feed_id: life(&format!("feed {division}")),
        daemon_id,
    }
}

/// The stream of an author's path entries about a division.
pub(crate) fn stream(by: &str, about: &str) -> StreamKey {
    StreamKey::new(author(by), id(about), Reach::Path, Lane::Work)
}

/// An entry signed by hand behind another one.
pub(crate) fn entry(stream: &StreamKey, after: Option<&Entry>, payload: &str) -> Entry {
    let signer = signer(stream.author.division.as_str());
    let header = Header {
        stream: stream.clone(),
        seq: after.map_or(1, |entry| entry.header.seq + 1),
        previous: after.map(Entry::hash),
        written_at_ms: 1_700_000_000_000,
        kind: Kind::Submission.into(),
        payload_digest: Digest::of("", &[]),
        payload_bytes: 0,
        operator: None,
        signature_algorithm: signer.algorithm(),
        key_id: Vec::new(),
    };
    Entry::sign(header, payload.as_bytes().to_vec(), &signer)
}

/// A chain of entries on one stream.
pub(crate) fn chain(stream: &StreamKey, after: Option<&Entry>, count: usize, mark: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for number in 0..count {
        let before = entries.last().or(after);
        entries.push(entry(stream, before, &format!("{mark}{number}")));
    }
    entries
}

pub(crate) fn tip(entry: &Entry) -> Tip {
    Tip { seq: entry.header.seq, hash: entry.hash() }
}

pub(crate) fn draft(about: &str, payload: &str) -> Draft {
    Draft::of(Kind::Submission, id(about), payload.as_bytes().to_vec())
}

pub(crate) fn hashes(entries: &[Entry]) -> Vec<EntryHash> {
    entries.iter().map(Entry::hash).collect()
}

/// What the claims look entries up by: the payload's text.
pub(crate) fn about(entry: &Entry) -> Option<String> {
    entry.payload.as_ref().map(|payload| String::from_utf8_lossy(payload).into_owned())
}

impl Bed {
    pub(crate) fn new() -> Self {
        let divisions: Vec<Division> =
            TREE.iter().map(|(name, parent)| Division::placed(id(name), parent.map(id))).collect();
        Self { dir: tempfile::tempdir().unwrap(), tree: Tree::as_of(&divisions, &Day::earliest()) }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn route(&self, division: &str) -> Route {
        Route::of(&self.tree, &id(division))
    }

    /// What a node of the division believes: every key, the whole tree.
    pub(crate) fn trust(&self, division: &str) -> Trust {
        let mut keyring = Keyring::default();
        for (name, _) in TREE {
            let signer = signer(name);
            keyring.pin(id(name), PublicKey { algorithm: signer.algorithm(), bytes: signer.public_key() });
        }
        let ancestry = Ancestry::of(&id("c"), self.tree.divisions());
        Trust { keyring, tree: self.tree.clone(), ancestry, route: self.route(division) }
    }

    /// A new node.
    pub(crate) async fn node(&self, division: &str) -> Node {
        let dir = self.path(division);
        let store = Store::create(&dir, identity(division), 1).await.unwrap();
        self.dress(division, store, dir)
    }

    /// A node around an opened store.
    pub(crate) fn dress(&self, division: &str, store: Store, dir: PathBuf) -> Node {
        Node {
            store,
            id: id(division),
            author: author(division),
            signer: signer(division),
            trust: self.trust(division),
            dir,
        }
    }

    /// Brings `to` up to `from`'s feed, as a session would: heads where the position does not hold, then the tail,
    /// then the wants. Returns how often the heads had to be compared.
    pub(crate) async fn pull(&self, from: &Node, to: &Node) -> usize {
        let route = self.route(to.id.as_str());
        let held = to.store.position_of(&from.id).await.unwrap();
        let mut comparisons = 0;
        let mut position = match held {
            Some(position) if self.stands(from, &position, &route).await => position,
            _ => {
                comparisons += 1;
                let position = self.end_of(from, &route).await;
                let heads = from.store.heads(&route).await.unwrap();
                to.store.apply_heads(&from.id, &heads, &position, &to.trust, 2).await.unwrap();
                position
            }
        };
        loop {
            let part =
                from.store.read_feed(position.offset, &route, &to.id, BATCH_ENTRIES_MAX, BATCH_BYTES_TARGET).await;
            let part = part.unwrap();
            let next = Position { offset: part.to_offset, hash: part.to_hash, ..position.clone() };
            let applied = to.take(&from.id, part.entries, Occasion::Tail, Some((position, next.clone())), None).await;
            assert_eq!(applied.position.as_ref(), Some(&next));
            position = next;
            if part.at_end {
                break;
            }
        }
        self.drain(from, to).await;
        comparisons
    }

    async fn stands(&self, from: &Node, position: &Position, route: &Route) -> bool {
        let hash = from.store.feed_hash_at(position.offset).await.unwrap();
        position.feed_id == from.store.feed_state().await.unwrap().feed_id
            && hash == Some(position.hash)
            && position.epoch == route.epoch()
    }

    pub(crate) async fn end_of(&self, from: &Node, route: &Route) -> Position {
        let state = from.store.feed_state().await.unwrap();
        Position { feed_id: state.feed_id, offset: state.offset, hash: state.hash, epoch: route.epoch() }
    }

    /// Asks for what is wanted until nothing more comes. A payload that is wanted for itself may never come.
    pub(crate) async fn drain(&self, from: &Node, to: &Node) {
        for _ in 0..10_000 {
            let wants = to.store.wants(&from.id).await.unwrap();
            let is_open = |row: &StoredWant| row.stopped.is_none() && row.want.why != Why::Bare;
            let Some(row) = wants.into_iter().find(is_open) else { return };
            let want: Want = row.want;
            let haves = to.store.haves(&want.stream).await.unwrap();
            let served = from.store.serve(&want.stream, &want.tip, &haves, 7, BATCH_BYTES_TARGET).await.unwrap();
            assert!(!served.entries.is_empty() || served.is_complete, "{want:?} cannot be served");
            let entries = served.entries.into_iter().map(|entry| Carried::Whole(Box::new(entry))).collect();
            to.take(&from.id, entries, Occasion::Answer, None, Some(want)).await;
        }
        unreachable!("wants do not come to an end");
    }
}

impl Node {
    pub(crate) async fn write(&self, drafts: Vec<Draft>) -> Vec<Entry> {
        self.store.append(drafts, &self.author, &self.signer, 1_700_000_000_000).await.unwrap()
    }

    pub(crate) async fn take(
        &self,
        peer: &DivisionId,
        entries: Vec<Carried>,
        occasion: Occasion,
        advance: Option<(Position, Position)>,
        answered: Option<Want>,
    ) -> Applied {
        let arrival = Arrival { peer: peer.clone(), entries, occasion, advance, answered, own: None, now_ms: 5 };
        self.store.apply(arrival, &self.trust, &about).await.unwrap()
    }

    /// Takes whole entries on the tail, without a position.
    pub(crate) async fn receive(&self, peer: &str, entries: &[Entry]) -> Applied {
        let entries = entries.iter().map(|entry| Carried::Whole(Box::new(entry.clone()))).collect();
        self.take(&id(peer), entries, Occasion::Tail, None, None).await
    }

    /// Every entry's hash, in feed order.
    pub(crate) async fn all(&self) -> Vec<EntryHash> {
        let placed = self.store.entries_after(0, 10_000).await.unwrap();
        placed.iter().map(|placed| placed.entry.hash()).collect()
    }

    /// Nothing is wrong with the journal.
    pub(crate) async fn assert_whole(&self) {
        let found = self.store.verify_chain(&|_, _| {}).await.unwrap();
        assert_eq!(found.problems, []);
        assert_eq!(found.entries, self.store.feed_state().await.unwrap().offset);
    }
}
