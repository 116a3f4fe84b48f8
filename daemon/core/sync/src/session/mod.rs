//! One session between a child and its parent: what to say, read and commit next.
//!
//! Sans-IO: [`Session::step`] takes an event and gives effects in the order in which they are to be carried out; the
//! driver carries out each and brings its result back as the next event. Both ends run the same machine, whose two
//! halves are the sender of one's own feed ([`outgoing`]) and the receiver of the peer's ([`incoming`]).
//!
//! Invariant: nothing is acknowledged before it is committed, and a position only moves in the transaction that
//! stores or wants everything up to it. Left out: dialling, retrying (`retry`), and who may connect (edge/pki).

use crate::{
    message::{Hello, Message, PROTOCOL_MAX, PROTOCOL_MIN, Refusal},
    position::Position,
    version::{self, PROGRAM, Speaker, Versions},
    want::Head,
};

mod event;
mod incoming;
mod outgoing;
#[cfg(test)]
pub(crate) mod tests;

pub use event::{Effect, Event, Facts, FeedPart, OpenWant, Outcome, WantKey};
use incoming::{Answer, Incoming};
use outgoing::Outgoing;

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
    /// The peer's latest demand came after its latest `Done`.
    has_peer_gone_on: bool,
    /// What this end speaks.
    versions: Versions,
    /// What both speak, once the peer's hello is here.
    agreed: Option<u32>,
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
            has_peer_gone_on: false,
            versions: Versions { min: PROTOCOL_MIN, max: PROTOCOL_MAX },
            agreed: None,
        }
    }

    /// The same session of a node that speaks other versions than this build.
    pub fn speaking(self, versions: Versions) -> Self {
        Self { versions, ..self }
    }

    /// The protocol version that both ends speak; `None` before the peer's hello.
    pub fn agreed_version(&self) -> Option<u32> {
        self.agreed
    }

    /// Whether both directions are drained as far as this end knows.
    pub fn is_caught_up(&self) -> bool {
        self.phase == Phase::Talking && self.outgoing.is_drained() && self.incoming.is_drained()
    }

    /// Whether both ends have said, each after all of the other's demands, that nothing is left.
    pub fn is_settled(&self) -> bool {
        self.is_caught_up() && self.is_peer_done()
    }

    /// Whether all that the peer has for this end is held or wanted here: heads were compared to the last one.
    pub fn has_compared_all(&self) -> bool {
        !self.incoming.has_left_out()
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
            Event::Applied { position, faults, has_new_wants, has_trust, has_left_out } => {
                let effects = self.incoming.applied(position, faults, has_new_wants, has_trust, has_left_out);
                self.with_own_growth(effects)
            }
            Event::PageNoted { has_new_wants, has_left_out } => self.incoming.page_noted(has_new_wants, has_left_out),
            Event::WantsRead { wants, has_more } => self.incoming.wants_read(wants, has_more),
            Event::Answered { request, is_held, through, has_trust, faults, haves } => {
                let answer = Answer { is_held, through, has_trust, faults, haves };
                let effects = self.incoming.answered(request, answer);
                self.with_own_growth(effects)
            }
        };
        if self.phase == Phase::Talking && self.incoming.begin_comparing() {
            effects.extend(self.outgoing.ask_for_heads());
        }
        self.settle(&mut effects);
        effects
    }

    /// What was committed may have made our own feed grow (names to send back, receipts). It is read before this end
    /// can say that it is done: else the peer would leave while we still have news for it.
    fn with_own_growth(&mut self, mut effects: Vec<Effect>) -> Vec<Effect> {
        effects.extend(self.outgoing.advance());
        effects
    }

    fn hello(&self, position: Option<Position>) -> Hello {
        Hello {
            protocol_min: self.versions.min,
            protocol_max: self.versions.max,
            division: self.facts.division.clone(),
            incarnation: self.facts.incarnation,
            feed_id: self.facts.feed_id,
            daemon_id: self.facts.daemon_id,
            host: self.facts.host.clone(),
            position,
            is_live: self.facts.is_live,
            program: PROGRAM.to_owned(),
            introduction: self.facts.introduction.clone(),
        }
    }

    fn receive(&mut self, message: Message) -> Vec<Effect> {
        if is_demand(&message) {
            self.demands_received += 1;
            self.has_sent_done = false;
            self.has_peer_gone_on = true;
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
            (_, Message::Wanted { request, entries, is_complete: _ }) => {
                self.incoming.wanted(request, entries, self.agreed == Some(1))
            }
            (_, Message::Done { seen }) => {
                self.peer_done = Some(seen);
                self.has_peer_gone_on = false;
                Vec::new()
            }
            // For people: whoever drives the session has it noted.
            (_, Message::Standing(_)) => Vec::new(),
        }
    }

    fn greet(&mut self, hello: Hello) -> Vec<Effect> {
        if hello.division != self.facts.peer {
            let message = format!("the peer calls itself {}, its certificate says {}", hello.division, self.facts.peer);
            return self.refuse("GK-SYNC-002", message);
        }
        let theirs = Versions { min: hello.protocol_min, max: hello.protocol_max };
        let agreed = match self.versions.agree(theirs) {
            Ok(agreed) => agreed,
            Err(outdated) => {
                let us = Speaker { division: &self.facts.division, versions: self.versions, program: PROGRAM };
                let them = Speaker { division: &hello.division, versions: theirs, program: &hello.program };
                let message = version::refusal(us, them, outdated);
                return self.refuse("GK-SYNC-003", message);
            }
        };
        if hello.feed_id == self.facts.feed_id {
            let message = format!("host {} runs a copy of this node's own database", hello.host);
            return self.refuse("GK-SYNC-004", message);
        }
        self.phase = Phase::Talking;
        self.agreed = Some(agreed);
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
        let has_left_in_order = self.peer_done.is_some() && !self.has_peer_gone_on;
        self.finish(match (is_complete, has_left_in_order) {
            (true, _) => Outcome::Complete,
            (false, true) => Outcome::Overtaken,
            (false, false) => Outcome::Interrupted,
        })
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
