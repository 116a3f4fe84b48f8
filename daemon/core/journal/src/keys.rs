//! The keys that entries are checked with, folded from certificate entries.
//!
//! Invariant: a key counts for a division only through an entry about that division by itself at the root or by
//! an ancestor: an issuer can mint keys only in the open. Position, not time, bounds a key.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_model::{digest::Digest, id::DivisionId};

use crate::{
    entry::Entry,
    header::Header,
    payload::{CertPut, KeyRevoke},
    route::Ancestry,
    sign::PublicKey,
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

    /// Applies the revocations that an ancestor wrote, each with its entry's header. One that a revoked key signed beyond
    /// its own good heads does not count; those from further up are heard first, for only they can end another's key.
    pub fn revoke_all<'e>(
        &mut self,
        ancestry: &Ancestry,
        revocations: impl IntoIterator<Item = (&'e Header, KeyRevoke)>,
    ) {
        let is_by_ancestor =
            |(header, it): &(&Header, KeyRevoke)| ancestry.may_write(&header.stream.author.division, &it.division);
        let mut due: Vec<(&Header, KeyRevoke)> = revocations.into_iter().filter(is_by_ancestor).collect();
        due.sort_by_cached_key(|(header, _)| {
            let author = &header.stream.author.division;
            (ancestry.line(author).len(), author.clone())
        });
        for (header, revocation) in due {
            if self.counts(header) {
                self.revoke(&revocation);
            }
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
        if self.counts(&entry.header) { Ok(()) } else { Err(SignatureFault::Revoked) }
    }

    /// Whether an entry that is held may have an effect: not if a revoked key signed it beyond the last good head of its
    /// stream. Asked when entries are folded, so that it makes no difference whether they came before the revocation.
    pub fn counts(&self, header: &Header) -> bool {
        if self.revoked.is_empty() {
            return true;
        }
        let revoked = self.revoked.get(&(header.stream.author.division.clone(), header.key_id.clone()));
        revoked.is_none_or(|good| header.seq <= good.get(&header.stream.digest()).copied().unwrap_or(0))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use gongkai_model::tree::Division;

    use super::*;
    use crate::{
        payload::GoodHead,
        stream::{Author, Incarnation, Lane, Reach, StreamKey},
    };

    fn id(text: &str) -> DivisionId {
        DivisionId::parse(text).unwrap()
    }

    fn ancestry() -> Ancestry {
        let rows = [("c", None), ("k", Some("c")), ("t", Some("k"))];
        let divisions: Vec<Division> =
            rows.iter().map(|(name, parent)| Division::placed(id(name), parent.map(id))).collect();
        Ancestry::of(&id("c"), &divisions)
    }

    fn header(author: &str, subject: &str, seq: u64) -> Header {
        let author = Author { division: id(author), incarnation: Incarnation::from_bytes([1; 16]) };
        Header {
            stream: StreamKey::new(author, id(subject), Reach::Subtree, Lane::Trust),
            seq,
            previous: None,
            written_at_ms: 0,
            kind: "".into(),
            payload_digest: Digest::of_file(b""),
            payload_bytes: 0,
            operator: None,
            signature_algorithm: 1,
            key_id: vec![7],
        }
    }

    fn revocation(division: &str, good: &[&Header]) -> KeyRevoke {
        let good = good.iter().map(|header| GoodHead {
            stream: header.stream.clone(),
            seq: header.seq,
            hash: Digest::of_file(b""),
        });
        KeyRevoke {
            division: id(division),
            key_id: hex::encode([7]),
            good: good.collect(),
            reason: String::new(),
            is_retired: false,
        }
    }

    #[test]
    fn what_a_revoked_key_signed_beyond_its_good_heads_counts_nowhere() {
        let mut ring = Keyring::default();
        let by_county = header("k", "t", 1);
        ring.revoke_all(&ancestry(), [(&by_county, revocation("t", &[&header("t", "t", 5)]))]);
        for (author, subject, seq, counts) in
            [("t", "t", 5, true), ("t", "t", 6, false), ("t", "v", 1, false), ("k", "t", 9, true)]
        {
            assert_eq!(ring.counts(&header(author, subject, seq)), counts, "{author} {subject} {seq}");
        }
    }

    #[test]
    fn a_revocation_by_a_key_that_had_ended_is_none_whatever_the_order() {
        let (early, late) = (header("k", "t", 1), header("k", "t", 2));
        let by_city = header("c", "k", 1);
        let of_county = || (&by_city, revocation("k", &[&early]));
        let (good, bad) = ((&early, revocation("t", &[])), (&late, revocation("t", &[])));
        for (orders, counts) in [
            ([of_county(), bad.clone()], true),
            ([bad.clone(), of_county()], true),
            ([of_county(), good.clone()], false),
            ([good.clone(), of_county()], false),
        ] {
            let mut ring = Keyring::default();
            ring.revoke_all(&ancestry(), orders);
            assert_eq!(ring.counts(&header("t", "t", 1)), counts);
        }
    }

    #[test]
    fn who_does_not_stand_above_ends_no_key() {
        let mut ring = Keyring::default();
        ring.revoke_all(&ancestry(), [(&header("t", "k", 1), revocation("k", &[]))]);
        assert!(ring.counts(&header("k", "k", 1)));
    }
}
