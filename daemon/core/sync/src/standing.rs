//! What nodes tell each other of where a feed has arrived: first hand ("I hold your feed up to here"), and second hand
//! ("the township holds it up to there, as it told me so long ago").
//!
//! Invariant: this is for people. Nothing that is sent, kept or acknowledged depends on it, and it names a division to
//! a node only where one stands on the other's path: siblings learn nothing of each other. Times are ages, so that no
//! two clocks must agree. Left out: keeping it (app).

use std::collections::{BTreeMap, VecDeque};

use gongkai_model::{digest::Digest, id::DivisionId, tree::Tree};

/// Divisions named in one message at most: a city with all its counties, townships and villages.
pub const HELD_MAX: usize = 2_000;
/// Places kept of how a peer's feed runs in one's own: what lies between is rounded down to the place before.
const MARKS_MAX: usize = 64;

/// "This division holds your feed up to here."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldBy {
    /// Who holds it: the speaker, or one from whom it heard.
    pub division: DivisionId,
    /// Up to here, counted in the listener's feed; everything on the division's route is stored, nothing only wanted.
    pub offset: u64,
    /// The running hash there: a listener that was rewound does not take it for its own.
    pub hash: Digest,
    /// How long ago the speaker learnt it, milliseconds.
    pub age_ms: u64,
}

/// One message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Entries that the speaker knows of and lacks.
    pub wanted_entries: u64,
    /// In so many streams.
    pub wanted_streams: u64,
    /// Who holds the listener's feed how far; the speaker first, if it holds any.
    pub held: Vec<HeldBy>,
}

impl Standing {
    /// Whether it says the same, whenever it was learnt.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let places = |standing: &Self| -> Vec<(DivisionId, u64, Digest)> {
            standing.held.iter().map(|held| (held.division.clone(), held.offset, held.hash)).collect()
        };
        (self.wanted_entries, self.wanted_streams) == (other.wanted_entries, other.wanted_streams)
            && places(self) == places(other)
    }
}

/// Whether `listener` may be told where `division` stands.
pub fn may_tell(tree: &Tree, listener: &DivisionId, division: &DivisionId) -> bool {
    listener == division || tree.path(listener).contains(division) || tree.path(division).contains(listener)
}

/// A place at which all that a peer's feed had up to `theirs` was in one's own feed at `ours`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    ours: u64,
    theirs: u64,
    hash: Digest,
}

/// How one peer's feed runs in one's own: turns "holds our feed up to n" into "holds the peer's feed up to m".
#[derive(Clone, Debug, Default)]
pub struct Marks(VecDeque<Mark>);

impl Marks {
    /// Notes that everything of the peer's feed up to `theirs` is stored here within our first `ours` entries.
    pub fn note(&mut self, ours: u64, theirs: u64, hash: Digest) {
        if self.0.back().is_some_and(|last| last.theirs > theirs || last.ours > ours) {
            // One of the two feeds was rewound: what was noted of it holds no more.
            self.0.clear();
        }
        if self.0.back().is_some_and(|last| last.theirs == theirs && last.hash == hash) {
            // The earliest place of ours for this place of theirs says most.
            return;
        }
        if self.0.len() >= MARKS_MAX {
            self.0.pop_front();
        }
        self.0.push_back(Mark { ours, theirs, hash });
    }

    /// Up to where whoever holds our feed up to `ours` holds the peer's.
    pub fn behind(&self, ours: u64) -> Option<(u64, Digest)> {
        let mark = self.0.iter().rev().find(|mark| mark.ours <= ours)?;
        Some((mark.theirs, mark.hash))
    }
}

/// What is known of who holds one's own feed, by division.
pub type Held = BTreeMap<DivisionId, (u64, i64)>;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use gongkai_model::{id::Day, tree::Division};

    use super::*;

    fn id(text: &str) -> DivisionId {
        DivisionId::parse(text).unwrap()
    }

    fn tree() -> Tree {
        let rows = [("c", None), ("k", Some("c")), ("k2", Some("c")), ("t", Some("k")), ("t2", Some("k"))];
        let divisions: Vec<Division> =
            rows.iter().map(|(name, parent)| Division::placed(id(name), parent.map(id))).collect();
        Tree::as_of(&divisions, &Day::earliest())
    }

    #[test]
    fn siblings_learn_nothing_of_each_other() {
        let tree = tree();
        for (listener, division, may) in [
            ("c", "t", true),
            ("t", "c", true),
            ("t", "k", true),
            ("k", "k", true),
            ("t", "t2", false),
            ("t", "k2", false),
            ("k", "k2", false),
            ("k2", "t", false),
            ("c", "unheard-of", false),
        ] {
            assert_eq!(may_tell(&tree, &id(listener), &id(division)), may, "{listener} of {division}");
        }
    }

    #[test]
    fn a_place_is_never_rounded_up() {
        let digest = |number: u8| Digest::of_file(&[number]);
        let mut marks = Marks::default();
        assert_eq!(marks.behind(u64::MAX), None);
        marks.note(10, 4, digest(4));
        marks.note(12, 4, digest(4));
        marks.note(20, 9, digest(9));
        for (ours, theirs) in [(9, None), (10, Some(4)), (19, Some(4)), (20, Some(9)), (500, Some(9))] {
            assert_eq!(marks.behind(ours).map(|(offset, _)| offset), theirs, "at {ours}");
        }
        // The peer's feed was rewound and went another way.
        marks.note(21, 5, digest(55));
        assert_eq!(marks.behind(20), None);
        assert_eq!(marks.behind(21), Some((5, digest(55))));
        (30..30 + 2 * MARKS_MAX as u64).for_each(|number| marks.note(number, number, digest(0)));
        assert!(marks.0.len() <= MARKS_MAX);
    }
}
