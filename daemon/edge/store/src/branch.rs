//! One branch of a stream: from its tip back to the first entry.
//!
//! Invariant: below the lowest fork a stream has one entry per sequence, so a range of sequences is the branch;
//! from there up the branch is walked by predecessor hashes. A stream that never forked is never walked.

use std::collections::BTreeMap;

use gongkai_journal::EntryHash;
use gongkai_sync::want::Tip;

/// An entry's place without its bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) seq: u64,
    pub(crate) feed: u64,
    pub(crate) hash: EntryHash,
    pub(crate) previous: Option<EntryHash>,
    /// Header, signature and payload.
    pub(crate) bytes: usize,
}

/// The branch that ends in a tip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Branch {
    pub(crate) tip: Tip,
    /// Sequences below this one are shared by all branches.
    pub(crate) floor: u64,
    /// The branch's own part, ascending, from `floor` to the tip.
    pub(crate) upper: Vec<Link>,
}

impl Branch {
    /// Walks from the tip down to the floor among the links at and above the floor; `None` if the chain breaks.
    pub(crate) fn walk(tip: Tip, floor: u64, links: &[Link]) -> Option<Self> {
        let by_hash: BTreeMap<EntryHash, &Link> = links.iter().map(|link| (link.hash, link)).collect();
        let mut upper = Vec::new();
        let mut at = (tip.seq >= floor).then_some(tip.hash);
        // Bounded: each step must go down by one sequence.
        let mut seq = tip.seq;
        while let Some(hash) = at
            && seq >= floor
        {
            let link = by_hash.get(&hash).filter(|link| link.seq == seq)?;
            upper.push((*link).clone());
            at = link.previous;
            seq -= 1;
        }
        upper.reverse();
        Some(Self { tip, floor, upper })
    }

    /// The link of the upper part at a sequence.
    pub(crate) fn at(&self, seq: u64) -> Option<&Link> {
        let index = seq.checked_sub(self.floor)?;
        self.upper.get(usize::try_from(index).ok()?)
    }
}

/// Sequences to sample on a branch: the tip, then 1, 2, 4, 8, … back, in at most `count` steps; with few steps the
/// factor grows so that the last ones still reach the beginning.
pub(crate) fn samples(tip_seq: u64, count: usize) -> Vec<u64> {
    let mut shift = 1;
    while steps(tip_seq, shift).count() > count && shift < 63 {
        shift += 1;
    }
    steps(tip_seq, shift).take(count).collect()
}

fn steps(tip_seq: u64, shift: u32) -> impl Iterator<Item = u64> {
    let back = std::iter::successors(Some(1_u64), move |step| step.checked_mul(1 << shift));
    let back = back.map_while(move |step| tip_seq.checked_sub(step)).take_while(|seq| *seq >= 1);
    std::iter::once(tip_seq).chain(back)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use gongkai_model::digest::Digest;

    use super::*;

    fn hash(name: &str) -> EntryHash {
        Digest::of("test", &[name.as_bytes()])
    }

    fn link(seq: u64, name: &str, previous: Option<&str>) -> Link {
        Link { seq, feed: seq, hash: hash(name), previous: previous.map(hash), bytes: 1 }
    }

    #[test]
    fn a_branch_is_walked_past_the_other_one() {
        let links =
            [link(3, "a3", Some("2")), link(3, "b3", Some("2")), link(4, "a4", Some("a3")), link(4, "b4", Some("b3"))];
        let branch = Branch::walk(Tip { seq: 4, hash: hash("b4") }, 3, &links).unwrap();
        assert_eq!(branch.upper, [links[1].clone(), links[3].clone()]);
        assert_eq!(branch.at(4), Some(&links[3]));
        assert_eq!(branch.at(2), None);
        assert_eq!(Branch::walk(Tip { seq: 5, hash: hash("b4") }, 3, &links), None);
    }

    #[test]
    fn samples_double_and_reach_the_beginning_with_few_steps() {
        assert_eq!(samples(20, 64), [20, 19, 18, 16, 12, 4]);
        assert_eq!(samples(1, 64), [1]);
        let few = samples(1_000_000, 8);
        assert!(few.len() <= 8 && few.last().is_some_and(|seq| *seq < 800_000), "{few:?}");
    }
}
