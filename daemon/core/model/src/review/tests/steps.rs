//! Who decides when: turns, self-review, contents, and what a faulty entry touches.

use std::collections::BTreeSet;

use super::world::{CITY, COUNTY, TOWN, World, division, item_target, operator, prescribed, revision, step, table};
use crate::{
    digest::Digest,
    review::{
        Act, Decision, DecisionEffect, Ground, Lack, Opinion, SubmissionStatus, Target, Verdict, VoidReason, fold_on,
    },
};

fn void_reason(world: &World, hash: Digest) -> Option<VoidReason> {
    world.state().void.into_iter().find(|void| void.hash == hash).map(|void| void.reason)
}

#[test]
fn the_words_follow_the_review() {
    let mut world = World::with_city();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    assert_eq!(world.submission(first).status, SubmissionStatus::Submitted);
    world.receive(COUNTY, first);
    assert_eq!(world.submission(first).status, SubmissionStatus::Received);
    let some = world.opinions(first, Verdict::Approve, &[item_target("a")]);
    world.decide(COUNTY, first, 0, Verdict::Approve, some);
    assert_eq!(world.submission(first).status, SubmissionStatus::PartlyApproved { step: 0 });
    world.approve(COUNTY, first, 0);
    assert_eq!(world.submission(first).status, SubmissionStatus::UnderReview { step: 1 });
    world.send_back(CITY, first, 1, &["b"]);
    assert_eq!(world.submission(first).status, SubmissionStatus::Returned { step: 1 });
    let second = world.submit(Some(first), &[("a", "1"), ("b", "2")]);
    assert_eq!(world.submission(first).status, SubmissionStatus::Superseded);
    assert_eq!(world.pending(second, 0), vec![item_target("b")]);
    assert_eq!(world.pending(second, 1), vec![item_target("b")]);
    world.approve(COUNTY, second, 0);
    world.approve(CITY, second, 1);
    assert_eq!(world.submission(second).status, SubmissionStatus::Approved);
    assert_eq!(world.approved(), vec![second]);
    assert!(world.state().void.is_empty() && world.state().waiting.is_empty());
}

#[test]
fn a_later_step_waits_for_its_turn_and_is_void_after_a_return() {
    let mut world = World::with_city();
    let first = world.submit(None, &[("a", "1")]);
    let city = world.approve(CITY, first, 1);
    assert_eq!(world.submission(first).decisions[0].effect, DecisionEffect::OutOfTurn);
    assert_eq!(world.submission(first).status, SubmissionStatus::Submitted);
    let mut returned = world.clone();
    world.approve(COUNTY, first, 0);
    assert_eq!(world.approved(), vec![first]);
    returned.send_back(COUNTY, first, 0, &["a"]);
    assert_eq!(void_reason(&returned, city), Some(VoidReason::StepSkipped));
}

#[test]
fn a_step_with_nothing_left_to_ask_still_has_its_turn() {
    let mut world = World::with_city();
    let first = world.submit(None, &[("a", "1")]);
    world.approve(COUNTY, first, 0);
    let second = world.submit(Some(first), &[("a", "1")]);
    assert_eq!(world.pending(second, 0), vec![]);
    world.approve(CITY, second, 1);
    assert_eq!(world.submission(second).decisions[0].effect, DecisionEffect::OutOfTurn);
    world.approve(COUNTY, second, 0);
    assert_eq!(world.approved(), vec![second]);
}

#[test]
fn nobody_decides_what_is_not_his_to_decide() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1")]);
    let opinions = world.submission(first).complete_opinions(0, Vec::new());
    let other = world.decide(CITY, first, 0, Verdict::Approve, opinions.clone());
    let beyond = world.decide(COUNTY, first, 7, Verdict::Approve, opinions.clone());
    let own = world.decide(COUNTY, first, 0, Verdict::Approve, opinions);
    // The clerk who submitted has an account at the county as well.
    world.facts.last_mut().unwrap().operator = operator("211221100/clerk");
    assert_eq!(void_reason(&world, other), Some(VoidReason::NotReviewer));
    assert_eq!(void_reason(&world, beyond), Some(VoidReason::NoSuchStep));
    assert_eq!(void_reason(&world, own), Some(VoidReason::SelfReview));
    assert!(world.approved().is_empty());
}

#[test]
fn a_named_writer_may_not_decide_either() {
    let mut world = World::new();
    let content = revision(&world.catalog, &[], "标题", &[("a", "1")]);
    let mut submission = world.payload(None, &[], &content);
    submission.writers = vec![operator("211221/reviewer")];
    let first = world.add(TOWN, "clerk", Act::Submission { submission, parts: Vec::new() });
    let decision = world.approve(COUNTY, first, 0);
    assert_eq!(void_reason(&world, decision), Some(VoidReason::SelfReview));
}

#[test]
fn an_opinion_holds_for_the_content_it_names_and_nothing_else() {
    let check = |bend: &dyn Fn(&mut Decision), expected: VoidReason| {
        let mut world = World::new();
        let first = world.submit(None, &[("a", "1"), ("b", "1")]);
        let made = world.approve(COUNTY, first, 0);
        let Act::Decision(decision) = &mut world.facts.last_mut().unwrap().act else { unreachable!() };
        bend(decision);
        assert_eq!(void_reason(&world, made), Some(expected));
        assert!(world.approved().is_empty());
    };
    let wrong = Digest::of("another content", &[]);
    check(&|decision| decision.opinions[1].digest = wrong, VoidReason::OtherContent);
    check(&|decision| decision.opinions[1].target = item_target("z"), VoidReason::UnknownTarget);
    check(&|decision| decision.opinions[1] = decision.opinions[0].clone(), VoidReason::RepeatedTarget);
    check(&|decision| decision.opinions[1].verdict = Verdict::Return, VoidReason::Contradiction);
    check(&|decision| decision.verdict = Verdict::Return, VoidReason::NoReason);
}

