//! What reading a bundle would bring, counted without taking anything.
//!
//! Invariant: nothing is written. Entries are weighed by the same admission as in a reading, with the keys that the
//! bundle itself brings. It is a forecast in the rest: a tree or a revocation that it brings counts from the reading on,
//! and so does the number of a stream's branches.

use std::collections::BTreeMap;

use gongkai_journal::{Entry, EntryHash, header::Header, keys::certificate_of};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::{
    admit::{self, Known, Occasion, Trust},
    message::{Carried, Fault, Message},
    want::Why,
};

use crate::{App, Result};

/// Refusals remembered: a person reads no more.
const FAULTS_MAX: usize = 1_000;

/// A forecast.
#[derive(Clone, Debug, Default)]
pub struct Foreseen {
    /// Entries that are not here and would be taken.
    pub fresh: u64,
    /// Entries that are here.
    pub known: u64,
    /// Entries that cannot be taken yet: what goes before them or their key is missing, or they are not this node's
    /// business.
    pub missing_before: u64,
    /// Entries that would be refused.
    pub faults: Vec<Fault>,
    /// Whether the bundle leads on from where we stand.
    pub leads_on: bool,
    /// Those that would be taken: stream and sequence.
    taken: BTreeMap<EntryHash, (Digest, u64)>,
    /// What this node believes, with the keys that the bundle has brought so far.
    trust: Option<Trust>,
}

impl App {
    /// Adds a message of a bundle to the forecast.
    pub async fn foresee(&self, from: &DivisionId, message: &Message, foreseen: &mut Foreseen) -> Result<()> {
        match message {
            Message::Batch(batch) => {
                let stands = self.store().position_of(from).await?;
                let is_ours = stands.map_or_else(|| batch.from.is_beginning(), |stands| stands == batch.from);
                foreseen.leads_on |= is_ours && batch.from != batch.to;
                let whole = batch.entries.iter().filter_map(|carried| match carried {
                    Carried::Whole(entry) => Some(entry.as_ref()),
                    Carried::Named { .. } => None,
                });
                self.weigh(Occasion::Tail, whole, foreseen).await?;
            }
            Message::Wanted { entries, .. } => self.weigh(Occasion::Answer, entries.iter(), foreseen).await?,
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

    /// What admission says of entries, in the light of what the bundle has brought before them.
    async fn weigh<'e>(
        &self,
        occasion: Occasion,
        entries: impl Iterator<Item = &'e Entry>,
        foreseen: &mut Foreseen,
    ) -> Result<()> {
        let mut known = Known::default();
        let mut fresh = Vec::new();
        for entry in entries {
            let hash = entry.hash();
            if foreseen.taken.contains_key(&hash) {
                continue;
            }
            if self.store().feed_of(&hash).await?.is_some() {
                foreseen.known += 1;
                known.entries.insert(hash, place(&entry.header));
                continue;
            }
            if let Some(previous) = entry.header.previous.filter(|previous| !known.entries.contains_key(previous)) {
                let taken = foreseen.taken.get(&previous).copied();
                let held = if taken.is_none() { self.store().entry(&previous).await? } else { None };
                let found = taken.or_else(|| held.map(|held| place(&held.header)));
                known.entries.extend(found.map(|place| (previous, place)));
            }
            fresh.push(Carried::Whole(Box::new(entry.clone())));
        }
        let trust = foreseen.trust.get_or_insert_with(|| self.world().trust.clone());
        let admission = admit::admit(known, trust, occasion, fresh);
        for entry in &admission.append {
            foreseen.fresh += 1;
            foreseen.taken.insert(entry.hash(), place(&entry.header));
            if let Some(cert) = certificate_of(&trust.ancestry, entry) {
                trust.keyring.admit(&cert);
            }
        }
        let waiting = admission.wants.iter().filter(|want| want.why != Why::Stopped);
        foreseen.missing_before += waiting.count() as u64;
        let room = FAULTS_MAX.saturating_sub(foreseen.faults.len());
        foreseen.faults.extend(admission.faults.into_iter().take(room));
        Ok(())
    }
}

fn place(header: &Header) -> (Digest, u64) {
    (header.stream.digest(), header.seq)
}
