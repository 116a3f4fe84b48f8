//! A run: machines, open sessions, and chance that decides what happens next.
//!
//! Invariant: everything that happens is decided by the seed and the mutation, and is noted in the log.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::{
    Author, Entry, EntryHash, Incarnation, Lane, Reach,
    kind::Kind,
    payload::{self, IncarnationOpen},
    sign::{Ed25519Signer, PublicKey, Signer as _},
};
use gongkai_model::{id::DivisionId, tree::Division};
use gongkai_sync::rewind::Own;

use crate::{
    chance::Chance,
    check::Watch,
    drive::Drive,
    error::Error,
    founding::signer,
    link::Link,
    mutation::Mutation,
    node::{Act, Node, Snapshot},
    plan::{DESKS_FROM, Plan, draw_tree},
};

/// A kind that this version does not know.
pub(crate) const TOMORROW: &str = "tomorrow";

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What a checker found.
    pub failure: Option<String>,
    /// A digest of the whole log.
    pub log_digest: u64,
    /// Entries written by anyone.
    pub written: usize,
    /// Entries whose last copy went with a machine that fell back.
    pub lost_with_machines: usize,
    /// Entries held only where they are not routed any more.
    pub stranded: usize,
    /// Wants that nobody can serve: their entry is gone, forged, or not this node's any more.
    pub unservable: usize,
    /// Machines that fell back, were restored or copied.
    pub rewinds: usize,
    /// Divisions that got another parent.
    pub moves: usize,
    /// Catalogs whose states were compared when all was quiet.
    pub folds: usize,
    /// Decisions that crossed a submission on drives, with both sides complete afterwards.
    pub crossings: usize,
}

/// Runs a seed; with `is_loud` the log's lines are given to `tell`.
pub fn run(seed: u64, mutation: Mutation, tell: Option<&mut dyn FnMut(&str)>) -> Report {
    let mut world = World::new(seed, mutation, tell);
    world.live();
    world.settle();
    let watch = &world.watch;
    Report {
        failure: watch.failure.clone(),
        log_digest: world.log_digest,
        written: watch.written.len(),
        lost_with_machines: watch.lost.len(),
        stranded: watch.stranded,
        unservable: watch.unservable,
        rewinds: world.rewinds,
        moves: world.moves,
        folds: watch.folds,
        crossings: watch.crossings,
    }
}

pub(crate) struct World<'a> {
    pub(crate) chance: Chance,
    /// Decides what was added later; see [`Plan::draw_later`].
    pub(crate) later: Chance,
    /// What people at their desks choose, apart: a seed's faults are the same whatever they say.
    pub(crate) desk: Chance,
    pub(crate) plan: Plan,
    pub(crate) mutation: Mutation,
    pub(crate) divisions: Vec<Division>,
    pub(crate) nodes: Vec<Option<Node>>,
    pub(crate) signers: BTreeMap<DivisionId, Ed25519Signer>,
    /// Keys that were revoked: what they signed before counts, and is checked with them.
    pub(crate) former_keys: Vec<(DivisionId, PublicKey)>,
    pub(crate) links: Vec<Link>,
    /// Bundles under way, or in a drawer.
    pub(crate) drives: Vec<Drive>,
    /// Entries whose payload was erased: every machine hears of that in time.
    pub(crate) erased: BTreeSet<EntryHash>,
    pub(crate) snapshots: BTreeMap<usize, Snapshot>,
    pub(crate) watch: Watch,
    pub(crate) rewinds: usize,
    pub(crate) moves: usize,
    /// The move to be taken back soon: (division, former parent).
    pub(crate) moving_back: Option<(DivisionId, DivisionId)>,
    pub(crate) step: usize,
    tell: Option<&'a mut dyn FnMut(&str)>,
    log_digest: u64,
}

