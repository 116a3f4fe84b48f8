//! What replication costs: real daemons, real TLS, real files, each figure beside a limit measured in the same run.
//!
//! Invariant: the data is made before the clock, every tier is durable, and what came is counted before a figure is
//! printed. The last line is one JSON object; notes on the way go to stderr.
//! Left out: reading workbooks (`import`, a benchmark of the sheets).

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the result is the output")]

use std::{
    env, process,
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

mod admin;
mod bulk;
mod data;
mod delta;
mod fan_in;
mod idle;
mod latency;
mod limit;
mod outcome;
mod system;
mod tiers;

/// Longest run: the largest takes five minutes when all is well.
const TIME_MAX: Duration = Duration::from_secs(900);
/// And for each item asked for: a million, on a busy machine, as much longer. A quiet second of `idle` is one.
const TIME_MAX_PER_ITEM: Duration = Duration::from_millis(1);

fn main() -> Result<()> {
    // First of all: with two providers in one build rustls would not choose.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let args: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let name = args.first().filter(|arg| !arg.starts_with("--")).cloned().unwrap_or_default();
    let items = items(&args)?;
    if name == "idle" && !system::is_alone() {
        return system::again_alone();
    }
    watch_over(&name, items.unwrap_or_default());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let outcome = match name.as_str() {
        "bulk" => bulk::bulk(&runtime, items.unwrap_or(bulk::ITEMS))?,
        "memory" => bulk::memory(&runtime, items.unwrap_or(bulk::ITEMS))?,
        "growth" => bulk::growth(&runtime, items.unwrap_or(bulk::ITEMS))?,
        "latency" => latency::latency(&runtime, items.unwrap_or(latency::SUBMISSIONS))?,
        "delta" => delta::delta(&runtime, items.unwrap_or(bulk::ITEMS))?,
        "idle" => idle::idle(&runtime, items.unwrap_or(idle::SECONDS))?,
        "fan-in" => fan_in::fan_in(&runtime, items.unwrap_or(fan_in::CHILDREN))?,
        other => bail!("no benchmark `{other}`: see tests/benches/README.md"),
    };
    println!("{}", outcome.json());
    Ok(())
}

/// `--items N`: how much of what the benchmark counts; each has its own default.
fn items(args: &[String]) -> Result<Option<usize>> {
    let Some(place) = args.iter().position(|arg| arg == "--items") else { return Ok(None) };
    let text = args.get(place + 1).context("--items needs a number")?;
    Ok(Some(text.parse()?))
}

/// A note on the way.
fn note(text: impl AsRef<str>) {
    eprintln!("{}", text.as_ref());
    doing(text.as_ref());
}

/// What is under way, for the message of a run that does not end.
static DOING: Mutex<String> = Mutex::new(String::new());

fn doing(what: &str) {
    what.clone_into(&mut DOING.lock().unwrap_or_else(PoisonError::into_inner));
}

/// Ends a run that has not ended in its time, with what it was waiting for; the daemons end with it.
fn watch_over(name: &str, items: usize) {
    let (name, longest) = (name.to_owned(), TIME_MAX + TIME_MAX_PER_ITEM * u32::try_from(items).unwrap_or(u32::MAX));
    thread::spawn(move || {
        gongkai_tests::tree::pause(longest);
        let doing = DOING.lock().unwrap_or_else(PoisonError::into_inner);
        eprintln!("error: `{name}` did not end within {} minutes; under way: {doing}", longest.as_secs() / 60);
        process::exit(1);
    });
}
