//! What verify catches, file by file and code by code, and what it lets pass.
//!
//! Invariant: a forger here may even hold a key of his own; only then are the inner checks reached.

use std::{fs, path::Path};

use gongkai_publish::{Manifest, VerifyError, seal, verify};

use crate::support::{Place, files, public_key, signer, text};

/// Reads the manifest, lets `forge` alter it, and signs the result with the key of `seed`.
fn forge(directory: &Path, forge: impl FnOnce(&mut Manifest)) {
    let mut manifest: Manifest = serde_json::from_str(&text(directory, "manifest.json")).unwrap();
    forge(&mut manifest);
    fs::write(directory.join("manifest.json"), manifest.to_bytes()).unwrap();
    seal(directory, &signer(1)).unwrap();
}

/// Alters a listed file and lists its new digest.
fn forge_file(directory: &Path, path: &str, from: &str, to: &str) {
    let before = text(directory, path);
    assert!(before.contains(from), "{path} has no {from}");
    let bytes = before.replacen(from, to, 1).into_bytes();
    fs::write(directory.join(path), &bytes).unwrap();
    forge(directory, |manifest| {
        let entry = manifest.files.iter_mut().find(|file| file.path == path).unwrap();
        (entry.size, entry.digest) = (bytes.len() as u64, gongkai_model::digest::Digest::of_file(&bytes));
    });
}

fn code_of(directory: &Path) -> &'static str {
    let error = verify(directory, None).unwrap_err();
    assert!(!error.hint().is_empty());
    error.code()
}

#[test]
fn an_untouched_edition_is_sound() {
    let place = Place::new();
    let (directory, rendered) = place.sample();
    let verified = verify(&directory, Some(&public_key(1))).unwrap();
    assert_eq!((verified.edition, verified.catalogs, verified.items), (1, 12, 145));
    assert_eq!((verified.manifest, verified.edition_root), (rendered.manifest, rendered.edition_root));
    assert_eq!(verified.files, rendered.files);
    assert_eq!(verified.files, files(&directory).len() - 1);
    assert!(verified.warnings.is_empty());
    let unknown = verify(&directory, None).unwrap().warnings;
    assert_eq!(unknown.iter().map(|warning| warning.code).collect::<Vec<_>>(), ["GK-PUB-040"]);
}

#[test]
fn a_flipped_byte_in_any_file_is_caught_and_the_file_named() {
    let place = Place::new();
    let (directory, _) = place.sample();
    for (path, bytes) in files(&directory) {
        let mut flipped = bytes.clone();
        let at = flipped.len() / 2;
        flipped[at] ^= 1;
        fs::write(directory.join(&path), &flipped).unwrap();
        match (path.as_str(), verify(&directory, None).unwrap_err()) {
            ("manifest.json", VerifyError::WrongSignature) => {}
            (_, VerifyError::ChangedFile(named)) => assert_eq!(named, path),
            (_, other) => unreachable!("{path}: {other}"),
        }
        fs::write(directory.join(&path), &bytes).unwrap();
    }
    verify(&directory, None).unwrap();
}

#[test]
fn missing_extra_and_linked_files_are_caught() {
    let place = Place::new();
    let (directory, _) = place.sample();
    let page = directory.join("domain/work-safety.html");
    let bytes = fs::read(&page).unwrap();

    fs::remove_file(&page).unwrap();
    assert_eq!(code_of(&directory), "GK-PUB-027");
    std::os::unix::fs::symlink("/etc/hostname", &page).unwrap();
    assert_eq!(code_of(&directory), "GK-PUB-030");
    fs::remove_file(&page).unwrap();
    fs::write(&page, &bytes).unwrap();

    for extra in ["d/extra.html", ".hidden", "domain/名.html"] {
        fs::write(directory.join(extra), "x").unwrap();
        assert_eq!(code_of(&directory), "GK-PUB-029", "{extra}");
        fs::remove_file(directory.join(extra)).unwrap();
    }
    verify(&directory, None).unwrap();

    fs::remove_file(directory.join("manifest.sig")).unwrap();
    assert_eq!(code_of(&directory), "GK-PUB-023");
    fs::remove_file(directory.join("manifest.json")).unwrap();
    assert_eq!(code_of(&directory), "GK-PUB-020");
}

#[test]
fn a_signature_of_another_manifest_or_key_is_caught() {
    let place = Place::new();
    let (directory, _) = place.sample();
    let signature = text(&directory, "manifest.sig");
    seal(&directory, &signer(2)).unwrap();
    verify(&directory, None).unwrap();
    let error = verify(&directory, Some(&public_key(1))).unwrap_err();
    assert_eq!(error.code(), "GK-PUB-025");
    for (from, to, code) in [
        ("\"key_id\": \"", "\"key_id\": \"00", "GK-PUB-024"),
        ("\"signature\": \"", "\"signature\": \"00", "GK-PUB-024"),
        ("\"signature\": \"", "\"signature\": \"xy", "GK-PUB-023"),
        ("ed25519", "none", "GK-PUB-023"),
        ("{", "", "GK-PUB-023"),
    ] {
        fs::write(directory.join("manifest.sig"), signature.replacen(from, to, 1)).unwrap();
        assert_eq!(code_of(&directory), code, "{from}");
    }
}

