//! One session between a child and its parent: what to say, read and commit next.
//!
//! Sans-IO: [`Session::step`] takes an event and gives effects in the order in which they are to be carried out; the
//! driver carries out each and brings its result back as the next event. Both ends run the same machine, whose two
//! halves are the sender of one's own feed ([`outgoing`]) and the receiver of the peer's ([`incoming`]).
//!
//! Invariant: nothing is acknowledged before it is committed, and a position only moves in the transaction that
//! stores or wants everything up to it. Left out: dialling, retrying (`retry`), and who may connect (edge/pki).

use gongkai_journal::{Entry, Incarnation, StreamKey};
use gongkai_model::id::DivisionId;

use crate::{
    message::{Batch, Carried, Fault, Hello, Message, PROTOCOL_MAX, PROTOCOL_MIN, Refusal},
    position::{FeedId, Position},
    want::{Head, Tip, Want},
};

mod incoming;
mod outgoing;
#[cfg(test)]
mod tests;

use incoming::Incoming;
use outgoing::Outgoing;

/// What this end is.
#[derive(Clone, Debug)]
pub struct Facts {
    /// This node's division.
    pub division: DivisionId,
    /// The life of its journal.
    pub incarnation: Incarnation,
    /// Its feed.
    pub feed_id: FeedId,
    /// The daemon (colleagues on one database differ here).
    pub daemon_id: Incarnation,
    /// Host name.
    pub host: String,
    /// The division that the peer's certificate names.
    pub peer: DivisionId,
    /// Stay open for news, or end when both are done.
    pub is_live: bool,
}

/// Part of one's own feed, as read for the peer.
#[derive(Clone, Debug)]
pub struct FeedPart {
    /// What the route takes from it.
    pub entries: Vec<Carried>,
    /// Where it ends, with today's epoch.
    pub to: Position,
    /// Whether the feed ends there.
    pub is_at_end: bool,
}

/// A want with what is held of its stream.
#[derive(Clone, Debug)]
pub struct OpenWant {
    /// The want.
    pub want: Want,
    /// Samples of what is held, highest first.
    pub haves: Vec<Tip>,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The link is up. Carries our position on the peer's feed.
    Opened {
        /// `None` at first contact.
        position: Option<Position>,
    },
    /// The peer said something.
    Received(Message),
    /// Result of [`Effect::CheckPosition`].
    PositionChecked {
        /// Feed, hash at the offset and epoch all agree.
        holds: bool,
        /// Entries behind the position on the peer's route.
        entries_to_send: u64,
    },
    /// Result of [`Effect::ReadHeads`].
    HeadsRead {
        /// Our streams on the peer's route.
        heads: Vec<Head>,
        /// The end of our feed that they stand for.
        position: Position,
    },
    /// Result of [`Effect::ReadFeed`].
    FeedRead(FeedPart),
    /// Result of [`Effect::Apply`] and [`Effect::ApplyHeads`]: committed.
    Applied {
        /// Our position on the peer's feed now.
        position: Position,
        /// Streams that stopped.
        faults: Vec<Fault>,
        /// Whether wants were noted or cleared.
        has_new_wants: bool,
        /// Whether entries of the trust lane were stored.
        has_trust: bool,
    },
    /// Result of [`Effect::ReadWants`].
    WantsRead(Vec<OpenWant>),
    /// Result of [`Effect::Serve`].
    Served {
        /// The request.
        request: u64,
        /// Entries following what the asker holds.
        entries: Vec<Entry>,
        /// Whether the tip is among them.
        is_complete: bool,
    },
    /// Result of [`Effect::Answer`]: committed.
    Answered {
        /// The request.
        request: u64,
        /// Whether the wanted entry is held now.
        is_held: bool,
        /// Whether anything was stored.
        has_progressed: bool,
        /// Whether entries of the trust lane were stored.
        has_trust: bool,
        /// The stream stopped.
        faults: Vec<Fault>,
        /// Fresh samples for asking on.
        haves: Vec<Tip>,
    },
    /// Our feed has grown.
    FeedAdvanced,
    /// The peer closed its half.
    Closed,
}

