//! Bundles as files: whole ones read back, all others are refused before a message is heard.

use std::{fs, path::Path};

use gongkai_journal::{
    Entry,
    sign::{Ed25519Signer, PublicKey, Signer as _, message},
};
use gongkai_link::bundle::{BundleError, BundleReader, BundleWriter, Seal};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::{
    bundle::{Manifest, Recorded},
    message::{Batch, Carried, Message},
    position::{Position, empty_hash},
};
use proptest::prelude::*;

use crate::samples::{digest, incarnation, plain_entry};

struct Key(Ed25519Signer);

impl Key {
    fn new(seed: u8) -> Self {
        Self(Ed25519Signer::from_seed(&[seed; 32]).unwrap())
    }
}

impl Seal for Key {
    fn key(&self) -> PublicKey {
        PublicKey { algorithm: self.0.algorithm(), bytes: self.0.public_key() }
    }

    fn sign(&self, id: &Digest) -> Vec<u8> {
        self.0.sign(&message(id))
    }
}

fn position(offset: u64) -> Position {
    let hash = if offset == 0 { empty_hash() } else { digest(&offset.to_string()) };
    Position { feed_id: incarnation("feed"), offset, hash, epoch: digest("epoch") }
}

fn manifest() -> Manifest {
    let recorded = Recorded {
        from: position(0),
        to: position(9),
        is_full: true,
        whole: 9,
        named: 2,
        trust: 1,
        asks: 3,
        heads_digest: digest("heads"),
        heads: 4,
    };
    Manifest {
        protocol_min: 1,
        protocol_max: 1,
        program: "0.1.0".to_owned(),
        from: DivisionId::parse("211221101").unwrap(),
        to: DivisionId::parse("211221").unwrap(),
        incarnation: incarnation("life"),
        number: 7,
        made_at_ms: 1_772_409_600_000,
        recorded,
        claim: Some(position(5)),
        receipts: vec![digest("one"), digest("two")],
        messages: 0,
        body_bytes: 0,
        body_digest: digest("filled in"),
    }
}

fn messages() -> Vec<Message> {
    let entries: Vec<Entry> = (1..=9).map(|seq| plain_entry(format!("payload {seq}").as_bytes(), seq)).collect();
    let entries = entries.into_iter().map(|entry| Carried::Whole(Box::new(entry))).collect();
    vec![
        Message::Announce { entries: 9 },
        Message::Batch(Batch { from: position(0), to: position(9), entries }),
        Message::Done { seen: 0 },
    ]
}

/// Writes a bundle and gives its bytes.
fn written(file: &Path) -> Vec<u8> {
    let mut writer = BundleWriter::create(file).unwrap();
    messages().iter().for_each(|message| writer.say(message).unwrap());
    let (_, bytes) = writer.seal(manifest(), &Key::new(3)).unwrap();
    let whole = fs::read(file).unwrap();
    assert_eq!(bytes, whole.len() as u64);
    whole
}

/// Opens bytes as a file; a reader that opens is read to its end.
fn opened(file: &Path, bytes: &[u8]) -> Result<Vec<Message>, BundleError> {
    fs::write(file, bytes).unwrap();
    let mut reader = BundleReader::open(file)?;
    let mut heard = Vec::new();
    while let Some(message) = reader.next_message()? {
        heard.push(message);
    }
    Ok(heard)
}

#[test]
fn a_whole_bundle_reads_back_twice_and_leaves_nothing_aside() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("a.gkb");
    written(&file);
    let mut reader = BundleReader::open(&file).unwrap();
    let outside = reader.outside().clone();
    assert_eq!(outside.key_id, Key::new(3).key().id());
    let counted = Manifest {
        messages: 3,
        body_bytes: outside.manifest.body_bytes,
        body_digest: outside.manifest.body_digest,
        ..manifest()
    };
    assert_eq!(outside.manifest, counted);
    for _ in 0..2 {
        let heard: Vec<Message> = std::iter::from_fn(|| reader.next_message().unwrap()).collect();
        assert_eq!(heard, messages());
        reader.rewind().unwrap();
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("a.gkb");
    let whole = written(&file);
    for length in 0..whole.len() {
        let error = opened(&file, &whole[..length]).unwrap_err();
        let expected = if length < 8 { "GK-BUNDLE-001" } else { "GK-BUNDLE-002" };
        assert_eq!(error.code(), expected, "cut at {length}: {error}");
        assert!(!error.hint().is_empty());
    }
    assert_eq!(opened(&file, &[&whole[..], b"x"].concat()).unwrap_err().code(), "GK-BUNDLE-003");
}

#[test]
fn a_bit_that_is_flipped_anywhere_is_found() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("a.gkb");
    let whole = written(&file);
    for index in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[index] ^= 1 << (index % 8);
        let error = opened(&file, &bytes).unwrap_err();
        let known = ["GK-BUNDLE-001", "GK-BUNDLE-002", "GK-BUNDLE-003", "GK-BUNDLE-004", "GK-BUNDLE-005"];
        assert!(known.contains(&error.code()), "byte {index}: {error}");
    }
}

#[test]
fn lengths_that_lie_are_refused_before_anything_is_allocated_for_them() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("a.gkb");
    let whole = written(&file);
    let body_at = 12 + u32::from_be_bytes(whole[8..12].try_into().unwrap()) as usize;
    for (at, code) in [(8, "GK-BUNDLE-004"), (body_at, "GK-BUNDLE-003")] {
        let mut bytes = whole.clone();
        bytes[at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(opened(&file, &bytes).unwrap_err().code(), code);
    }
}

#[test]
fn another_key_makes_another_bundle_and_another_body_none() {
    let place = tempfile::tempdir().unwrap();
    let (one, two) = (place.path().join("one.gkb"), place.path().join("two.gkb"));
    let whole = written(&one);
    let mut writer = BundleWriter::create(&two).unwrap();
    writer.say(&Message::Done { seen: 1 }).unwrap();
    writer.seal(manifest(), &Key::new(4)).unwrap();
    let other = fs::read(&two).unwrap();
    let head = |bytes: &[u8]| 12 + u32::from_be_bytes(bytes[8..12].try_into().unwrap()) as usize;
    // The outside of one with the messages of the other.
    let mixed = [&whole[..head(&whole)], &other[head(&other)..]].concat();
    assert_eq!(opened(&one, &mixed).unwrap_err().code(), "GK-BUNDLE-002");
    let reader = BundleReader::open(&two).unwrap();
    assert_eq!(reader.outside().key_id, Key::new(4).key().id());
}

#[test]
fn a_bundle_that_is_given_up_leaves_no_file() {
    let place = tempfile::tempdir().unwrap();
    let mut writer = BundleWriter::create(&place.path().join("a.gkb")).unwrap();
    writer.say(&Message::Done { seen: 0 }).unwrap();
    drop(writer);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Whatever stands in a file, opening it ends with a word about it.
    #[test]
    fn no_file_panics(tail in prop::collection::vec(any::<u8>(), 0..400), keeps in 0_usize..64) {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("a.gkb");
        let whole = written(&file);
        let bytes = [&whole[..keeps.min(whole.len())], &tail[..]].concat();
        prop_assert!(opened(&file, &bytes).is_err());
    }
}
