//! The header of an entry and its bytes.
//!
//! Invariant: the bytes are made once by the author (protobuf, the field numbers below) and kept as received;
//! hash and signature are over those bytes, never over a decoded and re-encoded header.
//!
//! Field numbers are permanent: see [`Wire`]. A field that this version does not know stays in the bytes.

use gongkai_model::{
    digest::Digest,
    id::{DivisionId, OperatorId},
};
use prost::Message;

use crate::{
    kind::KindWord,
    stream::{Author, Incarnation, Lane, Reach, StreamKey},
};

/// The header format written by this version.
pub const FORMAT: u32 = 1;
/// Longest header accepted, in bytes; a real one has about 250. Part of protocol version 1.
pub const HEADER_BYTES_MAX: usize = 4 * 1024;
/// Longest payload of one entry, in bytes. A constant of protocol version 1: if it differed between nodes,
/// an entry could be written that can never be delivered.
pub const PAYLOAD_BYTES_MAX: usize = 1024 * 1024;
/// Longest kind word, in bytes.
pub const KIND_BYTES_MAX: usize = 64;

/// Ed25519 (RFC 8032) as `signature_algorithm`.
pub const SIGNATURE_ED25519: u32 = 1;
/// SHA-256 as `hash_algorithm`.
pub const HASH_SHA256: u32 = 1;

/// The header on the wire, as protobuf.
#[derive(Clone, PartialEq, Message)]
struct Wire {
    #[prost(uint32, tag = "1")]
    format: u32,
    #[prost(string, tag = "2")]
    author_division: String,
    #[prost(bytes = "vec", tag = "3")]
    author_incarnation: Vec<u8>,
    #[prost(string, tag = "4")]
    subject: String,
    #[prost(uint32, tag = "5")]
    reach: u32,
    #[prost(uint32, tag = "6")]
    lane: u32,
    #[prost(uint64, tag = "7")]
    seq: u64,
    /// 33 bytes (algorithm, digest); empty for seq 1.
    #[prost(bytes = "vec", tag = "8")]
    previous: Vec<u8>,
    #[prost(int64, tag = "9")]
    written_at_ms: i64,
    #[prost(string, tag = "10")]
    kind: String,
    #[prost(bytes = "vec", tag = "11")]
    payload_digest: Vec<u8>,
    #[prost(uint64, tag = "12")]
    payload_bytes: u64,
    #[prost(string, tag = "13")]
    operator: String,
    /// Room for an operator's own signature (U-key, SM2); empty in version 1.
    #[prost(bytes = "vec", tag = "14")]
    operator_signature: Vec<u8>,
    #[prost(uint32, tag = "15")]
    hash_algorithm: u32,
    #[prost(uint32, tag = "16")]
    signature_algorithm: u32,
    #[prost(bytes = "vec", tag = "17")]
    key_id: Vec<u8>,
}

/// A decoded header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The stream it belongs to.
    pub stream: StreamKey,
    /// Position in the stream, from 1.
    pub seq: u64,
    /// Hash of the entry before; `None` for seq 1.
    pub previous: Option<Digest>,
    /// The author's wall time, unix milliseconds. Never used for order.
    pub written_at_ms: i64,
    /// What the payload is, such as `submission`.
    pub kind: KindWord,
    /// Digest of the detached payload.
    pub payload_digest: Digest,
    /// Length of the payload in bytes.
    pub payload_bytes: u64,
    /// Who acted, an opaque id; `None` for the node itself.
    pub operator: Option<OperatorId>,
    /// Which signature algorithm, see [`SIGNATURE_ED25519`].
    pub signature_algorithm: u32,
    /// The signing key's id.
    pub key_id: Vec<u8>,
}

