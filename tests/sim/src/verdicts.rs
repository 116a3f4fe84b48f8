//! What must hold of review when all is quiet.
//!
//! Invariant: that everybody sees the same is asked of the daemon's fold; that what it says is right is looked up in the
//! entries again, past the fold: who approved what, and over which line of submissions an opinion was carried.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::EntryHash;
use gongkai_model::{
    digest::Digest,
    id::DivisionId,
    review::{CatalogState, Fact, Mark, Standing, SubmissionState, Target, Verdict},
    revision::{self, Revision},
};

use crate::{
    chance::Chance,
    check::{Above, Watch},
    fold::{all_facts, decision, facts, folded, numbers, shuffle, submission},
    mutation::Mutation,
    node::Node,
};

/// Shuffled foldings of each catalog when all is quiet.
const SHUFFLES: usize = 2;

impl Watch {
    /// Every machine that a catalog is routed to folds the same state, in whatever order; nothing is approved that
    /// its reviewer did not approve by an entry that names it, and no opinion stands where its line was broken.
    pub(crate) fn reviews(&mut self, nodes: &[&Node], above: &Above, mutation: Mutation, chance: &mut Chance) {
        for owner in nodes {
            let of = &owner.division;
            let own = facts(owner, of, above, mutation);
            let expected = folded(of, own.clone(), mutation);
            self.folds += usize::from(!expected.submissions.is_empty());
            for node in nodes.iter().filter(|node| owner.trust.tree.is_on_path(&node.division, of)) {
                let mut facts = facts(node, of, above, mutation);
                if folded(of, facts.clone(), mutation) != expected {
                    self.fail(format!("{} sees the catalog of {of} in another state", node.division));
                }
                for _ in 0..SHUFFLES {
                    facts.extend(facts.clone().into_iter().step_by(2));
                    shuffle(&mut facts, chance);
                    if folded(of, facts.clone(), mutation) != expected {
                        self.fail(format!("{} folds the catalog of {of} by the order of arrival", node.division));
                    }
                }
            }
            self.void_is_void(owner, &own);
            self.approved_by_somebody(owner, &expected, &own);
            self.carried_rightly(owner, &expected, &own);
        }
    }

    /// Two machines that hold the same of a catalog see it in the same state, whoever heard what first. Whether they do
    /// hold the same.
    pub(crate) fn same_view(&mut self, one: &Node, other: &Node, of: &DivisionId, mutation: Mutation) -> bool {
        let [ours, theirs] = [one, other].map(|node| all_facts(node, of, mutation));
        let hashes = |facts: &[Fact]| facts.iter().map(|fact| fact.hash).collect::<BTreeSet<_>>();
        let have_same = hashes(&ours) == hashes(&theirs);
        self.crossings += usize::from(have_same);
        if have_same && folded(of, ours, mutation) != folded(of, theirs, mutation) {
            let (one, other) = (&one.division, &other.division);
            self.fail(format!("{one} and {other} see the catalog of {of} in two states after an exchange of drives"));
        }
        have_same
    }

    /// What was written under a stolen key after its revocation counts nowhere, at whatever sequence it stands; nor what
    /// stands where it does not belong.
    fn void_is_void(&mut self, owner: &Node, facts: &[Fact]) {
        if let Some(counted) = facts.iter().find(|fact| self.void.contains(&fact.hash)) {
            let (owner, hash) = (&owner.division, counted.hash.short());
            self.fail(format!("{owner} counts {hash}, which was written by a stolen key or out of its place"));
        }
    }

    fn approved_by_somebody(&mut self, owner: &Node, state: &CatalogState, facts: &[Fact]) {
        for submission in state.approved.iter().filter_map(|hash| state.submission(hash)) {
            let is_approval = |fact: &Fact| {
                decision(fact).is_some_and(|made| {
                    made.submission == submission.hash
                        && made.verdict == Verdict::Approve
                        && submission.steps.iter().any(|step| step.division == fact.author)
                })
            };
            if !facts.iter().any(is_approval) {
                let (owner, hash) = (&owner.division, submission.hash.short());
                self.fail(format!("{owner} counts {hash} as approved, which nobody approved"));
            }
        }
    }

    /// An opinion stands on what was looked at: given on this submission or on one before it, with the element unchanged
    /// in every submission from there to here.
    fn carried_rightly(&mut self, owner: &Node, state: &CatalogState, facts: &[Fact]) {
        let by_hash: BTreeMap<Digest, &Fact> = facts.iter().map(|fact| (fact.hash, fact)).collect();
        for submission in &state.submissions {
            for standing in &submission.standing {
                let is_wrong = |mark: &&Mark| !is_rightly_carried(submission, standing, mark, &by_hash);
                if let Some(mark) = standing.marks.iter().find(is_wrong) {
                    let (owner, target, hash) = (&owner.division, &standing.target, submission.hash.short());
                    let by = mark.decision.short();
                    self.fail(format!(
                        "{owner} holds an opinion of {by} for {target:?} of {hash}, whose line is broken"
                    ));
                }
            }
        }
    }

    /// After restores that everybody knew of nothing is said twice: one number for one edition, one line of submissions,
    /// one decision by a reviewer on each.
    pub(crate) fn said_once(&mut self, nodes: &[&Node], above: &Above, mutation: Mutation) {
        let editions: BTreeSet<(u64, EntryHash)> = nodes.iter().flat_map(|node| numbers(node)).collect();
        let mut seen = BTreeSet::new();
        if let Some((number, _)) = editions.iter().find(|(number, _)| !seen.insert(*number)) {
            self.fail(format!("two editions have the number {number}"));
        }
        for owner in nodes {
            let of = &owner.division;
            let state = folded(of, facts(owner, of, above, mutation), mutation);
            if state.heads.len() > 1 {
                self.fail(format!("a restored {of} has submitted beside what it had submitted before"));
            }
            for submission in &state.submissions {
                let mut deciders: BTreeSet<&DivisionId> = BTreeSet::new();
                let standing = submission.decisions.iter().filter(|made| made.revoked_by.is_none());
                if let Some(twice) = standing.map(|made| &made.author).find(|author| !deciders.insert(author)) {
                    self.fail(format!("a restored {twice} has decided {} of {of} twice", submission.hash.short()));
                }
            }
        }
    }
}

fn is_rightly_carried(on: &SubmissionState, standing: &Standing, mark: &Mark, facts: &BTreeMap<Digest, &Fact>) -> bool {
    let Some(made) = facts.get(&mark.decision).and_then(|fact| decision(fact)) else { return false };
    let is_given = made
        .opinions
        .iter()
        .any(|it| it.target == standing.target && it.digest == standing.digest && it.verdict == mark.verdict);
    let mut at = Some(on.hash);
    while let Some(hash) = at {
        let Some(put_up) = facts.get(&hash).and_then(|fact| submission(fact)) else { return false };
        let content = revision::apply(None, &[], &put_up.body).ok();
        if !content.is_some_and(|content| holds(&content, &standing.target, &standing.digest)) {
            return false;
        }
        if hash == made.submission {
            return is_given;
        }
        at = put_up.previous;
    }
    false
}

/// Whether a revision has the element with this content; of a removal, that the item is not there.
fn holds(revision: &Revision, target: &Target, digest: &Digest) -> bool {
    match target {
        Target::Header => revision.header.digest() == *digest,
        Target::Item(id) => revision.items.get(id).is_some_and(|slot| slot.digest() == *digest),
        Target::Removal(id) => !revision.items.contains_key(id),
    }
}
