//! Certificate authorities: the trust root at the top, an issuing authority at every node that enrols others.
//!
//! Invariant: an authority signs for its own division and its direct children, never for anybody else; all but
//! [`found`] and [`renew_issuing`] work without the root key.
//! Left out: who may ask (app), which certificates were issued (journal).

use gongkai_model::{digest::Digest, id::DivisionId};
use rcgen::{CertificateParams, Issuer, PublicKeyData};
use rustls_pki_types::CertificateDer;

use crate::{
    chain::{self, CHAIN_CERTS_MAX, Facts},
    enrol::Grant,
    error::{Error, FileError, IssueError, PeerError},
    files::{Kept, PkiDir},
    identity::PeerIdentity,
    keys::{CertKey, EntryKey},
    name, pem,
    request::{self, Checked, Request},
    template::{self, Validity},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How long certificates hold, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// The trust root.
    pub root_ms: i64,
    /// Issuing authorities.
    pub issuing_ms: i64,
    /// Nodes.
    pub leaf_ms: i64,
}

impl Default for Lifetimes {
    /// 20 years for what is carried by hand, 10 for authorities, one for what renews by itself.
    fn default() -> Self {
        Self { root_ms: 20 * 365 * DAY_MS, issuing_ms: 10 * 365 * DAY_MS, leaf_ms: 365 * DAY_MS }
    }
}

/// The issuing authority of one node.
#[derive(Debug)]
pub struct Authority {
    key: CertKey,
    own: CertificateDer<'static>,
    chain: Vec<CertificateDer<'static>>,
    facts: Facts,
}

impl Authority {
    /// Reads the node's authority and checks that key, chain and trust root fit.
    pub fn load(pki: &PkiDir) -> Result<Self, FileError> {
        let file = Kept::AuthorityChain.name();
        if !pki.has(Kept::AuthorityChain) {
            return Err(FileError::NoAuthority);
        }
        let key = CertKey::load(pki, Kept::AuthorityKey)?;
        let chain = read_chain(pki, Kept::AuthorityChain)?;
        let root = trust_root(pki)?;
        let walked = chain::walk(&chain, &root).map_err(|error| foreign(file, &error))?;
        let (Some(own), Some(facts)) = (chain.first().cloned(), walked.into_iter().next()) else {
            return Err(FileError::Damaged { file, why: "it holds no certificate".to_owned() });
        };
        if facts.key_digest != key.digest() {
            return Err(FileError::Foreign { file, why: "it is not the certificate of `pki/ca.key`".to_owned() });
        }
        Ok(Self { key, own, chain, facts })
    }

    /// The path whose authority this is.
    pub fn path(&self) -> &[DivisionId] {
        &self.facts.path
    }

    /// End of the authority's validity, unix milliseconds.
    pub fn not_after_ms(&self) -> i64 {
        self.facts.not_after_ms
    }

    /// SHA-256 of the trust root: what tokens pin.
    pub fn root_fingerprint(&self) -> Digest {
        Digest::of_file(self.chain.last().unwrap_or(&self.own))
    }

    /// Enrols a direct child: its node's certificate and, where asked and allowed, its own authority.
    pub fn grant(
        &self,
        request: &Request,
        path: &[DivisionId],
        allows_authority: bool,
        lifetimes: &Lifetimes,
        now_ms: i64,
    ) -> Result<(Grant, Checked), IssueError> {
        self.require_child(path)?;
        let checked = request.check(path)?;
        let tls = self.sign(&template::leaf(path, self.validity(lifetimes.leaf_ms, now_ms)?)?, &checked.tls)?;
        let authority = match checked.authority.as_ref().filter(|_| allows_authority) {
            Some(key) => Some(self.sign_authority(key, path, lifetimes, now_ms)?),
            None => None,
        };
        let grant = Grant { tls_chain: pem::chain_text(&tls), authority_chain: authority.map(|c| pem::chain_text(&c)) };
        Ok((grant, checked))
    }

    /// Renews a child that showed who it is. After its end a certificate is renewed for its own key only, because
    /// then the request's signature is all that proves the peer.
    pub fn renew(
        &self,
        peer: &PeerIdentity,
        request: &Request,
        allows_authority: bool,
        lifetimes: &Lifetimes,
        now_ms: i64,
    ) -> Result<(Grant, Checked), IssueError> {
        let renewed = self.grant(request, &peer.path, allows_authority, lifetimes, now_ms)?;
        if now_ms > peer.not_after_ms && renewed.1.tls_key_digest != peer.key_digest {
            return Err(IssueError::OtherKey);
        }
        Ok(renewed)
    }

    /// Signs one certificate request for a node: of this division or a direct child. Answers the chain, PEM.
    pub fn sign_csr(
        &self,
        csr: &str,
        path: &[DivisionId],
        lifetimes: &Lifetimes,
        now_ms: i64,
    ) -> Result<String, IssueError> {
        if path != self.path() {
            self.require_child(path)?;
        }
        let (key, _) = request::proven_key(csr, "TLS")?;
        let chain = self.sign(&template::leaf(path, self.validity(lifetimes.leaf_ms, now_ms)?)?, &key)?;
        Ok(pem::chain_text(&chain))
    }

