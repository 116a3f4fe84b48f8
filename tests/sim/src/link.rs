//! An open session: two engines, what lies between them, and one step of one of them at a time.
//!
//! Invariant: a tick carries out at most one effect or takes one event, so that everything else in the tree may
//! happen between any two effects. What a broken link still carried is gone.

use std::collections::VecDeque;

use gongkai_journal::Entry;
use gongkai_model::id::DivisionId;
use gongkai_sync::{
    message::Message,
    session::{Effect, Event, Facts, Outcome, Session},
};

use crate::{error::Error, mutation::Mutation, node::Node, replica::Replica};

/// One end.
#[derive(Debug)]
pub(crate) struct End {
    /// The machine's place in the world.
    pub(crate) node: usize,
    pub(crate) session: Session,
    pub(crate) replica: Replica,
    pub(crate) inbox: VecDeque<Message>,
    events: VecDeque<Event>,
    effects: VecDeque<Effect>,
    seen_feed: usize,
    pub(crate) outcome: Option<Outcome>,
}

/// What a tick brought about.
#[derive(Debug, Default)]
pub(crate) struct Ticked {
    /// Nothing was left to do.
    pub(crate) is_idle: bool,
    /// To go to the other end.
    pub(crate) said: Option<Message>,
    /// What was added to the journal.
    pub(crate) committed: Vec<Entry>,
    /// The effect, in a word.
    pub(crate) what: &'static str,
}

impl End {
    pub(crate) fn new(place: usize, node: &Node, peer: &Node, is_live: bool, mutation: Mutation) -> Self {
        let facts = facts(place, node, &peer.division, is_live);
        let replica = Replica::new(peer.division.clone(), mutation);
        let events = VecDeque::from([replica.opened(node)]);
        Self {
            node: place,
            session: Session::new(facts),
            replica,
            inbox: VecDeque::new(),
            events,
            effects: VecDeque::new(),
            seen_feed: node.feed_len(),
            outcome: None,
        }
    }

    /// One effect, else one event, else news of the own feed, else one message.
    pub(crate) fn tick(&mut self, node: &mut Node, now_ms: i64) -> Result<Ticked, Error> {
        if self.outcome.is_some() {
            return Ok(Ticked { is_idle: true, ..Ticked::default() });
        }
        if let Some(effect) = self.effects.pop_front() {
            return self.carry_out(effect, node, now_ms);
        }
        let event = match self.events.pop_front() {
            Some(event) => event,
            None if self.seen_feed < node.feed_len() => {
                self.seen_feed = node.feed_len();
                Event::FeedAdvanced
            }
            None => match self.inbox.pop_front() {
                Some(message) => Event::Received(message),
                None => return Ok(Ticked { is_idle: true, ..Ticked::default() }),
            },
        };
        self.effects.extend(self.session.step(event));
        Ok(Ticked { what: "step", ..Ticked::default() })
    }

    fn carry_out(&mut self, effect: Effect, node: &mut Node, now_ms: i64) -> Result<Ticked, Error> {
        let what = word(&effect);
        match effect {
            Effect::Send(Message::Heads { heads, position, wants_answer }) => {
                let wants_answer = wants_answer && self.replica.mutation != Mutation::OneDirection;
                let said = Some(Message::Heads { heads, position, wants_answer });
                Ok(Ticked { said, what, ..Ticked::default() })
            }
            Effect::Send(message) => Ok(Ticked { said: Some(message), what, ..Ticked::default() }),
            Effect::Finish(outcome) => {
                self.outcome = Some(outcome);
                Ok(Ticked { what, ..Ticked::default() })
            }
            effect => {
                let (event, committed) = self.replica.carry_out(node, effect, now_ms)?;
                self.events.extend(event);
                Ok(Ticked { committed, what, ..Ticked::default() })
            }
        }
    }

    /// The peer closed the link.
    pub(crate) fn hear_close(&mut self) {
        self.events.push_back(Event::Closed);
    }
}

/// What a machine is to a peer.
pub(crate) fn facts(place: usize, node: &Node, peer: &DivisionId, is_live: bool) -> Facts {
    let feed_id = node.store.db.tables().feed_id;
    Facts {
        division: node.division.clone(),
        incarnation: node.incarnation,
        feed_id,
        daemon_id: feed_id,
        host: format!("host-{place}"),
        peer: peer.clone(),
        is_live,
        introduction: Vec::new(),
    }
}

/// An open session between two machines, child first.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) ends: [End; 2],
    /// Messages until it breaks.
    pub(crate) budget: Option<usize>,
}

impl Link {
    pub(crate) fn touches(&self, node: usize) -> bool {
        self.ends.iter().any(|end| end.node == node)
    }
}

fn word(effect: &Effect) -> &'static str {
    match effect {
        Effect::Send(message) => match message {
            Message::Hello(_) => "say hello",
            Message::Announce { .. } => "say announce",
            Message::Heads { .. } => "say heads",
            Message::Batch(_) => "say batch",
            Message::Ack { .. } => "say ack",
            Message::Want { .. } => "say want",
            Message::Wanted { .. } => "say wanted",
            Message::Done { .. } => "say done",
            Message::Standing(_) => "say where it stands",
            Message::Refuse(_) => "say refuse",
        },
        Effect::CheckPosition(_) => "check position",
        Effect::ReadHeads => "read heads",
        Effect::ReadFeed { .. } => "read feed",
        Effect::Apply(_) => "apply",
        Effect::NotePage { .. } => "note page",
        Effect::ApplyHeads { .. } => "apply heads",
        Effect::NoteHeads { .. } => "note heads",
        Effect::ReadWants { .. } => "read wants",
        Effect::Serve { .. } => "serve",
        Effect::Answer { .. } => "answer",
        Effect::LetGo { .. } => "let go",
        Effect::SetAside { .. } => "set aside",
        Effect::RecordAcked(_) => "record acked",
        Effect::CaughtUp => "caught up",
        Effect::Finish(_) => "finish",
    }
}
