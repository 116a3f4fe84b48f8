//! What a bundle brought, counted for people.
//!
//! Invariant: every entry in the file is counted once: new, here already, or not taken.

use std::collections::BTreeSet;

use gongkai_journal::EntryHash;
use gongkai_sync::{
    message::{Carried, Fault, Message},
    want::Tip,
};

/// Counts of one reading.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Entries in the file, told whole.
    whole: BTreeSet<EntryHash>,
    /// New here.
    pub(crate) applied: u64,
}

impl Tally {
    pub(super) fn hear(&mut self, message: &Message) {
        match message {
            Message::Batch(batch) => self.whole.extend(batch.entries.iter().filter_map(|carried| match carried {
                Carried::Whole(entry) => Some(entry.hash()),
                Carried::Named { .. } => None,
            })),
            Message::Wanted { entries, .. } => self.whole.extend(entries.iter().map(|entry| entry.hash())),
            Message::Hello(_)
            | Message::Announce { .. }
            | Message::Heads { .. }
            | Message::Ack { .. }
            | Message::Want { .. }
            | Message::Done { .. }
            | Message::Standing(_)
            | Message::Refuse(_) => {}
        }
    }

    /// Entries told whole.
    pub(crate) fn whole(&self) -> impl Iterator<Item = &EntryHash> {
        self.whole.iter()
    }
}

/// An entry that was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) author: String,
    pub(crate) subject: String,
    pub(crate) tip: Tip,
    pub(crate) code: String,
}

impl From<&Fault> for Refused {
    fn from(fault: &Fault) -> Self {
        Self {
            author: fault.stream.author.division.to_string(),
            subject: fault.stream.subject.to_string(),
            tip: fault.tip.clone(),
            code: fault.code.clone(),
        }
    }
}
