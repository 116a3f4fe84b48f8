//! Two engines against two stores in memory: what one holds and routes, the other holds at the end.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gongkai_journal::{
    Author, Entry, EntryHash, Header, Incarnation, Lane, Reach, Route, StreamKey,
    keys::Keyring,
    sign::{Ed25519Signer, PublicKey, Signer},
};
use gongkai_model::{
    digest::Digest,
    id::{Day, DivisionId},
    tree::{Division, Tree},
};

use super::*;
use crate::{
    admit::{Known, Occasion, Trust, admit, needs},
    message::{BATCH_ENTRIES_MAX, Carried},
    position::{empty_hash, running_hash},
    want::Why,
};

fn id(text: &str) -> DivisionId {
    DivisionId::parse(text).expect("a test id")
}

fn tree() -> Tree {
    let rows = [("c", None), ("k", Some("c")), ("t", Some("k"))];
    let divisions: Vec<Division> = rows
        .iter()
        .map(|(name, parent)| Division {
            id: id(name),
            from: Day::earliest(),
            code: String::new(),
            name: String::new(),
            name_en: String::new(),
            level: String::new(),
            kind: String::new(),
            parent: parent.map(id),
            is_retired: false,
        })
        .collect();
    Tree::as_of(&divisions, &Day::earliest())
}

fn signer(division: &str) -> Ed25519Signer {
    let mut seed = [7; 32];
    seed[0] = division.as_bytes()[0];
    Ed25519Signer::from_seed(&seed).expect("32 bytes")
}

fn keyring() -> Keyring {
    let mut keyring = Keyring::default();
    for division in ["c", "k", "t"] {
        let key = signer(division);
        keyring.pin(id(division), PublicKey { algorithm: key.algorithm(), bytes: key.public_key() });
    }
    keyring
}

/// A store in memory with the real admission rules.
#[derive(Clone)]
struct Node {
    name: &'static str,
    feed_id: Incarnation,
    incarnation: Incarnation,
    feed: Vec<(Entry, Option<DivisionId>)>,
    hashes: Vec<Digest>,
    wants: BTreeSet<Want>,
    position: Option<Position>,
    trust: Trust,
}

impl Node {
    fn new(name: &'static str, life: u8) -> Self {
        let trust = Trust { keyring: keyring(), tree: tree(), route: Route::of(&tree(), &id(name)) };
        Self {
            name,
            feed_id: Incarnation::from_bytes([name.as_bytes()[0]; 16]),
            incarnation: Incarnation::from_bytes([life; 16]),
            feed: Vec::new(),
            hashes: vec![empty_hash()],
            wants: BTreeSet::new(),
            position: None,
            trust,
        }
    }

    fn push(&mut self, entry: Entry, source: Option<DivisionId>) {
        let before = self.hashes.last().copied().expect("never empty");
        self.hashes.push(running_hash(&before, &entry.hash()));
        self.wants.retain(|want| want.tip.hash != entry.hash());
        self.feed.push((entry, source));
    }

    fn write(&mut self, subject: &str, reach: Reach, text: &str) {
        let author = Author { division: id(self.name), incarnation: self.incarnation };
        let stream = StreamKey::new(author, id(subject), reach, Lane::Work);
        let tip = self.tips(&stream).into_iter().max();
        let header = Header {
            seq: tip.as_ref().map_or(1, |tip| tip.seq + 1),
            previous: tip.map(|tip| tip.hash),
            stream,
            written_at_ms: 0,
            kind: "note".to_owned(),
            payload_digest: Digest::of_file(b""),
            payload_bytes: 0,
            operator: None,
            signature_algorithm: 0,
            key_id: Vec::new(),
        };
        let entry = Entry::sign(header, text.as_bytes().to_vec(), &signer(self.name));
        self.push(entry, None);
    }

    fn branch<'a>(&'a self, stream: &'a StreamKey) -> impl DoubleEndedIterator<Item = &'a Entry> {
        self.feed.iter().map(|(entry, _)| entry).filter(move |entry| entry.header.stream == *stream)
    }

    fn tips(&self, stream: &StreamKey) -> Vec<Tip> {
        let inner: BTreeSet<EntryHash> = self.branch(stream).filter_map(|entry| entry.header.previous).collect();
        self.branch(stream)
            .filter(|entry| !inner.contains(&entry.hash()))
            .map(|entry| Tip { seq: entry.header.seq, hash: entry.hash() })
            .collect()
    }

    fn known(&self, entries: &[Carried]) -> Known {
        let (hashes, streams) = needs(entries);
        let mut known = Known::default();
        for (entry, _) in &self.feed {
            let stream = entry.header.stream.digest();
            if hashes.contains(&entry.hash()) {
                known.entries.insert(entry.hash(), (stream, entry.header.seq));
            }
            if streams.contains(&stream) {
                let tips = self.tips(&entry.header.stream).into_iter().map(|tip| tip.hash).collect();
                known.tips.insert(stream, tips);
            }
        }
        known
    }

