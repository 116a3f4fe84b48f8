//! What passes what: one receiving and one sending machine against scripts instead of stores, messages counted.

use std::collections::{BTreeMap, VecDeque};

use gongkai_journal::{Author, Entry, Header, Incarnation, Lane, Reach, StreamKey, sign::Ed25519Signer};
use gongkai_model::digest::Digest;

use super::node::id;
use crate::{
    message::{Batch, Carried, Message},
    position::Position,
    session::{Effect, Event, Facts, FeedPart, OpenWant, Session, incoming::WANTS_IN_FLIGHT_MAX},
    want::{Tip, Want, Why},
};

/// Entries that one answer brings.
const ANSWER_ENTRIES: u64 = 500;
/// Wants in one reading of the list.
const PAGE: usize = 16;

fn stream(number: u8, lane: Lane) -> StreamKey {
    let author = Author { division: id("k"), incarnation: Incarnation::from_bytes([number; 16]) };
    StreamKey::new(author, id("t"), Reach::Path, lane)
}

fn tip(stream: &StreamKey, seq: u64) -> Tip {
    Tip { seq, hash: Digest::of("tip", &[&stream.digest().to_bytes(), &seq.to_be_bytes()]) }
}

fn position(offset: u64) -> Position {
    let nothing = Digest::of("test", &[]);
    Position { feed_id: Incarnation::from_bytes([9; 16]), offset, hash: nothing, epoch: nothing }
}

fn entry() -> Entry {
    let signer = Ed25519Signer::from_seed(&[1; 32]).expect("32 bytes");
    let header = Header {
        stream: stream(1, Lane::Work),
        seq: 1,
        previous: None,
        written_at_ms: 0,
        kind: "note".into(),
        payload_digest: Digest::of_file(b""),
        payload_bytes: 0,
        operator: None,
        signature_algorithm: 0,
        key_id: Vec::new(),
    };
    Entry::sign(header, Vec::new(), &signer)
}

fn facts(me: &str, peer: &str) -> Facts {
    let life = Incarnation::from_bytes([me.as_bytes()[0]; 16]);
    Facts {
        division: id(me),
        incarnation: life,
        feed_id: life,
        daemon_id: life,
        host: me.to_owned(),
        peer: id(peer),
        is_live: true,
        introduction: Vec::new(),
    }
}

/// The child `t` takes, the parent `k` gives. Streams are numbers only: how many entries the child has of each.
struct Flow {
    child: Session,
    parent: Session,
    to_child: VecDeque<Message>,
    to_parent: VecDeque<Message>,
    wants: Vec<Want>,
    held: BTreeMap<StreamKey, u64>,
    /// Entries on the parent's feed that the child shall take from the tail.
    fresh: u64,
    sent: u64,
    /// Streams of which the parent has nothing.
    barren: Vec<StreamKey>,
    /// What the child let go, in order.
    let_go: Vec<Want>,
    /// Streams that the child asked for, in order.
    asked: Vec<StreamKey>,
    /// Answers that the child received.
    received: usize,
    batches: usize,
    entry: Entry,
}

impl Flow {
    fn new(wants: Vec<Want>) -> Self {
        let mut flow = Self {
            child: Session::new(facts("t", "k")),
            parent: Session::new(facts("k", "t")),
            to_child: VecDeque::new(),
            to_parent: VecDeque::new(),
            wants,
            held: BTreeMap::new(),
            fresh: 0,
            sent: 0,
            barren: Vec::new(),
            let_go: Vec::new(),
            asked: Vec::new(),
            received: 0,
            batches: 0,
            entry: entry(),
        };
        flow.tell_parent(Event::Opened { position: Some(position(0)) });
        flow.tell_child(Event::Opened { position: Some(position(0)) });
        flow
    }

    fn want(number: u8, lane: Lane, entries: u64) -> Want {
        let stream = stream(number, lane);
        Want { tip: tip(&stream, entries), stream, why: Why::Heads }
    }

