//! Files: permissions, damage, strangers.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
};

use gongkai_journal::sign::{PublicKey, Signer, message};
use gongkai_model::digest::Digest;
use gongkai_pki::{
    Authority, CertKey, EntryKey, FileError, PkiDir, authority,
    files::Kept,
    keys::{is_signed_by, key_id},
    tls::Credentials,
};

use crate::world::{CITY, COUNTY, Node, TOWN, three_levels};

const KEYS: [Kept; 4] = [Kept::TlsKey, Kept::EntryKey, Kept::AuthorityKey, Kept::RootKey];

fn load_key(pki: &PkiDir, kept: Kept) -> Result<(), FileError> {
    match kept {
        Kept::EntryKey => EntryKey::load(pki).map(drop),
        other => CertKey::load(pki, other).map(drop),
    }
}

fn chmod(node: &Node, kept: Kept, mode: u32) {
    fs::set_permissions(node.pki.path(kept), fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn keys_are_written_for_their_owner_alone_and_not_read_when_others_can() {
    let city = Node::top(CITY);
    let directory = fs::metadata(city.dir.path().join("pki")).unwrap();
    assert_eq!(directory.permissions().mode() & 0o777, 0o700);
    for kept in KEYS {
        let mode = fs::metadata(city.pki.path(kept)).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600, "{kept:?}");
        for open in [0o640, 0o604, 0o620, 0o601] {
            chmod(&city, kept, open);
            assert_eq!(load_key(&city.pki, kept).unwrap_err().code(), "GK-PKI-004", "{kept:?} {open:o}");
        }
        chmod(&city, kept, 0o400);
        load_key(&city.pki, kept).unwrap();
    }
}

#[test]
fn a_key_is_never_overwritten_and_a_crash_leaves_nothing_half() {
    let city = Node::top(CITY);
    let before = fs::read(city.pki.path(Kept::EntryKey)).unwrap();
    assert_eq!(EntryKey::create(&city.pki).unwrap_err().code(), "GK-PKI-006");
    assert_eq!(CertKey::create(&city.pki, Kept::TlsKey).unwrap_err().code(), "GK-PKI-006");
    assert_eq!(fs::read(city.pki.path(Kept::EntryKey)).unwrap(), before);
    // What a crash in the middle of writing leaves: the name aside, half a key.
    let node = Node::empty(TOWN);
    fs::write(node.dir.path().join("pki/tls.key.new"), "-----BEGIN PRIV").unwrap();
    CertKey::load_or_create(&node.pki, Kept::TlsKey).unwrap();
    let left: Vec<_> = fs::read_dir(node.dir.path().join("pki")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["tls.key"]);
}

#[test]
fn missing_files_are_named() {
    let (city, county, town) = three_levels();
    fs::remove_file(town.pki.path(Kept::TlsChain)).unwrap();
    let error = Credentials::load(&town.pki).unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), ("GK-PKI-001", "`pki/tls.crt` is missing"));
    assert!(error.hint().contains("join"));
    assert_eq!(Authority::load(&town.pki).unwrap_err().code(), "GK-PKI-008");
    fs::remove_file(county.pki.path(Kept::AuthorityKey)).unwrap();
    assert_eq!(Authority::load(&county.pki).unwrap_err().code(), "GK-PKI-001");
    fs::remove_file(city.pki.path(Kept::RootCertificate)).unwrap();
    assert_eq!(Credentials::load(&city.pki).unwrap_err().code(), "GK-PKI-001");
}

