//! Concurrent pairs: each node folds the same set, so each pair has one outcome, named here.

use super::world::{CITY, COUNTY, TOWN, World, item_target, revision};
use crate::review::{DecisionEffect, SubmissionStatus, Target, Verdict, VoidReason};

#[test]
fn a_return_beats_an_approval_of_the_same_step() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    let approval = world.approve(COUNTY, first, 0);
    let rest = world.submission(first).complete_opinions(0, Vec::new());
    assert!(rest.is_empty());
    let opinions = world.opinions(first, Verdict::Return, &[item_target("b")]);
    let back = world.decide(COUNTY, first, 0, Verdict::Return, opinions);

    let state = world.submission(first);
    assert_eq!(state.status, SubmissionStatus::Returned { step: 0 });
    let effects: Vec<_> = state.decisions.iter().map(|decision| (decision.hash, decision.effect)).collect();
    assert!(effects.contains(&(approval, DecisionEffect::Outweighed)));
    assert!(effects.contains(&(back, DecisionEffect::Effective)));
    // What both agree on is settled for the next submission.
    let second = world.submit(Some(first), &[("a", "1"), ("b", "2")]);
    assert_eq!(world.pending(second, 0), vec![item_target("b")]);
}

#[test]
fn a_withdrawal_beats_a_decision_it_did_not_name_and_yields_to_one_it_named() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1")]);
    let approval = world.approve(COUNTY, first, 0);
    let mut knowing = world.clone();
    world.withdraw(first, &[]);
    assert_eq!(world.submission(first).status, SubmissionStatus::Withdrawn);
    assert!(world.approved().is_empty());

    let late = knowing.withdraw(first, &[approval]);
    assert_eq!(knowing.submission(first).status, SubmissionStatus::Approved);
    let void = knowing.state().void;
    assert!(void.iter().any(|void| void.hash == late && void.reason == VoidReason::AfterDecision));
}

#[test]
fn a_withdrawal_that_names_a_revoked_decision_counts() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1")]);
    let approval = world.approve(COUNTY, first, 0);
    world.revoke(COUNTY, approval);
    world.withdraw(first, &[approval]);
    assert_eq!(world.submission(first).status, SubmissionStatus::Withdrawn);
}

#[test]
fn a_revocation_falls_back_to_the_approval_before() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1")]);
    world.approve(COUNTY, first, 0);
    let second = world.submit(Some(first), &[("a", "2")]);
    assert_eq!(world.approved(), vec![first], "a running review does not unpublish");
    let approval = world.approve(COUNTY, second, 0);
    assert_eq!(world.approved(), vec![second]);
    world.revoke(COUNTY, approval);
    assert_eq!(world.approved(), vec![first]);
    assert_eq!(world.submission(second).status, SubmissionStatus::Revoked);
    assert_eq!(world.pending(second, 0), vec![item_target("a")]);
    // The reviewer may decide the same submission anew.
    world.approve(COUNTY, second, 0);
    assert_eq!(world.approved(), vec![second]);
}

#[test]
fn only_the_deciding_division_or_one_after_it_revokes() {
    let mut world = World::with_city();
    let first = world.submit(None, &[("a", "1")]);
    let county = world.approve(COUNTY, first, 0);
    let city = world.approve(CITY, first, 1);
    let by_owner = world.revoke(TOWN, county);
    let by_county = world.revoke(COUNTY, city);
    let void = world.state().void;
    for hash in [by_owner, by_county] {
        assert!(void.iter().any(|void| void.hash == hash && void.reason == VoidReason::MayNotRevoke));
    }
    assert_eq!(world.approved(), vec![first]);
    world.revoke(CITY, county);
    assert!(world.approved().is_empty());
    assert_eq!(world.submission(first).status, SubmissionStatus::Revoked);
}

