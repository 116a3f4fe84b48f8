//! What a peer merely says of the node's own past: a position on a feed that never was, heads and names of entries that
//! nobody has, entries that go to nobody. The node is held by none of it, and revokes the liar.

use anyhow::{Context as _, Result, ensure};
use gongkai_journal::{Author, Incarnation, Lane, Reach, StreamKey};
use gongkai_model::digest::Digest;
use gongkai_sync::{
    message::{Carried, Message},
    position::{FeedId, Position},
    want::{Head, Tip},
};
use gongkai_tests::{
    tree::{CITY, COUNTY},
    work::CATALOG,
};

use crate::{
    bystander::{Act, Bystander},
    gauge::Gauge,
    stage::{Stage, enrolled, run},
    thief::{Thief, division},
};

/// A third county, which joins afterwards.
const JOINER: &str = "211224";

/// A claim about the city's past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    /// "I stand there on your feed", with a hash that it never had.
    Position,
    /// "You have written so much": its streams with tips far ahead.
    Heads,
    /// "You have sent me this": the name of an entry of its own.
    Name,
    /// An entry of its own, signed by nobody who may.
    Entry,
}

impl Claim {
    fn words(self) -> &'static str {
        match self {
            Self::Position => "a position on a feed that never was",
            Self::Heads => "heads of the node's own that nobody wrote",
            Self::Name => "the name of an entry of the node's own",
            Self::Entry => "entries of the node's own that another signed",
        }
    }
}

#[test]
fn a_position_on_a_feed_that_never_was_holds_no_node() -> Result<()> {
    claimed(Claim::Position)
}

#[test]
fn heads_of_ones_own_that_a_peer_invents_hold_no_node() -> Result<()> {
    claimed(Claim::Heads)
}

#[test]
fn names_of_ones_own_that_a_peer_invents_hold_no_node() -> Result<()> {
    claimed(Claim::Name)
}

#[test]
fn entries_of_ones_own_that_another_signed_hold_no_node() -> Result<()> {
    claimed(Claim::Entry)
}

fn claimed(claim: Claim) -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut stage = Stage::set(place.path())?;
    let thief = Thief::steal(&mut stage.county, &stage.city)?;
    let other = Thief::steal(&mut stage.other, &stage.city)?;
    let gauge = run(async {
        let mut bystander = Bystander::new(other, Act::News);
        let attack = async move { lie(thief, claim).await };
        Gauge::measure(claim.words(), &stage.city, &mut bystander, attack).await
    })?;
    // The liar has left; what it said has not.
    let status = stage.city.run(&["status"])?;
    ensure!(status["hold"].is_null(), "{claim:?}: the city is held: {}", status["hold"]);
    let revoked = stage.city.run(&["node", "revoke", COUNTY, "--reason", "its keys were stolen"])?;
    ensure!(revoked["keys"] == 1, "{claim:?}: {revoked}");
    drop(enrolled(place.path(), &stage.city, JOINER).context("a new county joins")?);
    stage.city.run(&["publish", "preview"]).context(CATALOG)?;
    gauge.hold(&mut stage.city)
}

async fn lie(mut thief: Thief, claim: Claim) -> Result<u64> {
    let mut talk = thief.open().await?;
    talk.say(&thief.hello(None)).await?;
    let Some(Message::Hello(city)) = talk.hear().await? else { anyhow::bail!("no hello") };
    let author = Author { division: division(CITY), incarnation: city.incarnation };
    let tip = Tip { seq: 40_000, hash: Digest::of_file(b"nobody wrote this") };
    let about = |subject: &str, lane| StreamKey::new(author.clone(), division(subject), Reach::Path, lane);
    match claim {
        Claim::Position => {
            let before = talk.sent_bytes();
            drop(talk);
            let position = position(city.feed_id, &thief);
            let mut talk = thief.greet_at(Some(position)).await?;
            talk.until(|message| matches!(message, Message::Heads { .. } | Message::Batch(_)).then_some(())).await?;
            return Ok(before + talk.sent_bytes());
        }
        Claim::Heads => {
            let heads = [CITY, COUNTY].iter().flat_map(|subject| {
                [Lane::Trust, Lane::Work].map(|lane| Head { stream: about(subject, lane), tips: vec![tip.clone()] })
            });
            let message = Message::Heads { heads: heads.collect(), position: Some(thief.place()), wants_answer: false };
            talk.say(&message).await?;
        }
        Claim::Name => {
            let named = Carried::Named { stream: about(COUNTY, Lane::Work), tip };
            let message = thief.batch(vec![named]);
            talk.say(&message).await?;
        }
        Claim::Entry => {
            let other = Author { division: division(CITY), incarnation: Incarnation::from_bytes([9; 16]) };
            let streams = [about(COUNTY, Lane::Work), StreamKey { author: other, ..about("211222", Lane::Trust) }];
            let entries =
                streams.iter().map(|stream| thief.sign(stream, Some(tip.clone()), "tree.put", b"{}".to_vec()));
            let entries = entries.collect();
            let message = thief.news(entries);
            talk.say(&message).await?;
        }
    }
    talk.acknowledged().await?;
    Ok(talk.sent_bytes())
}

/// Behind some entries, under a hash of the liar's own.
fn position(feed_id: FeedId, thief: &Thief) -> Position {
    Position { feed_id, offset: 3, hash: Digest::of_file(b"another feed"), epoch: thief.place().epoch }
}
