//! A few hundred seeds in every run of the tests, and the proof that equal seeds give equal runs.

use gongkai_sim::{mutation::Mutation, run};

/// Seeds of one test run: some tens of seconds on one slow core.
const SEEDS: u64 = 200;

#[test]
fn no_seed_loses_leaks_or_forgets_anything() {
    let found: Vec<String> = (1..=SEEDS)
        .filter_map(|seed| Some(format!("seed {seed}: {}", run(seed, Mutation::None, None).failure?)))
        .collect();
    assert!(found.is_empty(), "{found:#?}\nreplay with: bash tests/sim.sh --replay SEED");
}

#[test]
fn a_seed_decides_everything() {
    for seed in [1, 17, 4711] {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let one = run(seed, Mutation::None, Some(&mut |line: &str| first.push(line.to_owned())));
        let two = run(seed, Mutation::None, Some(&mut |line: &str| second.push(line.to_owned())));
        assert_eq!(first, second);
        assert_eq!(one, two);
        assert_ne!(one.log_digest, run(seed + 1, Mutation::None, None).log_digest);
    }
}
