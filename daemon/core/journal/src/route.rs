//! Which entries are a node's business: the predicate that every hop decides by, alone and alike.
//!
//! relevant(e, N) = N on path(subject), or reach is subtree and subject on path(N). The set {N : relevant} is a
//! connected piece of the tree that holds the author, so each member is reached through members only.

use std::collections::BTreeSet;

use gongkai_model::{digest::Digest, digest::Hasher, id::DivisionId, tree::Tree};

use crate::{header::Header, stream::Reach};

/// What a tree routes to one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    node: DivisionId,
    /// Subjects at or above the node: subtree reach only, save the node itself.
    above: BTreeSet<DivisionId>,
    /// Subjects at or below the node: path and subtree reach.
    below: BTreeSet<DivisionId>,
    epoch: Digest,
}

impl Route {
    /// The route of a node in a tree.
    pub fn of(tree: &Tree, node: &DivisionId) -> Self {
        let above: BTreeSet<DivisionId> = tree.path(node).into_iter().collect();
        let below = tree.subtree(node);
        let mut hasher = Hasher::new("gongkai route v1");
        for (mark, set) in [(b"a", &above), (b"b", &below)] {
            hasher.part(mark);
            for id in set {
                hasher.part(id.as_str().as_bytes());
            }
        }
        Self { node: node.clone(), above, below, epoch: hasher.finish() }
    }

    /// The node the route leads to.
    pub fn node(&self) -> &DivisionId {
        &self.node
    }

    /// Digest of everything the tree routes to the node: part of a position.
    pub fn epoch(&self) -> Digest {
        self.epoch
    }

    /// Whether an entry with this subject and reach is the node's business.
    pub fn takes(&self, subject: &DivisionId, reach: Reach) -> bool {
        match reach {
            Reach::SelfOnly => false,
            Reach::Path => self.below.contains(subject),
            Reach::Subtree => self.below.contains(subject) || self.above.contains(subject),
        }
    }

    /// Whether an entry is the node's business.
    pub fn takes_entry(&self, header: &Header) -> bool {
        self.takes(&header.stream.subject, header.reach())
    }

    /// Subjects from which the node takes anything, by id: for a database filter.
    pub fn subjects(&self) -> impl Iterator<Item = &DivisionId> {
        self.above.union(&self.below)
    }
}

/// Whether an author may write about a subject: it is the subject or an ancestor of it in this tree.
pub fn may_write(tree: &Tree, author: &DivisionId, subject: &DivisionId) -> bool {
    tree.is_on_path(author, subject)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use gongkai_model::{id::Day, tree::Division};

    use super::*;

    fn id(text: &str) -> DivisionId {
        DivisionId::parse(text).unwrap()
    }

    fn tree() -> Tree {
        let rows =
            [("c", None), ("k", Some("c")), ("b", Some("c")), ("t1", Some("k")), ("t2", Some("k")), ("v", Some("t1"))];
        let divisions: Vec<Division> = rows
            .iter()
            .map(|(name, parent)| Division {
                id: id(name),
                from: Day::earliest(),
                code: String::new(),
                name: String::new(),
                name_en: String::new(),
                level: String::new(),
                kind: String::new(),
                parent: parent.map(id),
                is_retired: false,
            })
            .collect();
        Tree::as_of(&divisions, &Day::earliest())
    }

    /// The predicate written from the sentence of the design, without sets: so the route can be wrong and be seen.
    fn expected(tree: &Tree, node: &DivisionId, subject: &DivisionId, reach: Reach) -> bool {
        let on_path = tree.path(subject).contains(node);
        match reach {
            Reach::SelfOnly => false,
            Reach::Path => on_path,
            Reach::Subtree => on_path || tree.path(node).contains(subject),
        }
    }

    #[test]
    fn the_route_agrees_with_the_sentence_for_every_pair() {
        let tree = tree();
        for node in tree.divisions() {
            let route = Route::of(&tree, &node.id);
            for subject in tree.divisions() {
                for reach in [Reach::SelfOnly, Reach::Path, Reach::Subtree] {
                    assert_eq!(
                        route.takes(&subject.id, reach),
                        expected(&tree, &node.id, &subject.id, reach),
                        "{} {} {reach:?}",
                        node.id,
                        subject.id
                    );
                }
            }
        }
    }

    #[test]
    fn siblings_see_nothing_of_each_other() {
        let route = Route::of(&tree(), &id("t2"));
        assert!(!route.takes(&id("t1"), Reach::Path) && !route.takes(&id("t1"), Reach::Subtree));
        assert!(!route.takes(&id("k"), Reach::Path) && route.takes(&id("k"), Reach::Subtree));
        assert!(!route.takes(&id("t2"), Reach::SelfOnly));
    }

    #[test]
    fn the_epoch_changes_exactly_when_the_route_does() {
        let tree = tree();
        assert_eq!(Route::of(&tree, &id("k")).epoch(), Route::of(&tree, &id("k")).epoch());
        assert_ne!(Route::of(&tree, &id("t1")).epoch(), Route::of(&tree, &id("t2")).epoch());
    }
}
