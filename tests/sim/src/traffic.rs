//! Sessions: who dials whom, one step of one end at a time, and where links break.
//!
//! Invariant: what a broken link still carried is gone, or is read to some place by one end. Left out: what goes wrong
//! with machines (fault), and bundles (drive).

use gongkai_journal::Incarnation;
use gongkai_model::id::DivisionId;
use gongkai_sync::session::Outcome;

use crate::{
    link::{End, Link},
    mutation::Mutation,
    node::Node,
    world::{World, opening},
};

/// Sessions open at once, at most.
const LINKS_MAX: usize = 8;

impl World<'_> {
    /// A machine that both ends of a session found to be level with the other waits for that one no longer, nor for
    /// whom it is no neighbour of any more.
    pub(crate) fn release(&mut self, link: &Link) {
        let is_level = |end: &&End| {
            let is_over = end.session.is_settled() || end.outcome == Some(Outcome::Complete);
            is_over && end.session.has_compared_all()
        };
        let mut renewed = Vec::new();
        for end in link.ends.iter().filter(is_level) {
            if let Some(node) = self.nodes[end.node].as_mut() {
                node.awaited.remove(&end.replica.peer);
                let tree = &node.trust.tree;
                let is_neighbour = |it: &DivisionId| {
                    tree.parent(it) == Some(&node.division) || tree.parent(&node.division) == Some(it)
                };
                node.awaited.retain(is_neighbour);
                if node.renews && !node.is_held() {
                    node.renews = false;
                    renewed.push(end.node);
                }
            }
        }
        for place in renewed {
            self.begin_anew(place);
        }
    }

    /// A machine that fell back and is level with all goes on in a new life.
    fn begin_anew(&mut self, place: usize) {
        let incarnation = Incarnation::from_bytes(self.later.bytes16());
        let Some(node) = self.nodes[place].as_mut() else { return };
        node.incarnation = incarnation;
        let act = opening(&node.division, "rewound");
        self.log(&format!("{place} goes on in a new life"));
        self.write(place, vec![act]);
    }

    /// Some machine dials its parent, as it sees it.
    pub(crate) fn open(&mut self) {
        let child = self.chance.below(self.nodes.len());
        let parent = self.nodes[child].as_ref().and_then(Node::parent).cloned();
        let Some(parent) = parent else { return };
        let hosts: Vec<usize> = self.machines_of(&parent);
        if hosts.is_empty() {
            return;
        }
        let host = hosts[self.chance.below(hosts.len())];
        let is_live = self.chance.one_in(2);
        self.connect(child, host, is_live);
    }

    pub(crate) fn machines_of(&self, division: &DivisionId) -> Vec<usize> {
        let is_it = |node: &Node| node.division == *division;
        (0..self.nodes.len()).filter(|place| self.nodes[*place].as_ref().is_some_and(is_it)).collect()
    }

    /// Opens a session, unless one side already speaks with a machine of that division.
    pub(crate) fn connect(&mut self, child: usize, parent: usize, is_live: bool) {
        let (Some(one), Some(two)) = (self.nodes[child].as_ref(), self.nodes[parent].as_ref()) else { return };
        let is_busy = |link: &Link| {
            let ends = [(child, &two.division), (parent, &one.division)];
            link.ends.iter().any(|end| ends.contains(&(end.node, &end.replica.peer)))
        };
        if self.links.len() >= LINKS_MAX || self.links.iter().any(is_busy) {
            return;
        }
        let ends =
            [End::new(child, one, two, is_live, self.mutation), End::new(parent, two, one, is_live, self.mutation)];
        // A live session ends some time; a slow link breaks after few messages.
        let length = if self.chance.one_in(3) { self.chance.below(8) } else { self.chance.below(60) };
        let budget = (self.plan.cuts || is_live).then_some(length);
        self.log(&format!("{child} opens a session with {parent}, live {is_live}, budget {budget:?}"));
        self.links.push(Link { ends, budget });
    }

    /// One step of one end of a link, with what may go wrong there.
    pub(crate) fn tick(&mut self, index: usize) {
        let side = self.chance.below(2);
        let now_ms = self.clock();
        let place = self.links[index].ends[side].node;
        if self.plan.crashes && self.chance.one_in(400) {
            self.log(&format!("{place} crashes"));
            return self.cut_all(place);
        }
        let Some(node) = self.nodes[place].as_mut() else { return };
        if self.plan.full_disks && self.chance.one_in(150) {
            node.store.db.tables().is_full = true;
        }
        let ticked = self.links[index].ends[side].tick(node, now_ms);
        let ticked = match ticked {
            Ok(ticked) => ticked,
            Err(error) => {
                self.log(&format!("{place} fails: {error}"));
                return self.cut(index);
            }
        };
        if !ticked.is_idle {
            self.log(&format!("{place} {} +{}", ticked.what, ticked.committed.len()));
        }
        self.note_commit(place, &ticked.committed);
        if let Some(node) = self.nodes[place].as_ref() {
            self.watch.held(node);
        }
        if let Some(message) = ticked.said {
            self.pass(index, side, message);
        }
        self.close_if_over(index);
    }

    fn close_if_over(&mut self, index: usize) {
        let link = &self.links[index];
        let is_spent = link.budget == Some(0);
        let is_over = link.ends.iter().all(|end| end.outcome.is_some());
        if is_spent || is_over {
            self.cut(index);
        }
    }

    /// The link breaks; one side may still hear what had arrived.
    pub(crate) fn cut(&mut self, index: usize) {
        if index >= self.links.len() {
            return;
        }
        let mut link = self.links.remove(index);
        let places = [link.ends[0].node, link.ends[1].node];
        self.log(&format!("link {} - {} ends", places[0], places[1]));
        self.release(&link);
        if self.chance.one_in(2) {
            let side = self.chance.below(2);
            for _ in 0..self.chance.below(30) {
                let place = places[side];
                let now_ms = self.clock();
                let Some(node) = self.nodes[place].as_mut() else { break };
                let Ok(ticked) = link.ends[side].tick(node, now_ms) else { break };
                self.note_commit(place, &ticked.committed);
            }
        }
        for (side, place) in places.into_iter().enumerate() {
            let Some(node) = self.nodes[place].as_ref() else { continue };
            let peer = &link.ends[side].replica.peer;
            if self.mutation == Mutation::WantsInMemory {
                node.store.db.tables().wants.retain(|(towards, ..), _| towards != peer);
            }
            if let Some(other) = self.nodes[places[1 - side]].as_ref() {
                self.watch.position(node, other);
            }
        }
    }

    /// All links of a machine break at once and it hears nothing more.
    pub(crate) fn cut_all(&mut self, place: usize) {
        self.links.retain(|link| !link.touches(place));
    }
}
