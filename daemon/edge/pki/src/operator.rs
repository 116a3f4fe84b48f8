//! Client certificates of a node's own operators, for the admin API over the network.
//!
//! Invariant: they hang under an authority of this node's own, which signs nothing else and is known to no other node:
//! an operator's certificate opens no session, and a node's certificate makes nobody an operator. The operator's name
//! stands in the common name; whether he may do anything is asked of the node's register at every call.
//! Left out: roles, who may have a certificate and which still count (app); TLS settings (operator/tls).

use gongkai_model::{digest::Digest, id::OperatorId};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
};
use rustls_pki_types::CertificateDer;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::{
    authority::read_chain,
    error::{Error, FileError, IssueError},
    files::{Kept, PkiDir},
    keys::CertKey,
    pem, request,
    template::{self, Validity},
};

mod tls;

pub use tls::{AdminClient, AdminTls};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// The authority lives as long as a machine does; it is made again by removing its two files.
const AUTHORITY_MS: i64 = 10 * 365 * DAY_MS;
/// An operator's certificate lives a year when nothing is said: people change their posts.
pub const OPERATOR_DAYS_DEFAULT: u32 = 365;
/// And never longer than three: whoever left and was forgotten must not come in for ever.
pub const OPERATOR_DAYS_MAX: u32 = 3 * 365;

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

/// A key of one's own and the request for its certificate, both PEM; the key is for its holder's eyes only.
pub struct OperatorRequest {
    /// The private key.
    pub key: String,
    /// What is sent to the node.
    pub csr: String,
}

/// Makes a key for an operator and asks for its certificate.
pub fn request(name: &str) -> Result<OperatorRequest, Error> {
    let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(IssueError::from)?;
    let request = named(name, "operator").serialize_request(&pair).map_err(IssueError::from)?;
    Ok(OperatorRequest { csr: pem::block("CERTIFICATE REQUEST", request.der()), key: pair.serialize_pem() })
}

/// Signs an operator's request; makes the authority where this is the first. No day is one too many: `days` beyond
/// [`OPERATOR_DAYS_MAX`] are cut.
pub fn issue(
    pki: &PkiDir,
    operator: &OperatorId,
    csr: &str,
    days: u32,
    now_ms: i64,
) -> Result<OperatorCertificate, Error> {
    let (public, _) = request::proven_key(csr, "operator")?;
    let (key, authority) = authority(pki, now_ms)?;
    let lifetime_ms = i64::from(days.clamp(1, OPERATOR_DAYS_MAX)) * DAY_MS;
    let validity = Validity::new(now_ms, lifetime_ms, None)?;
    let mut params = named(operator.as_str(), "operator");
    template::date(&mut params, validity)?;
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

/// The trust root that an operator's program must know to tell this node from a stranger, PEM.
pub fn trust_root_text(pki: &PkiDir) -> Result<String, FileError> {
    Ok(pem::chain_text(&[crate::authority::trust_root(pki)?]))
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
        // It names its key, so that another node's authority is a stranger to verifiers, not this one with a broken
        // signature.
        let mut params = named(&format!("operators {}", key.digest().short()), "operators' authority");
        template::date(&mut params, Validity::new(now_ms, AUTHORITY_MS, None)?)?;
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

fn named(common_name: &str, unit: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, "Gongkai");
    subject.push(DnType::OrganizationalUnitName, unit);
    subject.push(DnType::CommonName, common_name);
    params.distinguished_name = subject;
    params
}
