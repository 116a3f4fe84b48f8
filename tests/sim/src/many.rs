//! Many seeds on all processors.
//!
//! Invariant: what comes back is in the order of the seeds. A run that panics ends everything: it is no finding.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use crate::{
    mutation::Mutation,
    world::{Report, run},
};

/// What `of` says of each seed.
pub fn each<T: Send>(seeds: impl IntoIterator<Item = u64>, of: impl Fn(u64) -> T + Sync) -> Vec<(u64, T)> {
    let seeds: Vec<u64> = seeds.into_iter().collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((*seed, of(*seed)));
        }
        done
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut done: Vec<(u64, T)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a run does not panic")).collect()
    });
    done.sort_by_key(|(seed, _)| *seed);
    done
}

/// Runs each of the seeds.
pub fn run_each(seeds: impl IntoIterator<Item = u64>, mutation: Mutation) -> Vec<(u64, Report)> {
    each(seeds, |seed| run(seed, mutation, None))
}

/// What a seed finds of a mutation: nothing, where the rules that are taken away beneath it are found by themselves.
pub fn finding(seed: u64, mutation: Mutation) -> Option<String> {
    let found = run(seed, mutation, None).failure?;
    let beneath = mutation.beneath();
    let is_its_own = beneath == Mutation::None || run(seed, beneath, None).failure.is_none();
    is_its_own.then_some(found)
}
