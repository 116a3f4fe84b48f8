//! Links that break: what is sent again, how soon a silent peer is given up, and what is said of it meanwhile.

use std::time::Duration;

use gongkai_journal::{Lane, Reach};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_pki::{EntryKey, PkiDir};
use gongkai_proto::admin::v1::{
    ListPeersRequest, ShowNodeRequest, SyncStatusRequest, WatchSyncRequest, WhereaboutsRequest,
};
use gongkai_store::{Body, Draft, Store};
use tokio::net::TcpListener;
use tokio_stream::StreamExt as _;

use crate::{
    harness::{CITY, COUNTY, Node, TOWN, city, eventually, reason, sample},
    proxy::Proxy,
};

/// Entries of the bulk load, and the bytes of each that do not compress: some 6 MB in all.
const BULK_ENTRIES: usize = 5_000;
const BULK_PAYLOAD_BYTES: usize = 960;
/// A cut after so many bytes: a fifth of the load.
const CUT_BYTES: u64 = 1_300_000;
/// Entries of this size in one batch of 256 KiB, at most.
const BATCH_ENTRIES: u64 = 250;
/// Batches that may be on their way when a link is cut, as the engine's window has it.
const WINDOW_BATCHES: u64 = 4;

/// Writes many entries of a kind that nobody knows into a node's journal while its daemon is down.
async fn append_bulk(node: &mut Node, subject: &str, reach: Reach, count: usize) {
    node.stop().await;
    let store = Store::open(&node.dir).await.unwrap();
    let key = EntryKey::load(&PkiDir::open(&node.dir).unwrap()).unwrap();
    let subject = DivisionId::parse(subject).unwrap();
    let draft = |number: usize| {
        let blocks =
            (0..BULK_PAYLOAD_BYTES / 32).map(|block| *Digest::of_file(format!("{number} {block}").as_bytes()).as_raw());
        Draft {
            subject: subject.clone(),
            kind: "of.a.later.version".to_owned(),
            reach,
            lane: Lane::Work,
            operator: None,
            about: None,
            payload: Body::Bytes(blocks.flatten().collect()),
        }
    };
    let drafts = (0..count).map(draft).collect();
    store.append(drafts, &store.identity().author(), &key, 1_772_424_000_000).await.unwrap();
    store.close().await;
    node.start().await;
}

/// Syncs over a wire that is cut several times and then holds; tells how often it was cut.
async fn sync_through_cuts(node: &Node, proxy: &Proxy) -> u64 {
    let mut cuts = 0;
    proxy.cut_after(CUT_BYTES);
    for _ in 0..3 {
        let last = node.sync_now().await;
        cuts += u64::from(last.iter().any(|progress| progress.state == "failed"));
    }
    proxy.cut_after(0);
    node.catch_up().await;
    cuts
}

