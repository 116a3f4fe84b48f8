//! The speaker's half of a bundle: what to read and to say, in order, to somebody who cannot answer.
//!
//! Invariant: what is said of the feed has no hole between where it begins and its end, and every place from which the
//! listener may move to the end is a place of this very feed and route, or stands before a complete set. The tree
//! must stay while it is being told: a route that changes ends the recording. Left out: writing it down (edge/link).

use std::collections::{BTreeSet, VecDeque};

use gongkai_journal::{Entry, EntryHash, Lane};
use gongkai_model::digest::Digest;

use super::{ASKS_MAX, Ask, beginning, bridge, heads_digest};
use crate::{
    message::{
        BATCH_BYTES_TARGET, BATCH_ENTRIES_MAX, Batch, Carried, HAVES_MAX, HEADS_PAGE_MAX, Hello, Message, PROTOCOL_MAX,
        PROTOCOL_MIN, Refusal,
    },
    position::Position,
    session::{Effect, Event, Facts, FeedPart, OpenWant, Outcome, WantKey},
    standing::Standing,
    version::PROGRAM,
    want::{Head, Tip},
};

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// From where the listener acknowledged; everything, where that does not hold.
    News,
    /// Everything on the listener's route.
    Full,
    /// Only what is asked for: by hand, and to nodes that are no neighbours any more.
    Asked,
}

/// What the speaker knows of the listener.
#[derive(Clone, Debug)]
pub struct Script {
    /// How much to tell.
    pub extent: Extent,
    /// Where the listener said that it stands, by whatever carrier.
    pub acked: Option<Position>,
    /// Where it may stand beside that: the ends of earlier bundles, places of the feed as it is.
    pub stands: Vec<Position>,
    /// A place that it named and that does not hold: of a history that was lost here. What lies before a part may be
    /// missing there, so that only a complete set leads on from it.
    pub lost: Option<Position>,
    /// What it asked for.
    pub asks: Vec<Ask>,
    /// For people.
    pub standing: Option<Standing>,
}

/// What was told, for the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Where the told part of the feed begins.
    pub from: Position,
    /// Where it ends.
    pub to: Position,
    /// Whether it is everything on the route.
    pub is_full: bool,
    /// Entries told whole, in the feed and in answers.
    pub whole: u64,
    /// Entries told by name: the listener has them.
    pub named: u64,
    /// Of the whole ones: of the trust lane.
    pub trust: u64,
    /// Streams that the speaker lacks.
    pub asks: u64,
    /// The heads in one digest.
    pub heads_digest: Digest,
    /// Streams with heads.
    pub heads: u64,
}

/// The machine of the speaker.
#[derive(Debug)]
pub struct Recording {
    facts: Facts,
    script: Script,
    stage: Stage,
    recorded: Option<Recorded>,
    heads: Vec<Head>,
    /// Where the batches told so far end.
    told_to: Option<Position>,
    /// Of the trust lane, gathered for the next batch.
    pending: Vec<Carried>,
    pending_bytes: usize,
    /// Told ahead of the rest.
    ahead: BTreeSet<EntryHash>,
    /// What is still to be answered, each with how far it was served.
    asks: VecDeque<(Ask, u64)>,
    passed_over: BTreeSet<WantKey>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Opening,
    /// Where it begins is being checked.
    Beginning,
    /// The trust lane of the part.
    Trust,
    /// All of the part.
    Feed,
    Answers,
    Asks,
    Over,
}

impl Recording {
    /// A recording about to begin with [`Event::Opened`].
    pub fn new(facts: Facts, script: Script) -> Self {
        let asks = script.asks.iter().take(ASKS_MAX).map(|ask| (ask.clone(), 0)).collect();
        Self {
            facts,
            script,
            stage: Stage::Opening,
            recorded: None,
            heads: Vec::new(),
            told_to: None,
            pending: Vec::new(),
            pending_bytes: 0,
            ahead: BTreeSet::new(),
            asks,
            passed_over: BTreeSet::new(),
        }
    }

    /// What was told; `None` before the end.
    pub fn recorded(&self) -> Option<&Recorded> {
        self.recorded.as_ref().filter(|_| self.stage == Stage::Over)
    }

