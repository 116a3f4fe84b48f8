//! What is asked and answered in enrolment, as types, and how it stands on the wire.
//!
//! Invariant: form is checked here, proofs by the `gongkai-pki` crate. The secret is never shown.

use std::fmt;

use gongkai_journal::{Entry, Incarnation, sign::PublicKey};
use gongkai_model::{id::DivisionId, tree::DEPTH_MAX};
use gongkai_pki::{Grant, Request};
use gongkai_proto::link::v1 as wire;
use rustls::pki_types::CertificateDer;

use crate::{
    codec::{DecodeError, limits::HOST_BYTES_MAX, read_introduction, write_introduction},
    sentence::cleaned,
};

/// Certificates in a chain at most, as the `gongkai-pki` crate walks them.
const CHAIN_CERTS_MAX: usize = 8;
/// Keys that a child trusts from the start, at most: the root's, over all its lives.
const ANCHORS_MAX: usize = 64;

/// A child asks for its first certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct Join {
    /// The child's tree path, root first.
    pub path: Vec<DivisionId>,
    /// From the token.
    pub secret: Vec<u8>,
    /// Its keys with their proofs.
    pub request: Request,
    /// The life of the journal that its entry key opens.
    pub incarnation: Incarnation,
    /// Its host name, for people.
    pub host: String,
}

impl fmt::Debug for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Join").field("path", &self.path).field("host", &self.host).finish_non_exhaustive()
    }
}

/// The answer to [`Join`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Its certificates.
    pub grant: Grant,
    /// The root's entry keys: all others follow from entries.
    pub anchors: Vec<Anchor>,
    /// Whether the child takes the place of a node that is lost.
    pub is_rebuilt: bool,
    /// The entry that names the new certificate, behind those that name the keys above it.
    pub introduction: Vec<Entry>,
}

/// The answer to [`Renew`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// The next certificates.
    pub grant: Grant,
    /// As in [`Joined`].
    pub introduction: Vec<Entry>,
}

/// An entry key that a node trusts from the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Whose.
    pub division: DivisionId,
    /// The key.
    pub key: PublicKey,
}

/// A child asks for its next certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renew {
    /// The chain at hand, leaf first; the leaf may have expired.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its keys with their proofs.
    pub request: Request,
}

fn invalid(field: &'static str) -> DecodeError {
    DecodeError::Invalid { field }
}

fn write_keys(request: &Request) -> wire::Keys {
    wire::Keys {
        tls_csr: request.tls_csr.clone(),
        authority_csr: request.authority_csr.clone().unwrap_or_default(),
        entry_key: request.entry_key.clone(),
        entry_proof: request.entry_proof.clone(),
    }
}

fn read_keys(keys: Option<wire::Keys>) -> Result<Request, DecodeError> {
    let keys = keys.ok_or(DecodeError::Missing { field: "keys" })?;
    Ok(Request {
        tls_csr: keys.tls_csr,
        authority_csr: Some(keys.authority_csr).filter(|csr| !csr.is_empty()),
        entry_key: keys.entry_key,
        entry_proof: keys.entry_proof,
    })
}

fn write_grant(grant: Grant) -> wire::Grant {
    wire::Grant { tls_chain: grant.tls_chain, authority_chain: grant.authority_chain.unwrap_or_default() }
}

fn read_grant(grant: Option<wire::Grant>) -> Result<Grant, DecodeError> {
    let grant = grant.ok_or(DecodeError::Missing { field: "grant" })?;
    let authority_chain = Some(grant.authority_chain).filter(|chain| !chain.is_empty());
    Ok(Grant { tls_chain: grant.tls_chain, authority_chain })
}

pub(super) fn write_join(join: &Join) -> wire::JoinRequest {
    wire::JoinRequest {
        path: join.path.iter().map(ToString::to_string).collect(),
        secret: join.secret.clone(),
        keys: Some(write_keys(&join.request)),
        incarnation: join.incarnation.as_bytes().to_vec(),
        host: join.host.clone(),
    }
}

pub(super) fn read_join(join: wire::JoinRequest) -> Result<Join, DecodeError> {
    if join.path.len() > DEPTH_MAX {
        return Err(DecodeError::TooMany { list: "path", count_max: DEPTH_MAX });
    }
    if join.host.len() > HOST_BYTES_MAX {
        return Err(invalid("host"));
    }
    let path = join.path.iter().map(|id| DivisionId::parse(id)).collect::<Result<_, _>>();
    Ok(Join {
        path: path.map_err(|_| invalid("path"))?,
        secret: join.secret,
        request: read_keys(join.keys)?,
        incarnation: Incarnation::from_slice(&join.incarnation).ok_or_else(|| invalid("incarnation"))?,
        host: cleaned(&join.host),
    })
}

pub(super) fn write_joined(joined: Joined) -> wire::JoinReply {
    let anchors = joined.anchors.into_iter().map(|anchor| wire::Anchor {
        division: anchor.division.to_string(),
        algorithm: anchor.key.algorithm,
        key: anchor.key.bytes,
    });
    wire::JoinReply {
        anchors: anchors.collect(),
        grant: Some(write_grant(joined.grant)),
        is_rebuilt: joined.is_rebuilt,
        introduction: introduction(&joined.introduction),
    }
}

/// A chain of entries that is too long to be told is none: the child asks for them in its session.
fn introduction(entries: &[Entry]) -> Option<wire::Packed> {
    write_introduction(entries).unwrap_or_default()
}

pub(super) fn write_renewed(renewed: Renewed) -> wire::RenewReply {
    wire::RenewReply { introduction: introduction(&renewed.introduction), grant: Some(write_grant(renewed.grant)) }
}

pub(super) fn read_renewed(renewed: wire::RenewReply) -> Result<Renewed, DecodeError> {
    Ok(Renewed { grant: read_grant(renewed.grant)?, introduction: read_introduction(renewed.introduction)? })
}

pub(super) fn read_joined(joined: wire::JoinReply) -> Result<Joined, DecodeError> {
    let is_rebuilt = joined.is_rebuilt;
    if joined.anchors.len() > ANCHORS_MAX {
        return Err(DecodeError::TooMany { list: "anchors", count_max: ANCHORS_MAX });
    }
    let anchors = joined.anchors.into_iter().map(|anchor| {
        let division = DivisionId::parse(&anchor.division).map_err(|_| invalid("anchor.division"))?;
        Ok(Anchor { division, key: PublicKey { algorithm: anchor.algorithm, bytes: anchor.key } })
    });
    Ok(Joined {
        anchors: anchors.collect::<Result<_, _>>()?,
        grant: read_grant(joined.grant)?,
        is_rebuilt,
        introduction: read_introduction(joined.introduction)?,
    })
}

pub(super) fn write_renew(renew: &Renew) -> wire::RenewRequest {
    let chain = renew.chain.iter().map(|certificate| certificate.as_ref().to_vec()).collect();
    wire::RenewRequest { keys: Some(write_keys(&renew.request)), chain }
}

pub(super) fn read_renew(renew: wire::RenewRequest) -> Result<Renew, DecodeError> {
    if renew.chain.len() > CHAIN_CERTS_MAX {
        return Err(DecodeError::TooMany { list: "chain", count_max: CHAIN_CERTS_MAX });
    }
    let chain = renew.chain.into_iter().map(CertificateDer::from).collect();
    Ok(Renew { chain, request: read_keys(renew.keys)? })
}
