//! What a machine makes of a catalog: the entries it holds as facts, and the daemon's own fold of them.
//!
//! Invariant: without a mutation nothing is decided here but which entries count, and that by the keyring. Left out: who
//! says what (review), and what must hold of it (verdicts).

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::{
    Entry, EntryHash,
    keys::SignatureFault,
    kind::Kind,
    payload::{self, OnCatalog},
    place,
};
use gongkai_model::{
    id::{CatalogId, DivisionId, OperatorId},
    review::{self, CatalogState, Decision, Fact, Mark, Submission, Verdict, fold},
};

use crate::{chance::Chance, check::Above, mutation::Mutation, node::Node};

/// The one catalog of a division.
pub(crate) fn catalog(division: &DivisionId) -> CatalogId {
    CatalogId::parse(&format!("{division}/matters")).expect("a division's id and a word")
}

/// What a machine sees of a catalog.
pub(crate) fn state_of(node: &Node, of: &DivisionId, mutation: Mutation) -> CatalogState {
    folded(of, all_facts(node, of, mutation), mutation)
}

/// The daemon's fold, with the places where a mutation takes a rule of review away.
pub(crate) fn folded(of: &DivisionId, mut facts: Vec<Fact>, mutation: Mutation) -> CatalogState {
    if mutation == Mutation::ArrivalOrder {
        first_decisions(&mut facts);
    }
    if mutation == Mutation::DecisionOnLatest {
        on_latest(&mut facts);
    }
    let looked_up = (mutation == Mutation::CarriedByContent).then(|| facts.clone());
    let mut state = fold(&catalog(of), facts);
    if let Some(facts) = looked_up {
        carry_by_content(&mut state, &facts);
    }
    state
}

/// Those by authors that ever stood above: what a lost order allowed is not everywhere.
pub(crate) fn facts(node: &Node, of: &DivisionId, above: &Above, mutation: Mutation) -> Vec<Fact> {
    let mut facts = all_facts(node, of, mutation);
    facts.retain(|fact| above.is_above(&fact.author, of));
    facts
}

/// In the order of arrival; what a revoked key signed beyond its good heads has no effect, nor what is out of its place.
pub(crate) fn all_facts(node: &Node, of: &DivisionId, mutation: Mutation) -> Vec<Fact> {
    let keyring = &node.trust.keyring;
    let counts = |entry: &Entry| match mutation {
        Mutation::RevokedCounts => true,
        Mutation::GoodBySequence => keyring.check(entry) != Err(SignatureFault::Revoked),
        _ => keyring.counts(entry),
    };
    let is_in_place = |entry: &Entry| {
        mutation == Mutation::MisplacedCounts || place::misplaced(node.root(), &entry.header, of).is_none()
    };
    let is_about_it = |entry: &Entry| {
        let bytes = entry.payload.as_deref().unwrap_or_default();
        payload::about(&entry.header.kind, bytes).is_some_and(|about| about == catalog(of))
    };
    let tables = node.store.db.tables();
    let entries = tables.rows.iter().map(|row| &row.entry).filter(|entry| is_in_place(entry) && counts(entry));
    entries.filter(|entry| is_about_it(entry)).filter_map(fact).collect()
}

fn fact(entry: &Entry) -> Option<Fact> {
    let (word, bytes) = (&entry.header.kind, entry.payload.as_deref()?);
    let kind = Kind::from_word(word)?;
    let act = if kind == Kind::Submission {
        review::Act::Submission { submission: payload::decode(word, bytes).ok()?, parts: Vec::new() }
    } else if kind == Kind::Withdrawal {
        review::Act::Withdrawal(payload::decode::<OnCatalog<_>>(word, bytes).ok()?.act)
    } else if kind == Kind::Decision {
        review::Act::Decision(payload::decode::<OnCatalog<_>>(word, bytes).ok()?.act)
    } else if kind == Kind::Revocation {
        review::Act::Revocation(payload::decode::<OnCatalog<_>>(word, bytes).ok()?.act)
    } else {
        return None;
    };
    let author = entry.header.stream.author.division.clone();
    let operator = OperatorId::parse(&format!("{author}/desk")).expect("a division's id and a word");
    Some(Fact { hash: entry.hash(), author, operator, at_ms: entry.header.written_at_ms, act })
}

pub(crate) fn shuffle(facts: &mut [Fact], chance: &mut Chance) {
    for index in (1..facts.len()).rev() {
        facts.swap(index, chance.below(index + 1));
    }
}

/// The decision that a fact is.
pub(crate) fn decision(fact: &Fact) -> Option<&Decision> {
    match &fact.act {
        review::Act::Decision(made) => Some(made),
        review::Act::Submission { .. }
        | review::Act::Withdrawal(_)
        | review::Act::Receipt(_)
        | review::Act::Revocation(_)
        | review::Act::Reroute(_) => None,
    }
}

/// The submission that a fact is.
pub(crate) fn submission(fact: &Fact) -> Option<&Submission> {
    match &fact.act {
        review::Act::Submission { submission, .. } => Some(submission),
        review::Act::Decision(_)
        | review::Act::Withdrawal(_)
        | review::Act::Receipt(_)
        | review::Act::Revocation(_)
        | review::Act::Reroute(_) => None,
    }
}

/// The highest number of an edition that a machine holds, and each with the entry's hash.
pub(crate) fn last_number(node: &Node) -> u64 {
    numbers(node).into_iter().map(|(number, _)| number).max().unwrap_or(0)
}

/// The editions that a machine holds, by number.
pub(crate) fn numbers(node: &Node) -> BTreeSet<(u64, EntryHash)> {
    let tables = node.store.db.tables();
    let editions = tables.rows.iter().map(|row| &row.entry).filter(|it| it.header.kind == Kind::Edition);
    let number = |entry: &Entry| str::from_utf8(entry.payload.as_deref()?).ok()?.parse().ok();
    editions.filter_map(|entry| Some((number(entry)?, entry.hash()))).collect()
}

/// Of several decisions on a submission the first to arrive counts.
fn first_decisions(facts: &mut Vec<Fact>) {
    let mut decided = BTreeSet::new();
    facts.retain(|fact| decision(fact).is_none_or(|made| decided.insert(made.submission)));
}

/// Each decision is taken for one on the submission that arrived last before it.
fn on_latest(facts: &mut [Fact]) {
    let mut latest = None;
    for fact in facts {
        if submission(fact).is_some() {
            latest = Some(fact.hash);
        } else if let (review::Act::Decision(made), Some(latest)) = (&mut fact.act, latest) {
            made.submission = latest;
        }
    }
}

/// An element that anybody ever approved with this content counts as approved.
fn carry_by_content(state: &mut CatalogState, facts: &[Fact]) {
    for standing in state.submissions.iter_mut().flat_map(|submission| &mut submission.standing) {
        let is_it = |made: &&Decision| {
            let opinions = &mut made.opinions.iter();
            opinions.any(|it| {
                it.target == standing.target && it.digest == standing.digest && it.verdict == Verdict::Approve
            })
        };
        let given = facts.iter().find(|fact| decision(fact).as_ref().is_some_and(is_it));
        let Some(given) = given.filter(|_| standing.marks.is_empty()) else { continue };
        let (decision, verdict) = (given.hash, Verdict::Approve);
        let (text, elements) = (String::new(), BTreeMap::new());
        standing.marks.push(Mark { step: 0, verdict, text, elements, decision, is_carried: true });
    }
}
