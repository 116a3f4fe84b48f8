//! A county whose keys are stolen submits and approves a catalog of its town: about itself, where the town hears nothing
//! of it; about the town; and after it has given itself the town's custody. The city's edition never holds it.

use anyhow::{Context as _, Result, ensure};
use gongkai_journal::{
    Lane, Reach,
    kind::Kind,
    payload::{self, CustodyPut},
};
use gongkai_model::id::OperatorId;
use gongkai_tests::{
    tree::{COUNTY, Node, TOWN, eventually, three},
    work::{CATALOG, FIRST, approve, submit, until},
};

use crate::{
    bystander::{Act, Bystander},
    forge::{FORGED, Forgery},
    gauge::Gauge,
    stage::{OTHER_COUNTY, enrolled, run},
    thief::{Thief, division},
};

/// Where the forgery is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Under {
    /// The subject is the county itself.
    Itself,
    /// The subject is the county, the lane the one that goes first, the reach all below.
    ItselfAhead,
    /// The subject is the town.
    TheTown,
    /// The subject is the town, of which the county says first that it keeps its catalogs.
    Custody,
}

#[test]
fn a_catalog_forged_under_the_countys_own_name_is_published_nowhere() -> Result<()> {
    forged(Under::Itself)
}

#[test]
fn a_catalog_forged_on_the_lane_that_goes_first_is_published_nowhere() -> Result<()> {
    forged(Under::ItselfAhead)
}

#[test]
fn a_catalog_forged_under_the_towns_name_is_published_nowhere() -> Result<()> {
    forged(Under::TheTown)
}

#[test]
fn a_catalog_forged_under_custody_that_was_taken_is_published_nowhere() -> Result<()> {
    forged(Under::Custody)
}

/// Everything that the city's newest edition says, as text.
fn published(city: &Node) -> Result<String> {
    let made = city.try_run(&["--as", "publisher", "publish", "run"])?;
    let listed = city.run(&["publish", "list"])?;
    let mut text = made.out;
    let editions = city.dir.join("editions");
    let mut open = vec![editions];
    while let Some(dir) = open.pop() {
        for found in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = found.path();
            match path.is_dir() {
                true => open.push(path),
                false => text.push_str(&String::from_utf8_lossy(&std::fs::read(&path)?)),
            }
        }
    }
    ensure!(listed["editions"].as_array().is_some_and(|all| !all.is_empty()), "nothing is published: {listed}");
    Ok(text)
}

fn forged(under: Under) -> Result<()> {
    let place = tempfile::tempdir()?;
    let nodes = three(place.path())?;
    let mut other = enrolled(place.path(), &nodes[0], OTHER_COUNTY)?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    approve(&nodes[1])?;
    until(&nodes, 1, "approved")?;
    let [mut city, mut county, town] = nodes;
    let mut thief = Thief::steal(&mut county, &city)?;
    let bystander = Thief::steal(&mut other, &city)?;
    let gauge = run(async {
        let mut bystander = Bystander::new(bystander, Act::News);
        let attack = async move { forge(&mut thief, under).await };
        Gauge::measure("a forged catalog", &city, &mut bystander, attack).await
    })?;
    eventually("the city holds what was forged", || {
        let log = city.run(&["audit", "log", "--kind", "submission"])?;
        Ok(log["entries"].as_array().context("entries")?.len() >= 2)
    })?;
    let text = published(&city)?;
    ensure!(!text.contains(FORGED), "{under:?}: the city published what the county's thief forged");
    ensure!(town.catalog(CATALOG)?["state"] == "approved", "the town's own stands");
    let status = city.try_run(&["status"])?;
    let is_said = status.json()?["warnings"].to_string().contains("GK-CUSTODY-005");
    ensure!(is_said == (under != Under::Itself && under != Under::ItselfAhead), "{under:?}: {}", status.out);
    gauge.hold(&mut city)
}

async fn forge(thief: &mut Thief, under: Under) -> Result<u64> {
    let genuine = thief.submission()?.clone();
    let decisions = thief.decisions();
    let mut forgery = Forgery::behind(&genuine, decisions)?;
    let stream = match under {
        Under::Itself => thief.stream_of(COUNTY, Kind::Submission),
        Under::ItselfAhead => thief.stream(COUNTY, Reach::Subtree, Lane::Trust),
        Under::TheTown | Under::Custody => thief.stream_of(TOWN, Kind::Submission),
    };
    let mut entries = Vec::new();
    if under == Under::Custody {
        let put = CustodyPut { version: 1, division: division(TOWN), holder: division(COUNTY), kept: None };
        let trust = thief.stream_of(TOWN, Kind::CustodyPut);
        let order = thief.write(&trust, Kind::CustodyPut, payload::encode(&put));
        forgery.submission.custody = Some(order.hash());
        entries.push(order);
    }
    thief.operator = Some(OperatorId::parse("clerk")?);
    let sent = thief.write(&stream, Kind::Submission, payload::encode(&forgery.submission));
    let hash = sent.hash();
    entries.push(sent);
    thief.operator = Some(OperatorId::parse("reviewer")?);
    for (step, _) in forgery.submission.steps.iter().enumerate() {
        let approval = forgery.approval(hash, u32::try_from(step)?);
        entries.push(thief.write(&stream, Kind::Decision, approval));
    }
    let mut talk = thief.greet().await?;
    let news = thief.news(entries);
    talk.say(&news).await?;
    talk.acknowledged().await?;
    Ok(talk.sent_bytes())
}
