//! Random histories of a whole ladder against the oracle: lines that part and meet, chains of several tables and
//! reroutes between them, custody that moves, withdrawals and the same put up again, decisions late and out of turn,
//! revocations, what revoked keys signed gone from the set; and mutants, each of which some history must find.
//!
//! A history is its seed. The fold under test never sees the oracle, nor the oracle the fold.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
};

use super::{
    oracle::Oracle,
    world::{CITY, COUNTY, TOWN, World, division, id, item, operator, prescribed, table},
};
use crate::{
    digest::Digest,
    id::{DepartmentSlug, ItemId},
    review::{
        Act, CatalogState, Decision, Fact, Folded, Ground, Keeping, Known, Opinion, Prescribed, Reroute, Revocation,
        Step, Submission, SubmissionStatus, Target, Verdict, Withdrawal, fold_known,
    },
    revision::{Header, Revision, Slot},
};

/// Histories of one test run.
const HISTORIES: u64 = 3_000;
/// Histories within which each mutant is found.
const MUTANT_HISTORIES: u64 = 1_500;
const DEEDS: usize = 26;
const SUBMISSIONS_MAX: usize = 9;
const CLERKS: [&str; 3] = ["211221100/li", "211221/wang", "211221/zhao"];
const REVIEWERS: [&str; 5] = ["211221/wang", "211221/zhao", "211200/sun", "211221/qian", "211221/wu"];

/// Chance by a seed.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % count.max(1)
    }

    pub(super) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub(super) fn of<T: Clone>(&mut self, list: &[T]) -> Option<T> {
        let index = self.below(list.len());
        list.get(index).cloned()
    }
}

fn at(place: &str, role: &str, department: &str) -> Step {
    let department = DepartmentSlug::parse(department).ok();
    Step { division: division(place), department, role: role.to_owned(), is_outside: false }
}

/// Tables with other lists of steps: the lead office alone, swapped, inserted, another department, the city.
fn tables() -> Vec<(Digest, u64, Vec<Step>)> {
    let counterpart = || at(COUNTY, "counterpart", "dept-civil");
    let lead = || at(COUNTY, "lead-office", "dept-office");
    let chains = [
        vec![counterpart(), lead()],
        vec![lead()],
        vec![lead(), counterpart()],
        vec![
            at(COUNTY, "counterpart", "dept-social"),
            at(COUNTY, "expert", "dept-law"),
            at(CITY, "lead-office", "dept-office"),
        ],
        vec![counterpart()],
    ];
    (1u64..).zip(chains).map(|(version, steps)| (table(&version.to_string()), version, steps)).collect()
}

pub(super) fn fold(world: &World, facts: &[Fact]) -> CatalogState {
    fold_kept(world, facts, None, &Known::new()).state
}

/// The same where somebody asks who keeps the catalog, with contents that are known already.
pub(super) fn fold_kept(world: &World, facts: &[Fact], keeping: Option<&Keeping>, known: &Known) -> Folded {
    let tables = tables();
    let steps_of = |hash: &Digest| -> Option<Prescribed> {
        let (_, version, steps) = tables.iter().find(|(known, ..)| known == hash)?;
        Some(prescribed(*version, steps))
    };
    let custodians = BTreeSet::from([division(COUNTY), division(CITY)]);
    let catalog = &world.catalog;
    let ground = Ground { catalog, custodians: &custodians, keeping, steps_of: Some(&steps_of), standard_of: None };
    fold_known(&ground, facts.iter().cloned(), known)
}

/// A history under way.
struct Told {
    dice: Dice,
    world: World,
    contents: BTreeMap<Digest, Revision>,
    submissions: Vec<Digest>,
    decisions: Vec<(Digest, Digest)>,
    reroutes: BTreeMap<Digest, Vec<Digest>>,
}

/// The entries of a seed.
pub(super) fn history(seed: u64) -> (World, Vec<Fact>) {
    let dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut told = Told {
        dice,
        world: World::new(),
        contents: BTreeMap::new(),
        submissions: Vec::new(),
        decisions: Vec::new(),
        reroutes: BTreeMap::new(),
    };
    for _ in 0..DEEDS {
        told.deed();
    }
    let mut facts = told.world.facts.clone();
    if told.dice.one_in(4) {
        // What a revoked key signed beyond its last good head has no effect on any node.
        let author = division([TOWN, COUNTY, CITY][told.dice.below(3)]);
        let good = told.dice.below(facts.len());
        let mut index = 0;
        facts.retain(|fact| {
            index += 1;
            index <= good || fact.author != author
        });
    }
    (told.world, facts)
}

