//! TLS configurations: the port that serves children and joiners, the session to the parent, the first contact.
//!
//! Invariant: TLS 1.3 only, one trust root, no resumption: every session proves its certificates anew, so that a
//! revocation or renewal counts from the next session on. The provider is passed explicitly; no process default.
//! Left out: sockets and time-outs (link). A finished handshake is not yet an identity: see `identity::identify`.

use std::{fmt, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use gongkai_model::{digest::Digest, id::DivisionId};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    client::Resumption,
    crypto::{CryptoProvider, aws_lc_rs},
    server::{NoServerSessionStorage, WebPkiClientVerifier},
    time_provider::TimeProvider,
    version::TLS13,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

use crate::{
    authority::{foreign, read_chain, trust_root},
    chain,
    error::{Error, FileError, IssueError, PeerError},
    files::{Kept, PkiDir},
    keys::CertKey,
    name,
};

mod compress;
mod pin;
mod refusal;

pub use refusal::{refusal, refusal_of_io};

/// The protocol spoken inside: HTTP/2, for gRPC.
pub const ALPN: &[u8] = b"h2";

/// The time by which sessions judge certificates, unix milliseconds: the caller gives the largest of system clock,
/// build date and last session with the parent, so that a machine that wakes in 1970 can still be reached.
#[derive(Clone)]
pub struct SessionClock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl SessionClock {
    /// Wraps the function that tells the time.
    pub fn new(now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now_ms))
    }

    /// Now, unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        (self.0)()
    }
}

impl fmt::Debug for SessionClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionClock")
    }
}

impl TimeProvider for SessionClock {
    fn current_time(&self) -> Option<UnixTime> {
        let since = u64::try_from(self.now_ms()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_millis(since)))
    }
}

/// The node's own chain and key, and whom it trusts.
#[derive(Debug)]
pub struct Credentials {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    trust_root: CertificateDer<'static>,
    path: Vec<DivisionId>,
    not_after_ms: i64,
}

impl Credentials {
    /// Reads them and checks that key, chain and trust root fit.
    pub fn load(pki: &PkiDir) -> Result<Self, FileError> {
        let file = Kept::TlsChain.name();
        let chain = read_chain(pki, Kept::TlsChain)?;
        let key = CertKey::load(pki, Kept::TlsKey)?;
        let trust_root = trust_root(pki)?;
        let walked = chain::walk_leaf(&chain, &trust_root).map_err(|error| foreign(file, &error))?;
        let leaf = walked.into_iter().next().filter(|leaf| leaf.key_digest == key.digest());
        let Some(leaf) = leaf else {
            return Err(FileError::Foreign { file, why: "it is not the certificate of `pki/tls.key`".to_owned() });
        };
        let key = key.private_der();
        Ok(Self { chain, key, trust_root, path: leaf.path, not_after_ms: leaf.not_after_ms })
    }

    /// The node's path, root first, as its certificate spells it.
    pub fn path(&self) -> &[DivisionId] {
        &self.path
    }

    /// End of the node's certificate, unix milliseconds.
    pub fn not_after_ms(&self) -> i64 {
        self.not_after_ms
    }

    /// Leaf, authorities, trust root.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// SHA-256 of the leaf, by which entries name it.
    pub fn fingerprint(&self) -> Digest {
        self.chain.first().map_or_else(|| Digest::of_file(b""), |leaf| Digest::of_file(leaf))
    }

    /// The node's key, for another port of the same node.
    pub(crate) fn private_key(&self) -> PrivateKeyDer<'static> {
        self.key.clone_key()
    }

    /// The one authority that sessions trust.
    pub fn trust_root(&self) -> &CertificateDer<'static> {
        &self.trust_root
    }

    /// The configuration of the port that children dial. A client without a certificate gets through the handshake,
    /// because joiners come the same way; the service behind must ask for the identity.
    pub fn server_config(&self, clock: &SessionClock) -> Result<Arc<ServerConfig>, PeerError> {
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(self.roots()?), provider())
            .allow_unauthenticated()
            .build()
            .map_err(|error| PeerError::Handshake { why: error.to_string() })?;
        let mut config = ServerConfig::builder_with_details(provider(), Arc::new(clock.clone()))
            .with_protocol_versions(&[&TLS13])
            .map_err(|error| refusal(&error))?
            .with_client_cert_verifier(verifier)
            .with_single_cert(self.chain.clone(), self.key.clone_key())
            .map_err(|error| refusal(&error))?;
        config.alpn_protocols = vec![ALPN.to_vec()];
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        compress::at_server(&mut config);
        Ok(Arc::new(config))
    }

    /// The configuration of a session to the parent: shows the own chain, trusts the one root.
    pub fn session_config(&self, clock: &SessionClock) -> Result<Arc<ClientConfig>, PeerError> {
        let config = ClientConfig::builder_with_details(provider(), Arc::new(clock.clone()))
            .with_protocol_versions(&[&TLS13])
            .map_err(|error| refusal(&error))?
            .with_root_certificates(self.roots()?)
            .with_client_auth_cert(self.chain.clone(), self.key.clone_key())
            .map_err(|error| refusal(&error))?;
        Ok(Arc::new(finished(config)))
    }

    fn roots(&self) -> Result<RootCertStore, PeerError> {
        root_store(&self.trust_root)
    }
}

