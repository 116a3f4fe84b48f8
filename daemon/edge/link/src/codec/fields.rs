//! The parts of messages: how each is written, and what it must be to be read.
//!
//! Invariant: a value that leaves here was checked by the type that owns it; nothing a peer sends panics.

use gongkai_journal::{Author, Entry, Incarnation, StreamKey, entry::payload_digest};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_proto::link::v1 as wire;
use gongkai_sync::{
    message::{Carried, Fault, Hello},
    position::Position,
    standing::HeldBy,
    want::{Head, Tip},
};

use super::{
    error::{DecodeError, EncodeError},
    limits::{CODE_BYTES_MAX, DIGEST_MADE_MAX, HOST_BYTES_MAX, PROGRAM_CHARS_MAX, TIPS_MAX},
    read_introduction, write_introduction,
};
use crate::sentence::cleaned;

pub(crate) fn write_digest(digest: &Digest) -> Vec<u8> {
    digest.to_bytes().to_vec()
}

pub(crate) fn read_digest(field: &'static str, bytes: &[u8]) -> Result<Digest, DecodeError> {
    Digest::from_bytes(bytes).map_err(|_| DecodeError::Invalid { field })
}

pub(crate) fn write_incarnation(incarnation: &Incarnation) -> Vec<u8> {
    incarnation.as_bytes().to_vec()
}

pub(crate) fn read_incarnation(field: &'static str, bytes: &[u8]) -> Result<Incarnation, DecodeError> {
    Incarnation::from_slice(bytes).ok_or(DecodeError::Invalid { field })
}

pub(crate) fn read_division(field: &'static str, text: &str) -> Result<DivisionId, DecodeError> {
    DivisionId::parse(text).map_err(|_| DecodeError::Invalid { field })
}

pub(crate) fn required<T>(field: &'static str, value: Option<T>) -> Result<T, DecodeError> {
    value.ok_or(DecodeError::Missing { field })
}

pub(crate) fn write_position(position: &Position) -> wire::Position {
    wire::Position {
        feed_id: write_incarnation(&position.feed_id),
        offset: position.offset,
        hash: write_digest(&position.hash),
        epoch: write_digest(&position.epoch),
    }
}

/// Leaves out what is as in `from`: on a link that stands both are, and they are 49 bytes of every batch.
pub(crate) fn write_position_after(from: &Position, to: &Position) -> wire::Position {
    let mut written = write_position(to);
    if to.feed_id == from.feed_id {
        written.feed_id = Vec::new();
    }
    if to.epoch == from.epoch {
        written.epoch = Vec::new();
    }
    written
}

pub(crate) fn read_position(position: &wire::Position) -> Result<Position, DecodeError> {
    Ok(Position {
        feed_id: read_incarnation("position.feed_id", &position.feed_id)?,
        offset: position.offset,
        hash: read_digest("position.hash", &position.hash)?,
        epoch: read_digest("position.epoch", &position.epoch)?,
    })
}

pub(crate) fn read_position_after(from: &Position, to: wire::Position) -> Result<Position, DecodeError> {
    let mut whole = to;
    if whole.feed_id.is_empty() {
        whole.feed_id = write_incarnation(&from.feed_id);
    }
    if whole.epoch.is_empty() {
        whole.epoch = write_digest(&from.epoch);
    }
    read_position(&whole)
}

pub(super) fn write_stream(stream: &StreamKey) -> wire::StreamKey {
    wire::StreamKey {
        author_division: stream.author.division.to_string(),
        author_incarnation: write_incarnation(&stream.author.incarnation),
        subject: stream.subject.to_string(),
        reach: stream.reach_number,
        lane: stream.lane_number,
    }
}

pub(super) fn read_stream(stream: Option<wire::StreamKey>) -> Result<StreamKey, DecodeError> {
    let stream = required("stream", stream)?;
    Ok(StreamKey {
        author: Author {
            division: read_division("stream.author_division", &stream.author_division)?,
            incarnation: read_incarnation("stream.author_incarnation", &stream.author_incarnation)?,
        },
        subject: read_division("stream.subject", &stream.subject)?,
        reach_number: stream.reach,
        lane_number: stream.lane,
    })
}

pub(super) fn write_tip(tip: &Tip) -> wire::Tip {
    wire::Tip { seq: tip.seq, hash: write_digest(&tip.hash) }
}

pub(super) fn read_tip(tip: &wire::Tip) -> Result<Tip, DecodeError> {
    Ok(Tip { seq: tip.seq, hash: read_digest("tip.hash", &tip.hash)? })
}

pub(super) fn read_required_tip(tip: Option<wire::Tip>) -> Result<Tip, DecodeError> {
    read_tip(&required("tip", tip)?)
}

pub(super) fn write_head(head: &Head) -> wire::Head {
    wire::Head { stream: Some(write_stream(&head.stream)), tips: head.tips.iter().map(write_tip).collect() }
}

pub(super) fn read_head(head: wire::Head) -> Result<Head, DecodeError> {
    if head.tips.len() > TIPS_MAX {
        return Err(DecodeError::TooMany { list: "tips", count_max: TIPS_MAX });
    }
    let tips = head.tips.iter().map(read_tip).collect::<Result<_, _>>()?;
    Ok(Head { stream: read_stream(head.stream)?, tips })
}

pub(super) fn write_fault(fault: &Fault) -> wire::Fault {
    wire::Fault {
        stream: Some(write_stream(&fault.stream)),
        tip: Some(write_tip(&fault.tip)),
        code: fault.code.clone(),
    }
}

