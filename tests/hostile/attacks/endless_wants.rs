//! Heads of streams that nobody has, by the hundred thousand, with tips near the end of numbers: they become no rows that
//! cost more than a peer's share, and what is counted of them panics nowhere.

use anyhow::Result;
use gongkai_journal::{Author, Incarnation, Lane, Reach, StreamKey};
use gongkai_model::digest::Digest;
use gongkai_sync::{
    message::{HEADS_PAGE_MAX, Message},
    want::{Head, Tip},
};

use crate::{
    bystander::{Act, Bystander},
    gauge::Gauge,
    stage::{Stage, run},
    thief::Thief,
};

/// Half as many again as are wanted of one peer at most.
const PAGES: u64 = 12;
const TIPS: u64 = 4;

#[test]
fn heads_that_nobody_has_become_no_more_than_a_peers_share_of_wants() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut stage = Stage::set(place.path())?;
    let thief = Thief::steal(&mut stage.county, &stage.city)?;
    let other = Thief::steal(&mut stage.other, &stage.city)?;
    let gauge = run(async {
        let mut bystander = Bystander::new(other, Act::News);
        let attack = async move { invent(&thief).await };
        Gauge::measure("wants without end", &stage.city, &mut bystander, attack).await
    })?;
    stage.city.run(&["sync", "status"])?;
    stage.city.run(&["explain", "sync"])?;
    gauge.hold(&mut stage.city)
}

async fn invent(thief: &Thief) -> Result<u64> {
    let mut talk = thief.greet().await?;
    let per_page = u64::try_from(HEADS_PAGE_MAX)? / TIPS;
    for page in 0..PAGES {
        let heads = (page * per_page..(page + 1) * per_page).map(|number| head(thief, number)).collect();
        let position = (page + 1 == PAGES).then(|| thief.place());
        talk.say(&Message::Heads { heads, position, wants_answer: false }).await?;
    }
    // A node that has had enough may say so and leave.
    let _ = talk.acknowledged().await;
    Ok(talk.sent_bytes())
}

fn head(thief: &Thief, number: u64) -> Head {
    let mut life = [0x77; 16];
    life[8..].copy_from_slice(&number.to_be_bytes());
    let author = Author { division: thief.me.clone(), incarnation: Incarnation::from_bytes(life) };
    let stream = StreamKey::new(author, thief.me.clone(), Reach::Path, Lane::Work);
    let seq = u64::try_from(i64::MAX).unwrap_or(u64::MAX);
    let tip =
        |nth: u64| Tip { seq: seq - nth, hash: Digest::of_file(&[number.to_be_bytes(), nth.to_be_bytes()].concat()) };
    Head { stream, tips: (0..TIPS).map(tip).collect() }
}
