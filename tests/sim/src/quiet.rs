//! The end of a run: faults stop, links are healed, and full sessions are held until nothing changes any more.

use std::collections::BTreeSet;

use gongkai_journal::{Entry, Lane, sign::PublicKey};
use gongkai_model::{
    id::DivisionId,
    tree::{Division, Tree},
};
use gongkai_sync::session::Outcome;

use crate::{check::Above, link::Link, mutation::Mutation, node::Node, plan::Theme, store::now, world::World};

/// Rounds of sessions over all links until quiet, at most.
const ROUNDS_MAX: usize = 60;
/// Times that missing keys are written again: once for each level of the deepest tree, and one to see that all are there.
const LEVELS_MAX: usize = 6;
/// Ticks of one session, at most: more means that it never ends.
const TICKS_MAX: usize = 100_000;

impl World<'_> {
    /// Heals everything and checks what must hold then.
    pub(crate) fn settle(&mut self) {
        if self.watch.failure.is_some() {
            return;
        }
        self.log("quiet");
        self.links.clear();
        self.plan.mauls = false;
        self.plan.lies = false;
        self.plan.crashes = false;
        self.plan.full_disks = false;
        let copies: Vec<usize> = self.copies();
        copies.into_iter().for_each(|copy| self.discard(copy));
        for node in self.nodes.iter().flatten() {
            let mut tables = node.store.db.tables();
            (tables.is_full, tables.hidden) = (false, None);
        }
        let (tree, records) = self.truth();
        let above = Above::of(&records);
        self.watch.see_tree(&tree);
        self.end_old_links(&tree);
        self.carry_keys(0);
        self.hear_erasures();
        self.rounds(&tree);
        // A key that comes now may bring the revocation of another, level by level, and each takes certificates away.
        for _ in 0..LEVELS_MAX {
            let is_all_there = !self.certify_missing(&tree);
            self.rounds(&tree);
            if is_all_there {
                break;
            }
        }
        // What lay in a drawer is read last, the oldest at the very end, and must do no harm.
        self.empty_drawers();
        self.rounds(&tree);
        self.hear_erasures();
        let nodes: Vec<&Node> = self.nodes.iter().flatten().collect();
        self.watch.quiet(&nodes, &tree, &above);
        self.watch.reviews(&nodes, &above, self.mutation, &mut self.chance);
        if self.plan.theme == Theme::Restores {
            self.watch.said_once(&nodes, &above, self.mutation);
        }
        for node in &nodes {
            for peer in nodes.iter().filter(|peer| tree.parent(&peer.division) == Some(&node.division)) {
                self.watch.position(node, peer);
                self.watch.position(peer, node);
            }
        }
    }

    fn copies(&self) -> Vec<usize> {
        let is_copy = |place: &usize| self.nodes[*place].as_ref().is_some_and(|node| node.is_clone);
        (0..self.nodes.len()).filter(is_copy).collect()
    }

    /// The tree of all orders that still exist anywhere.
    fn truth(&self) -> (Tree, Vec<Division>) {
        let mut seen = BTreeSet::new();
        let mut entries: Vec<Entry> = Vec::new();
        for node in self.nodes.iter().flatten() {
            let tables = node.store.db.tables();
            let trust = tables.rows.iter().filter(|row| row.entry.header.lane() == Lane::Trust);
            entries.extend(trust.filter(|row| seen.insert(row.entry.hash())).map(|row| row.entry.clone()));
        }
        self.nodes.iter().flatten().next().map(|root| root.tree_of(&entries)).unwrap_or_default()
    }

    /// What is kept for a link goes when the link ends.
    fn end_old_links(&mut self, tree: &Tree) {
        for node in self.nodes.iter().flatten() {
            for peer in node.store.db.peers().into_iter().filter(|peer| *peer != node.division) {
                let is_child = tree.parent(&peer) == Some(&node.division);
                if !is_child && tree.parent(&node.division) != Some(&peer) {
                    let _gone = now(node.store.drop_wants_of(&peer));
                    node.store.db.forget_peer(&peer);
                }
            }
        }
    }

    /// Parents write again what is missing of the keys of those below them: one came too late, or was certified by a
    /// key that has been revoked since. Whether anything was.
    fn certify_missing(&mut self, tree: &Tree) -> bool {
        let mut has_written = false;
        let own = self.divisions.iter().skip(1).map(|it| (it.id.clone(), self.public(&it.id)));
        let keys: Vec<(DivisionId, PublicKey)> = own.chain(self.former_keys.clone()).collect();
        for (division, key) in keys {
            let parent = tree.parent(&division).and_then(|parent| self.place(parent));
            let above = parent.and_then(|parent| self.nodes[parent].as_ref());
            if let (Some(parent), Some(above)) = (parent, above)
                && above.trust.keyring.get(&division, &key.id()).is_none()
            {
                self.certify_key(parent, &division, &key);
                has_written = true;
            }
        }
        has_written
    }

    fn rounds(&mut self, tree: &Tree) {
        for _ in 0..ROUNDS_MAX {
            let before = self.state();
            for index in 1..self.divisions.len() {
                let parent = tree.parent(&self.divisions[index].id).and_then(|parent: &DivisionId| self.place(parent));
                if let Some(parent) = parent {
                    self.whole_session(index, parent);
                }
                if self.watch.failure.is_some() {
                    return;
                }
            }
            if self.state() == before {
                return;
            }
        }
        self.watch.fail(format!("not quiet after {ROUNDS_MAX} rounds"));
    }

    fn state(&self) -> Vec<(usize, usize)> {
        let of = |node: &Node| (node.feed_len(), node.store.db.tables().wants.len());
        self.nodes.iter().flatten().map(of).collect()
    }

    /// A session on a link that does not break; it must come to its end by itself.
    pub(crate) fn whole_session(&mut self, child: usize, parent: usize) {
        let cuts = std::mem::take(&mut self.plan.cuts);
        self.connect(child, parent, false);
        self.plan.cuts = cuts;
        let Some(mut link) = self.links.pop() else { return };
        for _ in 0..TICKS_MAX {
            let mut is_idle = true;
            for side in 0..2 {
                let place = link.ends[side].node;
                let now_ms = self.clock();
                let Some(node) = self.nodes[place].as_mut() else { return };
                let ticked = match link.ends[side].tick(node, now_ms) {
                    Ok(ticked) => ticked,
                    Err(error) => return self.watch.fail(format!("{place} fails in peace: {error}")),
                };
                is_idle &= ticked.is_idle;
                if !ticked.is_idle {
                    self.log(&format!("{place} {} +{}", ticked.what, ticked.committed.len()));
                }
                self.note_commit(place, &ticked.committed);
                if let Some(message) = ticked.said {
                    let peer = link.ends[side].replica.peer.clone();
                    self.watch.message(&peer, &message);
                    link.ends[1 - side].inbox.push_back(message);
                }
            }
            if is_idle {
                break;
            }
        }
        self.close(&mut link);
        self.release(&link);
        let outcomes = [&link.ends[0].outcome, &link.ends[1].outcome];
        if !outcomes.iter().all(|outcome| **outcome == Some(Outcome::Complete)) {
            self.watch.fail(format!("the session {child} - {parent} does not end well: {outcomes:?}"));
        }
        if self.mutation == Mutation::WantsInMemory {
            for end in &link.ends {
                if let Some(node) = self.nodes[end.node].as_ref() {
                    node.store.db.tables().wants.retain(|(towards, ..), _| *towards != end.replica.peer);
                }
            }
        }
    }

    /// An end that is over closes the link, which the other end hears.
    fn close(&mut self, link: &mut Link) {
        let is_closed = link.ends.iter().any(|end| end.outcome.is_some());
        for end in link.ends.iter_mut().filter(|end| is_closed && end.outcome.is_none()) {
            end.hear_close();
            let Some(node) = self.nodes[end.node].as_mut() else { return };
            while end.tick(node, 0).is_ok_and(|ticked| !ticked.is_idle) {}
        }
    }
}