    fn end(&self, peer: &DivisionId) -> Position {
        self.at(self.feed.len(), peer)
    }

    fn at(&self, offset: usize, peer: &DivisionId) -> Position {
        let epoch = Route::of(&self.trust.tree, peer).epoch();
        Position { feed_id: self.feed_id, offset: offset as u64, hash: self.hashes[offset], epoch }
    }

    fn store(&mut self, peer: &DivisionId, occasion: Occasion, entries: Vec<Carried>) -> (usize, Vec<Fault>, usize) {
        let admission = admit(self.known(&entries), &self.trust, occasion, entries);
        let wants = admission.wants.len();
        self.wants.extend(admission.wants);
        let count = admission.append.len();
        for entry in admission.append {
            self.push(entry, Some(peer.clone()));
        }
        (count, admission.faults, wants)
    }

    /// Carries out one effect; what the machine shall hear of it, and what goes to the peer.
    fn carry_out(&mut self, peer: &DivisionId, effect: Effect) -> (Option<Event>, Option<Message>) {
        let event = match effect {
            Effect::Send(message) => return (None, Some(message)),
            Effect::CheckPosition(position) => {
                let offset = position.offset as usize;
                let holds = offset < self.hashes.len() && self.at(offset, peer) == position;
                Event::PositionChecked { holds, entries_to_send: 0 }
            }
            Effect::ReadHeads => {
                let route = Route::of(&self.trust.tree, peer);
                let streams: BTreeSet<StreamKey> = self.feed.iter().map(|(e, _)| e.header.stream.clone()).collect();
                let heads = streams
                    .into_iter()
                    .filter(|stream| route.takes(&stream.subject, stream.reach()))
                    .map(|stream| Head { tips: self.tips(&stream), stream })
                    .collect();
                Event::HeadsRead { heads, position: self.end(peer) }
            }
            Effect::ReadFeed { after } => {
                let route = Route::of(&self.trust.tree, peer);
                let to = self.feed.len().min(after as usize + BATCH_ENTRIES_MAX.min(3));
                let entries = self.feed[after as usize..to]
                    .iter()
                    .filter(|(entry, _)| route.takes_entry(&entry.header))
                    .map(|(entry, source)| carry(entry, source.as_ref() == Some(peer)))
                    .collect();
                Event::FeedRead(FeedPart { entries, to: self.at(to, peer), is_at_end: to == self.feed.len() })
            }
            Effect::Apply(batch) => {
                let (count, faults, wants) = self.store(peer, Occasion::Tail, batch.entries);
                if self.position.as_ref() == Some(&batch.from) {
                    self.position = Some(batch.to);
                }
                let position = self.position.clone().expect("a batch follows a hello with a position or heads");
                Event::Applied { position, faults, has_new_wants: wants > 0, has_trust: count > 0 }
            }
            Effect::ApplyHeads { heads, position } => {
                for head in heads {
                    let held: BTreeSet<EntryHash> = self.branch(&head.stream).map(Entry::hash).collect();
                    for tip in head.tips.into_iter().filter(|tip| !held.contains(&tip.hash)) {
                        self.wants.insert(Want { stream: head.stream.clone(), tip, why: Why::Heads });
                    }
                }
                self.position = Some(position.clone());
                Event::Applied { position, faults: Vec::new(), has_new_wants: true, has_trust: false }
            }
            Effect::ReadWants => Event::WantsRead(
                self.wants
                    .iter()
                    .map(|want| OpenWant { haves: self.haves(&want.stream), want: want.clone() })
                    .collect(),
            ),
            Effect::Serve { request, stream, tip, haves } => {
                let entries = self.serve(&stream, &tip, &haves);
                let is_complete = entries.last().is_some_and(|entry| entry.hash() == tip.hash);
                Event::Served { request, entries, is_complete }
            }
            Effect::Answer { request, want, entries } => {
                let entries = entries.into_iter().map(|entry| Carried::Whole(Box::new(entry))).collect();
                let (count, faults, _) = self.store(peer, Occasion::Answer, entries);
                let is_held = self.branch(&want.stream).any(|entry| entry.hash() == want.tip.hash);
                let haves = self.haves(&want.stream);
                Event::Answered { request, is_held, has_progressed: count > 0, has_trust: false, faults, haves }
            }
            Effect::SetAside { .. } | Effect::RecordAcked(_) | Effect::CaughtUp | Effect::Finish(_) => {
                return (None, None);
            }
        };
        (Some(event), None)
    }

    fn haves(&self, stream: &StreamKey) -> Vec<Tip> {
        self.branch(stream).rev().map(|entry| Tip { seq: entry.header.seq, hash: entry.hash() }).collect()
    }

