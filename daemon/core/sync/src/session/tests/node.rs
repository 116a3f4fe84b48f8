//! A node in memory with the real admission rules: what the claims about sessions are made on.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gongkai_journal::{
    Author, Entry, EntryHash, Header, Incarnation, Lane, Reach, Route, StreamKey,
    keys::Keyring,
    route::Ancestry,
    sign::{Ed25519Signer, PublicKey, Signer},
};
use gongkai_model::{
    digest::Digest,
    id::{Day, DivisionId},
    tree::{Division, Tree},
};

use crate::{
    admit::{Known, Occasion, Trust, admit, needs},
    message::{Carried, Fault, Message},
    position::{Position, empty_hash, running_hash},
    session::{Effect, Event, FeedPart, OpenWant},
    want::{Head, Tip, Want, Why},
};

/// Entries in a batch: few, so that a session has many.
const BATCH_ENTRIES: usize = 3;
/// Entries in an answer: fewer than lie between two samples.
const ANSWER_ENTRIES: usize = 2;

pub(crate) fn id(text: &str) -> DivisionId {
    DivisionId::parse(text).expect("a test id")
}

pub(crate) fn tree() -> Tree {
    let rows = [("c", None), ("k", Some("c")), ("t", Some("k"))];
    let divisions: Vec<Division> =
        rows.iter().map(|(name, parent)| Division::placed(id(name), parent.map(id))).collect();
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

/// What became of entries.
struct Stored {
    count: usize,
    faults: Vec<Fault>,
    wants: usize,
    has_left_out: bool,
}

/// A store in memory with the real admission rules.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) name: &'static str,
    pub(crate) feed_id: Incarnation,
    pub(crate) incarnation: Incarnation,
    pub(crate) feed: Vec<(Entry, Option<DivisionId>)>,
    pub(crate) hashes: Vec<Digest>,
    pub(crate) wants: BTreeSet<Want>,
    pub(crate) position: Option<Position>,
    /// How far the peer said that it has taken the feed.
    pub(crate) acked: Option<Position>,
    pub(crate) trust: Trust,
    /// Wants kept at most.
    pub(crate) wants_max: usize,
}

impl Node {
    pub(crate) fn new(name: &'static str, life: u8) -> Self {
        let tree = tree();
        let ancestry = Ancestry::of(&id("c"), tree.divisions());
        let trust = Trust { keyring: keyring(), route: Route::of(&tree, &id(name)), ancestry, tree };
        Self {
            name,
            feed_id: Incarnation::from_bytes([name.as_bytes()[0]; 16]),
            incarnation: Incarnation::from_bytes([life; 16]),
            feed: Vec::new(),
            hashes: vec![empty_hash()],
            wants: BTreeSet::new(),
            position: None,
            acked: None,
            trust,
            wants_max: usize::MAX,
        }
    }

    fn push(&mut self, entry: Entry, source: Option<DivisionId>) {
        let before = self.hashes.last().copied().expect("never empty");
        self.hashes.push(running_hash(&before, &entry.hash()));
        self.wants.retain(|want| want.tip.hash != entry.hash());
        self.feed.push((entry, source));
    }

