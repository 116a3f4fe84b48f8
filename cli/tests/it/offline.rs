//! What needs no daemon: dry runs, explanations, completions.

use std::fs;

use gongkai_seeds::samples;

use crate::harness::run;

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_reads_every_sample_and_keeps_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for sample in samples() {
        let file = folder.path().join(&sample.file);
        fs::write(&file, sample.bytes).expect("a workbook");
        let ended = run(&["catalog", "import", file.to_str().expect("text"), "--dry-run", "--output", "json"]).await;
        assert_eq!(ended.status, 0, "{}: {ended:?}", sample.file);
        let document = ended.json();
        assert_eq!(document["file"], sample.file.as_str());
        assert_eq!(document["items"], sample.items);
        let tables = document["tables"].as_array().expect("tables");
        assert_eq!(tables.len(), sample.tables.len(), "{}", sample.file);
        for (table, expected) in tables.iter().zip(&sample.tables) {
            assert_eq!(table["domain"], expected.domain.as_str(), "{}", sample.file);
            assert_eq!(table["rows"].as_array().map(Vec::len), Some(expected.items), "{}", sample.file);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_files_are_one_document_and_a_bad_one_stops_no_other() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (good, bad) = (folder.path().join("good.xlsx"), folder.path().join("bad.xlsx"));
    let sample = &samples()[0];
    fs::write(&good, sample.bytes).expect("a workbook");
    fs::write(&bad, b"PK no zip").expect("a file");
    let words = ["catalog", "import", bad.to_str().expect("text"), good.to_str().expect("text"), "--dry-run"];
    let ended = run(&[&words[..], &["--output", "json"]].concat()).await;
    assert_eq!(ended.status, 1);
    let document = ended.json();
    assert!(document["imports"][0]["error"]["code"].as_str().is_some_and(|code| code.starts_with("GK-SHEET-")));
    assert_eq!(document["imports"][1]["items"], sample.items);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_not_there_or_too_large_are_told_apart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let large = folder.path().join("large.xlsx");
    let file = fs::File::create(&large).expect("a file");
    file.set_len(gongkai_proto::IMPORT_BYTES_MAX as u64 + 1).expect("a sparse file");
    for (name, code) in [(large.to_str().expect("text"), "GK-CLI-005"), ("/nowhere/a.xlsx", "GK-CLI-004")] {
        let ended = run(&["catalog", "import", name, "--dry-run", "--output", "json"]).await;
        assert_eq!((ended.status, ended.json()["error"]["code"].as_str()), (1, Some(code)), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn completions_and_version_answer_in_both_forms() {
    for shell in ["bash", "zsh", "fish"] {
        let ended = run(&["completions", shell]).await;
        assert_eq!(ended.status, 0);
        assert!(ended.stdout.contains("catalog") && ended.stdout.contains("publish"), "{shell}");
    }
    let ended = run(&["version", "--output", "json"]).await;
    assert_eq!(ended.json()["version"], env!("CARGO_PKG_VERSION"));
}

#[tokio::test(flavor = "multi_thread")]
async fn help_speaks_the_language_of_the_locale() {
    for (lang, word) in [("zh", "汇总发布"), ("en", "Editions")] {
        let ended = run(&["--lang", lang, "--help"]).await;
        assert_eq!(ended.status, 0);
        assert!(ended.stdout.contains(word), "{lang}: {}", ended.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_refuses_what_is_no_edition() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ended = run(&["publish", "verify", folder.path().to_str().expect("text"), "--output", "json"]).await;
    assert_eq!(ended.status, 1);
    assert!(ended.json()["error"]["code"].as_str().is_some_and(|code| code.starts_with("GK-PUB-")), "{ended:?}");
}
