//! Enrolment: the parent's memory of an invite, and what the child does with the answer.
//!
//! Invariant: the parent keeps a digest of the secret only; the child stores nothing that does not hang under the
//! fingerprint it was given and fit its own keys and path.
//! Left out: the store of invites and the RPC; these are pure checks and a few files.

use gongkai_model::{digest::Digest, id::DivisionId};
use serde::{Deserialize, Serialize};

use crate::{
    authority::read_chain,
    chain::{self, Facts},
    error::{Error, FileError, PeerError, TokenError},
    files::{Kept, PkiDir},
    keys::CertKey,
    name, pem,
    token::{SECRET_BYTES, Token},
};

/// Keeps the secret's digest apart from every other digest.
const SECRET_LABEL: &str = "gongkai-invite-secret-v1";

/// An invite as the parent stores it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// The invited node's path, root first.
    pub path: Vec<DivisionId>,
    /// Digest of the one-time secret.
    pub secret_digest: Digest,
    /// Until when it is good, unix milliseconds.
    pub expires_ms: i64,
    /// Whether the child may have its own authority.
    pub allows_authority: bool,
    /// SHA-256 of the TLS key that was enrolled with it.
    pub used_by: Option<Digest>,
    /// Whether the node takes the place of one that is lost.
    #[serde(default)]
    pub is_rebuild: bool,
}

impl Invite {
    /// What the parent remembers of a token.
    pub fn of(token: &Token, allows_authority: bool) -> Self {
        Self {
            path: token.path().to_vec(),
            secret_digest: secret_digest(token.path(), token.secret()),
            expires_ms: token.expires_ms(),
            allows_authority,
            used_by: None,
            is_rebuild: false,
        }
    }

    /// Checks a secret that `path` presents for a key, and answers the invite as it is to be stored, used.
    /// The same key may come twice: the first answer may have been lost on the way.
    pub fn redeem(
        &self,
        path: &[DivisionId],
        secret: &[u8],
        tls_key: &Digest,
        now_ms: i64,
    ) -> Result<Self, TokenError> {
        if path != self.path {
            return Err(TokenError::OtherDivision { invited: name::spell(&self.path), asked: name::spell(path) });
        }
        if secret.len() != SECRET_BYTES || secret_digest(path, secret) != self.secret_digest {
            return Err(TokenError::WrongSecret);
        }
        if self.used_by.is_some_and(|used_by| used_by != *tls_key) {
            return Err(TokenError::Used);
        }
        if now_ms > self.expires_ms {
            return Err(TokenError::Expired { day_ms: self.expires_ms });
        }
        Ok(Self { used_by: Some(*tls_key), ..self.clone() })
    }
}

/// Under which digest the parent finds the invite of a secret.
pub fn secret_digest(path: &[DivisionId], secret: &[u8]) -> Digest {
    Digest::of(SECRET_LABEL, &[name::spell(path).as_bytes(), secret])
}

/// What an enrolled node gets, over the wire or as a file (JSON).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Leaf, authorities and trust root, PEM.
    pub tls_chain: String,
    /// The node's own authority, those above and the trust root, PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority_chain: Option<String>,
}

/// What the granted certificate says, for the entry that makes it known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// SHA-256 of its DER.
    pub fingerprint: Digest,
    /// Its last moment, unix milliseconds.
    pub not_after_ms: i64,
}

impl Grant {
    /// Reads the leaf of the granted chain without trusting it.
    pub fn leaf(&self) -> Result<Leaf, PeerError> {
        let chain = pem::chain_of(&self.tls_chain).map_err(|why| PeerError::BadChain { why })?;
        let facts = chain::facts(chain.first().ok_or(PeerError::NoCertificate)?)?;
        Ok(Leaf { fingerprint: facts.fingerprint, not_after_ms: facts.not_after_ms })
    }
}

/// Stores the answer to a first enrolment after checking it against the pinned fingerprint of the trust root.
pub fn accept(pki: &PkiDir, grant: &Grant, pinned: &Digest, path: &[DivisionId]) -> Result<(), Error> {
    let chain = pem::chain_of(&grant.tls_chain).map_err(|why| PeerError::BadChain { why })?;
    let root = chain.last().filter(|root| Digest::of_file(root) == *pinned).ok_or(PeerError::PinMismatch)?;
    if pki.has(Kept::RootCertificate) && read_chain(pki, Kept::RootCertificate)? != [root.clone()] {
        let why = "this node belongs to another authority already".to_owned();
        return Err(FileError::Foreign { file: Kept::RootCertificate.name(), why }.into());
    }
    let leaf = chain::walk_leaf(&chain, root)?;
    require_mine(&leaf, &CertKey::load(pki, Kept::TlsKey)?, path)?;
    if let Some(text) = &grant.authority_chain {
        let above = pem::chain_of(text).map_err(|why| PeerError::BadChain { why })?;
        require_mine(&chain::walk(&above, root)?, &CertKey::load(pki, Kept::AuthorityKey)?, path)?;
        pki.replace_public(Kept::AuthorityChain, text)?;
    }
    pki.replace_public(Kept::RootCertificate, &pem::block("CERTIFICATE", root))?;
    // Last: a node with this file is enrolled.
    Ok(pki.replace_public(Kept::TlsChain, &grant.tls_chain)?)
}

/// Stores the answer to a renewal: under the trust root that the node has.
pub fn accept_renewal(pki: &PkiDir, grant: &Grant, path: &[DivisionId]) -> Result<(), Error> {
    let root = crate::authority::trust_root(pki)?;
    accept(pki, grant, &Digest::of_file(&root), path)
}

fn require_mine(found: &[Facts], key: &CertKey, path: &[DivisionId]) -> Result<(), PeerError> {
    match found.first() {
        Some(own) if own.path == path && own.key_digest == key.digest() => Ok(()),
        Some(own) if own.path != path => Err(PeerError::WrongName),
        _ => Err(PeerError::BadChain { why: "it is for another key" }),
    }
}
