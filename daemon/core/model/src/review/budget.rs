//! What the entries about one catalog may come to: beyond it the catalog is blocked, at every node alike.
//!
//! Invariant: a function of the set of entries, never of a clock or of their order, so that all nodes that hold the same
//! entries block the same catalogs; and asked before what it bounds is made. Left out: what a node takes from a peer in
//! a time, which is each node's own matter and only delays.

use serde::{Deserialize, Serialize};

use super::{Act, Fact};

/// The part of a catalog's budget that its entries exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Excess {
    /// Submissions of it.
    #[error("submissions")]
    Submissions,
    /// Receipts, decisions and whatever else is said about its submissions.
    #[error("receipts, decisions and other acts")]
    Acts,
    /// Bytes of the entries that carry its content.
    #[error("bytes of content")]
    Bytes,
    /// Items, counted for each submission in which they stand: once when it is read and once when it is weighed. Items
    /// that are gone from its line, and what else each submission is compared with, count too.
    #[error("items over all submissions")]
    Places,
    /// The same for the submissions that nothing follows, which are under review at the same time.
    #[error("items under review at the same time")]
    Open,
}

impl Excess {
    /// Each part of the budget.
    pub const ALL: [Self; 5] = [Self::Submissions, Self::Acts, Self::Bytes, Self::Places, Self::Open];
}

/// How much of each is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// For [`Excess::Submissions`].
    pub submissions: u64,
    /// For [`Excess::Acts`].
    pub acts: u64,
    /// For [`Excess::Bytes`].
    pub bytes: u64,
    /// For [`Excess::Places`].
    pub places: u64,
    /// For [`Excess::Open`].
    pub open: u64,
}

/// The protocol's budget. It can only grow, and only with the protocol's version: a node that allows more shows a
/// catalog which another blocks.
///
/// A busy catalog is submitted once a day and has 500 items: in twenty years that is 7,300 submissions with 7.3 million
/// places, 30,000 acts and some 60 MB. The largest (20,000 items of a kilobyte) can be submitted with a change 400 times,
/// and anew, in full, ten times. Five of the largest may be under review side by side.
pub const BUDGET: Budget =
    Budget { submissions: 10_000, acts: 100_000, bytes: 256 * 1024 * 1024, places: 16_000_000, open: 100_000 };

impl Budget {
    /// How much of one part is allowed.
    pub fn of(&self, part: Excess) -> u64 {
        match part {
            Excess::Submissions => self.submissions,
            Excess::Acts => self.acts,
            Excess::Bytes => self.bytes,
            Excess::Places => self.places,
            Excess::Open => self.open,
        }
    }
}

/// What the entries about a catalog weigh by their headers alone: asked before any of them is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Submissions.
    pub submissions: u64,
    /// Acts on them.
    pub acts: u64,
    /// Bytes of all that travels, with the pieces of submissions.
    pub bytes: u64,
}

impl Tally {
    /// The part of the budget that it exceeds.
    pub fn excess(&self, budget: &Budget) -> Option<Excess> {
        let parts = [(self.submissions, Excess::Submissions), (self.acts, Excess::Acts), (self.bytes, Excess::Bytes)];
        parts.into_iter().find(|(spent, part)| *spent > budget.of(*part)).map(|(_, part)| part)
    }
}

/// What a fold has spent so far.
pub(super) struct Spent<'b> {
    budget: &'b Budget,
    tally: Tally,
    places: u64,
    open: u64,
}

impl<'b> Spent<'b> {
    pub(super) fn nothing(budget: &'b Budget) -> Self {
        Self { budget, tally: Tally::default(), places: 0, open: 0 }
    }

    /// All facts, before any of them is folded; their bytes are the caller's to count.
    pub(super) fn facts<'f>(&mut self, facts: impl IntoIterator<Item = &'f Fact>) -> Result<(), Excess> {
        for fact in facts {
            match fact.act {
                Act::Submission { .. } => self.tally.submissions += 1,
                Act::Withdrawal(_) | Act::Receipt(_) | Act::Decision(_) | Act::Revocation(_) | Act::Reroute(_) => {
                    self.tally.acts += 1;
                }
            }
        }
        self.tally.excess(self.budget).map_or(Ok(()), Err)
    }

    pub(super) fn places(&mut self, count: usize) -> Result<(), Excess> {
        add(&mut self.places, count as u64, self.budget, Excess::Places)
    }

    pub(super) fn open(&mut self, count: usize) -> Result<(), Excess> {
        add(&mut self.open, count as u64, self.budget, Excess::Open)
    }
}

fn add(spent: &mut u64, count: u64, budget: &Budget, part: Excess) -> Result<(), Excess> {
    *spent = spent.saturating_add(count);
    if *spent > budget.of(part) { Err(part) } else { Ok(()) }
}
