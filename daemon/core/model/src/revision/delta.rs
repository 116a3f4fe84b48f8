//! From a revision to the body that carries it: in full, as a delta, and cut to the size of an entry.
//!
//! Invariant: applying what this file makes, on the base it was made from, gives back the same revision.
//! Left out: which base the receiver holds; the caller knows what its stream has carried.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use super::{ItemBatch, Move, Put, Revision, RevisionBody, RevisionError, Slot, apply::within};
use crate::{digest::Digest, id::ItemId};

/// Room for what surrounds the puts of a batch: field names and a catalog id of the longest form.
const BATCH_FRAME_BYTES: usize = 256;

/// A digest's text with its quotes and comma, in a list of parts.
const PART_NAME_BYTES: usize = 80;

impl Revision {
    /// The body that needs no base.
    pub fn full(&self) -> RevisionBody {
        let puts = self.items.iter().map(|(id, slot)| put_of(id, slot)).collect();
        RevisionBody { puts, ..self.frame(None) }
    }

    /// The body that leads from `base` here; in full when `base` is of another catalog.
    pub fn delta_from(&self, base: &Revision) -> RevisionBody {
        if base.catalog != self.catalog {
            return self.full();
        }
        let mut body = self.frame(Some(base.digest()));
        for (id, slot) in &self.items {
            match base.items.get(id) {
                Some(before) if before == slot => {}
                Some(before) if before.digest() == slot.digest() => {
                    body.moves.push(Move { id: id.clone(), order: slot.order, serial: slot.serial.clone() });
                }
                Some(_) | None => body.puts.push(put_of(id, slot)),
            }
        }
        body.removes = base.items.keys().filter(|id| !self.items.contains_key(*id)).cloned().collect();
        body
    }

    fn frame(&self, base: Option<Digest>) -> RevisionBody {
        RevisionBody {
            catalog: self.catalog.clone(),
            revision: self.digest(),
            parents: self.parents.clone(),
            base,
            header: raw(self.header.as_json()),
            puts: Vec::new(),
            moves: Vec::new(),
            removes: Vec::new(),
            parts: Vec::new(),
        }
    }
}

fn put_of(id: &ItemId, slot: &Slot) -> Put {
    Put { id: id.clone(), order: slot.order, serial: slot.serial.clone(), item: raw(slot.item().as_json()) }
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).expect("canonical bytes are JSON: their makers parsed or wrote them")
}

/// Cuts a body so that neither it nor any batch is longer than `payload_bytes_max` as JSON. A body that fits is
/// returned as it is. The caller appends the batches first and names their entry hashes in the body's `parts`
/// (room for these is left), and takes off beforehand what else stands beside the body in its payload.
pub fn split(body: RevisionBody, payload_bytes_max: usize) -> Result<(Vec<ItemBatch>, RevisionBody), RevisionError> {
    if json_bytes(&body) <= payload_bytes_max {
        return Ok((Vec::new(), body));
    }
    let RevisionBody { catalog, puts, moves, .. } = body;
    let body = RevisionBody { catalog: catalog.clone(), puts: Vec::new(), moves: Vec::new(), ..body };
    let room = payload_bytes_max.saturating_sub(BATCH_FRAME_BYTES);
    let put_runs = runs(puts, room)?;
    let move_runs = runs(moves, room)?;
    let batch = |puts, moves| ItemBatch { catalog: catalog.clone(), puts, moves };
    let batches: Vec<ItemBatch> = put_runs
        .into_iter()
        .map(|puts| batch(puts, Vec::new()))
        .chain(move_runs.into_iter().map(|moves| batch(Vec::new(), moves)))
        .collect();
    within("item batches of a revision", batches.len(), super::PARTS_MAX)?;
    let named = json_bytes(&body) + batches.len() * PART_NAME_BYTES;
    within("bytes of a revision without its items", named, payload_bytes_max)?;
    Ok((batches, body))
}

/// Cuts a list into runs whose JSON is within `room`.
fn runs<T: Serialize>(list: Vec<T>, room: usize) -> Result<Vec<Vec<T>>, RevisionError> {
    let mut runs: Vec<Vec<T>> = Vec::new();
    let mut used = room;
    for one in list {
        let bytes = json_bytes(&one) + 1;
        within("bytes of an item in its entry", bytes, room)?;
        if used + bytes > room {
            runs.push(Vec::new());
            used = 0;
        }
        used += bytes;
        runs.last_mut().expect("a run was opened above").push(one);
    }
    Ok(runs)
}

fn json_bytes(value: &impl Serialize) -> usize {
    let mut count = Count(0);
    // Payload structs of text, numbers and raw JSON always serialise.
    serde_json::to_writer(&mut count, value).map_or(usize::MAX, |()| count.0)
}

/// Counts what is written and keeps nothing.
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
