//! The budget of a catalog: what is allowed costs what was written, and what is not blocks the catalog for everybody.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{
    set::shuffled,
    world::{COUNTY, World, item, revision},
};
use crate::{
    review::{
        Act, BUDGET, Budget, CatalogState, Excess, Fact, Ground,
        fold::{Folded, fold_within},
    },
    revision::Slot,
};

const TIGHT: Budget = Budget { submissions: 6, acts: 8, places: 40, open: 8, ..BUDGET };

fn folded(world: &World, budget: &Budget, facts: &[Fact]) -> Folded {
    let ground = Ground {
        catalog: &world.catalog,
        custodians: &BTreeSet::new(),
        keeping: None,
        steps_of: None,
        standard_of: None,
    };
    fold_within(budget, &ground, facts.iter().cloned(), &Default::default())
}

fn state(world: &World, budget: Budget) -> CatalogState {
    folded(world, &budget, &world.facts).state
}

/// A catalog of so many items, submitted again and again with one of them changed.
fn worked_on(items: usize, changes: usize) -> World {
    let mut world = World::new();
    let names: Vec<String> = (0..items).map(|n| format!("i{n}")).collect();
    let pairs: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let mut last = world.submit(None, &pairs);
    for n in 0..changes {
        let before = world.content(last).clone();
        let mut revision = before.clone();
        revision.parents = vec![before.digest()];
        let (id, order) = before.items.iter().nth(n % items).map(|(id, slot)| (id.clone(), slot.order)).unwrap();
        revision.items.insert(id, Slot::new(order, String::new(), item("x", &format!("words {n}")).to_canonical()));
        let mut submission = world.payload(Some(last), &[], &revision);
        submission.body = revision.delta_from(&before);
        last = world.add(super::world::TOWN, "clerk", Act::Submission { submission, parts: Vec::new() });
        world.keep(last, revision);
    }
    world
}

#[test]
fn revisions_share_the_items_in_which_they_do_not_differ() {
    let (items, changes) = (600, 60);
    let world = worked_on(items, changes);
    let Folded { revisions, state, .. } = folded(&world, &BUDGET, &world.facts);
    assert_eq!((revisions.len(), state.submissions.len()), (changes + 1, changes + 1));
    let slots: BTreeSet<*const Slot> =
        revisions.values().flat_map(|revision| revision.items.values()).map(std::ptr::from_ref).collect();
    assert_eq!(slots.len(), items + changes, "every change brings one item, whatever the catalog holds");
}

#[test]
fn each_part_of_the_budget_blocks_the_catalog_and_says_so() {
    let mut world = worked_on(5, 3);
    let head = world.state().heads[0];
    world.receive(COUNTY, head);
    world.approve(COUNTY, head, 0);
    assert_eq!(state(&world, BUDGET).blocked, None);
    // Five items and a header in each of four submissions, read once and weighed once; of each the parent is looked for.
    let spent = Budget { submissions: 4, acts: 2, bytes: 0, places: 4 * (5 + 6) + 3, open: 6 };
    assert_eq!(state(&world, spent), state(&world, BUDGET), "exactly as much as is allowed");
    let less = [
        (Excess::Submissions, Budget { submissions: 3, ..spent }),
        (Excess::Acts, Budget { acts: 1, ..spent }),
        (Excess::Places, Budget { places: spent.places - 1, ..spent }),
        (Excess::Open, Budget { open: 5, ..spent }),
    ];
    for (part, budget) in less {
        let blocked = state(&world, budget);
        assert_eq!(blocked.blocked, Some(part));
        assert_eq!((blocked.submissions.len(), blocked.heads.len(), blocked.approved.len()), (0, 0, 0));
    }
}

#[test]
fn work_that_nothing_follows_counts_together() {
    let mut world = World::new();
    let first = world.submit(None, &[("a", "1"), ("b", "1")]);
    for n in 0..4 {
        world.submit(Some(first), &[("a", &n.to_string()), ("b", "1")]);
    }
    assert_eq!(state(&world, Budget { open: 12, ..BUDGET }).blocked, None);
    assert_eq!(state(&world, Budget { open: 11, ..BUDGET }).blocked, Some(Excess::Open));
}

#[test]
fn submissions_of_one_content_again_and_again_are_paid_for() {
    let mut world = World::new();
    let one = revision(&world.catalog, &[], "标题", &[("a", "0")]);
    let other = revision(&world.catalog, &[one.digest()], "标题", &[("a", "1")]);
    let mut last = None;
    for n in 0..60 {
        last = Some(world.submit_revision(last, &[], if n % 2 == 0 { &one } else { &other }));
    }
    let budget = |places| Budget { places, ..BUDGET };
    assert_eq!(state(&world, BUDGET).blocked, None);
    // 60 submissions of one item and a header cost 180 places and each its parent; who is looked for among all earlier
    // carriers of the same content is more.
    assert_eq!(state(&world, budget(60 * 4)).blocked, Some(Excess::Places));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whoever holds the same entries blocks the same catalog for the same reason, also where some were read before.
    #[test]
    fn what_is_blocked_is_a_function_of_the_set((facts, shuffled) in shuffled(), count in 0..24usize) {
        let world = World::new();
        let ground = Ground { catalog: &world.catalog, custodians: &BTreeSet::new(), keeping: None, steps_of: None, standard_of: None };
        let all = folded(&world, &TIGHT, &facts).state;
        prop_assert_eq!(&all, &folded(&world, &TIGHT, &shuffled).state);
        let part = fold_within(&BUDGET, &ground, shuffled.iter().take(count).cloned(), &Default::default());
        prop_assert_eq!(&all, &fold_within(&TIGHT, &ground, facts, &part.known).state);
    }
}

#[test]
fn what_travels_weighs_by_its_headers() {
    use crate::review::Tally;
    let allowed = Tally { submissions: BUDGET.submissions, acts: BUDGET.acts, bytes: BUDGET.bytes };
    assert_eq!(allowed.excess(&BUDGET), None);
    let more = [
        (Excess::Submissions, Tally { submissions: BUDGET.submissions + 1, ..allowed }),
        (Excess::Acts, Tally { acts: BUDGET.acts + 1, ..allowed }),
        (Excess::Bytes, Tally { bytes: BUDGET.bytes + 1, ..allowed }),
    ];
    for (part, tally) in more {
        assert_eq!(tally.excess(&BUDGET), Some(part));
    }
}
