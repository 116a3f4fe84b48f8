//! What both ends remember of a session, so that a message need not repeat it: from protocol version 2 on.
//!
//! Invariant: each direction's memory is made of nothing but what was said in that direction before, in its order, so
//! that both ends have the same one. A message that does not fit what is remembered is written in full, so that every
//! message can be said at any time. Left out: what a message means (sync); until both hellos were said, and with a
//! peer of version 1, messages stand for themselves.

use std::collections::VecDeque;

use gongkai_journal::EntryHash;
use gongkai_model::digest::Digest;
use gongkai_proto::link::v1::{self as wire, Frame, frame::Body};
use gongkai_sync::{
    message::{Batch, Carried, Message},
    position::{Position, running_hash},
};

use super::{
    DecodeError, EncodeError,
    fields::{read_position, required, write_position},
    history::History,
    limits::{HASHES_KEPT_MAX, UNACKED_MAX},
    read_frame, write_frame,
};

/// The first protocol version that abridges.
const ABRIDGED_FROM: u32 = 2;

/// The memory of one session at one end.
#[derive(Debug, Default)]
pub struct Talk {
    said: Half,
    heard: Half,
}

/// The memory of one direction.
#[derive(Debug, Default)]
struct Half {
    /// The newest version that the speaker knows; 0 before its hello.
    version_max: u32,
    /// Where its last batch or heads ended.
    last: Option<Position>,
    /// Batches and heads so far.
    count: u64,
    /// Those of them that the other direction has not answered, oldest first.
    unacked: VecDeque<Sent>,
    history: History,
}

/// A batch, or heads.
#[derive(Debug)]
struct Sent {
    number: u64,
    to: Position,
    /// Of its entries, if they are few.
    hashes: Vec<EntryHash>,
}

impl Talk {
    /// The frame of a message that is said now, behind all that were said before.
    pub fn encode(&mut self, message: &Message) -> Result<Frame, EncodeError> {
        if !self.is_abridged() {
            self.said.note_version(message);
            return write_frame(message, None);
        }
        let mut frame = write_frame(message, Some(&mut self.said.history))?;
        match (&mut frame.body, message) {
            (Some(Body::Batch(written)), Message::Batch(batch)) => self.said.abridge(written, batch),
            (Some(Body::Ack(written)), Message::Ack { position, .. }) => {
                if let Some(sent) = self.heard.unacked.pop_front() {
                    self.said.answer(written, position, &sent);
                }
            }
            _ => {}
        }
        self.said.note(message);
        Ok(frame)
    }

    /// The message of a frame that was heard behind all that were heard before.
    pub fn decode(&mut self, frame: Frame) -> Result<Message, DecodeError> {
        if !self.is_abridged() {
            let message = read_frame(frame, None)?;
            self.heard.note_version(&message);
            return Ok(message);
        }
        let message = match frame.body {
            Some(Body::Batch(batch)) => Message::Batch(self.heard.restore(batch)?),
            Some(Body::Ack(ack)) => self.answered(ack)?,
            body => read_frame(Frame { body }, Some(&mut self.heard.history))?,
        };
        if self.heard.unacked.len() >= UNACKED_MAX {
            return Err(DecodeError::TooMany { list: "batches without an answer", count_max: UNACKED_MAX });
        }
        self.heard.note(&message);
        Ok(message)
    }

    /// An acknowledgement of what was said here.
    fn answered(&mut self, mut ack: wire::Ack) -> Result<Message, DecodeError> {
        let mut sent = None;
        if ack.answers > 0 {
            self.said.unacked.retain(|sent| sent.number >= ack.answers);
            sent = self.said.unacked.pop_front().filter(|sent| sent.number == ack.answers);
            let sent = sent.as_ref().ok_or(DecodeError::Invalid { field: "ack.answers" })?;
            ack.position.get_or_insert_with(|| write_position(&sent.to));
        }
        let message = read_frame(Frame { body: Some(Body::Ack(ack)) }, Some(&mut self.heard.history))?;
        // What follows from these entries will name them.
        self.heard.history.note_hashes(&sent.map_or_else(Vec::new, |sent| sent.hashes));
        Ok(message)
    }

