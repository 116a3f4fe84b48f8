//! Properties over random histories: the state is a function of the set, nothing is approved unseen, and what
//! stands unchanged is never asked again.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::world::{CITY, COUNTY, TOWN, World, division, item_target, operator, revision, table};
use crate::{
    digest::Digest,
    review::{
        Act, Actor, Coverage, Draft, Fact, Ground, Intent, Revocation, Ruling, SubmissionState, SubmissionStatus,
        Target, Verdict, admit, fold, fold_known, fold_on,
    },
};

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const TEXTS: [&str; 3] = ["1", "2", "3"];

/// One random deed; numbers are reduced to what exists when it is done.
#[derive(Clone, Debug)]
enum Deed {
    Submit { previous: usize, content: [usize; 4], is_aware: bool },
    Decide { submission: usize, step: u32, is_return: bool, skip: usize, by_city: bool },
    Withdraw { submission: usize, is_aware: bool },
    Revoke { decision: usize, by_city: bool },
    Receive { submission: usize },
}

fn deed() -> impl Strategy<Value = Deed> {
    let content = prop::array::uniform4(0..=TEXTS.len());
    prop_oneof![
        4 => (0..8usize, content, any::<bool>())
            .prop_map(|(previous, content, is_aware)| Deed::Submit { previous, content, is_aware }),
        6 => (0..8usize, 0..3u32, any::<bool>(), 0..9usize, any::<bool>()).prop_map(
            |(submission, step, is_return, skip, by_city)| Deed::Decide { submission, step, is_return, skip, by_city }
        ),
        1 => (0..8usize, any::<bool>()).prop_map(|(submission, is_aware)| Deed::Withdraw { submission, is_aware }),
        2 => (0..8usize, any::<bool>()).prop_map(|(decision, by_city)| Deed::Revoke { decision, by_city }),
        1 => (0..8usize).prop_map(|submission| Deed::Receive { submission }),
    ]
}

