//! Sessions over real TLS: what gets through, what it costs, how they end.

use std::time::Duration;

use gongkai_link::{LinkError, grpc::Listener};
use gongkai_pki::{Lifetimes, Request, enrol, tls::Credentials};
use gongkai_sync::{message::Message, retry::Class};
use tokio::net::TcpStream;

use crate::{
    frames::{every_message, noise},
    samples,
    world::{DAY_MS, NOW_MS, PROMPT, Parent, TOWN, Wire, path, soon, three_levels},
};

/// More than the listener shakes hands with at a time.
const SILENT: usize = 80;

#[tokio::test(flavor = "multi_thread")]
async fn every_message_arrives_in_both_directions_and_both_know_the_other() {
    let (_city, county, town) = three_levels();
    let mut parent = Parent::listening(&county, None, PROMPT).await;
    let mut child = town.open(&county, parent.address).await.unwrap();
    let (mut far, _done) = parent.session().await;
    assert_eq!((child.peer.path.as_slice(), far.peer.path.as_slice()), (&*county.path, &*path(TOWN)));
    for message in every_message() {
        child.outbound.send(&message).await.unwrap();
        let arrived = soon(far.inbound.receive()).await.unwrap().unwrap();
        assert_eq!(arrived, message);
        far.outbound.send(&arrived).await.unwrap();
        assert_eq!(soon(child.inbound.receive()).await.unwrap().unwrap(), message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_that_is_closed_ends_without_an_error() {
    let (_city, county, town) = three_levels();
    let mut parent = Parent::listening(&county, None, PROMPT).await;
    let mut child = town.open(&county, parent.address).await.unwrap();
    let (mut far, _done) = parent.session().await;
    drop(child.outbound);
    assert!(soon(far.inbound.receive()).await.is_none());
    far.outbound.send(&Message::Announce { entries: 1 }).await.unwrap();
    drop(far.outbound);
    assert!(matches!(soon(child.inbound.receive()).await, Some(Ok(Message::Announce { entries: 1 }))));
    assert!(soon(child.inbound.receive()).await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_are_counted_as_they_cross_the_socket() {
    let (_city, county, town) = three_levels();
    let mut parent = Parent::listening(&county, None, PROMPT).await;
    let child = town.open(&county, parent.address).await.unwrap();
    let (mut far, _done) = parent.session().await;
    let handshake = child.traffic.sent_bytes();
    assert!((500..20_000).contains(&handshake), "{handshake}");
    let payload = noise(500_000);
    let entries = vec![samples::plain_entry(&payload, 1)];
    child.outbound.send(&Message::Wanted { request: 1, entries, is_complete: true }).await.unwrap();
    soon(far.inbound.receive()).await.unwrap().unwrap();
    for counted in [child.traffic.sent_bytes() - handshake, far.traffic.received_bytes() - handshake] {
        assert!((500_000..510_000).contains(&counted), "{counted}");
    }
    assert!(child.traffic.received_bytes() < 20_000 && far.traffic.sent_bytes() < 20_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_wire_ends_both_halves_with_an_error_that_waiting_cures() {
    let (_city, county, town) = three_levels();
    let mut parent = Parent::listening(&county, None, PROMPT).await;
    let wire = Wire::to(parent.address).await;
    let mut child = town.open(&county, wire.address).await.unwrap();
    let (mut far, _done) = parent.session().await;
    child.outbound.send(&Message::Done { seen: 0 }).await.unwrap();
    soon(far.inbound.receive()).await.unwrap().unwrap();
    wire.cut();
    for inbound in [&mut child.inbound, &mut far.inbound] {
        let error = soon(inbound.receive()).await.unwrap().unwrap_err();
        assert_eq!((error.code(), error.class()), ("GK-LINK-007", Class::Transient), "{error}");
        assert!(soon(inbound.receive()).await.is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_to_a_peer_that_left_is_an_error() {
    let (_city, county, town) = three_levels();
    let mut parent = Parent::listening(&county, None, PROMPT).await;
    let child = town.open(&county, parent.address).await.unwrap();
    let (mut far, _done) = parent.session().await;
    drop(child);
    assert!(!matches!(soon(far.inbound.receive()).await, Some(Ok(_))));
    soon(async { while far.outbound.send(&Message::Done { seen: 0 }).await.is_ok() {} }).await;
    let left = far.outbound.send(&Message::Done { seen: 0 }).await.unwrap_err();
    assert_eq!((left.code(), left.class()), ("GK-LINK-008", Class::Transient));
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_keep_no_child_out() {
    let (_city, county, town) = three_levels();
    let mut parent = Parent::listening(&county, None, PROMPT).await;
    let mut silent = Vec::new();
    for _ in 0..SILENT {
        silent.push(TcpStream::connect(parent.address).await.unwrap());
    }
    town.open(&county, parent.address).await.unwrap();
    parent.session().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_sessions_that_end_in_time() {
    let (_city, county, town) = three_levels();
    let mut parent = Parent::listening(&county, None, PROMPT * 100).await;
    let child = town.open(&county, parent.address).await.unwrap();
    let (far, done) = parent.session().await;
    parent.shutdown.cancel();
    drop((child, far));
    done.cancel();
    soon(parent.running).await.unwrap().unwrap();
    assert_eq!(town.open(&county, parent.address).await.unwrap_err().code(), "GK-LINK-004");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_cuts_sessions_that_do_not_end() {
    let (_city, county, town) = three_levels();
    let mut parent = Parent::listening(&county, None, Duration::from_millis(50)).await;
    let mut child = town.open(&county, parent.address).await.unwrap();
    let (mut far, _done) = parent.session().await;
    parent.shutdown.cancel();
    soon(parent.running).await.unwrap().unwrap();
    for inbound in [&mut child.inbound, &mut far.inbound] {
        let error = soon(inbound.receive()).await.unwrap().unwrap_err();
        assert_eq!(error.class(), Class::Transient, "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn renewed_credentials_serve_the_next_session() {
    let (city, county, town) = three_levels();
    let parent = Parent::listening(&county, None, PROMPT).await;
    let before = town.open(&county, parent.address).await.unwrap();
    let request = Request::make(&county.pki, &county.path, false).unwrap();
    let later = NOW_MS - DAY_MS / 2;
    let renewed = city.authority().grant(&request, &county.path, false, &Lifetimes::default(), later).unwrap().0;
    enrol::accept_renewal(&county.pki, &renewed, &county.path).unwrap();
    parent.tls.swap(Credentials::load(&county.pki).unwrap()).unwrap();
    let after = town.open(&county, parent.address).await.unwrap();
    assert_ne!(before.peer.fingerprint, after.peer.fingerprint);
    // The first session goes on under the certificate it began with.
    before.outbound.send(&Message::Done { seen: 0 }).await.unwrap();
}

#[tokio::test]
async fn a_port_in_use_says_so() {
    let first = Listener::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let error = Listener::bind(first.address()).await.unwrap_err();
    assert!(matches!(error, LinkError::PortInUse { address } if address == first.address()));
    assert_eq!((error.code(), error.class()), ("GK-LINK-001", Class::Permanent));
    assert!(error.hint().contains("link.listen"));
    // TEST-NET-1 is no address of this host.
    let error = Listener::bind(([192, 0, 2, 1], 0).into()).await.unwrap_err();
    assert_eq!(error.code(), "GK-LINK-002");
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_tried_again_and_nonsense_is_not() {
    let (_city, county, town) = three_levels();
    let gone = Listener::bind(([127, 0, 0, 1], 0).into()).await.unwrap().address();
    let error = town.open(&county, gone).await.unwrap_err();
    assert_eq!((error.code(), error.class()), ("GK-LINK-004", Class::Transient));
    let mut dial = town.dial(&county, gone);
    dial.address = "county".to_owned();
    let error = gongkai_link::grpc::open(&dial, |chain| town.identify_parent(chain)).await.unwrap_err();
    assert_eq!((error.code(), error.class()), ("GK-LINK-003", Class::Permanent));
}
