//! `bulk`, `memory`, `growth`: many items from ten townships through two counties to the city.
//!
//! Invariant: drafts lie at the townships before the clock starts; the clock runs from the first submission to the
//! moment when the city lists every item, each tier having committed what it passed on.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    data::{Press, Workbook},
    delta, limit, note,
    outcome::{Outcome, rounded},
    tiers::{COUNTIES, Tiers},
};

/// Seven times what Tieling has.
pub(crate) const ITEMS: usize = 100_000;
/// Items a second beside the plain durable insert: twice what a database's own cascade reaches on this work.
const BULK_AIM: f64 = 0.4;
/// Memory of the city, MiB: the smallest machine at work has 2 GiB and does other things as well.
const MEMORY_AIM_MIB: f64 = 40.0;
/// How much dearer an item, or a change, may get from the smallest to the largest size.
const GROWTH_AIM: f64 = 1.3;

/// A load that went through.
struct Load {
    items_per_second: f64,
    more: Value,
}

fn workbooks(press: &Press, items: usize) -> Result<Vec<Vec<Workbook>>> {
    let towns: Vec<&str> = COUNTIES.iter().flat_map(|(_, towns)| towns.iter().copied()).collect();
    let of = |place: usize| items / towns.len() + usize::from(place < items % towns.len());
    towns.iter().enumerate().map(|(place, town)| press.workbooks(town, of(place))).collect()
}

fn load(runtime: &Runtime, tiers: &Tiers, workbooks: &[Vec<Workbook>]) -> Result<Load> {
    let items: usize = workbooks.iter().flatten().map(|workbook| workbook.items).sum();
    note("importing drafts");
    tiers.import(runtime, workbooks)?;
    tiers.wait_for_rest()?;
    note("submitting");
    let cpu_before = tiers.cpu()?;
    let submitted = tiers.submit_all(runtime, workbooks)?;
    let cpu_after = tiers.cpu()?;
    tiers.wait_until_settled(runtime)?;
    let delayed = tiers.all().map(|tier| runtime.block_on(tier.admin.delayed())).sum::<Result<u64>>()?;
    ensure!(delayed == 0, "{delayed} streams wait for a budget: bulk must pass on the defaults");
    let cpu: Vec<f64> = cpu_after.iter().zip(cpu_before).map(|(after, before)| rounded(after - before)).collect();
    let memory = tiers.memory()?;
    let mib = |pick: fn(&crate::system::Memory) -> f64| memory.iter().map(|one| rounded(pick(one))).collect::<Vec<_>>();
    let more = json!({
        "catalogs": workbooks.iter().map(Vec::len).sum::<usize>(),
        "seconds": rounded(submitted.at_city.as_secs_f64()),
        "seconds_at_towns": rounded(submitted.at_towns.as_secs_f64()),
        "cpu_seconds_towns_counties_city": cpu,
        "rss_mib_city_county_town": mib(|memory| memory.resident),
        "rss_peak_mib_city_county_town": mib(|memory| memory.peak),
        "rss_anonymous_mib_city_county_town": mib(|memory| memory.anonymous),
    });
    Ok(Load { items_per_second: items as f64 / submitted.at_city.as_secs_f64(), more })
}

/// A tree that holds this many items, for what is measured next.
pub(crate) fn loaded(runtime: &Runtime, press: &Press, items: usize) -> Result<(Tiers, Vec<Vec<Workbook>>)> {
    let workbooks = workbooks(press, items)?;
    let tiers = Tiers::grow(runtime, COUNTIES)?;
    load(runtime, &tiers, &workbooks)?;
    Ok((tiers, workbooks))
}

/// Items a second from ten townships to the city.
pub(crate) fn bulk(runtime: &Runtime, items: usize) -> Result<Outcome> {
    let workbooks = workbooks(&Press::new(), items)?;
    let tiers = Tiers::grow(runtime, COUNTIES)?;
    let limit = runtime.block_on(limit::inserts_per_second(tiers.place.path(), &workbooks))?;
    let load = load(runtime, &tiers, &workbooks)?;
    let ratio = load.items_per_second / limit;
    Ok(Outcome {
        bench: "bulk",
        items,
        value: load.items_per_second,
        unit: "items/s",
        limit,
        limit_what: "durable multi-row SQLite insert of the same items by one thread",
        ratio,
        aim: BULK_AIM,
        is_met: ratio >= BULK_AIM,
        more: load.more,
    })
}

/// Resident memory of the city after a bulk load.
pub(crate) fn memory(runtime: &Runtime, items: usize) -> Result<Outcome> {
    let workbooks = workbooks(&Press::new(), items)?;
    let tiers = Tiers::grow(runtime, COUNTIES)?;
    let before = tiers.memory()?[0].resident;
    let load = load(runtime, &tiers, &workbooks)?;
    let after = tiers.memory()?[0].resident;
    let mut more = load.more;
    more["rss_mib_city_before"] = json!(rounded(before));
    Ok(Outcome {
        bench: "memory",
        items,
        value: after,
        unit: "MiB",
        limit: MEMORY_AIM_MIB,
        limit_what: "resident size that the city's daemon should not exceed",
        ratio: after / MEMORY_AIM_MIB,
        aim: 1.0,
        is_met: after <= MEMORY_AIM_MIB,
        more,
    })
}

/// What an item and a change cost at a tenth of the size, at the size, and whether that grows.
pub(crate) fn growth(runtime: &Runtime, items: usize) -> Result<Outcome> {
    let press = Press::new();
    let mut rows = Vec::new();
    let mut costs = Vec::new();
    let mut deltas = Vec::new();
    for size in [items / 10, items] {
        note(format!("{size} items"));
        let workbooks = workbooks(&press, size.max(1))?;
        let tiers = Tiers::grow(runtime, COUNTIES)?;
        let load = load(runtime, &tiers, &workbooks)?;
        let changes = delta::changes(runtime, &press, &tiers, &workbooks)?;
        let micros = 1e6 / load.items_per_second;
        costs.push(micros);
        deltas.push(changes.ms);
        rows.push(json!({
            "items": size, "us_per_item": rounded(micros), "delta_ms": rounded(changes.ms),
            "delta_bytes": changes.bytes, "load": load.more,
        }));
    }
    let growth = |values: &[f64]| values.last().unwrap_or(&f64::NAN) / values.first().unwrap_or(&f64::NAN);
    let (bulk, delta) = (growth(&costs), growth(&deltas));
    let ratio = bulk.max(delta);
    Ok(Outcome {
        bench: "growth",
        items,
        value: ratio,
        unit: "times",
        limit: 1.0,
        limit_what: "cost at a tenth of the size, the dearer of an item in bulk and a single change",
        ratio,
        aim: GROWTH_AIM,
        is_met: ratio <= GROWTH_AIM,
        more: json!({ "bulk_growth": rounded(bulk), "delta_growth": rounded(delta), "sizes": rows }),
    })
}