#[test]
fn damaged_files_are_told_from_missing_ones() {
    let (_, _, town) = three_levels();
    let whole = fs::read_to_string(town.pki.path(Kept::TlsChain)).unwrap();
    let half = whole[..whole.len() / 3].to_owned();
    let flipped = whole.replacen("MII", "MIJ", 1);
    for text in ["", "rubbish", half.as_str(), flipped.as_str(), &" ".repeat(100_000)] {
        fs::write(town.pki.path(Kept::TlsChain), text).unwrap();
        let code = Credentials::load(&town.pki).unwrap_err().code();
        assert!(["GK-PKI-002", "GK-PKI-003"].contains(&code), "{code}");
    }
    fs::write(town.pki.path(Kept::TlsChain), [0xff; 64]).unwrap();
    assert_eq!(Credentials::load(&town.pki).unwrap_err().code(), "GK-PKI-002");
    for kept in [Kept::TlsKey, Kept::EntryKey] {
        let key = fs::read_to_string(town.pki.path(kept)).unwrap();
        fs::write(town.pki.path(kept), &key[..key.len() / 2]).unwrap();
        assert_eq!(load_key(&town.pki, kept).unwrap_err().code(), "GK-PKI-002", "{kept:?}");
    }
    fs::remove_file(town.pki.path(Kept::EntryKey)).unwrap();
    symlink("/dev/null", town.pki.path(Kept::EntryKey)).unwrap();
    assert_eq!(EntryKey::load(&town.pki).unwrap_err().code(), "GK-PKI-002");
}

#[test]
fn files_of_another_node_do_not_fit() {
    let (city, county, town) = three_levels();
    let copy = |from: &Node, to: &Node, kept: Kept| {
        fs::copy(from.pki.path(kept), to.pki.path(kept)).unwrap();
    };
    copy(&county, &town, Kept::TlsChain);
    assert_eq!(Credentials::load(&town.pki).unwrap_err().code(), "GK-PKI-003");
    let stranger = Node::top(CITY).child(COUNTY, true);
    copy(&stranger, &county, Kept::RootCertificate);
    assert_eq!(Credentials::load(&county.pki).unwrap_err().code(), "GK-PKI-003");
    assert_eq!(Authority::load(&county.pki).unwrap_err().code(), "GK-PKI-003");
    copy(&stranger, &city, Kept::AuthorityKey);
    assert_eq!(Authority::load(&city.pki).unwrap_err().code(), "GK-PKI-003");
    copy(&stranger, &city, Kept::TlsKey);
    assert_eq!(Credentials::load(&city.pki).unwrap_err().code(), "GK-PKI-003");
    fs::copy(city.pki.path(Kept::EntryKey), city.pki.path(Kept::TlsKey)).unwrap();
    assert_eq!(Credentials::load(&city.pki).unwrap_err().code(), "GK-PKI-002", "an Ed25519 key is no TLS key");
}

#[test]
fn a_top_node_of_one_division_does_not_become_another() {
    let city = Node::top(CITY);
    let other = crate::world::path(&["210000"]);
    let lifetimes = gongkai_pki::Lifetimes::default();
    let error = authority::found(&city.pki, &other, &lifetimes, crate::world::NOW_MS).unwrap_err();
    assert_eq!(error.code(), "GK-PKI-003");
}

#[test]
fn the_entry_key_signs_and_reads_back() {
    let node = Node::empty(TOWN);
    let made = EntryKey::create(&node.pki).unwrap();
    let read = EntryKey::load(&node.pki).unwrap();
    assert_eq!(made.public_key(), read.public_key());
    let signature = read.sign(b"entry");
    assert_eq!(signature.len(), 64);
    assert!(is_signed_by(&made.public_key(), b"entry", &signature));
    assert!(!is_signed_by(&made.public_key(), b"Entry", &signature));
    assert_eq!(made.key_id(), key_id(&read.public_key()));
    assert_eq!(made.key_id().len(), 16);
    let signer: &dyn Signer = &read;
    assert_eq!(hex::encode(signer.key_id()), made.key_id());
    let hash = Digest::of_file(b"an entry's header");
    let key = PublicKey { algorithm: signer.algorithm(), bytes: signer.public_key() };
    assert!(key.verifies(&hash, &signer.sign(&message(&hash))));
}

#[test]
fn an_unwritable_directory_is_a_coded_error() {
    let node = Node::empty(TOWN);
    fs::remove_dir(node.dir.path().join("pki")).unwrap();
    let error = EntryKey::create(&node.pki).unwrap_err();
    assert_eq!((error.code(), error.is_transient()), ("GK-PKI-005", true));
    assert!(!error.to_string().contains(node.dir.path().to_str().unwrap()));
}
