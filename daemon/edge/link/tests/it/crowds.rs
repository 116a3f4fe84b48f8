//! Crowds at the port: silent ones, strangers, greedy children, and a thousand honest ones behind one address.
//!
//! Invariant: attackers come from addresses of their own, as a town's and an attacker's do, unless a test says otherwise.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use gongkai_link::grpc::{self, Tuning};
use gongkai_pki::tls::{join_config, server_name};
use gongkai_sync::message::Message;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
};
use tokio_rustls::client::TlsStream;

use crate::world::{CITY, Node, PROMPT, Parent, clock, path, soon, three_levels};

/// What a loaded machine needs for a thousand handshakes on both sides.
const LONG: Duration = Duration::from_secs(120);
const CHILDREN: usize = 1_000;
/// Silent ones: more than one address is given.
const SILENT: usize = 400;
/// Connections of one child: many times its share.
const GREEDY: usize = 40;

async fn connect(host: u8, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, host], 0))).unwrap();
    socket.connect(to).await.unwrap()
}

async fn shaken(host: u8, node: &Node, parent: &Node, to: SocketAddr) -> TlsStream<TcpStream> {
    let name = server_name(&parent.path).unwrap();
    soon(node.hot().connector().connect(name, connect(host, to).await)).await.unwrap()
}

