//! `latency`: from a submission at a township to its reading at the city, over two hops and three durable commits.
//!
//! Invariant: one at a time; the time ends with the city's answer to a call, so it holds that call as well.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use gongkai_tests::tree::pause;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{
    data::Press,
    limit,
    outcome::{Outcome, median, quantile, rounded},
    system::Commits,
    tiers::{LINE, Tiers},
};

/// Submissions timed when nothing is said.
pub(crate) const SUBMISSIONS: usize = 200;
/// Items of a catalog here: a small one, as most are.
const ITEMS: usize = 5;
/// Submissions before the clock: caches, prepared statements, windows.
const WARM_UP: usize = 26;
/// Two hops' work beside the flushes, milliseconds.
const WORK_MS: f64 = 1.5;
/// Flushes on the way: township, county, city.
const FLUSHES: f64 = 3.0;
/// How much longer the slowest of a hundred may take.
const TAIL_AIM: f64 = 3.0;
/// Between two looks at the commit counts.
const LOOK_EVERY: Duration = Duration::from_micros(30);

/// When each tier had committed it, and when the city answered; milliseconds after the call.
struct Sample {
    commits: [f64; 3],
    readable: f64,
}

/// Times submissions one after the other.
pub(crate) fn latency(runtime: &Runtime, submissions: usize) -> Result<Outcome> {
    let press = Press::new();
    let tiers = Tiers::grow(runtime, LINE)?;
    let flush_ms = limit::flush_ms(tiers.place.path())?;
    let mut samples = Vec::with_capacity(submissions);
    for n in 0..WARM_UP + submissions {
        let sample = one(runtime, &press, &tiers, n)?;
        if n >= WARM_UP {
            samples.push(sample);
        }
    }
    let mut readable: Vec<f64> = samples.iter().map(|sample| sample.readable).collect();
    let (p50, p99) = (quantile(&mut readable, 0.5), quantile(&mut readable, 0.99));
    let limit = WORK_MS + FLUSHES * flush_ms;
    let at = |tier: usize| {
        let mut times: Vec<f64> = samples.iter().map(|sample| sample.commits[tier]).collect();
        rounded(median(&mut times))
    };
    Ok(Outcome {
        bench: "latency",
        items: submissions,
        value: p50,
        unit: "ms p50",
        limit,
        limit_what: "1.5 ms and three flushes as timed in this run",
        ratio: p50 / limit,
        aim: 1.0,
        is_met: p50 <= limit && p99 <= TAIL_AIM * p50,
        more: json!({
            "p99_ms": rounded(p99),
            "p99_over_p50": rounded(p99 / p50),
            "p99_over_p50_aim": TAIL_AIM,
            "flush_ms": rounded(flush_ms),
            "committed_ms_town_county_city": [at(0), at(1), at(2)],
            "items_of_the_catalog": ITEMS,
        }),
    })
}

fn one(runtime: &Runtime, press: &Press, tiers: &Tiers, n: usize) -> Result<Sample> {
    let domains = press.domains();
    let (domain, edit) = (&domains[n % domains.len()], n / domains.len());
    let town = tiers.towns.first().context("a township")?;
    let workbook = press.workbook(&town.node.division, domain, ITEMS, edit)?;
    let revision = runtime.block_on(town.admin.import(&workbook))?;
    tiers.wait_for_rest()?;
    time(runtime, tiers, &workbook.catalog, &revision)
}

fn time(runtime: &Runtime, tiers: &Tiers, catalog: &str, revision: &str) -> Result<Sample> {
    let (town, county) = (&tiers.towns[0], &tiers.counties[0]);
    let mut watched: [Commits; 3] = [town.commits()?, county.commits()?, tiers.city.commits()?];
    let mut commits = [None; 3];
    let (admin, asked) = (town.admin.clone(), catalog.to_owned());
    let begun = Instant::now();
    let ms = || begun.elapsed().as_secs_f64() * 1000.0;
    let submitting = runtime.spawn(async move { admin.submit(&asked).await });
    let readable = loop {
        let mut has_city_grown = false;
        for (tier, (watched, first)) in watched.iter_mut().zip(&mut commits).enumerate() {
            if watched.have_grown()? {
                first.get_or_insert_with(ms);
                has_city_grown |= tier == 2;
            }
        }
        if has_city_grown && runtime.block_on(tiers.city.admin.revision(catalog))?.as_deref() == Some(revision) {
            break ms();
        }
        ensure!(begun.elapsed() < Duration::from_secs(60), "{catalog} {revision} does not reach the city");
        pause(LOOK_EVERY);
    };
    ensure!(runtime.block_on(submitting)?? == revision, "another revision was submitted than imported");
    Ok(Sample { commits: commits.map(|first| first.unwrap_or(readable)), readable })
}
