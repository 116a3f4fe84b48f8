//! Workbooks through the program, as a clerk's script would use it.

use std::{fs, path::PathBuf};

use gongkai_tests::program::{gongkai, gongkai_json, repository};
use serde_json::Value;

fn catalogs() -> PathBuf {
    repository().join("seeds/catalogs")
}

#[test]
fn every_sample_is_read_as_its_index_says_without_a_daemon() {
    let index: Value = serde_json::from_str(&fs::read_to_string(catalogs().join("index.json")).unwrap()).unwrap();
    let samples = index.as_array().unwrap();
    assert!(samples.len() >= 10);
    for sample in samples {
        let file = catalogs().join(sample["file"].as_str().unwrap());
        let report = gongkai_json(&["catalog", "import", file.to_str().unwrap(), "--dry-run"]).unwrap();
        assert_eq!(report["items"], sample["items"], "{file:?}");
        let domains = |value: &Value| -> Vec<String> {
            value.as_array().unwrap().iter().map(|table| table["domain"].as_str().unwrap_or("").to_owned()).collect()
        };
        assert_eq!(domains(&report["tables"]), domains(&sample["tables"]), "{file:?}");
        let rows: usize =
            report["tables"].as_array().unwrap().iter().map(|t| t["rows"].as_array().unwrap().len()).sum();
        assert_eq!(rows as u64, sample["items"].as_u64().unwrap(), "{file:?}");
    }
}

#[test]
fn what_is_no_catalog_is_refused_with_a_code_and_a_hint() {
    let dir = tempfile::tempdir().unwrap();
    let cases: [(&str, &[u8]); 3] =
        [("empty.xlsx", b""), ("text.xlsx", b"not a workbook"), ("cut.xlsx", b"PK\x03\x04cut")];
    for (name, bytes) in cases {
        let file = dir.path().join(name);
        fs::write(&file, bytes).unwrap();
        let printed = gongkai(&["--output", "json", "catalog", "import", file.to_str().unwrap(), "--dry-run"]).unwrap();
        assert_eq!(printed.status, 1, "{name}: {printed:?}");
        let error = &printed.json().unwrap()["error"];
        assert!(error["code"].as_str().unwrap().starts_with("GK-"), "{name}: {error}");
        assert!(!error["hint"].as_str().unwrap().is_empty(), "{name}: {error}");
    }
}