impl Told {
    fn deed(&mut self) {
        match self.dice.below(20) {
            0..=4 if self.submissions.len() < SUBMISSIONS_MAX => self.submit(),
            5 => self.withdraw(),
            6 if self.submissions.len() < SUBMISSIONS_MAX => self.submit_again(),
            7 | 8 => self.reroute(),
            9 | 10 => self.revoke(),
            _ => self.decide(),
        }
    }

    fn add(&mut self, author: &str, who: &str, act: Act) -> Digest {
        let hash = self.world.add(author, "x", act);
        if let Some(fact) = self.world.facts.last_mut() {
            fact.operator = operator(who);
        }
        hash
    }

    fn known_on(&self, on: &[Digest]) -> Vec<Digest> {
        self.decisions.iter().filter(|(named, _)| on.contains(named)).map(|(_, made)| *made).collect()
    }

    fn put_up(&mut self, previous: Option<Digest>, knows: Vec<Digest>, revision: &Revision) {
        let tables = tables();
        let (routing, _, steps) = tables[if self.dice.one_in(3) { self.dice.below(5) } else { 0 }].clone();
        let steps = if self.dice.one_in(25) { Vec::new() } else { steps };
        let mut writers = Vec::new();
        let mut written = BTreeMap::new();
        for who in CLERKS {
            if self.dice.one_in(8) {
                writers.push(operator(who));
                if self.dice.one_in(2) {
                    let items: Vec<ItemId> = ["a", "b"].into_iter().filter(|_| self.dice.one_in(2)).map(id).collect();
                    written.insert(operator(who), items);
                }
            }
        }
        let since = if self.dice.one_in(4) { self.dice.of(&self.submissions.clone()) } else { None };
        let plain = self.world.payload(previous, &knows, revision);
        let submission = Submission { routing, steps, writers, written, since, ..plain };
        // Custody moves: the county's own clerks write, too.
        let who = CLERKS[self.dice.below(3)];
        let author = if self.dice.one_in(3) { COUNTY } else { TOWN };
        let hash = self.add(author, who, Act::Submission { submission, parts: Vec::new() });
        self.contents.insert(hash, revision.clone());
        self.submissions.push(hash);
    }

    /// On one line, or where two or three meet; items as one of the sides has them, gone, or anew.
    fn submit(&mut self) {
        let mut on: Vec<Digest> = Vec::new();
        let count = if self.dice.one_in(3) { 2 + usize::from(self.dice.one_in(4)) } else { 1 };
        for _ in 0..count {
            // Mostly the latest, so that lines grow.
            let recent = self.submissions.len().saturating_sub(if self.dice.one_in(2) { 2 } else { 9 });
            let found = self.dice.of(&self.submissions[recent..]);
            on.extend(found.filter(|one| !on.contains(one)));
        }
        let sides: Vec<Revision> = on.iter().map(|one| self.contents[one].clone()).collect();
        let mut items: BTreeMap<ItemId, Slot> = BTreeMap::new();
        for (order, name) in (0u32..).zip(["a", "b", "c"]) {
            let text = match self.dice.below(8) {
                0 => None,
                1 | 2 => Some(["1", "2"][self.dice.below(2)].to_owned()),
                _ => {
                    let side = self.dice.of(&sides);
                    match side {
                        None => Some("1".to_owned()),
                        Some(side) => side.items.get(&id(name)).map(|slot| slot.item().decode().content),
                    }
                }
            };
            if let Some(text) = text {
                items.insert(id(name), Slot::new(order, order.to_string(), item(name, &text).to_canonical()));
            }
        }
        let guideline = if self.dice.one_in(20) { "v2" } else { "v1" }.to_owned();
        let header = Header { title: "标题".to_owned(), guideline, ..Header::default() };
        let parents: BTreeSet<Digest> = sides.iter().map(Revision::digest).collect();
        let revision = Revision {
            catalog: self.world.catalog.clone(),
            parents: parents.into_iter().collect(),
            header: header.to_canonical(),
            items: items.into(),
        };
        let knows = if self.dice.one_in(3) { Vec::new() } else { self.known_on(&on) };
        let previous = on.first().copied();
        self.put_up(previous, knows, &revision);
    }

