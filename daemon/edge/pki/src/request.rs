//! What a node sends to be enrolled or renewed: certificate requests and its entry key, each proven.
//!
//! Invariant: a request that [`Request::check`] accepts was made by the holder of every key in it, for that path.
//! The names inside a certificate request are not looked at: the authority writes its own.

use gongkai_model::{digest::Digest, id::DivisionId};
use rcgen::{PKCS_ECDSA_P256_SHA256, PublicKeyData as _, SubjectPublicKeyInfo};
use serde::{Deserialize, Serialize};
use x509_parser::{certification_request::X509CertificationRequest, prelude::FromDer as _};

use crate::{
    error::{Error, IssueError},
    files::{Kept, PkiDir},
    keys::{self, CertKey, EntryKey},
    name, pem, template,
};

/// Keeps the entry key's proof apart from every journal entry.
const PROOF_LABEL: &str = "gongkai-entry-key-proof-v1";

/// What is sent, over the wire or as a file (JSON).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Certificate request of the TLS key, PEM.
    pub tls_csr: String,
    /// Certificate request of the authority key, PEM, where the node asks to enrol others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority_csr: Option<String>,
    /// The public entry key, 64 hexadecimal digits.
    pub entry_key: String,
    /// The entry key's signature that binds it to path and TLS key, hexadecimal.
    pub entry_proof: String,
}

/// The keys of a request that was checked.
#[derive(Debug)]
pub struct Checked {
    /// SHA-256 of the TLS public key.
    pub tls_key_digest: Digest,
    /// The public entry key.
    pub entry_key: [u8; 32],
    pub(crate) tls: SubjectPublicKeyInfo,
    pub(crate) authority: Option<SubjectPublicKeyInfo>,
}

impl Request {
    /// Makes the request of this node, and its keys where they are missing.
    pub fn make(pki: &PkiDir, path: &[DivisionId], wants_authority: bool) -> Result<Self, Error> {
        let tls = CertKey::load_or_create(pki, Kept::TlsKey)?;
        let entry = EntryKey::load_or_create(pki)?;
        let authority_csr =
            if wants_authority { Some(csr(&CertKey::load_or_create(pki, Kept::AuthorityKey)?, path)?) } else { None };
        Ok(Self {
            tls_csr: csr(&tls, path)?,
            authority_csr,
            entry_key: hex::encode(entry.public_key()),
            entry_proof: hex::encode(entry.sign(&proof_bytes(path, &tls.digest())?)),
        })
    }

    /// Checks every proof for the path that the asked authority gives this node.
    pub fn check(&self, path: &[DivisionId]) -> Result<Checked, IssueError> {
        let (tls, tls_key_digest) = proven_key(&self.tls_csr, "TLS")?;
        let authority = match &self.authority_csr {
            Some(text) => Some(proven_key(text, "authority")?.0),
            None => None,
        };
        let bad = |_| IssueError::BadRequest { why: "the entry key or its proof is not hexadecimal of its length" };
        let (mut entry_key, mut proof) = ([0; 32], [0; 64]);
        hex::decode_to_slice(&self.entry_key, &mut entry_key).map_err(bad)?;
        hex::decode_to_slice(&self.entry_proof, &mut proof).map_err(bad)?;
        if !keys::is_signed_by(&entry_key, &proof_bytes(path, &tls_key_digest)?, &proof) {
            return Err(IssueError::NoPossession { which: "entry" });
        }
        Ok(Checked { tls_key_digest, entry_key, tls, authority })
    }
}

/// A certificate request: the name and the key, signed by the key.
pub fn csr(key: &CertKey, path: &[DivisionId]) -> Result<String, IssueError> {
    let request = template::named(path, "node")?.serialize_request(&key.pair)?;
    Ok(pem::block("CERTIFICATE REQUEST", request.der()))
}

/// The public key of a request that is signed by it; nothing else of the request is kept.
pub(crate) fn proven_key(text: &str, which: &'static str) -> Result<(SubjectPublicKeyInfo, Digest), IssueError> {
    let der = pem::request_of(text).map_err(|why| IssueError::BadRequest { why })?;
    let Ok(([], request)) = X509CertificationRequest::from_der(&der) else {
        return Err(IssueError::BadRequest { why: "it is not a PKCS#10 request" });
    };
    request.verify_signature().map_err(|_| IssueError::NoPossession { which })?;
    let raw = request.certification_request_info.subject_pki.raw;
    let key = SubjectPublicKeyInfo::from_der(raw).map_err(|_| IssueError::KeyKind)?;
    if *key.algorithm() != PKCS_ECDSA_P256_SHA256 {
        return Err(IssueError::KeyKind);
    }
    Ok((key, Digest::of_file(raw)))
}

fn proof_bytes(path: &[DivisionId], tls_key: &Digest) -> Result<[u8; 33], IssueError> {
    let name = name::dns_name(path)?;
    Ok(Digest::of(PROOF_LABEL, &[name.as_bytes(), &tls_key.to_bytes()]).to_bytes())
}
