//! What must hold of review when all is quiet.
//!
//! Invariant: that everybody sees the same is asked of the daemon's fold; that what it says is right is looked up in the
//! entries again, past the fold: who approved what, and over which line of submissions an opinion was carried.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::EntryHash;
use gongkai_model::{
    digest::Digest,
    id::DivisionId,
    review::{CatalogState, Decision, Fact, Mark, Standing, Step, Submission, SubmissionState, Target, Verdict},
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
            self.all_are_seen(owner, &expected, &own);
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

    /// What must hold of a catalog at one machine at any moment: it is looked at after each act at the desks, for what is
    /// wrong there another act may cover.
    pub(crate) fn at_desk(&mut self, node: &Node, of: &DivisionId, mutation: Mutation) {
        let facts = all_facts(node, of, mutation);
        let state = folded(of, facts.clone(), mutation);
        self.approved_by_somebody(node, &state, &facts);
        self.carried_rightly(node, &state, &facts);
        self.all_are_seen(node, &state, &facts);
    }

    /// What was written under a stolen key after its revocation counts nowhere, at whatever sequence it stands; nor what
    /// stands where it does not belong.
    fn void_is_void(&mut self, owner: &Node, facts: &[Fact]) {
        if let Some(counted) = facts.iter().find(|fact| self.void.contains_key(&fact.hash)) {
            let (owner, hash) = (&owner.division, counted.hash.short());
            self.fail(format!("{owner} counts {hash}, which was written by a stolen key or out of its place"));
        }
    }

    /// Each step of what is approved has agreed by a decision that names this submission and that step, or one whose
    /// role that step took over; a number is not enough.
    fn approved_by_somebody(&mut self, owner: &Node, state: &CatalogState, facts: &[Fact]) {
        for submission in state.approved.iter().filter_map(|hash| state.submission(hash)) {
            for step in &submission.steps {
                let is_approval = |fact: &Fact| {
                    decision(fact).is_some_and(|made| {
                        made.submission == submission.hash
                            && made.verdict == Verdict::Approve
                            && fact.author == step.division
                            && step_of(submission, made).is_some_and(|named| named.role == step.role)
                    })
                };
                if !facts.iter().any(is_approval) {
                    let (owner, hash, role) = (&owner.division, submission.hash.short(), &step.role);
                    self.fail(format!("{owner} counts {hash} as approved, which no {role} approved"));
                }
            }
        }
    }

    /// An opinion stands on what was looked at: given on this submission or on one that it follows, with the element
    /// unchanged in every submission that is followed since; and nobody's stands on what he wrote.
    fn carried_rightly(&mut self, owner: &Node, state: &CatalogState, facts: &[Fact]) {
        let told = Told::of(state, facts);
        for submission in &state.submissions {
            for standing in &submission.standing {
                let (owner, target, hash) = (&owner.division, &standing.target, submission.hash.short());
                let is_wrong = |mark: &&Mark| !told.is_rightly_carried(submission, standing, mark);
                if let Some(mark) = standing.marks.iter().find(is_wrong) {
                    let by = mark.decision.short();
                    self.fail(format!(
                        "{owner} holds an opinion of {by} for {target:?} of {hash}, whose line is broken"
                    ));
                }
                if let Some(mark) = standing.marks.iter().find(|mark| told.is_by_writer(standing, mark)) {
                    let by = mark.decision.short();
                    self.fail(format!("{owner} holds an opinion of {by} for {target:?} of {hash} by its own writer"));
                }
            }
        }
    }

    /// Every decision has an effect, is void, or waits.
    fn all_are_seen(&mut self, owner: &Node, state: &CatalogState, facts: &[Fact]) {
        let effects = state.submissions.iter().flat_map(|submission| &submission.decisions).map(|made| made.hash);
        let void = state.void.iter().map(|void| void.hash);
        let seen: Vec<EntryHash> =
            effects.chain(void).chain(state.waiting.iter().map(|waiting| waiting.hash)).collect();
        for fact in facts.iter().filter(|fact| decision(fact).is_some()) {
            let count = seen.iter().filter(|hash| **hash == fact.hash).count();
            if count != 1 {
                let (owner, hash) = (&owner.division, fact.hash.short());
                self.fail(format!("{owner} shows the decision {hash} {count} times"));
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
                let mut deciders: BTreeSet<(&DivisionId, &Step)> = BTreeSet::new();
                let standing = submission.decisions.iter().filter(|made| made.revoked_by.is_none());
                let mut by = standing.map(|made| (&made.author, &made.named));
                if let Some((twice, _)) = by.find(|by| !deciders.insert(*by)) {
                    self.fail(format!("a restored {twice} has decided {} of {of} twice", submission.hash.short()));
                }
            }
        }
    }
}

