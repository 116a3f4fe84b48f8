//! An entry: header bytes, signature, and a payload that may be gone.
//!
//! Invariant: the entry's hash is over the header bytes as received and nothing else, so a payload can be erased
//! and a signature re-made without the chain noticing.

use gongkai_model::digest::Digest;

use crate::{
    header::{Header, HeaderError},
    sign::{Signer, message},
};

/// An entry's name: H("gongkai entry v1", header bytes).
pub type EntryHash = Digest;

/// Longest signature accepted, in bytes; Ed25519 has 64, SM2 in DER about 72.
pub const SIGNATURE_BYTES_MAX: usize = 256;

/// One record of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The header decoded.
    pub header: Header,
    /// The header as received.
    pub header_bytes: Vec<u8>,
    /// Over the hash, by the author's key.
    pub signature: Vec<u8>,
    /// The detached payload; `None` once erased.
    pub payload: Option<Vec<u8>>,
    hash: EntryHash,
}

impl Entry {
    /// Reads an entry from what a peer or a database holds; checks form only, not chain or signature.
    pub fn from_parts(
        header_bytes: Vec<u8>,
        signature: Vec<u8>,
        payload: Option<Vec<u8>>,
    ) -> Result<Self, HeaderError> {
        if signature.len() > SIGNATURE_BYTES_MAX {
            return Err(HeaderError::Invalid { field: "signature" });
        }
        let header = Header::decode(&header_bytes)?;
        let hash = hash_of(&header_bytes);
        Ok(Self { header, header_bytes, signature, payload, hash })
    }

    /// Signs a new entry. The caller has filled sequence and previous hash from the stream's head.
    pub fn sign(mut header: Header, payload: Vec<u8>, signer: &dyn Signer) -> Self {
        header.payload_digest = payload_digest(&payload);
        header.payload_bytes = payload.len() as u64;
        header.signature_algorithm = signer.algorithm();
        header.key_id = signer.key_id();
        let header_bytes = header.encode();
        let hash = hash_of(&header_bytes);
        let signature = signer.sign(&message(&hash));
        Self { header, header_bytes, signature, payload: Some(payload), hash }
    }

    /// The entry's name.
    pub fn hash(&self) -> EntryHash {
        self.hash
    }

    /// The same entry as it is without its payload.
    pub fn without_payload(&self) -> Self {
        let Self { header, header_bytes, signature, payload: _, hash } = self;
        let (header_bytes, signature) = (header_bytes.clone(), signature.clone());
        Self { header: header.clone(), header_bytes, signature, payload: None, hash: *hash }
    }

    /// The same entry with what an erasure left of its payload. It is read so and never sent so: what is left is not what
    /// the header names.
    pub fn with_rest(&self, rest: Option<&str>) -> Self {
        Self { payload: rest.map(|rest| rest.as_bytes().to_vec()), ..self.without_payload() }
    }

    /// Whether the payload at hand is the one that the header names; `None` when it is not at hand.
    pub fn payload_matches(&self) -> Option<bool> {
        let payload = self.payload.as_ref()?;
        let matches =
            payload.len() as u64 == self.header.payload_bytes && payload_digest(payload) == self.header.payload_digest;
        Some(matches)
    }

    /// Bytes it occupies on a link before compression.
    pub fn wire_bytes(&self) -> usize {
        self.header_bytes.len() + self.signature.len() + self.payload.as_ref().map_or(0, Vec::len)
    }
}

/// H("gongkai entry v1", header bytes).
pub fn hash_of(header_bytes: &[u8]) -> EntryHash {
    Digest::of("gongkai entry v1", &[header_bytes])
}

/// H("gongkai payload v1", payload).
pub fn payload_digest(payload: &[u8]) -> Digest {
    Digest::of("gongkai payload v1", &[payload])
}
