//! The eight ways in which an old approval could approve something that nobody reviewed. Each must fail.

use super::world::{CITY, COUNTY, World, id, item, item_target, removal, revision, step};
use crate::{
    id::CatalogId,
    review::{Lack, SubmissionStatus, Target, Verdict, VoidReason, fold},
    revision::{Header, Slot},
};

#[test]
fn replay_1_another_catalogs_approval_of_the_same_item_approves_nothing_here() {
    let mut neighbour = World::new();
    neighbour.catalog = CatalogId::parse("211221101/social-assistance").unwrap();
    let theirs = revision(&neighbour.catalog, &[], "标题", &[("a", "1")]);
    let copied = neighbour.submit_revision(None, &[], &theirs);
    neighbour.facts.last_mut().unwrap().author = neighbour.catalog.division.clone();
    neighbour.approve(COUNTY, copied, 0);
    assert_eq!(neighbour.approved(), vec![copied]);

    let mut here = World::new();
    let ours = here.submit(None, &[("a", "1")]);
    assert_eq!(theirs.items, here.content(ours).items, "the copied item has the same id and digest");
    // The neighbour's entries are poured into our fold, and an approval names their submission.
    here.facts.extend(neighbour.facts);
    here.approve(COUNTY, ours, 0);
    let mut decision = here.facts.pop().unwrap();
    if let crate::review::Act::Decision(decision) = &mut decision.act {
        decision.submission = copied;
    }
    let made = decision.hash;
    here.facts.push(decision);

    let state = here.state();
    assert!(state.void.iter().any(|void| void.hash == made && void.reason == VoidReason::NamesVoid));
    assert!(state.approved.is_empty());
    assert_eq!(here.pending(ours, 0), vec![Target::Header, item_target("a")]);
}

#[test]
fn replay_2_an_item_changed_and_changed_back_is_reviewed_again() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "A")]);
    world.approve(COUNTY, first, 0);
    let second = world.submit(Some(first), &[("a", "B")]);
    world.approve(COUNTY, second, 0);
    let third = world.submit(Some(second), &[("a", "A")]);
    assert_eq!(world.pending(third, 0), vec![item_target("a")]);
    assert_eq!(world.submission(third).status, SubmissionStatus::Submitted);
}

#[test]
fn replay_3_an_item_removed_and_added_again_is_reviewed_again() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    world.approve(COUNTY, first, 0);
    let second = world.submit(Some(first), &[("a", "1")]);
    assert_eq!(world.pending(second, 0), vec![removal("b")]);
    world.approve(COUNTY, second, 0);
    let third = world.submit(Some(second), &[("a", "1"), ("b", "1")]);
    assert_eq!(world.pending(third, 0), vec![item_target("b")]);
}

#[test]
fn replay_4_a_decision_on_a_withdrawn_submission_does_not_decide_the_same_revision_again() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1")]);
    // In flight while the owner withdraws and submits the same revision again.
    let late = world.approve(COUNTY, first, 0);
    world.withdraw(first, &[]);
    let content = world.content(first).clone();
    let second = world.submit_revision(Some(first), &[], &content);
    assert_eq!(world.submission(first).revision, world.submission(second).revision);

    assert!(world.approved().is_empty());
    assert_eq!(world.pending(second, 0), vec![Target::Header, item_target("a")]);
    let effect = world.submission(first).decisions.first().map(|decision| (decision.hash, decision.effect));
    assert_eq!(effect, Some((late, crate::review::DecisionEffect::Withdrawn)));
}

#[test]
fn replay_5_a_countys_opinion_is_not_the_citys() {
    let mut world = World::with_city();
    let first = world.submit(None, &[("a", "1")]);
    world.approve(COUNTY, first, 0);
    assert_eq!(world.pending(first, 0), vec![]);
    assert_eq!(world.pending(first, 1), vec![Target::Header, item_target("a")]);
    assert_eq!(world.submission(first).status, SubmissionStatus::UnderReview { step: 1 });

    // The chain changes: what the county said as the first step is not what the city says as the first step.
    let mut moved = world.clone();
    moved.steps = vec![step(CITY)];
    let second = moved.submit(Some(first), &[("a", "1")]);
    assert_eq!(moved.pending(second, 0), vec![Target::Header, item_target("a")]);
}

#[test]
fn replay_6_leaving_out_what_was_returned_or_changing_the_header_needs_a_review() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    world.send_back(COUNTY, first, 0, &["b"]);
    let second = world.submit(Some(first), &[("a", "1")]);
    assert_eq!(world.pending(second, 0), vec![removal("b")]);
    // An approval that passes over the removal approves nothing.
    world.decide(COUNTY, second, 0, Verdict::Approve, Vec::new());
    assert!(world.approved().is_empty());
    world.approve(COUNTY, second, 0);
    assert_eq!(world.approved(), vec![second]);

    let renamed = revision(&world.catalog, &[world.content(second).digest()], "另一个标题", &[("a", "1")]);
    let knows: Vec<_> = world.submission(second).decisions.iter().map(|decision| decision.hash).collect();
    let third = world.submit_revision(Some(second), &knows, &renamed);
    assert_eq!(world.pending(third, 0), vec![Target::Header]);
    assert_eq!(world.approved(), vec![second]);
}

#[test]
fn replay_7_a_new_version_of_the_standard_opens_every_item_again() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    world.approve(COUNTY, first, 0);
    let mut next = revision(&world.catalog, &[world.content(first).digest()], "标题", &[("a", "1"), ("b", "1")]);
    next.header = Header { guideline: "v2".to_owned(), ..next.header.decode() }.to_canonical();
    let knows: Vec<_> = world.submission(first).decisions.iter().map(|decision| decision.hash).collect();
    let second = world.submit_revision(Some(first), &knows, &next);
    assert_eq!(world.pending(second, 0), vec![Target::Header, item_target("a"), item_target("b")]);
}

#[test]
fn replay_8_new_serials_and_another_order_keep_every_approval_and_still_need_a_decision() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    world.approve(COUNTY, first, 0);
    let mut next = revision(&world.catalog, &[world.content(first).digest()], "标题", &[]);
    let place = |name: &str, order: u32, serial: &str| {
        (id(name), Slot::new(order, serial.to_owned(), item(name, "1").to_canonical()))
    };
    next.items = [place("b", 1, "0101"), place("a", 2, "0102")].into();
    let knows: Vec<_> = world.submission(first).decisions.iter().map(|decision| decision.hash).collect();
    let second = world.submit_revision(Some(first), &knows, &next);
    assert_eq!(world.pending(second, 0), vec![]);
    assert_eq!(world.approved(), vec![first], "nothing is left to ask, and still nobody has approved it");
    world.decide(COUNTY, second, 0, Verdict::Approve, Vec::new());
    assert_eq!(world.approved(), vec![second]);
}

#[test]
fn a_decision_whose_submission_is_not_here_waits_and_is_seen() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1")]);
    let decision = world.approve(COUNTY, first, 0);
    let without = fold(&world.catalog, world.facts.iter().filter(|fact| fact.hash != first).cloned());
    let waiting: Vec<_> = without.waiting.iter().map(|waiting| (waiting.hash, waiting.lack.clone())).collect();
    assert_eq!(waiting, vec![(decision, Lack::Submission(first))]);
    assert!(without.approved.is_empty());
}
