//! Which entries are a node's business, and who may write them: what every hop decides by, alone and alike.
//!
//! relevant(e, N) = N on path(subject), or reach is subtree and subject on path(N). The set {N : relevant} is a
//! connected piece of the tree that holds the author, so each member is reached through members only.
//! may_write(A, S) = A is S, or stood above S in some version of the tree: what was right when it was written stays
//! right after a move, also for a node that joins later.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_model::{
    digest::{Digest, Hasher},
    id::DivisionId,
    tree::{Division, Tree},
};

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

/// Who ever stood above whom.
///
/// Built from every record ever ordered, link by link, and never from the order in which they came: a record that
/// arrives later allows more and forbids nothing, so that no entry is taken on one node and refused on another for
/// good. What an entry effects is judged elsewhere, by the tables that it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ancestry {
    root: Option<DivisionId>,
    /// All parents that a division ever had.
    parents: BTreeMap<DivisionId, BTreeSet<DivisionId>>,
}

impl Ancestry {
    /// Of all records, whatever their version and first day, under a root of trust.
    pub fn of<'a>(root: &DivisionId, records: impl IntoIterator<Item = &'a Division>) -> Self {
        let mut ancestry = Self { root: Some(root.clone()), ..Self::default() };
        for record in records {
            let parents = ancestry.parents.entry(record.id.clone()).or_default();
            parents.extend(record.parent.clone());
        }
        ancestry
    }

    /// The top of the tree; `None` where no tree is known.
    pub fn root(&self) -> Option<&DivisionId> {
        self.root.as_ref()
    }

    /// The division and everything that ever stood above it.
    pub fn line(&self, id: &DivisionId) -> BTreeSet<DivisionId> {
        let mut found = BTreeSet::from([id.clone()]);
        let mut open = vec![id];
        while let Some(next) = open.pop() {
            for parent in self.parents.get(next).into_iter().flatten() {
                if found.insert(parent.clone()) {
                    open.push(parent);
                }
            }
        }
        found
    }

    /// The divisions that had more than one parent.
    pub fn moved(&self) -> impl Iterator<Item = &DivisionId> {
        self.parents.iter().filter(|(_, parents)| parents.len() > 1).map(|(id, _)| id)
    }

    /// How many divisions an author may write about: itself and all that it ever stood above.
    pub fn below(&self, author: &DivisionId) -> usize {
        let others = self.parents.keys().filter(|id| *id != author);
        1 + others.filter(|id| self.line(id).contains(author)).count()
    }

    /// Whether an author may write about a subject.
    pub fn may_write(&self, author: &DivisionId, subject: &DivisionId) -> bool {
        author == subject || self.line(subject).contains(author)
    }

    /// Whether an author ends keys of a division: one from above it does, and nobody ends his own.
    pub fn may_revoke(&self, author: &DivisionId, division: &DivisionId) -> bool {
        author != division && self.may_write(author, division)
    }

    /// Whether a key of `division` counts through an author's entry about a subject. An issuer mints in the open, in
    /// an entry about the very division, which the division and everyone above it see. The root alone may repeat
    /// such an entry about another one: after a move the new county needs the former county's key. And the root alone
    /// certifies itself: else whoever has a division's key would go on under one that nobody else has heard of.
    pub fn may_certify(&self, author: &DivisionId, subject: &DivisionId, division: &DivisionId) -> bool {
        let is_root = self.root.as_ref() == Some(author);
        let is_in_the_open = subject == division || is_root;
        is_in_the_open && (author != division || is_root) && self.may_write(author, division)
    }
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
        let divisions: Vec<Division> =
            rows.iter().map(|(name, parent)| Division::placed(id(name), parent.map(id))).collect();
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
    fn a_former_county_may_write_and_a_stranger_may_not() {
        let division = |name: &str, parent: Option<&str>| Division {
            parent: parent.map(id),
            ..tree().get(&id(name)).unwrap().clone()
        };
        let mut records: Vec<Division> = tree().divisions().cloned().collect();
        let before = Ancestry::of(&id("c"), &records);
        records.push(division("t1", Some("b")));
        let after = Ancestry::of(&id("c"), &records);
        let check = |author: &str, subject: &str, expected: (bool, bool)| {
            let may = (before.may_write(&id(author), &id(subject)), after.may_write(&id(author), &id(subject)));
            assert_eq!(may, expected, "{author} about {subject}");
        };
        check("k", "t1", (true, true));
        check("b", "t1", (false, true));
        check("b", "v", (false, true));
        check("b", "t2", (false, false));
        check("t1", "k", (false, false));
        check("t2", "t1", (false, false));
        check("stranger", "stranger", (true, true));
        assert_eq!(after.moved().collect::<Vec<_>>(), [&id("t1")]);
        assert!(after.may_certify(&id("c"), &id("t1"), &id("k")), "the root carries the former county's key");
        assert!(!after.may_certify(&id("k"), &id("v"), &id("t1")), "a county mints only where the township sees it");
        assert!(after.may_certify(&id("k"), &id("t1"), &id("t1")));
        assert!(!after.may_certify(&id("b"), &id("t2"), &id("t2")));
        assert!(after.may_certify(&id("c"), &id("c"), &id("c")), "the root is certified by nobody else");
        assert!(!after.may_certify(&id("k"), &id("k"), &id("k")), "a stolen key makes no other for itself");
    }

    #[test]
    fn the_epoch_changes_exactly_when_the_route_does() {
        let tree = tree();
        assert_eq!(Route::of(&tree, &id("k")).epoch(), Route::of(&tree, &id("k")).epoch());
        assert_ne!(Route::of(&tree, &id("t1")).epoch(), Route::of(&tree, &id("t2")).epoch());
    }
}