pub(super) fn read_fault(fault: wire::Fault) -> Result<Fault, DecodeError> {
    Ok(Fault {
        stream: read_stream(fault.stream)?,
        tip: read_required_tip(fault.tip)?,
        code: read_code("fault.code", fault.code)?,
    })
}

/// Codes reach logs and screens: letters, digits and hyphens, and not many.
pub(super) fn read_code(field: &'static str, code: String) -> Result<String, DecodeError> {
    if is_code(&code) { Ok(code) } else { Err(DecodeError::Invalid { field }) }
}

/// Whether the text has the form of an error code.
pub(crate) fn is_code(code: &str) -> bool {
    let is_plain = code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-');
    !code.is_empty() && code.len() <= CODE_BYTES_MAX && is_plain
}

pub(super) fn write_hello(hello: &Hello) -> Result<wire::Hello, EncodeError> {
    Ok(wire::Hello {
        protocol_min: hello.protocol_min,
        protocol_max: hello.protocol_max,
        division: hello.division.to_string(),
        incarnation: write_incarnation(&hello.incarnation),
        feed_id: write_incarnation(&hello.feed_id),
        daemon_id: write_incarnation(&hello.daemon_id),
        host: hello.host.clone(),
        position: hello.position.as_ref().map(write_position),
        is_live: hello.is_live,
        program: hello.program.clone(),
        introduction: write_introduction(&hello.introduction)?,
    })
}

pub(super) fn read_hello(hello: wire::Hello) -> Result<Hello, DecodeError> {
    if hello.host.len() > HOST_BYTES_MAX {
        return Err(DecodeError::Invalid { field: "hello.host" });
    }
    Ok(Hello {
        protocol_min: hello.protocol_min,
        protocol_max: hello.protocol_max,
        division: read_division("hello.division", &hello.division)?,
        incarnation: read_incarnation("hello.incarnation", &hello.incarnation)?,
        feed_id: read_incarnation("hello.feed_id", &hello.feed_id)?,
        daemon_id: read_incarnation("hello.daemon_id", &hello.daemon_id)?,
        host: cleaned(&hello.host),
        position: hello.position.as_ref().map(read_position).transpose()?,
        is_live: hello.is_live,
        program: cleaned(&hello.program).chars().take(PROGRAM_CHARS_MAX).collect(),
        introduction: read_introduction(hello.introduction)?,
    })
}

pub(super) fn write_held(held: &HeldBy) -> wire::HeldBy {
    wire::HeldBy {
        division: held.division.to_string(),
        offset: held.offset,
        hash: write_digest(&held.hash),
        age_ms: held.age_ms,
    }
}

pub(super) fn read_held(held: wire::HeldBy) -> Result<HeldBy, DecodeError> {
    Ok(HeldBy {
        division: read_division("held.division", &held.division)?,
        offset: held.offset,
        hash: read_digest("held.hash", &held.hash)?,
        age_ms: held.age_ms,
    })
}

/// `is_brief`: the digest of a small payload stands in the header and is left out: the receiver makes it.
pub(super) fn write_entry(entry: &Entry, is_brief: bool) -> wire::EntryParts {
    let mut header = entry.header_bytes.clone();
    let payload = entry.payload.as_ref().filter(|payload| is_brief && payload.len() <= DIGEST_MADE_MAX);
    let digest = payload.map(|payload| payload_digest(payload).to_bytes());
    let digest_at = digest.and_then(|digest| header.windows(digest.len()).position(|bytes| bytes == digest));
    if let (Some(at), Some(digest)) = (digest_at, digest) {
        header.drain(at..at + digest.len());
    }
    wire::EntryParts {
        header,
        signature: entry.signature.clone(),
        payload: entry.payload.clone(),
        digest_at: digest_at.and_then(|at| u32::try_from(at).ok()),
    }
}

pub(super) fn read_entry(index: usize, parts: wire::EntryParts) -> Result<Entry, DecodeError> {
    let wire::EntryParts { mut header, signature, payload, digest_at } = parts;
    if let Some(at) = digest_at {
        let payload = required("entry.payload", payload.as_ref())?;
        let at = usize::try_from(at).ok().filter(|at| *at <= header.len());
        let at = at.ok_or(DecodeError::Invalid { field: "entry.digest_at" })?;
        header.splice(at..at, payload_digest(payload).to_bytes());
    }
    Entry::from_parts(header, signature, payload).map_err(|source| DecodeError::Entry { index, source })
}

pub(super) fn write_carried(carried: &Carried, is_brief: bool) -> wire::Carried {
    let what = match carried {
        Carried::Whole(entry) => wire::carried::What::Whole(write_entry(entry, is_brief)),
        Carried::Named { stream, tip } => {
            wire::carried::What::Named(wire::Named { stream: Some(write_stream(stream)), tip: Some(write_tip(tip)) })
        }
    };
    wire::Carried { what: Some(what) }
}

pub(super) fn read_carried(index: usize, carried: wire::Carried) -> Result<Carried, DecodeError> {
    match required("carried", carried.what)? {
        wire::carried::What::Whole(parts) => Ok(Carried::Whole(Box::new(read_entry(index, parts)?))),
        wire::carried::What::Named(named) => {
            Ok(Carried::Named { stream: read_stream(named.stream)?, tip: read_required_tip(named.tip)? })
        }
    }
}