    fn submit_again(&mut self) {
        let Some(of) = self.dice.of(&self.submissions.clone()) else { return };
        let (revision, knows) = (self.contents[&of].clone(), self.known_on(&[of]));
        self.put_up(Some(of), knows, &revision);
    }

    fn withdraw(&mut self) {
        let Some(submission) = self.dice.of(&self.submissions.clone()) else { return };
        let knows = if self.dice.one_in(2) { Vec::new() } else { self.known_on(&[submission]) };
        let act = Act::Withdrawal(Withdrawal { submission, knows, reason: String::new() });
        self.add(TOWN, CLERKS[0], act);
    }

    fn reroute(&mut self) {
        let Some(submission) = self.dice.of(&self.submissions.clone()) else { return };
        let (routing, _, steps) = self.dice.of(&tables()).unwrap();
        let known = self.reroutes.entry(submission).or_default().clone();
        let after = if self.dice.one_in(2) { self.dice.of(&known) } else { None };
        let act = Act::Reroute(Reroute { submission, after, routing, steps, reason: String::new() });
        let author = if self.dice.one_in(8) { TOWN } else { COUNTY };
        let hash = self.add(author, REVIEWERS[1], act);
        self.reroutes.entry(submission).or_default().push(hash);
    }

    fn revoke(&mut self) {
        let Some((_, decision)) = self.dice.of(&self.decisions.clone()) else { return };
        let act = Act::Revocation(Revocation { decision, reason: "误批".to_owned() });
        let author = [COUNTY, CITY, TOWN][self.dice.below(3)];
        let who = REVIEWERS[self.dice.below(5)];
        self.add(author, who, act);
    }

    /// By whoever thinks that it is his turn, under the chain that counts or an older one, on all that is open or on
    /// some; on an old submission as on a new one.
    fn decide(&mut self) {
        let recent = self.submissions.len().saturating_sub(if self.dice.one_in(3) { 9 } else { 2 });
        let Some(submission) = self.dice.of(&self.submissions[recent..]) else { return };
        let state = fold(&self.world, &self.world.facts);
        let Some(shown) = state.submission(&submission) else { return };
        let routes = shown.reroutes.iter().map(|route| (route.routing, route.steps.clone()));
        let mut chains: Vec<(Digest, Vec<Step>)> = vec![(shown.routing, shown.steps_submitted.clone())];
        chains.extend(routes);
        let in_force = shown.reroutes.iter().find(|route| route.is_effective);
        let now = in_force.map_or(chains[0].clone(), |route| (route.routing, route.steps.clone()));
        let (routing, chain) = if self.dice.one_in(4) { self.dice.of(&chains).unwrap() } else { now };
        let turn = shown.next_step.and_then(|step| usize::try_from(step).ok());
        let index = turn.filter(|_| !self.dice.one_in(5)).unwrap_or_else(|| self.dice.below(chain.len()));
        let Some(step) = chain.get(index).cloned() else { return };
        let verdict = if self.dice.one_in(4) { Verdict::Return } else { Verdict::Approve };
        let mut opinions = self.opinions(submission, shown.standing.as_slice(), index);
        for opinion in opinions.iter_mut().filter(|_| verdict == Verdict::Return) {
            if self.dice.one_in(2) {
                opinion.verdict = Verdict::Return;
            }
        }
        let decision = Decision {
            submission,
            step: u32::try_from(index).unwrap(),
            named: (!self.dice.one_in(3)).then(|| step.clone()),
            routing: if self.dice.one_in(8) { table("9") } else { routing },
            verdict,
            opinions,
            note: "意见".to_owned(),
            outside: None,
        };
        let author = step.division.to_string();
        let who = REVIEWERS[self.dice.below(5)];
        let hash = self.add(&author, who, Act::Decision(decision));
        self.decisions.push((submission, hash));
    }