impl<'a> World<'a> {
    fn new(seed: u64, mutation: Mutation, tell: Option<&'a mut dyn FnMut(&str)>) -> Self {
        let mut chance = Chance::new(seed);
        let mut plan = Plan::draw(&mut chance);
        let mut later = Chance::new(!seed);
        plan.draw_later(&mut later);
        if seed >= DESKS_FROM {
            plan.sit_down();
        }
        let divisions = draw_tree(&mut chance);
        let mut world = Self {
            chance,
            later,
            desk: Chance::new(seed ^ 0xDE5C),
            plan,
            mutation,
            signers: divisions.iter().enumerate().map(|(index, it)| (it.id.clone(), signer(index))).collect(),
            divisions,
            nodes: Vec::new(),
            former_keys: Vec::new(),
            links: Vec::new(),
            drives: Vec::new(),
            erased: BTreeSet::new(),
            snapshots: BTreeMap::new(),
            watch: Watch::default(),
            rewinds: 0,
            moves: 0,
            moving_back: None,
            step: 0,
            tell,
            log_digest: 0xCBF2_9CE4_8422_2325,
        };
        world.found();
        world
    }

    pub(crate) fn life(&mut self) -> Incarnation {
        Incarnation::from_bytes(self.chance.bytes16())
    }

    /// The machine (not a copy) of a division.
    pub(crate) fn place(&self, division: &DivisionId) -> Option<usize> {
        self.divisions.iter().position(|it| it.id == *division)
    }

    /// Writes on a machine; where its stream is forked it goes on in a new incarnation.
    pub(crate) fn write(&mut self, place: usize, mut acts: Vec<Act>) -> bool {
        let now_ms = self.clock();
        let fresh = self.life();
        let signers = &self.signers;
        let Some(node) = self.nodes[place].as_mut() else { return false };
        let signer = &signers[&node.division];
        let again: Vec<Act> =
            acts.iter().map(|act| Act { subject: act.subject.clone(), payload: act.payload.clone(), ..*act }).collect();
        let mut done = node.write(std::mem::take(&mut acts), signer, now_ms);
        if matches!(done, Err(Error::Forked { .. })) {
            node.incarnation = fresh;
            let mut acts = vec![opening(&node.division, "fork")];
            acts.extend(again);
            done = node.write(acts, signer, now_ms);
        }
        let tree = node.trust.tree.clone();
        self.watch.see_tree(&tree);
        let is_done = done.is_ok();
        match done {
            Ok(entries) => {
                for entry in entries {
                    self.log(&format!("{place} writes {}", label(&entry)));
                    self.watch.write(&entry);
                }
            }
            Err(error) => self.log(&format!("{place} cannot write: {error}")),
        }
        self.carry_keys(place);
        is_done
    }

    /// A wall clock that nobody should believe.
    pub(crate) fn clock(&mut self) -> i64 {
        let skew = i64::try_from(self.chance.below(4_000_000)).unwrap_or(0) - 2_000_000;
        i64::try_from(self.step).unwrap_or(0) * 1_000 + skew
    }

    fn live(&mut self) {
        for step in 0..self.plan.steps {
            if self.watch.failure.is_some() {
                return;
            }
            self.step = step;
            match self.chance.below(1_000) {
                roll if self.plan.desks && roll < 50 => self.desk_turn(),
                roll if roll < self.plan.faults => self.fault(),
                roll if roll < 880 && !self.links.is_empty() => {
                    let link = self.chance.below(self.links.len());
                    self.tick(link);
                }
                _ if self.plan.desks => self.open_at_desks(),
                roll if roll < 950 => self.open(),
                _ => {
                    let place = self.chance.below(self.nodes.len());
                    self.work(place);
                }
            }
        }
    }

