//! An enrolled child that speaks the protocol and lies, over a real link.

use std::{sync::Arc, time::Duration};

use gongkai_journal::{Author, Incarnation, Lane, Reach, StreamKey};
use gongkai_link::grpc::{self, Dial, Duplex};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_pki::{
    PkiDir,
    identity::identify,
    tls::{Credentials, HotTls, SessionClock, server_name},
};
use gongkai_proto::admin::v1::{DoctorRequest, NodeStatusRequest, RevokeRequest, SyncNowRequest};
use gongkai_sync::{
    message::{Hello, Message, PROTOCOL_MAX, PROTOCOL_MIN},
    position::Position,
    want::{Head, Tip},
};
use tokio_stream::StreamExt as _;

use crate::harness::{CITY, COUNTY, Node, city, city_with, eventually, reason};

fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

fn id(text: &str) -> DivisionId {
    DivisionId::parse(text).unwrap()
}

/// A county whose keys somebody else has: its daemon is stopped, its place is taken.
struct Liar {
    duplex: Duplex,
    /// What the city said of itself.
    city: Hello,
}

impl Liar {
    async fn open(county: &mut Node, city: &Node, place: impl FnOnce(&Hello) -> Option<Position>) -> Self {
        county.stop().await;
        city.until_link(COUNTY, "idle").await;
        let credentials = Credentials::load(&PkiDir::open(&county.dir).unwrap()).unwrap();
        let root = credentials.trust_root().clone();
        let tls = Arc::new(HotTls::new(credentials, SessionClock::new(now_ms)).unwrap());
        let dial = Dial { address: city.address(), name: server_name(&[id(CITY)]).unwrap(), tls: tls.connector() };
        let opened = grpc::open(&dial, |chain| identify(chain, &root, now_ms())).await;
        let mut duplex = opened.unwrap();
        // The parent speaks when the child has: the lie about its feed needs its feed's name, so it takes two sessions.
        let first = hello(None);
        duplex.outbound.send(&Message::Hello(first)).await.unwrap();
        let Some(Ok(Message::Hello(heard))) = duplex.inbound.receive().await else { panic!("the city said no hello") };
        let Some(position) = place(&heard) else { return Self { duplex, city: heard } };
        drop(duplex);
        city.until_link(COUNTY, "idle").await;
        let opened = grpc::open(&dial, |chain| identify(chain, &root, now_ms())).await;
        let mut duplex = opened.unwrap();
        duplex.outbound.send(&Message::Hello(hello(Some(position)))).await.unwrap();
        let Some(Ok(Message::Hello(heard))) = duplex.inbound.receive().await else { panic!("the city said no hello") };
        Self { duplex, city: heard }
    }

    async fn say(&self, message: Message) {
        self.duplex.outbound.send(&message).await.unwrap();
    }

    fn stream(&self, incarnation: Incarnation) -> StreamKey {
        StreamKey::new(Author { division: id(CITY), incarnation }, id(COUNTY), Reach::Path, Lane::Work)
    }
}

fn hello(position: Option<Position>) -> Hello {
    let life = Incarnation::from_bytes([7; 16]);
    Hello {
        protocol_min: PROTOCOL_MIN,
        protocol_max: PROTOCOL_MAX,
        division: id(COUNTY),
        incarnation: life,
        feed_id: life,
        daemon_id: life,
        host: "elsewhere".to_owned(),
        position,
        is_live: false,
        program: String::new(),
        introduction: Vec::new(),
    }
}