#[test]
fn a_decision_on_a_superseded_submission_is_stale_and_carries_what_still_stands() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    let mut county = world.clone();
    let second = world.submit(Some(first), &[("a", "1"), ("b", "2")]);
    // The county had not seen the second submission.
    let late = county.approve(COUNTY, first, 0);
    assert_eq!(county.approved(), vec![first]);
    world.facts.extend(county.facts.into_iter().filter(|fact| fact.hash == late));
    // Both worlds count entries alike: give the late decision a name of its own.
    let state = {
        let decision = world.facts.pop().unwrap();
        let hash = crate::digest::Digest::of("late", &[]);
        world.facts.push(crate::review::Fact { hash, ..decision });
        world.state()
    };
    assert!(state.approved.is_empty());
    let before = state.submission(&first).unwrap();
    assert_eq!(before.status, SubmissionStatus::Superseded);
    let late = &before.decisions[0];
    assert_eq!(late.effect, DecisionEffect::Stale);
    assert_eq!(late.carried, vec![crate::review::Target::Header, item_target("a")]);
    assert_eq!(late.lapsed, vec![item_target("b")], "what changed meanwhile goes back to review");
    assert_eq!(world.pending(second, 0), vec![item_target("b")]);
    let mark = state.submission(&second).unwrap().standing[1].marks[0].clone();
    assert!(mark.is_carried && mark.verdict == Verdict::Approve);
}

#[test]
fn two_submissions_after_the_same_one_are_a_conflict_and_block_nothing() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1")]);
    world.approve(COUNTY, first, 0);
    let ours = world.submit(Some(first), &[("a", "2")]);
    let theirs = world.submit(Some(first), &[("a", "3")]);
    let state = world.state();
    assert!(state.is_in_conflict);
    assert_eq!(state.heads.len(), 2);
    assert_eq!(state.approved, vec![first]);

    world.approve(COUNTY, ours, 0);
    world.approve(COUNTY, theirs, 0);
    let state = world.state();
    assert_eq!(state.approved.len(), 2);
    assert!(state.is_in_conflict);
    let published = world.content(theirs).digest();
    assert_eq!(state.latest_approved(Some(&published)).map(|latest| latest.hash), Some(theirs));
    let common = world.content(first).digest();
    assert_eq!(state.latest_approved(Some(&common)).map(|latest| latest.hash), Some(first));
    assert_eq!(state.latest_approved(None), None);
}

#[test]
fn a_merge_ends_the_conflict_and_what_it_drops_of_either_side_is_reviewed() {
    let mut world = World::new();
    let ours = world.submit(None, &[("a", "1"), ("b", "1")]);
    let theirs = world.submit(None, &[("a", "1"), ("c", "1")]);
    assert!(world.state().is_in_conflict);
    let parents = [world.content(ours).digest(), world.content(theirs).digest()];
    let merged = revision(&world.catalog, &parents, "标题", &[("a", "1"), ("b", "1")]);
    let merge = world.submit_revision(Some(ours), &[], &merged);
    let state = world.state();
    assert_eq!((state.heads.clone(), state.is_in_conflict), (vec![merge], false));
    assert!(state.submission(&theirs).unwrap().is_superseded);
    let removed = Target::Removal(super::world::id("c"));
    assert!(world.pending(merge, 0).contains(&removed));
}

#[test]
fn going_back_to_an_earlier_revision_is_a_step_forward() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1")]);
    world.approve(COUNTY, first, 0);
    let second = world.submit(Some(first), &[("a", "2")]);
    world.approve(COUNTY, second, 0);
    let content = world.content(first).clone();
    let knows: Vec<_> = world.submission(second).decisions.iter().map(|decision| decision.hash).collect();
    let third = world.submit_revision(Some(second), &knows, &content);
    // The second one names the third one's revision as its parent, and is still the earlier of the two.
    let state = world.state();
    assert_eq!((state.heads, state.approved, state.is_in_conflict), (vec![third], vec![second], false));
    assert_eq!(world.pending(third, 0), vec![item_target("a")]);
    world.approve(COUNTY, third, 0);
    assert_eq!(world.approved(), vec![third]);
}

#[test]
fn a_withdrawn_branch_ends_the_conflict() {
    let mut world = World::new();
    let ours = world.submit(None, &[("a", "1")]);
    let theirs = world.submit(None, &[("a", "2")]);
    world.withdraw(theirs, &[]);
    let state = world.state();
    assert_eq!((state.heads, state.is_in_conflict), (vec![ours], false));
    world.withdraw(ours, &[]);
    assert_eq!(world.state().heads.len(), 1, "a new submission still follows one of them");
}
