//! The outside of a bundle: to bytes and back, and the signature over it.
//!
//! Invariant: what is read was signed by the key that stands beside it, and every field passed the check of its type.

use gongkai_journal::sign::PublicKey;
use gongkai_model::digest::Digest;
use gongkai_proto::link::v1::{BundleManifest, Sealed};
use gongkai_sync::{
    bundle::{Manifest, Outside, RECEIPTS_MAX, Recorded, id_of},
    position::Position,
};
use prost::Message as _;

use super::{BundleError, writer::Seal};
use crate::{
    codec::{
        DecodeError,
        fields::{
            read_digest, read_division, read_incarnation, read_position, read_position_after, required, write_digest,
            write_incarnation, write_position, write_position_after,
        },
        limits::PROGRAM_CHARS_MAX,
    },
    sentence::cleaned,
};

/// The bytes of a manifest, its id, and what stands in the file.
pub(super) fn seal(manifest: &Manifest, seal: &dyn Seal) -> (Digest, Vec<u8>) {
    let manifest = write(manifest).encode_to_vec();
    let id = id_of(&manifest);
    let key = seal.key();
    let sealed = Sealed { manifest, algorithm: key.algorithm, key: key.bytes, signature: seal.sign(&id) };
    (id, sealed.encode_to_vec())
}

/// Reads what stands in the file.
pub(super) fn open(bytes: &[u8]) -> Result<Outside, BundleError> {
    let damaged = |_| BundleError::Damaged { what: "its outside cannot be read" };
    let sealed = Sealed::decode(bytes).map_err(damaged)?;
    let key = PublicKey { algorithm: sealed.algorithm, bytes: sealed.key };
    let id = id_of(&sealed.manifest);
    if !key.verifies(&id, &sealed.signature) {
        return Err(BundleError::BadSignature);
    }
    let manifest = BundleManifest::decode(sealed.manifest.as_slice()).map_err(damaged)?;
    let manifest = read(manifest).map_err(|_| BundleError::Damaged { what: "its manifest breaks the protocol" })?;
    Ok(Outside { id, key_id: key.id(), manifest })
}

fn write(manifest: &Manifest) -> BundleManifest {
    let recorded = &manifest.recorded;
    BundleManifest {
        protocol_min: manifest.protocol_min,
        protocol_max: manifest.protocol_max,
        program: manifest.program.clone(),
        from: manifest.from.to_string(),
        to: manifest.to.to_string(),
        incarnation: write_incarnation(&manifest.incarnation),
        number: manifest.number,
        made_at_ms: manifest.made_at_ms,
        begin: Some(write_position(&recorded.from)),
        end: Some(write_position_after(&recorded.from, &recorded.to)),
        is_full: recorded.is_full,
        whole: recorded.whole,
        named: recorded.named,
        trust: recorded.trust,
        asks: recorded.asks,
        heads_digest: write_digest(&recorded.heads_digest),
        heads: recorded.heads,
        claim: manifest.claim.as_ref().map(write_position),
        receipts: manifest.receipts.iter().take(RECEIPTS_MAX).map(write_digest).collect(),
        messages: manifest.messages,
        body_bytes: manifest.body_bytes,
        body_digest: write_digest(&manifest.body_digest),
    }
}

fn read(manifest: BundleManifest) -> Result<Manifest, DecodeError> {
    let from: Position = read_position(&required("manifest.begin", manifest.begin)?)?;
    let to = read_position_after(&from, required("manifest.end", manifest.end)?)?;
    if manifest.receipts.len() > RECEIPTS_MAX {
        return Err(DecodeError::TooMany { list: "receipts", count_max: RECEIPTS_MAX });
    }
    let receipts = manifest.receipts.iter().map(|receipt| read_digest("manifest.receipts", receipt));
    Ok(Manifest {
        protocol_min: manifest.protocol_min,
        protocol_max: manifest.protocol_max,
        program: cleaned(&manifest.program).chars().take(PROGRAM_CHARS_MAX).collect(),
        from: read_division("manifest.from", &manifest.from)?,
        to: read_division("manifest.to", &manifest.to)?,
        incarnation: read_incarnation("manifest.incarnation", &manifest.incarnation)?,
        number: manifest.number,
        made_at_ms: manifest.made_at_ms,
        receipts: receipts.collect::<Result<_, _>>()?,
        claim: manifest.claim.as_ref().map(read_position).transpose()?,
        recorded: Recorded {
            from,
            to,
            is_full: manifest.is_full,
            whole: manifest.whole,
            named: manifest.named,
            trust: manifest.trust,
            asks: manifest.asks,
            heads_digest: read_digest("manifest.heads_digest", &manifest.heads_digest)?,
            heads: manifest.heads,
        },
        messages: manifest.messages,
        body_bytes: manifest.body_bytes,
        body_digest: read_digest("manifest.body_digest", &manifest.body_digest)?,
    })
}