/// What to do, in order.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Say this to the peer.
    Send(Message),
    /// Compare the peer's position with our feed and tree.
    CheckPosition(Position),
    /// Read the heads of the streams on the peer's route, with the feed's end.
    ReadHeads,
    /// Read our feed after an offset, one batch at most.
    ReadFeed {
        /// Entries up to here were read.
        after: u64,
    },
    /// Commit entries of the peer's feed, and move our position if it stands at `from`.
    Apply(Batch),
    /// Commit as wants what the peer has and we lack, and take the position.
    ApplyHeads {
        /// All pages.
        heads: Vec<Head>,
        /// The position they stand for.
        position: Position,
    },
    /// Read the durable wants towards this peer, trust lane and smallest first.
    ReadWants,
    /// Read what the peer wants.
    Serve {
        /// Its request.
        request: u64,
        /// The stream.
        stream: StreamKey,
        /// Up to here.
        tip: Tip,
        /// What it holds.
        haves: Vec<Tip>,
    },
    /// Commit the answer to a want.
    Answer {
        /// Our request.
        request: u64,
        /// What was wanted.
        want: Want,
        /// What came.
        entries: Vec<Entry>,
    },
    /// Note that a want cannot be met for now.
    SetAside {
        /// The want.
        want: Want,
        /// Why, a permanent code.
        code: String,
    },
    /// Note how far the peer has acknowledged our feed.
    RecordAcked(Position),
    /// Both directions are drained as far as this end knows.
    CaughtUp,
    /// The session is over.
    Finish(Outcome),
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Both sides were done.
    Complete,
    /// The link closed in the middle; the next session goes on from the last commit.
    Interrupted,
    /// The peer refused.
    Refused(Refusal),
    /// This end refused; the message was sent.
    Refusing(Refusal),
}

/// The machine of one end.
#[derive(Debug)]
pub struct Session {
    facts: Facts,
    phase: Phase,
    outgoing: Outgoing,
    incoming: Incoming,
    /// Batches, heads and wants sent, and received: what a `Done` is counted against.
    demands_sent: u64,
    demands_received: u64,
    has_sent_done: bool,
    /// The latest `Done` of the peer: how many of our demands it had seen.
    peer_done: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Our hello is on its way, the peer's is not here.
    Greeting,
    /// Hellos were exchanged.
    Talking,
    /// Nothing more will happen.
    Over,
}

impl Session {
    /// A session about to open.
    pub fn new(facts: Facts) -> Self {
        Self {
            facts,
            phase: Phase::Greeting,
            outgoing: Outgoing::default(),
            incoming: Incoming::default(),
            demands_sent: 0,
            demands_received: 0,
            has_sent_done: false,
            peer_done: None,
        }
    }

    /// Whether both directions are drained as far as this end knows.
    pub fn is_caught_up(&self) -> bool {
        self.phase == Phase::Talking && self.outgoing.is_drained() && self.incoming.is_drained()
    }

    /// Whether both ends have said, each after all of the other's demands, that nothing is left.
    pub fn is_settled(&self) -> bool {
        self.is_caught_up() && self.is_peer_done()
    }

    /// Takes what happened and says what to do.
    pub fn step(&mut self, event: Event) -> Vec<Effect> {
        if self.phase == Phase::Over {
            return Vec::new();
        }
        let mut effects = match event {
            Event::Opened { position } => vec![Effect::Send(Message::Hello(self.hello(position)))],
            Event::Received(message) => self.receive(message),
            Event::Closed => self.close(),
            Event::FeedAdvanced => self.outgoing.advance(),
            Event::PositionChecked { holds, entries_to_send } => self.outgoing.position_checked(holds, entries_to_send),
            Event::HeadsRead { heads, position } => self.outgoing.heads_read(heads, position),
            Event::FeedRead(part) => self.outgoing.feed_read(part),
            Event::Served { request, entries, is_complete } => {
                vec![Effect::Send(Message::Wanted { request, entries, is_complete })]
            }
            Event::Applied { position, faults, has_new_wants, has_trust } => {
                self.incoming.applied(position, faults, has_new_wants, has_trust)
            }
            Event::WantsRead(wants) => self.incoming.wants_read(wants),
            Event::Answered { request, is_held, has_progressed, has_trust, faults, haves } => {
                let answer = incoming::Answer { is_held, has_progressed, has_trust, faults, haves };
                self.incoming.answered(request, answer)
            }
        };
        self.settle(&mut effects);
        effects
    }

    fn hello(&self, position: Option<Position>) -> Hello {
        Hello {
            protocol_min: PROTOCOL_MIN,
            protocol_max: PROTOCOL_MAX,
            division: self.facts.division.clone(),
            incarnation: self.facts.incarnation,
            feed_id: self.facts.feed_id,
            daemon_id: self.facts.daemon_id,
            host: self.facts.host.clone(),
            position,
            is_live: self.facts.is_live,
        }
    }