    fn opinions(&mut self, submission: Digest, standing: &[crate::review::Standing], step: usize) -> Vec<Opinion> {
        let step = u32::try_from(step).unwrap();
        let mut targets: Vec<(Target, Digest)> = standing
            .iter()
            .filter(|standing| !standing.is_approved(step) || self.dice.one_in(6))
            .map(|standing| (standing.target.clone(), standing.digest))
            .collect();
        if standing.is_empty() {
            // Superseded since: its reviewer read it before.
            let content = &self.contents[&submission];
            targets.push((Target::Header, content.header.digest()));
            targets.extend(content.items.iter().map(|(id, slot)| (Target::Item(id.clone()), slot.digest())));
        }
        if self.dice.one_in(4) {
            targets.retain(|_| !self.dice.one_in(3));
        }
        let opinion = |(target, digest)| Opinion {
            target,
            digest,
            verdict: Verdict::Approve,
            text: "意见".to_owned(),
            elements: BTreeMap::new(),
        };
        targets.into_iter().map(opinion).collect()
    }
}

/// What differs between a state and the rules.
fn difference(state: &CatalogState, facts: &[Fact], oracle: &Oracle<'_>) -> Option<String> {
    let known: BTreeSet<Digest> = state.submissions.iter().map(|submission| submission.hash).collect();
    if known != oracle.submissions.iter().copied().collect() {
        return Some("other submissions can be read".to_owned());
    }
    for submission in &state.submissions {
        let short = submission.hash.short();
        let is_approved = submission.status == SubmissionStatus::Approved;
        if is_approved != oracle.is_approved(&submission.hash) {
            return Some(format!("{short} approved: {is_approved}"));
        }
        for standing in &submission.standing {
            if standing.writers != oracle.writers(&submission.hash, &standing.target) {
                return Some(format!("{short} {:?} has other writers", standing.target));
            }
            for place in 0..submission.steps.len() {
                let agreed = oracle.agreed(&submission.hash, place).contains(&standing.target);
                if standing.is_approved(u32::try_from(place).unwrap()) != agreed {
                    return Some(format!("{short} {:?} agreed to at {place}: {}", standing.target, !agreed));
                }
            }
        }
    }
    unseen(state, facts, oracle)
}

/// Every decision has an effect, is void or waits; one that keeps the rules by itself is never void for another rule
/// than that its turn was passed over.
fn unseen(state: &CatalogState, facts: &[Fact], oracle: &Oracle<'_>) -> Option<String> {
    let effects = state.submissions.iter().flat_map(|submission| &submission.decisions).map(|made| made.hash);
    let skipped = state.void.iter().filter(|void| void.reason == crate::review::VoidReason::StepSkipped);
    let legal: BTreeSet<Digest> = effects.clone().chain(skipped.map(|void| void.hash)).collect();
    let mut seen: Vec<Digest> = effects.collect();
    seen.extend(state.void.iter().map(|void| void.hash));
    seen.extend(state.waiting.iter().map(|waiting| waiting.hash));
    for fact in facts.iter().filter(|fact| matches!(fact.act, Act::Decision(_))) {
        let count = seen.iter().filter(|hash| **hash == fact.hash).count();
        if count != 1 {
            return Some(format!("decision {} shows up {count} times", fact.hash.short()));
        }
        if legal.contains(&fact.hash) != oracle.is_legal(&fact.hash) {
            return Some(format!("decision {} is legal: {}", fact.hash.short(), legal.contains(&fact.hash)));
        }
    }
    None
}

fn check(seed: u64, mutate: &dyn Fn(&World, Vec<Fact>) -> Vec<Fact>) -> Option<String> {
    let (world, facts) = history(seed);
    let oracle = Oracle::of(&facts, &tables());
    difference(&fold(&world, &mutate(&world, facts.clone())), &facts, &oracle)
}

