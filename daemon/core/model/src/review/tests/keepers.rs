//! The same histories with custody that is given, taken, answered and given back while reviews are open, and carried in
//! bundles: in any order, in part, twice.
//!
//! Who was rightful is said here from the rules alone, along followers where the fold goes along what is followed.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ladder::{Dice, fold, fold_kept, history},
    world::{CITY, COUNTY, TOWN, division},
};
use crate::{
    digest::Digest,
    id::DivisionId,
    review::{Act, Fact, Keeping, Known, Order, Submission, Word},
};

const HISTORIES: u64 = 800;
const BUNDLES_MAX: usize = 6;

fn submissions(facts: &[Fact]) -> BTreeMap<Digest, (&Fact, &Submission)> {
    let all = facts.iter().filter_map(|fact| match &fact.act {
        Act::Submission { submission, .. } => Some((fact.hash, (fact, submission))),
        _ => None,
    });
    all.collect()
}

/// Two orders, the second after the first, each by somebody above; words on them and on submissions, none a refusal.
fn keeping(dice: &mut Dice, facts: &mut [Fact]) -> Keeping {
    let names = [Digest::of("order", &[b"1"]), Digest::of("order", &[b"2"])];
    let hashes: Vec<Digest> = submissions(facts).keys().copied().collect();
    let above = [COUNTY, CITY];
    let mut orders = BTreeMap::new();
    let mut before = division(TOWN);
    for (name, version) in names.into_iter().zip(1..).take(dice.below(3)) {
        let author = division(above[dice.below(2)]);
        let holder = division([TOWN, COUNTY][dice.below(2)]);
        let is_taken = author != division(CITY) && author != before && holder != before;
        let kept: BTreeSet<Digest> = hashes.iter().filter(|_| dice.one_in(2)).copied().collect();
        let kept = (!dice.one_in(4)).then_some(kept);
        orders.insert(name, Order { version, author, before: before.clone(), holder: holder.clone(), is_taken, kept });
        before = holder;
    }
    let mut words: BTreeMap<Digest, Vec<Word>> = BTreeMap::new();
    for about in hashes.iter().chain(&names) {
        if dice.one_in(5) {
            let author = division([TOWN, COUNTY, CITY][dice.below(3)]);
            words.entry(*about).or_default().push(Word { version: 1, author, is_right: true });
        }
    }
    for fact in facts.iter_mut() {
        let is_by_another = fact.author != division(TOWN);
        let Act::Submission { submission, .. } = &mut fact.act else { continue };
        submission.custody = dice.of(&names).filter(|_| is_by_another && !dice.one_in(3));
    }
    let at_first = hashes.iter().filter(|_| dice.one_in(6)).copied().collect();
    let of_old = division(if dice.one_in(4) { COUNTY } else { TOWN });
    Keeping { top: division(CITY), of_old, orders, refused: BTreeSet::new(), words, at_first }
}

/// Whether somebody who may has said that it stands.
fn is_confirmed(keeping: &Keeping, about: &Digest, writer: &DivisionId) -> bool {
    let said = keeping.words.get(about).into_iter().flatten();
    let before = keeping.orders.get(about).map(|order| order.before.clone());
    let mut who = said.map(|word| &word.author);
    who.any(|who| {
        let is_top = *who == keeping.top;
        let is_theirs = *who == division(TOWN) || *who == keeping.of_old || before.as_ref() == Some(who);
        is_top || (is_theirs && who != writer)
    })
}

/// Whether the order next in force after a version says nothing of a submission.
fn is_passed_over(keeping: &Keeping, version: u64, hash: &Digest) -> bool {
    let in_force = |(name, order): &(&Digest, &Order)| !order.is_taken || is_confirmed(keeping, name, &order.author);
    let later = keeping.orders.iter().filter(in_force).map(|(_, order)| order);
    let next = later.filter(|order| order.version > version).min_by_key(|order| order.version);
    next.is_some_and(|order| order.kept.as_ref().is_some_and(|kept| !kept.contains(hash)))
}