async fn is_served(child: &Node, parent_node: &Node, parent: &mut Parent) {
    let duplex = child.open(parent_node, parent.address).await.unwrap();
    let (mut far, _done) = parent.session().await;
    duplex.outbound.send(&Message::Done { seen: 3 }).await.unwrap();
    assert_eq!(soon(far.inbound.receive()).await.unwrap().unwrap(), Message::Done { seen: 3 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_children_behind_one_address_connect_at_once() {
    let city = Node::top(CITY);
    let mut parent = Parent::listening(&city, None, PROMPT).await;
    let children: Vec<Node> =
        (0..CHILDREN).map(|number| city.child(&[CITY[0], &format!("c{number}")], false)).collect();
    let tuning = Tuning { handshake: LONG, open: LONG, ..Tuning::default() };
    let mut dialling = JoinSet::new();
    for child in children {
        let (dial, tuning) = (child.dial(&city, parent.address), tuning.clone());
        dialling.spawn(async move { grpc::open_tuned(&dial, &tuning, |chain| child.identify_parent(chain)).await });
    }
    let mut served = BTreeSet::new();
    let mut held = Vec::new();
    while served.len() < CHILDREN {
        tokio::select! {
            (far, done) = parent.session_within(LONG) => {
                served.insert(far.peer.division.clone());
                held.push((far, done));
            }
            Some(opened) = dialling.join_next() => {
                // Its end of the session is given up: what is asked is that it was let in.
                opened.unwrap().unwrap();
            }
        }
    }
    while let Some(opened) = dialling.join_next().await {
        opened.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_nothing_gives_way_and_a_slow_child_is_let_in() {
    let (_city, county, town) = three_levels();
    let mut parent = Parent::listening(&county, None, PROMPT).await;
    // The child has connected, and its first packet is still on its way.
    let slow = connect(1, parent.address).await;
    let mut silent = Vec::new();
    for _ in 0..SILENT {
        silent.push(connect(2, parent.address).await);
    }
    let mut byte = [0; 1];
    assert_eq!(soon(silent[0].read(&mut byte)).await.unwrap_or(0), 0, "the oldest of them gave way");
    let name = server_name(&county.path).unwrap();
    soon(town.hot().connector().connect(name, slow)).await.unwrap();
    is_served(&town, &county, &mut parent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handshakes_that_stop_half_way_hold_up_their_own_address_only() {
    let (_city, county, town) = three_levels();
    let mut parent = Parent::listening(&county, None, PROMPT).await;
    let mut half = Vec::new();
    for _ in 0..SILENT {
        let mut stream = connect(2, parent.address).await;
        // A TLS record that promises more than follows.
        stream.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00]).await.unwrap();
        half.push(stream);
    }
    is_served(&town, &county, &mut parent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_has_its_share_of_connections_and_its_newest_are_kept() {
    let (city, county, _town) = three_levels();
    let other = city.child(&["211200", "211223"], true);
    let mut parent = Parent::listening(&city, None, PROMPT).await;
    let mut held = Vec::new();
    for _ in 0..GREEDY {
        held.push(shaken(2, &county, &city, parent.address).await);
    }
    let mut open = 0;
    for stream in &mut held {
        open += usize::from(!is_ended(stream).await);
    }
    assert!((1..=4).contains(&open), "{open} of {GREEDY} connections of one child stand");
    is_served(&other, &city, &mut parent).await;
    is_served(&county, &city, &mut parent).await;
}

/// Whether the far end has closed; HTTP/2's first frames stand before that.
async fn is_ended(stream: &mut TlsStream<TcpStream>) -> bool {
    let mut bytes = [0; 4096];
    let read = async {
        loop {
            match stream.read(&mut bytes).await {
                Ok(0) | Err(_) => return true,
                Ok(_) => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_millis(200), read).await.unwrap_or(false)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grandchild_takes_a_strangers_place_and_none_of_a_childs() {
    let (city, county, town) = three_levels();
    let mut parent = Parent::listening(&city, None, PROMPT).await;
    let mut held = Vec::new();
    for host in 2..12 {
        for _ in 0..GREEDY {
            held.push(shaken(host, &town, &city, parent.address).await);
        }
    }
    is_served(&county, &city, &mut parent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nothing_names_takes_no_place_of_a_child_until_it_was_heard_of() {
    let (city, county, _town) = three_levels();
    let mut parent = Parent::knowing(&city, &[&county], None, PROMPT).await;
    // What a thief of the city's authority mints in the county's name: as many connections as he likes.
    let duplex = county.open(&city, parent.address).await.unwrap();
    let (mut heard, _done) = parent.session().await;
    assert!(heard.seat_child(), "its first words were taken");
    let mut minted = Vec::new();
    for _ in 0..GREEDY {
        minted.push(shaken(2, &county, &city, parent.address).await);
    }
    // With a child's places his newest would have pushed out the oldest, which is the honest one.
    duplex.outbound.send(&Message::Done { seen: 3 }).await.unwrap();
    assert_eq!(soon(heard.inbound.receive()).await.unwrap().unwrap(), Message::Done { seen: 3 });
    let mut open = 0;
    for stream in &mut minted {
        open += usize::from(!is_ended(stream).await);
    }
    assert!(open > 4, "{open} of {GREEDY} have strangers' places");
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_that_ask_nothing_give_way_to_one_that_does() {
    let (city, county, town) = three_levels();
    let parent = Parent::listening(&county, None, PROMPT).await;
    let tls = join_config(&county.authority().root_fingerprint(), &county.path, &clock()).unwrap();
    let mut held = Vec::new();
    for host in 2..12 {
        for _ in 0..GREEDY {
            let name = server_name(&county.path).unwrap();
            let connector = tokio_rustls::TlsConnector::from(tls.clone());
            held.push(soon(connector.connect(name, connect(host, parent.address).await)).await.unwrap());
        }
    }
    let join = grpc::Join {
        path: path(&["211200", "211221", "211221102"]),
        secret: vec![0; 16],
        request: gongkai_pki::Request::make(&town.pki, &town.path, false).unwrap(),
        incarnation: gongkai_journal::Incarnation::from_bytes([9; 16]),
        host: "nobody".to_owned(),
    };
    let name = server_name(&county.path).unwrap();
    let dial = grpc::Dial { address: parent.address.to_string(), name, tls: tls.into() };
    let refused = soon(grpc::join(&dial, &join)).await.unwrap_err();
    assert!(matches!(refused, gongkai_link::LinkError::Refused(_)), "it is heard: {refused}");
    drop(city);
}
