//! A county that passes its town's submission on without its payload: the city holds nothing back from itself for that, and
//! takes the whole entry when it comes.

use anyhow::{Context as _, Result, ensure};
use gongkai_journal::kind::Kind;
use gongkai_store::Store;
use gongkai_tests::{
    tree::{eventually, three},
    work::{CATALOG, FIRST, SECOND, approve, events, submit, until},
};

use crate::{
    bystander::{Act, Bystander},
    gauge::Gauge,
    stage::{OTHER_COUNTY, enrolled, run},
    thief::Thief,
};

#[test]
fn a_payload_that_a_relay_left_out_is_asked_for_again() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    let mut other = enrolled(place.path(), &nodes[0], OTHER_COUNTY)?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    approve(&nodes[1])?;
    until(&nodes, 1, "approved")?;
    nodes[0].stop()?;
    submit(&nodes[2], SECOND)?;
    until(&nodes[1..], 2, "in-review")?;
    let [mut city, mut county, town] = nodes;
    city.start()?;
    // The county's daemon has not spoken to the city since; its thief does.
    let mut thief = Thief::steal(&mut county, &city)?;
    let bystander = Thief::steal(&mut other, &city)?;
    let relayed: Vec<_> = thief.catalog.iter().filter(|entry| entry.header.kind == Kind::Submission).collect();
    let bare = relayed.last().context("the second submission")?.without_payload();
    let hash = bare.hash();
    let gauge = run(async {
        let mut bystander = Bystander::new(bystander, Act::News);
        let attack = async move {
            let mut talk = thief.greet().await?;
            let news = thief.news(vec![bare]);
            talk.say(&news).await?;
            talk.acknowledged().await?;
            Ok(talk.sent_bytes())
        };
        Gauge::measure("a payload left out", &city, &mut bystander, attack).await
    })?;
    county.start()?;
    eventually("the city has the whole submission", || Ok(events(&city, "submission")? == 2))?;
    eventually("and its items", || Ok(city.catalog(CATALOG)?["state"] == town.catalog(CATALOG)?["state"]))?;
    city.stop()?;
    let is_whole = run(async {
        let store = Store::open(&city.dir).await?;
        let held = store.entry(&hash).await?;
        store.close().await;
        Ok(held.is_some_and(|entry| entry.payload.is_some()))
    })?;
    ensure!(is_whole, "the city still lacks the payload");
    city.start()?;
    gauge.hold(&mut city)
}
