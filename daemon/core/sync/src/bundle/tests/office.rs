//! Two offices in memory that speak by drives, and what must be true of them at any time.

use std::collections::{BTreeSet, VecDeque};

use gongkai_journal::{EntryHash, Reach};
use gongkai_model::digest::Digest;

use crate::{
    bundle::{Extent, Ledger, Mark, Reading, Recorded, Recording, Seen, Subject},
    message::Message,
    session::{
        Effect, Event, Facts, Outcome,
        tests::node::{Node, id},
    },
};

/// A node with what it remembers of the bundles of its neighbour.
#[derive(Clone)]
pub(super) struct Office {
    pub(super) node: Node,
    pub(super) ledger: Ledger,
    pub(super) clock_ms: i64,
}

/// A file.
#[derive(Clone)]
pub(super) struct Drive {
    pub(super) messages: Vec<Message>,
    pub(super) mark: Mark,
    pub(super) recorded: Recorded,
    pub(super) receipts: Vec<Digest>,
}

impl Drive {
    pub(super) fn entries(&self) -> u64 {
        self.recorded.whole
    }
}

impl Office {
    pub(super) fn new(name: &'static str, life: u8) -> Self {
        Self { node: Node::new(name, life), ledger: Ledger::default(), clock_ms: 0 }
    }

    pub(super) fn facts(&self, peer: &str) -> Facts {
        Facts {
            division: id(self.node.name),
            incarnation: self.node.incarnation,
            feed_id: self.node.feed_id,
            daemon_id: self.node.feed_id,
            host: self.node.name.to_owned(),
            peer: id(peer),
            is_live: false,
            introduction: Vec::new(),
        }
    }

    pub(super) fn write(&mut self, subject: &str, reach: Reach, text: &str) {
        self.node.write(subject, reach, text);
    }

    pub(super) fn export(&mut self, peer: &str, extent: Extent) -> Drive {
        let subject = Subject { extent, acked: self.node.acked.clone(), standing: None };
        let mut machine = Recording::new(self.facts(peer), self.ledger.script(subject));
        let opened = Event::Opened { position: self.node.position.clone() };
        let (messages, outcome) = run(&mut self.node, peer, VecDeque::from([opened]), |event| machine.step(event));
        assert_eq!(outcome, Some(Outcome::Complete));
        let recorded = machine.recorded().expect("complete").clone();
        self.clock_ms += 1;
        let number = self.ledger.last_number + 1;
        let name = format!("{} {} {}", self.node.name, self.clock_ms, self.node.feed.len());
        let mark = Mark {
            id: Digest::of_file(name.as_bytes()),
            number,
            made_at_ms: self.clock_ms,
            feed_id: self.node.feed_id,
            to_offset: recorded.to.offset,
        };
        self.ledger.note_made(mark.clone(), &recorded, 0);
        Drive { messages, mark, recorded, receipts: self.ledger.receipts() }
    }

    /// Reads a drive to its end, or to the first `cut` messages as a machine does that is switched off.
    pub(super) fn import_part(&mut self, peer: &str, drive: &Drive, cut: usize) {
        let is_news = self.ledger.is_news(&drive.mark, &drive.receipts);
        let mut machine = Reading::new(self.facts(peer), is_news);
        loop {
            for message in drive.messages.iter().take(cut).cloned() {
                let event = VecDeque::from([Event::Received(message)]);
                run(&mut self.node, peer, event, |event| machine.step(event));
            }
            if cut < drive.messages.len() {
                return;
            }
            if !machine.begins_again() {
                break;
            }
        }
        let heard = machine.heard().expect("read to its end").clone();
        let seen = Seen {
            mark: drive.mark.clone(),
            receipts: drive.receipts.clone(),
            heads_digest: Some(drive.recorded.heads_digest),
            entries: 0,
            is_news,
        };
        self.ledger.note_heard(&heard, seen, self.clock_ms);
    }

    pub(super) fn import(&mut self, peer: &str, drive: &Drive) {
        self.import_part(peer, drive, usize::MAX);
    }
}

pub(super) fn run(
    node: &mut Node,
    peer: &str,
    mut events: VecDeque<Event>,
    mut step: impl FnMut(Event) -> Vec<Effect>,
) -> (Vec<Message>, Option<Outcome>) {
    let (mut said, mut outcome) = (Vec::new(), None);
    while let Some(event) = events.pop_front() {
        for effect in step(event) {
            if let Effect::Finish(ended) = &effect {
                outcome = Some(ended.clone());
            }
            let (event, message) = node.carry_out(&id(peer), effect);
            events.extend(event);
            said.extend(message);
        }
    }
    (said, outcome)
}

pub(super) fn offices() -> (Office, Office) {
    let (mut county, mut town) = (Office::new("k", 1), Office::new("t", 2));
    for number in 0..12 {
        town.write("t", Reach::Path, &format!("submission {number}"));
        town.write("t", Reach::SelfOnly, &format!("save {number}"));
        county.write("t", Reach::Path, &format!("decision {number}"));
        county.write("k", Reach::Path, &format!("not yours {number}"));
        county.write("k", Reach::Subtree, &format!("standard {number}"));
    }
    (county, town)
}

/// Drives go to and fro until nobody has anything to say.
pub(super) fn settle(county: &mut Office, town: &mut Office) {
    for _ in 0..6 {
        let up = town.export("k", Extent::News);
        county.import("t", &up);
        let down = county.export("t", Extent::News);
        town.import("k", &down);
    }
}

pub(super) fn check_equal(county: &Office, town: &Office) {
    let (here, there) = (county.node.routed("t"), town.node.routed("k"));
    let apart: Vec<&EntryHash> = here.symmetric_difference(&there).collect();
    assert!(apart.is_empty(), "{} apart of {} and {}", apart.len(), here.len(), there.len());
    for (asker, other) in [(county, town), (town, county)] {
        // What both machines lost can be had from nobody; what the other has must have come.
        let holds = |hash: &EntryHash| other.node.feed.iter().any(|(entry, _)| entry.hash() == *hash);
        assert!(!asker.node.wants.iter().any(|want| holds(&want.tip.hash)), "something is still wanted");
    }
}

/// A position says: everything up to here is stored or wanted. Read from both feeds, not from the engine.
pub(super) fn check_honest(listener: &Office, speaker: &Office) {
    let Some(position) = &listener.node.position else { return };
    let end = usize::try_from(position.offset).expect("small");
    let peer = id(listener.node.name);
    if position.feed_id != speaker.node.feed_id
        || end > speaker.node.feed.len()
        || speaker.node.at(end, &peer) != *position
    {
        return; // of a history that the speaker does not have: the next comparison finds it
    }
    let held: BTreeSet<EntryHash> = listener.node.feed.iter().map(|(entry, _)| entry.hash()).collect();
    for (entry, _) in &speaker.node.feed[..end] {
        let is_routed = listener.node.trust.route.takes_entry(&entry.header);
        let stream = &entry.header.stream;
        let is_wanted =
            || listener.node.wants.iter().any(|want| want.stream == *stream && want.tip.seq >= entry.header.seq);
        assert!(!is_routed || held.contains(&entry.hash()) || is_wanted(), "a hole behind the position");
    }
}
