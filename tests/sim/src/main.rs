//! The simulator's command line: many seeds, one seed with its log, or every mutation until it is found.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use gongkai_sim::{
    Report,
    many::{each, finding, run_each},
    mutation::Mutation,
    run,
};

/// Seeds without `--seeds`.
const SEEDS: u64 = 1_000;
/// Failures shown in full.
const SHOWN_MAX: usize = 10;

/// Seeds run at once when a mutation is looked for.
const MUTANT_SEEDS: u64 = 100;

const USAGE: &str = "sim [--seeds N] [--from SEED] [--mutation NAME] [--replay SEED] [--mutants]";

struct Wish {
    seeds: u64,
    from: u64,
    mutation: Mutation,
    replay: Option<u64>,
    is_mutants: bool,
}

fn main() -> ExitCode {
    let Some(wish) = wish(std::env::args().skip(1)) else {
        let _ = writeln!(io::stderr(), "{USAGE}");
        return ExitCode::from(2);
    };
    let done = match wish {
        Wish { replay: Some(seed), mutation, .. } => replay(seed, mutation),
        Wish { is_mutants: true, from, seeds, .. } => mutants(from, seeds),
        Wish { from, seeds, mutation, .. } => many(from, seeds, mutation),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}

fn wish(mut words: impl Iterator<Item = String>) -> Option<Wish> {
    let mut wish = Wish { seeds: SEEDS, from: 1, mutation: Mutation::None, replay: None, is_mutants: false };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seeds" => wish.seeds = words.next()?.parse().ok()?,
            "--from" => wish.from = words.next()?.parse().ok()?,
            "--mutation" => wish.mutation = Mutation::from_word(&words.next()?)?,
            "--replay" => wish.replay = Some(words.next()?.parse().ok()?),
            "--mutants" => wish.is_mutants = true,
            _ => return None,
        }
    }
    Some(wish)
}

fn replay(seed: u64, mutation: Mutation) -> io::Result<bool> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let report = run(
        seed,
        mutation,
        Some(&mut |line: &str| {
            // A closed pipe ends the listening, not the run.
            let _ = writeln!(out, "{line}");
        }),
    );
    writeln!(out, "{report:#?}")?;
    out.flush()?;
    Ok(report.failure.is_none())
}

fn many(from: u64, seeds: u64, mutation: Mutation) -> io::Result<bool> {
    let reports = run_each(from..from + seeds, mutation);
    let mut out = io::stdout().lock();
    let failed: Vec<&(u64, Report)> = reports.iter().filter(|(_, report)| report.failure.is_some()).collect();
    for (seed, report) in failed.iter().take(SHOWN_MAX) {
        let flag = if mutation == Mutation::None { String::new() } else { format!(" --mutation {}", mutation.word()) };
        writeln!(out, "seed {seed}: {}", report.failure.as_deref().unwrap_or_default())?;
        writeln!(out, "  bash tests/sim.sh --replay {seed}{flag}")?;
    }
    let sum = |of: fn(&Report) -> usize| reports.iter().map(|(_, report)| of(report)).sum::<usize>();
    writeln!(
        out,
        "{} entries written, {} machines rewound or copied, {} moves, {} decisions crossed on drives; \
         {} entries lost with their only machine, {} stranded, {} wants that nobody can serve",
        sum(|report| report.written),
        sum(|report| report.rewinds),
        sum(|report| report.moves),
        sum(|report| report.crossings),
        sum(|report| report.lost_with_machines),
        sum(|report| report.stranded),
        sum(|report| report.unservable),
    )?;
    writeln!(out, "{} passed, {} failed", reports.len() - failed.len(), failed.len())?;
    Ok(failed.is_empty())
}

/// For each mutation the first seed that finds it; no more seeds are run than a few beyond that.
fn mutants(from: u64, seeds: u64) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    let mut are_all_found = true;
    writeln!(out, "| mutation | seeds until found | found in | first finding |\n|---|---|---|---|")?;
    for mutation in Mutation::ALL {
        let mut found: Vec<(u64, String)> = Vec::new();
        let mut done = 0;
        while found.is_empty() && done < seeds {
            let count = MUTANT_SEEDS.min(seeds - done);
            let findings = each(from + done..from + done + count, |seed| finding(seed, mutation));
            found.extend(findings.into_iter().filter_map(|(seed, found)| Some((seed, found?))));
            done += count;
        }
        let needed = found.first().map_or_else(|| "not found".to_owned(), |(seed, _)| (seed - from + 1).to_string());
        let what = found.first().map_or("", |(_, what)| what);
        writeln!(out, "| {} | {needed} | {} of {done} | {what} |", mutation.word(), found.len())?;
        out.flush()?;
        are_all_found &= !found.is_empty();
    }
    Ok(are_all_found)
}
