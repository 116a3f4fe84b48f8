//! The listener's half of a bundle: commit what it brings, and remember what it asks for.
//!
//! Invariant: one effect that reads or commits is under way at a time, and nothing is decided about entries here: what
//! the batches and answers bring goes through the same admission as in a session. What a bundle says of its speaker
//! (how far it stands, what it lacks) is taken only from the newest one. Left out: who signed it (app), bytes (edge/link).

use gongkai_journal::Entry;
use gongkai_model::digest::Digest;

use super::{ASKS_MAX, Ask, PASSES_MAX, beginning};
use crate::{
    message::{Fault, Hello, Message, PROTOCOL_MAX, PROTOCOL_MIN, Refusal},
    position::Position,
    session::{Effect, Event, Facts, Outcome},
    standing::Standing,
    version::{self, PROGRAM, Speaker, Versions},
    want::{Head, Tip, Want, Why},
};

/// Heads gathered over pages: a province's 1,500 nodes with some twenty streams each stay below. Where there are more,
/// the bundle does not count as one that told all that its speaker has.
const HEADS_MAX: usize = 65_536;
/// Faults remembered for the report: a person reads no more.
const FAULTS_MAX: usize = 1_000;

/// What the speaker says of how far it has taken our feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It has taken nothing.
    Nothing,
    /// A place of our feed and of the route as it is.
    Holds(Position),
    /// A place that our feed does not have, or of another route.
    Lost(Position),
}

/// What was heard, once it is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// Where the speaker stands on our feed; `None` where an older bundle was not asked.
    pub claim: Option<Claim>,
    /// What it lacks.
    pub asks: Vec<Ask>,
    /// Streams that stopped.
    pub faults: Vec<Fault>,
    /// For people.
    pub standing: Option<Standing>,
    /// Entries announced.
    pub announced: u64,
    /// Whether the speaker's heads were in it, and compared to the last one.
    pub has_heads: bool,
}

/// The machine of the listener.
#[derive(Debug)]
pub struct Reading {
    facts: Facts,
    is_newest: bool,
    stage: Stage,
    heads: Vec<Head>,
    heard: Heard,
    has_new_wants: bool,
    has_trust: bool,
    is_refused: bool,
    /// Something that the bundle named or brought is neither held nor wanted, for want of room.
    is_partial: bool,
    passes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Greeting,
    Listening,
    /// The last message was heard, the heads are being compared.
    Comparing,
    Over,
}

impl Reading {
    /// A reading of a bundle by `facts.peer`. What an older bundle than one that was read before says of its speaker
    /// is not news: `is_newest` tells.
    pub fn new(facts: Facts, is_newest: bool) -> Self {
        Self {
            facts,
            is_newest,
            stage: Stage::Greeting,
            heads: Vec::new(),
            heard: Heard::default(),
            has_new_wants: false,
            has_trust: false,
            is_refused: false,
            is_partial: false,
            passes: 1,
        }
    }

