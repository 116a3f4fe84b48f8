//! `delta`: one item of a full store changes; what crosses each hop, and how long it takes.
//!
//! Invariant: bytes are IP bytes of the link's own connection, both directions, from before the submission until
//! receipts and acknowledgements have come to rest.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use gongkai_tests::tree::pause;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{
    bulk,
    data::{Press, Workbook},
    note,
    outcome::{Outcome, median, rounded},
    system::{Commits, bytes_by_dialler, quiet},
    tiers::{Tiers, until},
};

/// Changes measured; the median counts.
const CHANGES: usize = 9;
/// What one hop should cost at most: an item has about 1 KB before it is compressed.
const HOP_BYTES_AIM: f64 = 1024.0;
/// After this everybody has told what there was to tell, and no sign of life has been due.
const TOLD: Duration = Duration::from_secs(8);
/// Between two looks at a database's commit count: a fiftieth of a millisecond costs nearly nothing.
const LOOK_EVERY: Duration = Duration::from_micros(50);

/// Medians over some changes.
pub(crate) struct Changes {
    /// From the submission's call to the answer of the city that has it.
    pub(crate) ms: f64,
    /// First hop, second hop.
    pub(crate) bytes: [f64; 2],
    /// The same for the last of them with what the nodes tell people of it some seconds later.
    pub(crate) bytes_told: [f64; 2],
}

/// Measures the changes of one item each in the first township's first catalog.
pub(crate) fn changes(runtime: &Runtime, press: &Press, tiers: &Tiers, workbooks: &[Vec<Workbook>]) -> Result<Changes> {
    let first = workbooks.first().and_then(|workbooks| workbooks.first()).context("a workbook")?;
    let (division, _) = first.catalog.split_once('/').context("a catalog")?;
    let (mut ms, mut hops) = (Vec::new(), [Vec::new(), Vec::new()]);
    let mut bytes_told = [0.0; 2];
    for edit in 1..=CHANGES {
        if edit == CHANGES {
            quiet(TOLD);
        }
        let changed = press.workbook(division, &first.domain, first.items, edit)?;
        let revision = runtime.block_on(tiers.towns[0].admin.import(&changed))?;
        tiers.wait_for_rest()?;
        let before = hop_bytes(tiers)?;
        ms.push(submit_and_wait(runtime, tiers, &changed.catalog, &revision)?);
        tiers.wait_for_rest()?;
        let after = hop_bytes(tiers)?;
        for hop in 0..2 {
            hops[hop].push((after[hop] - before[hop]) as f64);
        }
        if edit == CHANGES {
            quiet(TOLD);
            let told = hop_bytes(tiers)?;
            bytes_told = [0, 1].map(|hop| (told[hop] - before[hop]) as f64);
        }
    }
    Ok(Changes { ms: median(&mut ms), bytes: hops.map(|mut bytes| median(&mut bytes)), bytes_told })
}

/// Submits at the first township and waits until the city answers with the revision; gives milliseconds.
pub(crate) fn submit_and_wait(runtime: &Runtime, tiers: &Tiers, catalog: &str, revision: &str) -> Result<f64> {
    let mut commits = tiers.city.commits()?;
    let (town, asked) = (tiers.towns[0].admin.clone(), catalog.to_owned());
    let begun = Instant::now();
    let submitting = runtime.spawn(async move { town.submit(&asked).await });
    wait_for_revision(runtime, tiers, &mut commits, catalog, revision)?;
    let took = begun.elapsed().as_secs_f64() * 1000.0;
    runtime.block_on(submitting)??;
    Ok(took)
}

/// Asks the city after each of its commits.
fn wait_for_revision(
    runtime: &Runtime,
    tiers: &Tiers,
    commits: &mut Commits,
    catalog: &str,
    revision: &str,
) -> Result<()> {
    let begun = Instant::now();
    loop {
        if commits.have_grown()? && runtime.block_on(tiers.city.admin.revision(catalog))?.as_deref() == Some(revision) {
            return Ok(());
        }
        anyhow::ensure!(begun.elapsed() < Duration::from_secs(60), "{catalog} {revision} does not reach the city");
        pause(LOOK_EVERY);
    }
}

/// Bytes so far from the first township to its county, and from there to the city.
fn hop_bytes(tiers: &Tiers) -> Result<[u64; 2]> {
    let county = &tiers.counties[0];
    let of = |port: u16, pid: u32| -> Result<u64> {
        bytes_by_dialler(port)?.get(&pid).copied().context("the link is not connected")
    };
    Ok([of(county.port()?, tiers.towns[0].pid)?, of(tiers.city.port()?, county.pid)?])
}

/// One item changed in a store of this many.
pub(crate) fn delta(runtime: &Runtime, items: usize) -> Result<Outcome> {
    let press = Press::new();
    let (tiers, workbooks) = bulk::loaded(runtime, &press, items)?;
    note("changing");
    let changes = changes(runtime, &press, &tiers, &workbooks)?;
    until("the tree is in order", || Ok(runtime.block_on(tiers.city.admin.items())? == items))?;
    let item = workbooks[0][0].canonical[0].len();
    let value = changes.bytes[0].max(changes.bytes[1]);
    Ok(Outcome {
        bench: "delta",
        items,
        value,
        unit: "bytes on the dearer hop",
        limit: HOP_BYTES_AIM,
        limit_what: "IP bytes a hop, TLS and TCP with headers and acknowledgements, by the kernel's socket counters",
        ratio: value / HOP_BYTES_AIM,
        aim: 1.0,
        is_met: value <= HOP_BYTES_AIM,
        more: json!({
            "hop_bytes": changes.bytes,
            "hop_bytes_with_what_people_are_told": changes.bytes_told,
            "ms": rounded(changes.ms),
            "item_bytes": item,
            "items_of_the_catalog": workbooks[0][0].items,
            "changes": CHANGES,
        }),
    })
}
