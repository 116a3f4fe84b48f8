//! Steps that many tests share: publish an edition, look at a directory, alter an input.
//!
//! Invariant: nothing here decides whether a test passes.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use gongkai_journal::sign::{Ed25519Signer, Signer};
use gongkai_model::digest::Digest;
use gongkai_publish::{Consolidation, Manifest, PreviousEdition, Rendered, commit, partial_path, render, seal};

/// A temporary directory with room for editions.
pub(crate) struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn edition(&self, number: u64) -> PathBuf {
        self.directory.path().join(format!("edition-{number}"))
    }

    /// Publishes under the input's number.
    pub(crate) fn publish(&self, input: &Consolidation, reuse: Option<&Path>) -> (PathBuf, Rendered) {
        let target = self.edition(input.number);
        let rendered = render(input, &partial_path(&target), reuse).unwrap();
        seal(&partial_path(&target), &signer(1)).unwrap();
        commit(&partial_path(&target), &target, &rendered.manifest).unwrap();
        (target, rendered)
    }

    /// Publishes the sample.
    pub(crate) fn sample(&self) -> (PathBuf, Rendered) {
        self.publish(&crate::sample::consolidation(), None)
    }
}

/// A key that is the same in every run.
pub(crate) fn signer(seed: u8) -> Ed25519Signer {
    Ed25519Signer::from_seed(&[seed; 32]).unwrap()
}

pub(crate) fn public_key(seed: u8) -> Vec<u8> {
    signer(seed).public_key()
}

/// All files by path, the signature aside.
pub(crate) fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path.strip_prefix(directory).unwrap().to_str().unwrap().to_owned();
            found.insert(name, fs::read(&path).unwrap());
        }
    }
    found.remove("manifest.sig");
    found
}

pub(crate) fn text(directory: &Path, path: &str) -> String {
    fs::read_to_string(directory.join(path)).unwrap()
}

/// The next edition's input with the same content.
pub(crate) fn next(input: &Consolidation, directory: &Path) -> Consolidation {
    let manifest_bytes = fs::read(directory.join("manifest.json")).unwrap();
    let previous =
        PreviousEdition { number: input.number, manifest: Manifest::digest_of(&manifest_bytes), manifest_bytes };
    Consolidation {
        number: input.number + 1,
        published_at_ms: input.published_at_ms + 86_400_000,
        previous: Some(previous),
        heads: Digest::of("sample", &[b"later heads"]),
        stands_for: None,
        ..input.clone()
    }
}
