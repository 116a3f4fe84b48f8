//! What a failed handshake means, on the side that refuses and on the side that is refused.
//!
//! Invariant: an error that waiting cannot cure never comes out as `PeerError::Interrupted`.
//! In TLS 1.3 a refused client learns it from its first read after the handshake, so callers ask here for every
//! error of a young connection.

use std::{error::Error as StdError, io};

use rustls::{AlertDescription, CertificateError, Error};

use crate::error::PeerError;

/// Causes looked through before giving up: real chains have three or four.
const CAUSES_MAX: usize = 16;

/// The meaning of an input/output error: rustls's reason if there is one inside, else a broken connection.
pub fn refusal_of_io(error: &io::Error) -> PeerError {
    let mut cause: Option<&(dyn StdError + 'static)> = error.get_ref().map(|inner| inner as _);
    for _ in 0..CAUSES_MAX {
        let Some(inner) = cause else { break };
        if let Some(tls) = inner.downcast_ref::<Error>() {
            return refusal(tls);
        }
        // An io::Error wrapped in another hides what it holds from `source`.
        let nested = inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause = nested.map_or_else(|| inner.source(), |nested| Some(nested as _));
    }
    PeerError::Interrupted { why: error.to_string() }
}

/// The meaning of a TLS error.
pub fn refusal(error: &Error) -> PeerError {
    match error {
        Error::InvalidCertificate(theirs) => of_certificate(theirs),
        Error::AlertReceived(alert) => of_alert(*alert),
        Error::NoCertificatesPresented => PeerError::NoCertificate,
        other => PeerError::Handshake { why: other.to_string() },
    }
}

fn of_certificate(error: &CertificateError) -> PeerError {
    match error {
        CertificateError::Expired => PeerError::Expired { not_after_ms: 0 },
        CertificateError::ExpiredContext { not_after, .. } => {
            PeerError::Expired { not_after_ms: millis(not_after.as_secs()) }
        }
        CertificateError::NotValidYet => PeerError::NotYetValid { not_before_ms: 0 },
        CertificateError::NotValidYetContext { not_before, .. } => {
            PeerError::NotYetValid { not_before_ms: millis(not_before.as_secs()) }
        }
        CertificateError::UnknownIssuer => PeerError::OtherAuthority,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => PeerError::WrongName,
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => PeerError::WrongPurpose,
        CertificateError::BadEncoding => PeerError::BadChain { why: "it is not an X.509 certificate" },
        CertificateError::BadSignature => PeerError::BadChain { why: "a signature in it is wrong" },
        CertificateError::Other(other) => of_other(other),
        other => PeerError::Handshake { why: other.to_string() },
    }
}

/// Our own verifier's refusals, and the one of the library's that has no variant of its own.
fn of_other(other: &rustls::OtherError) -> PeerError {
    if let Some(own) = other.0.downcast_ref::<PeerError>() {
        return own.clone();
    }
    let why = other.to_string();
    if why.contains("NameConstraintViolation") {
        return PeerError::OutsideIssuer { name: "the peer".to_owned() };
    }
    PeerError::Handshake { why }
}

fn of_alert(alert: AlertDescription) -> PeerError {
    match alert {
        AlertDescription::CertificateExpired => PeerError::OwnExpired,
        AlertDescription::CertificateRevoked => PeerError::OwnRevoked,
        AlertDescription::UnknownCA => PeerError::OwnAuthority,
        other => PeerError::Refused { alert: format!("{other:?}") },
    }
}

fn millis(secs: u64) -> i64 {
    i64::try_from(secs).unwrap_or(i64::MAX).saturating_mul(1000)
}
