//! Entry vectors: header bytes, hash and signature of format 1 as they were first written. They never change; a later
//! version must read them and make the same bytes again.

use gongkai_journal::{
    Author, Entry, Header, Incarnation, Lane, Reach, StreamKey,
    sign::{Ed25519Signer, PublicKey, Signer},
};
use gongkai_model::{
    digest::Digest,
    id::{DivisionId, OperatorId},
};
use gongkai_tests::program::repository;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Vector {
    name: String,
    seed: String,
    public_key: String,
    key_id: String,
    payload: String,
    header: String,
    hash: String,
    signature: String,
}

fn signer() -> Ed25519Signer {
    Ed25519Signer::from_seed(&[42; 32]).unwrap()
}

fn header(subject: &str, reach: Reach, lane: Lane, seq: u64, previous: Option<Digest>, kind: &str) -> Header {
    let author =
        Author { division: DivisionId::parse("211221101").unwrap(), incarnation: Incarnation::from_bytes([9; 16]) };
    Header {
        stream: StreamKey::new(author, DivisionId::parse(subject).unwrap(), reach, lane),
        seq,
        previous,
        written_at_ms: 1_767_225_600_000,
        kind: kind.into(),
        payload_digest: Digest::of_file(b""),
        payload_bytes: 0,
        operator: (kind != "cert.put").then(|| OperatorId::parse("211221101/clerk").unwrap()),
        signature_algorithm: 0,
        key_id: Vec::new(),
    }
}

fn vector(name: &str, header: Header, payload: &str) -> (Vector, Entry) {
    let signer = signer();
    let entry = Entry::sign(header, payload.as_bytes().to_vec(), &signer);
    let vector = Vector {
        name: name.to_owned(),
        seed: hex::encode([42; 32]),
        public_key: hex::encode(signer.public_key()),
        key_id: hex::encode(signer.key_id()),
        payload: payload.to_owned(),
        header: hex::encode(&entry.header_bytes),
        hash: entry.hash().to_string(),
        signature: hex::encode(&entry.signature),
    };
    (vector, entry)
}

fn vectors() -> Vec<Vector> {
    let (first, entry) =
        vector("first of a stream", header("211221101", Reach::Path, Lane::Work, 1, None, "submission"), "{\"a\":1}");
    let previous = Some(entry.hash());
    let (second, _) =
        vector("second of a stream", header("211221101", Reach::Path, Lane::Work, 2, previous, "withdrawal"), "{}");
    let (own, _) = vector("never leaves", header("211221101", Reach::SelfOnly, Lane::Work, 1, None, "draft.save"), "");
    let (trust, _) =
        vector("trust lane", header("211221101", Reach::Subtree, Lane::Trust, 1, None, "cert.put"), "{\"名\":\"值\"}");
    vec![first, second, own, trust]
}

fn golden() -> Vec<Vector> {
    let file = repository().join("tests/compat/v1/entries.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn this_version_makes_the_same_bytes() {
    let made = vectors();
    if std::env::var_os("GONGKAI_PRINT_VECTORS").is_some() {
        eprintln!("{}", serde_json::to_string_pretty(&made).unwrap());
    }
    assert_eq!(made, golden());
}

#[test]
fn this_version_reads_and_verifies_the_first_bytes() {
    for vector in golden() {
        let header = hex::decode(&vector.header).unwrap();
        let signature = hex::decode(&vector.signature).unwrap();
        let entry = Entry::from_parts(header, signature, Some(vector.payload.clone().into_bytes())).unwrap();
        assert_eq!(entry.hash().to_string(), vector.hash, "{}", vector.name);
        assert_eq!(entry.payload_matches(), Some(true), "{}", vector.name);
        let key =
            PublicKey { algorithm: entry.header.signature_algorithm, bytes: hex::decode(&vector.public_key).unwrap() };
        assert!(key.verifies(&entry.hash(), &entry.signature), "{}", vector.name);
        assert_eq!(hex::encode(key.id()), vector.key_id);
        let mut touched = entry.header_bytes.clone();
        *touched.last_mut().unwrap() ^= 1;
        assert!(!key.verifies(&gongkai_journal::entry::hash_of(&touched), &entry.signature), "{}", vector.name);
    }
}