/// The submissions that stand, from the rules.
fn rightful(keeping: &Keeping, facts: &[Fact]) -> BTreeSet<Digest> {
    let all = submissions(facts);
    let by_itself = |(hash, (fact, submission)): &(&Digest, &(&Fact, &Submission))| {
        let writer = &fact.author;
        if *writer == division(TOWN) || *writer == keeping.top || is_confirmed(keeping, hash, writer) {
            return true;
        }
        let is_decided_above = facts.iter().any(|other| {
            other.author == keeping.top && matches!(&other.act, Act::Decision(made) if made.submission == **hash)
        });
        let is_ordered = match &submission.custody {
            None => {
                keeping.at_first.contains(*hash) || (*writer == keeping.of_old && !is_passed_over(keeping, 0, hash))
            }
            Some(named) => keeping.orders.get(named).is_some_and(|order| {
                let is_given = !order.is_taken || is_confirmed(keeping, named, &order.author);
                order.holder == *writer && is_given && !is_passed_over(keeping, order.version, hash)
            }),
        };
        is_ordered || is_decided_above
    };
    let mut right: BTreeSet<Digest> = all.iter().filter(by_itself).map(|(hash, _)| *hash).collect();
    loop {
        let more = all.iter().filter(|(hash, (_, before))| {
            !right.contains(*hash)
                && right.iter().any(|after| {
                    let after = all[after].1;
                    after.previous == Some(**hash) || after.body.parents.contains(&before.body.revision)
                })
        });
        let more: Vec<Digest> = more.map(|(hash, _)| *hash).collect();
        if more.is_empty() {
            return right;
        }
        right.extend(more);
    }
}

#[test]
fn what_stands_in_doubt_is_as_if_it_had_not_been_written() {
    let (mut doubted, mut stood) = (0, 0);
    for seed in 0..HISTORIES {
        let (world, mut facts) = history(seed);
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xC057_0D1E);
        let keeping = keeping(&mut dice, &mut facts);
        let seen = fold_kept(&world, &facts, Some(&keeping), &Known::new()).state;
        let right = rightful(&keeping, &facts);
        let all = submissions(&facts);
        let wrong: BTreeSet<Digest> = all.keys().filter(|hash| !right.contains(*hash)).copied().collect();
        let kept = facts.iter().filter(|fact| !wrong.contains(&fact.hash)).cloned();
        let without: Vec<Fact> = kept.collect();
        let expected = fold(&world, &without);
        assert_eq!(seen.heads, expected.heads, "history {seed}");
        assert_eq!(seen.approved, expected.approved, "history {seed}");
        assert_eq!(seen.submissions, expected.submissions, "history {seed}");
        let told: BTreeSet<Digest> = seen.in_doubt().map(|void| void.hash).collect();
        let other = seen.void.iter().filter(|void| !void.reason.is_doubt()).map(|void| void.hash);
        let other: BTreeSet<Digest> = other.collect();
        assert!(wrong.iter().all(|hash| told.contains(hash) || other.contains(hash)), "history {seed}");
        assert!(told.iter().all(|hash| wrong.contains(hash) || !all.contains_key(hash)), "history {seed}");
        doubted += usize::from(!told.is_empty());
        stood += usize::from(right.iter().any(|hash| all[hash].0.author != division(TOWN)));
    }
    assert!(doubted > 200 && stood > 200, "{doubted} with doubts, {stood} with others' work that stands");
}

#[test]
fn bundles_in_any_order_and_twice_end_in_the_same_state() {
    for seed in 0..HISTORIES / 5 {
        let (world, mut facts) = history(seed);
        let whole = fold(&world, &facts);
        let mut dice = Dice(seed ^ 0xB0D1E);
        for index in (1..facts.len()).rev() {
            facts.swap(index, dice.below(index + 1));
        }
        let count = 1 + dice.below(BUNDLES_MAX);
        let mut bundles: Vec<Vec<Fact>> = vec![Vec::new(); count];
        for fact in &facts {
            bundles[dice.below(count)].push(fact.clone());
            if dice.one_in(4) {
                bundles[dice.below(count)].push(fact.clone());
            }
        }
        let (mut here, mut known) = (Vec::new(), Known::new());
        let mut last = None;
        for bundle in bundles {
            here.extend(bundle);
            let folded = fold_kept(&world, &here, None, &known);
            known.extend(folded.known);
            last = Some(folded.state);
        }
        assert_eq!(last, Some(whole), "history {seed}");
    }
}
