//! Bundles: what a machine says to a neighbour is written on a drive, which is carried by hand beside live sessions,
//! lost, read late, twice, in part, or out of order, and perhaps tells of a history that its speaker has lost since.
//!
//! Invariant: both halves are the daemon's engine, carried out as a session is; a drive is made whole or not at all.
//! Left out: files, manifests and their signatures.

use std::collections::VecDeque;

use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::{
    bundle::{Extent, Mark, Reading, Recorded, Recording, Seen, Subject},
    message::Message,
    session::{Effect, Event, Outcome},
};

use crate::{link::facts, node::Node, plan::Theme, replica::Replica, store::now, world::World};

/// Drives in drawers at most; another one takes the place of any.
const DRIVES_MAX: usize = 12;

/// Sessions that go on beside one that is held to its end.
const LINKS_KEPT: usize = 4;

/// A drive.
#[derive(Clone, Debug)]
pub(crate) struct Drive {
    from: DivisionId,
    to: DivisionId,
    messages: Vec<Message>,
    mark: Mark,
    receipts: Vec<Digest>,
    heads_digest: Digest,
}

impl World<'_> {
    /// A machine makes a bundle for a neighbour, or somebody brings a drive to a machine.
    pub(crate) fn carry(&mut self, place: usize) {
        if self.plan.theme == Theme::Drives && self.chance.one_in(12) {
            return self.relapse(place);
        }
        if self.chance.one_in(12) {
            return self.cross(place);
        }
        if self.chance.one_in(3) || self.drives.is_empty() {
            self.export(place);
            return;
        }
        let drive = self.drives[self.chance.below(self.drives.len())].clone();
        let readers = self.machines_of(&drive.to);
        if readers.is_empty() {
            return;
        }
        let reader = readers[self.chance.below(readers.len())];
        let cut = self.cut_of(&drive, 5);
        self.import(reader, &drive, cut);
        if self.chance.one_in(3) {
            self.drives.retain(|other| other.mark.id != drive.mark.id);
        }
    }

    /// Both neighbours fall back, so that the listener stands in a history that the speaker has lost while the speaker's
    /// next bundle begins in the new one: at a smaller offset, behind entries that the listener has never seen.
    fn relapse(&mut self, child: usize) {
        let parent = self.nodes[child].as_ref().and_then(Node::parent).and_then(|parent| self.place(parent));
        let Some(parent) = parent.filter(|_| self.plan.rewinds_left >= 2) else { return };
        let is_up = self.chance.one_in(2);
        let (speaker, listener) = if is_up { (child, parent) } else { (parent, child) };
        let Some(to) = self.nodes[listener].as_ref().map(|node| node.division.clone()) else { return };
        self.log(&format!("{speaker} and {listener} fall back in turn"));
        self.keep_snapshot(speaker);
        self.busy(speaker, 9);
        self.meet(child, parent);
        self.keep_snapshot(listener);
        self.fall_back(speaker);
        self.busy(speaker, 4);
        self.meet(child, parent);
        self.busy(speaker, 9);
        let made = self.export_to(speaker, to, Extent::News);
        self.fall_back(listener);
        if let Some(drive) = made {
            // A drive that is read to its end names all heads, which makes good what a wrong position has passed.
            let cut = self.cut_of(&drive, 2);
            self.import(listener, &drive, cut);
        }
    }

    /// Two neighbours hand each other a drive, both made before either is read. Whether each brought all.
    pub(crate) fn exchange(&mut self, one: usize, two: usize) -> bool {
        let places = if self.chance.one_in(2) { [one, two] } else { [two, one] };
        let division = |at: usize| self.nodes[at].as_ref().map(|node| node.division.clone());
        let [Some(first), Some(second)] = places.map(division) else { return false };
        let made = [self.export_to(places[1], first, Extent::News), self.export_to(places[0], second, Extent::News)];
        let [Some(to_first), Some(to_second)] = made else { return false };
        let is_read = self.import(places[0], &to_first, usize::MAX);
        self.import(places[1], &to_second, usize::MAX) && is_read
    }

    /// How many messages are read: the machine is switched off in the middle once in `count` times.
    fn cut_of(&mut self, drive: &Drive, count: usize) -> usize {
        if self.chance.one_in(count) { self.chance.below(drive.messages.len()) } else { usize::MAX }
    }

    fn busy(&mut self, place: usize, times: usize) {
        (0..times).for_each(|_| self.work(place));
    }

    /// A session of its own, to its end.
    fn meet(&mut self, child: usize, parent: usize) {
        self.cut_all(child);
        self.cut_all(parent);
        self.links.truncate(LINKS_KEPT);
        self.whole_session(child, parent);
    }

    /// All that lies in drawers is read, the latest first.
    pub(crate) fn empty_drawers(&mut self) {
        for drive in std::mem::take(&mut self.drives).into_iter().rev() {
            for reader in self.machines_of(&drive.to) {
                self.import(reader, &drive, usize::MAX);
            }
        }
    }

    fn export(&mut self, place: usize) {
        let Some(node) = self.nodes[place].as_ref() else { return };
        let neighbours: Vec<DivisionId> =
            node.trust.tree.children(&node.division).chain(node.parent()).cloned().collect();
        if neighbours.is_empty() {
            return;
        }
        let to = neighbours[self.chance.below(neighbours.len())].clone();
        let extent = if self.chance.one_in(4) { Extent::Full } else { Extent::News };
        self.export_to(place, to, extent);
    }

    fn export_to(&mut self, place: usize, to: DivisionId, extent: Extent) -> Option<Drive> {
        let (now_ms, id) = (self.clock(), Digest::of("drive", &[&self.chance.bytes16()]));
        let (messages, recorded, receipts) = self.record(place, &to, extent, now_ms)?;
        let node = self.nodes[place].as_mut()?;
        let (feed_id, from) = (node.store.db.tables().feed_id, node.division.clone());
        let ledger = node.ledgers.entry(to.clone()).or_default();
        let number = ledger.last_number + 1;
        let mark = Mark { id, number, made_at_ms: now_ms, feed_id, to_offset: recorded.to.offset };
        ledger.note_made(mark.clone(), &recorded, 0);
        self.log(&format!("{place} makes a bundle {number} for {to} with {} entries", recorded.whole));
        if self.drives.len() >= DRIVES_MAX {
            let lost = self.chance.below(self.drives.len());
            self.drives.remove(lost);
        }
        let heads_digest = recorded.heads_digest;
        let drive = Drive { from, to, messages, mark, receipts, heads_digest };
        self.drives.push(drive.clone());
        Some(drive)
    }

    fn record(
        &mut self,
        place: usize,
        to: &DivisionId,
        extent: Extent,
        now_ms: i64,
    ) -> Option<(Vec<Message>, Recorded, Vec<Digest>)> {
        let mut replica = Replica::new(to.clone(), self.mutation);
        let node = self.nodes[place].as_mut()?;
        let ledger = node.ledgers.entry(to.clone()).or_default();
        let acked = now(node.store.acked_of(to)).ok()?;
        let script = ledger.script(Subject { extent, acked, standing: None });
        let receipts = ledger.receipts();
        let mut machine = Recording::new(facts(place, node, to, false), script);
        let mut events = VecDeque::from([replica.opened(node)]);
        let (mut said, mut outcome) = (Vec::new(), None);
        while let Some(event) = events.pop_front() {
            for effect in machine.step(event) {
                match effect {
                    Effect::Send(message) => said.push(message),
                    Effect::Finish(ended) => outcome = Some(ended),
                    effect => events.extend(replica.carry_out(node, effect, now_ms).ok()?.0),
                }
            }
        }
        let recorded = machine.recorded()?.clone();
        for message in &said {
            self.watch.message(to, message);
        }
        (outcome == Some(Outcome::Complete)).then_some((said, recorded, receipts))
    }

    /// Reads a drive to its end, or its first messages only; wherever that ends the position must be right. Whether it
    /// was read to its end.
    fn import(&mut self, place: usize, drive: &Drive, cut: usize) -> bool {
        self.log(&format!("{place} reads bundle {} of {}, {cut} messages at most", drive.mark.number, drive.from));
        let is_read = self.listen(place, drive, cut).is_some();
        let speaker = self.place(&drive.from).and_then(|speaker| self.nodes[speaker].as_ref());
        let Some(node) = self.nodes[place].as_ref() else { return false };
        if let Some(speaker) = speaker {
            self.watch.position(node, speaker);
        }
        if is_read {
            self.watch.told(node, &drive.from, &drive.messages);
        }
        is_read
    }

    fn listen(&mut self, place: usize, drive: &Drive, cut: usize) -> Option<()> {
        let node = self.nodes[place].as_mut()?;
        let is_news = node.ledgers.entry(drive.from.clone()).or_default().is_news(&drive.mark, &drive.receipts);
        let mut machine = Reading::new(facts(place, node, &drive.from, false), is_news);
        let mut replica = Replica::new(drive.from.clone(), self.mutation);
        replica.is_bundle = true;
        loop {
            for message in drive.messages.iter().take(cut).cloned() {
                self.read(place, &mut machine, &mut replica, message)?;
            }
            if cut < drive.messages.len() {
                return None;
            }
            if !machine.begins_again() {
                break;
            }
        }
        let heard = machine.heard()?.clone();
        let now_ms = self.clock();
        let (mark, receipts, heads_digest) = (drive.mark.clone(), drive.receipts.clone(), Some(drive.heads_digest));
        let seen = Seen { mark, receipts, heads_digest, entries: 0, is_news };
        let node = self.nodes[place].as_mut()?;
        node.ledgers.entry(drive.from.clone()).or_default().note_heard(&heard, seen, now_ms);
        heard.has_heads.then_some(())
    }

    /// Takes one message; `None` when the machine failed.
    fn read(&mut self, place: usize, machine: &mut Reading, replica: &mut Replica, message: Message) -> Option<()> {
        let mut events = VecDeque::from([Event::Received(message)]);
        while let Some(event) = events.pop_front() {
            for effect in machine.step(event) {
                let now_ms = self.clock();
                let node = self.nodes[place].as_mut()?;
                match effect {
                    Effect::Send(_) | Effect::Finish(_) => {}
                    effect => {
                        let (event, committed) = replica.carry_out(node, effect, now_ms).ok()?;
                        events.extend(event);
                        self.note_commit(place, &committed);
                    }
                }
            }
        }
        Some(())
    }
}