    /// The branch that ends in the tip, from behind what the asker holds, two entries at most.
    fn serve(&self, stream: &StreamKey, tip: &Tip, haves: &[Tip]) -> Vec<Entry> {
        let by_hash: BTreeMap<EntryHash, &Entry> = self.branch(stream).map(|entry| (entry.hash(), entry)).collect();
        let mut missing = VecDeque::new();
        let mut next = by_hash.get(&tip.hash);
        while let Some(entry) = next.filter(|entry| haves.iter().all(|have| have.hash != entry.hash())) {
            missing.push_front((*entry).clone());
            next = entry.header.previous.and_then(|previous| by_hash.get(&previous));
        }
        missing.into_iter().take(2).collect()
    }

    fn routed(&self, peer: &str) -> BTreeSet<EntryHash> {
        let route = Route::of(&self.trust.tree, &id(peer));
        let both = |entry: &Entry| route.takes_entry(&entry.header) && self.trust.route.takes_entry(&entry.header);
        self.feed.iter().filter(|(entry, _)| both(entry)).map(|(entry, _)| entry.hash()).collect()
    }
}

fn carry(entry: &Entry, is_from_peer: bool) -> Carried {
    if is_from_peer {
        let tip = Tip { seq: entry.header.seq, hash: entry.hash() };
        Carried::Named { stream: entry.header.stream.clone(), tip }
    } else {
        Carried::Whole(Box::new(entry.clone()))
    }
}

struct End<'a> {
    node: &'a mut Node,
    session: Session,
    inbox: VecDeque<Message>,
    outcome: Option<Outcome>,
    said: usize,
}

impl<'a> End<'a> {
    fn new(node: &'a mut Node, peer: &str) -> Self {
        let facts = Facts {
            division: id(node.name),
            incarnation: node.incarnation,
            feed_id: node.feed_id,
            daemon_id: node.feed_id,
            host: node.name.to_owned(),
            peer: id(peer),
            is_live: false,
        };
        Self { session: Session::new(facts), node, inbox: VecDeque::new(), outcome: None, said: 0 }
    }

    /// Steps until nothing is left to do; gives what goes to the peer.
    fn run(&mut self, event: Event) -> Vec<Message> {
        let mut out = Vec::new();
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.session.step(event) {
                if let Effect::Finish(outcome) = &effect {
                    self.outcome = Some(outcome.clone());
                }
                let peer = self.session.facts.peer.clone();
                let (event, message) = self.node.carry_out(&peer, effect);
                events.extend(event);
                out.extend(message);
            }
        }
        self.said += out.len();
        out
    }
}

/// Runs a whole session, or until `cut` messages were said; gives both outcomes.
fn talk(one: &mut Node, two: &mut Node, cut: usize) -> (Option<Outcome>, Option<Outcome>) {
    let (name_one, name_two) = (one.name, two.name);
    let (position_one, position_two) = (one.position.clone(), two.position.clone());
    let mut one = End::new(one, name_two);
    let mut two = End::new(two, name_one);
    two.inbox.extend(one.run(Event::Opened { position: position_one }));
    one.inbox.extend(two.run(Event::Opened { position: position_two }));
    for _ in 0..100_000 {
        if one.said + two.said >= cut || (one.inbox.is_empty() && two.inbox.is_empty()) {
            break;
        }
        if let Some(message) = one.inbox.pop_front() {
            two.inbox.extend(one.run(Event::Received(message)));
        }
        if let Some(message) = two.inbox.pop_front() {
            one.inbox.extend(two.run(Event::Received(message)));
        }
    }
    (one.outcome, two.outcome)
}

fn check_equal(one: &Node, two: &Node) {
    let (here, there) = (one.routed(two.name), two.routed(one.name));
    let apart: Vec<_> = here.symmetric_difference(&there).collect();
    assert!(apart.is_empty(), "{apart:?} of {} and {}", here.len(), there.len());
    assert_eq!((one.wants.len(), two.wants.len()), (0, 0), "{:?} {:?}", one.wants, two.wants);
}

fn filled() -> (Node, Node) {
    let (mut parent, mut child) = (Node::new("k", 1), Node::new("t", 2));
    for number in 0..20 {
        child.write("t", Reach::Path, &format!("draft {number}"));
        child.write("t", Reach::SelfOnly, &format!("save {number}"));
        parent.write("t", Reach::Path, &format!("decision {number}"));
        parent.write("k", Reach::Path, &format!("not yours {number}"));
        parent.write("k", Reach::Subtree, &format!("edition {number}"));
    }
    (parent, child)
}

