//! What goes wrong besides broken links: machines that crash, fall back, are restored, copied or moved, and certificates
//! that come late.

use gongkai_journal::{Lane, Reach, kind::Kind, payload, payload::TreePut};
use gongkai_model::{id::DivisionId, tree::Division};

use crate::{
    mutation::Mutation,
    node::{Act, Snapshot},
    plan::Theme,
    world::{World, opening},
};

impl World<'_> {
    /// One fault, of the kinds that this run knows.
    pub(crate) fn fault(&mut self) {
        let place = self.chance.below(self.nodes.len());
        if self.plan.drives && self.chance.one_in(2) {
            return self.carry(place);
        }
        match self.chance.below(15) {
            13 => self.revoke(place),
            14 => self.mint(place),
            0..3 => self.keep_snapshot(place),
            3 if self.plan.reverts => self.revert(place),
            4 if self.plan.restores => self.restore(place),
            5 if self.plan.clones => self.copy_or_discard(place),
            6 | 7 if self.plan.moves => self.move_division(),
            8 if self.plan.late_keys && place > 0 && place < self.divisions.len() => self.certify(place),
            9 if self.plan.crashes => {
                self.log(&format!("{place} crashes"));
                self.cut_all(place);
            }
            10 if self.plan.trespasses => self.trespass(place),
            11 if self.plan.erases => self.erase(place),
            12 if self.plan.restores && self.plan.theme == Theme::All && place > 0 => self.rebuild(place),
            _ if self.plan.cuts && !self.links.is_empty() => {
                let link = self.chance.below(self.links.len());
                self.cut(link);
            }
            _ => {}
        }
    }

    pub(crate) fn keep_snapshot(&mut self, place: usize) {
        if let Some(node) = self.nodes[place].as_ref() {
            self.snapshots.insert(place, node.snapshot());
        }
    }

    /// A machine falls back; sometimes its parent's in the same server room with it.
    fn revert(&mut self, place: usize) {
        let parent = self.nodes[place].as_ref().and_then(|node| node.parent().cloned());
        let is_pair = self.plan.theme == Theme::Pairs || self.chance.one_in(4);
        self.revert_one(place);
        if is_pair && let Some(parent) = parent.and_then(|parent| self.place(&parent)) {
            if self.plan.theme == Theme::Pairs {
                // The parent falls back later: what went between the two meanwhile is behind one position only.
                self.pass_time(60);
            }
            self.revert_one(parent);
        }
    }

    fn revert_one(&mut self, place: usize) {
        if !self.fall_back(place) {
            return;
        }
        // Without knowing it goes on working, often past where it was.
        for _ in 0..self.chance.below(20) {
            self.work(place);
        }
    }

    pub(crate) fn fall_back(&mut self, place: usize) -> bool {
        let Some(snapshot) = self.snapshots.get(&place).cloned() else { return false };
        if self.plan.rewinds_left == 0 {
            return false;
        }
        self.plan.rewinds_left -= 1;
        self.rewinds += 1;
        self.log(&format!("{place} falls back to {} entries", snapshot.tables.rows.len()));
        self.note_fall(place);
        self.cut_all(place);
        self.mark_lost(place, Some(&snapshot));
        if let Some(node) = self.nodes[place].as_mut() {
            node.revert(snapshot, self.mutation);
        }
        true
    }

    fn note_fall(&mut self, place: usize) {
        let division = self.nodes[place].as_ref().map(|node| node.division.clone());
        self.watch.fallen.extend(division);
    }

    /// An operator restores a machine and knows it.
    fn restore(&mut self, place: usize) {
        if !self.fall_back(place) {
            return;
        }
        let (feed_id, incarnation) = (self.life(), self.life());
        let Some(node) = self.nodes[place].as_mut() else { return };
        node.store.db.tables().feed_id = feed_id;
        if self.mutation == Mutation::FirstSeenWins {
            return;
        }
        node.incarnation = incarnation;
        (node.awaited, node.renews) = (node.neighbours(), false);
        let act = opening(&node.division, "restore");
        self.log(&format!("{place} is restored"));
        self.write(place, vec![act]);
        // Its people are waiting, and start at once with what they may.
        for _ in 0..self.chance.below(8) {
            self.work(place);
        }
    }

    /// A machine is lost with all that only it held; a new one is built from its parent.
    fn rebuild(&mut self, place: usize) {
        if self.plan.rewinds_left == 0 || place >= self.divisions.len() {
            return;
        }
        self.plan.rewinds_left -= 1;
        self.rewinds += 1;
        self.log(&format!("{place} is lost and built anew"));
        self.note_fall(place);
        self.cut_all(place);
        self.mark_lost(place, None);
        let (feed_id, incarnation) = (self.life(), self.life());
        let Some(node) = self.nodes[place].as_mut() else { return };
        node.rebuild(feed_id, incarnation);
        let act = opening(&node.division, "rebuild");
        self.snapshots.remove(&place);
        self.write(place, vec![act]);
    }

    /// A node writes about a division that perhaps never stood below it: then nobody may take that.
    fn trespass(&mut self, place: usize) {
        let other = self.divisions[self.chance.below(self.divisions.len())].id.clone();
        let act = if self.chance.one_in(2) {
            self.stray(place)
        } else {
            Some(Act { subject: other, kind: "note", reach: Reach::Path, lane: Lane::Work, payload: b"mine".to_vec() })
        };
        self.log(&format!("{place} trespasses"));
        let is_stray = act.as_ref().is_some_and(|act| act.kind == Kind::Submission.word());
        if self.write(place, act.into_iter().collect()) && is_stray {
            let node = self.nodes[place].as_ref();
            let written = node.and_then(|node| Some(node.store.db.tables().rows.last()?.entry.hash()));
            self.watch.void.extend(written.map(|hash| (hash, None)));
        }
    }

    /// What was erased is gone on every machine, also on one that was not there then, or fell back.
    pub(crate) fn hear_erasures(&mut self) {
        for node in self.nodes.iter().flatten() {
            self.erased.iter().for_each(|hash| node.store.db.tables().erase(hash));
        }
    }

    /// A payload is erased on every machine that has it.
    fn erase(&mut self, place: usize) {
        let Some(node) = self.nodes[place].as_ref() else { return };
        let hash = {
            let tables = node.store.db.tables();
            let row = tables.rows.get(self.chance.below(tables.rows.len()));
            row.filter(|row| *row.entry.header.kind == *"note").map(|row| row.entry.hash())
        };
        let Some(hash) = hash else { return };
        self.log(&format!("the payload of {} is erased", hash.short()));
        self.erased.insert(hash);
        self.hear_erasures();
    }

    /// A copy of a machine starts to run beside it, or one of the two goes away.
    fn copy_or_discard(&mut self, place: usize) {
        let copy = self.nodes.iter().position(|node| node.as_ref().is_some_and(|node| node.is_clone));
        if let Some(copy) = copy {
            return self.discard(copy);
        }
        if self.plan.rewinds_left == 0 {
            return;
        }
        self.plan.rewinds_left -= 1;
        self.rewinds += 1;
        let feed_id = self.life();
        let feed_id = self.chance.one_in(2).then_some(feed_id);
        self.log(&format!("{place} is copied, new feed {}", feed_id.is_some()));
        self.note_fall(place);
        if let Some(node) = self.nodes[place].as_ref() {
            let copy = node.copy(feed_id);
            self.nodes.push(Some(copy));
        }
    }

    /// A machine goes away for good.
    pub(crate) fn discard(&mut self, place: usize) {
        self.log(&format!("{place} goes away"));
        self.cut_all(place);
        self.mark_lost(place, None);
        self.nodes[place] = None;
        self.snapshots.remove(&place);
    }

    /// What only this machine holds goes with what it loses.
    fn mark_lost(&mut self, place: usize, snapshot: Option<&Snapshot>) {
        let elsewhere = self.held_elsewhere(place);
        let Some(node) = self.nodes[place].as_ref() else { return };
        let tables = node.store.db.tables();
        let hashes = tables.rows.iter().map(|row| row.entry.hash());
        let gone = hashes.filter(|hash| !snapshot.is_some_and(|snapshot| snapshot.tables.holds(hash)));
        self.watch.lost.extend(gone.filter(|hash| !elsewhere.contains(hash)));
    }

    /// The root gives a division another parent; often it takes that back soon.
    fn move_division(&mut self) {
        if let Some((moved, back)) = self.moving_back.take() {
            return self.order_move(&moved, &back);
        }
        if self.plan.moves_left == 0 {
            return;
        }
        self.plan.moves_left -= 1;
        let Some(root) = self.nodes[0].as_ref() else { return };
        let tree = &root.trust.tree;
        let moved = self.divisions[1 + self.chance.below(self.divisions.len() - 1)].id.clone();
        let below = tree.subtree(&moved);
        let free: Vec<DivisionId> =
            self.divisions.iter().map(|it| it.id.clone()).filter(|id| !below.contains(id)).collect();
        let (Some(former), false) = (tree.parent(&moved).cloned(), free.is_empty()) else { return };
        let to = free[self.chance.below(free.len())].clone();
        self.order_move(&moved, &to);
        if self.chance.one_in(2) {
            self.sway(moved, &former);
        } else {
            self.moving_back = self.chance.one_in(2).then_some((moved, former));
        }
    }

    /// While sessions stay open: something is decided about the moved division, something else after it passes on,
    /// and the move is taken back.
    fn sway(&mut self, moved: DivisionId, back: &DivisionId) {
        self.pass_time(30);
        let note = |subject, reach| Act { subject, kind: "note", reach, lane: Lane::Work, payload: Vec::new() };
        let root = self.divisions[0].id.clone();
        self.write(0, vec![note(moved.clone(), Reach::Path), note(root, Reach::Subtree)]);
        self.pass_time(60);
        self.order_move(&moved, back);
        self.pass_time(60);
    }

    fn pass_time(&mut self, ticks_max: usize) {
        for _ in 0..self.chance.below(ticks_max) {
            if !self.links.is_empty() {
                let link = self.chance.below(self.links.len());
                self.tick(link);
            }
        }
    }

    fn order_move(&mut self, moved: &DivisionId, to: &DivisionId) {
        self.moves += 1;
        self.log(&format!("{moved} moves below {to}"));
        // Grows by the order of the moves, also within one step.
        let version = self.moves as u64 + 2;
        let put = TreePut { version, divisions: vec![Division::placed(moved.clone(), Some(to.clone()))] };
        let root = self.divisions[0].id.clone();
        self.write(0, vec![Act::of(Kind::TreePut, root, payload::encode(&put))]);
    }
}
