//! Who may import whom: the walls of ARCHITECTURE.md, read from the manifests.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use gongkai_tests::program::repository;

/// Crates of ours that a crate may use at run time. A crate that is missing here is a crate without a place.
const ALLOWED: &[(&str, &[&str])] = &[
    ("gongkai-model", &[]),
    ("gongkai-journal", &["gongkai-model"]),
    ("gongkai-sync", &["gongkai-model", "gongkai-journal"]),
    ("gongkai-proto", &[]),
    ("gongkai-seeds", &["gongkai-model"]),
    ("gongkai-store", &["gongkai-model", "gongkai-journal", "gongkai-sync"]),
    ("gongkai-pki", &["gongkai-model", "gongkai-journal"]),
    ("gongkai-link", &["gongkai-model", "gongkai-journal", "gongkai-sync", "gongkai-proto", "gongkai-pki"]),
    ("gongkai-sheets", &["gongkai-model"]),
    ("gongkai-publish", &["gongkai-model", "gongkai-journal", "gongkai-sheets"]),
    (
        "gongkai-app",
        &[
            "gongkai-model",
            "gongkai-journal",
            "gongkai-sync",
            "gongkai-store",
            "gongkai-sheets",
            "gongkai-publish",
            "gongkai-pki",
            "gongkai-seeds",
        ],
    ),
    (
        "gongkai-node",
        &[
            "gongkai-model",
            "gongkai-journal",
            "gongkai-sync",
            "gongkai-store",
            "gongkai-pki",
            "gongkai-link",
            "gongkai-sheets",
            "gongkai-publish",
            "gongkai-app",
            "gongkai-proto",
            "gongkai-seeds",
        ],
    ),
    ("gongkaid", &["gongkai-node"]),
    (
        "gongkai",
        &[
            "gongkai-proto",
            "gongkai-model",
            "gongkai-journal",
            "gongkai-pki",
            "gongkai-sheets",
            "gongkai-publish",
            "gongkai-seeds",
        ],
    ),
    ("gongkai-tests", &[]),
    ("gongkai-sim", &["gongkai-model", "gongkai-journal", "gongkai-sync"]),
];

/// What the pure zone may not reach for, directly.
const IMPURE: &[&str] =
    &["tokio", "tonic", "sqlx", "rustls", "tracing", "rand", "reqwest", "hyper", "tempfile", "uuid"];

fn metadata() -> Metadata {
    MetadataCommand::new().manifest_path(repository().join("Cargo.toml")).no_deps().exec().unwrap()
}

fn dependencies(metadata: &Metadata) -> BTreeMap<String, BTreeSet<String>> {
    let of = |package: &cargo_metadata::Package| {
        let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
        normal.map(|dependency| dependency.name.clone()).collect()
    };
    metadata.packages.iter().map(|package| (package.name.to_string(), of(package))).collect()
}

#[test]
fn each_crate_imports_only_what_lies_below_it() {
    let found = dependencies(&metadata());
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        ALLOWED.iter().map(|(name, below)| (*name, below.iter().copied().collect())).collect();
    for (name, dependencies) in &found {
        let below = allowed.get(name.as_str());
        assert!(below.is_some(), "crate `{name}` has no place in the house: name it in tests/it/layers.rs");
        let ours = dependencies.iter().filter(|dependency| found.contains_key(*dependency));
        let strays: Vec<&String> =
            ours.filter(|dependency| !below.is_some_and(|below| below.contains(dependency.as_str()))).collect();
        assert!(strays.is_empty(), "`{name}` imports {strays:?}, which does not lie below it");
    }
    assert_eq!(found.len(), ALLOWED.len(), "a crate named in tests/it/layers.rs is gone");
}

#[test]
fn the_pure_zone_reaches_for_nothing_impure() {
    let found = dependencies(&metadata());
    for name in ["gongkai-model", "gongkai-journal", "gongkai-sync"] {
        let strays: Vec<&String> =
            found[name].iter().filter(|dependency| IMPURE.contains(&dependency.as_str())).collect();
        assert!(strays.is_empty(), "`{name}` is pure and may not depend on {strays:?}");
    }
}
