//! The keys that entries are checked with, folded from certificate entries.
//!
//! Invariant: a key counts for a division only through an entry about that division by an ancestor, or by itself at the
//! root: an issuer can mint keys only in the open. Position, not time, bounds a key: of what a revoked key signed the
//! last good entry of each stream counts with its ancestors, told by hash: whoever has the key can write another entry
//! at any sequence, and none that stands below a hash.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_model::{digest::Digest, id::DivisionId};

use crate::{
    entry::{Entry, EntryHash},
    kind::Kind,
    payload::{CertPut, GoodHead, KeyRevoke},
    place,
    route::Ancestry,
    sign::PublicKey,
    stream::StreamKey,
};

/// Keys of one division accepted; a node is re-enrolled a handful of times in its life.
pub const KEYS_PER_DIVISION_MAX: usize = 64;

/// A division's key, by its id.
type KeyName = (DivisionId, Vec<u8>);

/// The last good entry of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct End {
    seq: u64,
    hash: EntryHash,
}

/// What one revocation leaves.
type Good = BTreeMap<Digest, Vec<End>>;

/// An order that fills several entries: the stream that they stand in, the key that it ends, and its name.
type OrderName = (Digest, KeyName, Digest);

/// What is held beside the good heads of revocations: of a good head that is held the entries at or below it that are
/// none of its ancestors. Of one that is absent nothing is known yet, so that nothing of its stream counts.
pub type Beside = BTreeMap<EntryHash, BTreeSet<EntryHash>>;

/// Known keys by (division, key id).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keyring {
    keys: BTreeMap<KeyName, PublicKey>,
    /// For each revocation of a key the last good entries by stream, of a forked one several; absent streams have none.
    revoked: BTreeMap<KeyName, Vec<Good>>,
    beside: Beside,
    /// Keys, revoked or retired, that open no session.
    ended: BTreeSet<KeyName>,
    /// Orders of which not all parts are here, with the parts that are. Their keys have ended, and nothing is judged yet.
    in_parts: BTreeMap<OrderName, BTreeMap<u32, Vec<GoodHead>>>,
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

/// The certificate that an entry brings, where it stands in its place and its author may certify the division.
pub fn certificate_of(ancestry: &Ancestry, entry: &Entry) -> Option<CertPut> {
    let kind = &entry.header.kind;
    if !kind.is_one_of(&[Kind::CertPut, Kind::AuthorityPut]) || place::of(ancestry.root()?, entry).is_some() {
        return None;
    }
    let cert = entry.read::<CertPut>()?;
    let stream = &entry.header.stream;
    ancestry.may_certify(&stream.author.division, &stream.subject, &cert.division).then(|| CertPut::clone(&cert))
}

/// The revocation that an entry brings, where it stands in its place and its author stands above the division.
pub fn revocation_of(ancestry: &Ancestry, entry: &Entry) -> Option<KeyRevoke> {
    let header = &entry.header;
    if header.kind != Kind::KeyRevoke || place::of(ancestry.root()?, entry).is_some() {
        return None;
    }
    let revocation = entry.read::<KeyRevoke>()?;
    let is_above = ancestry.may_revoke(&header.stream.author.division, &revocation.division);
    is_above.then(|| KeyRevoke::clone(&revocation))
}

/// The good heads that entries name, whether their revocations count or not: what [`Beside`] is asked about.
pub fn good_heads<'e>(ancestry: &Ancestry, entries: impl IntoIterator<Item = &'e Entry>) -> Vec<GoodHead> {
    let bounding = entries.into_iter().filter_map(|entry| revocation_of(ancestry, entry)).filter(|it| !it.is_retired);
    bounding.flat_map(|revocation| revocation.good).collect()
}

impl Keyring {
    /// Knows what is held beside good heads.
    pub fn beside(beside: Beside) -> Self {
        Self { beside, ..Self::default() }
    }

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