fn digest(text: &str) -> Digest {
    Digest::of_file(text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_lies_about_its_parents_past_holds_nobody_and_is_revoked() {
    let city = city().await;
    let mut county = city.child(COUNTY).await;
    county.catch_up().await;
    let place = |heard: &Hello| {
        Some(Position { feed_id: heard.feed_id, offset: 3, hash: digest("elsewhere"), epoch: digest("route") })
    };
    let liar = Liar::open(&mut county, &city, place).await;
    let stream = liar.stream(liar.city.incarnation);
    let heads = vec![Head { stream, tips: vec![Tip { seq: 900, hash: digest("never written") }] }];
    liar.say(Message::Heads { heads, position: None, wants_answer: false }).await;
    let link = eventually("the claims are shown", async || {
        Some(city.link(COUNTY).await).filter(|link| link.claimed_streams == 1 && link.claimed_position == Some(3))
    })
    .await;
    assert_eq!(link.division, COUNTY);
    let page = city.nodes().status(NodeStatusRequest {}).await.unwrap().into_inner();
    assert!(page.hold.is_none(), "{page:?}");
    let doctor = city.nodes().doctor(DoctorRequest::default()).await.unwrap().into_inner();
    let check = doctor.checks.iter().find(|check| check.name == "claims").unwrap();
    assert_eq!(reason(check.reason.as_ref()), "GK-DOCTOR-020");
    let order = RevokeRequest { division: COUNTY.to_owned(), reason: "stolen".to_owned() };
    city.nodes().revoke(order).await.unwrap();
    eventually("the session ends", async || {
        city.history().await.first().filter(|session| session.outcome != "running").map(drop)
    })
    .await;
}

/// More streams than there is room for, with numbers at the end of what a number holds.
#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_names_more_than_there_is_room_for_fills_its_own_share_only() {
    const ROOM: usize = 256;
    let city = city_with("\n[link]\nwants_per_peer_max = 256\n").await;
    let mut county = city.child(COUNTY).await;
    county.catch_up().await;
    let liar = Liar::open(&mut county, &city, |_| None).await;
    for page in 0..4_u8 {
        let head = |number: u16| {
            let life =
                Incarnation::from_bytes([[page; 14].as_slice(), &number.to_be_bytes()].concat().try_into().unwrap());
            let hash = digest(&format!("{page} {number}"));
            Head { stream: liar.stream(life), tips: vec![Tip { seq: u64::MAX / 2 - u64::from(number), hash }; 16] }
        };
        let heads = (0..500).map(head).collect();
        let position = (page == 3).then(|| Position {
            feed_id: Incarnation::from_bytes([7; 16]),
            offset: 9,
            hash: digest("9"),
            epoch: digest("route"),
        });
        liar.say(Message::Heads { heads, position, wants_answer: false }).await;
    }
    let link = eventually("its share is full", async || {
        Some(city.link(COUNTY).await).filter(|link| link.wants == ROOM as u64)
    })
    .await;
    assert!(link.entries_to_receive >= u64::MAX / 2, "{link:?}");
    let mut other = city.child("211282").await;
    other.catch_up().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_never_says_it_is_done_is_named_and_ends_by_the_time_limit() {
    let city = city_with("\n[link]\nsession_seconds = 4\n").await;
    let mut county = city.child(COUNTY).await;
    county.catch_up().await;
    let liar = Liar::open(&mut county, &city, |_| None).await;
    // It talks all the time, takes nothing and never says that it has everything.
    let stream = liar.stream(liar.city.incarnation);
    let Liar { duplex, .. } = liar;
    let talking = tokio::spawn(async move {
        let mut beat = tokio::time::interval(Duration::from_millis(50));
        for request in 1.. {
            beat.tick().await;
            let tip = Tip { seq: request, hash: digest("nothing") };
            let want = Message::Want { request, stream: stream.clone(), tip, haves: Vec::new() };
            if duplex.outbound.send(&want).await.is_err() {
                return;
            }
        }
    });
    let asked = SyncNowRequest { timeout_ms: 500, ..SyncNowRequest::default() };
    let mut answers = city.links().now(asked).await.unwrap().into_inner();
    let mut last = None;
    while let Some(progress) = answers.next().await {
        last = Some(progress.unwrap());
    }
    let told = last.unwrap().reason.unwrap();
    assert_eq!(told.code, "GK-NODE-012");
    assert!(told.message.contains(COUNTY) && told.message.contains("has not said"), "{told:?}");
    let ended = eventually("the session ends", async || {
        let sessions = city.history().await;
        sessions.into_iter().find(|session| reason(session.reason.as_ref()) == "GK-LINK-005")
    })
    .await;
    assert_eq!(ended.division, COUNTY);
    talking.abort();
}
