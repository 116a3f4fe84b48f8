//! The receiving half: commit what the peer's feed brings, then drain the wants, trust lane first, smallest first,
//! beside the live tail.
//!
//! Invariant: a want leaves the durable list only by the store, when the entry it names is held; here it is at most
//! set aside for the rest of the session.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gongkai_journal::{Entry, Lane};

use super::{Effect, OpenWant};
use crate::{
    message::{Batch, Fault, Message},
    position::Position,
    want::{Head, Tip, Want},
};

/// Wants asked for at once: hides the round trip, and bounds what an answer may bring.
const WANTS_IN_FLIGHT_MAX: usize = 4;
/// Heads gathered over pages: a province's 1,500 nodes with some twenty streams each stay far below.
const HEADS_MAX: usize = 1_000_000;

#[derive(Debug, Default)]
pub(super) struct Incoming {
    /// Entries that the peer announced.
    pub(super) announced: Option<u64>,
    pages: Vec<Head>,
    /// Commits under way.
    applying: u32,
    has_read_wants: bool,
    is_reading_wants: bool,
    /// Wants were noted since they were last read.
    is_stale: bool,
    queue: VecDeque<OpenWant>,
    asked: BTreeMap<u64, Want>,
    answering: u32,
    next_request: u64,
    /// Not to be had in this session, unless trust entries arrive.
    set_aside: BTreeSet<Want>,
}

pub(super) struct Answer {
    pub(super) is_held: bool,
    pub(super) has_progressed: bool,
    pub(super) has_trust: bool,
    pub(super) faults: Vec<Fault>,
    pub(super) haves: Vec<Tip>,
}

impl Incoming {
    /// The wants of earlier sessions are being read.
    pub(super) fn begin(&mut self) -> Vec<Effect> {
        self.is_reading_wants = true;
        vec![Effect::ReadWants]
    }

    pub(super) fn batch(&mut self, batch: Batch) -> Vec<Effect> {
        self.applying += 1;
        vec![Effect::Apply(batch)]
    }

    pub(super) fn heads(&mut self, heads: Vec<Head>, position: Option<Position>) -> Vec<Effect> {
        let room = HEADS_MAX.saturating_sub(self.pages.len());
        self.pages.extend(heads.into_iter().take(room));
        let Some(position) = position else { return Vec::new() };
        self.applying += 1;
        vec![Effect::ApplyHeads { heads: std::mem::take(&mut self.pages), position }]
    }

    pub(super) fn applied(
        &mut self,
        position: Position,
        faults: Vec<Fault>,
        has_new_wants: bool,
        has_trust: bool,
    ) -> Vec<Effect> {
        self.applying = self.applying.saturating_sub(1);
        self.is_stale |= has_new_wants;
        self.forgive(has_trust);
        let mut effects = vec![Effect::Send(Message::Ack { position, faults })];
        effects.extend(self.go_on());
        effects
    }

    pub(super) fn wants_read(&mut self, wants: Vec<OpenWant>) -> Vec<Effect> {
        self.is_reading_wants = false;
        self.has_read_wants = true;
        let asked: BTreeSet<&Want> = self.asked.values().collect();
        self.queue = wants
            .into_iter()
            .filter(|open| !asked.contains(&open.want) && !self.set_aside.contains(&open.want))
            .collect();
        self.go_on()
    }

    pub(super) fn wanted(&mut self, request: u64, entries: Vec<Entry>) -> Vec<Effect> {
        let Some(want) = self.asked.get(&request).cloned() else { return Vec::new() };
        if entries.is_empty() {
            self.asked.remove(&request);
            self.set_aside.insert(want.clone());
            let mut effects = vec![Effect::SetAside { want, code: "GK-SYNC-010".to_owned() }];
            effects.extend(self.go_on());
            return effects;
        }
        self.answering += 1;
        vec![Effect::Answer { request, want, entries }]
    }

    pub(super) fn answered(&mut self, request: u64, answer: Answer) -> Vec<Effect> {
        self.answering = self.answering.saturating_sub(1);
        let Some(want) = self.asked.remove(&request) else { return Vec::new() };
        self.forgive(answer.has_trust);
        let mut effects = Vec::new();
        if answer.is_held {
            // The store took it off the list.
        } else if let Some(fault) = answer.faults.first() {
            let code = fault.code.clone();
            self.set_aside.insert(want.clone());
            effects.push(Effect::SetAside { want, code });
        } else if answer.has_progressed {
            effects.push(self.ask(OpenWant { want, haves: answer.haves }));
        } else {
            self.set_aside.insert(want);
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
            && self.queue.is_empty()
            && self.pages.is_empty()
    }

    /// New keys or a new tree may cure what was set aside.
    fn forgive(&mut self, has_trust: bool) {
        if has_trust && !self.set_aside.is_empty() {
            self.set_aside.clear();
            self.is_stale = true;
        }
    }

    fn go_on(&mut self) -> Vec<Effect> {
        if self.is_stale && !self.is_reading_wants && self.asked.is_empty() {
            self.is_stale = false;
            self.is_reading_wants = true;
            return vec![Effect::ReadWants];
        }
        let mut effects = Vec::new();
        while self.asked.len() < WANTS_IN_FLIGHT_MAX {
            let is_waiting_for_trust = self.asked.values().any(|want| want.stream.lane() == Lane::Trust);
            let Some(next) = self.queue.front() else { break };
            if is_waiting_for_trust && next.want.stream.lane() != Lane::Trust {
                break;
            }
            let Some(open) = self.queue.pop_front() else { break };
            effects.push(self.ask(open));
        }
        effects
    }

    fn ask(&mut self, open: OpenWant) -> Effect {
        self.next_request += 1;
        let request = self.next_request;
        let message =
            Message::Want { request, stream: open.want.stream.clone(), tip: open.want.tip.clone(), haves: open.haves };
        self.asked.insert(request, open.want);
        Effect::Send(message)
    }
}
