//! The wants that wait to be asked for: trust lane first, then the smallest gap; one that was answered in part comes
//! back at the place of what is left of it.
//!
//! Invariant: nothing of the work lane is asked for while the trust lane lacks something that can be asked for.

use std::collections::{BTreeSet, VecDeque};

use gongkai_journal::{Lane, StreamKey};

use crate::{message::HAVES_MAX, session::OpenWant, want::Tip};

/// A want with how far it has been answered in this session.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) open: OpenWant,
    /// Everything up to here was served before; 0 before the first answer.
    pub(super) cursor: u64,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<Waiting>,
    /// The durable list holds more than was read.
    has_more: bool,
}

impl Queue {
    /// Takes what was read, in its order. What waits with a cursor keeps it.
    pub(super) fn fill(&mut self, read: impl Iterator<Item = OpenWant>, has_more: bool) {
        let begun: Vec<Waiting> = self.waiting.drain(..).filter(|waiting| waiting.cursor > 0).collect();
        let is_begun = |open: &OpenWant| {
            let is_it = |waiting: &Waiting| {
                waiting.open.want.tip == open.want.tip && waiting.open.want.stream == open.want.stream
            };
            begun.iter().any(is_it)
        };
        self.waiting = read.filter(|open| !is_begun(open)).map(|open| Waiting { open, cursor: 0 }).collect();
        self.has_more = has_more;
        begun.into_iter().for_each(|waiting| self.insert(waiting));
    }

    /// Nothing waits, and there is more to read.
    pub(super) fn is_exhausted(&self) -> bool {
        self.waiting.is_empty() && self.has_more
    }

    /// Nothing waits, and nothing is left to read.
    pub(super) fn is_drained(&self) -> bool {
        self.waiting.is_empty() && !self.has_more
    }

    /// The first whose stream is not under way already, unless it would pass by the trust lane.
    pub(super) fn next(&mut self, under_way: &BTreeSet<StreamKey>) -> Option<Waiting> {
        let is_waiting_for_trust = under_way.iter().any(|stream| stream.lane() == Lane::Trust);
        let is_free = |waiting: &Waiting| {
            let stream = &waiting.open.want.stream;
            !under_way.contains(stream) && (!is_waiting_for_trust || stream.lane() == Lane::Trust)
        };
        let index = self.waiting.iter().position(is_free)?;
        self.waiting.remove(index)
    }

    /// A want that was answered up to `through` waits again, behind what is smaller.
    pub(super) fn put_back(&mut self, mut open: OpenWant, through: &Tip) {
        put_on_top(&mut open.haves, through);
        self.insert(Waiting { open, cursor: through.seq });
    }

    /// An entry of the stream is held now: nobody needs to send what comes before it.
    pub(super) fn learn(&mut self, stream: &StreamKey, through: &Tip) {
        for waiting in self.waiting.iter_mut().filter(|waiting| waiting.open.want.stream == *stream) {
            put_on_top(&mut waiting.open.haves, through);
        }
    }

    fn insert(&mut self, waiting: Waiting) {
        let size = size_of(&waiting);
        let index = self.waiting.iter().position(|other| size_of(other) > size).unwrap_or(self.waiting.len());
        self.waiting.insert(index, waiting);
    }
}

/// Trust first, then by what is lacking.
fn size_of(waiting: &Waiting) -> (bool, u64) {
    let OpenWant { want, haves } = &waiting.open;
    let held = haves.first().map_or(0, |have| have.seq).max(waiting.cursor);
    (want.stream.lane() == Lane::Work, want.tip.seq.saturating_sub(held))
}

/// Samples stay highest first, and as few as a message may carry.
fn put_on_top(haves: &mut Vec<Tip>, through: &Tip) {
    if haves.contains(through) {
        return;
    }
    let index = haves.iter().position(|have| have.seq <= through.seq).unwrap_or(haves.len());
    haves.insert(index, through.clone());
    haves.truncate(HAVES_MAX);
}
