//! Nobody reviews what he wrote, whoever put it up.

use super::world::{CITY, COUNTY, World, id, item_target, operator};
use crate::{
    digest::Digest,
    review::{Act, Actor, Coverage, Intent, Ruling, SubmissionStatus, Target, Verdict, VoidReason, admit},
};

const WANG: &str = "211221/reviewer";

/// The county's reviewer approves what is pending of these items, or all of it.
fn approve(world: &mut World, submission: Digest, items: &[&str]) -> Digest {
    let targets: Vec<Target> = items.iter().map(|name| item_target(name)).collect();
    let opinions = match targets.as_slice() {
        [] => world.submission(submission).complete_opinions(0, Vec::new()),
        some => world.opinions(submission, Verdict::Approve, some),
    };
    world.decide(COUNTY, submission, 0, Verdict::Approve, opinions)
}

#[test]
fn a_colleague_who_puts_the_same_up_again_does_not_make_it_his_own() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1")]);
    world.facts.last_mut().unwrap().operator = operator(WANG);
    world.withdraw(first, &[]);
    let content = world.content(first).clone();
    let second = world.submit_revision(Some(first), &[], &content);
    let own = approve(&mut world, second, &[]);
    assert_eq!(world.void_reason(own), Some(VoidReason::SelfReview));
    let writers = world.submission(second).standing.into_iter().map(|standing| standing.writers);
    assert!(writers.into_iter().all(|writers| writers.contains(&operator(WANG))));
}

#[test]
fn whose_saves_stand_in_an_item_is_told_item_by_item() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    world.written_by(WANG, &["a"]);
    world.written_by("211221100/clerk", &["b"]);
    let whole = approve(&mut world, first, &["b"]);
    assert_eq!(world.void_reason(whole), Some(VoidReason::SelfReview), "he is named as a writer of this submission");
    // The next submission changes the other item: his own stands in it, and is his own still.
    let second = world.submit(Some(first), &[("a", "1"), ("b", "2")]);
    let own = approve(&mut world, second, &["a", "b"]);
    assert_eq!(world.void_reason(own), Some(VoidReason::SelfReview));
    let other = approve(&mut world, second, &["b"]);
    assert_eq!(world.void_reason(other), None);
    assert_eq!(world.submission(second).status, SubmissionStatus::PartlyApproved { step: 0 });
}

#[test]
fn a_merge_has_the_writers_of_all_that_it_follows() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    world.approve(CITY, first, 0);
    let wrote = world.submit(Some(first), &[("a", "2"), ("b", "1")]);
    world.written_by(WANG, &[]);
    let then = world.submit(Some(wrote), &[("a", "2"), ("b", "2")]);
    let beside = world.submit(Some(first), &[("a", "1"), ("b", "1"), ("c", "1")]);
    let merge = world.merge(&[beside, then], &[("a", "2"), ("b", "2"), ("c", "1")]);
    let own = approve(&mut world, merge, &["a"]);
    assert_eq!(world.void_reason(own), Some(VoidReason::SelfReview));
    let other = approve(&mut world, merge, &["b", "c"]);
    assert_eq!(world.void_reason(other), None);
}

#[test]
fn what_was_approved_has_no_writers_any_more_where_the_owner_names_the_approval() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    world.written_by(WANG, &[]);
    let opinions = world.submission(first).complete_opinions(0, Vec::new());
    world.decide(COUNTY, first, 0, Verdict::Approve, opinions);
    world.facts.last_mut().unwrap().operator = operator("211221/zhao");
    assert_eq!(world.submission(first).status, SubmissionStatus::Approved);
    let second = world.submit(Some(first), &[("a", "1"), ("b", "2")]);
    let writers = |world: &World, item: &str| {
        let standing = world.submission(second).standing;
        let found = standing.into_iter().find(|standing| standing.target == item_target(item));
        found.unwrap().writers.contains(&operator(WANG))
    };
    assert!(writers(&world, "a"), "an old entry names no approval");
    let Act::Submission { submission, .. } = &mut world.facts.last_mut().unwrap().act else { unreachable!() };
    submission.since = Some(first);
    assert!(!writers(&world, "a") && !writers(&world, "b"));
}

#[test]
fn the_machine_refuses_a_word_on_ones_own_item() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    world.written_by(WANG, &["a"]);
    let second = world.submit(Some(first), &[("a", "1"), ("b", "2")]);
    let reviewer =
        Actor { operator: operator(WANG), division: super::world::division(COUNTY), departments: Default::default() };
    let ruling = |world: &World, names: &[&str]| {
        let targets: Vec<Target> = names.iter().map(|name| Target::Item(id(name))).collect();
        Intent::Decide(Ruling {
            submission: second,
            routing: super::world::table("1"),
            verdict: Verdict::Approve,
            opinions: world.opinions(second, Verdict::Approve, &targets),
            note: String::new(),
            outside: None,
            coverage: Coverage::Part,
        })
    };
    let state = world.state();
    assert_eq!(admit(&state, ruling(&world, &["a", "b"]), &reviewer).unwrap_err().code(), "GK-REVIEW-015");
    let act = admit(&state, ruling(&world, &["b"]), &reviewer).unwrap();
    let made = world.add(COUNTY, "reviewer", act);
    assert_eq!(world.void_reason(made), None);
}
