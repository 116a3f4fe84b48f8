//! Every file says what it owns before it begins.

use std::process::Command;

use gongkai_tests::program::repository;

#[test]
fn every_rust_file_begins_with_a_header() {
    let listed = Command::new("git").args(["ls-files", "*.rs"]).current_dir(repository()).output();
    let Some(listed) = listed.ok().filter(|listed| listed.status.success()) else {
        eprintln!("skipped: this is no git checkout");
        return;
    };
    let listed = String::from_utf8(listed.stdout).unwrap();
    let bare: Vec<&str> = listed
        .lines()
        .filter(|file| {
            let text = std::fs::read_to_string(repository().join(file)).unwrap_or_default();
            !text.is_empty() && !text.starts_with("//!")
        })
        .collect();
    assert!(bare.is_empty(), "files without a `//!` header: {bare:#?}");
}