#[test]
fn first_contact_brings_each_side_what_is_routed_to_it() {
    let (mut parent, mut child) = filled();
    let outcomes = talk(&mut child, &mut parent, usize::MAX);
    assert_eq!(outcomes, (Some(Outcome::Complete), Some(Outcome::Complete)));
    check_equal(&parent, &child);
    assert_eq!((parent.feed.len(), child.feed.len()), (80, 80));
}

#[test]
fn a_session_cut_after_any_message_is_finished_by_the_next() {
    for cut in 1..80 {
        let (mut parent, mut child) = filled();
        talk(&mut child, &mut parent, cut);
        child.write("t", Reach::Path, "written while cut off");
        let outcomes = talk(&mut child, &mut parent, usize::MAX);
        assert_eq!(outcomes.0, Some(Outcome::Complete), "cut after {cut}");
        check_equal(&parent, &child);
    }
}

#[test]
fn an_idle_session_costs_the_same_however_much_is_stored() {
    let (mut parent, mut child) = filled();
    talk(&mut child, &mut parent, usize::MAX);
    for size in [0, 150] {
        for number in 0..size {
            child.write("t", Reach::Path, &format!("more {number}"));
        }
        talk(&mut child, &mut parent, usize::MAX);
        talk(&mut child, &mut parent, usize::MAX);
        let position = child.position.clone();
        let mut end = End::new(&mut child, "k");
        assert_eq!(end.run(Event::Opened { position }).len(), 1);
        assert!(talk(&mut child, &mut parent, 7).0.is_some(), "hello, echo of names and done, on both sides");
    }
}

#[test]
fn a_rewound_node_gets_back_what_it_had_sent_and_what_it_had_received() {
    let (mut parent, mut child) = filled();
    talk(&mut child, &mut parent, usize::MAX);
    let (old_parent, old_child) = (parent.clone(), child.clone());
    child.write("t", Reach::Path, "lost in the child's rewind");
    parent.write("t", Reach::Path, "lost in the parent's rewind");
    talk(&mut child, &mut parent, usize::MAX);
    let mut rewound = old_child;
    talk(&mut rewound, &mut parent, usize::MAX);
    check_equal(&parent, &rewound);
    let mut rewound = old_parent;
    rewound.write("k", Reach::Subtree, "new work, so that the feed is as long as before");
    rewound.write("k", Reach::Subtree, "and longer");
    talk(&mut child, &mut rewound, usize::MAX);
    check_equal(&rewound, &child);
    assert_eq!(child.routed("k").len(), 63 - 1 + 2);
}

#[test]
fn both_branches_of_a_fork_are_kept_and_relayed() {
    let (mut parent, mut child) = filled();
    talk(&mut child, &mut parent, usize::MAX);
    let snapshot = child.clone();
    child.write("t", Reach::Path, "branch one");
    talk(&mut child, &mut parent, usize::MAX);
    let mut child = snapshot;
    child.write("t", Reach::Path, "branch two");
    talk(&mut child, &mut parent, usize::MAX);
    check_equal(&parent, &child);
    let stream = parent
        .feed
        .iter()
        .find(|(e, _)| e.header.stream.author.division == id("t"))
        .map(|(e, _)| e.header.stream.clone());
    assert_eq!(stream.map(|stream| parent.tips(&stream).len()), Some(2));
}

#[test]
fn a_forged_entry_stops_its_stream_and_no_other() {
    let (mut parent, mut child) = filled();
    let forged =
        child.feed.iter().position(|(e, _)| e.header.seq == 5 && e.header.reach() == Reach::Path).expect("there");
    child.feed[forged].0.signature[0] ^= 1;
    let outcomes = talk(&mut child, &mut parent, usize::MAX);
    assert_eq!(outcomes.0, Some(Outcome::Complete));
    assert_eq!(parent.feed.iter().filter(|(e, _)| e.header.stream.author.division == id("t")).count(), 4);
    assert_eq!(child.feed.iter().filter(|(e, _)| e.header.stream.author.division == id("k")).count(), 40);
    let stopped: BTreeSet<&StreamKey> = parent.wants.iter().map(|want| &want.stream).collect();
    assert_eq!(stopped.len(), 1, "the rest of the stream stays wanted");
}

#[test]
fn a_peer_with_another_name_and_a_copy_of_the_database_are_refused() {
    let (mut parent, mut child) = filled();
    let greeting = End::new(&mut parent, "t").run(Event::Opened { position: None }).remove(0);
    let mut end = End::new(&mut child, "c");
    end.run(Event::Received(greeting));
    assert!(matches!(end.outcome, Some(Outcome::Refusing(refusal)) if refusal.code == "GK-SYNC-002"));
    let (mut parent, mut child) = filled();
    parent.feed_id = child.feed_id;
    let (one, _) = talk(&mut child, &mut parent, usize::MAX);
    assert!(matches!(one, Some(Outcome::Refusing(refusal)) if refusal.code == "GK-SYNC-004"));
}