    fn receive(&mut self, message: Message) -> Vec<Effect> {
        if is_demand(&message) {
            self.demands_received += 1;
            self.has_sent_done = false;
        }
        match (self.phase, message) {
            (_, Message::Refuse(refusal)) => self.finish(Outcome::Refused(refusal)),
            (Phase::Greeting, Message::Hello(hello)) => self.greet(hello),
            (Phase::Greeting, _) | (_, Message::Hello(_)) => {
                self.refuse("GK-SYNC-001", "the peer did not keep to the order of the protocol".to_owned())
            }
            (_, Message::Announce { entries }) => {
                self.incoming.announced = Some(entries);
                Vec::new()
            }
            (_, Message::Heads { heads, position, wants_answer }) => self.receive_heads(heads, position, wants_answer),
            (_, Message::Batch(batch)) => self.incoming.batch(batch),
            (_, Message::Ack { position, faults: _ }) => self.outgoing.acknowledged(position),
            (_, Message::Want { request, stream, tip, haves }) => {
                vec![Effect::Serve { request, stream, tip, haves }]
            }
            (_, Message::Wanted { request, entries, is_complete: _ }) => self.incoming.wanted(request, entries),
            (_, Message::Done { seen }) => {
                self.peer_done = Some(seen);
                Vec::new()
            }
        }
    }

    fn greet(&mut self, hello: Hello) -> Vec<Effect> {
        if hello.division != self.facts.peer {
            let message = format!("the peer calls itself {}, its certificate says {}", hello.division, self.facts.peer);
            return self.refuse("GK-SYNC-002", message);
        }
        if hello.protocol_min > PROTOCOL_MAX || hello.protocol_max < PROTOCOL_MIN {
            let message = format!(
                "the peer speaks protocol {}..={}, this node {PROTOCOL_MIN}..={PROTOCOL_MAX}",
                hello.protocol_min, hello.protocol_max
            );
            return self.refuse("GK-SYNC-003", message);
        }
        if hello.feed_id == self.facts.feed_id {
            let message = format!("host {} runs a copy of this node's own database", hello.host);
            return self.refuse("GK-SYNC-004", message);
        }
        self.phase = Phase::Talking;
        let mut effects = self.outgoing.begin(hello.position);
        effects.extend(self.incoming.begin());
        effects
    }

    fn receive_heads(&mut self, heads: Vec<Head>, position: Option<Position>, wants_answer: bool) -> Vec<Effect> {
        let mut effects = self.incoming.heads(heads, position);
        if wants_answer && !effects.is_empty() {
            effects.extend(self.outgoing.answer_heads());
        }
        effects
    }

    fn refuse(&mut self, code: &str, message: String) -> Vec<Effect> {
        let refusal = Refusal { code: code.to_owned(), message };
        let mut effects = vec![Effect::Send(Message::Refuse(refusal.clone()))];
        effects.extend(self.finish(Outcome::Refusing(refusal)));
        effects
    }

    fn close(&mut self) -> Vec<Effect> {
        let is_complete = self.is_peer_done() && self.is_caught_up();
        self.finish(if is_complete { Outcome::Complete } else { Outcome::Interrupted })
    }

    fn finish(&mut self, outcome: Outcome) -> Vec<Effect> {
        self.phase = Phase::Over;
        vec![Effect::Finish(outcome)]
    }

    /// Whether the peer was done after it had seen all that we sent.
    fn is_peer_done(&self) -> bool {
        self.peer_done == Some(self.demands_sent)
    }

    /// Says `Done` on every change from busy to drained. It names how many of the peer's demands it has seen, so
    /// that one which crossed a demand on the wire does not count.
    fn settle(&mut self, effects: &mut Vec<Effect>) {
        for effect in effects.iter() {
            if matches!(effect, Effect::Send(message) if is_demand(message)) {
                self.demands_sent += 1;
                self.has_sent_done = false;
            }
        }
        if !self.is_caught_up() {
            return;
        }
        if !self.has_sent_done {
            self.has_sent_done = true;
            effects.push(Effect::Send(Message::Done { seen: self.demands_received }));
            effects.push(Effect::CaughtUp);
        }
        if self.is_peer_done() && !self.facts.is_live {
            effects.extend(self.finish(Outcome::Complete));
        }
    }
}

/// Messages after which the peer must look again whether it is done.
fn is_demand(message: &Message) -> bool {
    matches!(message, Message::Batch(_) | Message::Want { .. } | Message::Heads { .. })
}
