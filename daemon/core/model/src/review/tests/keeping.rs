//! Who keeps a catalog, and by whose word: whoever stands above could write, and is believed only with an order, or
//! with the word of those whose catalog it is.

use std::collections::{BTreeMap, BTreeSet};

use super::world::{CITY, COUNTY, TOWN, World, division, operator, step};
use crate::{
    digest::Digest,
    review::{Act, CatalogState, Ground, Keeping, Order, SubmissionStatus, VoidReason, Withdrawal, Word, fold_on},
};

/// The town has a node of its own; nobody ordered anything.
fn with_node() -> Keeping {
    Keeping {
        top: division(CITY),
        of_old: division(TOWN),
        orders: BTreeMap::new(),
        refused: BTreeSet::new(),
        words: BTreeMap::new(),
        at_first: BTreeSet::new(),
    }
}

fn named(name: &str) -> Digest {
    Digest::of("order", &[name.as_bytes()])
}

fn order(version: u64, author: &str, before: &str, holder: &str) -> Order {
    let is_taken = author != CITY && author != before;
    let [author, before, holder] = [author, before, holder].map(division);
    Order { version, author, before, holder, is_taken, kept: None }
}

fn word(version: u64, author: &str, is_right: bool) -> Word {
    Word { version, author: division(author), is_right }
}

fn state(world: &World, keeping: &Keeping) -> CatalogState {
    let custodians = [division(COUNTY), division(CITY)].into();
    let keeping = Some(keeping);
    let ground =
        Ground { catalog: &world.catalog, custodians: &custodians, keeping, steps_of: None, standard_of: None };
    fold_on(&ground, world.facts.clone()).state
}

fn reason(world: &World, keeping: &Keeping, hash: Digest) -> Option<VoidReason> {
    state(world, keeping).void.into_iter().find(|void| void.hash == hash).map(|void| void.reason)
}

/// The city reviews the town's catalog.
fn reviewed_above() -> World {
    let mut world = World::new();
    world.steps = vec![step(CITY)];
    world
}

/// Makes a submission the work of another node, under an order of custody or none.
fn by(world: &mut World, hash: Digest, author: &str, custody: Option<Digest>) {
    let fact = world.facts.iter_mut().find(|fact| fact.hash == hash).unwrap();
    (fact.author, fact.operator) = (division(author), operator(&format!("{author}/thief")));
    let Act::Submission { submission, .. } = &mut fact.act else { return };
    submission.custody = custody;
}

/// The town's first, approved; and beside its line a second that the county puts up, approved as well.
fn forged() -> (World, Digest, Digest) {
    let mut world = reviewed_above();
    let own = world.submit(None, &[("a", "10 days")]);
    world.approve(CITY, own, 0);
    let forged = world.submit(Some(own), &[("a", "90 days")]);
    world.approve(CITY, forged, 0);
    world.facts.pop();
    by(&mut world, forged, COUNTY, None);
    (world, own, forged)
}

#[test]
fn what_a_county_puts_up_for_a_town_with_a_node_has_no_effect_and_is_an_alarm() {
    let (mut world, own, forged) = forged();
    let keeping = with_node();
    let seen = state(&world, &keeping);
    assert_eq!((seen.heads.clone(), seen.approved.clone()), (vec![own], vec![own]));
    assert_eq!(seen.in_doubt().map(|void| void.hash).collect::<Vec<_>>(), [forged]);
    assert_eq!(reason(&world, &keeping, forged), Some(VoidReason::NotKeeper));
    let decided = world.approve(TOWN, own, 0);
    let Some(Act::Decision(decision)) = world.facts.last_mut().map(|fact| &mut fact.act) else { return };
    decision.submission = forged;
    assert_eq!(reason(&world, &keeping, decided), Some(VoidReason::NamesVoid), "what is said of it has none either");
    // The town goes on as if it were not there.
    world.facts.pop();
    let next = world.submit(Some(own), &[("a", "15 days")]);
    assert_eq!(state(&world, &keeping).heads, [next]);
}

#[test]
fn a_word_of_the_town_or_of_the_top_ends_the_doubt_and_the_countys_own_does_not() {
    let (world, own, forged) = forged();
    for (words, stands) in [
        (vec![word(1, TOWN, true)], Some(true)),
        (vec![word(1, CITY, true)], Some(true)),
        (vec![word(1, COUNTY, true)], None),
        (vec![word(1, TOWN, false)], Some(false)),
        (vec![word(1, TOWN, true), word(1, CITY, false)], Some(false)),
        (vec![word(1, TOWN, false), word(2, CITY, true)], Some(true)),
        (vec![word(1, TOWN, false), word(9, COUNTY, true)], Some(false)),
    ] {
        let keeping = Keeping { words: [(forged, words.clone())].into(), ..with_node() };
        let seen = state(&world, &keeping);
        let head = if stands == Some(true) { forged } else { own };
        assert_eq!(seen.heads, [head], "{words:?}");
        assert_eq!(seen.in_doubt().count(), usize::from(stands.is_none()), "{words:?}");
    }
    // Nobody's word makes the town's own work void.
    let keeping = Keeping { words: [(own, vec![word(1, CITY, false)])].into(), ..with_node() };
    assert_eq!(state(&world, &keeping).heads, [own]);
}

