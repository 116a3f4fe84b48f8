//! The admin port: who is let in with which certificate, and what becomes of those who are not.
//!
//! Invariant: every handshake is a real one, and every certificate was really issued, by the node or past it.

use std::{fs, io, path::Path, sync::Mutex};

use gongkai_app::{App, Clock, Operator, Role, SystemChance};
use gongkai_model::{
    digest::Digest,
    id::{DivisionId, OperatorId},
};
use gongkai_pki::{
    EntryKey, PeerError, PkiDir,
    files::Kept,
    operator::{self, AdminClient, OperatorRequest},
    tls::{Credentials, SessionClock, join_config, refusal_of_io, server_name},
};
use gongkai_proto::{
    ADMIN_LISTEN_FILE,
    admin::v1::{
        AuditLogRequest, CertifyOperatorRequest, ListCertificatesRequest, ReloadOperatorsRequest, RenewNodeRequest,
        RevokeCertificatesRequest, WhoAmIRequest, operator_service_client::OperatorServiceClient,
    },
};
use gongkai_store::Store;
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tonic::{
    Status,
    transport::{Channel, Endpoint},
};

use crate::{
    harness::{CITY, Node, city_with, code},
    permits::{OPERATORS, call, calls, wrongly_answered},
};

pub(crate) const PORT: &str = "\n[admin]\nlisten = \"127.0.0.1:0\"\n";

/// The way in of a person with an account of his own, at a node whose port is open: what the test's own account writes
/// under any name is that account's.
pub(crate) async fn desk(node: &Node, name: &str) -> Channel {
    Papers::of(node, name).await.unwrap().dial(node).await.unwrap()
}

/// What an operator takes along: certificate, key, trust root.
#[derive(Clone)]
struct Papers {
    certificate: String,
    key: String,
    root: String,
}

impl Papers {
    /// Issued by the node to a configured operator.
    async fn of(node: &Node, name: &str) -> Result<Self, Status> {
        let OperatorRequest { key, csr } = operator::request(name).unwrap();
        let asked = CertifyOperatorRequest { operator: name.to_owned(), csr, days: 1 };
        let made = OperatorServiceClient::new(node.channel()).certify(asked).await?.into_inner();
        Ok(Self { certificate: made.certificate, key, root: made.trust_root })
    }

    /// Signed with the key of the operators' authority in a directory, past the node.
    fn forged(dir: &Path, name: &str, root: String) -> Self {
        let OperatorRequest { key, csr } = operator::request(name).unwrap();
        let id = OperatorId::parse(&format!("{CITY}/{name}")).unwrap();
        let made = operator::issue(&PkiDir::open(dir).unwrap(), &id, &csr, 1, now_ms()).unwrap();
        Self { certificate: made.certificate, key, root }
    }

    /// Connects as the command line does, up to the node's first byte.
    async fn dial(&self, node: &Node) -> Result<Channel, PeerError> {
        let clock = SessionClock::new(now_ms);
        let client = AdminClient::new(&self.certificate, &self.key, &self.root, &clock)?;
        let stream = greeted(node, client.connector, client.name).await.map_err(|error| refusal_of_io(&error))?;
        let once = Mutex::new(Some(TokioIo::new(stream)));
        let connector = tower::service_fn(move |_: tonic::transport::Uri| {
            let taken = once.lock().unwrap().take();
            std::future::ready(taken.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected)))
        });
        Ok(Endpoint::from_static("http://node").connect_with_connector(connector).await.unwrap())
    }

    /// Who the node says that the holder is, or the code of its refusal.
    async fn who_am_i(&self, node: &Node) -> Result<String, String> {
        let channel = self.dial(node).await.map_err(|refusal| refusal.code().to_owned())?;
        who_am_i(channel).await
    }
}

