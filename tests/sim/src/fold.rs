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
    digest::Digest,
    id::{CatalogId, DivisionId, OperatorId},
    review::{self, CatalogState, Decision, Fact, Mark, Submission, Verdict, fold},
    revision::apply,
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
    if mutation == Mutation::CarryAlongOneParent {
        along_one_parent(&mut facts);
    }
    if mutation == Mutation::StepsByIndex {
        steps_by_index(of, &mut facts);
    }
    if mutation == Mutation::DecisionLost {
        lose_decisions(of, &mut facts);
    }
    if mutation == Mutation::LastWriterOnly {
        forget_writers(&mut facts);
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
    } else if kind == Kind::Reroute {
        review::Act::Reroute(payload::decode::<OnCatalog<_>>(word, bytes).ok()?.act)
    } else {
        return None;
    };
    let author = entry.header.stream.author.division.clone();
    let operator = match &act {
        review::Act::Submission { submission, .. } => operator(&submission.reason),
        review::Act::Decision(made) => operator(&made.note),
        review::Act::Withdrawal(_) | review::Act::Receipt(_) | review::Act::Revocation(_) | review::Act::Reroute(_) => {
            operator("desk")
        }
    };
    Some(Fact { hash: entry.hash(), author, operator, at_ms: entry.header.written_at_ms, act })
}

/// People stand in the entries' words here, so that one may sit at two desks.
pub(crate) fn operator(name: &str) -> OperatorId {
    OperatorId::parse(&format!("n0/{name}")).expect("a division's id and a word")
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

/// A merge follows the submission before it in its line, and nothing else.
fn along_one_parent(facts: &mut [Fact]) {
    let revision_of: BTreeMap<EntryHash, Digest> =
        facts.iter().filter_map(|fact| Some((fact.hash, submission(fact)?.body.revision))).collect();
    let mut renamed: BTreeMap<Digest, Digest> = BTreeMap::new();
    // A revision's name is made of its parents' names: those that follow it are renamed after it.
    for _ in 0..facts.len() {
        let before = renamed.len();
        for fact in facts.iter_mut() {
            let review::Act::Submission { submission, .. } = &mut fact.act else { continue };
            let named = revision_of[&fact.hash];
            let Ok(mut revision) = apply(None, &[], &submission.body) else { continue };
            let own = submission.previous.and_then(|previous| revision_of.get(&previous));
            if revision.parents.len() > 1 {
                revision.parents.retain(|parent| Some(parent) == own);
            }
            for parent in &mut revision.parents {
                *parent = renamed.get(parent).copied().unwrap_or(*parent);
            }
            submission.body = revision.full();
            if submission.body.revision != named {
                renamed.insert(named, submission.body.revision);
            }
        }
        if renamed.len() == before {
            break;
        }
    }
}

/// A decision is about whatever step has its number in the chain that counts.
fn steps_by_index(of: &DivisionId, facts: &mut [Fact]) {
    let state = fold(&catalog(of), facts.to_vec());
    for fact in facts {
        let review::Act::Decision(made) = &mut fact.act else { continue };
        let Some(on) = state.submission(&made.submission) else { continue };
        let step = usize::try_from(made.step).ok().and_then(|index| on.steps.get(index));
        if let Some(step) = step {
            made.named = Some(step.clone());
        }
    }
}

/// A decision beyond the end of the chain that counts is nowhere.
fn lose_decisions(of: &DivisionId, facts: &mut Vec<Fact>) {
    let state = fold(&catalog(of), facts.clone());
    let is_within = |made: &Decision| {
        let on = state.submission(&made.submission);
        on.is_none_or(|on| usize::try_from(made.step).is_ok_and(|index| index < on.steps.len()))
    };
    facts.retain(|fact| decision(fact).is_none_or(is_within));
}

/// Whoever submits is taken for the only writer.
fn forget_writers(facts: &mut [Fact]) {
    for fact in facts {
        if let review::Act::Submission { submission, .. } = &mut fact.act {
            submission.writers.clear();
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