/// Alters a published directory.
type Forgery = Box<dyn Fn(&Path)>;

#[test]
fn a_signed_lie_is_caught_by_what_follows_from_the_items() {
    let data = "data/211200/work-safety.json";
    let another = gongkai_model::digest::Digest::of("sample", &[b"another"]);
    let forgeries: Vec<(&str, Forgery)> = vec![
        ("GK-PUB-033", Box::new(|dir| forge_file(dir, data, "救助信访", "救助信仿"))),
        ("GK-PUB-036", Box::new(|dir| forge_file(dir, data, "211200-work-safety-1\"", "211200-work-safety-x\""))),
        ("GK-PUB-036", Box::new(|dir| forge_file(dir, data, "\"catalog\":\"211200/", "\"catalog\":\"211202/"))),
        ("GK-PUB-036", Box::new(|dir| forge(dir, |m| m.catalogs[1].items[0].name.push('x')))),
        ("GK-PUB-036", Box::new(move |dir| forge(dir, |m| m.catalogs[1].revision = another))),
        ("GK-PUB-034", Box::new(move |dir| forge(dir, |m| m.catalogs[1].root = another))),
        ("GK-PUB-035", Box::new(move |dir| forge(dir, |m| m.catalogs[1].submission = another))),
        ("GK-PUB-035", Box::new(move |dir| forge(dir, |m| m.edition_root = another))),
        ("GK-PUB-038", Box::new(|dir| forge(dir, |m| m.counts.items += 1))),
        ("GK-PUB-038", Box::new(|dir| forge(dir, |m| drop(m.missing.pop())))),
        ("GK-PUB-037", Box::new(|dir| forge(dir, |m| m.catalogs.swap(0, 1)))),
        ("GK-PUB-037", Box::new(|dir| forge(dir, |m| m.files.insert(0, m.files[0].clone())))),
        ("GK-PUB-022", Box::new(|dir| forge(dir, |m| m.format = 2))),
        ("GK-PUB-026", Box::new(|dir| forge(dir, |m| m.files[0].path = "../outside".to_owned()))),
        ("GK-PUB-026", Box::new(|dir| forge(dir, |m| m.files[0].path = "/etc/passwd".to_owned()))),
        ("GK-PUB-026", Box::new(|dir| forge(dir, |m| m.files[0].path = "manifest.sig".to_owned()))),
    ];
    for (number, (code, forgery)) in forgeries.into_iter().enumerate() {
        let place = Place::new();
        let (directory, _) = place.sample();
        forgery(&directory);
        let error = verify(&directory, Some(&public_key(1))).unwrap_err();
        assert_eq!(error.code(), code, "forgery {number}: {error}");
    }
}

#[test]
fn bytes_that_are_no_manifest_are_refused_without_a_panic() {
    let place = Place::new();
    let (directory, _) = place.sample();
    for bytes in [&b""[..], b"{}", b"[]", b"\xff\xfe", b"{\"format\":1}", b"{\"format\":-1}"] {
        fs::write(directory.join("manifest.json"), bytes).unwrap();
        seal(&directory, &signer(1)).unwrap();
        assert_eq!(code_of(&directory), "GK-PUB-021");
    }
}

#[test]
fn the_proofs_in_the_data_lead_from_an_item_to_the_edition() {
    use gongkai_model::edition::{EditionCatalog, InclusionProof, ItemLeaf, verify_item};
    let place = Place::new();
    let (directory, rendered) = place.sample();
    let list: serde_json::Value = serde_json::from_str(&text(&directory, "data/catalogs.json")).unwrap();
    let mut checked = 0;
    for row in list["catalogs"].as_array().unwrap() {
        let data: serde_json::Value = serde_json::from_str(&text(&directory, row["data"].as_str().unwrap())).unwrap();
        let read = |value: &serde_json::Value| serde_json::from_value(value.clone()).unwrap();
        let catalog: gongkai_model::id::CatalogId = serde_json::from_value(row["catalog"].clone()).unwrap();
        for item in data["items"].as_array().unwrap() {
            let proof = InclusionProof {
                leaf: ItemLeaf {
                    division: catalog.division.clone(),
                    domain: catalog.domain.clone(),
                    item: serde_json::from_value(item["id"].clone()).unwrap(),
                    digest: read(&item["digest"]),
                },
                to_catalog: serde_json::from_value(item["proof"].clone()).unwrap(),
                catalog: EditionCatalog {
                    catalog: catalog.clone(),
                    revision: read(&row["revision"]),
                    submission: read(&row["submission"]),
                    items: serde_json::from_value(row["items"].clone()).unwrap(),
                    root: read(&row["root"]),
                },
                to_edition: serde_json::from_value(row["proof"].clone()).unwrap(),
            };
            verify_item(&proof, &rendered.edition_root).unwrap();
            checked += 1;
        }
    }
    assert_eq!(checked, 145);
}
