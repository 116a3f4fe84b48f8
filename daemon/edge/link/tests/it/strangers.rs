//! Peers that are refused, and what each side learns of it; peers that enrol; peers that speak nonsense.

use std::net::SocketAddr;

use gongkai_journal::Incarnation;
use gongkai_link::{
    LinkError,
    codec::limits::FRAME_BYTES_MAX,
    grpc::{self, Dial, Join, Renew},
};
use gongkai_pki::{
    Invite, Request, enrol,
    tls::{Credentials, join_config, server_name},
    token,
};
use gongkai_sync::{message::Message, retry::Class};
use hyper_util::rt::TokioIo;
use tonic::{
    Status,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::{Channel, Endpoint},
};

use crate::world::{CITY, COUNTY, DAY_MS, NOW_MS, Node, PROMPT, Parent, TOWN, clock, path, soon, three_levels};

/// Refusals tried: without the server's patience all of 20 runs lost one of these; with a tenth of them, 8 of 10 did.
const REFUSALS: usize = 960;
const REFUSALS_AT_ONCE: usize = 32;

/// Settings of somebody who has no certificate and knows the fingerprint.
fn joiner(parent: &Node, address: SocketAddr) -> Dial {
    let tls = join_config(&parent.authority().root_fingerprint(), &parent.path, &clock()).unwrap();
    Dial { address: address.to_string(), name: server_name(&parent.path).unwrap(), tls: tls.into() }
}

