//! Who keeps a catalog and by whose word, and which submissions stand in doubt for want of it.
//!
//! Invariant: whoever stands above a division may write there, so its keys alone make nobody the keeper. A submission by
//! another than the division's own node names the order of custody under which it was written, or was written while the
//! division had no node. One that is neither, or whose order took custody from a node that lives, has no effect until
//! the division's person or the top's says that it stands: his own word, or work of his that follows it.
//! A function of the set of entries. Left out: which orders are lawful in the tree (the caller knows it).

use std::collections::{BTreeMap, BTreeSet};

use super::{Act, Fact, Submission, VoidReason};
use crate::{
    digest::Digest,
    id::{CatalogId, DivisionId},
};

/// An order that counts: from then on another node keeps a division's catalogs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its place among the division's orders.
    pub version: u64,
    /// Whose node gave it.
    pub author: DivisionId,
    /// Whose node kept them before.
    pub before: DivisionId,
    /// Whose node keeps them from then on.
    pub holder: DivisionId,
    /// The keeper before has a node of its own, and neither it nor the top gave the order.
    pub is_taken: bool,
    /// The submissions that stood at the end of each line when it was given; `None` in orders that do not say.
    pub kept: Option<BTreeSet<Digest>>,
}

/// Somebody's word on an order or on a submission that stands in doubt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Word {
    /// Counts up: the highest counts, of equal ones the refusal.
    pub version: u64,
    /// Whose node.
    pub author: DivisionId,
    /// It stands.
    pub is_right: bool,
}

/// What is known of a division's keepers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// The top of the tree: its person's word ends every doubt.
    pub top: DivisionId,
    /// Whose node keeps the catalogs where nobody ordered anything: the division's own, else the nearest above.
    pub of_old: DivisionId,
    /// The orders that count.
    pub orders: BTreeMap<Digest, Order>,
    /// Orders that were refused.
    pub refused: BTreeSet<Digest>,
    /// Words on orders and submissions, by what they are about.
    pub words: BTreeMap<Digest, Vec<Word>>,
    /// The submissions that stood at the end of each line when the division got its node, as each of its certificates
    /// says.
    pub at_first: BTreeSet<Digest>,
}

/// The word that counts: the highest version, of equal ones the refusal.
pub fn word_of<'w>(words: impl IntoIterator<Item = &'w Word>, may_say: impl Fn(&DivisionId) -> bool) -> Option<bool> {
    let said = words.into_iter().filter(|word| may_say(&word.author));
    said.max_by_key(|word| (word.version, !word.is_right)).map(|word| word.is_right)
}

impl Keeping {
    /// Who may say whether an order or a submission by `writer` stands: the division, whoever kept its catalogs before,
    /// and the top; nobody about his own.
    pub fn may_say(&self, division: &DivisionId, about: &Digest, writer: &DivisionId, who: &DivisionId) -> bool {
        let before = self.orders.get(about).map(|order| &order.before);
        let is_theirs = who == division || *who == self.of_old || Some(who) == before;
        *who == self.top || (is_theirs && who != writer)
    }

    fn word(&self, division: &DivisionId, about: &Digest, writer: &DivisionId) -> Option<bool> {
        let words = self.words.get(about)?;
        word_of(words, |who| self.may_say(division, about, writer, who))
    }

    /// Whether an order took custody from a node that lives, and nobody has said that it stands.
    pub fn is_open(&self, division: &DivisionId, order: &Digest) -> bool {
        let found = self.orders.get(order);
        found.is_some_and(|found| found.is_taken && self.word(division, order, &found.author) != Some(true))
    }

    /// Whether a division's node may take back what another put up.
    pub(super) fn may_withdraw(&self, catalog: &CatalogId, who: &DivisionId, writer: &DivisionId) -> bool {
        let mut orders = self.orders.iter().filter(|(hash, _)| !self.is_open(&catalog.division, hash));
        let is_holder = orders.any(|(_, order)| order.holder == *who);
        who == writer || *who == catalog.division || *who == self.top || *who == self.of_old || is_holder
    }