fn items_of(content: [usize; 4]) -> Vec<(&'static str, &'static str)> {
    let item = |(name, text): (&&'static str, usize)| Some((*name, *TEXTS.get(text)?));
    NAMES.iter().zip(content).filter_map(item).collect()
}

/// Carries the deeds out by hand, legal or not.
fn history(deeds: &[Deed]) -> Vec<Fact> {
    let mut world = World::with_city();
    let mut submissions: Vec<Digest> = Vec::new();
    let mut decisions: Vec<(Digest, Digest)> = Vec::new();
    let nth = |list: &[Digest], at: usize| list.get(at % list.len().max(1)).copied();
    for deed in deeds {
        match deed {
            Deed::Submit { previous, content, is_aware } => {
                let previous = nth(&submissions, *previous);
                let items = items_of(*content);
                submissions.push(match is_aware {
                    true => world.submit(previous, &items),
                    false => world.submit_knowing(previous, &[], &items),
                });
            }
            Deed::Decide { submission, step, is_return, skip, by_city } => {
                let Some(submission) = nth(&submissions, *submission) else { continue };
                let mut opinions = world.submission(submission).complete_opinions(*step, Vec::new());
                let verdict = if *is_return { Verdict::Return } else { Verdict::Approve };
                if let Some(opinion) = opinions.get_mut(*skip) {
                    opinion.text = "意见".to_owned();
                    opinion.verdict = verdict;
                }
                let author = if *by_city { CITY } else { COUNTY };
                decisions.push((submission, world.decide(author, submission, *step, verdict, opinions)));
            }
            Deed::Withdraw { submission, is_aware } => {
                let Some(submission) = nth(&submissions, *submission) else { continue };
                let on_it = decisions.iter().filter(|(named, _)| *is_aware && *named == submission);
                let knows: Vec<Digest> = on_it.map(|(_, decision)| *decision).collect();
                world.withdraw(submission, &knows);
            }
            Deed::Revoke { decision, by_city } => {
                let made: Vec<Digest> = decisions.iter().map(|(_, decision)| *decision).collect();
                let Some(decision) = nth(&made, *decision) else { continue };
                world.revoke(if *by_city { CITY } else { COUNTY }, decision);
            }
            Deed::Receive { submission } => {
                let Some(submission) = nth(&submissions, *submission) else { continue };
                world.receive(COUNTY, submission);
            }
        }
    }
    world.facts
}

/// A history, and the same facts shuffled with some of them twice.
pub(super) fn shuffled() -> impl Strategy<Value = (Vec<Fact>, Vec<Fact>)> {
    prop::collection::vec(deed(), 1..14).prop_flat_map(|deeds| {
        let facts = history(&deeds);
        let twice: Vec<Fact> = facts.iter().cloned().chain(facts.iter().step_by(3).cloned()).collect();
        (Just(facts), Just(twice).prop_shuffle())
    })
}

/// The entries of a kind, found without the fold.
fn approvals<'f>(facts: &'f [Fact], submission: &'f Digest) -> impl Iterator<Item = (&'f Fact, u32)> {
    facts.iter().filter_map(move |fact| match &fact.act {
        Act::Decision(made) if made.submission == *submission && made.verdict == Verdict::Approve => {
            Some((fact, made.step))
        }
        Act::Submission { .. }
        | Act::Withdrawal(_)
        | Act::Receipt(_)
        | Act::Decision(_)
        | Act::Revocation(_)
        | Act::Reroute(_) => None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn the_state_is_a_function_of_the_set((facts, shuffled) in shuffled()) {
        let catalog = World::new().catalog;
        prop_assert_eq!(fold(&catalog, facts), fold(&catalog, shuffled));
    }

    /// What was read when fewer entries were here need not be read again, nor even be at hand.
    #[test]
    fn a_fold_that_remembers_gives_the_same((facts, shuffled) in shuffled(), count in 0..24usize) {
        let catalog = World::new().catalog;
        let ground = Ground { catalog: &catalog, custodians: &BTreeSet::new(), keeping: None, steps_of: None, standard_of: None };
        let part = fold_on(&ground, shuffled.iter().take(count).cloned());
        let slim = facts.iter().cloned().map(|mut fact| {
            if let Act::Submission { submission, parts } = &mut fact.act && part.known.contains_key(&fact.hash) {
                submission.body.puts.clear();
                parts.clear();
            }
            fact
        });
        prop_assert_eq!(fold_known(&ground, slim, &part.known).state, fold(&catalog, facts.clone()));
    }

    /// Any subset folds too, as on a node that lacks some entries, and every entry is accounted for.
    #[test]
    fn no_entry_is_lost_from_sight((facts, _) in shuffled(), kept in any::<u32>()) {
        let catalog = World::new().catalog;
        let part: Vec<Fact> =
            facts.into_iter().enumerate().filter(|(at, _)| kept >> (at % 32) & 1 == 1).map(|(_, fact)| fact).collect();
        let hashes: BTreeSet<Digest> = part.iter().map(|fact| fact.hash).collect();
        let revocations: BTreeSet<Digest> =
            part.iter().filter(|fact| matches!(fact.act, Act::Revocation(_))).map(|fact| fact.hash).collect();
        let state = fold(&catalog, part);
        let mut seen: Vec<Digest> = state.waiting.iter().map(|waiting| waiting.hash).collect();
        seen.extend(state.void.iter().map(|void| void.hash));
        for submission in &state.submissions {
            seen.push(submission.hash);
            seen.extend(submission.receipts.iter().map(|receipt| receipt.hash));
            seen.extend(submission.withdrawals.iter().map(|withdrawal| withdrawal.hash));
            seen.extend(submission.decisions.iter().map(|decision| decision.hash));
        }
        let distinct: BTreeSet<Digest> = seen.iter().copied().collect();
        prop_assert_eq!(distinct.len(), seen.len(), "an entry shows up once");
        // A revocation that counts shows as the decision's; a second one of the same decision adds nothing.
        let unseen: BTreeSet<Digest> = hashes.difference(&distinct).copied().collect();
        prop_assert!(unseen.is_subset(&revocations));
    }

    #[test]
    fn nothing_is_approved_without_a_decision_of_every_step_that_names_it((facts, _) in shuffled()) {
        let catalog = World::new().catalog;
        let revoked: BTreeSet<Digest> = facts
            .iter()
            .filter_map(|fact| match &fact.act {
                Act::Revocation(made) if fact.author != division(TOWN) => Some(made.decision),
                Act::Submission { .. } | Act::Withdrawal(_) | Act::Receipt(_) | Act::Decision(_)
                | Act::Revocation(_) | Act::Reroute(_) => None,
            })
            .collect();
        let state = fold(&catalog, facts.clone());
        for submission in state.submissions.iter().filter(|state| state.status == SubmissionStatus::Approved) {
            for (index, step) in (0u32..).zip(&submission.steps) {
                let mut by_step = approvals(&facts, &submission.hash).filter(|(fact, made)| {
                    // The city, the last step, may revoke the county's; the county not the city's.
                    let is_revoked = revoked.contains(&fact.hash) && {
                        let revokers = if index == 0 { vec![COUNTY, CITY] } else { vec![CITY] };
                        facts.iter().any(|other| matches!(&other.act, Act::Revocation(r) if r.decision == fact.hash)
                            && revokers.contains(&other.author.as_str()))
                    };
                    *made == index && fact.author == step.division && !is_revoked
                });
                prop_assert!(by_step.next().is_some(), "step {} of {}", index, submission.hash.short());
            }
        }
    }

    /// Whatever the city takes back, what it named is approved no more, and nothing becomes approved by it.
    #[test]
    fn a_revocation_only_falls_back((facts, _) in shuffled()) {
        let catalog = World::new().catalog;
        let is_approved = |state: &SubmissionState| state.status == SubmissionStatus::Approved;
        let approved = |facts: &[Fact]| -> BTreeSet<Digest> {
            let state = fold(&catalog, facts.iter().cloned());
            state.submissions.iter().filter(|state| is_approved(state)).map(|state| state.hash).collect()
        };
        let before = approved(&facts);
        for submission in &before {
            let last = approvals(&facts, submission).filter(|(fact, _)| fact.author == division(CITY));
            let mut taken_back = facts.clone();
            for (index, (decision, _)) in last.enumerate() {
                let act = Act::Revocation(Revocation { decision: decision.hash, reason: "误批".to_owned() });
                let hash = Digest::of("test revocation", &[&decision.hash.to_bytes(), &index.to_be_bytes()]);
                taken_back.push(Fact { hash, act, ..decision.clone() });
            }
            let after = approved(&taken_back);
            prop_assert!(after.is_subset(&before) && (taken_back.len() == facts.len() || !after.contains(submission)));
        }
    }

    /// Owner, county and city work through the machine. What it admits is never void, and after each submission the
    /// reviewer is asked exactly what an independent ledger says.
    #[test]
    fn what_stands_unchanged_is_never_asked_again(
        rounds in prop::collection::vec((prop::array::uniform4(0..=TEXTS.len()), 0..5usize), 1..8),
    ) {
        let mut world = World::with_city();
        // Per step: what was approved last, by element and content.
        let mut ledger: [BTreeMap<Target, Digest>; 2] = Default::default();
        let mut head: Option<Digest> = None;
        for (content, returned) in rounds {
            let before = head.map(|head| world.content(head).clone());
            let parents: Vec<Digest> = before.iter().map(|before| before.digest()).collect();
            let next = revision(&world.catalog, &parents, "标题", &items_of(content));
            let draft = Draft {
                revision: &next,
                head: before.as_ref(),
                base: before.as_ref(),
                custody: None,
                routing: table("1"),
                steps: world.steps.clone(),
                writers: Vec::new(),
                written: BTreeMap::new(),
                reason: String::new(),
                basis_of_change: String::new(),
 effective_from: None,
            };
            let clerk = Actor {
                operator: operator("211221100/clerk"),
                division: division(TOWN),
                departments: BTreeSet::new(),
            };
            let Ok(Act::Submission { submission, .. }) = admit(&world.state(), Intent::Submit(draft), &clerk) else {
                continue;
            };
            let hash = world.submit_revision(submission.previous, &submission.knows, &next);
            head = Some(hash);
            let elements: BTreeMap<Target, Digest> = world
                .submission(hash)
                .standing
                .iter()
                .map(|standing| (standing.target.clone(), standing.digest))
                .collect();
            for (step, (division_of_step, who)) in [(COUNTY, "reviewer"), (CITY, "reviewer")].into_iter().enumerate() {
                ledger[step].retain(|target, digest| elements.get(target) == Some(digest));
                let index = u32::try_from(step).unwrap();
                let asked: BTreeSet<Target> = world.pending(hash, index).into_iter().collect();
                let expected: BTreeSet<Target> =
                    elements.keys().filter(|target| !ledger[step].contains_key(*target)).cloned().collect();
                prop_assert_eq!(asked, expected, "step {}", step);
                if world.submission(hash).next_step != Some(index) {
                    continue;
                }
                let bad = NAMES.get(returned).map(|name| item_target(name));
                let bad = bad.filter(|target| step == 0 && elements.contains_key(target));
                let given = bad.iter().flat_map(|bad| {
                    world.opinions(hash, Verdict::Return, std::slice::from_ref(bad))
                }).collect();
                let opinions = world.submission(hash).complete_opinions(index, given);
                for opinion in &opinions {
                    match opinion.verdict {
                        Verdict::Approve => drop(ledger[step].insert(opinion.target.clone(), opinion.digest)),
                        Verdict::Return => drop(ledger[step].remove(&opinion.target)),
                    }
                }
                let verdict = if bad.is_some() { Verdict::Return } else { Verdict::Approve };
                let ruling = Ruling {
                    submission: hash, routing: table("1"), verdict, opinions, note: String::new(), outside: None,
 coverage: Coverage::Whole,
                };
                let reviewer = Actor {
                    operator: operator(&format!("{division_of_step}/{who}")),
                    division: division(division_of_step),
                    departments: BTreeSet::new(),
                };
                let act = admit(&world.state(), Intent::Decide(ruling), &reviewer);
                let act = act.map_err(|refusal| TestCaseError::fail(refusal.to_string()))?;
                world.add(division_of_step, who, act);
            }
            let state = world.state();
            prop_assert!(state.void.is_empty() && state.waiting.is_empty() && !state.is_in_conflict);
        }
    }
}
