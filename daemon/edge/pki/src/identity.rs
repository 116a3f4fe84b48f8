//! Who a peer is, read from the chain it proved, and whether it stands where it must.
//!
//! Invariant: an identity exists only after every certificate up to the trust root was checked: signature, place
//! under its issuer, dates. The DNS name constraints that the TLS library enforces are a second belt.
//! Left out: proof that the peer holds the key: the handshake (tls) or the request's signature (request) gives it; and
//! whether an entry names the certificate, without which it opens no session (app).

use gongkai_model::{digest::Digest, id::DivisionId};
use rustls_pki_types::CertificateDer;

use crate::{
    chain::{self, Facts},
    error::PeerError,
    name,
};

/// A peer whose chain holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerIdentity {
    /// The division whose node it is.
    pub division: DivisionId,
    /// Its path, root first.
    pub path: Vec<DivisionId>,
    /// SHA-256 of its certificate.
    pub fingerprint: Digest,
    /// SHA-256 of its public key (DER SubjectPublicKeyInfo).
    pub key_digest: Digest,
    /// End of validity, unix milliseconds.
    pub not_after_ms: i64,
    /// The certificate's serial number, hexadecimal.
    pub serial: String,
}

impl PeerIdentity {
    /// Whether this peer stands directly below the path.
    pub fn is_child_of(&self, my_path: &[DivisionId]) -> bool {
        name::is_child(&self.path, my_path)
    }

    /// Whether this peer stands directly above the path.
    pub fn is_parent_of(&self, my_path: &[DivisionId]) -> bool {
        name::is_child(my_path, &self.path)
    }

    /// Refuses a peer that is not directly below the path.
    pub fn require_child_of(&self, my_path: &[DivisionId]) -> Result<(), PeerError> {
        if self.is_child_of(my_path) {
            return Ok(());
        }
        Err(PeerError::NotMyChild { peer: name::spell(&self.path), me: name::spell(my_path) })
    }

    /// Refuses a peer that is not directly above the path.
    pub fn require_parent_of(&self, my_path: &[DivisionId]) -> Result<(), PeerError> {
        if self.is_parent_of(my_path) {
            return Ok(());
        }
        Err(PeerError::NotMyParent { peer: name::spell(&self.path), me: name::spell(my_path) })
    }
}

/// The identity behind a chain (leaf first, trust root last) as rustls hands it over after the handshake.
pub fn identify(
    chain: &[CertificateDer<'_>],
    trust_root: &CertificateDer<'_>,
    now_ms: i64,
) -> Result<PeerIdentity, PeerError> {
    let found = chain::walk_leaf(chain, trust_root)?;
    found.iter().try_for_each(|facts| require_current(facts, now_ms))?;
    first(found)
}

/// As [`identify`], but the leaf itself may have run out: good for asking a renewal and for nothing else.
pub fn identify_for_renewal(
    chain: &[CertificateDer<'_>],
    trust_root: &CertificateDer<'_>,
    now_ms: i64,
) -> Result<PeerIdentity, PeerError> {
    let found = chain::walk_leaf(chain, trust_root)?;
    found.iter().skip(1).try_for_each(|facts| require_current(facts, now_ms))?;
    first(found)
}

fn require_current(facts: &Facts, now_ms: i64) -> Result<(), PeerError> {
    if now_ms < facts.not_before_ms {
        return Err(PeerError::NotYetValid { not_before_ms: facts.not_before_ms });
    }
    if now_ms > facts.not_after_ms {
        return Err(PeerError::Expired { not_after_ms: facts.not_after_ms });
    }
    Ok(())
}

fn first(found: Vec<Facts>) -> Result<PeerIdentity, PeerError> {
    let leaf = found.into_iter().next().ok_or(PeerError::NoCertificate)?;
    let division = leaf.path.last().cloned().ok_or(PeerError::NoCertificate)?;
    Ok(PeerIdentity {
        division,
        path: leaf.path,
        fingerprint: leaf.fingerprint,
        key_digest: leaf.key_digest,
        not_after_ms: leaf.not_after_ms,
        serial: leaf.serial,
    })
}