    /// Applies the revocations among entries. One that a revoked key signed beyond its own good heads does not count;
    /// those from further up are heard first, for only they can end another's key.
    pub fn revoke_all<'e>(&mut self, ancestry: &Ancestry, entries: impl IntoIterator<Item = &'e Entry>) {
        let mut due: Vec<(&Entry, KeyRevoke)> =
            entries.into_iter().filter_map(|entry| Some((entry, revocation_of(ancestry, entry)?))).collect();
        due.sort_by_cached_key(|(entry, _)| {
            let author = &entry.header.stream.author.division;
            (ancestry.line(author).len(), author.clone())
        });
        for (entry, revocation) in due {
            if self.counts(entry) {
                self.hear_revocation(&entry.header.stream, revocation);
            }
        }
    }

    /// Applies a revocation, or notes a part of one; the last part applies the whole.
    fn hear_revocation(&mut self, stream: &StreamKey, mut revocation: KeyRevoke) {
        let Some(part) = revocation.part.take().filter(|part| part.count > 1 && !revocation.is_retired) else {
            return self.revoke(&revocation);
        };
        let Ok(key_id) = hex::decode(&revocation.key_id) else { return };
        let name = (revocation.division.clone(), key_id);
        self.ended.insert(name.clone());
        let order = (stream.digest(), name, part.order);
        let parts = self.in_parts.entry(order.clone()).or_default();
        parts.entry(part.number).or_insert(revocation.good);
        if !(0..part.count).all(|number| parts.contains_key(&number)) {
            return;
        }
        let parts = self.in_parts.remove(&order).unwrap_or_default();
        revocation.good = parts.into_values().flatten().collect();
        self.revoke(&revocation);
    }

    /// Applies a revocation. Of several for one key all bound it, whatever their order.
    pub fn revoke(&mut self, revocation: &KeyRevoke) {
        let Ok(key_id) = hex::decode(&revocation.key_id) else { return };
        let name = (revocation.division.clone(), key_id);
        self.ended.insert(name.clone());
        if revocation.is_retired {
            return;
        }
        let mut good = Good::new();
        for head in &revocation.good {
            good.entry(head.stream.digest()).or_default().push(End { seq: head.seq, hash: head.hash });
        }
        self.revoked.entry(name).or_default().push(good);
    }

    /// The key of an id.
    pub fn get(&self, division: &DivisionId, key_id: &[u8]) -> Option<&PublicKey> {
        self.keys.get(&(division.clone(), key_id.to_vec()))
    }

    /// Whether any key of the division is known.
    pub fn knows(&self, division: &DivisionId) -> bool {
        let from = (division.clone(), Vec::new());
        self.keys.range(from..).next().is_some_and(|((found, _), _)| found == division)
    }

    /// Whether the key was revoked or retired: its holder is refused at the link.
    pub fn has_ended(&self, division: &DivisionId, key_id: &[u8]) -> bool {
        self.ended.contains(&(division.clone(), key_id.to_vec()))
    }

    /// Whether the key was revoked, not merely retired: somebody else may have it.
    pub fn is_revoked(&self, division: &DivisionId, key_id: &[u8]) -> bool {
        let name = (division.clone(), key_id.to_vec());
        self.revoked.contains_key(&name) || self.in_parts.keys().any(|(_, ended, _)| *ended == name)
    }

    /// Divisions that have at least one key, hence a node.
    pub fn divisions(&self) -> BTreeSet<&DivisionId> {
        self.keys.keys().map(|(division, _)| division).collect()
    }

    /// Checks an entry's signature by its author's key. One of a revoked key may be stored where it can still turn out
    /// to be an ancestor of the last good one.
    pub fn check(&self, entry: &Entry) -> Result<(), SignatureFault> {
        let author = &entry.header.stream.author.division;
        let key = self.get(author, &entry.header.key_id).ok_or(SignatureFault::KeyUnknown)?;
        if key.algorithm != entry.header.signature_algorithm || !key.verifies(&entry.hash(), &entry.signature) {
            return Err(SignatureFault::Bad);
        }
        let (seq, hash) = (entry.header.seq, entry.hash());
        let may_be_below = |end: &End| seq < end.seq || (seq, hash) == (end.seq, end.hash);
        let may_be_good = self.ends_of(entry).is_none_or(|ends| ends.iter().all(|any| any.iter().any(may_be_below)));
        if may_be_good { Ok(()) } else { Err(SignatureFault::Revoked) }
    }

    /// Whether an entry that is held may have an effect: not if a revoked key signed it and it is no ancestor of the last
    /// good entry of its stream. Asked when entries are folded, so that it makes no difference whether they came before
    /// the revocation.
    pub fn counts(&self, entry: &Entry) -> bool {
        let Some(ends) = self.ends_of(entry) else { return true };
        let (seq, hash) = (entry.header.seq, entry.hash());
        let is_below = |end: &End| {
            let is_apart = self.beside.get(&end.hash).is_none_or(|beside| beside.contains(&hash));
            hash == end.hash || (seq < end.seq && !is_apart)
        };
        ends.iter().all(|any| any.iter().any(is_below))
    }

    /// Whether what counts may change when this entry comes: it stands in a stream of a revoked key.
    pub fn is_bounded(&self, entry: &Entry) -> bool {
        self.ends_of(entry).is_some()
    }

    /// The ends of an entry's stream by each revocation of its key; `None` where the key stands or was retired.
    fn ends_of(&self, entry: &Entry) -> Option<Vec<&[End]>> {
        if self.revoked.is_empty() {
            return None;
        }
        let header = &entry.header;
        let revoked = self.revoked.get(&(header.stream.author.division.clone(), header.key_id.clone()))?;
        let stream = header.stream.digest();
        Some(revoked.iter().map(|good| good.get(&stream).map_or(&[][..], Vec::as_slice)).collect())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use gongkai_model::tree::Division;

    use super::*;
    use crate::{
        header::Header,
        payload::{self, RevocationPart},
        sign::{Ed25519Signer, Signer as _},
        stream::{Author, Incarnation, StreamKey},
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

    fn signer() -> Ed25519Signer {
        Ed25519Signer::from_seed(&[7; 32]).unwrap()
    }

    /// An entry behind another of the same stream, or the first one; `text` tells branches apart.
    fn entry(author: &str, subject: &str, before: Option<&Entry>, kind: Kind, payload: &[u8]) -> Entry {
        let author = Author { division: id(author), incarnation: Incarnation::from_bytes([1; 16]) };
        let header = Header {
            stream: StreamKey::new(author, id(subject), kind.reach(), kind.lane()),
            seq: before.map_or(1, |before| before.header.seq + 1),
            previous: before.map(Entry::hash),
            written_at_ms: 0,
            kind: kind.into(),
            payload_digest: Digest::of_file(b""),
            payload_bytes: 0,
            operator: None,
            signature_algorithm: 1,
            key_id: Vec::new(),
        };
        Entry::sign(header, payload.to_vec(), &signer())
    }

    /// A line of entries of one stream, each behind the one before.
    fn line(author: &str, subject: &str, count: usize, text: &str) -> Vec<Entry> {
        let mut line: Vec<Entry> = Vec::new();
        for _ in 0..count {
            line.push(entry(author, subject, line.last(), Kind::Receipt, text.as_bytes()));
        }
        line
    }

    fn revocation(division: &str, good: &[&Entry]) -> KeyRevoke {
        let good = good.iter().map(|entry| GoodHead {
            stream: entry.header.stream.clone(),
            seq: entry.header.seq,
            hash: entry.hash(),
        });
        KeyRevoke {
            division: id(division),
            key_id: hex::encode(signer().key_id()),
            good: good.collect(),
            reason: String::new(),
            is_retired: false,
            part: None,
        }
    }

    fn revoking(author: &str, before: Option<&Entry>, revocation: &KeyRevoke) -> Entry {
        entry(author, revocation.division.as_str(), before, Kind::KeyRevoke, &payload::encode(revocation))
    }

    /// Streams that never forked: of each good head nothing is held beside.
    fn unforked(heads: &[&Entry]) -> Beside {
        heads.iter().map(|head| (head.hash(), BTreeSet::new())).collect()
    }

    #[test]
    fn what_a_revoked_key_signed_beyond_its_good_heads_counts_nowhere() {
        let (own, other, by_county) = (line("t", "t", 6, "a"), line("t", "v", 1, "a"), line("k", "t", 9, "a"));
        let mut ring = Keyring::beside(unforked(&[&own[4]]));
        ring.revoke_all(&ancestry(), [&revoking("k", None, &revocation("t", &[&own[4]]))]);
        for (entry, counts) in
            [(&own[0], true), (&own[4], true), (&own[5], false), (&other[0], false), (&by_county[8], true)]
        {
            assert_eq!(ring.counts(entry), counts, "{:?}", entry.header.stream);
        }
    }

    #[test]
    fn only_ancestors_of_a_good_head_count_and_nothing_before_it_is_held() {
        let (own, forged) = (line("t", "t", 5, "a"), line("t", "t", 5, "b"));
        let beside = |held: &[&Entry]| Beside::from([(own[4].hash(), held.iter().map(|entry| entry.hash()).collect())]);
        let order = revoking("k", None, &revocation("t", &[&own[4]]));
        for (beside, good, forged_counts) in [
            (beside(&[&forged[0], &forged[3]]), true, false),
            // The good head is not here: nobody can tell the branches apart.
            (Beside::new(), false, false),
        ] {
            let mut ring = Keyring::beside(beside);
            ring.revoke_all(&ancestry(), [&order]);
            assert_eq!((ring.counts(&own[0]), ring.counts(&own[3])), (good, good));
            assert_eq!((ring.counts(&forged[0]), ring.counts(&forged[3])), (forged_counts, forged_counts));
            assert!(ring.counts(&own[4]), "the good head itself is named");
            assert!(!ring.counts(&forged[4]), "another entry at its sequence is not");
        }
    }

    #[test]
    fn what_may_be_an_ancestor_of_a_good_head_is_stored_and_nothing_else() {
        let (own, forged) = (line("t", "t", 6, "a"), line("t", "t", 5, "b"));
        let mut ring = Keyring::default();
        ring.pin(id("t"), PublicKey { algorithm: 1, bytes: signer().public_key() });
        ring.revoke_all(&ancestry(), [&revoking("k", None, &revocation("t", &[&own[4]]))]);
        assert_eq!((ring.check(&own[0]), ring.check(&forged[3])), (Ok(()), Ok(())));
        assert_eq!(ring.check(&own[4]), Ok(()));
        for beyond in [&own[5], &forged[4]] {
            assert_eq!(ring.check(beyond), Err(SignatureFault::Revoked));
        }
    }

    #[test]
    fn of_a_forked_stream_each_branch_that_is_named_counts() {
        let (one, two, three) = (line("t", "t", 3, "a"), line("t", "t", 2, "b"), line("t", "t", 2, "c"));
        let beside = [(&one[2], [&two, &three]), (&two[1], [&one, &three])];
        let beside = beside.map(|(head, others)| {
            let below = others.into_iter().flatten().filter(|other| other.header.seq <= head.header.seq);
            (head.hash(), below.map(Entry::hash).collect())
        });
        let mut ring = Keyring::beside(beside.into());
        ring.revoke_all(&ancestry(), [&revoking("k", None, &revocation("t", &[&one[2], &two[1]]))]);
        for (branch, counts) in [(&one, true), (&two, true), (&three, false)] {
            assert_eq!(branch.iter().map(|entry| ring.counts(entry)).collect::<Vec<_>>(), vec![counts; branch.len()]);
        }
    }

    #[test]
    fn an_order_in_several_parts_ends_the_key_at_once_and_judges_when_its_last_part_is_here() {
        let (own, other, unnamed) = (line("t", "t", 6, "a"), line("t", "v", 2, "a"), line("t", "k", 1, "a"));
        let part = |number, heads: &[&Entry]| KeyRevoke {
            part: Some(RevocationPart { order: Digest::of_file(b"order"), number, count: 2 }),
            ..revocation("t", heads)
        };
        let first = revoking("k", None, &part(0, &[&own[4]]));
        let second = revoking("k", Some(&first), &part(1, &[&other[0]]));
        // A part of another order says nothing of this one.
        let stray = KeyRevoke {
            part: Some(RevocationPart { order: Digest::of_file(b"another"), number: 1, count: 2 }),
            ..revocation("t", &[])
        };
        let stray = revoking("k", Some(&first), &stray);
        let name = (id("t"), signer().key_id());
        for (orders, is_judged) in [
            (vec![&first], false),
            (vec![&second], false),
            (vec![&first, &stray], false),
            (vec![&first, &second], true),
            (vec![&second, &stray, &first, &second], true),
        ] {
            let mut ring = Keyring::beside(unforked(&[&own[4], &other[0]]));
            ring.revoke_all(&ancestry(), orders);
            assert!(ring.has_ended(&name.0, &name.1) && ring.is_revoked(&name.0, &name.1));
            for entry in [&own[4], &other[0]] {
                assert!(ring.counts(entry), "each part names its own");
            }
            for entry in [&own[5], &other[1], &unnamed[0]] {
                assert_eq!(ring.counts(entry), !is_judged, "{:?}", entry.header.stream);
            }
        }
    }

    #[test]
    fn two_revocations_of_a_key_bound_it_both() {
        let own = line("t", "t", 6, "a");
        let (one, two) = (revocation("t", &[&own[4]]), revocation("t", &[&own[2]]));
        let (by_city, by_county) = (revoking("c", None, &one), revoking("k", None, &two));
        for orders in [[&by_city, &by_county], [&by_county, &by_city]] {
            let mut ring = Keyring::beside(unforked(&[&own[4], &own[2]]));
            ring.revoke_all(&ancestry(), orders);
            assert_eq!((ring.counts(&own[2]), ring.counts(&own[3])), (true, false));
        }
    }

    #[test]
    fn a_revocation_by_a_key_that_had_ended_is_none_whatever_the_order() {
        let kept = line("t", "t", 1, "a");
        let (good, bad) = (revocation("t", &[]), revocation("t", &[]));
        let early = revoking("k", None, &good);
        let late = revoking("k", Some(&early), &bad);
        // It names the county's stream about the town up to the first entry, or nothing of it.
        let through_early = revoking("c", None, &revocation("k", &[&early]));
        let nothing = revoking("c", None, &revocation("k", &[]));
        for (orders, counts) in [
            ([&nothing, &late], true),
            ([&late, &nothing], true),
            ([&through_early, &late], true),
            ([&through_early, &early], false),
            ([&early, &through_early], false),
        ] {
            let mut ring = Keyring::beside(unforked(&[&early]));
            ring.revoke_all(&ancestry(), orders);
            assert_eq!(ring.counts(&kept[0]), counts);
        }
    }

    #[test]
    fn who_does_not_stand_above_ends_no_key_and_nobody_his_own() {
        for (author, division, kept) in [("t", "k", line("k", "k", 1, "a")), ("k", "k", line("k", "k", 1, "a"))] {
            let mut ring = Keyring::default();
            ring.revoke_all(&ancestry(), [&revoking(author, None, &revocation(division, &[]))]);
            assert!(ring.counts(&kept[0]), "{author} about {division}");
        }
    }
}
