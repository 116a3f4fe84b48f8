//! A peer that lies about this node's past: what it merely says holds nothing and nobody.

use gongkai_app::App;
use gongkai_journal::{Author, Incarnation, Lane, Reach, Route, StreamKey};
use gongkai_model::digest::Digest;
use gongkai_sync::{
    message::{Batch, Carried},
    position::{Position, empty_hash},
    session::{Effect, Event},
    want::{Head, Tip, Want, Why},
};

use crate::{
    bed::{Bed, approve, import, submissions, submit},
    nodes::{CITY, CORRECTED, COUNTY, TOWN, WORKBOOK, id, operator, sync},
};

/// A stream of the county's own that its township is told of, and an entry of it that nobody ever wrote.
fn made_up(county: &App, subject: &str, reach: Reach, lane: Lane) -> (StreamKey, Tip) {
    let author = county.store().identity().author();
    (StreamKey::new(author, id(subject), reach, lane), Tip { seq: 900, hash: Digest::of_file(b"never written") })
}

/// Everything that a township can say of its county's past without a signature of the county's.
async fn lie(county: &App) {
    let replica = county.replica(id(TOWN));
    replica.opened().await.unwrap();
    let state = county.store().feed_state().await.unwrap();
    let epoch = Route::of(county.world().tree(), &id(TOWN)).epoch();
    let place = |hash| Position { feed_id: state.feed_id, offset: state.offset, hash, epoch };
    let checked = replica.carry_out(Effect::CheckPosition(place(Digest::of_file(b"elsewhere")))).await.unwrap();
    assert!(matches!(checked, Some(Event::PositionChecked { holds: false, .. })));
    let beyond = Position { offset: 1_000_000, ..place(state.hash) };
    replica.carry_out(Effect::CheckPosition(beyond)).await.unwrap();
    let (stream, tip) = made_up(county, COUNTY, Reach::Subtree, Lane::Work);
    let heads = vec![Head { stream, tips: vec![tip] }];
    replica.carry_out(Effect::NoteHeads { heads }).await.unwrap();
    let (stream, tip) = made_up(county, TOWN, Reach::Path, Lane::Work);
    let start = Position { feed_id: Incarnation::from_bytes([9; 16]), offset: 0, hash: empty_hash(), epoch };
    let to = Position { offset: 1, hash: Digest::of_file(b"1"), ..start.clone() };
    let named = Carried::Named { stream, tip };
    // Out of its place: an entry of the township's about a division that is none of the county's business.
    let entries = vec![named];
    replica.carry_out(Effect::Apply(Batch { from: start, to, entries })).await.unwrap();
}

#[tokio::test]
async fn a_township_that_lies_about_its_countys_past_holds_nobody() {
    let bed = Bed::new().await;
    let catalog = import(&bed.town, WORKBOOK).await;
    submit(&bed.town, &catalog).await.unwrap();
    sync(&bed.town, &bed.county).await;
    lie(&bed.county).await;

    assert!(bed.county.held().is_none(), "nothing was proved");
    approve(&bed.county, &catalog).await.unwrap();
    let claims = bed.county.claims().await.unwrap();
    assert_eq!(claims.len(), 1);
    assert_eq!((claims[0].peer.as_str(), claims[0].streams), (TOWN, 2));
    assert_eq!(claims[0].place.map(|place| place.offset), Some(1_000_000));
    let doctor = bed.county.doctor(false).await.unwrap();
    let check = doctor.checks.iter().find(|check| check.name == "claims").unwrap();
    assert_eq!(check.reason.code, "GK-DOCTOR-020", "{check:?}");
    let admin = operator(&bed.county, "admin");
    assert!(bed.county.revoke_node(&admin, TOWN, "its key was stolen").await.unwrap() > 0);
}

#[tokio::test]
async fn a_claim_lapses_when_its_speaker_serves_nothing_for_it() {
    let bed = Bed::new().await;
    lie(&bed.county).await;
    // An honest township of that name comes by: it has none of what was named.
    sync(&bed.town, &bed.county).await;
    assert_eq!(bed.county.claims().await.unwrap(), []);
    assert!(bed.county.store().wants(&id(TOWN)).await.unwrap().is_empty());
}

/// A receipt waits for its stream's past, as long as somebody may have it, and no longer.
#[tokio::test]
async fn a_claim_puts_off_receipts_of_its_own_division_only() {
    let bed = Bed::new().await;
    let catalog = import(&bed.town, WORKBOOK).await;
    submit(&bed.town, &catalog).await.unwrap();
    let (stream, tip) = made_up(&bed.county, TOWN, Reach::Path, Lane::Work);
    let replica = bed.county.replica(id(CITY));
    replica
        .carry_out(Effect::NoteHeads { heads: vec![Head { stream: stream.clone(), tips: vec![tip.clone()] }] })
        .await
        .unwrap();
    sync(&bed.town, &bed.county).await;
    let receipts = async || bed.county.load_known(&catalog).await.unwrap().state.head().unwrap().receipts.len();
    assert_eq!((submissions(&bed.county, &catalog).await, receipts().await), (1, 0), "it may be on its way back");
    let want = Want { stream, tip, why: Why::Heads };
    replica.carry_out(Effect::LetGo { want }).await.unwrap();
    assert_eq!(receipts().await, 1, "the city had nothing to show");
    // What is said of another division's stream puts nothing off.
    let (stream, tip) = made_up(&bed.county, COUNTY, Reach::Path, Lane::Work);
    replica.carry_out(Effect::NoteHeads { heads: vec![Head { stream, tips: vec![tip] }] }).await.unwrap();
    import(&bed.town, CORRECTED).await;
    submit(&bed.town, &catalog).await.unwrap();
    sync(&bed.town, &bed.county).await;
    assert_eq!(receipts().await, 1);
    assert_eq!(submissions(&bed.county, &catalog).await, 2);
}

/// A hold that an earlier version kept for a mere claim does not outlive it.
#[tokio::test]
async fn a_hold_for_a_claim_of_an_earlier_version_is_none() {
    let bed = Bed::new().await;
    let text = r#"{"reason":"rewound","since_ms":1,"awaited":["211221101"],"renews":false}"#;
    bed.county.store().put_meta("held", text).await.unwrap();
    bed.county.store().close().await;
    let county = crate::nodes::open(&bed.path("county")).await;
    assert!(county.held().is_none());
    let own = county.store().identity().author();
    assert_eq!(own, Author { division: id(COUNTY), incarnation: own.incarnation });
}
