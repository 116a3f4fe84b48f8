//! The receiving half: commit what the peer's feed brings, then drain the wants, trust lane first, smallest first,
//! beside the live tail.
//!
//! Invariant: a want leaves the durable list when the entry it names is held, or when the peer that named it serves
//! nothing for it; else it is at most set aside for the rest of the session. One stream is asked for once at a time. What
//! there was no room to want, and what took the place of what was let go, is found by another comparison: the position
//! is forgotten until then.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::{Entry, StreamKey};

use super::{Effect, OpenWant, WantKey};
use crate::{
    message::{Batch, Fault, Message},
    position::Position,
    want::{Head, Tip, Want, Why},
};

mod queue;

use queue::Queue;

/// Comparisons after which nothing came, at most: the first shows that the peer has no more, which is the rule; one that
/// names each time what it does not have is not asked again in this session.
const BARREN_MAX: usize = 2;
/// Wants asked for at once: hides the round trip, and bounds what a fresh batch has to wait behind.
pub(super) const WANTS_IN_FLIGHT_MAX: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Incoming {
    /// Entries that the peer announced.
    pub(super) announced: Option<u64>,
    /// Pages of heads came, and the last one is still to come.
    is_between_pages: bool,
    /// Something was left out of the pages that came.
    has_partial_pages: bool,
    /// Something was left out since the last comparison, for want of room, or was let go.
    has_left_out: bool,
    /// Something that was wanted has come since the last comparison.
    has_progress: bool,
    /// Comparisons after which nothing came but what was let go.
    barren: usize,
    /// The peer was asked for its heads once more.
    is_comparing: bool,
    /// Commits under way.
    applying: u32,
    has_read_wants: bool,
    is_reading_wants: bool,
    /// The list was not read to its end, or wants were noted since.
    is_stale: bool,
    queue: Queue,
    asked: BTreeMap<u64, Asked>,
    answering: u32,
    next_request: u64,
    /// Not to be had in this session, unless trust entries arrive.
    set_aside: BTreeSet<WantKey>,
}

/// A want that the peer was asked for.
#[derive(Debug)]
struct Asked {
    want: Want,
    /// Everything up to here was served before: an answer must go beyond.
    cursor: u64,
}

/// What became of an answer.
pub(super) struct Answer {
    pub(super) is_held: bool,
    pub(super) through: Option<Tip>,
    pub(super) has_trust: bool,
    pub(super) faults: Vec<Fault>,
    pub(super) haves: Vec<Tip>,
}

impl Incoming {
    /// The wants of earlier sessions are being read.
    pub(super) fn begin(&mut self) -> Vec<Effect> {
        vec![self.read_wants()]
    }

    pub(super) fn batch(&mut self, batch: Batch) -> Vec<Effect> {
        self.applying += 1;
        vec![Effect::Apply(batch)]
    }

    /// Each page is noted as it comes, so that nobody makes us keep them all.
    pub(super) fn heads(&mut self, heads: Vec<Head>, position: Option<Position>) -> Vec<Effect> {
        self.applying += 1;
        self.is_between_pages = position.is_none();
        match position {
            None => vec![Effect::NotePage { heads }],
            Some(position) => {
                self.is_comparing = false;
                let is_partial = std::mem::take(&mut self.has_partial_pages);
                vec![if is_partial { Effect::NoteHeads { heads } } else { Effect::ApplyHeads { heads, position } }]
            }
        }
    }

    pub(super) fn page_noted(&mut self, has_new_wants: bool, has_left_out: bool) -> Vec<Effect> {
        self.applying = self.applying.saturating_sub(1);
        self.is_stale |= has_new_wants;
        self.has_partial_pages |= has_left_out;
        self.has_left_out |= has_left_out;
        self.go_on()
    }

    pub(super) fn applied(
        &mut self,
        position: Position,
        faults: Vec<Fault>,
        has_new_wants: bool,
        has_trust: bool,
        has_left_out: bool,
    ) -> Vec<Effect> {
        self.applying = self.applying.saturating_sub(1);
        self.is_stale |= has_new_wants;
        self.has_left_out |= has_left_out;
        self.forgive(has_trust);
        let mut effects = vec![Effect::Send(Message::Ack { position, faults })];
        effects.extend(self.go_on());
        effects
    }

    /// Whether the peer's heads are due once more: all that was wanted has come or was let go, and there may be more.
    pub(super) fn begin_comparing(&mut self) -> bool {
        if !self.has_left_out || !self.is_drained() || (!self.has_progress && self.barren >= BARREN_MAX) {
            return false;
        }
        self.barren += usize::from(!self.has_progress);
        (self.has_left_out, self.has_progress, self.is_comparing) = (false, false, true);
        true
    }

    /// Whether something that the peer has is neither held nor wanted here.
    pub(super) fn has_left_out(&self) -> bool {
        self.has_left_out || self.is_comparing
    }