    /// A chain must leave room below for the leaves that the new authority will sign.
    fn sign_authority(
        &self,
        key: &impl PublicKeyData,
        path: &[DivisionId],
        lifetimes: &Lifetimes,
        now_ms: i64,
    ) -> Result<Vec<CertificateDer<'static>>, IssueError> {
        if self.chain.len() + 2 > CHAIN_CERTS_MAX {
            return Err(IssueError::TooDeep { max: CHAIN_CERTS_MAX });
        }
        self.sign(&template::issuing(path, self.validity(lifetimes.issuing_ms, now_ms)?)?, key)
    }

    fn sign(
        &self,
        params: &CertificateParams,
        key: &impl PublicKeyData,
    ) -> Result<Vec<CertificateDer<'static>>, IssueError> {
        let signed = sign_with(&self.own, &self.key, params, key)?;
        Ok(std::iter::once(signed).chain(self.chain.iter().cloned()).collect())
    }

    fn require_child(&self, path: &[DivisionId]) -> Result<(), IssueError> {
        if name::is_child(path, self.path()) {
            return Ok(());
        }
        Err(IssueError::NotMine { path: name::spell(path), authority: name::spell(self.path()) })
    }

    fn validity(&self, lifetime_ms: i64, now_ms: i64) -> Result<Validity, IssueError> {
        Validity::new(now_ms, lifetime_ms, Some(self.facts.not_after_ms))
    }
}

/// Makes the top node's trust root, issuing authority, keys and certificate; goes on where it was cut off.
pub fn found(pki: &PkiDir, path: &[DivisionId], lifetimes: &Lifetimes, now_ms: i64) -> Result<Authority, Error> {
    EntryKey::load_or_create(pki)?;
    if !pki.has(Kept::RootCertificate) {
        let key = CertKey::load_or_create(pki, Kept::RootKey)?;
        let params = template::root(path, Validity::new(now_ms, lifetimes.root_ms, None)?, &key.digest())?;
        let root = params.self_signed(&key.pair).map_err(IssueError::from)?;
        pki.replace_public(Kept::RootCertificate, &pem::block("CERTIFICATE", root.der()))?;
    }
    if !pki.has(Kept::AuthorityChain) {
        renew_issuing(pki, lifetimes, now_ms)?;
    }
    let authority = Authority::load(pki)?;
    if authority.path() != path {
        let why = format!("it is the authority of `{}`", name::spell(authority.path()));
        return Err(FileError::Foreign { file: Kept::AuthorityChain.name(), why }.into());
    }
    if !pki.has(Kept::TlsChain) {
        renew_own(pki, &authority, lifetimes, now_ms)?;
    }
    Ok(authority)
}

/// Gives the top node's issuing authority a new certificate: the one step that needs the root key.
pub fn renew_issuing(pki: &PkiDir, lifetimes: &Lifetimes, now_ms: i64) -> Result<(), Error> {
    let root = trust_root(pki)?;
    let root_key = match CertKey::load(pki, Kept::RootKey) {
        Err(FileError::Missing { .. }) => return Err(FileError::RootKeyAway.into()),
        other => other?,
    };
    let above = chain::facts(&root).map_err(|error| foreign(Kept::RootCertificate.name(), &error))?;
    if above.key_digest != root_key.digest() {
        let why = "it is not the key of `pki/root.crt`".to_owned();
        return Err(FileError::Foreign { file: Kept::RootKey.name(), why }.into());
    }
    let key = CertKey::load_or_create(pki, Kept::AuthorityKey)?;
    let validity = Validity::new(now_ms, lifetimes.issuing_ms, Some(above.not_after_ms))?;
    let own = sign_with(&root, &root_key, &template::issuing(&above.path, validity)?, &key.pair)?;
    Ok(pki.replace_public(Kept::AuthorityChain, &pem::chain_text(&[own, root]))?)
}

/// Gives the authority's own node a new certificate for its TLS key.
pub fn renew_own(pki: &PkiDir, authority: &Authority, lifetimes: &Lifetimes, now_ms: i64) -> Result<(), Error> {
    let key = CertKey::load_or_create(pki, Kept::TlsKey)?;
    let params = template::leaf(authority.path(), authority.validity(lifetimes.leaf_ms, now_ms)?)?;
    let chain = authority.sign(&params, &key.pair)?;
    Ok(pki.replace_public(Kept::TlsChain, &pem::chain_text(&chain))?)
}

/// The trust root that this node knows.
pub fn trust_root(pki: &PkiDir) -> Result<CertificateDer<'static>, FileError> {
    let file = Kept::RootCertificate.name();
    match <[_; 1]>::try_from(read_chain(pki, Kept::RootCertificate)?) {
        Ok([root]) => Ok(root),
        Err(_) => Err(FileError::Damaged { file, why: "it holds more than one certificate".to_owned() }),
    }
}

pub(crate) fn read_chain(pki: &PkiDir, kept: Kept) -> Result<Vec<CertificateDer<'static>>, FileError> {
    let damaged = |why: &str| FileError::Damaged { file: kept.name(), why: why.to_owned() };
    pem::chain_of(&pki.read_public(kept)?).map_err(damaged)
}

pub(crate) fn foreign(file: &'static str, error: &PeerError) -> FileError {
    match error {
        PeerError::BadChain { why } => FileError::Damaged { file, why: (*why).to_owned() },
        other => FileError::Foreign { file, why: other.to_string() },
    }
}

fn sign_with(
    issuer: &CertificateDer<'_>,
    issuer_key: &CertKey,
    params: &CertificateParams,
    key: &impl PublicKeyData,
) -> Result<CertificateDer<'static>, IssueError> {
    let issuer = Issuer::from_ca_cert_der(issuer, &issuer_key.pair)?;
    Ok(params.signed_by(key, &issuer)?.into())
}
