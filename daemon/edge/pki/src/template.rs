//! What our certificates look like: names, purposes, limits, dates, serial numbers.
//!
//! Invariant: nothing in a certificate comes from the one who asked for it, except the public key.

use std::time::Duration;

use gongkai_model::{digest::Digest, id::DivisionId};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    KeyUsagePurpose, NameConstraints, SanType, SerialNumber, date_time_ymd,
};

use crate::{error::IssueError, name};

/// Certificates begin this much before now, because the other machine's clock may be behind ours.
const CLOCK_SLACK_MS: i64 = 24 * 60 * 60 * 1000;
/// No clock shows more (2200-01-01): keeps sums of dates far from the end of what X.509 can write.
const NOW_MS_MAX: i64 = 7_258_118_400_000;
/// Random bytes of a serial number (RFC 5280 §4.1.2.2 allows 20).
const SERIAL_BYTES: usize = 16;

/// From when to when a certificate is valid, unix milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validity {
    from_ms: i64,
    to_ms: i64,
}

impl Validity {
    /// From now on for a lifetime, but not beyond the issuer.
    pub(crate) fn new(now_ms: i64, lifetime_ms: i64, issuer_end_ms: Option<i64>) -> Result<Self, IssueError> {
        if !(CLOCK_SLACK_MS..=NOW_MS_MAX).contains(&now_ms) || !(1..=NOW_MS_MAX).contains(&lifetime_ms) {
            return Err(IssueError::BadTime { why: "the clock or the lifetime is out of range" });
        }
        let to_ms = issuer_end_ms.unwrap_or(i64::MAX).min(now_ms + lifetime_ms);
        if to_ms <= now_ms {
            return Err(IssueError::BadTime { why: "the authority itself has expired" });
        }
        Ok(Self { from_ms: now_ms - CLOCK_SLACK_MS, to_ms })
    }

    /// Its end, unix milliseconds.
    pub(crate) fn to_ms(self) -> i64 {
        self.to_ms
    }
}

/// The self-signed trust root. Its subject names its key, so that a root of the same division made on another day
/// is a stranger to verifiers, not this one with a broken signature.
pub(crate) fn root(path: &[DivisionId], validity: Validity, key: &Digest) -> Result<CertificateParams, IssueError> {
    authority(path, validity, &format!("root {}", key.short()))
}

/// An issuing authority, limited to the subtree of its path.
pub(crate) fn issuing(path: &[DivisionId], validity: Validity) -> Result<CertificateParams, IssueError> {
    let mut params = authority(path, validity, "issuing authority")?;
    params.use_authority_key_identifier_extension = true;
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName(name::dns_name(path)?)],
        excluded_subtrees: Vec::new(),
    });
    Ok(params)
}

/// A node's certificate: it serves its children and calls its parent.
pub(crate) fn leaf(path: &[DivisionId], validity: Validity) -> Result<CertificateParams, IssueError> {
    let mut params = common(path, validity, "node")?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// The names alone: all that a request says.
pub(crate) fn named(path: &[DivisionId], unit: &str) -> Result<CertificateParams, IssueError> {
    let mut params = CertificateParams::default();
    let dns = name::dns_name(path)?;
    params.subject_alt_names = vec![SanType::DnsName(dns.try_into().map_err(IssueError::from)?)];
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, "Gongkai");
    subject.push(DnType::OrganizationalUnitName, unit);
    // The division alone: a whole path can pass the 64 characters of a common name.
    subject.push(DnType::CommonName, path.last().map_or("", DivisionId::as_str));
    params.distinguished_name = subject;
    Ok(params)
}

/// No length limit on the path below an authority: the tree's depth is data.
fn authority(path: &[DivisionId], validity: Validity, unit: &str) -> Result<CertificateParams, IssueError> {
    let mut params = common(path, validity, unit)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params)
}

fn common(path: &[DivisionId], validity: Validity, unit: &str) -> Result<CertificateParams, IssueError> {
    let mut params = named(path, unit)?;
    date(&mut params, validity)?;
    Ok(params)
}

/// Dates and a fresh serial number.
pub(crate) fn date(params: &mut CertificateParams, validity: Validity) -> Result<(), IssueError> {
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + Duration::from_millis(validity.from_ms.unsigned_abs());
    params.not_after = epoch + Duration::from_millis(validity.to_ms.unsigned_abs());
    params.serial_number = Some(serial()?);
    Ok(())
}

fn serial() -> Result<SerialNumber, IssueError> {
    let mut bytes = [0; SERIAL_BYTES];
    random(&mut bytes)?;
    // Positive, and of full length whatever the dice say: no leading zero that an encoder might drop.
    bytes[0] = (bytes[0] & 0x7f) | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

/// Fills with random bytes of the cryptographic library.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), IssueError> {
    aws_lc_rs::rand::fill(bytes).map_err(|_| IssueError::Library { why: "no random numbers".to_owned() })
}
