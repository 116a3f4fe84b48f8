//! An entry: header bytes, signature, and a payload that may be gone.
//!
//! Invariant: the entry's hash is over the header bytes as received and nothing else, so a payload can be erased
//! and a signature re-made without the chain noticing.

use std::{
    any::Any,
    sync::{Arc, OnceLock},
};

use gongkai_model::{digest::Digest, id::DivisionId};
use serde::de::DeserializeOwned;

use crate::{
    header::{Header, HeaderError},
    sign::{Signer, message},
};

/// An entry's name: H("gongkai entry v1", header bytes).
pub type EntryHash = Digest;

/// Longest signature accepted, in bytes; Ed25519 has 64, SM2 in DER about 72.
pub const SIGNATURE_BYTES_MAX: usize = 256;

/// One record of a journal.
#[derive(Clone, Debug)]
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
    /// What the payload was read as, and the division that it names: beliefs are folded anew from the same entries with
    /// each key that comes.
    said: OnceLock<Arc<dyn Any + Send + Sync>>,
    named: OnceLock<Option<DivisionId>>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (&self.header_bytes, &self.signature, &self.payload) == (&other.header_bytes, &other.signature, &other.payload)
    }
}

impl Eq for Entry {}

impl Entry {
    fn new(
        header: Header,
        header_bytes: Vec<u8>,
        signature: Vec<u8>,
        payload: Option<Vec<u8>>,
        hash: EntryHash,
    ) -> Self {
        Self { header, header_bytes, signature, payload, hash, said: OnceLock::new(), named: OnceLock::new() }
    }

    /// Its payload as what its kind is, read once however often it is asked for; `None` where it is gone or is none. For
    /// entries that are kept and asked again and again. That there is no payload is not kept: it may come, or go.
    pub fn read<T: DeserializeOwned + Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.payload.as_ref()?;
        let decode = || serde_json::from_slice::<T>(self.payload.as_deref()?).ok().map(Arc::new);
        let said = self.said.get_or_init(|| Arc::new(decode()));
        match said.downcast_ref::<Option<Arc<T>>>() {
            Some(read) => read.clone(),
            // It was asked for as something else before.
            None => decode(),
        }
    }

    /// The division that its payload names, found once.
    pub(crate) fn named(&self, find: impl FnOnce(&[u8]) -> Option<DivisionId>) -> Option<DivisionId> {
        self.payload.as_ref()?;
        self.named.get_or_init(|| find(self.payload.as_deref()?)).clone()
    }

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
        Ok(Self::new(header, header_bytes, signature, payload, hash))
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
        Self::new(header, header_bytes, signature, Some(payload), hash)
    }

    /// The entry's name.
    pub fn hash(&self) -> EntryHash {
        self.hash
    }

    /// The same entry as it is without its payload.
    pub fn without_payload(&self) -> Self {
        let Self { header, header_bytes, signature, hash, .. } = self;
        Self::new(header.clone(), header_bytes.clone(), signature.clone(), None, *hash)
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::{
        kind::Kind,
        payload::{self, CustodyPut, KeyRevoke},
        sign::Ed25519Signer,
        stream::{Author, Incarnation, StreamKey},
    };

    #[test]
    fn a_payload_is_read_once_and_not_for_another() {
        let id = |text: &str| DivisionId::parse(text).unwrap();
        let signer = Ed25519Signer::from_seed(&[7; 32]).unwrap();
        let (kind, author) =
            (Kind::CustodyPut, Author { division: id("c"), incarnation: Incarnation::from_bytes([1; 16]) });
        let header = Header {
            stream: StreamKey::new(author, id("t"), kind.reach(), kind.lane()),
            seq: 1,
            previous: None,
            written_at_ms: 0,
            kind: kind.into(),
            payload_digest: Digest::of_file(b""),
            payload_bytes: 0,
            operator: None,
            signature_algorithm: signer.algorithm(),
            key_id: signer.key_id(),
        };
        let put = r#"{"version":1,"division":"t","holder":"k"}"#;
        let entry = Entry::sign(header, put.as_bytes().to_vec(), &signer);
        let first = entry.read::<CustodyPut>().unwrap();
        assert!(Arc::ptr_eq(&first, &entry.read().unwrap()), "it is not decoded again");
        assert!(Arc::ptr_eq(&first, &entry.clone().read().unwrap()), "nor by a copy");
        assert!(entry.read::<KeyRevoke>().is_none());
        let mut bare = entry.without_payload();
        assert!(bare.read::<CustodyPut>().is_none());
        bare.payload.clone_from(&entry.payload);
        assert_eq!(bare.read::<CustodyPut>(), Some(first.clone()), "what was left out has come");
        bare.payload = None;
        assert!(bare.read::<CustodyPut>().is_none(), "and it may go");
        let rest = payload::encode(&CustodyPut { holder: id("c"), ..CustodyPut::clone(&first) });
        let left = entry.with_rest(Some(std::str::from_utf8(&rest).unwrap()));
        assert_eq!(left.read::<CustodyPut>().unwrap().holder, id("c"), "what is left is read for itself");
        assert!(left != entry && entry == entry.clone());
    }
}