    /// Takes what happened and says what to do. The next message is due when the results of all effects were told.
    pub fn step(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Received(message) => self.receive(message),
            Event::PositionChecked { holds, entries_to_send: _ } => self.checked(holds),
            Event::Applied { position: _, faults, has_new_wants, has_trust, has_left_out } => {
                self.is_partial |= has_left_out;
                self.applied(faults, has_new_wants, has_trust)
            }
            Event::Answered { faults, has_trust, .. } => {
                self.has_trust |= has_trust;
                self.note_faults(faults);
                Vec::new()
            }
            Event::Closed if self.stage != Stage::Over => self.finish(Outcome::Interrupted),
            Event::Opened { .. }
            | Event::HeadsRead { .. }
            | Event::FeedRead(_)
            | Event::PageNoted { .. }
            | Event::WantsRead { .. }
            | Event::Served { .. }
            | Event::FeedAdvanced
            | Event::Closed => Vec::new(),
        }
    }

    /// What was heard; `None` before the end.
    pub fn heard(&self) -> Option<&Heard> {
        (self.stage == Stage::Over).then_some(&self.heard)
    }

    /// Whether the same bundle is to be told once more from its beginning: keys or a tree came that may cure what it
    /// brought before them. Asked at the end; the machine then waits for the hello again.
    pub fn begins_again(&mut self) -> bool {
        if self.stage != Stage::Over || self.is_refused || !self.may_be_cured() {
            return false;
        }
        self.stage = Stage::Greeting;
        self.passes += 1;
        (self.has_new_wants, self.has_trust, self.is_partial) = (false, false, false);
        self.heads.clear();
        self.heard = Heard::default();
        true
    }

    fn may_be_cured(&self) -> bool {
        self.has_trust && self.has_new_wants && self.passes < PASSES_MAX
    }

    fn receive(&mut self, message: Message) -> Vec<Effect> {
        match (self.stage, message) {
            (_, Message::Refuse(refusal)) => self.finish(Outcome::Refused(refusal)),
            (Stage::Greeting, Message::Hello(hello)) => self.greet(hello),
            (Stage::Greeting | Stage::Comparing | Stage::Over, _)
            | (Stage::Listening, Message::Hello(_) | Message::Ack { .. }) => {
                self.refuse("GK-SYNC-001", "the bundle does not keep to the order of the protocol".to_owned())
            }
            (Stage::Listening, Message::Announce { entries }) => {
                self.heard.announced = entries;
                Vec::new()
            }
            (Stage::Listening, Message::Standing(standing)) => {
                self.heard.standing = Some(standing).filter(|_| self.is_newest);
                Vec::new()
            }
            (Stage::Listening, Message::Batch(batch)) => vec![Effect::Apply(batch)],
            (Stage::Listening, Message::Wanted { request, entries, is_complete: _ }) => answer(request, entries),
            (Stage::Listening, Message::Want { request: _, stream, tip, haves }) => {
                if self.is_newest && self.heard.asks.len() < ASKS_MAX {
                    self.heard.asks.push(Ask { stream, tip, haves });
                }
                Vec::new()
            }
            (Stage::Listening, Message::Heads { heads, position: _, wants_answer: _ }) => {
                let room = HEADS_MAX.saturating_sub(self.heads.len());
                self.is_partial |= heads.len() > room;
                self.heads.extend(heads.into_iter().take(room));
                self.heard.has_heads = true;
                Vec::new()
            }
            (Stage::Listening, Message::Done { seen: _ }) => self.done(),
        }
    }

    fn greet(&mut self, hello: Hello) -> Vec<Effect> {
        if hello.division != self.facts.peer {
            let message =
                format!("the speaker calls itself {}, its signature says {}", hello.division, self.facts.peer);
            return self.refuse("GK-SYNC-002", message);
        }
        let ours = Versions { min: PROTOCOL_MIN, max: PROTOCOL_MAX };
        let theirs = Versions { min: hello.protocol_min, max: hello.protocol_max };
        if let Err(outdated) = ours.agree(theirs) {
            let us = Speaker { division: &self.facts.division, versions: ours, program: PROGRAM };
            let them = Speaker { division: &hello.division, versions: theirs, program: &hello.program };
            return self.refuse("GK-SYNC-003", version::refusal(us, them, outdated));
        }
        if hello.feed_id == self.facts.feed_id {
            let message = format!("host {} runs a copy of this node's own database", hello.host);
            return self.refuse("GK-SYNC-004", message);
        }
        self.stage = Stage::Listening;
        if !self.is_newest {
            return Vec::new();
        }
        match hello.position {
            Some(position) => {
                self.heard.claim = Some(Claim::Lost(position.clone()));
                vec![Effect::CheckPosition(position)]
            }
            None => {
                self.heard.claim = Some(Claim::Nothing);
                vec![self.forget_acked()]
            }
        }
    }

    fn checked(&mut self, holds: bool) -> Vec<Effect> {
        match self.heard.claim.take() {
            Some(Claim::Lost(position)) if holds => {
                self.heard.claim = Some(Claim::Holds(position.clone()));
                vec![Effect::RecordAcked(position)]
            }
            other => {
                self.heard.claim = other;
                vec![self.forget_acked()]
            }
        }
    }

    /// What was acknowledged before holds no more: the next bundle begins at the beginning.
    fn forget_acked(&self) -> Effect {
        Effect::RecordAcked(beginning(self.facts.feed_id, Digest::of("gongkai route v1", &[])))
    }

    fn applied(&mut self, faults: Vec<Fault>, has_new_wants: bool, has_trust: bool) -> Vec<Effect> {
        if self.stage == Stage::Comparing {
            self.heard.has_heads = !self.is_partial;
            return self.finish(Outcome::Complete);
        }
        self.has_new_wants |= has_new_wants;
        self.has_trust |= has_trust;
        self.note_faults(faults);
        Vec::new()
    }

    /// Heads are compared last: what the bundle itself brings is no want.
    fn done(&mut self) -> Vec<Effect> {
        if !self.heard.has_heads || self.may_be_cured() {
            return self.finish(Outcome::Complete);
        }
        self.stage = Stage::Comparing;
        vec![Effect::NoteHeads { heads: std::mem::take(&mut self.heads) }]
    }

    fn note_faults(&mut self, faults: Vec<Fault>) {
        let room = FAULTS_MAX.saturating_sub(self.heard.faults.len());
        self.heard.faults.extend(faults.into_iter().take(room));
    }

    fn refuse(&mut self, code: &str, message: String) -> Vec<Effect> {
        self.finish(Outcome::Refusing(Refusal { code: code.to_owned(), message }))
    }

    fn finish(&mut self, outcome: Outcome) -> Vec<Effect> {
        self.stage = Stage::Over;
        self.is_refused = outcome != Outcome::Complete;
        vec![Effect::Finish(outcome)]
    }
}

/// An answer names no want of ours: it is one for the last entry that it brings.
fn answer(request: u64, entries: Vec<Entry>) -> Vec<Effect> {
    let Some(last) = entries.last() else { return Vec::new() };
    let tip = Tip { seq: last.header.seq, hash: last.hash() };
    let want = Want { stream: last.header.stream.clone(), tip, why: Why::Gap };
    vec![Effect::Answer { request, want, entries }]
}
