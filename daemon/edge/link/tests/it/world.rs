//! A small tree of nodes on disk, a parent that listens on loopback, and a wire between them that can be cut.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use gongkai_journal::sign::PublicKey;
use gongkai_link::{
    LinkError, Refusal,
    grpc::{self, Anchor, Dial, Duplex, Enrolment, Join, Joined, Listener, Renew, Renewed, Sessions, Source},
};
use gongkai_model::id::DivisionId;
use gongkai_pki::{
    Authority, Invite, Lifetimes, PeerError, PeerIdentity, PkiDir, Request, authority, enrol,
    files::Kept,
    identity::{identify, identify_for_renewal},
    tls::{ALPN, Credentials, HotTls, SessionClock, provider, server_name},
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

/// 2026-03-02, noon in Shanghai: any day will do.
pub(crate) const NOW_MS: i64 = 1_772_424_000_000;
pub(crate) const DAY_MS: i64 = 24 * 60 * 60 * 1000;
pub(crate) const CITY: &[&str] = &["211200"];
pub(crate) const COUNTY: &[&str] = &["211200", "211221"];
pub(crate) const TOWN: &[&str] = &["211200", "211221", "211221100"];
/// A bound on waiting for what happens at once: only a broken program comes near it.
pub(crate) const PROMPT: Duration = Duration::from_secs(8);

pub(crate) fn path(ids: &[&str]) -> Vec<DivisionId> {
    ids.iter().map(|id| DivisionId::parse(id).unwrap()).collect()
}

pub(crate) fn clock() -> SessionClock {
    SessionClock::new(|| NOW_MS)
}

/// Waits for what must happen soon.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(PROMPT, what).await.expect("it happens at once")
}

/// One node: its data directory and its place.
pub(crate) struct Node {
    _dir: TempDir,
    pub(crate) pki: PkiDir,
    pub(crate) path: Vec<DivisionId>,
}

impl Node {
    pub(crate) fn empty(ids: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let pki = PkiDir::open(dir.path()).unwrap();
        Self { _dir: dir, pki, path: path(ids) }
    }

    pub(crate) fn top(ids: &[&str]) -> Self {
        let node = Self::empty(ids);
        authority::found(&node.pki, &node.path, &Lifetimes::default(), NOW_MS).unwrap();
        node
    }

    /// A child enrolled under this node as by hand.
    pub(crate) fn child(&self, ids: &[&str], with_authority: bool) -> Self {
        let child = Self::empty(ids);
        let request = Request::make(&child.pki, &child.path, with_authority).unwrap();
        let (grant, _) = self.authority().grant(&request, &child.path, true, &Lifetimes::default(), NOW_MS).unwrap();
        enrol::accept(&child.pki, &grant, &self.authority().root_fingerprint(), &child.path).unwrap();
        child
    }

    pub(crate) fn authority(&self) -> Authority {
        Authority::load(&self.pki).unwrap()
    }