    pub(crate) fn write(&mut self, subject: &str, reach: Reach, text: &str) {
        let author = Author { division: id(self.name), incarnation: self.incarnation };
        let stream = StreamKey::new(author, id(subject), reach, Lane::Work);
        let tip = self.tips(&stream).into_iter().max();
        let header = Header {
            seq: tip.as_ref().map_or(1, |tip| tip.seq + 1),
            previous: tip.map(|tip| tip.hash),
            stream,
            written_at_ms: 0,
            kind: "note".into(),
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

    pub(crate) fn tips(&self, stream: &StreamKey) -> Vec<Tip> {
        let inner: BTreeSet<EntryHash> = self.branch(stream).filter_map(|entry| entry.header.previous).collect();
        self.branch(stream).filter(|entry| !inner.contains(&entry.hash())).map(tip_of).collect()
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

    pub(crate) fn at(&self, offset: usize, peer: &DivisionId) -> Position {
        let epoch = Route::of(&self.trust.tree, peer).epoch();
        Position { feed_id: self.feed_id, offset: offset as u64, hash: self.hashes[offset], epoch }
    }

    fn store(&mut self, peer: &DivisionId, occasion: Occasion, entries: Vec<Carried>) -> Stored {
        let admission = admit(self.known(&entries), &self.trust, occasion, entries);
        let wants = admission.wants.len();
        let left_out = admission.wants.into_iter().map(|want| self.want(want)).filter(|has_room| !has_room).count();
        let has_left_out = left_out > 0;
        let count = admission.append.len();
        for entry in admission.append {
            self.push(entry, Some(peer.clone()));
        }
        Stored { count, faults: admission.faults, wants, has_left_out }
    }

    /// Whether there was room.
    fn want(&mut self, want: Want) -> bool {
        let has_room = self.wants.len() < self.wants_max || self.wants.contains(&want);
        if has_room {
            self.wants.insert(want);
        }
        has_room
    }

    /// Carries out one effect; what the machine shall hear of it, and what goes to the peer.
    pub(crate) fn carry_out(&mut self, peer: &DivisionId, effect: Effect) -> (Option<Event>, Option<Message>) {
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
                let to = self.feed.len().min(after as usize + BATCH_ENTRIES);
                let entries = self.feed[after as usize..to]
                    .iter()
                    .filter(|(entry, _)| route.takes_entry(&entry.header))
                    .map(|(entry, source)| carry(entry, source.as_ref() == Some(peer)))
                    .collect();
                Event::FeedRead(FeedPart { entries, to: self.at(to, peer), is_at_end: to == self.feed.len() })
            }
            Effect::Apply(batch) => {
                let Stored { count, faults, wants, has_left_out } = self.store(peer, Occasion::Tail, batch.entries);
                let stands_there = self.position.as_ref().map_or(batch.from.is_beginning(), |at| *at == batch.from);
                if stands_there && !has_left_out {
                    self.position = Some(batch.to);
                }
                let position = self.position.clone().unwrap_or(batch.from);
                Event::Applied { position, faults, has_new_wants: wants > 0, has_trust: count > 0, has_left_out }
            }
            Effect::NotePage { heads } => {
                Event::PageNoted { has_new_wants: true, has_left_out: !self.want_missing(heads) }
            }
            Effect::ApplyHeads { heads, position } => {
                let has_left_out = !self.want_missing(heads);
                if !has_left_out {
                    self.position = Some(position);
                }
                self.compared(peer, has_left_out)
            }
            Effect::NoteHeads { heads } => {
                let has_left_out = !self.want_missing(heads);
                self.compared(peer, has_left_out)
            }
            Effect::ReadWants { but } => {
                let is_open = |want: &&Want| !but.contains(&(want.stream.clone(), want.tip.clone()));
                let open = |want: &Want| OpenWant { haves: self.haves(&want.stream), want: want.clone() };
                let wants = self.wants.iter().filter(is_open).map(open).collect();
                Event::WantsRead { wants, has_more: false }
            }
            Effect::Serve { request, stream, tip, haves } => {
                let entries = self.serve(&stream, &tip, &haves);
                let is_complete = entries.last().is_some_and(|entry| entry.hash() == tip.hash);
                Event::Served { request, entries, is_complete }
            }
            Effect::Answer { request, want, entries } => {
                let served: Vec<Tip> = entries.iter().map(tip_of).collect();
                let entries = entries.into_iter().map(|entry| Carried::Whole(Box::new(entry))).collect();
                let Stored { faults, .. } = self.store(peer, Occasion::Answer, entries);
                let holds = |tip: &Tip| self.branch(&want.stream).any(|entry| entry.hash() == tip.hash);
                let (is_held, through) = (holds(&want.tip), served.into_iter().rev().find(holds));
                let haves = self.haves(&want.stream);
                Event::Answered { request, is_held, through, has_trust: false, faults, haves }
            }
            Effect::RecordAcked(position) => {
                self.acked = Some(position);
                return (None, None);
            }
            Effect::LetGo { want } => {
                self.wants.remove(&want);
                self.position = None;
                return (None, None);
            }
            Effect::SetAside { .. } | Effect::CaughtUp | Effect::Finish(_) => {
                return (None, None);
            }
        };
        (Some(event), None)
    }

    /// Whether there was room for all.
    fn want_missing(&mut self, heads: Vec<Head>) -> bool {
        let mut had_room = true;
        for head in heads {
            let held: BTreeSet<EntryHash> = self.branch(&head.stream).map(Entry::hash).collect();
            for tip in head.tips.into_iter().filter(|tip| !held.contains(&tip.hash)) {
                had_room &= self.want(Want { stream: head.stream.clone(), tip, why: Why::Heads });
            }
        }
        had_room
    }

    fn compared(&self, peer: &DivisionId, has_left_out: bool) -> Event {
        let position = self.position.clone().unwrap_or_else(|| self.at(0, peer));
        Event::Applied { position, faults: Vec::new(), has_new_wants: true, has_trust: false, has_left_out }
    }

    /// As the store samples: each tip, and 1, 2, 4, 8, … back on its branch.
    fn haves(&self, stream: &StreamKey) -> Vec<Tip> {
        let mut haves = BTreeSet::new();
        for tip in self.tips(stream) {
            let line = self.line(stream, &tip);
            let back = std::iter::successors(Some(1), |back| Some(back * 2)).take_while(|back| *back <= line.len());
            haves.extend(back.filter_map(|back| line.get(line.len() - back)).map(|entry| tip_of(entry)));
        }
        haves.into_iter().rev().collect()
    }

    /// The branch that ends in a tip, first entry first.
    fn line<'a>(&'a self, stream: &'a StreamKey, tip: &Tip) -> VecDeque<&'a Entry> {
        let by_hash: BTreeMap<EntryHash, &Entry> = self.branch(stream).map(|entry| (entry.hash(), entry)).collect();
        let mut line = VecDeque::new();
        let mut next = by_hash.get(&tip.hash);
        while let Some(entry) = next {
            line.push_front(*entry);
            next = entry.header.previous.and_then(|previous| by_hash.get(&previous));
        }
        line
    }

    /// The branch that ends in the tip, from behind what the asker holds.
    fn serve(&self, stream: &StreamKey, tip: &Tip, haves: &[Tip]) -> Vec<Entry> {
        let line = self.line(stream, tip);
        let held = line.iter().rposition(|entry| haves.contains(&tip_of(entry))).map_or(0, |index| index + 1);
        line.into_iter().skip(held).take(ANSWER_ENTRIES).cloned().collect()
    }

    pub(crate) fn routed(&self, peer: &str) -> BTreeSet<EntryHash> {
        let route = Route::of(&self.trust.tree, &id(peer));
        let both = |entry: &Entry| route.takes_entry(&entry.header) && self.trust.route.takes_entry(&entry.header);
        self.feed.iter().filter(|(entry, _)| both(entry)).map(|(entry, _)| entry.hash()).collect()
    }
}

fn carry(entry: &Entry, is_from_peer: bool) -> Carried {
    if is_from_peer {
        Carried::Named { stream: entry.header.stream.clone(), tip: tip_of(entry) }
    } else {
        Carried::Whole(Box::new(entry.clone()))
    }
}

fn tip_of(entry: &Entry) -> Tip {
    Tip { seq: entry.header.seq, hash: entry.hash() }
}
