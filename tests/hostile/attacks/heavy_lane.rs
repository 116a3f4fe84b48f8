//! Entries that say nothing and fill a disk: a mebibyte of zeros each, packed to a hundred bytes on the wire, on the lane that
//! goes first. They take no more than an author's share, and what goes first for others stays quick.

use std::time::Instant;

use anyhow::{Result, ensure};
use gongkai_journal::{Lane, Reach, header::PAYLOAD_BYTES_MAX};
use gongkai_tests::tree::{COUNTY, Node};

use crate::{
    bystander::{Act, Bystander},
    gauge::Gauge,
    stage::{OTHER_COUNTY, Stage, run},
    thief::Thief,
};

const ENTRIES: usize = 150;
/// What a directory may grow by: what is taken of one author in that lane, once more in the write-ahead log, and a rest.
const DISK_BYTES_MAX: u64 = 48 << 20;

#[test]
fn zeros_on_the_trust_lane_fill_no_disk_and_slow_nobody_down() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut stage = Stage::set(place.path())?;
    let mut thief = Thief::steal(&mut stage.county, &stage.city)?;
    let other = Thief::steal(&mut stage.other, &stage.city)?;
    let before = (disk(&stage.city)?, order(&stage.city)?);
    let gauge = run(async {
        let mut bystander = Bystander::new(other, Act::News);
        let attack = async move { fill(&mut thief).await };
        Gauge::measure("zeros on the trust lane", &stage.city, &mut bystander, attack).await
    })?;
    shown(&stage.city)?;
    let after = (disk(&stage.city)?, order(&stage.city)?);
    ensure!(after.0 <= before.0 + DISK_BYTES_MAX, "{} bytes on disk, {} before", after.0, before.0);
    let millis = |span: std::time::Duration| span.as_millis();
    eprintln!(
        "hostile: zeros on the trust lane: the directory grew by {} KiB; an order took {} ms before and {} ms after",
        after.0.saturating_sub(before.0) >> 10,
        millis(before.1),
        millis(after.1)
    );
    gauge.hold(&mut stage.city)
}

async fn fill(thief: &mut Thief) -> Result<u64> {
    let mut talk = thief.greet().await?;
    let stream = thief.stream(COUNTY, Reach::Subtree, Lane::Trust);
    for _ in 0..ENTRIES {
        let entry = thief.write(&stream, "of.a.later.version", vec![0; PAYLOAD_BYTES_MAX]);
        let news = thief.news(vec![entry]);
        talk.say(&news).await?;
        talk.acknowledged().await?;
    }
    Ok(talk.sent_bytes())
}

/// Who has used up what, and that the rest waits for it.
fn shown(city: &Node) -> Result<()> {
    let status = city.run(&["status"])?;
    let author = &status["intake"]["authors"][0];
    ensure!(author["author"] == COUNTY && author["lane"] == "trust", "{author}");
    ensure!(author["percent"].as_u64() >= Some(90) && author["streams_waiting"] == 1, "{author}");
    ensure!(status["warnings"].to_string().contains("GK-DOCTOR-021"), "{}", status["warnings"]);
    let waits = &city.link(COUNTY)?["waiting"];
    ensure!(waits.to_string().contains("allowance"), "{waits}");
    Ok(())
}

fn disk(node: &Node) -> Result<u64> {
    let files = std::fs::read_dir(&node.dir)?.flatten();
    Ok(files.filter_map(|file| file.metadata().ok()).map(|found| found.len()).sum())
}

/// How long the city's word about its own tree takes: the keeper of a county's catalogs, there and back.
fn order(node: &Node) -> Result<std::time::Duration> {
    let begun = Instant::now();
    node.run(&["node", "custody", OTHER_COUNTY, "--to", "211200"])?;
    node.run(&["node", "custody", OTHER_COUNTY, "--to", OTHER_COUNTY])?;
    Ok(begun.elapsed())
}