#[test]
fn custody_that_was_taken_gives_no_right_before_somebody_there_agrees() {
    let (mut world, own, forged) = forged();
    let taken = named("taken");
    by(&mut world, forged, COUNTY, Some(taken));
    let orders: BTreeMap<Digest, Order> = [(taken, order(1, COUNTY, TOWN, COUNTY))].into();
    let keeping = Keeping { orders: orders.clone(), ..with_node() };
    assert_eq!(reason(&world, &keeping, forged), Some(VoidReason::CustodyTaken));
    for (who, is_right, head) in [(COUNTY, true, own), (TOWN, true, forged), (CITY, true, forged), (TOWN, false, own)] {
        let keeping = Keeping { words: [(taken, vec![word(1, who, is_right)])].into(), ..keeping.clone() };
        assert_eq!(state(&world, &keeping).heads, [head], "{who} says {is_right}");
    }
    let refused = Keeping { orders: BTreeMap::new(), refused: [taken].into(), ..with_node() };
    assert_eq!(reason(&world, &refused, forged), Some(VoidReason::CustodyRefused), "no alarm any more");
    // What the top ordered, or the town gave away itself, needs no word; nor does it serve anybody but its holder.
    for author in [CITY, TOWN] {
        let orders: BTreeMap<Digest, Order> = [(taken, order(1, author, TOWN, COUNTY))].into();
        assert_eq!(state(&world, &Keeping { orders, ..with_node() }).heads, [forged], "{author}");
        let orders: BTreeMap<Digest, Order> = [(taken, order(1, author, TOWN, CITY))].into();
        assert_eq!(reason(&world, &Keeping { orders, ..with_node() }, forged), Some(VoidReason::NotKeeper));
    }
}

#[test]
fn custody_that_has_ended_covers_what_stood_and_nothing_that_comes_later() {
    let (mut world, own, kept) = forged();
    let given = named("given");
    by(&mut world, kept, COUNTY, Some(given));
    let between = world.submit(Some(own), &[("a", "20 days"), ("b", "x")]);
    by(&mut world, between, COUNTY, Some(given));
    let back = |name: &str, version: u64, ends: &[Digest]| {
        let kept = Some(ends.iter().copied().collect());
        (named(name), Order { kept, ..order(version, CITY, COUNTY, TOWN) })
    };
    let first = (given, order(1, CITY, TOWN, COUNTY));
    let ended = |orders: Vec<(Digest, Order)>| Keeping { orders: orders.into_iter().collect(), ..with_node() };
    let keeping = ended(vec![first.clone(), back("back", 2, &[kept])]);
    assert_eq!(state(&world, &keeping).heads, [kept]);
    assert_eq!(reason(&world, &keeping, between), Some(VoidReason::NotKeeper), "the order that ended it names it not");
    // A second order of the same place, by hand of a stolen key, can only take away.
    let forged = (named("forged"), Order { kept: Some([between].into()), ..order(2, COUNTY, COUNTY, TOWN) });
    let keeping = ended(vec![first.clone(), back("back", 2, &[kept]), forged]);
    assert_eq!(state(&world, &keeping).heads, [own]);
    // Orders that did not say so yet end nothing.
    let keeping = ended(vec![first, (named("older"), order(2, CITY, COUNTY, TOWN))]);
    assert_eq!(state(&world, &keeping).in_doubt().count(), 0);
}

#[test]
fn what_stood_before_the_town_had_a_node_stands_with_all_that_it_followed() {
    let (mut world, own, later) = forged();
    by(&mut world, own, COUNTY, None);
    let nobody = Keeping { of_old: division(COUNTY), ..with_node() };
    assert_eq!(state(&world, &nobody).heads, [later], "the county keeps what has no keeper of its own");
    let named = Keeping { at_first: [later].into(), ..with_node() };
    assert_eq!(state(&world, &named).heads, [later], "its certificate names the last of the line");
    let named = Keeping { at_first: [own].into(), ..with_node() };
    assert_eq!(state(&world, &named).heads, [own]);
    assert_eq!(reason(&world, &named, later), Some(VoidReason::NotKeeper), "what came after it is nobody's past");
}

#[test]
fn journals_without_names_of_orders_keep_what_the_town_went_on_from_and_what_the_top_decided() {
    let (mut world, own, later) = forged();
    by(&mut world, own, COUNTY, None);
    let decided = state(&world, &with_node());
    assert_eq!(decided.heads, [own], "the city's reviewers had it before them");
    assert_eq!(decided.submission(&own).unwrap().status, SubmissionStatus::Approved);
    world.facts.retain(|fact| !matches!(fact.act, Act::Decision(_)));
    assert_eq!(state(&world, &with_node()).in_doubt().count(), 2);
    let next = world.submit(Some(later), &[("a", "15 days")]);
    let followed = state(&world, &with_node());
    assert_eq!((followed.heads.clone(), followed.in_doubt().count()), (vec![next], 0), "the town went on from it");
}

#[test]
fn a_county_takes_back_nothing_that_a_town_with_a_node_put_up() {
    let mut world = reviewed_above();
    let own = world.submit(None, &[("a", "10 days")]);
    let withdrawal = Withdrawal { submission: own, knows: Vec::new(), reason: String::new() };
    let taken_back = world.add(COUNTY, "thief", Act::Withdrawal(withdrawal));
    assert_eq!(reason(&world, &with_node(), taken_back), Some(VoidReason::NotKeeper));
    let keeper = Keeping { of_old: division(COUNTY), ..with_node() };
    assert_eq!(state(&world, &keeper).submission(&own).unwrap().status, SubmissionStatus::Withdrawn);
}
