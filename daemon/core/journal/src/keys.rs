//! The keys that entries are checked with, folded from certificate entries.
//!
//! Invariant: a key counts for a division only through an entry about that division by itself at the root or by
//! an ancestor: an issuer can mint keys only in the open. Position, not time, bounds a key.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_model::{digest::Digest, id::DivisionId};

use crate::{
    entry::Entry,
    payload::{CertPut, KeyRevoke},
    sign::PublicKey,
    stream::StreamKey,
};

/// Keys of one division accepted; a node is re-enrolled a handful of times in its life.
pub const KEYS_PER_DIVISION_MAX: usize = 64;

/// Known keys by (division, key id).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keyring {
    keys: BTreeMap<(DivisionId, Vec<u8>), PublicKey>,
    /// (division, key id) → last good sequence by stream; absent streams have none.
    revoked: BTreeMap<(DivisionId, Vec<u8>), BTreeMap<Digest, u64>>,
    /// Keys, revoked or retired, that open no session.
    ended: BTreeSet<(DivisionId, Vec<u8>)>,
}

/// What is wrong with an entry's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureFault {
    /// The key's certificate entry is not here yet: wait for it.
    KeyUnknown,
    /// The signature is not the key's.
    Bad,
    /// The key was revoked and this entry stands beyond its last good head.
    Revoked,
}

impl Keyring {
    /// Trusts a key from the start: the root's, pinned at enrolment, or one's own.
    pub fn pin(&mut self, division: DivisionId, key: PublicKey) {
        self.keys.insert((division, key.id()), key);
    }

    /// Adds the key of a certificate entry. The caller has checked that its author stands above the division.
    pub fn admit(&mut self, cert: &CertPut) {
        let Ok(bytes) = hex::decode(&cert.entry_key.public) else { return };
        let held = self.keys.keys().filter(|(division, _)| *division == cert.division).count();
        if held < KEYS_PER_DIVISION_MAX {
            self.pin(cert.division.clone(), PublicKey { algorithm: cert.entry_key.algorithm, bytes });
        }
    }

    /// Applies a revocation. Of two for one key the stricter heads count, whatever their order.
    pub fn revoke(&mut self, revocation: &KeyRevoke) {
        let Ok(key_id) = hex::decode(&revocation.key_id) else { return };
        self.ended.insert((revocation.division.clone(), key_id.clone()));
        if revocation.is_retired {
            return;
        }
        let good: BTreeMap<Digest, u64> = revocation.good.iter().map(|head| (head.stream.digest(), head.seq)).collect();
        let place = self.revoked.entry((revocation.division.clone(), key_id));
        place
            .and_modify(|held| {
                held.retain(|stream, _| good.contains_key(stream));
                for (stream, seq) in held.iter_mut() {
                    *seq = (*seq).min(good.get(stream).copied().unwrap_or(0));
                }
            })
            .or_insert(good);
    }

    /// The key of an id.
    pub fn get(&self, division: &DivisionId, key_id: &[u8]) -> Option<&PublicKey> {
        self.keys.get(&(division.clone(), key_id.to_vec()))
    }

    /// Whether the key was revoked or retired: its holder is refused at the link.
    pub fn has_ended(&self, division: &DivisionId, key_id: &[u8]) -> bool {
        self.ended.contains(&(division.clone(), key_id.to_vec()))
    }

    /// Divisions that have at least one key, hence a node.
    pub fn divisions(&self) -> BTreeSet<&DivisionId> {
        self.keys.keys().map(|(division, _)| division).collect()
    }

    /// Checks the entry's signature by its author's key.
    pub fn check(&self, entry: &Entry) -> Result<(), SignatureFault> {
        let author = &entry.header.stream.author.division;
        let key = self.get(author, &entry.header.key_id).ok_or(SignatureFault::KeyUnknown)?;
        if key.algorithm != entry.header.signature_algorithm || !key.verifies(&entry.hash(), &entry.signature) {
            return Err(SignatureFault::Bad);
        }
        if self.is_beyond_revocation(author, &entry.header.key_id, &entry.header.stream, entry.header.seq) {
            return Err(SignatureFault::Revoked);
        }
        Ok(())
    }

    fn is_beyond_revocation(&self, division: &DivisionId, key_id: &[u8], stream: &StreamKey, seq: u64) -> bool {
        let revoked = self.revoked.get(&(division.clone(), key_id.to_vec()));
        revoked.is_some_and(|good| seq > good.get(&stream.digest()).copied().unwrap_or(0))
    }
}
