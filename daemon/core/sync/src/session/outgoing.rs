//! The sending half: our feed from the peer's position on, in acknowledged batches; or our heads first, where the
//! position does not hold.
//!
//! Invariant: at most [`BATCHES_IN_FLIGHT_MAX`] batches are unacknowledged, and a batch's `from` is where the
//! receiver stands once it has committed everything sent before.

use super::{Effect, FeedPart};
use crate::{
    message::{Batch, HEADS_PAGE_MAX, Message},
    position::Position,
    want::Head,
};

/// Unacknowledged batches (of about 256 KiB): enough for 1 MiB of bandwidth × delay, and little to send again.
const BATCHES_IN_FLIGHT_MAX: u32 = 4;
/// Entries of no interest to the peer after which its position is moved by an empty batch.
const QUIET_ENTRIES_MAX: u64 = 5_000;

#[derive(Debug, Default)]
pub(super) struct Outgoing {
    /// Where the receiver stands once it has committed what was sent.
    sent_to: Option<Position>,
    /// How far our feed was read; not behind `sent_to`.
    read_to: u64,
    state: State,
    in_flight: u32,
    /// Our heads were asked for while something else was being read.
    owes_heads: bool,
    /// The peer shall answer our heads with its own.
    wants_answer: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The peer's hello is not here, or its position is being checked.
    #[default]
    Waiting,
    /// Our heads are being read.
    ReadingHeads,
    /// A part of our feed is being read.
    ReadingFeed,
    /// Batches wait for acknowledgement, and there is more to read.
    Full,
    /// The feed's end was read.
    AtEnd,
}

impl Outgoing {
    /// The peer's hello came with its position on our feed.
    pub(super) fn begin(&mut self, position: Option<Position>) -> Vec<Effect> {
        match position {
            Some(position) => {
                self.sent_to = Some(position.clone());
                vec![Effect::CheckPosition(position)]
            }
            None => self.read_heads(),
        }
    }

    pub(super) fn position_checked(&mut self, holds: bool, entries_to_send: u64) -> Vec<Effect> {
        if !holds {
            // One side was rewound or the route changed: both directions are compared.
            self.wants_answer = true;
            return self.read_heads();
        }
        let announce = Effect::Send(Message::Announce { entries: entries_to_send });
        self.read_to = self.sent_to.as_ref().map_or(0, |position| position.offset);
        let mut effects = if entries_to_send > 0 { vec![announce] } else { Vec::new() };
        effects.extend(self.read_on());
        effects
    }

    /// The peer found that our position on its feed does not hold and asks for our heads as well.
    pub(super) fn answer_heads(&mut self) -> Vec<Effect> {
        match self.state {
            State::ReadingHeads => Vec::new(),
            State::Waiting | State::ReadingFeed => {
                self.owes_heads = true;
                Vec::new()
            }
            State::Full | State::AtEnd => self.read_heads(),
        }
    }

    /// This end had no room to want all that the peer named: the peer shall name what it has once more.
    pub(super) fn ask_for_heads(&mut self) -> Vec<Effect> {
        self.wants_answer = true;
        self.answer_heads()
    }

    pub(super) fn heads_read(&mut self, heads: Vec<Head>, position: Position) -> Vec<Effect> {
        let wants_answer = std::mem::take(&mut self.wants_answer);
        let mut pages: Vec<Vec<Head>> = heads.chunks(HEADS_PAGE_MAX).map(<[Head]>::to_vec).collect();
        if pages.is_empty() {
            pages.push(Vec::new());
        }
        let last = pages.len() - 1;
        let mut effects: Vec<Effect> = Vec::with_capacity(pages.len() + 1);
        for (index, heads) in pages.into_iter().enumerate() {
            let position = (index == last).then(|| position.clone());
            effects.push(Effect::Send(Message::Heads { heads, wants_answer: wants_answer && index == last, position }));
        }
        self.in_flight += 1;
        self.read_to = position.offset;
        self.sent_to = Some(position);
        effects.extend(self.read_on());
        effects
    }

    pub(super) fn feed_read(&mut self, part: FeedPart) -> Vec<Effect> {
        let Some(from) = self.sent_to.clone() else { return Vec::new() };
        if std::mem::take(&mut self.owes_heads) || part.to.epoch != from.epoch {
            return self.read_heads();
        }
        self.read_to = part.to.offset;
        let mut effects = Vec::new();
        let is_worth_sending =
            !part.entries.is_empty() || part.to.offset - from.offset.min(part.to.offset) > QUIET_ENTRIES_MAX;
        if is_worth_sending {
            self.in_flight += 1;
            self.sent_to = Some(part.to.clone());
            effects.push(Effect::Send(Message::Batch(Batch { from, to: part.to, entries: part.entries })));
        }
        if part.is_at_end {
            self.state = State::AtEnd;
        } else {
            effects.extend(self.read_on());
        }
        effects
    }

    pub(super) fn acknowledged(&mut self, position: Position) -> Vec<Effect> {
        self.in_flight = self.in_flight.saturating_sub(1);
        let mut effects = vec![Effect::RecordAcked(position)];
        if self.state == State::Full {
            effects.extend(self.read_on());
        }
        effects
    }

    /// Our feed has grown.
    pub(super) fn advance(&mut self) -> Vec<Effect> {
        if self.state == State::AtEnd { self.read_on() } else { Vec::new() }
    }

    pub(super) fn is_drained(&self) -> bool {
        self.state == State::AtEnd && self.in_flight == 0 && !self.owes_heads
    }

    fn read_heads(&mut self) -> Vec<Effect> {
        self.owes_heads = false;
        self.state = State::ReadingHeads;
        vec![Effect::ReadHeads]
    }

    fn read_on(&mut self) -> Vec<Effect> {
        if self.in_flight >= BATCHES_IN_FLIGHT_MAX {
            self.state = State::Full;
            return Vec::new();
        }
        self.state = State::ReadingFeed;
        vec![Effect::ReadFeed { after: self.read_to }]
    }
}