/// A header that cannot be used: a chain fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Longer than [`HEADER_BYTES_MAX`].
    #[error("the header has {bytes} bytes, more than {HEADER_BYTES_MAX}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Not protobuf of this shape.
    #[error("the header cannot be decoded")]
    Undecodable,
    /// A field whose value no version may write.
    #[error("the header's field `{field}` is invalid")]
    Invalid {
        /// The field.
        field: &'static str,
    },
    /// Written in a format or with an algorithm that this version cannot check.
    #[error("the header uses {what} {number}, which this version does not know")]
    Unsupported {
        /// `format`, `hash algorithm` or `signature algorithm`.
        what: &'static str,
        /// Its number.
        number: u32,
    },
}

impl Header {
    /// The bytes to sign and send; made once, by the author.
    pub fn encode(&self) -> Vec<u8> {
        Wire {
            format: FORMAT,
            author_division: self.stream.author.division.to_string(),
            author_incarnation: self.stream.author.incarnation.as_bytes().to_vec(),
            subject: self.stream.subject.to_string(),
            reach: self.stream.reach_number,
            lane: self.stream.lane_number,
            seq: self.seq,
            previous: self.previous.map_or_else(Vec::new, |hash| hash.to_bytes().to_vec()),
            written_at_ms: self.written_at_ms,
            kind: self.kind.to_string(),
            payload_digest: self.payload_digest.to_bytes().to_vec(),
            payload_bytes: self.payload_bytes,
            operator: self.operator.as_ref().map_or_else(String::new, ToString::to_string),
            operator_signature: Vec::new(),
            hash_algorithm: HASH_SHA256,
            signature_algorithm: self.signature_algorithm,
            key_id: self.key_id.clone(),
        }
        .encode_to_vec()
    }

    /// Decodes and checks every field.
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        if bytes.len() > HEADER_BYTES_MAX {
            return Err(HeaderError::TooLong { bytes: bytes.len() });
        }
        let wire = Wire::decode(bytes).map_err(|_| HeaderError::Undecodable)?;
        if wire.format != FORMAT {
            return Err(HeaderError::Unsupported { what: "format", number: wire.format });
        }
        if wire.hash_algorithm != HASH_SHA256 {
            return Err(HeaderError::Unsupported { what: "hash algorithm", number: wire.hash_algorithm });
        }
        let invalid = |field| HeaderError::Invalid { field };
        let author = Author {
            division: DivisionId::parse(&wire.author_division).map_err(|_| invalid("author"))?,
            incarnation: Incarnation::from_slice(&wire.author_incarnation).ok_or(invalid("incarnation"))?,
        };
        let previous = match (wire.seq, wire.previous.as_slice()) {
            (0, _) => return Err(invalid("seq")),
            (1, []) => None,
            (1, _) => return Err(invalid("previous")),
            (_, bytes) => Some(Digest::from_bytes(bytes).map_err(|_| invalid("previous"))?),
        };
        if wire.kind.is_empty() || wire.kind.len() > KIND_BYTES_MAX {
            return Err(invalid("kind"));
        }
        if wire.payload_bytes > PAYLOAD_BYTES_MAX as u64 {
            return Err(invalid("payload_bytes"));
        }
        if wire.seq > i64::MAX as u64 {
            return Err(invalid("seq"));
        }
        Ok(Self {
            stream: StreamKey {
                author,
                subject: DivisionId::parse(&wire.subject).map_err(|_| invalid("subject"))?,
                reach_number: wire.reach,
                lane_number: wire.lane,
            },
            seq: wire.seq,
            previous,
            written_at_ms: wire.written_at_ms,
            kind: wire.kind.into(),
            payload_digest: Digest::from_bytes(&wire.payload_digest).map_err(|_| invalid("payload_digest"))?,
            payload_bytes: wire.payload_bytes,
            operator: (!wire.operator.is_empty())
                .then(|| OperatorId::parse(&wire.operator))
                .transpose()
                .map_err(|_| invalid("operator"))?,
            signature_algorithm: wire.signature_algorithm,
            key_id: wire.key_id,
        })
    }

    /// The reach as this version reads it.
    pub fn reach(&self) -> Reach {
        self.stream.reach()
    }

    /// The lane as this version reads it.
    pub fn lane(&self) -> Lane {
        self.stream.lane()
    }
}
