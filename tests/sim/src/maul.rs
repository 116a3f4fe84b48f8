//! Relays that alter what they pass on.
//!
//! Invariant: what is altered here was never written by its author, so no machine may store it; the entry itself comes
//! another time. Left out: relays that keep things back, which is a broken link, and that mint keys (keys).

use std::collections::BTreeMap;

use gongkai_journal::{
    Entry,
    entry::hash_of,
    sign::{Ed25519Signer, Signer, message},
};
use gongkai_model::id::DivisionId;
use gongkai_sync::message::{Carried, Message};

use crate::{mutation::Mutation, world::World};

type Signers = BTreeMap<DivisionId, Ed25519Signer>;

impl World<'_> {
    /// A message on its way, altered by a hostile relay now and then.
    pub(crate) fn pass(&mut self, index: usize, side: usize, mut message: Message) {
        let to = self.links[index].ends[side].replica.peer.clone();
        self.watch.message(&to, &message);
        if self.plan.mauls && self.chance.one_in(25) {
            self.maul(&mut message);
        }
        let link = &mut self.links[index];
        if let Some(budget) = link.budget.as_mut() {
            *budget = budget.saturating_sub(1);
        }
        link.ends[1 - side].inbox.push_back(message);
    }

    /// Alters a signature or a payload, or adds a forged entry.
    fn maul(&mut self, message: &mut Message) {
        let how = self.chance.below(4);
        let signers = (self.mutation == Mutation::SignaturesUnchecked).then_some(&self.signers);
        let forged = match message {
            Message::Batch(batch) => {
                let whole = batch.entries.iter_mut().find_map(|carried| match carried {
                    Carried::Whole(entry) => Some(entry),
                    Carried::Named { .. } => None,
                });
                let forged = whole.and_then(|entry| altered(entry, how, signers));
                batch.entries.extend(forged.clone().map(|entry| Carried::Whole(Box::new(entry))));
                forged
            }
            Message::Wanted { entries, .. } => {
                let forged = entries.last_mut().and_then(|entry| altered(entry, how, signers));
                entries.extend(forged.clone());
                forged
            }
            Message::Hello(_)
            | Message::Announce { .. }
            | Message::Heads { .. }
            | Message::Ack { .. }
            | Message::Want { .. }
            | Message::Done { .. }
            | Message::Standing(_)
            | Message::Refuse(_) => return,
        };
        self.log(&format!("a message is altered ({how}, forged {})", forged.is_some()));
    }
}

/// Alters the entry in place, or gives a forged one beside it; with `signers` under a signature that will do.
fn altered(entry: &mut Entry, how: usize, signers: Option<&Signers>) -> Option<Entry> {
    match how {
        0 => {
            entry.signature[0] ^= 1;
            None
        }
        1 => {
            entry.payload.get_or_insert_default().push(0);
            None
        }
        2 => {
            *entry = entry.without_payload();
            None
        }
        _ => {
            let mut header = entry.header.clone();
            header.written_at_ms = header.written_at_ms.wrapping_add(1);
            let bytes = header.encode();
            let signer = signers.and_then(|signers| signers.get(&header.stream.author.division));
            let signature = signer.map(|signer| signer.sign(&message(&hash_of(&bytes))));
            Entry::from_parts(bytes, signature.unwrap_or_else(|| entry.signature.clone()), entry.payload.clone()).ok()
        }
    }
}