    /// One message for each side; `false` when there was none.
    fn tick(&mut self) -> bool {
        let (up, down) = (self.to_parent.pop_front(), self.to_child.pop_front());
        let is_moving = up.is_some() || down.is_some();
        if let Some(message) = up {
            self.tell_parent(Event::Received(message));
        }
        if let Some(message) = down {
            self.received += usize::from(matches!(message, Message::Wanted { .. }));
            self.tell_child(Event::Received(message));
        }
        is_moving
    }

    fn tell_parent(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.parent.step(event) {
                match effect {
                    Effect::Send(message) => self.to_child.push_back(message),
                    Effect::CheckPosition(_) => {
                        events.push_back(Event::PositionChecked { holds: true, entries_to_send: 0 });
                    }
                    Effect::ReadFeed { .. } => events.push_back(self.read_feed()),
                    Effect::ReadHeads => events.push_back(compared(self.fresh)),
                    Effect::ApplyHeads { position, .. } => events.push_back(applied(position, false)),
                    Effect::ReadWants { .. } => {
                        events.push_back(Event::WantsRead { wants: Vec::new(), has_more: false });
                    }
                    Effect::Serve { request, stream, tip, haves } => {
                        let held = haves.first().map_or(0, |have| have.seq);
                        let entries = if self.barren.contains(&stream) { vec![] } else { vec![self.entry.clone()] };
                        let is_complete = tip.seq - held <= ANSWER_ENTRIES;
                        self.asked.push(stream);
                        events.push_back(Event::Served { request, entries, is_complete });
                    }
                    _ => {}
                }
            }
        }
    }

    fn read_feed(&mut self) -> Event {
        let news = self.fresh - self.sent;
        self.sent = self.fresh;
        let entries = (0..news).map(|_| Carried::Whole(Box::new(self.entry.clone()))).collect();
        Event::FeedRead(FeedPart { entries, to: position(self.fresh), is_at_end: true })
    }

    fn tell_child(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.child.step(event) {
                match effect {
                    Effect::Send(message) => self.to_parent.push_back(message),
                    Effect::CheckPosition(_) => {
                        events.push_back(Event::PositionChecked { holds: true, entries_to_send: 0 });
                    }
                    Effect::ReadFeed { .. } => events.push_back(Event::FeedRead(FeedPart {
                        entries: Vec::new(),
                        to: position(0),
                        is_at_end: true,
                    })),
                    Effect::ReadWants { but } => {
                        let mut wants = self.wants.clone();
                        wants.retain(|want| !but.contains(&(want.stream.clone(), want.tip.clone())));
                        let has_more = wants.len() > PAGE;
                        let open = |want: Want| OpenWant { haves: self.haves(&want.stream), want };
                        let wants = wants.into_iter().take(PAGE).map(open).collect();
                        events.push_back(Event::WantsRead { wants, has_more });
                    }
                    Effect::ReadHeads => events.push_back(compared(0)),
                    Effect::ApplyHeads { position, .. } => events.push_back(applied(position, false)),
                    Effect::LetGo { want } => {
                        self.wants.retain(|other| *other != want);
                        self.let_go.push(want);
                    }
                    Effect::Answer { request, want, .. } => events.push_back(self.take(request, &want)),
                    Effect::Apply(Batch { to, .. }) => {
                        self.batches += 1;
                        events.push_back(applied(to, false));
                    }
                    _ => {}
                }
            }
        }
    }

    fn haves(&self, stream: &StreamKey) -> Vec<Tip> {
        self.held.get(stream).map(|seq| tip(stream, *seq)).into_iter().collect()
    }

    fn take(&mut self, request: u64, want: &Want) -> Event {
        let held = self.held.entry(want.stream.clone()).or_default();
        *held = want.tip.seq.min(*held + ANSWER_ENTRIES);
        let through = Some(tip(&want.stream, *held));
        let is_held = *held == want.tip.seq;
        self.wants.retain(|other| !is_held || other != want);
        let haves = self.haves(&want.stream);
        let has_trust = want.stream.lane() == Lane::Trust;
        Event::Answered { request, is_held, through, has_trust, faults: Vec::new(), haves }
    }

    fn run(&mut self) {
        for _ in 0..10_000 {
            if !self.tick() {
                return;
            }
        }
        unreachable!("the flow never ends");
    }
}