    pub(super) fn wants_read(&mut self, wants: Vec<OpenWant>, has_more: bool) -> Vec<Effect> {
        self.is_reading_wants = false;
        self.has_read_wants = true;
        let passed_over = self.passed_over();
        let is_open = |open: &OpenWant| !passed_over.contains(&key_of(&open.want));
        self.queue.fill(wants.into_iter().filter(is_open), has_more);
        self.go_on()
    }

    pub(super) fn wanted(&mut self, request: u64, entries: Vec<Entry>, is_first_version: bool) -> Vec<Effect> {
        let Some(want) = self.asked.get(&request).map(|asked| asked.want.clone()) else { return Vec::new() };
        if entries.is_empty() {
            self.asked.remove(&request);
            let mut effects = vec![self.unserved(want, is_first_version)];
            effects.extend(self.go_on());
            return effects;
        }
        self.answering += 1;
        vec![Effect::Answer { request, want, entries }]
    }

    /// The peer serves nothing. An entry that is held, and lacks its payload only, no comparison of heads would find again.
    /// Nor are heads compared again in a session of the first version, whose other side does not expect it: the position is
    /// forgotten, and the next session begins with them.
    fn unserved(&mut self, want: Want, is_first_version: bool) -> Effect {
        if want.why == Why::Bare {
            self.set_aside.insert(key_of(&want));
            return Effect::SetAside { want, code: "GK-SYNC-010".to_owned() };
        }
        self.has_left_out |= !is_first_version;
        Effect::LetGo { want }
    }

    /// An answer that ends in something held brings the want on even where nothing in it was new: after a fork the
    /// part between the nearest sample and the fork may fill a whole answer. The cursor must rise each time.
    pub(super) fn answered(&mut self, request: u64, answer: Answer) -> Vec<Effect> {
        self.answering = self.answering.saturating_sub(1);
        let Some(Asked { want, cursor }) = self.asked.remove(&request) else { return Vec::new() };
        self.forgive(answer.has_trust);
        self.has_progress |= answer.is_held;
        if let Some(through) = &answer.through {
            self.queue.learn(&want.stream, through);
        }
        let mut effects = Vec::new();
        if answer.is_held {
            // The store took it off the list.
        } else if let Some(fault) = answer.faults.first() {
            let code = fault.code.clone();
            self.set_aside.insert(key_of(&want));
            effects.push(Effect::SetAside { want, code });
        } else if let Some(through) = answer.through.filter(|through| through.seq > cursor) {
            self.queue.put_back(OpenWant { want, haves: answer.haves }, &through);
        } else {
            self.set_aside.insert(key_of(&want));
        }
        effects.extend(self.go_on());
        effects
    }

    pub(super) fn is_drained(&self) -> bool {
        self.has_read_wants
            && !self.is_reading_wants
            && !self.is_stale
            && self.applying == 0
            && self.answering == 0
            && self.asked.is_empty()
            && self.queue.is_drained()
            && !self.is_between_pages
            && !self.is_comparing
    }

    /// New keys or a new tree may cure what was set aside.
    fn forgive(&mut self, has_trust: bool) {
        if has_trust && !self.set_aside.is_empty() {
            self.set_aside.clear();
            self.is_stale = true;
        }
    }

    /// Fresh wants are read while others are under way, so that a key does not wait behind a first load.
    fn go_on(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        if !self.is_reading_wants && (self.is_stale || self.queue.is_exhausted()) {
            self.is_stale = false;
            effects.push(self.read_wants());
        }
        let mut under_way: BTreeSet<StreamKey> = self.asked.values().map(|asked| asked.want.stream.clone()).collect();
        while self.asked.len() < WANTS_IN_FLIGHT_MAX {
            let Some(next) = self.queue.next(&under_way) else { break };
            under_way.insert(next.open.want.stream.clone());
            effects.push(self.ask(next.open, next.cursor));
        }
        effects
    }

    fn read_wants(&mut self) -> Effect {
        self.is_reading_wants = true;
        Effect::ReadWants { but: self.passed_over() }
    }

    fn passed_over(&self) -> BTreeSet<WantKey> {
        let asked = self.asked.values().map(|asked| key_of(&asked.want));
        self.set_aside.iter().cloned().chain(asked).collect()
    }

    fn ask(&mut self, open: OpenWant, cursor: u64) -> Effect {
        self.next_request += 1;
        let request = self.next_request;
        let OpenWant { want, haves } = open;
        let message = Message::Want { request, stream: want.stream.clone(), tip: want.tip.clone(), haves };
        self.asked.insert(request, Asked { want, cursor });
        Effect::Send(message)
    }
}

fn key_of(want: &Want) -> WantKey {
    (want.stream.clone(), want.tip.clone())
}