/// The configuration of the first contact: no certificate of our own, the server must hang under the pinned
/// fingerprint and be the node at `parent_path`: any other node of the tree could otherwise collect the secret.
pub fn join_config(
    root_fingerprint: &Digest,
    parent_path: &[DivisionId],
    clock: &SessionClock,
) -> Result<Arc<ClientConfig>, Error> {
    let expected = pin::Expected::At { path: parent_path.to_vec(), name: server_name(parent_path)? };
    let verifier = pin::PinnedRoot::new(*root_fingerprint, expected);
    let config = ClientConfig::builder_with_details(provider(), Arc::new(clock.clone()))
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| refusal(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Arc::new(finished(config)))
}

/// The configuration of an operator's program: shows his certificate, the server must be the node of the division
/// under the root that came with it.
pub(crate) fn admin_config(
    root: Option<&CertificateDer<'_>>,
    division: &DivisionId,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    clock: &SessionClock,
) -> Result<Arc<ClientConfig>, PeerError> {
    let fingerprint = Digest::of_file(root.ok_or(PeerError::NoCertificate)?);
    let verifier = pin::PinnedRoot::new(fingerprint, pin::Expected::Of(division.clone()));
    let config = ClientConfig::builder_with_details(provider(), Arc::new(clock.clone()))
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| refusal(&error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_auth_cert(chain, key)
        .map_err(|error| refusal(&error))?;
    Ok(Arc::new(finished(config)))
}

/// The name by which a node is dialled.
pub fn server_name(path: &[DivisionId]) -> Result<ServerName<'static>, IssueError> {
    ServerName::try_from(name::dns_name(path)?).map_err(|_| IssueError::BadName { why: "not a DNS name" })
}

/// The cryptographic provider of every configuration here.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn finished(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    compress::at_client(&mut config);
    config
}

fn root_store(root: &CertificateDer<'_>) -> Result<RootCertStore, PeerError> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone().into_owned()).map_err(|error| refusal(&error))?;
    Ok(roots)
}

/// The configurations in use: read at every accept and dial, swapped when certificates are renewed. Sessions that
/// stand go on under the certificate they began with.
#[derive(Debug)]
pub struct HotTls {
    clock: SessionClock,
    server: ArcSwap<ServerConfig>,
    session: ArcSwap<ClientConfig>,
    credentials: ArcSwap<Credentials>,
}

impl HotTls {
    /// Begins with these credentials.
    pub fn new(credentials: Credentials, clock: SessionClock) -> Result<Self, PeerError> {
        Ok(Self {
            server: ArcSwap::new(credentials.server_config(&clock)?),
            session: ArcSwap::new(credentials.session_config(&clock)?),
            credentials: ArcSwap::from_pointee(credentials),
            clock,
        })
    }

    /// Puts renewed credentials in place; on an error everything stays as it was.
    pub fn swap(&self, credentials: Credentials) -> Result<(), PeerError> {
        let server = credentials.server_config(&self.clock)?;
        let session = credentials.session_config(&self.clock)?;
        self.server.store(server);
        self.session.store(session);
        self.credentials.store(Arc::new(credentials));
        Ok(())
    }

    /// The credentials in use.
    pub fn credentials(&self) -> Arc<Credentials> {
        self.credentials.load_full()
    }

    /// The clock by which sessions judge certificates.
    pub fn clock(&self) -> &SessionClock {
        &self.clock
    }

    /// For accepting one connection.
    pub fn acceptor(&self) -> tokio_rustls::TlsAcceptor {
        self.server.load_full().into()
    }

    /// For dialling the parent once.
    pub fn connector(&self) -> tokio_rustls::TlsConnector {
        self.session.load_full().into()
    }
}
