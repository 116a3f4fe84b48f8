//! Our own walk up a chain of certificates, independent of the TLS library's.
//!
//! Invariant: after [`walk`], each certificate was signed by the next, spells a path under the next one's, and the
//! last is the trust root byte for byte. Nothing between them is skipped, so no decoy can pose as the issuer.
//! Left out: dates (see `identity`), revocation (see `identity`).

use gongkai_model::{digest::Digest, id::DivisionId};
use rustls_pki_types::CertificateDer;
use x509_parser::{
    certificate::X509Certificate,
    extensions::{GeneralName, ParsedExtension},
    parse_x509_certificate,
};

use crate::{error::PeerError, name};

/// Longest chain: leaf, six authorities and the root. The TLS library follows at most six between leaf and root.
pub(crate) const CHAIN_CERTS_MAX: usize = 8;

/// What one certificate says.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) path: Vec<DivisionId>,
    pub(crate) serial: String,
    pub(crate) not_before_ms: i64,
    pub(crate) not_after_ms: i64,
    pub(crate) fingerprint: Digest,
    pub(crate) key_digest: Digest,
}

/// Reads one certificate without trusting it.
pub(crate) fn facts(der: &CertificateDer<'_>) -> Result<Facts, PeerError> {
    facts_of(der, &parse(der)?)
}

/// Walks leaf first up to the trust root; answers the facts in the same order.
pub(crate) fn walk(chain: &[CertificateDer<'_>], trust_root: &CertificateDer<'_>) -> Result<Vec<Facts>, PeerError> {
    let (Some(leaf), Some(last)) = (chain.first(), chain.last()) else { return Err(PeerError::NoCertificate) };
    if chain.len() > CHAIN_CERTS_MAX {
        return Err(PeerError::BadChain { why: "it holds too many certificates" });
    }
    if last.as_ref() != trust_root.as_ref() {
        return Err(PeerError::OtherAuthority);
    }
    let mut lower = parse(leaf)?;
    let mut found = vec![facts_of(leaf, &lower)?];
    for der in chain.iter().skip(1) {
        let upper = parse(der)?;
        require_issued(&lower, &upper)?;
        let facts = facts_of(der, &upper)?;
        if let Some(below) = found.last().filter(|below| !below.path.starts_with(&facts.path)) {
            return Err(PeerError::OutsideIssuer { name: name::spell(&below.path) });
        }
        found.push(facts);
        lower = upper;
    }
    Ok(found)
}

/// [`walk`] for a chain whose first certificate is a node's.
pub(crate) fn walk_leaf(chain: &[CertificateDer<'_>], root: &CertificateDer<'_>) -> Result<Vec<Facts>, PeerError> {
    let found = walk(chain, root)?;
    match chain.first() {
        Some(leaf) if is_leaf(&parse(leaf)?) => Ok(found),
        _ => Err(PeerError::WrongPurpose),
    }
}

fn parse<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, PeerError> {
    match parse_x509_certificate(der.as_ref()) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(PeerError::BadChain { why: "it is not an X.509 certificate" }),
    }
}

fn facts_of(der: &CertificateDer<'_>, certificate: &X509Certificate<'_>) -> Result<Facts, PeerError> {
    let validity = certificate.validity();
    Ok(Facts {
        path: path_of(certificate)?,
        serial: hex::encode(certificate.raw_serial()),
        not_before_ms: validity.not_before.timestamp().saturating_mul(1000),
        not_after_ms: validity.not_after.timestamp().saturating_mul(1000),
        fingerprint: Digest::of_file(der),
        key_digest: Digest::of_file(certificate.public_key().raw),
    })
}

/// Exactly one name, a DNS name of ours: a second name would be a second identity.
fn path_of(certificate: &X509Certificate<'_>) -> Result<Vec<DivisionId>, PeerError> {
    let bad = PeerError::BadChain { why: "it does not spell exactly one tree path" };
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Err(bad) };
    let [GeneralName::DNSName(dns)] = names.value.general_names.as_slice() else { return Err(bad) };
    name::path_of(dns).ok_or(bad)
}

fn require_issued(lower: &X509Certificate<'_>, upper: &X509Certificate<'_>) -> Result<(), PeerError> {
    if lower.issuer().as_raw() != upper.subject().as_raw() || !is_authority(upper) {
        return Err(PeerError::BadChain { why: "its certificates do not follow each other" });
    }
    lower
        .verify_signature(Some(upper.public_key()))
        .map_err(|_| PeerError::BadChain { why: "a signature in it is wrong" })
}

fn is_authority(certificate: &X509Certificate<'_>) -> bool {
    let is_ca = matches!(certificate.basic_constraints(), Ok(Some(basic)) if basic.value.ca);
    let signs = matches!(certificate.key_usage(), Ok(Some(usage)) if usage.value.key_cert_sign());
    is_ca && signs
}

fn is_leaf(certificate: &X509Certificate<'_>) -> bool {
    let serves = certificate.extensions().iter().any(|extension| {
        matches!(extension.parsed_extension(), ParsedExtension::ExtendedKeyUsage(usage)
            if usage.client_auth && usage.server_auth)
    });
    serves && !certificate.is_ca()
}
