//! A middle node of this version between two that know more: what it does not understand goes through it unaltered, and
//! a peer of a version that it cannot speak with is refused by name.

use gongkai_journal::{
    Entry, Header, Lane, Reach, StreamKey,
    entry::hash_of,
    kind::Kind,
    sign::{Signer, message},
};
use gongkai_link::codec;
use gongkai_model::digest::Digest;
use gongkai_store::{Arrival, Body, Draft};
use gongkai_sync::{
    admit::Occasion,
    message::{Carried, Message},
    session::Outcome,
};

use crate::{
    bed::{End, converse, sync},
    nodes::{CITY, COUNTY, TOWN, id, join, key, root},
};

const LATER_KIND: &str = "of.a.later.version";

/// An entry whose header has a field that this version does not know, signed as its author would.
fn with_unknown_header_field(entry: &Entry, signer: &dyn Signer) -> Entry {
    // Field 900, length-delimited: six bytes of a later version.
    let unknown = [0xa2, 0x38, 6, b'l', b'a', b't', b'e', b'r', 0xff];
    let header_bytes = [entry.header_bytes.as_slice(), &unknown].concat();
    let signature = signer.sign(&message(&hash_of(&header_bytes)));
    Entry::from_parts(header_bytes, signature, entry.payload.clone()).unwrap()
}

#[tokio::test]
async fn a_middle_node_relays_what_it_does_not_understand_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let city = root(&at("city")).await;
    let county = join(&city, &at("county"), COUNTY).await;
    sync(&county, &city).await;
    let town = join(&county, &at("town"), TOWN).await;
    sync(&town, &county).await;

    let signer = key(&at("town"));
    let store = town.store();
    let draft = |kind: &str, payload: &[u8]| Draft {
        subject: id(TOWN),
        kind: kind.to_owned(),
        reach: Reach::Path,
        lane: Lane::Work,
        operator: None,
        about: None,
        payload: Body::Bytes(payload.to_vec()),
    };
    let receipt = br#"{"catalog":"211221101/work-safety","number":"1","later":{"deep":[1,"\u4e2d"]}}"#;
    let drafts =
        vec![draft(LATER_KIND, &[0, 159, 146, 150, 255]), draft(Kind::Receipt.word(), receipt), draft(LATER_KIND, b"")];
    let author = store.identity().author();
    let mut written = store.append(drafts, &author, &signer, 1_772_424_000_000).await.unwrap();
    let last = written.last().unwrap();
    let stream = StreamKey::new(author, id(TOWN), Reach::Path, Lane::Work);
    let header = Header { seq: last.header.seq + 1, previous: Some(last.hash()), stream, ..last.header.clone() };
    let strange = with_unknown_header_field(&Entry::sign(header, b"{}".to_vec(), &signer), &signer);
    let arrival = Arrival {
        peer: id("carrier"),
        entries: vec![Carried::Whole(Box::new(strange.clone()))],
        occasion: Occasion::Tail,
        advance: None,
        answered: None,
        own: None,
        now_ms: 0,
    };
    store.apply(arrival, &town.world().trust, &|_| None).await.unwrap();
    written.push(strange);

    sync(&town, &county).await;
    sync(&county, &city).await;
    assert_eq!(written.len(), 4);
    for entry in &written {
        for node in [&county, &city] {
            let held = node.store().entry(&entry.hash()).await.unwrap();
            let held = held.unwrap_or_else(|| panic!("{} lacks {}", node.world().me, entry.header.kind));
            assert_eq!(
                (&held.header_bytes, &held.signature, &held.payload),
                (&entry.header_bytes, &entry.signature, &entry.payload)
            );
        }
    }
    let digests: Vec<Digest> = written.iter().map(Entry::hash).collect();
    assert_eq!(digests.len(), 4);
    let told = town.known(&id(COUNTY)).await.unwrap();
    assert!(told.held.contains_key(&id(COUNTY)), "the county said where it stands: {told:?}");
    // The next session brings word of the city.
    sync(&town, &county).await;
    let told = town.known(&id(COUNTY)).await.unwrap();
    let feed = town.store().feed_of(&written[3].hash()).await.unwrap().unwrap();
    assert!(told.held.get(&id(CITY)).is_some_and(|held| held.offset >= feed), "{told:?} lacks {feed}");
    let siblings = city.known(&id(COUNTY)).await.unwrap();
    assert!(siblings.held.keys().all(|division| [COUNTY, TOWN].contains(&division.as_str())), "{siblings:?}");
}

#[tokio::test]
async fn a_peer_of_another_version_is_refused_with_both_ranges_and_where_to_update() {
    let dir = tempfile::tempdir().unwrap();
    let city = root(&dir.path().join("city")).await;
    let county = join(&city, &dir.path().join("county"), COUNTY).await;
    let (mut old, mut new) = (End::new(&county, &id(CITY)), End::new(&city, &id(COUNTY)).speaking(3, 4));
    converse(&mut old, &mut new).await;
    let refused = |outcome: Option<&Outcome>| match outcome.cloned() {
        Some(Outcome::Refused(refusal) | Outcome::Refusing(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    for refusal in [refused(old.outcome()), refused(new.outcome())] {
        assert_eq!(refusal.code, "GK-SYNC-003");
        assert!(refusal.message.contains("211221 speaks protocol 1..=2"), "{}", refusal.message);
        assert!(refusal.message.contains("211200 speaks protocol 3..=4"), "{}", refusal.message);
        assert!(refusal.message.ends_with("update gongkaid at 211221"), "{}", refusal.message);
    }
    // One that speaks more than this version speaks this version's.
    let (mut one, mut two) = (End::new(&county, &id(CITY)), End::new(&city, &id(COUNTY)).speaking(1, 9));
    converse(&mut one, &mut two).await;
    assert_eq!((one.agreed(), two.agreed()), (Some(2), Some(2)));
    assert_eq!((one.outcome(), two.outcome()), (Some(&Outcome::Complete), Some(&Outcome::Complete)));
}

#[test]
fn a_field_that_a_later_version_adds_to_a_message_is_passed_over() {
    let known = codec::to_bytes(&Message::Refuse(gongkai_sync::message::Refusal {
        code: "GK-SYNC-003".to_owned(),
        message: "m".to_owned(),
    }))
    .unwrap();
    // The frame's one field is the refusal: its length grows by the unknown field 15 (varint 1).
    let mut later = known.clone();
    later[1] += 2;
    later.extend([15 << 3, 1]);
    assert_eq!(codec::from_bytes(&later).unwrap(), codec::from_bytes(&known).unwrap());
}
