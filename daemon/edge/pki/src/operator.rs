//! Client certificates of a node's own operators, for the admin API over the network.
//!
//! Invariant: they hang under an authority of this node's own, which signs nothing else and is known to no other node:
//! an operator's certificate opens no session, and a node's certificate makes nobody an operator. The operator's name
//! stands in the common name; whether he may do anything is asked of the configuration at every call.
//! Left out: roles, and who may have a certificate (app).

use std::sync::Arc;

use gongkai_model::{digest::Digest, id::OperatorId};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyUsagePurpose,
};
use rustls::{
    RootCertStore, ServerConfig,
    server::{NoServerSessionStorage, WebPkiClientVerifier},
    version::TLS13,
};
use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::{
    authority::read_chain,
    error::{Error, FileError, IssueError, PeerError},
    files::{Kept, PkiDir},
    keys::CertKey,
    pem, request,
    template::{self, Validity},
    tls::{ALPN, Credentials, SessionClock, provider, refusal},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// The authority lives as long as a machine does; it is made again by removing its two files.
const AUTHORITY_MS: i64 = 10 * 365 * DAY_MS;
/// An operator's certificate lives a year: people change their posts.
const OPERATOR_MS: i64 = 365 * DAY_MS;

/// A certificate that was issued to an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorCertificate {
    /// The certificate, PEM.
    pub certificate: String,
    /// SHA-256 of the certificate.
    pub fingerprint: Digest,
    /// Last moment of its validity, unix milliseconds.
    pub not_after_ms: i64,
}

/// Signs an operator's request; makes the authority where this is the first.
pub fn issue(pki: &PkiDir, operator: &OperatorId, csr: &str, now_ms: i64) -> Result<OperatorCertificate, Error> {
    let (key, authority) = authority(pki, now_ms)?;
    let (public, _) = request::proven_key(csr, "operator")?;
    let validity = Validity::new(now_ms, OPERATOR_MS, None)?;
    let mut params = named(operator.as_str(), "operator", validity)?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    let issuer = Issuer::from_ca_cert_der(&authority, &key.pair).map_err(IssueError::from)?;
    let signed = params.signed_by(&public, &issuer).map_err(IssueError::from)?;
    let der = CertificateDer::from(signed);
    Ok(OperatorCertificate {
        certificate: pem::chain_text(std::slice::from_ref(&der)),
        fingerprint: Digest::of_file(&der),
        not_after_ms: validity.to_ms(),
    })
}

/// The configuration of the admin port: shows the node's own chain, lets in operators of this node and nobody else.
pub fn server_config(
    pki: &PkiDir,
    credentials: &Credentials,
    clock: &SessionClock,
) -> Result<Arc<ServerConfig>, Error> {
    let (_, authority) = authority(pki, clock.now_ms())?;
    let mut roots = RootCertStore::empty();
    roots.add(authority).map_err(|error| refusal(&error))?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| PeerError::Handshake { why: error.to_string() })?;
    let mut config = ServerConfig::builder_with_details(provider(), Arc::new(clock.clone()))
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| refusal(&error))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(credentials.chain().to_vec(), credentials.private_key())
        .map_err(|error| refusal(&error))?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// The operator named in a certificate that the handshake accepted, and the certificate's SHA-256.
pub fn holder(certificate: &CertificateDer<'_>) -> Option<(OperatorId, Digest)> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let name = parsed.subject().iter_common_name().next()?.as_str().ok()?;
    Some((OperatorId::parse(name).ok()?, Digest::of_file(certificate)))
}

/// The key and certificate of this node's operators' authority.
fn authority(pki: &PkiDir, now_ms: i64) -> Result<(CertKey, CertificateDer<'static>), Error> {
    let key = CertKey::load_or_create(pki, Kept::OperatorsKey)?;
    if !pki.has(Kept::OperatorsCertificate) {
        let mut params = named("operators", "operators' authority", Validity::new(now_ms, AUTHORITY_MS, None)?)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let made = params.self_signed(&key.pair).map_err(IssueError::from)?;
        pki.replace_public(Kept::OperatorsCertificate, &pem::chain_text(&[made.into()]))?;
    }
    let file = Kept::OperatorsCertificate.name();
    match <[_; 1]>::try_from(read_chain(pki, Kept::OperatorsCertificate)?) {
        Ok([certificate]) => Ok((key, certificate)),
        Err(_) => Err(FileError::Damaged { file, why: "it holds more than one certificate".to_owned() }.into()),
    }
}

fn named(common_name: &str, unit: &str, validity: Validity) -> Result<CertificateParams, IssueError> {
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, "Gongkai");
    subject.push(DnType::OrganizationalUnitName, unit);
    subject.push(DnType::CommonName, common_name);
    params.distinguished_name = subject;
    template::date(&mut params, validity)?;
    Ok(params)
}