    /// Why a submission does not stand by itself, whatever follows it.
    fn by_itself(&self, catalog: &CatalogId, fact: &Fact, submission: &Submission) -> Result<(), VoidReason> {
        let author = &fact.author;
        if *author == catalog.division || *author == self.top {
            return Ok(());
        }
        match self.word(&catalog.division, &fact.hash, author) {
            Some(true) => return Ok(()),
            Some(false) => return Err(VoidReason::CustodyRefused),
            None => {}
        }
        let Some(named) = &submission.custody else {
            let is_of_old = *author == self.of_old && !self.is_over(catalog, 0, &fact.hash);
            return if is_of_old || self.at_first.contains(&fact.hash) { Ok(()) } else { Err(VoidReason::NotKeeper) };
        };
        match self.orders.get(named) {
            Some(order) if order.holder == *author => {
                if self.is_open(&catalog.division, named) {
                    Err(VoidReason::CustodyTaken)
                } else if self.is_over(catalog, order.version, &fact.hash) {
                    Err(VoidReason::NotKeeper)
                } else {
                    Ok(())
                }
            }
            None if self.refused.contains(named) => Err(VoidReason::CustodyRefused),
            Some(_) | None => Err(VoidReason::NotKeeper),
        }
    }

    /// Whether the custody of a version had ended before a submission: the order after it does not name it. An order
    /// given by hand of a stolen key beside the true one can only take away: both must name it.
    fn is_over(&self, catalog: &CatalogId, version: u64, submission: &Digest) -> bool {
        let standing = self
            .orders
            .iter()
            .filter(|(hash, order)| order.version > version && !self.is_open(&catalog.division, hash));
        let later: Vec<&Order> = standing.map(|(_, order)| order).collect();
        let Some(next) = later.iter().map(|order| order.version).min() else { return false };
        let mut after = later.into_iter().filter(|order| order.version == next);
        after.any(|order| order.kept.as_ref().is_some_and(|kept| !kept.contains(submission)))
    }
}

type Entry<'f> = (&'f Fact, &'f Submission);

/// The submissions that stand in doubt or were refused, each with the reason. What somebody rightful went on from
/// stands: he had read it.
pub(super) fn in_doubt(
    keeping: &Keeping,
    catalog: &CatalogId,
    facts: &BTreeMap<Digest, Fact>,
    entries: &BTreeMap<Digest, Entry<'_>>,
) -> BTreeMap<Digest, VoidReason> {
    let decided = decided_by(&keeping.top, facts);
    let mut doubts: BTreeMap<Digest, VoidReason> = BTreeMap::new();
    for (hash, (fact, submission)) in entries {
        match keeping.by_itself(catalog, fact, submission) {
            Err(reason) if !(reason.is_doubt() && decided.contains(hash)) => drop(doubts.insert(*hash, reason)),
            Ok(()) | Err(_) => {}
        }
    }
    if !doubts.values().any(VoidReason::is_doubt) {
        return doubts;
    }
    let by_revision = entries.iter().map(|(hash, (_, submission))| (submission.body.revision, *hash));
    let mut of_revision: BTreeMap<Digest, Vec<Digest>> = BTreeMap::new();
    by_revision.for_each(|(revision, hash)| of_revision.entry(revision).or_default().push(hash));
    let mut rightful: Vec<Digest> = entries.keys().filter(|hash| !doubts.contains_key(*hash)).copied().collect();
    while let Some(hash) = rightful.pop() {
        let (_, submission) = entries[&hash];
        let parents = submission.body.parents.iter().filter_map(|parent| of_revision.get(parent)).flatten();
        for before in submission.previous.iter().chain(parents) {
            if doubts.get(before).is_some_and(VoidReason::is_doubt) {
                doubts.remove(before);
                rightful.push(*before);
            }
        }
    }
    doubts
}

/// Submissions on which the top's reviewers decided: they do not, where one stands in doubt, so they did before that was
/// asked.
fn decided_by(top: &DivisionId, facts: &BTreeMap<Digest, Fact>) -> BTreeSet<Digest> {
    let decisions = facts.values().filter(|fact| fact.author == *top).filter_map(|fact| match &fact.act {
        Act::Decision(decision) => Some(decision.submission),
        Act::Submission { .. } | Act::Withdrawal(_) | Act::Receipt(_) | Act::Revocation(_) | Act::Reroute(_) => None,
    });
    decisions.collect()
}