/// Heads with nothing in them: what is wanted stands in the lists already.
fn compared(offset: u64) -> Event {
    Event::HeadsRead { heads: Vec::new(), position: position(offset) }
}

fn applied(position: Position, has_new_wants: bool) -> Event {
    Event::Applied { position, faults: Vec::new(), has_new_wants, has_trust: false, has_left_out: false }
}

/// 50,000 entries on ten streams: a county's first load.
fn first_load() -> Flow {
    Flow::new((0..10).map(|number| Flow::want(number, Lane::Work, 5_000)).collect())
}

#[test]
fn a_fresh_entry_passes_a_first_load_of_fifty_thousand() {
    for moment in [5, 20, 60, 90] {
        let mut flow = first_load();
        (0..moment).for_each(|_| assert!(flow.tick()));
        let (before, held) = (flow.received, flow.held.values().sum::<u64>());
        assert!(held < 50_000, "the load is under way: {held}");
        flow.fresh = 1;
        flow.tell_parent(Event::FeedAdvanced);
        while flow.batches == 0 {
            assert!(flow.tick());
        }
        let waited = flow.received - before;
        assert!(waited <= WANTS_IN_FLIGHT_MAX, "{waited} answers went before the fresh entry");
        flow.run();
        assert_eq!(flow.held.values().sum::<u64>(), 50_000);
        assert!(flow.child.is_settled() && flow.parent.is_settled());
    }
}

#[test]
fn a_key_that_is_wanted_in_the_middle_of_a_first_load_is_asked_for_at_once() {
    let mut flow = first_load();
    (0..20).for_each(|_| assert!(flow.tick()));
    let trust = Flow::want(77, Lane::Trust, 1_200);
    flow.wants.insert(0, trust.clone());
    let asked = flow.asked.len();
    flow.tell_child(applied(position(0), true));
    flow.run();
    let after: Vec<bool> = flow.asked[asked..].iter().map(|stream| *stream == trust.stream).collect();
    let first = after.iter().position(|is_trust| *is_trust).expect("it was asked for");
    assert!(first <= WANTS_IN_FLIGHT_MAX, "{first} others were asked for before it");
    assert!(after[first..first + 3].iter().all(|is_trust| *is_trust), "nothing else until it is here: {after:?}");
    assert!(flow.wants.is_empty());
}

#[test]
fn wants_beyond_the_first_page_are_asked_for_in_the_same_session() {
    let mut flow = Flow::new((0..200).map(|number| Flow::want(number, Lane::Work, 3)).collect());
    flow.run();
    assert_eq!(flow.wants, []);
    assert_eq!(flow.asked.len(), 200, "each once");
    assert!(flow.child.is_settled());
}

#[test]
fn streams_that_nobody_can_serve_hold_up_no_other() {
    let wants: Vec<Want> = (0..60).map(|number| Flow::want(number, Lane::Work, 3)).collect();
    let mut flow = Flow::new(wants.clone());
    // They stand first and fill two pages of the list.
    flow.barren = wants[..2 * PAGE].iter().map(|want| want.stream.clone()).collect();
    flow.run();
    assert_eq!(flow.wants, [], "the others are here");
    assert_eq!(flow.let_go, wants[..2 * PAGE], "what cannot be had is let go");
    assert!(flow.child.is_settled() && flow.child.has_compared_all(), "and heads were compared once more");
}
