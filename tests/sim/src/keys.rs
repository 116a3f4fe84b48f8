//! Keys that end and keys that are made up: a parent revokes a division's key and gives it another; a relay with an
//! authority mints a key for a division below it, in the open or where the division does not see it.
//!
//! Invariant: what a hidden key signed is never among what was written; what an open one signed is, for whoever stands
//! above a division may mint for it where all see it. Left out: theft of machines; what the old key goes on to sign is
//! what was under way.

use gongkai_journal::{
    Author, Entry, EntryHash, Header, Incarnation, Lane, Reach, StreamKey,
    kind::Kind,
    payload::{self, GoodHead, KeyRevoke},
    sign::{Ed25519Signer, PublicKey, Signer},
};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::{admit::Occasion, message::Carried};

use crate::{
    Arrival,
    founding::cert_of,
    node::{Act, Node},
    review::made_up,
    store::now,
    world::{World, opening},
};

impl World<'_> {
    /// A division's parent revokes its key: good is what has arrived at the parent. The division goes on under another
    /// key and in a new incarnation, for its streams may go on beyond what counts.
    pub(crate) fn revoke(&mut self, place: usize) {
        if self.plan.revocations_left == 0 || place == 0 || place >= self.divisions.len() {
            return;
        }
        let division = self.divisions[place].id.clone();
        let parent = self.nodes[place].as_ref().and_then(Node::parent).and_then(|parent| self.place(parent));
        let Some(parent) = parent else { return };
        let key_id = self.signers[&division].key_id();
        let Some(above) = self.nodes[parent].as_ref() else { return };
        if above.trust.keyring.get(&division, &key_id).is_none() {
            return;
        }
        self.plan.revocations_left -= 1;
        let revocation = KeyRevoke {
            part: None,
            division: division.clone(),
            key_id: hex::encode(key_id),
            good: good_heads(above, &division),
            reason: "stolen".to_owned(),
            is_retired: false,
        };
        self.log(&format!("{parent} revokes the key of {division}"));
        if !self.write(parent, vec![Act::of(Kind::KeyRevoke, division.clone(), payload::encode(&revocation))]) {
            return;
        }
        self.former_keys.push((division.clone(), self.public(&division)));
        let (fresh, incarnation) = (self.draw_key(), self.life());
        let stolen = self.signers.insert(division.clone(), fresh);
        if let Some(stolen) = stolen {
            self.forge(place, parent, &revocation.good, &stolen);
        }
        if let Some(node) = self.nodes[place].as_mut() {
            node.incarnation = incarnation;
        }
        self.certify(place);
        self.write(place, vec![opening(&division, "renewed")]);
    }

    /// Whoever has a revoked key writes a submission at a sequence that was good, beside what stands there, and brings it
    /// to a machine above.
    fn forge(&mut self, place: usize, parent: usize, good: &[GoodHead], stolen: &Ed25519Signer) {
        let division = self.divisions[place].id.clone();
        let is_own = |head: &&GoodHead| {
            let stream = &head.stream;
            (&stream.subject, stream.reach(), stream.lane()) == (&division, Reach::Path, Lane::Work) && head.seq > 1
        };
        let Some(head) = good.iter().find(is_own) else { return };
        let content = made_up(&mut self.chance, &division);
        let entry = Entry::sign(header_of(head.stream.clone(), Kind::Submission.word()), content, stolen);
        self.log(&format!("somebody writes in the name of {division} under its former key"));
        self.watch.write(&entry);
        let revoked_by = self.nodes[parent].as_ref().and_then(last_revocation);
        self.watch.void.insert(entry.hash(), revoked_by);
        let target = self.nodes[place].as_ref().and_then(Node::parent).and_then(|parent| self.place(parent));
        let now_ms = self.clock();
        let Some(node) = target.and_then(|target| self.nodes[target].as_mut()) else { return };
        if now(node.store.apply(brought(division, entry, now_ms), &node.trust, &|_| None)).is_ok() {
            node.catch_up();
        }
    }

    /// A relay mints a key for a division below it and writes an entry in its name.
    pub(crate) fn mint(&mut self, place: usize) {
        let Some(node) = self.nodes[place].as_ref() else { return };
        let below: Vec<DivisionId> = node.trust.tree.children(&node.division).cloned().collect();
        if self.plan.mints_left == 0 || below.is_empty() {
            return;
        }
        self.plan.mints_left -= 1;
        let relay = node.division.clone();
        let victim = below[self.chance.below(below.len())].clone();
        let is_open = self.chance.one_in(2);
        let (minted, incarnation) = (self.draw_key(), self.life());
        let key = PublicKey { algorithm: minted.algorithm(), bytes: minted.public_key() };
        let cert = cert_of(&victim, incarnation, &key);
        let subject = if is_open { victim.clone() } else { relay };
        self.log(&format!("{place} mints a key for {victim}, open {is_open}"));
        if !self.write(place, vec![Act::of(Kind::CertPut, subject, payload::encode(&cert))]) {
            return;
        }
        let entry = forged(&victim, incarnation, &minted);
        if is_open {
            self.watch.write(&entry);
            // It stands by what everybody may see, should its certificate be set aside.
            self.former_keys.push((victim.clone(), key.clone()));
        }
        let now_ms = self.clock();
        let Some(node) = self.nodes[place].as_mut() else { return };
        // Its own store takes what it made up, by whatever key.
        let mut trust = node.trust.clone();
        trust.keyring.pin(victim.clone(), key);
        if now(node.store.apply(brought(victim, entry, now_ms), &trust, &|_| None)).is_ok() {
            node.catch_up();
        }
    }

    fn draw_key(&mut self) -> Ed25519Signer {
        let seed = [self.chance.bytes16(), self.chance.bytes16()].concat();
        Ed25519Signer::from_seed(&seed).expect("32 bytes")
    }
}

/// The ends of a division's streams as they are held on a machine.
fn good_heads(node: &Node, division: &DivisionId) -> Vec<GoodHead> {
    let tips = now(node.store.db.all_tips()).unwrap_or_default();
    let own = tips.into_iter().filter(|(stream, _)| stream.author.division == *division);
    own.map(|(stream, tip)| GoodHead { stream, seq: tip.seq, hash: tip.hash }).collect()
}

/// One entry as a peer brings it.
fn last_revocation(node: &Node) -> Option<EntryHash> {
    let tables = node.store.db.tables();
    let found = tables.rows.iter().rev().find(|row| row.entry.header.kind == Kind::KeyRevoke);
    found.map(|row| row.entry.hash())
}

fn brought(peer: DivisionId, entry: Entry, now_ms: i64) -> Arrival {
    let entries = vec![Carried::Whole(Box::new(entry))];
    Arrival { peer, entries, occasion: Occasion::Tail, advance: None, answered: None, own: None, now_ms }
}

fn forged(division: &DivisionId, incarnation: Incarnation, signer: &Ed25519Signer) -> Entry {
    let author = Author { division: division.clone(), incarnation };
    let stream = StreamKey::new(author, division.clone(), Reach::Path, Lane::Work);
    Entry::sign(header_of(stream, "note"), b"made up".to_vec(), signer)
}

/// The header of a stream's first entry.
fn header_of(stream: StreamKey, kind: &str) -> Header {
    Header {
        stream,
        seq: 1,
        previous: None,
        written_at_ms: 0,
        kind: kind.into(),
        // Signing fills in what follows from payload and key.
        payload_digest: Digest::of("", &[]),
        payload_bytes: 0,
        operator: None,
        signature_algorithm: 0,
        key_id: Vec::new(),
    }
}
