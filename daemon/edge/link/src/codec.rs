//! Messages of the engine to frames and back: the only place that knows the wire's shape of a session.
//!
//! Invariant: what [`decode`] answers passed every check of form; [`encode`] makes no list that it would not take.
//! Left out: whether an entry is believed (sync), and how frames travel (grpc).

use gongkai_journal::Entry;
use gongkai_proto::link::v1::{self as wire, Frame, frame::Body};
use gongkai_sync::{
    message::{Batch, Message, Refusal},
    standing::Standing,
};
use prost::Message as _;

mod error;
pub(crate) mod fields;
mod history;
pub mod limits;
mod packed;
mod talk;

pub use error::{DecodeError, EncodeError};
pub(crate) use fields::is_code;
pub use packed::{DICTIONARY, DICTIONARY_1};
pub use talk::Talk;

use crate::sentence::cleaned;
use fields::{
    read_carried, read_code, read_entry, read_fault, read_head, read_held, read_hello, read_position,
    read_position_after, read_required_tip, read_stream, read_tip, required, write_carried, write_entry, write_fault,
    write_head, write_held, write_hello, write_position, write_position_after, write_stream, write_tip,
};
use history::History;
use limits::{FRAME_BYTES_MAX, List};
use packed::{pack, unpack};

/// The frame of a message that stands for itself.
pub fn encode(message: &Message) -> Result<Frame, EncodeError> {
    write_frame(message, None)
}

/// The message of a frame that stands for itself.
pub fn decode(frame: Frame) -> Result<Message, DecodeError> {
    read_frame(frame, None)
}

/// Writes a message; with what was said before in its direction, its lists build on that.
fn write_frame(message: &Message, mut history: Option<&mut History>) -> Result<Frame, EncodeError> {
    let is_brief = history.is_some();
    let history = &mut history;
    let body = match message {
        Message::Hello(hello) => Body::Hello(write_hello(hello)?),
        Message::Announce { entries } => Body::Announce(wire::Announce { entries: *entries }),
        Message::Heads { heads, position, wants_answer } => Body::Heads(wire::Heads {
            heads: pack(List::Heads, heads.iter().map(write_head), history)?,
            position: position.as_ref().map(write_position),
            wants_answer: *wants_answer,
        }),
        Message::Batch(batch) => Body::Batch(wire::Batch {
            from: Some(write_position(&batch.from)),
            to: Some(write_position_after(&batch.from, &batch.to)),
            entries: pack(List::Batch, batch.entries.iter().map(|carried| write_carried(carried, is_brief)), history)?,
        }),
        Message::Ack { position, faults } => Body::Ack(wire::Ack {
            position: Some(write_position(position)),
            faults: pack(List::Faults, faults.iter().map(write_fault), history)?,
            answers: 0,
        }),
        Message::Want { request, stream, tip, haves } => Body::Want(wire::Want {
            request: *request,
            stream: Some(write_stream(stream)),
            tip: Some(write_tip(tip)),
            haves: pack(List::Haves, haves.iter().map(write_tip), history)?,
        }),
        Message::Wanted { request, entries, is_complete } => Body::Wanted(wire::Wanted {
            request: *request,
            entries: pack(List::Wanted, entries.iter().map(|entry| write_entry(entry, is_brief)), history)?,
            is_complete: *is_complete,
        }),
        Message::Done { seen } => Body::Done(wire::Done { seen: *seen }),
        Message::Standing(standing) => Body::Standing(wire::Standing {
            wanted_entries: standing.wanted_entries,
            wanted_streams: standing.wanted_streams,
            held: pack(List::Held, standing.held.iter().map(write_held), history)?,
        }),
        Message::Refuse(refusal) => {
            Body::Refuse(wire::Refuse { code: refusal.code.clone(), message: refusal.message.clone() })
        }
    };
    Ok(Frame { body: Some(body) })
}

/// The entries that name a certificate; each written in full, whatever the version, for it may be the first word.
pub(crate) fn write_introduction(entries: &[Entry]) -> Result<Option<wire::Packed>, EncodeError> {
    pack(List::Introduction, entries.iter().map(|entry| write_entry(entry, false)), &mut None)
}

pub(crate) fn read_introduction(packed: Option<wire::Packed>) -> Result<Vec<Entry>, DecodeError> {
    unpack(List::Introduction, packed, read_entry, &mut None)
}

fn read_frame(frame: Frame, mut history: Option<&mut History>) -> Result<Message, DecodeError> {
    let history = &mut history;
    match frame.body.ok_or(DecodeError::UnknownMessage)? {
        Body::Hello(hello) => read_hello(hello).map(Message::Hello),
        Body::Announce(announce) => Ok(Message::Announce { entries: announce.entries }),
        Body::Heads(heads) => Ok(Message::Heads {
            heads: unpack(List::Heads, heads.heads, |_, head| read_head(head), history)?,
            position: heads.position.as_ref().map(read_position).transpose()?,
            wants_answer: heads.wants_answer,
        }),
        Body::Batch(batch) => read_batch(batch, history.as_deref_mut()).map(Message::Batch),
        Body::Ack(ack) => Ok(Message::Ack {
            position: read_position(&required("ack.position", ack.position)?)?,
            faults: unpack(List::Faults, ack.faults, |_, fault| read_fault(fault), history)?,
        }),
        Body::Want(want) => Ok(Message::Want {
            request: want.request,
            stream: read_stream(want.stream)?,
            tip: read_required_tip(want.tip)?,
            haves: unpack(List::Haves, want.haves, |_, tip| read_tip(&tip), history)?,
        }),
        Body::Wanted(wanted) => Ok(Message::Wanted {
            request: wanted.request,
            entries: unpack(List::Wanted, wanted.entries, read_entry, history)?,
            is_complete: wanted.is_complete,
        }),
        Body::Done(done) => Ok(Message::Done { seen: done.seen }),
        Body::Standing(standing) => Ok(Message::Standing(Standing {
            wanted_entries: standing.wanted_entries,
            wanted_streams: standing.wanted_streams,
            held: unpack(List::Held, standing.held, |_, held| read_held(held), history)?,
        })),
        Body::Refuse(refusal) => Ok(Message::Refuse(Refusal {
            code: read_code("refuse.code", refusal.code)?,
            message: cleaned(&refusal.message),
        })),
    }
}

/// The bytes of a message, as they stand in a file or inside a gRPC message.
pub fn to_bytes(message: &Message) -> Result<Vec<u8>, EncodeError> {
    Ok(encode(message)?.encode_to_vec())
}

/// The message of bytes from anybody.
pub fn from_bytes(bytes: &[u8]) -> Result<Message, DecodeError> {
    if bytes.len() > FRAME_BYTES_MAX {
        return Err(DecodeError::FrameTooLong { bytes: bytes.len() });
    }
    decode(Frame::decode(bytes).map_err(|_| DecodeError::Undecodable { part: "frame" })?)
}

fn read_batch(batch: wire::Batch, mut history: Option<&mut History>) -> Result<Batch, DecodeError> {
    let from = read_position(&required("batch.from", batch.from)?)?;
    let to = read_position_after(&from, required("batch.to", batch.to)?)?;
    Ok(Batch { from, to, entries: unpack(List::Batch, batch.entries, read_carried, &mut history)? })
}
