//! Which certificates and keys of a division stand, what tells a peer so that has not heard of them, and what ends those
//! of a lost node.
//!
//! Invariant: a certificate opens a session only where an entry names it that stands: allowed, not merely not forbidden.
//! Whoever has an authority's key can sign certificates; he cannot make entries that stand. So that an honest first
//! session never waits for itself, each side brings the entry that names it, and those above it, in its first words.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use gongkai_journal::{
    Entry,
    keys::certificate_of,
    kind::Kind,
    payload::{self, CertPut, KeyRecord, KeyRevoke},
    sign::PublicKey,
};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_store::{Draft, Store};
use gongkai_sync::message::INTRODUCTION_MAX;

use crate::{App, Result, World};

/// Where the introduction is kept that a parent gave with the certificate.
const INTRODUCTION: &str = "trust.introduction";

/// A certificate with the entry that names it.
#[derive(Clone, Debug)]
pub(crate) struct Certified {
    /// What the entry says.
    pub(crate) cert: CertPut,
    /// The entry.
    pub(crate) entry: Arc<Entry>,
}

/// What is known of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertStanding {
    /// An entry that stands names it.
    Named,
    /// No entry names it.
    Unnamed,
    /// Its division's key was revoked or retired.
    Ended,
    /// The key under which it was issued has been revoked since: good for a renewal at that one's successor. One that
    /// was retired carries what it had issued.
    IssuerRevoked,
}

/// What peers brought of their certificates in this process, and what the parent gave of this node's own: it counts
/// beside the journal, for a node may not be routed all of it.
#[derive(Debug, Default)]
pub(crate) struct Introduced(Mutex<BTreeMap<DivisionId, Vec<Entry>>>);

impl Introduced {
    fn of(&self, division: &DivisionId) -> Vec<Entry> {
        // A panic elsewhere leaves the map as it was.
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.get(division).cloned().unwrap_or_default()
    }

    fn keep(&self, division: &DivisionId, entries: Vec<Entry>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(division.clone(), entries);
    }
}

impl World {
    /// What is known of the certificate of this fingerprint, with what its holder brought.
    pub fn standing(&self, division: &DivisionId, fingerprint: &Digest, brought: &[Entry]) -> CertStanding {
        let fingerprint = fingerprint.to_hex();
        let is_it = |cert: &CertPut| cert.division == *division && cert.tls_fingerprint == fingerprint;
        let held = self.certificates_of(division).iter().map(|it| (&it.cert, it.entry.as_ref()));
        let found = self.standing_by(held.filter(|(cert, _)| is_it(cert)));
        if found != CertStanding::Unnamed || brought.is_empty() {
            return found;
        }
        let believed = self.believed(brought);
        self.standing_by(believed.iter().map(|(cert, entry)| (cert, *entry)).filter(|(cert, _)| is_it(cert)))
    }