    pub(crate) fn root(&self) -> CertificateDer<'static> {
        authority::trust_root(&self.pki).unwrap()
    }

    pub(crate) fn hot(&self) -> Arc<HotTls> {
        Arc::new(HotTls::new(Credentials::load(&self.pki).unwrap(), clock()).unwrap())
    }

    /// Dials `parent` at an address as an enrolled child does.
    pub(crate) fn dial(&self, parent: &Node, address: SocketAddr) -> Dial {
        let name = server_name(&parent.path).unwrap();
        Dial { address: address.to_string(), name, tls: self.hot().connector() }
    }

    /// Shows this node's chain and trusts any root that it is given.
    pub(crate) fn careless_dial(&self, parent: &Node, address: SocketAddr) -> Dial {
        let key = PrivateKeyDer::from_pem_file(self.pki.path(Kept::TlsKey)).unwrap();
        let chain = Credentials::load(&self.pki).unwrap().chain().to_vec();
        let mut roots = RootCertStore::empty();
        roots.add(parent.root()).unwrap();
        let mut config = ClientConfig::builder_with_details(provider(), Arc::new(clock()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)
            .unwrap();
        config.alpn_protocols = vec![ALPN.to_vec()];
        Dial { tls: Arc::new(config).into(), ..self.dial(parent, address) }
    }

    /// Opens a session with `parent`.
    pub(crate) async fn open(&self, parent: &Node, address: SocketAddr) -> Result<Duplex, LinkError> {
        soon(grpc::open(&self.dial(parent, address), |chain| self.identify_parent(chain))).await
    }

    pub(crate) fn identify_parent(&self, chain: &[CertificateDer<'static>]) -> Result<PeerIdentity, PeerError> {
        let peer = identify(chain, &self.root(), NOW_MS)?;
        peer.require_parent_of(&self.path)?;
        Ok(peer)
    }
}

/// City, county with an authority, township enrolled by the county.
pub(crate) fn three_levels() -> (Node, Node, Node) {
    let city = Node::top(CITY);
    let county = city.child(COUNTY, true);
    let town = county.child(TOWN, false);
    (city, county, town)
}

/// Hands every session to the test.
struct Handed {
    root: CertificateDer<'static>,
    path: Vec<DivisionId>,
    /// Children of whom nobody has heard yet.
    unnamed: Vec<DivisionId>,
    sessions: mpsc::Sender<(Duplex, CancellationToken)>,
}

impl Sessions for Handed {
    fn identify(&self, certificates: &[CertificateDer<'static>]) -> Result<PeerIdentity, PeerError> {
        let peer = identify(certificates, &self.root, NOW_MS)?;
        peer.require_child_of(&self.path)?;
        Ok(peer)
    }

    fn is_named(&self, peer: &PeerIdentity) -> bool {
        !self.unnamed.contains(&peer.division)
    }

    async fn serve(&self, session: Duplex) {
        let done = CancellationToken::new();
        // The test drops its half of `done` with the session.
        if self.sessions.send((session, done.clone())).await.is_ok() {
            done.cancelled().await;
        }
    }
}

/// Enrols whoever knows the secret of the one invite.
struct OneInvite {
    authority: Authority,
    root: CertificateDer<'static>,
    invite: Option<Invite>,
}

impl Enrolment for OneInvite {
    async fn join(&self, join: Join, _: Option<Source>) -> Result<Joined, Refusal> {
        let refused = |error: gongkai_pki::Error| Refusal::lasting(error.code(), error.to_string(), error.hint());
        let checked = join.request.check(&join.path).map_err(|error| refused(error.into()))?;
        let invite = self.invite.as_ref().ok_or_else(|| Refusal::lasting("GK-PKI-015", "没有邀请", ""))?;
        invite
            .redeem(&join.path, &join.secret, &checked.tls_key_digest, NOW_MS)
            .map_err(|error| refused(error.into()))?;
        let granted = self.authority.grant(&join.request, &join.path, false, &Lifetimes::default(), NOW_MS);
        let (grant, _) = granted.map_err(|error| refused(error.into()))?;
        let key = PublicKey { algorithm: 1, bytes: vec![7; 32] };
        Ok(Joined {
            grant,
            anchors: vec![Anchor { division: path(CITY).remove(0), key }],
            is_rebuilt: false,
            introduction: Vec::new(),
        })
    }

    async fn renew(&self, renew: Renew, _: Option<Source>) -> Result<Renewed, Refusal> {
        let later = NOW_MS + 300 * DAY_MS;
        let peer = identify_for_renewal(&renew.chain, &self.root, later).map_err(|error| Refusal::from(&error))?;
        let renewed = self.authority.renew(&peer, &renew.request, false, &Lifetimes::default(), later);
        let (grant, _) = renewed.map_err(|error| Refusal::lasting(error.code(), error.to_string(), error.hint()))?;
        Ok(Renewed { grant, introduction: Vec::new() })
    }
}

/// A parent that listens; its sessions come out of `sessions`.
pub(crate) struct Parent {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Arc<HotTls>,
    sessions: mpsc::Receiver<(Duplex, CancellationToken)>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) running: JoinHandle<Result<(), LinkError>>,
}

impl Parent {
    pub(crate) async fn listening(node: &Node, invite: Option<Invite>, grace: Duration) -> Self {
        Self::knowing(node, &[], invite, grace).await
    }

    /// One that has not heard what names the certificates of some children.
    pub(crate) async fn knowing(node: &Node, unnamed: &[&Node], invite: Option<Invite>, grace: Duration) -> Self {
        let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let (address, tls, shutdown) = (listener.address(), node.hot(), CancellationToken::new());
        let (handed, sessions) = mpsc::channel(4);
        let unnamed = unnamed.iter().filter_map(|child| child.path.last().cloned()).collect();
        let handed = Handed { root: node.root(), path: node.path.clone(), unnamed, sessions: handed };
        let invites = OneInvite { authority: node.authority(), root: node.root(), invite };
        let (hot, stop) = (Arc::clone(&tls), shutdown.clone());
        let running =
            tokio::spawn(async move { listener.run(hot, Arc::new(handed), Arc::new(invites), stop, grace).await });
        Self { address, tls, sessions, shutdown, running }
    }

    /// The next session, and the token that lets its handler return.
    pub(crate) async fn session(&mut self) -> (Duplex, CancellationToken) {
        self.session_within(PROMPT).await
    }

    /// The same, when there is much to do before.
    pub(crate) async fn session_within(&mut self, patience: Duration) -> (Duplex, CancellationToken) {
        timeout(patience, self.sessions.recv()).await.expect("a session is opened").unwrap()
    }
}

/// Bytes pass through it until it is cut.
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    carrying: JoinHandle<()>,
    frozen: CancellationToken,
}

impl Wire {
    pub(crate) async fn to(far: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let frozen = CancellationToken::new();
        let stop = frozen.clone();
        let carrying = tokio::spawn(async move {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = tokio::net::TcpStream::connect(far).await.unwrap();
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                () = stop.cancelled() => std::future::pending().await,
            }
        });
        Self { address, carrying, frozen }
    }

    /// Carries nothing more, and both connections stand.
    pub(crate) fn freeze(&self) {
        self.frozen.cancel();
    }

    /// Both ends see their connection end, without a word.
    pub(crate) fn cut(&self) {
        self.carrying.abort();
    }
}
