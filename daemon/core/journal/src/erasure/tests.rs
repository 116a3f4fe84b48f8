//! Two people, the second above: what counts as an erasure and what does not.

use gongkai_model::{
    digest::Digest,
    id::{CatalogId, OperatorId},
    tree::Division,
};
use serde_json::value::RawValue;

use super::*;
use crate::{
    header::Header,
    sign::{Ed25519Signer, Signer as _},
    stream::{Author, Incarnation, StreamKey},
};

fn id(text: &str) -> DivisionId {
    DivisionId::parse(text).unwrap()
}

/// City, county, two towns.
fn ancestry() -> Ancestry {
    let rows = [("c", None), ("k", Some("c")), ("t", Some("k")), ("s", Some("k"))];
    let records: Vec<Division> = rows.iter().map(|(name, above)| Division::placed(id(name), above.map(id))).collect();
    Ancestry::of(&id("c"), &records)
}

fn entry(author: &str, operator: &str, kind: Kind, payload: Vec<u8>) -> Entry {
    let stream_author = Author { division: id(author), incarnation: Incarnation::from_bytes([1; 16]) };
    let signer = Ed25519Signer::from_seed(&[7; 32]).unwrap();
    let header = Header {
        stream: StreamKey::new(stream_author, id("t"), kind.reach(), kind.lane()),
        seq: 1,
        previous: None,
        written_at_ms: 0,
        kind: kind.into(),
        payload_digest: Digest::of_file(b""),
        payload_bytes: 0,
        operator: Some(OperatorId::parse(&format!("{author}/{operator}")).unwrap()),
        signature_algorithm: signer.algorithm(),
        key_id: signer.key_id(),
    };
    Entry::sign(header, payload, &signer)
}

fn catalog() -> CatalogId {
    CatalogId::parse("t/social-assistance").unwrap()
}

fn asked(author: &str, operator: &str) -> Entry {
    asked_for(author, operator, b"a name")
}

fn asked_for(author: &str, operator: &str, content: &[u8]) -> Entry {
    let request = EraseRequest {
        catalog: catalog(),
        item: None,
        content: Some(Digest::of_file(content)),
        entries: vec![Digest::of_file(b"entry")],
        basis: "PIPL 47".to_owned(),
        reason: "a name".to_owned(),
    };
    entry(author, operator, Kind::EraseRequest, payload::encode(&request))
}

fn erased(author: &str, operator: &str, request: &Entry, content: &[u8]) -> Entry {
    let erase = Erase {
        catalog: Some(catalog()),
        entry: Digest::of_file(b"entry"),
        request: Some(request.hash()),
        content: Some(Digest::of_file(content)),
        rest: Some(RawValue::from_string("{}".to_owned()).unwrap()),
        basis: "PIPL 47".to_owned(),
        reason: "a name".to_owned(),
    };
    entry(author, operator, Kind::Erase, payload::encode(&erase))
}

fn check(entries: &[Entry], expected: bool) {
    for order in [entries.iter().collect::<Vec<_>>(), entries.iter().rev().collect()] {
        let erasures = Erasures::of(&id("c"), &id("k"), &ancestry(), order.iter().copied());
        assert_eq!(erasures.of_entry(&Digest::of_file(b"entry")).is_some(), expected, "{entries:?}");
        assert_eq!(erasures.asked().iter().any(|asked| !asked.erased_by.is_empty()), expected);
        assert_eq!(erasures.is_empty(), !expected);
    }
}

#[test]
fn an_erasure_takes_a_second_person_above() {
    let town = asked("t", "li");
    check(std::slice::from_ref(&town), false);
    for (author, operator, expected) in
        [("k", "wang", true), ("c", "zhao", true), ("t", "zhang", false), ("s", "sun", false)]
    {
        check(&[town.clone(), erased(author, operator, &town, b"a name")], expected);
    }
}

#[test]
fn at_the_top_it_takes_another_person_of_the_top() {
    let city = asked("c", "zhao");
    check(&[city.clone(), erased("c", "qian", &city, b"a name")], true);
    check(&[city.clone(), erased("c", "zhao", &city, b"a name")], false);
    check(&[city.clone(), erased("k", "wang", &city, b"a name")], false);
}

#[test]
fn another_content_than_was_asked_for_is_not_erased() {
    let town = asked("t", "li");
    check(&[town.clone(), erased("k", "wang", &town, b"another")], false);
    let unasked = asked("t", "zhang");
    check(&[town, erased("k", "wang", &unasked, b"a name")], false);
}

/// The same removal with nothing said any more of what is left.
fn shortened(author: &str, operator: &str, request: &Entry, content: &[u8], before: &Entry) -> Entry {
    let erase: Erase = payload::decode("erase", before.payload.as_deref().unwrap()).unwrap();
    let short = String::from_utf8(payload::encode(&Erase { rest: None, ..erase })).unwrap();
    let erase = Erase {
        catalog: Some(catalog()),
        entry: before.hash(),
        request: Some(request.hash()),
        content: Some(Digest::of_file(content)),
        rest: Some(RawValue::from_string(short).unwrap()),
        basis: "PIPL 47".to_owned(),
        reason: "another name".to_owned(),
    };
    entry(author, operator, Kind::Erase, payload::encode(&erase))
}

#[test]
fn who_removes_more_of_a_payload_says_anew_what_is_left() {
    let (one, two) = (asked("t", "li"), asked_for("t", "li", b"another"));
    let first = erased("k", "wang", &one, b"a name");
    let second = erased("c", "zhao", &two, b"another");
    let short = shortened("c", "zhao", &two, b"another", &first);
    // Whether the bytes of what was made short are still here makes no difference.
    for before in [first.clone(), first.without_payload()] {
        let entries = [one.clone(), two.clone(), before, second.clone(), short.clone()];
        for order in [entries.iter().collect::<Vec<_>>(), entries.iter().rev().collect()] {
            let erasures = Erasures::of(&id("c"), &id("k"), &ancestry(), order.iter().copied());
            let target = Digest::of_file(b"entry");
            assert_eq!(erasures.of_entry(&target).unwrap().by, second.hash());
            assert_eq!(erasures.rests(&target).map(|(by, _)| *by).collect::<Vec<_>>(), [second.hash()]);
            assert_eq!(erasures.contents().len(), 2, "both contents are gone");
            assert!(erasures.asked().iter().all(|asked| !asked.erased_by.is_empty()));
            assert!(erasures.of_entry(&first.hash()).is_some(), "the bytes of the first go as well");
        }
    }
    // Nobody makes an erasure short by himself.
    let alone = shortened("t", "li", &two, b"another", &first);
    let entries = [one, two, first.clone(), alone];
    let erasures = Erasures::of(&id("c"), &id("k"), &ancestry(), entries.iter());
    assert_eq!(erasures.rests(&Digest::of_file(b"entry")).map(|(by, _)| *by).collect::<Vec<_>>(), [first.hash()]);
}
