//! What the root must repeat when divisions have moved: the keys of those that stood above them, and what was revoked
//! of these. A certificate entry goes along the path of the division that it is about; the new county of a moved
//! township is not on the path of its former one, and could not check what that one wrote about the township.
//!
//! Invariant: a function of the set of entries: a certificate that comes late, or a root that fell back, is made
//! good when it is folded. Only the root repeats, about the moved division: so no sibling learns anything.

use std::collections::BTreeSet;

use gongkai_model::{id::DivisionId, tree::Tree};

use crate::{
    entry::Entry,
    keys::{Keyring, certificate_of, revocation_of},
    kind::Kind,
    route::Ancestry,
    stream::Reach,
};

/// One payload to be repeated about a moved division.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Carriage {
    /// The moved division.
    pub about: DivisionId,
    /// Certificate or revocation.
    pub kind: Kind,
    /// As it stands in the entry that is repeated.
    pub payload: Vec<u8>,
}

/// What is not there yet, of the entries of the trust lane at the root. What a revoked key signed beyond its good heads
/// is not repeated: in the root's words it would count.
pub fn missing(ancestry: &Ancestry, tree: &Tree, keyring: &Keyring, entries: &[Entry]) -> Vec<Carriage> {
    let counting = entries.iter().filter(|entry| keyring.counts(entry));
    let credentials: Vec<(&Entry, Kind, DivisionId)> =
        counting.filter_map(|entry| credential(ancestry, entry)).collect();
    let (mut due, mut done) = (BTreeSet::new(), BTreeSet::new());
    for moved in ancestry.moved() {
        let line = ancestry.line(moved);
        for (entry, kind, division) in credentials.iter().filter(|(.., division)| division != moved) {
            let subject = &entry.header.stream.subject;
            let payload = entry.payload.clone().unwrap_or_default();
            let carriage = Carriage { about: moved.clone(), kind: *kind, payload };
            if subject == moved {
                done.insert(carriage);
            } else if line.contains(division) && subject == division && !arrives(tree, entry, moved) {
                due.insert(carriage);
            }
        }
    }
    due.difference(&done).cloned().collect()
}

/// The kind under which a certificate or revocation is repeated, and whose key it is about. What is repeated goes to
/// everything below the moved division as well, for there are entries about it that do.
fn credential<'e>(ancestry: &Ancestry, entry: &'e Entry) -> Option<(&'e Entry, Kind, DivisionId)> {
    if let Some(cert) = certificate_of(ancestry, entry) {
        return Some((entry, Kind::AuthorityPut, cert.division));
    }
    revocation_of(ancestry, entry).map(|revocation| (entry, Kind::KeyRevoke, revocation.division))
}

/// Whether the entry itself goes to the moved division and all who stand above it today.
fn arrives(tree: &Tree, entry: &Entry, moved: &DivisionId) -> bool {
    let header = &entry.header;
    header.reach() == Reach::Subtree && tree.is_on_path(&header.stream.subject, moved)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use gongkai_model::{
        digest::Digest,
        id::Day,
        tree::{Division, Tree},
    };

    use super::*;
    use crate::{
        header::Header,
        payload::{self, CertPut, KeyRecord},
        sign::{Ed25519Signer, Signer as _},
        stream::{Author, Incarnation, StreamKey},
    };

    fn id(text: &str) -> DivisionId {
        DivisionId::parse(text).unwrap()
    }

    /// The town went from one county to the other.
    fn moved() -> (Ancestry, Tree) {
        let rows = [("c", None), ("k", Some("c")), ("b", Some("c")), ("s", Some("k")), ("t", Some("b"))];
        let now: Vec<Division> = rows.iter().map(|(name, above)| Division::placed(id(name), above.map(id))).collect();
        let before = Division::placed(id("t"), Some(id("k")));
        (Ancestry::of(&id("c"), now.iter().chain([&before])), Tree::as_of(&now, &Day::earliest()))
    }

    fn certificate(division: &str) -> Vec<u8> {
        let (algorithm, public) = (1, hex::encode([3; 32]));
        payload::encode(&CertPut {
            division: id(division),
            incarnation: Incarnation::from_bytes([1; 16]),
            entry_key: KeyRecord { algorithm, public },
            tls_fingerprint: String::new(),
            tls_not_after_ms: 0,
            authority_pem: String::new(),
            kept: Vec::new(),
        })
    }

    fn entry(author: &str, subject: &str, kind: Kind, payload: Vec<u8>) -> Entry {
        let author = Author { division: id(author), incarnation: Incarnation::from_bytes([1; 16]) };
        let signer = Ed25519Signer::from_seed(&[7; 32]).unwrap();
        let header = Header {
            stream: StreamKey::new(author, id(subject), kind.reach(), kind.lane()),
            seq: 1,
            previous: None,
            written_at_ms: 0,
            kind: kind.into(),
            payload_digest: Digest::of_file(b""),
            payload_bytes: 0,
            operator: None,
            signature_algorithm: signer.algorithm(),
            key_id: signer.key_id(),
        };
        Entry::sign(header, payload, &signer)
    }

    #[test]
    fn the_former_countys_key_is_repeated_once_about_the_moved_town_and_nobody_elses() {
        let (ancestry, tree) = moved();
        let mut entries: Vec<Entry> = [("c", "k"), ("c", "b"), ("k", "s"), ("k", "t")]
            .map(|(author, subject)| entry(author, subject, Kind::CertPut, certificate(subject)))
            .to_vec();
        // Whoever stands beside it certifies nobody.
        entries.push(entry("s", "k", Kind::CertPut, certificate("k")));
        let due = missing(&ancestry, &tree, &Keyring::default(), &entries);
        let about: Vec<(&str, Kind)> = due.iter().map(|due| (due.about.as_str(), due.kind)).collect();
        assert_eq!(about, [("t", Kind::AuthorityPut); 2], "those below the town know neither county's");
        assert!(due.iter().any(|due| due.payload == certificate("k")));
        entries.extend(due.into_iter().map(|due| entry("c", "t", due.kind, due.payload)));
        assert_eq!(missing(&ancestry, &tree, &Keyring::default(), &entries), []);
    }

    #[test]
    fn without_a_move_nothing_is_repeated() {
        let rows = [("c", None), ("k", Some("c")), ("t", Some("k"))];
        let now: Vec<Division> = rows.iter().map(|(name, above)| Division::placed(id(name), above.map(id))).collect();
        let entries = [entry("c", "k", Kind::CertPut, certificate("k"))];
        let (ancestry, tree) = (Ancestry::of(&id("c"), &now), Tree::as_of(&now, &Day::earliest()));
        assert_eq!(missing(&ancestry, &tree, &Keyring::default(), &entries), []);
    }
}
