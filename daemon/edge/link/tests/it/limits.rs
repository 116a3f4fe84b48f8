//! Slow, silent and half-open links: what a limit lets through, and how soon a dead link is known.

use std::time::{Duration, Instant};

use gongkai_link::{
    LinkError,
    grpc::{self, Duplex, Tuning},
};
use gongkai_sync::{message::Message, retry::Class};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::{
    frames::noise,
    samples,
    world::{Node, PROMPT, Parent, Wire, soon, three_levels},
};

const RATE: u64 = 1024 * 1024;
const PAYLOAD_BYTES: usize = 400_000;
/// It compresses by a little.
const CARRIED_BYTES_MIN: u64 = 390_000;
/// Short enough for a test, long enough for a loaded machine's scheduler.
const IMPATIENT: Duration = Duration::from_millis(300);

fn bulk() -> Message {
    Message::Wanted { request: 1, entries: vec![samples::plain_entry(&noise(PAYLOAD_BYTES), 1)], is_complete: true }
}

async fn open(town: &Node, county: &Node, address: std::net::SocketAddr, tuning: Tuning) -> Result<Duplex, LinkError> {
    let dial = town.dial(county, address);
    soon(grpc::open_tuned(&dial, &tuning, |chain| town.identify_parent(chain))).await
}

/// Bytes that the rate allows for the time that was observed, and one bucket of a tenth of a second.
fn allowed(begun: Instant) -> u64 {
    let observed = u64::try_from(begun.elapsed().as_micros()).unwrap();
    observed * RATE / 1_000_000 + RATE / 10
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_link_carries_no_more_than_its_rate_in_either_direction() {
    let (_city, county, town) = three_levels();
    let mut parent = Parent::listening(&county, None, PROMPT).await;
    let limited = Tuning { bytes_per_second_max: Some(RATE), ..Tuning::default() };
    let mut child = open(&town, &county, parent.address, limited).await.unwrap();
    let (mut far, _done) = parent.session().await;

    let (begun, before) = (Instant::now(), child.traffic.sent_bytes());
    child.outbound.send(&bulk()).await.unwrap();
    soon(far.inbound.receive()).await.unwrap().unwrap();
    let sent = child.traffic.sent_bytes() - before;
    assert!(sent >= CARRIED_BYTES_MIN && sent <= allowed(begun), "{sent} bytes in {:?}", begun.elapsed());

    let (begun, before) = (Instant::now(), child.traffic.received_bytes());
    far.outbound.send(&bulk()).await.unwrap();
    soon(child.inbound.receive()).await.unwrap().unwrap();
    let received = child.traffic.received_bytes() - before;
    assert!(received >= CARRIED_BYTES_MIN && received <= allowed(begun), "{received} bytes in {:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_set_on_an_accepted_session_holds_from_then_on() {
    let (_city, county, town) = three_levels();
    let mut parent = Parent::listening(&county, None, PROMPT).await;
    let mut child = open(&town, &county, parent.address, Tuning::default()).await.unwrap();
    let (far, _done) = parent.session().await;
    far.traffic.limit(Some(RATE));
    let (begun, before) = (Instant::now(), far.traffic.sent_bytes());
    far.outbound.send(&bulk()).await.unwrap();
    soon(child.inbound.receive()).await.unwrap().unwrap();
    let sent = far.traffic.sent_bytes() - before;
    assert!(sent >= CARRIED_BYTES_MIN && sent <= allowed(begun), "{sent} bytes in {:?}", begun.elapsed());
    far.traffic.limit(None);
    far.outbound.send(&Message::Done { seen: 0 }).await.unwrap();
    soon(child.inbound.receive()).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_accepts_and_says_nothing_is_given_up_in_time() {
    let (_city, county, town) = three_levels();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tuning = Tuning { handshake: IMPATIENT, ..Tuning::default() };
    let error = open(&town, &county, silent.local_addr().unwrap(), tuning).await.unwrap_err();
    assert!(matches!(error, LinkError::TimedOut { what: "shaking hands", .. }), "{error}");
    assert_eq!(error.class(), Class::Transient);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wire_cut_in_the_middle_of_the_handshake_is_tried_again() {
    let (_city, county, town) = three_levels();
    let parent = Parent::listening(&county, None, PROMPT).await;
    // Within the client's first words, within the server's certificates, just before the client's own.
    for answer_bytes in [0, 300, 1_200] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, far) = (listener.local_addr().unwrap(), parent.address);
        let cutting = tokio::spawn(async move {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = TcpStream::connect(far).await.unwrap();
            let mut first = [0; 4096];
            let bytes = near.read(&mut first).await.unwrap();
            far.write_all(&first[..bytes]).await.unwrap();
            let mut answer = vec![0; answer_bytes];
            far.read_exact(&mut answer).await.unwrap();
            near.write_all(&answer).await.unwrap();
        });
        let error = open(&town, &county, address, Tuning::default()).await.unwrap_err();
        assert_eq!(error.class(), Class::Transient, "after {answer_bytes} bytes: {} {error}", error.code());
        soon(cutting).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_open_session_is_noticed_by_the_signs_of_life() {
    let (_city, county, town) = three_levels();
    let mut parent = Parent::listening(&county, None, PROMPT).await;
    let wire = Wire::to(parent.address).await;
    let tuning = Tuning { keepalive_every: IMPATIENT, keepalive_timeout: IMPATIENT, ..Tuning::default() };
    let mut child = open(&town, &county, wire.address, tuning).await.unwrap();
    let (_far, _done) = parent.session().await;
    wire.freeze();
    let error = soon(child.inbound.receive()).await.unwrap().unwrap_err();
    assert_eq!(error.class(), Class::Transient, "{} {error}", error.code());
}