/// The step that a decision is about: the one that it names, else the one of its number under the table that it names.
fn step_of(on: &SubmissionState, made: &Decision) -> Option<Step> {
    let index = usize::try_from(made.step).ok()?;
    let chains = on.reroutes.iter().map(|route| (route.routing, &route.steps));
    let mut named = chains.filter(|(table, _)| *table == made.routing).map(|(_, steps)| steps);
    let chain = if on.routing == made.routing { &on.steps_submitted } else { named.next()? };
    made.named.clone().or_else(|| chain.get(index).cloned())
}

/// The submissions by their entries, and what each follows.
struct Told<'f> {
    by_hash: BTreeMap<Digest, &'f Fact>,
    contents: BTreeMap<Digest, Revision>,
    past: BTreeMap<Digest, BTreeSet<Digest>>,
}

impl<'f> Told<'f> {
    fn of(state: &CatalogState, facts: &'f [Fact]) -> Self {
        let by_hash: BTreeMap<Digest, &Fact> = facts.iter().map(|fact| (fact.hash, fact)).collect();
        let known = state.submissions.iter().map(|one| one.hash);
        let read = known.filter_map(|hash| Some((hash, submission(by_hash.get(&hash).copied()?)?)));
        let read: BTreeMap<Digest, &Submission> = read.collect();
        let contents = read.iter().filter_map(|(hash, it)| Some((*hash, revision::apply(None, &[], &it.body).ok()?)));
        let stands_on = |one: &Digest, behind: &Digest| {
            let mut line = std::iter::successors(Some(*one), |hash| read.get(hash)?.previous);
            line.any(|hash| hash == *behind)
        };
        let follows = |hash: &Digest, it: &Submission| -> Vec<Digest> {
            let carriers = read.iter().filter(|(_, other)| it.body.parents.contains(&other.body.revision));
            let merged = carriers.map(|(other, _)| *other).filter(|other| !stands_on(other, hash));
            merged.chain(it.previous).collect()
        };
        let follows: BTreeMap<Digest, Vec<Digest>> = read.iter().map(|(hash, it)| (*hash, follows(hash, it))).collect();
        let past = read.keys().map(|hash| {
            let (mut past, mut open) = (BTreeSet::new(), follows[hash].clone());
            while let Some(next) = open.pop() {
                if past.insert(next) {
                    open.extend(follows.get(&next).into_iter().flatten());
                }
            }
            (*hash, past)
        });
        Self { past: past.collect(), contents: contents.collect(), by_hash }
    }

    fn is_rightly_carried(&self, on: &SubmissionState, standing: &Standing, mark: &Mark) -> bool {
        let Some(made) = self.by_hash.get(&mark.decision).and_then(|fact| decision(fact)) else { return false };
        let is_given = made
            .opinions
            .iter()
            .any(|it| it.target == standing.target && it.digest == standing.digest && it.verdict == mark.verdict);
        let (Some(past), Some(before)) = (self.past.get(&on.hash), self.past.get(&made.submission)) else {
            return false;
        };
        let is_there = on.hash == made.submission || past.contains(&made.submission);
        let mut since = past.iter().chain([&on.hash]).filter(|hash| !before.contains(*hash));
        let stands = |hash: &Digest| {
            self.contents.get(hash).is_some_and(|content| holds(content, &standing.target, &standing.digest))
        };
        is_given && is_there && since.all(stands)
    }

    /// Whoever put an element up for the first time as it stands, or is named with that submission, wrote it.
    fn is_by_writer(&self, standing: &Standing, mark: &Mark) -> bool {
        let Some(fact) = self.by_hash.get(&mark.decision) else { return false };
        let Some(made) = decision(fact) else { return false };
        let Some(put_up) = self.by_hash.get(&made.submission).and_then(|fact| submission(fact)) else { return false };
        let stands = |hash: &Digest| {
            self.contents.get(hash).is_some_and(|content| holds(content, &standing.target, &standing.digest))
        };
        let is_new = !self.past.get(&made.submission).into_iter().flatten().any(stands);
        is_new && put_up.writers.contains(&fact.operator)
    }
}

/// Whether a revision has the element with this content; of a removal, that the item is not there.
fn holds(revision: &Revision, target: &Target, digest: &Digest) -> bool {
    match target {
        Target::Header => revision.header.digest() == *digest,
        Target::Item(id) => revision.items.get(id).is_some_and(|slot| slot.digest() == *digest),
        Target::Removal(id) => !revision.items.contains_key(id),
    }
}
