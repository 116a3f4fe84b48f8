//! Claims about the sample workbooks: they are what their sources make, and a plain reader finds in them what the
//! index promises.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "../../examples/make-samples/layout.rs"]
mod layout;
mod reader;
#[path = "../../examples/make-samples/source.rs"]
mod source;
#[path = "../../examples/make-samples/variant.rs"]
mod variant;
#[path = "../../examples/make-samples/workbook.rs"]
mod workbook;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use gongkai_model::id::Day;
use gongkai_seeds::{Purpose, Sample, Seeds, samples};

use crate::reader::{Read, read};

type Failure = Box<dyn std::error::Error>;

fn catalogs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("catalogs")
}

/// What the importer must find in each table of a sample, by our own plain reader.
fn tables(sample: &Sample) -> Vec<Read> {
    read(sample.bytes)
}

#[test]
fn every_workbook_is_what_its_source_makes_and_twice_the_same_bytes() {
    let sources = source::read_all(&catalogs().join("src")).unwrap();
    assert_eq!(sources.len(), samples().len(), "run the example make-samples and list the file in src/samples.rs");
    for (source, sample) in sources.iter().zip(samples()) {
        assert_eq!(source.file, sample.file);
        let rendered = workbook::render(source).unwrap();
        assert_eq!(rendered, workbook::render(source).unwrap(), "{}", source.file);
        assert_eq!(read(&rendered), read(sample.bytes), "{}: run the example make-samples", source.file);
        assert_eq!(workbook::index_entry(source)["items"], sample.items);
    }
}

#[test]
fn a_reader_counts_the_items_that_the_index_promises() {
    let routing = Seeds::builtin().routing;
    for sample in samples() {
        let tables = tables(sample);
        assert_eq!(tables.len(), sample.tables.len(), "{}", sample.file);
        for (read, promised) in tables.iter().zip(&sample.tables) {
            assert_eq!(read.items.len(), promised.items, "{} {}", sample.file, promised.domain);
            assert_eq!(read.sheet, promised.sheet);
            let found = routing.domain_in_title(&read.title).one().map(|domain| &domain.slug);
            assert_eq!(found, Some(&promised.domain), "{}", read.title);
        }
        assert_eq!(tables.iter().map(|table| table.items.len()).sum::<usize>(), sample.items);
    }
}

#[test]
fn all_eight_elements_are_complete_in_every_item() {
    for sample in samples() {
        for table in tables(sample) {
            let mut names = BTreeSet::new();
            for item in &table.items {
                let place = format!("{} {}/{}", sample.file, item[1], item[2]);
                assert!(names.insert((item[1].clone(), item[2].clone())), "{place} stands twice");
                for (column, cell) in item.iter().enumerate().take(8) {
                    assert!(!cell.is_empty() && cell != "同上", "{place}: column {column}");
                }
                assert!(item[7].contains('■'), "{place}: no channel");
                assert!(item[8] == "√" || !item[9].is_empty(), "{place}: no audience");
                assert!((item[10] == "√") != (item[11] == "√"), "{place}: not exactly one mode");
                assert!(item[12] == "√" || item[13] == "√", "{place}: no level");
            }
        }
    }
}

#[test]
fn every_law_in_a_basis_is_known_with_its_number() {
    let laws = Seeds::builtin().laws;
    let mut seen = BTreeSet::new();
    for item in samples().iter().flat_map(tables).flat_map(|table| table.items) {
        assert!(item[4].starts_with('《'), "{}", item[4]);
        for (_, rest) in item[4].match_indices('《').map(|(at, _)| item[4].split_at(at)) {
            let (title, after) = rest.split_once('》').unwrap();
            let law = laws.find(title).unwrap();
            assert!(law.doc_no.is_empty() || after.starts_with(&format!("({})", law.doc_no)), "{title}: {after}");
            seen.insert(law.title.clone());
        }
    }
    assert!(seen.len() >= 40, "{} different titles", seen.len());
}

#[test]
fn the_demo_tree_has_catalogs_on_all_three_levels() {
    let seeds = Seeds::builtin();
    let tree = seeds.tree(&Day::parse("2024-01-01").unwrap());
    let (mut catalogs, mut items, mut domains) = (BTreeMap::new(), 0, BTreeSet::new());
    for sample in samples().iter().filter(|sample| sample.purpose == Purpose::Demo) {
        assert_eq!(tree.get(&sample.division).map(|division| &division.level), Some(&sample.level), "{}", sample.file);
        for table in &sample.tables {
            assert!(catalogs.entry(&sample.division).or_insert_with(BTreeSet::new).insert(&table.domain));
            domains.insert(&table.domain);
            items += table.items;
        }
    }
    let divisions: Vec<&str> = catalogs.keys().map(|id| id.as_str()).collect();
    assert_eq!(divisions, ["211200", "211221", "211221101", "211221105", "211282", "211282102", "211282103"]);
    assert!(catalogs.values().all(|domains| domains.len() >= 2));
    assert!(items >= 240 && domains.len() >= 9, "{items} items, {} domains", domains.len());
}

#[test]
fn a_revision_changes_only_the_items_it_means_to() {
    let by_file = |file: &str| samples().iter().find(|sample| sample.file == file).unwrap();
    let mut counts = BTreeMap::new();
    for sample in samples().iter().filter(|sample| sample.purpose == Purpose::Revision) {
        let base = by_file(sample.of.as_deref().unwrap());
        let (old, new) = (tables(base), tables(sample));
        let pairs = old.iter().zip(&new).flat_map(|(old, new)| old.items.iter().zip(&new.items));
        counts.insert(sample.file.as_str(), pairs.filter(|(old, new)| old != new).count());
        assert_eq!((base.items, &base.division), (sample.items, &sample.division));
    }
    assert_eq!(counts.into_values().collect::<Vec<_>>(), [1, 2, 1]);
}

#[test]
fn the_samples_have_the_features_of_the_official_layout() {
    let all: Vec<Read> = samples().iter().flat_map(tables).collect();
    assert!(all.iter().any(|table| table.same_as_count > 0), "同上");
    assert!(all.iter().all(|table| table.merged_level1_count > 0), "merged level-1 cells");
    assert!(samples().iter().any(|sample| tables(sample).len() > 1));
    assert!(all.iter().any(|table| !table.notes.is_empty()), "notes after a table");
    let measure = samples().iter().find(|sample| sample.purpose == Purpose::Measure).unwrap();
    assert_eq!((measure.tables.len(), measure.items), (1, 200));
}

#[test]
fn the_awkward_workbooks_are_what_their_sources_say() {
    let folder = catalogs().join("variants");
    let variants = source::read_folder::<variant::Variant>(&folder.join("src")).unwrap();
    let text = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let expected: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let files: BTreeSet<&str> = expected.iter().filter_map(|entry| entry["file"].as_str()).collect();
    assert_eq!(variants.iter().map(|variant| variant.file.as_str()).collect::<BTreeSet<_>>(), files);
    for variant in variants {
        let committed = std::fs::read(folder.join(&variant.file)).unwrap();
        let rendered = variant::render(&variant).unwrap();
        assert_eq!(reader::cells(&rendered), reader::cells(&committed), "{}", variant.file);
        for table in expected.iter().filter(|entry| entry["file"] == variant.file).flat_map(|e| e["tables"].as_array())
        {
            for table in table {
                let title = table["title"].as_str().unwrap();
                assert!(reader::cells(&committed).iter().any(|(_, cell)| cell == title), "{title}");
            }
        }
    }
}