    /// What those entries say that name one certificate.
    fn standing_by<'e>(&self, naming: impl Iterator<Item = (&'e CertPut, &'e Entry)>) -> CertStanding {
        let mut found = CertStanding::Unnamed;
        for (cert, entry) in naming {
            let header = &entry.header;
            if self.has_ended(cert) {
                return CertStanding::Ended;
            }
            if !self.trust.keyring.is_revoked(&header.stream.author.division, &header.key_id) {
                return CertStanding::Named;
            }
            found = CertStanding::IssuerRevoked;
        }
        found
    }

    /// Of entries that a peer brought those that name certificates under keys that the journal, or those before them,
    /// have made known.
    pub(crate) fn believed<'e>(&self, brought: &'e [Entry]) -> Vec<(CertPut, &'e Entry)> {
        let (mut ring, mut believed) = (self.trust.keyring.clone(), Vec::new());
        for entry in brought.iter().take(INTRODUCTION_MAX) {
            let cert = certificate_of(&self.trust.ancestry, entry).filter(|_| entry.payload_matches() == Some(true));
            let Some(cert) = cert.filter(|_| ring.check(entry).is_ok() && ring.counts(entry)) else { continue };
            ring.admit(&cert);
            believed.push((cert, entry));
        }
        believed
    }

    /// The entry that names a certificate of a division, behind those that name the keys above it, the top's first;
    /// empty where none is known.
    pub fn introduction(&self, division: &DivisionId, fingerprint: &Digest) -> Vec<Entry> {
        let fingerprint = fingerprint.to_hex();
        let mut next = self.certificates_of(division).iter().rfind(|it| it.cert.tls_fingerprint == fingerprint);
        let mut chain: Vec<Entry> = Vec::new();
        while let Some(certified) = next.filter(|_| chain.len() < INTRODUCTION_MAX) {
            let header = &certified.entry.header;
            let (author, by) = (&header.stream.author.division, hex::encode(&header.key_id));
            chain.push(certified.entry.as_ref().clone());
            let is_top = certified.cert.division == self.root;
            let above = self.certificates_of(author).iter().rfind(|it| key_id(&it.cert) == by);
            next = above.filter(|_| !is_top);
        }
        chain.reverse();
        chain
    }

    /// Whether a key like this was ever certified for the division.
    pub(crate) fn has_key(&self, division: &DivisionId, is_like: impl Fn(&KeyRecord) -> bool) -> bool {
        self.certificates_of(division).iter().any(|it| is_like(&it.cert.entry_key))
    }

    /// The ids of a division's keys that stand.
    pub(crate) fn standing_keys(&self, division: &DivisionId) -> Vec<String> {
        let mut keys: Vec<String> = self.certs_of(division).filter(|cert| !self.has_ended(cert)).map(key_id).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// The entries that end every other key of the division: its machine is lost. What those keys signed stays good
    /// wherever it turns up, because the machine took them with it.
    pub(crate) fn retirements(&self, division: &DivisionId, successor: &KeyRecord) -> Vec<Draft> {
        let mut ended: Vec<String> = Vec::new();
        for cert in self.certs_of(division) {
            let key_id = key_id(cert);
            if cert.entry_key != *successor && !self.has_ended(cert) && !ended.contains(&key_id) {
                ended.push(key_id);
            }
        }
        let retire = |key_id| KeyRevoke {
            part: None,
            division: division.clone(),
            key_id,
            good: Vec::new(),
            reason: "rebuild".to_owned(),
            is_retired: true,
        };
        let payloads = ended.into_iter().map(|key_id| payload::encode(&retire(key_id)));
        payloads.map(|payload| Draft::of(Kind::KeyRevoke, division.clone(), payload)).collect()
    }

    fn certs_of(&self, division: &DivisionId) -> impl Iterator<Item = &CertPut> {
        self.certificates_of(division).iter().map(|it| &it.cert)
    }

    pub(crate) fn has_ended(&self, cert: &CertPut) -> bool {
        hex::decode(key_id(cert)).is_ok_and(|id| self.trust.keyring.has_ended(&cert.division, &id))
    }
}

impl App {
    /// What is known of a peer's certificate.
    pub fn standing_of(&self, division: &DivisionId, fingerprint: &Digest) -> CertStanding {
        self.world().standing(division, fingerprint, &self.inner.introduced.of(division))
    }

    /// Takes what a peer whose certificate nothing names here brought in its first words. Where it names the certificate,
    /// what of it can be believed counts for that, whatever becomes of it, and is stored, or wanted, like anything else
    /// that the peer sends; where it does not, the peer has no say yet.
    pub async fn introduce(&self, peer: &DivisionId, fingerprint: &Digest, brought: &[Entry]) -> Result<()> {
        let world = self.world();
        if self.standing_of(peer, fingerprint) != CertStanding::Unnamed {
            return Ok(());
        }
        if world.standing(peer, fingerprint, brought) == CertStanding::Unnamed {
            return Ok(());
        }
        let believed: Vec<Entry> = world.believed(brought).into_iter().map(|(_, entry)| entry.clone()).collect();
        self.inner.introduced.keep(peer, believed.clone());
        let mut fresh = Vec::new();
        for entry in believed {
            if self.store().feed_of(&entry.hash()).await?.is_none() {
                fresh.push(entry);
            }
        }
        if fresh.is_empty() { Ok(()) } else { self.replica(peer.clone()).introduced(fresh).await }
    }

