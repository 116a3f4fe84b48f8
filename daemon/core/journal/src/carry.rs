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
    kind::Kind,
    payload::{self, CertPut, KeyRevoke},
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

/// What is not there yet, of the entries of the trust lane at the root.
pub fn missing(ancestry: &Ancestry, tree: &Tree, entries: &[Entry]) -> Vec<Carriage> {
    let credentials: Vec<(&Entry, Kind, DivisionId)> =
        entries.iter().filter_map(|entry| credential(ancestry, entry)).collect();
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
    let (header, bytes) = (&entry.header, entry.payload.as_deref()?);
    let stream = &header.stream;
    let kind = Kind::from_word(&header.kind)?;
    if kind == Kind::CertPut || kind == Kind::AuthorityPut {
        let division = payload::decode::<CertPut>(&header.kind, bytes).ok()?.division;
        let counts = ancestry.may_certify(&stream.author.division, &stream.subject, &division);
        return counts.then_some((entry, Kind::AuthorityPut, division));
    }
    if kind == Kind::KeyRevoke {
        let division = payload::decode::<KeyRevoke>(&header.kind, bytes).ok()?.division;
        return ancestry.may_write(&stream.author.division, &division).then_some((entry, Kind::KeyRevoke, division));
    }
    None
}

/// Whether the entry itself goes to the moved division and all who stand above it today.
fn arrives(tree: &Tree, entry: &Entry, moved: &DivisionId) -> bool {
    let header = &entry.header;
    header.reach() == Reach::Subtree && tree.is_on_path(&header.stream.subject, moved)
}
