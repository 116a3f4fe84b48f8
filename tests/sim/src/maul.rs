//! Relays that alter what they pass on, and peers that lie about the receiver's past.
//!
//! Invariant: what is altered here was never written by its author, so no machine may store it; the entry itself comes
//! another time. What is said of the receiver's past and never shown holds nobody. Left out: relays that keep things back, which is a broken link, and that mint keys (keys).

use std::collections::BTreeMap;

use gongkai_journal::{
    Author, Entry, Lane, Reach, StreamKey,
    entry::hash_of,
    sign::{Ed25519Signer, Signer, message},
};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::{
    message::{Carried, Message},
    want::{Head, Tip},
};

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
        if self.plan.lies && self.later.one_in(8) {
            self.lie(&to, &mut message);
        }
        let link = &mut self.links[index];
        if let Some(budget) = link.budget.as_mut() {
            *budget = budget.saturating_sub(1);
        }
        link.ends[1 - side].inbox.push_back(message);
    }

    /// Says of the receiver's past what nobody can show: a place of its feed, a head, a name.
    fn lie(&mut self, to: &DivisionId, message: &mut Message) {
        let places = self.machines_of(to);
        let incarnation = places.first().and_then(|place| self.nodes[*place].as_ref()).map(|node| node.incarnation);
        let Some(incarnation) = incarnation else { return };
        let hash = Digest::of("made up", &[&self.later.bytes16()]);
        let author = Author { division: to.clone(), incarnation };
        let stream = StreamKey::new(author, to.clone(), Reach::Path, Lane::Work);
        let tip = Tip { seq: 1 + self.later.below(90) as u64, hash };
        let what = match message {
            Message::Hello(hello) => {
                let Some(position) = hello.position.as_mut() else { return };
                position.hash = hash;
                "place"
            }
            Message::Heads { heads, .. } => {
                heads.push(Head { stream, tips: vec![tip] });
                "head"
            }
            Message::Batch(batch) => {
                batch.entries.push(Carried::Named { stream, tip });
                "name"
            }
            Message::Announce { .. }
            | Message::Ack { .. }
            | Message::Want { .. }
            | Message::Wanted { .. }
            | Message::Done { .. }
            | Message::Standing(_)
            | Message::Refuse(_) => return,
        };
        self.log(&format!("{to} is told a made-up {what} of its own past"));
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