    /// What this node says of its own certificate to a peer that has not heard of it.
    pub fn introduction(&self, fingerprint: &Digest) -> Vec<Entry> {
        let world = self.world();
        let own = world.introduction(&world.me, fingerprint);
        if own.is_empty() { self.inner.introduced.of(&world.me) } else { own }
    }

    /// Keeps what the parent gave with this node's certificate: in its journal it may arrive much later.
    pub async fn keep_introduction(&self, entries: &[Entry]) -> Result<()> {
        let world = self.world();
        keep_introduction(self.store(), entries).await?;
        self.inner.introduced.keep(&world.me, entries.to_vec());
        match world.parent() {
            Some(parent) => self.introduce_own(parent, entries).await,
            None => Ok(()),
        }
    }

    async fn introduce_own(&self, parent: &DivisionId, entries: &[Entry]) -> Result<()> {
        let believed: Vec<Entry> = self.world().believed(entries).into_iter().map(|(_, entry)| entry.clone()).collect();
        if believed.is_empty() { Ok(()) } else { self.replica(parent.clone()).introduced(believed).await }
    }

    /// Reads what was kept; see [`App::keep_introduction`].
    pub(crate) async fn read_introduction(&self) -> Result<()> {
        let text = self.store().meta(INTRODUCTION).await?.unwrap_or_default();
        // What cannot be read is from another version: the next session brings it.
        let kept: Vec<[Option<String>; 3]> = serde_json::from_str(&text).unwrap_or_default();
        let read = |[header, signature, payload]: [Option<String>; 3]| {
            let bytes = |text: Option<String>| hex::decode(text?).ok();
            Entry::from_parts(bytes(header)?, bytes(signature)?, bytes(payload)).ok()
        };
        let entries: Vec<Entry> = kept.into_iter().filter_map(read).collect();
        self.inner.introduced.keep(&self.world().me, entries);
        Ok(())
    }

    /// At the top, whose certificate nobody else names: the entry that does, where there is none.
    pub async fn name_own_certificate(&self, fingerprint: &Digest, not_after_ms: i64) -> Result<()> {
        let on_duty = self.on_duty().await;
        let world = self.world();
        if world.me != world.root || self.standing_of(&world.me, fingerprint) == CertStanding::Named {
            return Ok(());
        }
        let Some(known) = world.certificate(&world.me) else { return Ok(()) };
        let (tls_fingerprint, tls_not_after_ms) = (fingerprint.to_hex(), not_after_ms);
        let cert = CertPut { tls_fingerprint, tls_not_after_ms, ..known.clone() };
        on_duty.record(vec![Draft::of(Kind::AuthorityPut, world.me.clone(), payload::encode(&cert))]).await?;
        Ok(())
    }
}

/// Keeps what the parent gave with a certificate, for a store that no node runs on yet.
pub(crate) async fn keep_introduction(store: &Store, entries: &[Entry]) -> Result<()> {
    let parts = |entry: &Entry| {
        let texts = [Some(&entry.header_bytes), Some(&entry.signature), entry.payload.as_ref()];
        texts.map(|bytes| bytes.map(hex::encode))
    };
    let kept: Vec<[Option<String>; 3]> = entries.iter().take(INTRODUCTION_MAX).map(parts).collect();
    // Texts in lists: serialising them cannot fail.
    Ok(store.put_meta(INTRODUCTION, &serde_json::to_string(&kept).unwrap_or_default()).await?)
}

/// The id of a certificate's entry key as revocations spell it.
fn key_id(cert: &CertPut) -> String {
    let bytes = hex::decode(&cert.entry_key.public).unwrap_or_default();
    hex::encode(PublicKey { algorithm: cert.entry_key.algorithm, bytes }.id())
}