    /// Takes what happened and says what to do. Events that belong to no stage of a recording do nothing.
    pub fn step(&mut self, event: Event) -> Vec<Effect> {
        match (self.stage, event) {
            (Stage::Opening, Event::Opened { position }) => {
                let hello = Effect::Send(Message::Hello(self.hello(position)));
                vec![hello, Effect::ReadHeads]
            }
            (Stage::Opening, Event::HeadsRead { heads, position }) => self.heads_read(heads, position),
            (Stage::Beginning, Event::PositionChecked { holds, entries_to_send }) => {
                self.checked(holds, entries_to_send)
            }
            (Stage::Trust, Event::FeedRead(part)) => self.trust_read(part),
            (Stage::Feed, Event::FeedRead(part)) => self.feed_read(part),
            (Stage::Answers, Event::Served { entries, is_complete, request }) => {
                self.served(request, entries, is_complete)
            }
            (Stage::Asks, Event::WantsRead { wants, has_more }) => self.wants_read(wants, has_more),
            (_, _) => Vec::new(),
        }
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
            is_live: false,
            program: PROGRAM.to_owned(),
            introduction: self.facts.introduction.clone(),
        }
    }

    fn heads_read(&mut self, heads: Vec<Head>, end: Position) -> Vec<Effect> {
        let start = beginning(end.feed_id, end.epoch);
        self.recorded = Some(Recorded {
            from: start.clone(),
            to: end.clone(),
            is_full: true,
            whole: 0,
            named: 0,
            trust: 0,
            asks: 0,
            heads_digest: heads_digest(&heads),
            heads: heads.len() as u64,
        });
        self.heads = heads;
        let acked = self.script.acked.clone();
        let from = match self.script.extent {
            Extent::Asked => {
                self.begin_at(&end);
                return self.answer();
            }
            Extent::Full => start,
            Extent::News => {
                acked.filter(|acked| acked.feed_id == end.feed_id && acked.epoch == end.epoch).unwrap_or(start)
            }
        };
        self.stage = Stage::Beginning;
        self.begin_at(&from);
        vec![Effect::CheckPosition(from)]
    }

    fn begin_at(&mut self, from: &Position) {
        self.told_to = Some(from.clone());
        if let Some(recorded) = &mut self.recorded {
            recorded.from = from.clone();
            recorded.is_full = from.offset == 0;
        }
    }

    fn checked(&mut self, holds: bool, entries_to_send: u64) -> Vec<Effect> {
        let Some(from) = self.told_to.clone() else { return Vec::new() };
        if !holds && from.offset > 0 {
            let start = beginning(from.feed_id, from.epoch);
            self.begin_at(&start);
            return vec![Effect::CheckPosition(start)];
        }
        self.stage = Stage::Trust;
        let mut effects = vec![Effect::Send(Message::Announce { entries: entries_to_send })];
        effects.extend(self.script.standing.take().map(|standing| Effect::Send(Message::Standing(standing))));
        effects.push(Effect::ReadFeed { after: from.offset });
        effects
    }

    /// The trust lane goes ahead in batches that move nothing.
    fn trust_read(&mut self, part: FeedPart) -> Vec<Effect> {
        if let Some(stopped) = self.stopped_by(&part) {
            return stopped;
        }
        let mut effects = Vec::new();
        for carried in part.entries {
            let Carried::Whole(entry) = carried else { continue };
            if entry.header.lane() != Lane::Trust {
                continue;
            }
            let bytes = bytes_of(&entry);
            if self.pending.len() >= BATCH_ENTRIES_MAX || self.pending_bytes + bytes > BATCH_BYTES_TARGET {
                effects.extend(self.tell_ahead());
            }
            self.ahead.insert(entry.hash());
            self.pending_bytes += bytes;
            self.pending.push(Carried::Whole(entry));
        }
        if !part.is_at_end {
            effects.push(Effect::ReadFeed { after: part.to.offset });
            return effects;
        }
        effects.extend(self.tell_ahead());
        self.stage = Stage::Feed;
        let after = self.told_to.as_ref().map_or(0, |told_to| told_to.offset);
        effects.push(Effect::ReadFeed { after });
        effects
    }

    fn tell_ahead(&mut self) -> Option<Effect> {
        let (entries, from) = (std::mem::take(&mut self.pending), self.told_to.clone()?);
        self.pending_bytes = 0;
        self.count(&entries);
        (!entries.is_empty()).then(|| Effect::Send(Message::Batch(Batch { to: from.clone(), from, entries })))
    }

    fn feed_read(&mut self, part: FeedPart) -> Vec<Effect> {
        if let Some(stopped) = self.stopped_by(&part) {
            return stopped;
        }
        let FeedPart { entries, to, is_at_end } = part;
        let Some(from) = self.told_to.clone() else { return Vec::new() };
        let entries: Vec<Carried> = entries.into_iter().map(|carried| self.named_if_ahead(carried)).collect();
        self.count(&entries);
        let mut effects = Vec::new();
        let moves = is_at_end && from.offset < to.offset;
        if !entries.is_empty() || moves {
            self.told_to = Some(to.clone());
            effects.push(Effect::Send(Message::Batch(Batch { from, to: to.clone(), entries })));
        }
        if !is_at_end {
            effects.push(Effect::ReadFeed { after: to.offset });
            return effects;
        }
        if let Some(recorded) = &mut self.recorded {
            recorded.to = to;
        }
        effects.extend(self.answer());
        effects
    }

    fn named_if_ahead(&self, carried: Carried) -> Carried {
        match carried {
            Carried::Whole(entry) if self.ahead.contains(&entry.hash()) => {
                let tip = Tip { seq: entry.header.seq, hash: entry.hash() };
                Carried::Named { stream: entry.header.stream, tip }
            }
            other => other,
        }
    }

    fn count(&mut self, entries: &[Carried]) {
        let Some(recorded) = &mut self.recorded else { return };
        for carried in entries {
            match carried {
                Carried::Whole(entry) => {
                    recorded.whole += 1;
                    recorded.trust += u64::from(entry.header.lane() == Lane::Trust);
                }
                Carried::Named { .. } => recorded.named += 1,
            }
        }
    }

    /// A route that changed in the middle would leave a hole before the place where it changed.
    fn stopped_by(&mut self, part: &FeedPart) -> Option<Vec<Effect>> {
        let has_changed = self.told_to.as_ref().is_some_and(|told_to| told_to.epoch != part.to.epoch);
        has_changed.then(|| {
            self.stage = Stage::Over;
            self.recorded = None;
            let message = "the tree changed while the bundle was being made".to_owned();
            vec![Effect::Finish(Outcome::Refusing(Refusal { code: "GK-SYNC-011".to_owned(), message }))]
        })
    }

    /// Serves the next of what was asked for; then tells the other places, and what this side lacks.
    fn answer(&mut self) -> Vec<Effect> {
        self.stage = Stage::Answers;
        match self.asks.front() {
            Some((ask, _)) => vec![self.serve(ask.clone())],
            None if self.script.extent == Extent::Asked => self.end(),
            None => {
                let mut effects =
                    self.bridges().into_iter().map(|batch| Effect::Send(Message::Batch(batch))).collect::<Vec<_>>();
                self.stage = Stage::Asks;
                effects.push(Effect::ReadWants { but: BTreeSet::new() });
                effects
            }
        }
    }

    fn serve(&self, ask: Ask) -> Effect {
        Effect::Serve { request: self.asks.len() as u64, stream: ask.stream, tip: ask.tip, haves: ask.haves }
    }

    fn served(&mut self, request: u64, entries: Vec<Entry>, is_complete: bool) -> Vec<Effect> {
        let Some((mut ask, cursor)) = self.asks.pop_front() else { return Vec::new() };
        let mut effects = Vec::new();
        if let Some(last) = entries.last().map(|last| Tip { seq: last.header.seq, hash: last.hash() }) {
            // The place must rise each time, so that a want that cannot be met comes to an end.
            if !is_complete && last.seq > cursor {
                let served_to = last.seq;
                ask.haves.insert(0, last);
                ask.haves.truncate(HAVES_MAX);
                self.asks.push_front((ask, served_to));
            }
            if let Some(recorded) = &mut self.recorded {
                recorded.whole += entries.len() as u64;
                recorded.trust += entries.iter().filter(|entry| entry.header.lane() == Lane::Trust).count() as u64;
            }
            effects.push(Effect::Send(Message::Wanted { request, entries, is_complete }));
        }
        effects.extend(self.answer());
        effects
    }

    fn bridges(&self) -> Vec<Batch> {
        let (Some(recorded), Some(end)) = (&self.recorded, &self.told_to) else { return Vec::new() };
        let lost = self.script.lost.iter().filter(|_| recorded.from.offset == 0);
        bridge::to_end(&recorded.from, end, self.script.stands.iter().chain(lost).chain(&self.script.acked))
    }

    fn wants_read(&mut self, wants: Vec<OpenWant>, has_more: bool) -> Vec<Effect> {
        let is_empty = wants.is_empty();
        let mut effects = Vec::new();
        for OpenWant { want, haves } in wants {
            if self.passed_over.len() >= ASKS_MAX {
                break;
            }
            self.passed_over.insert((want.stream.clone(), want.tip.clone()));
            let request = self.passed_over.len() as u64;
            effects.push(Effect::Send(Message::Want { request, stream: want.stream, tip: want.tip, haves }));
        }
        if has_more && !is_empty && self.passed_over.len() < ASKS_MAX {
            effects.push(Effect::ReadWants { but: self.passed_over.clone() });
            return effects;
        }
        if let Some(recorded) = &mut self.recorded {
            recorded.asks = self.passed_over.len() as u64;
        }
        let heads = std::mem::take(&mut self.heads);
        let page = |heads: &[Head]| Message::Heads { heads: heads.to_vec(), position: None, wants_answer: false };
        effects.extend(heads.chunks(HEADS_PAGE_MAX).map(page).map(Effect::Send));
        effects.extend(self.end());
        effects
    }

    fn end(&mut self) -> Vec<Effect> {
        self.stage = Stage::Over;
        vec![Effect::Send(Message::Done { seen: 0 }), Effect::CaughtUp, Effect::Finish(Outcome::Complete)]
    }
}

fn bytes_of(entry: &Entry) -> usize {
    entry.header_bytes.len() + entry.signature.len() + entry.payload.as_ref().map_or(0, Vec::len)
}