#[test]
fn only_an_owner_submits_and_withdraws() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1")]);
    let stranger = world.submit(Some(first), &[("a", "2")]);
    world.facts.last_mut().unwrap().author = division("211222");
    let withdrawal = world.withdraw(first, &[]);
    world.facts.last_mut().unwrap().author = division(COUNTY);
    assert_eq!(void_reason(&world, stranger), Some(VoidReason::NotOwner));
    assert_eq!(void_reason(&world, withdrawal), Some(VoidReason::NotOwner));
    assert_eq!(world.state().heads, vec![first]);

    // A custodian is an owner.
    let custodians = BTreeSet::from([division(COUNTY)]);
    let ground =
        Ground { catalog: &world.catalog, custodians: &custodians, keeping: None, steps_of: None, standard_of: None };
    let folded = fold_on(&ground, world.facts.clone());
    assert_eq!(folded.state.submission(&first).unwrap().status, SubmissionStatus::Withdrawn);
}

#[test]
fn an_owner_cannot_name_its_own_reviewer() {
    let mut world = World::new();
    world.steps = vec![step(TOWN)];
    let first = world.submit(None, &[("a", "1")]);
    world.approve(TOWN, first, 0);
    let prescribed = |entry: &Digest| (*entry == table("1")).then(|| prescribed(1, &[step(COUNTY)]));
    let none = BTreeSet::new();
    let ground = Ground {
        catalog: &world.catalog,
        custodians: &none,
        keeping: None,
        steps_of: Some(&prescribed),
        standard_of: None,
    };
    let state = fold_on(&ground, world.facts.clone()).state;
    assert!(state.approved.is_empty());
    assert!(state.void.iter().any(|void| void.hash == first && void.reason == VoidReason::OtherSteps));

    let unknown = |_: &Digest| None;
    let ground = Ground { steps_of: Some(&unknown), ..ground };
    let state = fold_on(&ground, world.facts.clone()).state;
    assert!(state.waiting.iter().any(|waiting| waiting.lack == Lack::Routing(table("1"))));
}

#[test]
fn a_decision_under_an_older_table_counts_and_is_flagged() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1")]);
    world.approve(COUNTY, first, 0);
    let Act::Decision(decision) = &mut world.facts.last_mut().unwrap().act else { unreachable!() };
    decision.routing = table("0");
    let state = world.submission(first);
    assert!(state.status == SubmissionStatus::Approved && state.decisions[0].is_other_table);
}

#[test]
fn a_delta_waits_for_its_base_and_a_full_revision_needs_none() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    let base = world.content(first).clone();
    let next = revision(&world.catalog, &[base.digest()], "标题", &[("a", "1"), ("b", "2")]);
    let mut submission = world.payload(None, &[], &next);
    submission.body = next.delta_from(&base);
    let delta = world.add(TOWN, "clerk", Act::Submission { submission, parts: Vec::new() });
    assert_eq!(world.submission(delta).revision, next.digest());
    world.facts.remove(0);
    let waiting = world.state().waiting;
    assert_eq!(waiting[0].lack, Lack::Base(base.digest()));
}

#[test]
fn a_faulty_submission_is_void_and_the_next_full_one_goes_on_with_everything_open() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    world.approve(COUNTY, first, 0);
    let broken = world.submit(Some(first), &[("a", "2")]);
    let Act::Submission { submission, .. } = &mut world.facts.last_mut().unwrap().act else { unreachable!() };
    submission.body.revision = Digest::of("another", &[]);
    assert!(matches!(void_reason(&world, broken), Some(VoidReason::Content { code, .. }) if code == "GK-REVISION-010"));
    let mended = world.submit(Some(broken), &[("a", "1")]);
    let removed = Target::Removal(super::world::id("b"));
    // Nobody can say what stood in the faulty one: no opinion crosses it, and the removal is still seen.
    assert_eq!(world.pending(mended, 0), vec![Target::Header, item_target("a"), removed]);
    assert_eq!(world.submission(mended).number, 3);
}

#[test]
fn a_submission_without_steps_is_never_approved() {
    let mut world = World::new();
    world.steps.clear();
    let first = world.submit(None, &[("a", "1")]);
    assert_eq!(void_reason(&world, first), Some(VoidReason::Steps));
    assert!(world.approved().is_empty());
}

#[test]
fn state_is_stored_and_read_back_whole() {
    let mut world = World::with_city();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    world.receive(COUNTY, first);
    world.send_back(COUNTY, first, 0, &["b"]);
    world.decide(CITY, first, 1, Verdict::Approve, Vec::<Opinion>::new());
    let state = world.state();
    let json = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<crate::review::CatalogState>(&json).unwrap(), state);
}

#[test]
fn a_payload_with_fields_of_a_later_version_is_read_and_its_item_bytes_stay() {
    let world = World::new();
    let content = revision(&world.catalog, &[], "标题", &[("a", "1")]);
    let json = serde_json::to_string(&world.payload(None, &[], &content)).unwrap();
    let later = json.replacen('{', "{\"future\": {\"x\": [1]}, ", 1);
    let read: crate::review::Submission = serde_json::from_str(&later).unwrap();
    assert_eq!(read.body.puts[0].item.get(), content.in_order()[0].1.item().as_json());
    assert_eq!(serde_json::to_string(&read).unwrap(), json, "known fields keep their order");
}
