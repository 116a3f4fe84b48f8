//! Lines that meet in a merge: what stands on one side is asked again where the other side says otherwise.

use super::world::{COUNTY, World, item_target, removal, revision};
use crate::{
    digest::Digest,
    review::{Act, DecisionEffect, SubmissionStatus, Verdict},
    revision::Header,
};

/// The town's first submission, approved, and two lines that go on from it: one that is approved, one that is not.
fn split(first: &[(&str, &str)], approved: &[(&str, &str)], beside: &[(&str, &str)]) -> (World, Digest, Digest) {
    let mut world = World::new();
    let one = world.submit(None, first);
    world.approve(COUNTY, one, 0);
    let two = world.submit(Some(one), approved);
    world.approve(COUNTY, two, 0);
    let three = world.submit(Some(one), beside);
    (world, two, three)
}

#[test]
fn an_item_that_one_side_changed_is_asked_again_when_a_merge_takes_it_back() {
    let (mut world, two, three) = split(&[("a", "20日")], &[("a", "10日")], &[("a", "20日")]);
    for merged in [[two, three], [three, two]] {
        let merge = world.merge(&merged, &[("a", "20日")]);
        assert_eq!(world.pending(merge, 0), vec![item_target("a")], "in whichever line it stands");
        assert_eq!(world.submission(merge).status, SubmissionStatus::Submitted);
        world.facts.pop();
    }
}

#[test]
fn a_removal_that_was_approved_on_one_side_is_not_undone_unseen() {
    let (mut world, two, three) = split(&[("a", "1"), ("b", "1")], &[("a", "1")], &[("a", "1"), ("b", "1")]);
    for merged in [[two, three], [three, two]] {
        let merge = world.merge(&merged, &[("a", "1"), ("b", "1")]);
        assert_eq!(world.pending(merge, 0), vec![item_target("b")]);
        world.facts.pop();
        let merge = world.merge(&merged, &[("a", "1")]);
        assert_eq!(world.pending(merge, 0), vec![removal("b")], "it stood on the other side");
        world.facts.pop();
    }
}

#[test]
fn a_removal_of_a_line_that_a_merge_drops_is_still_seen() {
    let mut world = World::new();
    let one = world.submit(None, &[("a", "1")]);
    world.approve(COUNTY, one, 0);
    // One line adds `b`, approved, and takes it out again, not yet agreed to; the other never had it.
    let with = world.submit(Some(one), &[("a", "1"), ("b", "1")]);
    world.approve(COUNTY, with, 0);
    let without = world.submit(Some(with), &[("a", "1")]);
    let beside = world.submit(Some(one), &[("a", "2")]);
    let merge = world.merge(&[beside, without], &[("a", "2")]);
    assert_eq!(world.pending(merge, 0), vec![item_target("a"), removal("b")]);
}

#[test]
fn what_stood_on_all_sides_is_not_asked_again_on_whichever_side_it_was_approved() {
    let mut world = World::new();
    let one = world.submit(None, &[("a", "1"), ("b", "1"), ("c", "1")]);
    let some = world.opinions(one, Verdict::Approve, &[item_target("a")]);
    world.decide(COUNTY, one, 0, Verdict::Approve, some);
    let two = world.submit(Some(one), &[("a", "1"), ("b", "1"), ("c", "2")]);
    let some = world.opinions(two, Verdict::Approve, &[item_target("b"), item_target("c")]);
    world.decide(COUNTY, two, 0, Verdict::Approve, some);
    let three = world.submit(Some(one), &[("a", "1"), ("b", "1"), ("c", "1")]);
    let some = world.opinions(three, Verdict::Approve, &[super::world::id("c")].map(crate::review::Target::Item));
    world.decide(COUNTY, three, 0, Verdict::Approve, some);
    for merged in [[two, three], [three, two]] {
        let merge = world.merge(&merged, &[("a", "1"), ("b", "1"), ("c", "2")]);
        let header = crate::review::Target::Header;
        assert_eq!(world.pending(merge, 0), vec![header, item_target("c")], "{merged:?}");
        world.facts.pop();
    }
}