fn expect(error: &LinkError, code: &str, class: Class) {
    let told = match error {
        LinkError::Refused(refusal) => refusal.code.as_str(),
        other => other.code(),
    };
    assert_eq!((told, error.class()), (code, class), "{error}");
    assert!(!error.hint().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_certificate_is_refused_for_good() {
    let (_city, county, _town) = three_levels();
    let foreign = Node::top(CITY).child(COUNTY, true).child(TOWN, false);
    let parent = Parent::listening(&county, None, PROMPT).await;
    let theirs = foreign.open(&county, parent.address).await.unwrap_err();
    expect(&theirs, "GK-PKI-032", Class::Permanent);
    // One that does not look at the server learns it from its first read only.
    let careless = foreign.careless_dial(&county, parent.address);
    let ours = soon(grpc::open(&careless, |_| county.identify_parent(&[]))).await.unwrap_err();
    expect(&ours, "GK-PKI-030", Class::Permanent);
    let root = county.root();
    let believing = |chain: &[_]| gongkai_pki::identity::identify(chain, &root, NOW_MS);
    let ours = soon(grpc::open(&careless, believing)).await.unwrap_err();
    expect(&ours, "GK-PKI-044", Class::Permanent);
}

/// On a busy machine a reset overtook the alert in one of four refusals, and the child dialled on as if the wire had
/// been at fault.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_heard_however_busy_the_machine_is() {
    let (_city, county, _town) = three_levels();
    let foreign = Node::top(CITY).child(COUNTY, true).child(TOWN, false);
    let parent = Parent::listening(&county, None, PROMPT).await;
    let (careless, root) = (foreign.careless_dial(&county, parent.address), county.root());
    let believing = |chain: &[_]| gongkai_pki::identity::identify(chain, &root, NOW_MS);
    for _ in 0..REFUSALS / REFUSALS_AT_ONCE {
        let dials = (0..REFUSALS_AT_ONCE).map(|_| grpc::open(&careless, believing));
        for opened in soon(futures::future::join_all(dials)).await {
            expect(&opened.unwrap_err(), "GK-PKI-044", Class::Permanent);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_another_name_is_refused_for_good() {
    let (city, county, town) = three_levels();
    let parent = Parent::listening(&city, None, PROMPT).await;
    expect(&town.open(&county, parent.address).await.unwrap_err(), "GK-PKI-040", Class::Permanent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grandchild_is_told_that_it_is_not_a_child() {
    let (city, _county, town) = three_levels();
    let parent = Parent::listening(&city, None, PROMPT).await;
    let dial = town.dial(&city, parent.address);
    let root = city.root();
    let any = |chain: &[_]| gongkai_pki::identity::identify(chain, &root, NOW_MS);
    let error = soon(grpc::open(&dial, any)).await.unwrap_err();
    expect(&error, "GK-PKI-037", Class::Permanent);
    assert!(error.to_string().contains("211221100"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_certificate_enrolment_is_reached_and_no_session() {
    let (city, county, _) = three_levels();
    let town = Node::empty(TOWN);
    let fingerprint = county.authority().root_fingerprint();
    let token = token::invite(&town.path, &["127.0.0.1:1".to_owned()], fingerprint, NOW_MS + DAY_MS).unwrap();
    let mut parent = Parent::listening(&county, Some(Invite::of(&token, false)), PROMPT).await;
    let dial = joiner(&county, parent.address);
    let root = city.root();
    let any = |chain: &[_]| gongkai_pki::identity::identify(chain, &root, NOW_MS);
    expect(&soon(grpc::open(&dial, any)).await.unwrap_err(), "GK-PKI-030", Class::Permanent);

    let mut join = Join {
        path: town.path.clone(),
        secret: vec![0; 16],
        request: Request::make(&town.pki, &town.path, false).unwrap(),
        incarnation: Incarnation::from_bytes([9; 16]),
        host: "新台子".to_owned(),
    };
    expect(&soon(grpc::join(&dial, &join)).await.unwrap_err(), "GK-PKI-015", Class::Permanent);
    join.secret = token.secret().to_vec();
    assert!(!format!("{join:?}").contains("secret"));
    let joined = soon(grpc::join(&dial, &join)).await.unwrap();
    assert_eq!(joined.anchors[0].division, path(CITY)[0]);
    enrol::accept(&town.pki, &joined.grant, token.root_fingerprint(), &town.path).unwrap();
    town.open(&county, parent.address).await.unwrap();
    assert_eq!(parent.session().await.0.peer.division.as_str(), "211221100");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_over_the_link() {
    let (_city, county, town) = three_levels();
    let parent = Parent::listening(&county, None, PROMPT).await;
    let before = Credentials::load(&town.pki).unwrap();
    let request = Request::make(&town.pki, &town.path, false).unwrap();
    let renew = Renew { chain: before.chain().to_vec(), request };
    let renewed = soon(grpc::renew(&joiner(&county, parent.address), &renew)).await.unwrap();
    enrol::accept_renewal(&town.pki, &renewed.grant, &town.path).unwrap();
    assert_eq!(Credentials::load(&town.pki).unwrap().not_after_ms(), before.not_after_ms() + 300 * DAY_MS);
    let stranger = Renew { chain: Vec::new(), ..renew };
    let refused = soon(grpc::renew(&joiner(&county, parent.address), &stranger)).await.unwrap_err();
    expect(&refused, "GK-PKI-030", Class::Permanent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_fingerprint_sends_no_secret() {
    let (_city, county, town) = three_levels();
    let parent = Parent::listening(&county, None, PROMPT).await;
    let other = Node::top(CITY);
    let tls = join_config(&other.authority().root_fingerprint(), &county.path, &clock()).unwrap();
    let dial = Dial { tls: tls.into(), ..joiner(&county, parent.address) };
    let renew = Renew { chain: Vec::new(), request: Request::make(&town.pki, &town.path, false).unwrap() };
    expect(&soon(grpc::renew(&dial, &renew)).await.unwrap_err(), "GK-PKI-039", Class::Permanent);
}

/// gRPC messages of any bytes.
struct Anything;

impl Codec for Anything {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;
    fn encoder(&mut self) -> Self {
        Self
    }
    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Anything {
    type Item = Vec<u8>;
    type Error = Status;
    fn encode(&mut self, item: Vec<u8>, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes_into(&item, into);
        Ok(())
    }
}

fn bytes_into(item: &[u8], into: &mut EncodeBuf<'_>) {
    prost::bytes::BufMut::put_slice(into, item);
}

impl Decoder for Anything {
    type Item = ();
    type Error = Status;
    fn decode(&mut self, _: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        Ok(None)
    }
}

/// A channel of an enrolled child that does not use our client.
async fn own_channel(town: &Node, county: &Node, address: SocketAddr) -> Channel {
    let (connector, name) = (town.hot().connector(), server_name(&county.path).unwrap());
    let dialled = tower::service_fn(move |_| {
        let (connector, name) = (connector.clone(), name.clone());
        async move {
            let socket = tokio::net::TcpStream::connect(address).await?;
            std::io::Result::Ok(TokioIo::new(connector.connect(name, socket).await?))
        }
    });
    Endpoint::from_static("http://parent").connect_with_connector(dialled).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_message_end_the_session_with_a_code() {
    let (_city, county, town) = three_levels();
    let mut parent = Parent::listening(&county, None, PROMPT).await;
    // No protobuf; no message of ours; a list packed with a dictionary of the future; longer than any frame.
    let future = vec![0x3a, 0x08, 0x12, 0x06, 0x08, 0x09, 0x12, 0x02, 0x01, 0x01];
    for (bytes, code) in [
        (vec![0xff; 40], "GK-LINK-021"),
        (Vec::new(), "GK-LINK-022"),
        (future, "GK-LINK-025"),
        (vec![0; FRAME_BYTES_MAX + 1], "GK-LINK-021"),
    ] {
        let mut client = tonic::client::Grpc::new(own_channel(&town, &county, parent.address).await);
        client.ready().await.unwrap();
        let calls = tokio_stream::once(bytes);
        let target = http::uri::PathAndQuery::from_static("/gongkai.link.v1.Sync/Session");
        let call = tokio::spawn(async move {
            client.streaming(tonic::Request::new(calls), target, Anything).await.map(|reply| reply.into_inner())
        });
        let (mut far, done) = parent.session().await;
        let error = soon(far.inbound.receive()).await.unwrap().unwrap_err();
        assert_eq!((error.code(), error.class()), (code, Class::Permanent), "{error}");
        assert!(soon(far.inbound.receive()).await.is_none());
        done.cancel();
        drop((far, call));
    }
    // The port still serves.
    let child = town.open(&county, parent.address).await.unwrap();
    let (mut far, _done) = parent.session().await;
    child.outbound.send(&Message::Done { seen: 3 }).await.unwrap();
    assert_eq!(soon(far.inbound.receive()).await.unwrap().unwrap(), Message::Done { seen: 3 });
}
