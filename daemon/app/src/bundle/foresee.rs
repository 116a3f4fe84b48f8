//! What reading a bundle would bring, counted without taking anything.
//!
//! Invariant: nothing is written. It is a forecast: signatures, keys and trees that the bundle itself brings are not
//! weighed; the reading decides by admission.

use std::collections::BTreeSet;

use gongkai_journal::{Entry, EntryHash};
use gongkai_model::id::DivisionId;
use gongkai_sync::message::{Carried, Message};

use crate::{App, Result};

/// A forecast.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foreseen {
    /// Entries that are not here and follow what is.
    pub fresh: u64,
    /// Entries that are here.
    pub known: u64,
    /// Entries that cannot be taken yet: what goes before them is missing, or they are not this node's business.
    pub missing_before: u64,
    /// Whether the bundle leads on from where we stand.
    pub leads_on: bool,
    seen: BTreeSet<EntryHash>,
}

impl App {
    /// Adds a message of a bundle to the forecast.
    pub async fn foresee(&self, from: &DivisionId, message: &Message, foreseen: &mut Foreseen) -> Result<()> {
        match message {
            Message::Batch(batch) => {
                let stands = self.store().position_of(from).await?;
                let is_ours = stands.map_or_else(|| batch.from.is_beginning(), |stands| stands == batch.from);
                foreseen.leads_on |= is_ours && batch.from != batch.to;
                for carried in &batch.entries {
                    if let Carried::Whole(entry) = carried {
                        self.foresee_entry(entry, foreseen).await?;
                    }
                }
            }
            Message::Wanted { entries, .. } => {
                for entry in entries {
                    self.foresee_entry(entry, foreseen).await?;
                }
            }
            Message::Hello(_)
            | Message::Announce { .. }
            | Message::Heads { .. }
            | Message::Ack { .. }
            | Message::Want { .. }
            | Message::Done { .. }
            | Message::Standing(_)
            | Message::Refuse(_) => {}
        }
        Ok(())
    }

    async fn foresee_entry(&self, entry: &Entry, foreseen: &mut Foreseen) -> Result<()> {
        let hash = entry.hash();
        if foreseen.seen.contains(&hash) {
            return Ok(());
        }
        if self.store().feed_of(&hash).await?.is_some() {
            foreseen.known += 1;
            return Ok(());
        }
        let follows = match entry.header.previous {
            None => true,
            Some(previous) => foreseen.seen.contains(&previous) || self.store().feed_of(&previous).await?.is_some(),
        };
        if follows && self.world().trust.route.takes_entry(&entry.header) {
            foreseen.fresh += 1;
            foreseen.seen.insert(hash);
        } else {
            foreseen.missing_before += 1;
        }
        Ok(())
    }
}