#[test]
fn the_fold_says_what_the_rules_say() {
    let wrong: Vec<String> = (0..HISTORIES)
        .filter_map(|seed| Some(format!("history {seed}: {}", check(seed, &|_, facts| facts)?)))
        .collect();
    assert!(wrong.is_empty(), "{} of {HISTORIES}\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}

#[test]
fn the_histories_have_what_they_are_made_for() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 0..HISTORIES / 10 {
        let (world, facts) = history(seed);
        let state = fold(&world, &facts);
        let mut count = |what: &'static str, is_so: bool| *counts.entry(what).or_default() += usize::from(is_so);
        let all = || state.submissions.iter();
        let effects = || all().flat_map(|one| &one.decisions).map(|made| made.effect);
        count("a merge", all().any(|one| one.parents.len() > 1));
        count("an approved merge", all().any(|one| one.parents.len() > 1 && one.status == SubmissionStatus::Approved));
        count("an approval", all().any(|one| one.status == SubmissionStatus::Approved));
        count("a chain moved", all().any(|one| one.steps != one.steps_submitted));
        count("a step gone", effects().any(|effect| effect == crate::review::DecisionEffect::Rerouted));
        count("a late decision", effects().any(|effect| effect == crate::review::DecisionEffect::Stale));
        count("a word carried", all().flat_map(|one| &one.standing).flat_map(|it| &it.marks).any(|it| it.is_carried));
        count("a self-review", state.void.iter().any(|it| it.reason == crate::review::VoidReason::SelfReview));
        count("something waits", !state.waiting.is_empty());
    }
    let rare: Vec<_> = counts.iter().filter(|(_, count)| **count < 10).collect();
    assert!(rare.is_empty(), "{counts:?}");
}

/// The rules that are taken away, each at the entries, since the fold has no switch.
#[test]
fn each_rule_that_is_taken_away_is_missed_by_some_history() {
    type Mutant = fn(&World, Vec<Fact>) -> Vec<Fact>;
    let mutants: [(&str, Mutant); 4] = [
        ("carry along one parent", along_one_parent),
        ("steps by index", steps_by_index),
        ("a lost decision", lost_decision),
        ("writers of the last save only", last_writer),
    ];
    let found: Vec<(&str, Option<(u64, String)>)> = mutants
        .into_iter()
        .map(|(name, mutant)| {
            let first = (0..MUTANT_HISTORIES).find_map(|seed| Some((seed, check(seed, &mutant)?)));
            (name, first)
        })
        .collect();
    for (name, first) in &found {
        // Seeds for whoever writes them down.
        let _ = writeln!(std::io::stdout(), "{name}: {first:?}");
    }
    assert!(found.iter().all(|(_, first)| first.is_some()), "{found:#?}");
}

/// A merge follows the submission before it in its line and nothing else.
fn along_one_parent(_: &World, mut facts: Vec<Fact>) -> Vec<Fact> {
    let mut renamed: BTreeMap<Digest, Digest> = BTreeMap::new();
    let mut carried: BTreeMap<Digest, Digest> = BTreeMap::new();
    for fact in &mut facts {
        let Act::Submission { submission, .. } = &mut fact.act else { continue };
        let before = submission.body.revision;
        let mut revision = crate::revision::apply(None, &[], &submission.body).unwrap();
        let own = submission.previous.and_then(|previous| carried.get(&previous).copied());
        let parents: Vec<Digest> =
            revision.parents.iter().map(|parent| renamed.get(parent).copied().unwrap_or(*parent)).collect();
        let is_merge = parents.len() > 1;
        revision.parents = parents.into_iter().filter(|parent| !is_merge || Some(*parent) == own).collect();
        submission.body = revision.full();
        renamed.entry(before).or_insert(submission.body.revision);
        carried.insert(fact.hash, submission.body.revision);
    }
    facts
}

/// A decision is about whatever step has its number in the chain that counts.
fn steps_by_index(world: &World, mut facts: Vec<Fact>) -> Vec<Fact> {
    let state = fold(world, &facts);
    for fact in &mut facts {
        let Act::Decision(decision) = &mut fact.act else { continue };
        let Some(submission) = state.submission(&decision.submission) else { continue };
        let step = usize::try_from(decision.step).ok().and_then(|index| submission.steps.get(index));
        if let Some(step) = step.filter(|step| step.division == fact.author) {
            decision.named = Some(step.clone());
        }
    }
    facts
}

/// A decision beyond the end of the chain that counts is nowhere.
fn lost_decision(world: &World, mut facts: Vec<Fact>) -> Vec<Fact> {
    let state = fold(world, &facts);
    facts.retain(|fact| match &fact.act {
        Act::Decision(decision) => state
            .submission(&decision.submission)
            .is_none_or(|on| usize::try_from(decision.step).is_ok_and(|index| index < on.steps.len())),
        _ => true,
    });
    facts
}

/// Whoever submits is taken for the only writer.
fn last_writer(_: &World, mut facts: Vec<Fact>) -> Vec<Fact> {
    for fact in &mut facts {
        if let Act::Submission { submission, .. } = &mut fact.act {
            submission.writers.clear();
            submission.written.clear();
        }
    }
    facts
}