/// A connection of which the node has said its first byte: earlier a client does not know that it was refused.
async fn greeted(
    node: &Node,
    connector: TlsConnector,
    name: ServerName<'static>,
) -> io::Result<BufReader<TlsStream<TcpStream>>> {
    let address = fs::read_to_string(node.dir.join(ADMIN_LISTEN_FILE)).unwrap();
    let socket = TcpStream::connect(address.trim()).await?;
    socket.set_nodelay(true)?;
    let mut stream = BufReader::new(connector.connect(name, socket).await?);
    stream.fill_buf().await?;
    Ok(stream)
}

async fn who_am_i(channel: Channel) -> Result<String, String> {
    let told = OperatorServiceClient::new(channel).who_am_i(WhoAmIRequest {}).await;
    told.map(|told| told.into_inner().operator).map_err(|status| code(&status))
}

fn now_ms() -> i64 {
    gongkai_app::SystemClock.now_ms()
}

async fn revoke(node: &Node, which: &str) {
    let asked = RevokeCertificatesRequest { which: which.to_owned(), reason: "lost".to_owned() };
    OperatorServiceClient::new(node.channel()).revoke(asked).await.unwrap();
}

/// A clock that stands.
struct Standing(i64);

impl Clock for Standing {
    fn now_ms(&self) -> i64 {
        self.0
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_is_shut_unless_somebody_opens_it() {
    let city = city_with(OPERATORS).await;
    assert!(!city.dir.join(ADMIN_LISTEN_FILE).exists());
    assert!(!PkiDir::open(&city.dir).unwrap().has(Kept::OperatorsKey));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_is_let_through_or_refused_over_the_port_as_the_table_says() {
    let city = city_with(&format!("{OPERATORS}{PORT}")).await;
    let mut wrong = Vec::new();
    for role in Role::ALL {
        let channel = Papers::of(&city, role.word()).await.unwrap().dial(&city).await.unwrap();
        wrong.extend(wrongly_answered(&channel, role).await);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_without_a_mapping_can_do_nothing() {
    let city = city_with(&format!("{OPERATORS}{PORT}")).await;
    let root = Papers::of(&city, "admin").await.unwrap().root;
    // The authority's own signature, the name of the administrator, and no entry in the register.
    let channel = Papers::forged(&city.dir, "admin", root).dial(&city).await.unwrap();
    for (path, word) in calls() {
        for named in ["admin", "clerk", ""] {
            let refused = call(channel.clone(), &path, named).await;
            assert_eq!(refused.as_deref(), Some("GK-NODE-030"), "{word} as `{named}`");
        }
    }
    assert!(calls().len() > 60, "only {} calls were found", calls().len());
    let refused = Papers::of(&city, "nobody").await.err().map(|status| code(&status));
    assert_eq!(refused.as_deref(), Some("GK-NODE-031"), "who is not configured gets no certificate");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_never_somebody_else() {
    let city = city_with(&format!("{OPERATORS}{PORT}")).await;
    for role in Role::ALL {
        let channel = Papers::of(&city, role.word()).await.unwrap().dial(&city).await.unwrap();
        for other in Role::ALL.into_iter().filter(|other| *other != role) {
            let refused = call(channel.clone(), "/gongkai.admin.v1.OperatorService/WhoAmI", other.word()).await;
            assert_eq!(refused.as_deref(), Some("GK-NODE-004"), "{role:?} as {other:?}");
        }
        assert_eq!(call(channel, "/gongkai.admin.v1.OperatorService/WhoAmI", role.word()).await, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_ends_with_the_next_call_and_its_successor_goes_on() {
    let city = city_with(&format!("{OPERATORS}{PORT}")).await;
    let old = Papers::of(&city, "clerk").await.unwrap();
    let standing = old.dial(&city).await.unwrap();
    let old_print = certificates(&city).await.remove(0).1;
    let new = Papers::of(&city, "clerk").await.unwrap();
    for papers in [&old, &new] {
        assert_eq!(
            papers.who_am_i(&city).await.as_deref(),
            Ok("211200/clerk"),
            "both count while one follows the other"
        );
    }
    revoke(&city, &old_print[..8]).await;
    assert_eq!(who_am_i(standing).await, Err("GK-APP-015".to_owned()), "a connection does not outlive its right");
    assert_eq!(old.who_am_i(&city).await, Err("GK-APP-015".to_owned()));
    assert_eq!(new.who_am_i(&city).await.as_deref(), Ok("211200/clerk"));
    revoke(&city, "clerk").await;
    assert_eq!(new.who_am_i(&city).await, Err("GK-APP-015".to_owned()));
    let states: Vec<String> = certificates(&city).await.into_iter().map(|(state, _)| state).collect();
    assert_eq!(states, ["revoked", "revoked"]);
    let log = AuditLogRequest { kind: "refusal".to_owned(), ..Default::default() };
    let log = city.audit().log(log).await.unwrap().into_inner().entries;
    let told = log.iter().any(|row| row.summary.contains("GK-APP-015") && row.summary.contains(&old_print[..12]));
    assert!(told, "the refusal names the certificate: {log:?}");
}

/// State and fingerprint of each certificate that was issued.
async fn certificates(node: &Node) -> Vec<(String, String)> {
    let told = OperatorServiceClient::new(node.channel()).certificates(ListCertificatesRequest {}).await.unwrap();
    told.into_inner().certificates.into_iter().map(|row| (row.state, row.fingerprint)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_outlives_the_daemon_and_an_expired_certificate_is_told_so() {
    let mut city = city_with(&format!("{OPERATORS}{PORT}")).await;
    let papers = Papers::of(&city, "clerk").await.unwrap();
    let gone = Papers::of(&city, "auditor").await.unwrap();
    revoke(&city, "auditor").await;
    city.stop().await;
    let OperatorRequest { key, csr } = operator::request("publisher").unwrap();
    let (made, root) = issued_long_ago(&city.dir, "publisher", &csr).await;
    city.start().await;
    let expired = Papers { certificate: made, key, root };
    assert_eq!(papers.who_am_i(&city).await.as_deref(), Ok("211200/clerk"));
    assert_eq!(gone.who_am_i(&city).await, Err("GK-APP-015".to_owned()));
    let channel = expired.dial(&city).await.unwrap();
    for (path, word) in calls() {
        assert_eq!(call(channel.clone(), &path, "").await.as_deref(), Some("GK-APP-016"), "{word}");
    }
}

/// A certificate of one day, which this node issued ten years ago.
async fn issued_long_ago(dir: &Path, name: &str, csr: &str) -> (String, String) {
    const YEARS_MS: i64 = 10 * 365 * 24 * 3_600 * 1_000;
    let store = Store::open(dir).await.unwrap();
    let signer = EntryKey::load(&PkiDir::open(dir).unwrap()).unwrap();
    let clock = Standing(now_ms() - YEARS_MS);
    let app = App::open(dir.to_owned(), store.clone(), Box::new(signer), Box::new(clock), Box::new(SystemChance));
    let app = app.await.unwrap();
    let division = DivisionId::parse(CITY).unwrap();
    let admin = Operator::new(&division, "admin", [Role::Admin]).unwrap();
    let holder = Operator::new(&division, name, []).unwrap().id;
    let (made, root) = app.certify_operator(&admin, &holder, csr, 1).await.unwrap();
    store.close().await;
    (made.certificate, root)
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_of_nodes_and_of_other_authorities_do_not_pass_the_handshake() {
    let city = city_with(&format!("{OPERATORS}{PORT}")).await;
    let other = city_with(&format!("{OPERATORS}{PORT}")).await;
    let own = Papers::of(&city, "admin").await.unwrap();
    let foreign = Papers::of(&other, "admin").await.unwrap();
    // It trusts this node's root and shows the other's certificate, of the same name.
    let careless = Papers { root: own.root.clone(), ..foreign.clone() };
    assert_eq!(careless.who_am_i(&city).await, Err("GK-PKI-044".to_owned()));
    // It trusts the other's root: then it is the program that refuses, before anything is sent.
    assert_eq!(foreign.who_am_i(&city).await, Err("GK-PKI-039".to_owned()));
    let credentials = Credentials::load(&PkiDir::open(&city.dir).unwrap()).unwrap();
    let session = TlsConnector::from(credentials.session_config(&SessionClock::new(now_ms)).unwrap());
    let refused = greeted(&city, session, server_name(credentials.path()).unwrap()).await.err();
    let refused = refused.map(|error| refusal_of_io(&error).code());
    assert_eq!(refused, Some("GK-PKI-044"), "the certificate of a node of the tree, its own even, opens nothing");
    let nobody =
        join_config(&Digest::of_file(credentials.trust_root()), credentials.path(), &SessionClock::new(now_ms));
    let nobody = greeted(&city, nobody.unwrap().into(), server_name(credentials.path()).unwrap()).await.err();
    assert_eq!(nobody.map(|error| refusal_of_io(&error).code()), Some("GK-PKI-045"), "nor does none");
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_are_read_anew_without_a_restart_and_a_wrong_file_changes_nothing() {
    let city = city_with(&format!("{OPERATORS}{PORT}")).await;
    let clerk = Papers::of(&city, "clerk").await.unwrap();
    let file = city.dir.join(gongkai_node::CONFIG_FILE);
    let text = fs::read_to_string(&file).unwrap();
    let reload = async || OperatorServiceClient::new(city.channel()).reload(ReloadOperatorsRequest {}).await;
    fs::write(&file, format!("{text}\n[[operator]]\nname = \"sun\"\nroles = [\"clark\"]\n")).unwrap();
    assert_eq!(code(&reload().await.unwrap_err()), "GK-CONF-004");
    assert_eq!(clerk.who_am_i(&city).await.as_deref(), Ok("211200/clerk"));
    let without = text.replace("name = \"clerk\"", "name = \"sun\"");
    fs::write(&file, without).unwrap();
    let told = reload().await.unwrap().into_inner().operators;
    assert!(told.iter().any(|row| row.operator == "211200/sun"));
    assert_eq!(clerk.who_am_i(&city).await, Err("GK-NODE-030".to_owned()), "whoever left the file is out");
    assert_eq!(Papers::of(&city, "sun").await.unwrap().who_am_i(&city).await.as_deref(), Ok("211200/sun"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_node_serves_the_port_without_a_restart() {
    let city = city_with(&format!("{OPERATORS}{PORT}")).await;
    let papers = Papers::of(&city, "admin").await.unwrap();
    let before = papers.dial(&city).await.unwrap();
    let chain = |dir: &Path| fs::read_to_string(PkiDir::open(dir).unwrap().path(Kept::TlsChain)).unwrap();
    let old = chain(&city.dir);
    city.nodes().renew(RenewNodeRequest::default()).await.unwrap();
    assert_ne!(chain(&city.dir), old, "nothing was renewed");
    assert_eq!(shown_by(&city, &papers).await, leaf(&chain(&city.dir)));
    for channel in [before, papers.dial(&city).await.unwrap()] {
        assert_eq!(who_am_i(channel).await.as_deref(), Ok("211200/admin"));
    }
}

/// The certificate that the port shows.
async fn shown_by(node: &Node, papers: &Papers) -> Vec<u8> {
    let client = AdminClient::new(&papers.certificate, &papers.key, &papers.root, &SessionClock::new(now_ms)).unwrap();
    let stream = greeted(node, client.connector, client.name).await.unwrap();
    stream.get_ref().get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

fn leaf(chain: &str) -> Vec<u8> {
    CertificateDer::from_pem_slice(chain.as_bytes()).unwrap().to_vec()
}