/// Entries sent and received in all sessions with a peer.
async fn moved(node: &Node, peer: &str) -> (u64, u64) {
    let sessions = node.history().await.into_iter().filter(|session| session.division == peer);
    sessions
        .fold((0, 0), |(sent, received), session| (sent + session.entries_sent, received + session.entries_received))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_load_cut_again_and_again_goes_on_at_its_last_answer() {
    let city = city().await;
    let mut county = city.child(COUNTY).await;
    county.catch_up().await;
    append_bulk(&mut county, COUNTY, Reach::Subtree, BULK_ENTRIES).await;
    let proxy = Proxy::to(&county.address()).await;
    let (direct, through) = (county.address(), proxy.address.to_string());
    let manual = |config: String| config.replace(&direct, &through).replace("[parent]", "[parent]\nmode = \"manual\"");
    let town = county.child_with(TOWN, manual).await;
    let before = town.nodes().show(ShowNodeRequest {}).await.unwrap().into_inner().entries;
    let cuts = sync_through_cuts(&town, &proxy).await;
    assert_eq!(cuts, 3, "the wire broke in the middle of the load each time");
    let held = town.nodes().show(ShowNodeRequest {}).await.unwrap().into_inner().entries - before;
    assert!(held >= BULK_ENTRIES as u64, "{held}");
    let ((sent, _), (_, received)) = (moved(&county, TOWN).await, moved(&town, COUNTY).await);
    // Its own certificate came with the enrolment and comes again with the trust lane; what names the parent's comes with
    // the parent's hello, and is not counted.
    assert!((held - 1..=held + 1).contains(&received), "nothing came twice: {received} for {held}");
    // One stream is asked for piece by piece: one answer is on its way at a time.
    assert!(sent <= held + cuts * BATCH_ENTRIES, "{sent} were sent for {held}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_cut_again_and_again_goes_on_at_its_last_acknowledged_batch() {
    let city = city().await;
    let proxy = Proxy::to(&city.address()).await;
    let (direct, through) = (city.address(), proxy.address.to_string());
    let manual = |config: String| config.replace(&direct, &through).replace("[parent]", "[parent]\nmode = \"manual\"");
    let mut county = city.child_with(COUNTY, manual).await;
    county.catch_up().await;
    let before = city.nodes().show(ShowNodeRequest {}).await.unwrap().into_inner().entries;
    append_bulk(&mut county, COUNTY, Reach::Path, BULK_ENTRIES).await;
    let ((sent_before, _), (_, received_before)) = (moved(&county, CITY).await, moved(&city, COUNTY).await);
    let cuts = sync_through_cuts(&county, &proxy).await;
    assert_eq!(cuts, 3, "the wire broke in the middle of the tail each time");
    let held = city.nodes().show(ShowNodeRequest {}).await.unwrap().into_inner().entries - before;
    assert_eq!(held, BULK_ENTRIES as u64);
    let ((sent, _), (_, received)) = (moved(&county, CITY).await, moved(&city, COUNTY).await);
    assert_eq!(received - received_before, held, "nothing came twice");
    let most = held + cuts * WINDOW_BATCHES * BATCH_ENTRIES;
    assert!(sent - sent_before <= most, "{} were sent for {held}", sent - sent_before);
    let link = county.link(CITY).await;
    assert_eq!(
        (link.entries_to_send, link.entries_unknown, link.held_position),
        (0, 0, link.acked_position),
        "{link:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_that_answers_nothing_is_given_up_and_tried_again() {
    let city = city().await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Proxy::to(&silent.local_addr().unwrap().to_string()).await;
    let (direct, through) = (city.address(), proxy.address.to_string());
    let times = "\n[link]\nhandshake_seconds = 1\n";
    let county = city.child_with(COUNTY, |config| config.replace(&direct, &through) + times).await;
    // TCP is taken, TLS never answered: given up by the handshake's time.
    let dialled = proxy.connections();
    let answered = tokio::time::timeout(Duration::from_secs(15), county.sync_now()).await.unwrap();
    let progress = answered.first().unwrap();
    assert_eq!((progress.state.as_str(), reason(progress.reason.as_ref()).as_str()), ("failed", "GK-LINK-005"));
    eventually("another attempt", async || (proxy.connections() > dialled + 1).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_freezes_is_noticed_and_what_was_sent_is_unknown_until_the_peer_says() {
    let city = city().await;
    let times = "[link]\nkeepalive_seconds = 1\nkeepalive_timeout_seconds = 1\n";
    let proxy = Proxy::to(&city.address()).await;
    let (direct, through) = (city.address(), proxy.address.to_string());
    let county = city.child_with(COUNTY, |config| format!("{}\n{times}", config.replace(&direct, &through))).await;
    county.until_link(CITY, "connected").await;
    county.catch_up().await;
    county.until_link(CITY, "connected").await;
    let file = sample("211221-social-assistance.xlsx");
    county.import(file.bytes, &file.file).await;
    proxy.freeze();
    county.submit("211221/social-assistance").await;
    let broken = eventually("the break", async || {
        let link = county.link(CITY).await;
        (link.state == "unreachable" || link.state == "connecting").then_some(link)
    })
    .await;
    assert!(broken.entries_to_send > 0, "{broken:?}");
    assert_eq!(broken.entries_in_flight, 0, "nothing is in flight without a session: {broken:?}");
    assert!(broken.entries_unknown <= broken.entries_to_send, "{broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_township_learns_through_the_county_that_the_city_holds_its_submission() {
    const CATALOG: &str = "211221101/social-assistance";
    let city = city().await;
    let county = city.child(COUNTY).await;
    county.catch_up().await;
    let town = county.child(TOWN).await;
    town.catch_up().await;
    let file = sample("211221101-social-assistance.xlsx");
    town.import(file.bytes, &file.file).await;
    town.submit(CATALOG).await;
    county.until_state(CATALOG, "in-review").await;
    let asked = WhereaboutsRequest { catalog: CATALOG.to_owned() };
    let places = eventually("word that the city holds it", async || {
        let entries = town.links().whereabouts(asked.clone()).await.unwrap().into_inner().entries;
        let submission = entries.into_iter().find(|entry| entry.kind == "submission")?;
        submission
            .places
            .iter()
            .any(|place| place.division == CITY && place.state == "held")
            .then_some(submission.places)
    })
    .await;
    let place = |division: &str| places.iter().find(|place| place.division == division).unwrap().clone();
    assert_eq!((place(CITY).says.as_str(), place(CITY).at.is_some()), (COUNTY, true), "second hand: {places:?}");
    assert_eq!(place(TOWN).state, "written-here");
    assert!(matches!(place(COUNTY).state.as_str(), "held" | "acknowledged"), "{places:?}");
    // And the city learns through the county what the township holds of it.
    let told = eventually("word of the township", async || {
        let peers = city.links().status(SyncStatusRequest {}).await.unwrap().into_inner().peers;
        peers
            .into_iter()
            .find(|peer| peer.division == COUNTY)?
            .second_hand
            .into_iter()
            .find(|told| told.division == TOWN)
    })
    .await;
    assert!(told.held_position > 0 && told.at > 0, "{told:?}");
    let peers = county.links().peers(ListPeersRequest {}).await.unwrap().into_inner().peers;
    assert!(peers.iter().all(|peer| peer.version == env!("CARGO_PKG_VERSION")), "{peers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_until_idle_ends_by_itself_and_says_how_it_went() {
    let city = city().await;
    let county = city.child(COUNTY).await;
    let asked = WatchSyncRequest { division: String::new(), until_idle: true };
    let mut events = county.links().watch(asked).await.unwrap().into_inner();
    let mut last = None;
    while let Some(event) = events.next().await {
        last = event.unwrap().peer;
    }
    let peer = last.unwrap();
    assert_eq!((peer.entries_to_send, peer.entries_to_receive, peer.state.as_str()), (0, 0, "connected"), "{peer:?}");
    let received = peer.received.unwrap();
    assert!(received.entries > 0 && received.bytes > 0, "{received:?}");
    assert_eq!(received.remaining_ms, Some(0));
    assert_eq!(peer.division, CITY);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_link_takes_as_long_as_its_rate_says() {
    const RATE: u64 = 256 * 1024;
    let mut city = city().await;
    append_bulk(&mut city, CITY, Reach::Subtree, 400).await;
    let limit = format!("[parent]\nmode = \"manual\"\nbytes_per_second_max = {RATE}");
    let county = city.child_with(COUNTY, |config| config.replace("[parent]", &limit)).await;
    let begun = std::time::Instant::now();
    county.catch_up().await;
    let session = county.history().await.remove(0);
    let observed = u64::try_from(begun.elapsed().as_millis()).unwrap();
    assert!(session.bytes_received > RATE, "it is large enough to tell: {session:?}");
    assert!(session.bytes_received <= RATE * observed / 1_000 + RATE / 10, "{session:?} in {observed} ms");
}
