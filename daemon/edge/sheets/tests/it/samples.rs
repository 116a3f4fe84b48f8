//! The project's own sample workbooks read as their index says.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::books::reading;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../seeds/catalogs")
}

fn check(folder: &Path, file: &Value, level: &'static str) {
    let name = file["file"].as_str().unwrap();
    let bytes = fs::read(folder.join(name)).unwrap();
    let report = gongkai_sheets::read(&bytes, name, &reading(level)).unwrap();
    let json = serde_json::to_value(&report).unwrap();
    let tables = file["tables"].as_array().unwrap();
    assert_eq!(report.tables.len(), tables.len(), "{name}");
    for (index, expected) in tables.iter().enumerate() {
        let table = &json["tables"][index];
        assert_eq!((&table["domain"], &table["items"]), (&expected["domain"], &expected["items"]), "{name}");
        for spot in expected["spot"].as_array().into_iter().flatten() {
            let row = usize::try_from(spot["item"].as_u64().unwrap()).unwrap() - 1;
            let field = spot["field"].as_str().unwrap();
            assert_eq!(table["rows"][row][field], spot["value"], "{name} item {} {field}", row + 1);
        }
        let errors = report.tables[index].rows.iter().flat_map(|row| &row.errors).count();
        assert!(errors == 0 || folder.ends_with("variants"), "{name}: {errors} errors");
    }
}

#[test]
fn sample_catalogs_read_as_their_index_says() {
    let index: Value = serde_json::from_str(&fs::read_to_string(folder().join("index.json")).unwrap()).unwrap();
    let files = index.as_array().unwrap();
    assert!(files.len() >= 10);
    for file in files {
        let level = match file["level"].as_str().unwrap() {
            "municipal" => "municipal",
            "county" => "county",
            _ => "township",
        };
        check(&folder(), file, level);
    }
}

#[test]
fn sample_variants_read_as_expected() {
    let folder = folder().join("variants");
    let expected: Value = serde_json::from_str(&fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
    for file in expected.as_array().unwrap() {
        check(&folder, file, "county");
    }
}
