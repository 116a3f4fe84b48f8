//! TLS between an operator's program and the admin port of his node.
//!
//! Invariant: nobody gets through the port's handshake without a certificate of this node's operators' authority; one
//! that ran out still does, so that the gate behind can say so by code and note whose it was. The program, in turn,
//! speaks only to the node whose division its certificate names, under the trust root that came with it.
//! Left out: sockets (node, gongkai), and whether a certificate still counts (app).

use std::sync::{Arc, Mutex, PoisonError};

use gongkai_model::id::DivisionId;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error as TlsError, RootCertStore, ServerConfig,
    SignatureScheme,
    client::danger::HandshakeSignatureValid,
    server::{
        NoServerSessionStorage, WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    version::TLS13,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::{authority, holder};
use crate::{
    error::{Error, PeerError},
    files::PkiDir,
    pem,
    tls::{ALPN, Credentials, HotTls, SessionClock, admin_config, provider, refusal},
};

/// Stands where TLS wants the server's name: the node is told by its division, wherever it is dialled.
const SERVER_NAME: &str = "admin.gongkai.internal";

/// The admin port's side. Shows the node's own chain, in the state of its last renewal.
#[derive(Debug)]
pub struct AdminTls {
    pki: PkiDir,
    tls: Arc<HotTls>,
    made: Mutex<Option<(Arc<Credentials>, Arc<ServerConfig>)>>,
}

impl AdminTls {
    /// For a node; makes its operators' authority where there is none.
    pub fn new(pki: PkiDir, tls: Arc<HotTls>) -> Result<Self, Error> {
        let new = Self { pki, tls, made: Mutex::default() };
        new.config()?;
        Ok(new)
    }

    /// For accepting one connection: under the certificate that the node has now.
    pub fn acceptor(&self) -> Result<TlsAcceptor, Error> {
        Ok(self.config()?.into())
    }

    fn config(&self) -> Result<Arc<ServerConfig>, Error> {
        let credentials = self.tls.credentials();
        // A poisoned slot is as good as an empty one: it is made from files.
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, config)) = made.as_ref().filter(|(of, _)| Arc::ptr_eq(of, &credentials)) {
            return Ok(Arc::clone(config));
        }
        let config = server_config(&self.pki, &credentials, self.tls.clock())?;
        *made = Some((credentials, Arc::clone(&config)));
        Ok(config)
    }
}

fn server_config(pki: &PkiDir, credentials: &Credentials, clock: &SessionClock) -> Result<Arc<ServerConfig>, Error> {
    let (_, authority) = authority(pki, clock.now_ms())?;
    let mut roots = RootCertStore::empty();
    roots.add(authority).map_err(|error| refusal(&error))?;
    let strict = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| PeerError::Handshake { why: error.to_string() })?;
    let mut config = ServerConfig::builder_with_details(provider(), Arc::new(clock.clone()))
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| refusal(&error))?
        .with_client_cert_verifier(Arc::new(Door(strict)))
        .with_single_cert(credentials.chain().to_vec(), credentials.private_key())
        .map_err(|error| refusal(&error))?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// The library's check, except that a certificate may have run out.
#[derive(Debug)]
struct Door(Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for Door {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, TlsError> {
        let strict = self.0.verify_client_cert(end_entity, intermediates, now);
        let has_expired = matches!(
            strict,
            Err(TlsError::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }))
        );
        match begin_of(end_entity).filter(|_| has_expired) {
            // Everything else about it is checked again, as of its first day.
            Some(begin) => self.0.verify_client_cert(end_entity, intermediates, begin),
            None => strict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

fn begin_of(certificate: &CertificateDer<'_>) -> Option<UnixTime> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let seconds = u64::try_from(parsed.validity().not_before.timestamp()).ok()?;
    Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
}

/// The program's side: how it shakes hands with its node.
pub struct AdminClient {
    /// Shows the operator's certificate.
    pub connector: TlsConnector,
    /// What the connector asks for as a name.
    pub name: ServerName<'static>,
    /// Whose node it takes for its own.
    pub division: DivisionId,
}

impl AdminClient {
    /// From the certificate, its key and the trust root, PEM each.
    pub fn new(certificate: &str, key: &str, root: &str, clock: &SessionClock) -> Result<Self, PeerError> {
        let unusable = |why: &'static str| PeerError::BadChain { why };
        let chain = pem::chain_of(certificate).map_err(unusable)?;
        let root = pem::chain_of(root).map_err(unusable)?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| unusable("the key is not PEM text"))?;
        let (operator, _) = chain.first().and_then(holder).ok_or(unusable("it names no operator"))?;
        let division = operator.as_str().split_once('/').and_then(|(code, _)| DivisionId::parse(code).ok());
        let division = division.ok_or(unusable("it names no operator of a node"))?;
        let config = admin_config(root.first(), &division, chain, key, clock)?;
        let name = ServerName::try_from(SERVER_NAME).map_err(|_| PeerError::WrongName)?;
        Ok(Self { connector: config.into(), name, division })
    }
}