#[test]
fn a_line_that_changed_an_item_and_changed_it_back_does_not_meet_the_old_approval() {
    let mut world = World::new();
    let one = world.submit(None, &[("a", "1")]);
    world.approve(COUNTY, one, 0);
    let two = world.submit(Some(one), &[("a", "2")]);
    let back = world.submit(Some(two), &[("a", "1")]);
    let beside = world.submit(Some(one), &[("a", "1"), ("b", "1")]);
    for merged in [[back, beside], [beside, back]] {
        let merge = world.merge(&merged, &[("a", "1"), ("b", "1")]);
        assert_eq!(world.pending(merge, 0), vec![item_target("a"), item_target("b")]);
        world.facts.pop();
    }
}

#[test]
fn another_guideline_on_one_side_asks_everything_again() {
    let mut world = World::new();
    let one = world.submit(None, &[("a", "1")]);
    world.approve(COUNTY, one, 0);
    let plain = revision(&world.catalog, &[world.content(one).digest()], "标题", &[("a", "1"), ("b", "1")]);
    let header = Header { guideline: "v2".to_owned(), ..plain.header.decode() }.to_canonical();
    let two = world.submit_revision(Some(one), &[], &crate::revision::Revision { header, ..plain });
    let three = world.submit(Some(one), &[("a", "1"), ("c", "1")]);
    let merge = world.merge(&[three, two], &[("a", "1"), ("b", "1"), ("c", "1")]);
    assert!(world.pending(merge, 0).contains(&item_target("a")));
}

#[test]
fn a_return_on_one_side_beats_an_approval_on_the_other() {
    let mut world = World::new();
    let one = world.submit(None, &[("a", "1")]);
    let two = world.submit(Some(one), &[("a", "1"), ("b", "1")]);
    world.approve(COUNTY, two, 0);
    let three = world.submit(Some(one), &[("a", "1"), ("c", "1")]);
    world.send_back(COUNTY, three, 0, &["a"]);
    for merged in [[two, three], [three, two]] {
        let merge = world.merge(&merged, &[("a", "1"), ("b", "1"), ("c", "1")]);
        let standing = world.submission(merge).standing;
        let a = standing.iter().find(|standing| standing.target == item_target("a")).unwrap();
        assert_eq!(a.mark(0).unwrap().verdict, Verdict::Return);
        world.facts.pop();
    }
}

#[test]
fn branches_that_merged_each_other_back_and_forth_take_nothing_over() {
    let mut world = World::new();
    // The first carries what the last was made from, and stands in the line of the last: a ring over three entries.
    let a = revision(&world.catalog, &[], "标题", &[("a", "1")]);
    let b = revision(&world.catalog, &[a.digest()], "标题", &[("a", "1"), ("b", "1")]);
    let c = revision(&world.catalog, &[b.digest()], "标题", &[("a", "1"), ("c", "1")]);
    let of_b = world.submit_revision(None, &[], &b);
    let of_c = world.submit_revision(None, &[], &c);
    let of_a = world.submit_revision(Some(of_c), &[], &a);
    for hash in [of_a, of_b, of_c] {
        let Act::Submission { submission, .. } = &world.facts[0].act else { unreachable!() };
        assert_eq!(submission.body.revision, b.digest());
        assert_ne!(world.submission(hash).status, SubmissionStatus::Approved);
    }
    assert!(world.approved().is_empty());
}

#[test]
fn a_late_decision_on_a_side_of_a_merge_says_what_was_carried_and_what_lapsed() {
    let (mut world, two, three) = split(&[("a", "1")], &[("a", "1")], &[("a", "1"), ("b", "1"), ("c", "1")]);
    let parents: Vec<Digest> = [two, three].map(|one| world.content(one).digest()).into();
    let content = revision(&world.catalog, &parents, "标题", &[("a", "1"), ("b", "1"), ("c", "2")]);
    // The county decides the side line while the town merges it: the merge does not know of it.
    let late = world.approve(COUNTY, three, 0);
    let merge = world.submit_revision(Some(two), &[], &content);
    let made = world.submission(three).decisions.into_iter().find(|made| made.hash == late).unwrap();
    assert_eq!(made.effect, DecisionEffect::Stale);
    assert_eq!((made.carried, made.lapsed), (Vec::new(), vec![item_target("b"), item_target("c")]));
    assert_eq!(world.pending(merge, 0), vec![item_target("b"), item_target("c")]);
}
