//! Who may open a session, and how a link behaves when it cannot.

use std::sync::Arc;

use gongkai_journal::Incarnation;
use gongkai_link::{
    LinkError,
    grpc::{self, Dial},
};
use gongkai_model::id::DivisionId;
use gongkai_pki::{
    Authority, Lifetimes, PkiDir, Request, enrol,
    identity::identify,
    tls::{Credentials, HotTls, SessionClock, server_name},
};
use gongkai_proto::admin::v1::SyncNowRequest;
use gongkai_sync::message::{Hello, Message, PROTOCOL_MAX, PROTOCOL_MIN};

use crate::harness::{CITY, COUNTY, Node, OTHER_TOWN, TOWN, city, code, join_in, reason};

fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

/// Opens a session to a node under another's credentials.
async fn open_as(node: &Node, to: &Node, to_path: &[&str]) -> Result<(), LinkError> {
    let credentials = Credentials::load(&PkiDir::open(&node.dir).unwrap()).unwrap();
    let root = credentials.trust_root().clone();
    let tls = Arc::new(HotTls::new(credentials, SessionClock::new(now_ms)).unwrap());
    let path: Vec<DivisionId> = to_path.iter().map(|id| DivisionId::parse(id).unwrap()).collect();
    let dial = Dial { address: to.address(), name: server_name(&path).unwrap(), tls: tls.connector() };
    let opened = grpc::open(&dial, |chain| identify(chain, &root, now_ms())).await;
    // In TLS 1.3 a refusal may come with the first answer.
    match opened?.inbound.receive().await {
        Some(Err(error)) => Err(error),
        _ => Ok(()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grandchild_and_a_sibling_are_no_children() {
    let city = city().await;
    let county = city.child(COUNTY).await;
    let town = county.child(TOWN).await;
    let error = open_as(&town, &city, &[CITY]).await.unwrap_err();
    assert!(error.to_string().contains("GK-PKI-037"), "{error}");
    let other = county.child(OTHER_TOWN).await;
    let error = open_as(&other, &town, &[CITY, COUNTY, TOWN]).await.unwrap_err();
    assert!(error.to_string().contains("GK-PKI-037"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_another_authority_is_refused_and_says_so() {
    let ours = city().await;
    let theirs = city().await;
    let address = ours.address();
    let stranger = theirs.child_with(COUNTY, |config| config.replace(&theirs.address(), &address)).await;
    let progress = stranger.sync_now().await.pop().unwrap();
    assert_eq!(progress.state, "failed");
    assert_eq!(reason(progress.reason.as_ref()), "GK-PKI-032", "{progress:?}");
    let link = stranger.link(CITY).await;
    assert_eq!(link.state, "refused");
    let a_minute = 60_000;
    assert!(link.next_run.unwrap() > now_ms() + a_minute, "what a person must cure is not hammered: {link:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_life_of_a_division_is_refused_while_the_first_stands() {
    let city = city().await;
    let county = city.child(COUNTY).await;
    county.until_link(CITY, "connected").await;
    let kept = tempfile::TempDir::new().unwrap();
    let refused = join_in(&kept.path().join("node"), &city.token(COUNTY).await, None).await.unwrap_err();
    assert!(refused.to_string().contains("GK-APP-023"), "other keys for one division: {refused}");
    county.catch_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manual_link_moves_nothing_until_it_is_asked() {
    let city = city().await;
    let county = city.child_with(COUNTY, |config| config.replace("[parent]", "[parent]\nmode = \"manual\"")).await;
    let link = county.link(CITY).await;
    assert_eq!((link.mode.as_str(), link.next_run), ("manual", None));
    assert!(county.history().await.is_empty());
    county.catch_up().await;
    let sessions = county.history().await;
    assert_eq!(sessions.iter().map(|session| session.outcome.as_str()).collect::<Vec<_>>(), ["done"]);
    county.until_link(CITY, "idle").await;
    city.until_link(COUNTY, "idle").await;
    assert_eq!(city.history().await.first().map(|session| session.outcome.clone()), Some("done".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_link_catches_up_at_the_first_start_and_then_waits() {
    let city = city().await;
    let yearly = "[parent]\nmode = \"schedule\"\nschedule = \"0 3 1 1 *\"";
    let county = city.child_with(COUNTY, |config| config.replace("[parent]", yearly)).await;
    county.until_link(CITY, "idle").await;
    let link = county.link(CITY).await;
    assert_eq!(link.mode, "schedule");
    assert!(link.last_contact.is_some() && link.next_run.unwrap() > now_ms(), "{link:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_parent_is_told_at_once_and_found_again() {
    let mut city = city().await;
    let county = city.child(COUNTY).await;
    county.until_link(CITY, "connected").await;
    city.stop().await;
    county.until_link(CITY, "unreachable").await;
    let progress = county.sync_now().await.pop().unwrap();
    assert_eq!((progress.state.as_str(), reason(progress.reason.as_ref()).as_str()), ("failed", "GK-LINK-004"));
    city.start().await;
    county.until_link(CITY, "connected").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_cannot_dial_and_says_so() {
    let city = city().await;
    let mut county = city.child(COUNTY).await;
    county.catch_up().await;
    county.stop().await;
    city.until_link(COUNTY, "idle").await;
    let named = SyncNowRequest { division: COUNTY.to_owned(), ..SyncNowRequest::default() };
    assert_eq!(code(&city.links().now(named).await.unwrap_err()), "GK-NODE-010");
    let unknown = SyncNowRequest { division: TOWN.to_owned(), ..SyncNowRequest::default() };
    assert_eq!(code(&city.links().now(unknown).await.unwrap_err()), "GK-NODE-011");
    assert_eq!(code(&city.links().now(SyncNowRequest::default()).await.unwrap_err()), "GK-NODE-033");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_no_entry_names_opens_no_session() {
    let city = city().await;
    let county = city.child(COUNTY).await;
    county.catch_up().await;
    // Whoever has the county's authority key signs as many certificates as he likes; no entry names them.
    let place = tempfile::TempDir::new().unwrap();
    let minted = PkiDir::open(place.path()).unwrap();
    let path: Vec<DivisionId> = [CITY, COUNTY, TOWN].map(|id| DivisionId::parse(id).unwrap()).to_vec();
    let authority = Authority::load(&PkiDir::open(&county.dir).unwrap()).unwrap();
    let request = Request::make(&minted, &path, false).unwrap();
    let (grant, _) = authority.grant(&request, &path, false, &Lifetimes::default(), now_ms()).unwrap();
    enrol::accept(&minted, &grant, &authority.root_fingerprint(), &path).unwrap();
    let credentials = Credentials::load(&minted).unwrap();
    let root = credentials.trust_root().clone();
    let tls = Arc::new(HotTls::new(credentials, SessionClock::new(now_ms)).unwrap());
    let dial = Dial { address: county.address(), name: server_name(&path[..2]).unwrap(), tls: tls.connector() };
    let mut opened = grpc::open(&dial, |chain| identify(chain, &root, now_ms())).await.unwrap();
    let life = Incarnation::from_bytes([7; 16]);
    let hello = Hello {
        protocol_min: PROTOCOL_MIN,
        protocol_max: PROTOCOL_MAX,
        division: path[2].clone(),
        incarnation: life,
        feed_id: life,
        daemon_id: life,
        host: "elsewhere".to_owned(),
        position: None,
        is_live: false,
        program: String::new(),
        introduction: Vec::new(),
    };
    opened.outbound.send(&Message::Hello(hello)).await.unwrap();
    let answer = opened.inbound.receive().await.unwrap().unwrap();
    let Message::Refuse(refusal) = answer else { panic!("{answer:?}") };
    assert_eq!(refusal.code, "GK-PKI-048");
}
