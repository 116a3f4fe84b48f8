//! Heads and latest approvals: which submissions nothing follows, and when that is a conflict.
//!
//! Invariant: two heads or two latest approvals are shown as a conflict and never resolved here.
//! A merge follows the submissions whose revisions it names as parents.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Excess,
    budget::Spent,
    materialise::{Node, Submissions},
};
use crate::digest::Digest;

/// The graph of readable submissions.
pub(super) struct Lineage<'s, 'f> {
    nodes: &'s BTreeMap<Digest, Node<'f>>,
    /// Submission → what it follows directly: the one before it in its line, and those that it merges.
    before: BTreeMap<Digest, BTreeSet<Digest>>,
    /// The same, turned round.
    after: BTreeMap<Digest, BTreeSet<Digest>>,
    /// All of them, each after what it follows.
    order: Vec<Digest>,
    /// Those of branches that merged each other back and forth, at which the order had to begin: what they follow is
    /// not all before them, so nothing is taken over from it.
    knots: BTreeSet<Digest>,
}

impl<'s, 'f> Lineage<'s, 'f> {
    pub(super) fn of(submissions: &'s Submissions<'f>, spent: &mut Spent<'_>) -> Result<Self, Excess> {
        let nodes = &submissions.nodes;
        let mut carriers: BTreeMap<Digest, Vec<Digest>> = BTreeMap::new();
        for (hash, node) in nodes {
            carriers.entry(node.submission.body.revision).or_default().push(*hash);
        }
        let (before, after, order) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        let mut lineage = Self { nodes, before, after, order, knots: BTreeSet::new() };
        for (hash, node) in nodes {
            let merged = node.revision.parents.iter().filter_map(|parent| carriers.get(parent)).flatten();
            let mut before: BTreeSet<Digest> = node.from.into_iter().collect();
            for carrier in merged {
                // A later submission may carry a parent again (A, B, A): it is not merged by the one it follows.
                let behind = nodes[carrier].number.saturating_sub(node.number);
                spent.places(1 + usize::try_from(behind).unwrap_or(usize::MAX))?;
                if !lineage.stands_on(carrier, hash) {
                    before.insert(*carrier);
                }
            }
            for one in &before {
                lineage.after.entry(*one).or_default().insert(*hash);
            }
            lineage.before.insert(*hash, before);
        }
        lineage.put_in_order();
        Ok(lineage)
    }

    /// Of those that may come next the one lowest in its line, then of the lowest hash.
    fn put_in_order(&mut self) {
        let nodes = self.nodes;
        let place = |hash: &Digest| (nodes[hash].number, *hash);
        let mut open: BTreeMap<Digest, usize> = self.before.iter().map(|(hash, all)| (*hash, all.len())).collect();
        let mut ready: BTreeSet<(u32, Digest)> =
            open.iter().filter(|(_, count)| **count == 0).map(|(hash, _)| place(hash)).collect();
        while let Some(next) = ready.pop_first().or_else(|| open.keys().map(place).min()) {
            let (_, hash) = next;
            if open.remove(&hash).is_some_and(|missing| missing > 0) {
                self.knots.insert(hash);
            }
            self.order.push(hash);
            for later in self.after.get(&hash).into_iter().flatten() {
                let Some(missing) = open.get_mut(later) else { continue };
                *missing = missing.saturating_sub(1);
                if *missing == 0 {
                    ready.insert(place(later));
                }
            }
        }
    }

    /// All submissions, each after what it follows.
    pub(super) fn in_order(&self) -> &[Digest] {
        &self.order
    }

    /// The submissions that one follows directly.
    pub(super) fn followed_by(&self, hash: &Digest) -> impl Iterator<Item = &Digest> {
        self.before.get(hash).into_iter().flatten()
    }

    /// Those of them from which it may take over: all are before it in the order.
    pub(super) fn grounds(&self, hash: &Digest) -> impl Iterator<Item = &Digest> {
        let is_knot = self.knots.contains(hash);
        self.followed_by(hash).filter(move |_| !is_knot)
    }

    /// Whether `hash` is `behind` or stands further on in its line.
    pub(super) fn stands_on(&self, hash: &Digest, behind: &Digest) -> bool {
        let number = self.nodes[behind].number;
        let line = std::iter::successors(Some(*hash), |hash| self.nodes[hash].from);
        line.take_while(|hash| self.nodes[hash].number >= number).any(|hash| hash == *behind)
    }

    /// The submissions that follow one directly; `None` where there is none.
    pub(super) fn after(&self, hash: &Digest) -> Option<&BTreeSet<Digest>> {
        self.after.get(hash)
    }

    /// All that the given submissions follow, at any distance.
    pub(super) fn all_before(&self, from: &[Digest]) -> BTreeSet<Digest> {
        let mut found = BTreeSet::new();
        let mut open = from.to_vec();
        while let Some(next) = open.pop() {
            let before = self.before.get(&next).into_iter().flatten();
            open.extend(before.copied().filter(|before| found.insert(*before)));
        }
        found
    }

    /// The submissions that nothing follows, in line order, and whether they are a conflict. Withdrawn ones stand
    /// back, but the last of them is still what a new submission follows.
    pub(super) fn heads(&self, is_withdrawn: impl Fn(&Digest) -> bool) -> (Vec<Digest>, bool) {
        let mut heads: Vec<Digest> =
            self.nodes.keys().filter(|hash| !self.after.contains_key(*hash)).copied().collect();
        heads.sort_by_key(|hash| (self.nodes[hash].number, *hash));
        let open: Vec<Digest> = heads.iter().filter(|hash| !is_withdrawn(hash)).copied().collect();
        match open.len() {
            0 => (heads.pop().into_iter().collect(), false),
            count => (open, count > 1),
        }
    }

    /// The approved submissions that no approved one follows, one a revision, in line order.
    pub(super) fn latest(&self, approved: &[Digest]) -> Vec<Digest> {
        let covered = self.all_before(approved);
        let mut latest: Vec<Digest> = approved.iter().filter(|hash| !covered.contains(*hash)).copied().collect();
        if latest.is_empty() {
            // Branches that merged each other back and forth: none is above all others, so a person must choose.
            latest = approved.to_vec();
        }
        latest.sort_by_key(|hash| (self.nodes[hash].number, *hash));
        let mut revisions = BTreeSet::new();
        latest.retain(|hash| revisions.insert(self.nodes[hash].submission.body.revision));
        latest
    }
}
