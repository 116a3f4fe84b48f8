//! Chains that are moved: a decision counts for the step that it names, wherever a reroute put that step.

use super::world::{CITY, COUNTY, World, division, table};
use crate::{
    digest::Digest,
    id::DepartmentSlug,
    review::{
        Act, DecisionEffect, Ground, Proposal, ProposalAct, ProposalFact, Reroute, Step, SubmissionStatus, Verdict,
        VoidReason, fold_on, proposals,
    },
};

fn at(place: &str, role: &str, department: &str) -> Step {
    Step {
        division: division(place),
        department: DepartmentSlug::parse(department).ok(),
        role: role.to_owned(),
        is_outside: false,
    }
}

fn counterpart() -> Step {
    at(COUNTY, "counterpart", "dept-civil-affairs")
}

fn lead() -> Step {
    at(COUNTY, "lead-office", "dept-office")
}

fn expert() -> Step {
    at(COUNTY, "expert", "dept-law")
}

/// A submission under the chain given.
fn put_up(steps: &[Step]) -> (World, Digest) {
    let mut world = World::new();
    world.steps = steps.to_vec();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    (world, first)
}

fn reroute(world: &mut World, submission: Digest, name: &str, steps: &[Step]) -> Digest {
    let reason = "机构改革".to_owned();
    let reroute = Reroute { submission, after: None, routing: table(name), steps: steps.to_vec(), reason };
    world.add(CITY, "office", Act::Reroute(reroute))
}

/// As the county and the city stand above the town; no table is checked.
fn state(world: &World) -> crate::review::CatalogState {
    let custodians = [division(COUNTY), division(CITY)].into();
    let ground =
        Ground { catalog: &world.catalog, custodians: &custodians, keeping: None, steps_of: None, standard_of: None };
    fold_on(&ground, world.facts.clone()).state
}

fn status(world: &World, hash: Digest) -> SubmissionStatus {
    state(world).submission(&hash).unwrap().status
}

fn effect(world: &World, on: Digest, decision: Digest) -> Option<DecisionEffect> {
    let state = state(world);
    state.submission(&on).unwrap().decisions.iter().find(|made| made.hash == decision).map(|made| made.effect)
}

#[test]
fn an_approval_by_a_step_that_was_taken_out_approves_no_other_step() {
    let (mut world, first) = put_up(&[counterpart(), lead()]);
    let made = world.approve(COUNTY, first, 0);
    reroute(&mut world, first, "2", &[lead()]);
    assert_eq!(status(&world, first), SubmissionStatus::Submitted, "the lead office never decided");
    assert_eq!(effect(&world, first, made), Some(DecisionEffect::Rerouted));
    let state = state(&world);
    let decision = &state.submission(&first).unwrap().decisions[0];
    assert_eq!((decision.step, &decision.named), (None, &counterpart()));
    assert_eq!(state.submission(&first).unwrap().pending(0).count(), 3);
}

#[test]
fn swapped_and_inserted_steps_keep_their_own_decisions() {
    for (chain, decided) in [
        (vec![lead(), counterpart()], vec![1]),
        (vec![expert(), counterpart(), lead()], vec![1]),
        (vec![counterpart(), expert(), lead()], vec![0]),
        (vec![expert()], vec![]),
    ] {
        let (mut world, first) = put_up(&[counterpart(), lead()]);
        world.approve(COUNTY, first, 0);
        reroute(&mut world, first, "2", &chain);
        let state = state(&world);
        let submission = state.submission(&first).unwrap();
        let places: Vec<u32> = submission.decisions.iter().filter_map(|made| made.step).collect();
        assert_eq!(places, decided, "{chain:?}");
        assert!(!matches!(submission.status, SubmissionStatus::Approved), "{chain:?}");
    }
}