    fn is_abridged(&self) -> bool {
        self.said.version_max.min(self.heard.version_max) >= ABRIDGED_FROM
    }
}

impl Half {
    fn note_version(&mut self, message: &Message) {
        if let Message::Hello(hello) = message {
            self.version_max = hello.protocol_max;
        }
    }

    fn note(&mut self, message: &Message) {
        match message {
            Message::Batch(batch) => {
                let hashes = hashes_of(batch);
                self.history.note_hashes(&hashes);
                self.sent(batch.to.clone(), hashes);
            }
            Message::Heads { position: Some(position), .. } => self.sent(position.clone(), Vec::new()),
            Message::Hello(_)
            | Message::Announce { .. }
            | Message::Heads { position: None, .. }
            | Message::Ack { .. }
            | Message::Want { .. }
            | Message::Wanted { .. }
            | Message::Done { .. }
            | Message::Standing(_)
            | Message::Refuse(_) => {}
        }
    }

    /// Says what an acknowledgement answers, and leaves out what follows from that.
    fn answer(&mut self, written: &mut wire::Ack, position: &Position, sent: &Sent) {
        written.answers = sent.number;
        if sent.to == *position {
            written.position = None;
        }
        self.history.note_hashes(&sent.hashes);
    }

    fn sent(&mut self, to: Position, hashes: Vec<EntryHash>) {
        self.last = Some(to.clone());
        self.count += 1;
        // A peer that answers none is not remembered against for ever; one that answers so late is refused.
        if self.unacked.len() >= UNACKED_MAX {
            self.unacked.pop_front();
        }
        self.unacked.push_back(Sent { number: self.count, to, hashes });
    }

    /// Leaves out where a batch begins, if the one before ended there, and the running hash where it ends, if its
    /// entries are all there are.
    fn abridge(&self, written: &mut wire::Batch, batch: &Batch) {
        if self.last.as_ref() == Some(&batch.from) {
            written.from = None;
        }
        if let Some(to) = &mut written.to
            && hash_behind(&batch.from, to.offset, &batch.entries) == Some(batch.to.hash)
        {
            to.hash = Vec::new();
        }
    }

    fn restore(&mut self, mut batch: wire::Batch) -> Result<Batch, DecodeError> {
        if batch.from.is_none() {
            batch.from = self.last.as_ref().map(write_position);
        }
        let from = read_position(&required("batch.from", batch.from.clone())?)?;
        let mut to = required("batch.to", batch.to.take())?;
        let offset = to.offset;
        let is_abridged = to.hash.is_empty();
        if is_abridged {
            to.hash = from.hash.to_bytes().to_vec();
        }
        batch.to = Some(to);
        let mut batch = super::read_batch(batch, Some(&mut self.history))?;
        if is_abridged {
            let hash = hash_behind(&batch.from, offset, &batch.entries);
            batch.to.hash = hash.ok_or(DecodeError::Missing { field: "batch.to.hash" })?;
        }
        Ok(batch)
    }
}

/// The running hash behind a batch that leaves no entry of the feed out; `None` where it leaves some out.
fn hash_behind(from: &Position, offset: u64, entries: &[Carried]) -> Option<Digest> {
    let is_whole = offset.checked_sub(from.offset) == Some(entries.len() as u64);
    is_whole.then(|| entries.iter().map(hash_of).fold(from.hash, |before, hash| running_hash(&before, &hash)))
}

fn hash_of(carried: &Carried) -> EntryHash {
    match carried {
        Carried::Whole(entry) => entry.hash(),
        Carried::Named { tip, .. } => tip.hash,
    }
}

fn hashes_of(batch: &Batch) -> Vec<EntryHash> {
    if batch.entries.len() > HASHES_KEPT_MAX { Vec::new() } else { batch.entries.iter().map(hash_of).collect() }
}
