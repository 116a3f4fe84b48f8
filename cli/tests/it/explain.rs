//! Every error code in the sources has its page, and every page its two languages.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::harness::run;

/// Folders with sources that make codes.
const SOURCES: [&str; 4] = ["daemon", "cli/src", "seeds/src", "proto/src"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a source folder").flatten() {
        let path = entry.path();
        // Codes made up in tests need no page.
        let is_test = path.file_stem().is_some_and(|name| name == "tests");
        if is_test {
            continue;
        } else if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The codes that stand in a source as a whole string.
fn codes(text: &str) -> impl Iterator<Item = String> {
    let program = text.split("#[cfg(test)]").next().unwrap_or_default();
    let parts = program.split('"').filter(|part| part.starts_with("GK-") && part.len() <= 24);
    parts.filter(|part| part.rsplit('-').next().is_some_and(is_number)).map(str::to_owned)
}

fn is_number(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_code_in_the_sources_has_a_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut files = Vec::new();
    SOURCES.iter().for_each(|folder| sources(&root.join(folder), &mut files));
    let used: BTreeSet<String> = files
        .iter()
        .flat_map(|file| codes(&fs::read_to_string(file).unwrap_or_default()).collect::<Vec<_>>())
        .collect();
    assert!(used.len() > 100, "only {} codes were found: the search is broken", used.len());

    let listed = run(&["explain", "--list", "--output", "json"]).await.json();
    let pages = listed["codes"].as_array().expect("codes");
    let known: BTreeSet<&str> = pages.iter().filter_map(|page| page["code"].as_str()).collect();
    let missing: Vec<&String> = used.iter().filter(|code| !known.contains(code.as_str())).collect();
    assert!(missing.is_empty(), "codes without a page: {missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_says_something_in_both_languages() {
    for (lang, is_chinese) in [("en", false), ("zh", true)] {
        let listed = run(&["explain", "--list", "--lang", lang, "--output", "json"]).await.json();
        for page in listed["codes"].as_array().expect("codes") {
            for key in ["meaning", "action"] {
                let text = page[key].as_str().unwrap_or_default();
                // An English page may name a Chinese word, and a Chinese one begins with a file name.
                let has_chinese = text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
                let begins_in_english = text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '`');
                let is_right = if is_chinese { has_chinese } else { begins_in_english };
                assert!(text.len() > 5 && is_right, "{page}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistyped_code_gets_the_nearest_one() {
    let ended = run(&["explain", "GK-SHET-004"]).await;
    assert_eq!(ended.status, 1);
    assert!(ended.stderr.contains("GK-SHEET-004"), "{}", ended.stderr);
    let ended = run(&["explain", "gk-sheet-004", "--output", "json"]).await;
    assert_eq!((ended.status, ended.json()["code"].as_str()), (0, Some("GK-SHEET-004")));
}