    /// A machine does some work of its own.
    pub(crate) fn work(&mut self, place: usize) {
        if self.chance.one_in(3) {
            return self.review(place);
        }
        let Some(node) = self.nodes[place].as_ref() else { return };
        let below: Vec<DivisionId> = node.trust.tree.subtree(&node.division).into_iter().collect();
        let me = node.division.clone();
        let other = below[self.chance.below(below.len())].clone();
        let (subject, reach) = match self.chance.below(10) {
            0 => (me, Reach::SelfOnly),
            1..4 => (me, Reach::Subtree),
            4..7 => (me, Reach::Path),
            7..9 => (other, Reach::Path),
            _ => (other, Reach::Subtree),
        };
        let payload = format!("{}", self.step).into_bytes();
        // A kind of a later version now and then, which some machines have never heard of.
        let kind = if self.chance.one_in(4) { TOMORROW } else { "note" };
        self.write(place, vec![Act { subject, kind, reach, lane: Lane::Work, payload }]);
        self.hide_last(place);
    }

    /// Two daemons on one store: one has a number and has not committed, the other commits the next ones.
    fn hide_last(&mut self, place: usize) {
        let Some(node) = self.nodes[place].as_ref() else { return };
        if self.mutation == Mutation::NumberFirst {
            let mut tables = node.store.db.tables();
            tables.hidden = (tables.hidden.is_none() && !tables.rows.is_empty()).then_some(tables.rows.len() as u64);
        }
    }

    pub(crate) fn note_commit(&mut self, place: usize, committed: &[Entry]) {
        if committed.is_empty() {
            return;
        }
        let Some(node) = self.nodes[place].as_ref() else { return };
        self.watch.see_tree(&node.trust.tree);
        self.watch.commit(node, committed);
        self.look_for_proof(place, committed);
        self.carry_keys(place);
    }

    /// A machine that took an entry of its own finds that it fell back.
    fn look_for_proof(&mut self, place: usize, committed: &[Entry]) {
        let Some(node) = self.nodes[place].as_mut() else { return };
        let own = Own {
            author: Author { division: node.division.clone(), incarnation: node.incarnation },
            key_id: self.signers[&node.division].key_id(),
            awaits_its_past: node.is_held() && !node.renews,
        };
        if self.mutation == Mutation::RevertsUnseen {
            return;
        }
        if committed.iter().any(|entry| own.fell_back_by(entry)) {
            node.hold();
            self.log(&format!("{place} finds that it fell back"));
        }
    }

    /// The root repeats the keys that moved divisions lack.
    pub(crate) fn carry_keys(&mut self, place: usize) {
        let Some(node) = self.nodes[place].as_mut() else { return };
        let missing = std::mem::take(&mut node.missing);
        let acts: Vec<Act> = missing.into_iter().map(|it| Act::of(it.kind, it.about, it.payload)).collect();
        if !acts.is_empty() {
            self.write(place, acts);
        }
    }

    pub(crate) fn log(&mut self, line: &str) {
        for byte in line.bytes() {
            self.log_digest = (self.log_digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
        }
        if let Some(tell) = self.tell.as_mut() {
            tell(&format!("{:>5} {line}", self.step));
        }
    }

    /// The hashes that any machine but one holds.
    pub(crate) fn held_elsewhere(&self, place: usize) -> BTreeSet<EntryHash> {
        let others = self.nodes.iter().enumerate().filter(|(other, _)| *other != place);
        let mut held = BTreeSet::new();
        for node in others.filter_map(|(_, node)| node.as_ref()) {
            held.extend(node.store.db.tables().rows.iter().map(|row| row.entry.hash()));
        }
        held
    }
}

pub(crate) fn opening(division: &DivisionId, reason: &str) -> Act {
    let open = IncarnationOpen { reason: reason.to_owned(), builds_on: Vec::new() };
    Act::of(Kind::IncarnationOpen, division.clone(), payload::encode(&open))
}

pub(crate) fn label(entry: &Entry) -> String {
    let header = &entry.header;
    let (author, subject) = (&header.stream.author.division, &header.stream.subject);
    format!("{author}/{subject}/{:?}#{} {} {}", header.reach(), header.seq, header.kind, entry.hash().short())
}
