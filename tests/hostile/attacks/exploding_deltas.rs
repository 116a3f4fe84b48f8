//! A catalog of twenty thousand items that say nothing, and deltas of some hundred bytes on it: memory follows content,
//! the node starts again, and the catalog alone is held up if it costs too much.

use anyhow::Result;
use gongkai_journal::{kind::Kind, payload};
use gongkai_model::{digest::Digest, id::CatalogId, review::Submission, revision::RevisionBody};
use gongkai_tests::tree::COUNTY;

use crate::{
    bystander::{Act, Bystander},
    forge::{hollow, in_parts, touched},
    gauge::Gauge,
    stage::{Stage, run},
    thief::Thief,
};

const ITEMS: usize = 20_000;
const DELTAS: usize = 60;

#[test]
fn deltas_on_a_hollow_catalog_cost_what_they_say() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut stage = Stage::set(place.path())?;
    let mut thief = Thief::steal(&mut stage.county, &stage.city)?;
    let other = Thief::steal(&mut stage.other, &stage.city)?;
    let gauge = run(async {
        let mut bystander = Bystander::new(other, Act::News);
        let attack = async move { explode(&mut thief).await };
        Gauge::measure("deltas that explode", &stage.city, &mut bystander, attack).await
    })?;
    gauge.hold(&mut stage.city)
}

async fn explode(thief: &mut Thief) -> Result<u64> {
    let catalog = CatalogId::parse(&format!("{COUNTY}/social-assistance"))?;
    let stream = thief.stream_of(COUNTY, Kind::Submission);
    let mut talk = thief.greet().await?;
    let mut revision = hollow(&catalog, ITEMS);
    let (batches, mut body) = in_parts(&revision)?;
    for batch in batches {
        let entry = thief.write(&stream, Kind::ItemBatch, payload::encode(&batch));
        body.parts.push(entry.hash());
        let news = thief.news(vec![entry]);
        talk.say(&news).await?;
    }
    let mut previous = None;
    let mut entries = Vec::new();
    for number in 0..=DELTAS {
        if number > 0 {
            let next = touched(&revision, number);
            body = next.delta_from(&revision);
            revision = next;
        }
        let entry = thief.write(&stream, Kind::Submission, payload::encode(&submission(body.clone(), previous)));
        previous = Some(entry.hash());
        entries.push(entry);
    }
    let news = thief.news(entries);
    talk.say(&news).await?;
    talk.acknowledged().await?;
    Ok(talk.sent_bytes())
}

fn submission(body: RevisionBody, previous: Option<Digest>) -> Submission {
    Submission {
        body,
        previous,
        knows: Vec::new(),
        custody: None,
        routing: Digest::of_file(b"no table"),
        steps: Vec::new(),
        writers: Vec::new(),
        written: Default::default(),
        since: None,
        reason: String::new(),
        basis_of_change: String::new(),
        effective_from: None,
    }
}
