//! A small tree of nodes on disk, enrolled as operators would do it, and one handshake between two of them.

use std::{io, sync::Arc};

use gongkai_model::id::DivisionId;
use gongkai_pki::{
    Authority, Grant, Lifetimes, PeerError, PkiDir, Request, authority, enrol,
    files::Kept,
    name::dns_name,
    tls::{ALPN, Credentials, SessionClock, provider, refusal_of_io, server_name},
};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, Issuer, KeyPair};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, pem::PemObject as _};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// 2026-03-02, noon in Shanghai: any day will do.
pub(crate) const NOW_MS: i64 = 1_772_424_000_000;
pub(crate) const DAY_MS: i64 = 24 * 60 * 60 * 1000;
pub(crate) const CITY: &[&str] = &["211200"];
pub(crate) const COUNTY: &[&str] = &["211200", "211221"];
pub(crate) const OTHER_COUNTY: &[&str] = &["211200", "211282"];
pub(crate) const TOWN: &[&str] = &["211200", "211221", "211221100"];

pub(crate) fn path(ids: &[&str]) -> Vec<DivisionId> {
    ids.iter().map(|id| DivisionId::parse(id).unwrap()).collect()
}

/// One node: its data directory and its place.
pub(crate) struct Node {
    pub(crate) dir: TempDir,
    pub(crate) pki: PkiDir,
    pub(crate) path: Vec<DivisionId>,
}

impl Node {
    pub(crate) fn empty(ids: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let pki = PkiDir::open(dir.path()).unwrap();
        Self { dir, pki, path: path(ids) }
    }

    pub(crate) fn top(ids: &[&str]) -> Self {
        let node = Self::empty(ids);
        authority::found(&node.pki, &node.path, &Lifetimes::default(), NOW_MS).unwrap();
        node
    }

    pub(crate) fn authority(&self) -> Authority {
        Authority::load(&self.pki).unwrap()
    }

    pub(crate) fn credentials(&self) -> Credentials {
        Credentials::load(&self.pki).unwrap()
    }

    pub(crate) fn root(&self) -> CertificateDer<'static> {
        authority::trust_root(&self.pki).unwrap()
    }

    /// A child enrolled under this node.
    pub(crate) fn child(&self, ids: &[&str], with_authority: bool) -> Node {
        let child = Self::empty(ids);
        let request = Request::make(&child.pki, &child.path, with_authority).unwrap();
        let parent = self.authority();
        let (grant, _) = parent.grant(&request, &child.path, true, &Lifetimes::default(), NOW_MS).unwrap();
        enrol::accept(&child.pki, &grant, &parent.root_fingerprint(), &child.path).unwrap();
        child
    }

    pub(crate) fn server_config(&self, now_ms: i64) -> Arc<ServerConfig> {
        self.credentials().server_config(&at(now_ms)).unwrap()
    }

    pub(crate) fn session_config(&self, now_ms: i64) -> Arc<ClientConfig> {
        self.credentials().session_config(&at(now_ms)).unwrap()
    }

    pub(crate) fn name(&self) -> ServerName<'static> {
        server_name(&self.path).unwrap()
    }

    /// This node's chain in the hands of a client that trusts somebody else's root.
    pub(crate) fn session_config_trusting(&self, root: &CertificateDer<'static>) -> Arc<ClientConfig> {
        let key = PrivateKeyDer::from_pem_file(self.pki.path(Kept::TlsKey)).unwrap();
        client_config(root, self.credentials().chain().to_vec(), key)
    }

    /// A client whose certificate this node's authority signed for any path at all, past our own checks.
    pub(crate) fn forge_child(&self, ids: &[&str]) -> Arc<ClientConfig> {
        let ca_key = KeyPair::from_pem(&std::fs::read_to_string(self.pki.path(Kept::AuthorityKey)).unwrap()).unwrap();
        let ca_chain = std::fs::read_to_string(self.pki.path(Kept::AuthorityChain)).unwrap();
        let issuer = Issuer::from_ca_cert_pem(&ca_chain, ca_key).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![dns_name(&path(ids)).unwrap()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let mut chain = vec![params.signed_by(&key, &issuer).unwrap().der().clone()];
        chain.extend(CertificateDer::pem_slice_iter(ca_chain.as_bytes()).map(Result::unwrap));
        client_config(&self.root(), chain, PrivatePkcs8KeyDer::from(key.serialize_der()).into())
    }

    pub(crate) fn renewal(&self, parent: &Node, now_ms: i64) -> Grant {
        let request = Request::make(&self.pki, &self.path, false).unwrap();
        parent.authority().grant(&request, &self.path, false, &Lifetimes::default(), now_ms).unwrap().0
    }
}

/// City, county with an authority, township enrolled by the county.
pub(crate) fn three_levels() -> (Node, Node, Node) {
    let city = Node::top(CITY);
    let county = city.child(COUNTY, true);
    let town = county.child(TOWN, false);
    (city, county, town)
}

fn client_config(
    root: &CertificateDer<'static>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let mut config = ClientConfig::builder_with_details(provider(), Arc::new(at(NOW_MS)))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .unwrap();
    config.alpn_protocols = vec![ALPN.to_vec()];
    Arc::new(config)
}

pub(crate) fn at(now_ms: i64) -> SessionClock {
    SessionClock::new(move || now_ms)
}

/// What each side saw of the other: its chain, or the refusal.
pub(crate) struct Met {
    pub(crate) by_server: Result<Vec<CertificateDer<'static>>, PeerError>,
    pub(crate) by_client: Result<Vec<CertificateDer<'static>>, PeerError>,
}

/// One handshake and one byte each way: in TLS 1.3 the client learns a refusal from its first read only.
pub(crate) async fn meet(server: Arc<ServerConfig>, client: Arc<ClientConfig>, name: ServerName<'static>) -> Met {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let serve = async {
        let mut stream = TlsAcceptor::from(server).accept(far).await?;
        stream.write_u8(1).await?;
        stream.flush().await?;
        stream.read_u8().await?;
        let seen = stream.get_ref().1.peer_certificates().unwrap_or_default().to_vec();
        io::Result::Ok(seen)
    };
    let call = async {
        let mut stream = TlsConnector::from(client).connect(name, near).await?;
        stream.read_u8().await?;
        stream.write_u8(1).await?;
        stream.flush().await?;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(ALPN));
        io::Result::Ok(stream.get_ref().1.peer_certificates().unwrap_or_default().to_vec())
    };
    let (by_server, by_client) = tokio::join!(serve, call);
    let meaning = |error: io::Error| refusal_of_io(&error);
    Met { by_server: by_server.map_err(meaning), by_client: by_client.map_err(meaning) }
}
