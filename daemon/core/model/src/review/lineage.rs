//! Heads and latest approvals: which submissions nothing follows, and when that is a conflict.
//!
//! Invariant: two heads or two latest approvals are shown as a conflict and never resolved here.
//! A merge follows the submissions whose revisions it names as parents.

use std::collections::{BTreeMap, BTreeSet};

use super::materialise::{Node, Submissions};
use crate::digest::Digest;

/// The graph of readable submissions.
pub(super) struct Lineage<'s, 'f> {
    nodes: &'s BTreeMap<Digest, Node<'f>>,
    /// Submission → what it follows directly: the one before it in its line, and those that it merges.
    before: BTreeMap<Digest, BTreeSet<Digest>>,
    /// The same, turned round.
    after: BTreeMap<Digest, BTreeSet<Digest>>,
}

impl<'s, 'f> Lineage<'s, 'f> {
    pub(super) fn of(submissions: &'s Submissions<'f>) -> Self {
        let nodes = &submissions.nodes;
        let mut carriers: BTreeMap<Digest, Vec<Digest>> = BTreeMap::new();
        for (hash, node) in nodes {
            carriers.entry(node.submission.body.revision).or_default().push(*hash);
        }
        let mut lineage = Self { nodes, before: BTreeMap::new(), after: BTreeMap::new() };
        for (hash, node) in nodes {
            let merged = node.revision.parents.iter().filter_map(|parent| carriers.get(parent)).flatten();
            // A later submission may carry a parent again (A, B, A): it is not merged by the one it follows.
            let merged = merged.filter(|carrier| !lineage.stands_on(carrier, hash));
            let before: BTreeSet<Digest> = merged.copied().chain(node.from).collect();
            for one in &before {
                lineage.after.entry(*one).or_default().insert(*hash);
            }
            lineage.before.insert(*hash, before);
        }
        lineage
    }

    /// Whether `hash` is `behind` or stands further on in its line.
    fn stands_on(&self, hash: &Digest, behind: &Digest) -> bool {
        let number = self.nodes[behind].number;
        let line = std::iter::successors(Some(*hash), |hash| self.nodes[hash].from);
        line.take_while(|hash| self.nodes[hash].number >= number).any(|hash| hash == *behind)
    }

    /// The submissions that follow one directly; `None` where there is none.
    pub(super) fn after(&self, hash: &Digest) -> Option<&BTreeSet<Digest>> {
        self.after.get(hash)
    }

    /// All that the given submissions follow, at any distance.
    fn all_before(&self, from: &[Digest]) -> BTreeSet<Digest> {
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