#[test]
fn a_decision_under_the_new_chain_counts_for_the_step_of_the_new_chain() {
    // Made before steps were named: the number is that of the table that it names.
    let (mut world, first) = put_up(&[counterpart(), lead()]);
    reroute(&mut world, first, "2", &[lead()]);
    let opinions = state(&world).submission(&first).unwrap().complete_opinions(0, Vec::new());
    let made = world.decide(COUNTY, first, 0, Verdict::Approve, opinions);
    let Act::Decision(decision) = &mut world.facts.last_mut().unwrap().act else { unreachable!() };
    decision.routing = table("2");
    assert_eq!(effect(&world, first, made), Some(DecisionEffect::Effective));
    assert_eq!(status(&world, first), SubmissionStatus::Approved);
    // One that names the step needs no table.
    let Act::Decision(decision) = &mut world.facts.last_mut().unwrap().act else { unreachable!() };
    (decision.routing, decision.named) = (table("9"), Some(counterpart()));
    assert_eq!(effect(&world, first, made), Some(DecisionEffect::Rerouted));
    let Act::Decision(decision) = &mut world.facts.last_mut().unwrap().act else { unreachable!() };
    decision.named = Some(lead());
    assert_eq!(status(&world, first), SubmissionStatus::Approved);
    let Act::Decision(decision) = &mut world.facts.last_mut().unwrap().act else { unreachable!() };
    decision.named = Some(expert());
    assert!(state(&world).void.iter().any(|void| void.hash == made && void.reason == VoidReason::NoSuchStep));
}

#[test]
fn an_opinion_follows_its_step_into_a_chain_that_has_it_elsewhere() {
    let (mut world, first) = put_up(&[counterpart()]);
    world.approve(COUNTY, first, 0);
    world.steps = vec![expert(), counterpart()];
    let second = world.submit(Some(first), &[("a", "1"), ("b", "2")]);
    let pending = |step| world.pending(second, step).len();
    assert_eq!((pending(0), pending(1)), (3, 1), "the expert reads all, the counterpart what changed");
}

#[test]
fn a_return_beats_what_it_stood_for_and_can_be_taken_back() {
    let (mut world, first) = put_up(&[counterpart(), lead()]);
    world.approve(COUNTY, first, 0);
    let returned = world.send_back(COUNTY, first, 1, &["b"]);
    // It meets a reroute to the counterpart alone, which did not know of it.
    let moved = reroute(&mut world, first, "2", &[counterpart()]);
    for _ in 0..world.facts.len() {
        world.facts.rotate_left(1);
        assert_eq!(effect(&world, first, returned), Some(DecisionEffect::Effective));
        assert_eq!(status(&world, first), SubmissionStatus::Returned { step: 1 });
    }
    assert!(state(&world).submission(&first).unwrap().reroutes.iter().any(|route| route.hash == moved));
    let mut taken_back = world.clone();
    taken_back.revoke(COUNTY, returned);
    assert_eq!(status(&taken_back, first), SubmissionStatus::Approved, "the counterpart had approved");
    assert!(state(&taken_back).void.is_empty());
    let stranger = world.revoke("211222", returned);
    assert!(state(&world).void.iter().any(|void| void.hash == stranger && void.reason == VoidReason::MayNotRevoke));
}

#[test]
fn the_department_that_took_over_a_role_takes_over_its_decision_and_no_other() {
    let successor = at(COUNTY, "counterpart", "dept-social-work");
    let (mut world, first) = put_up(&[counterpart(), lead()]);
    let made = world.approve(COUNTY, first, 0);
    let route = reroute(&mut world, first, "2", &[successor.clone(), lead()]);
    assert_eq!(status(&world, first), SubmissionStatus::UnderReview { step: 1 });
    let before = state(&world);
    assert!(before.submission(&first).unwrap().decisions[0].is_other_table);
    // Two new steps of the role: nobody can say which of them took over.
    world.facts.retain(|fact| fact.hash != route);
    reroute(&mut world, first, "2", &[successor, at(CITY, "counterpart", "dept-x"), lead()]);
    assert_eq!(effect(&world, first, made), Some(DecisionEffect::Rerouted));
}

#[test]
fn a_reroute_keeps_the_former_reviewers_proposals() {
    let (mut world, first) = put_up(&[at("211222", "counterpart", "dept-civil-affairs")]);
    let read = world.content(first).items[&super::world::id("a")].clone();
    let proposal = Proposal {
        catalog: world.catalog.clone(),
        submission: first,
        item_id: super::world::id("a"),
        digest: read.digest(),
        item: serde_json::value::RawValue::from_string(read.item().as_json().to_owned()).unwrap(),
        note: String::new(),
    };
    let made = ProposalFact {
        hash: Digest::of("test proposal", &[]),
        author: division("211222"),
        operator: super::world::operator("211222/wang"),
        at_ms: 0,
        act: ProposalAct::Propose(proposal),
    };
    let count = |world: &World| proposals(&state(world), &|_, _| Some(read.digest()), [made.clone()]).len();
    assert_eq!(count(&world), 1);
    reroute(&mut world, first, "2", &[lead()]);
    assert_eq!(count(&world), 1);
}
