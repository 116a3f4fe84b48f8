//! Walls of this crate and of the node's that the compiler does not see, held by reading the sources.
//!
//! Invariant: what a file may not do by hand it does through the one place that owns it.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    fs,
    path::{Path, PathBuf},
};

fn sources(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// Whatever stands in a source outside of the exempt ones, as `file: text`.
fn found(dir: &str, exempt: &[&str], texts: &[&str]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    let files = sources(&root);
    assert!(files.len() > 50, "only {} files were found in {dir}: the search is broken", files.len());
    let mut found = Vec::new();
    for file in files {
        let name = file.strip_prefix(&root).unwrap();
        if name == Path::new("walls.rs") || exempt.iter().any(|exempt| name.starts_with(exempt)) {
            continue;
        }
        let source = fs::read_to_string(&file).unwrap();
        let standing = texts.iter().filter(|text| source.contains(**text));
        found.extend(standing.map(|text| format!("{}: {text}", name.display())));
    }
    found
}

#[test]
fn no_use_case_takes_the_lock_asks_a_role_or_records_by_hand() {
    let by_hand = ["inner.acting", "operator.require(", "roles.contains(", "self.record("];
    // The end of a hold still takes the lock, and completes revocations: a session ends it as well as a person.
    let owners = ["act.rs", "act", "acts.rs", "lib.rs", "operator.rs", "recovery/hold.rs", "revocation.rs"];
    assert_eq!(found("src", &owners, &by_hand), [""; 0], "use `App::begin`");
}

#[test]
fn nobody_reads_the_beginning_of_a_hash_by_hand() {
    let by_hand = ["strip_prefix(\"sha256:\")", "to_hex().starts_with("];
    for dir in ["src", "../node/src"] {
        // The place of a feed is read out by telephone and asked together with its number.
        assert_eq!(found(dir, &["bundle.rs"], &by_hand), [""; 0], "use `gongkai_model::named::Beginning`");
    }
}
