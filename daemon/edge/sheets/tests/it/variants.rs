//! The variants met in published catalogs, by their number in the format notes, each with what reading must give.

use gongkai_sheets::Report;

use super::books::{self, ITEM, LEAVES, Page, TITLE, codes, item, list, read_page, texts};

mod cells;
mod headers;
mod rows;
mod tables;

/// (numbers, claim, page, check)
type Case = (&'static [u8], &'static str, fn() -> Page, fn(&Report));

fn cases() -> Vec<Case> {
    [rows::CASES, tables::CASES, headers::CASES, cells::CASES].concat()
}

#[test]
#[expect(clippy::print_stdout, reason = "the last line printed names the case that failed")]
fn every_variant_is_read_as_the_notes_say() {
    let cases = cases();
    for (numbers, claim, page, check) in &cases {
        println!("variant {numbers:?}: {claim}");
        check(&read_page(page()));
    }
}

/// A row of the table in README.md: the number, and the tests it names in backquotes.
fn table_row(line: &str) -> Option<(u8, Vec<&str>)> {
    let cells: Vec<&str> = line.strip_prefix("| ")?.split(" | ").collect();
    let number = cells.first()?.trim().parse().ok()?;
    Some((number, cells.last()?.split('`').skip(1).step_by(2).collect()))
}

#[test]
fn the_table_of_variants_names_tests_that_exist() {
    let home = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(home.join("README.md")).unwrap();
    let mut sources = String::new();
    for folder in ["tests/it", "src", "../../core/model/src/check", "../../core/model/src"] {
        for file in std::fs::read_dir(home.join(folder)).unwrap().map(|entry| entry.unwrap().path()) {
            if file.extension().is_some_and(|kind| kind == "rs") {
                sources += &std::fs::read_to_string(file).unwrap();
            }
        }
    }
    let cases = cases();
    let rows: Vec<(u8, Vec<&str>)> = table.lines().filter_map(table_row).collect();
    assert_eq!(rows.iter().map(|(number, _)| *number).collect::<Vec<_>>(), (1..=34).collect::<Vec<u8>>());
    for (number, tests) in &rows {
        assert!(!tests.is_empty(), "variant {number} names no test");
        for test in tests {
            let is_case = cases.iter().any(|(numbers, claim, ..)| claim == test && numbers.contains(number));
            let is_test =
                sources.contains(&format!("#[test]\nfn {test}(")) || sources.contains(&format!("    fn {test}("));
            assert!(is_case || is_test, "variant {number}: there is no test `{test}`");
        }
    }
    for (numbers, claim, ..) in &cases {
        let is_listed = numbers.iter().all(|n| rows.iter().any(|(row, tests)| row == n && tests.contains(claim)));
        assert!(is_listed, "README.md does not list `{claim}` under {numbers:?}");
    }
}

#[test]
fn a_clean_official_sheet_has_no_warning() {
    let report = read_page(Page::official(vec![item(&[]), item(&[(0, "2"), (2, "监督检查")])]));
    assert_eq!(report.warnings, []);
    assert_eq!((report.items, report.tables[0].range.as_str()), (2, "A1:N5"));
    assert_eq!(report.tables[0].domain.as_deref(), Some("social-assistance"));
    let row = books::rows(&report)[0];
    assert_eq!((row.serial.as_str(), row.item.name(), row.source.row), ("1", "政策法规", 4));
    assert_eq!(list(&row.item.channels), ["gov-website"]);
    assert_eq!((list(&row.item.audience), row.item.disclosure_mode.as_str()), (vec!["public"], "proactive"));
    assert_eq!((list(&row.item.levels), row.errors.as_slice()), (vec!["county"], &[][..]));
    assert_eq!(report.tables[0].title, TITLE);
}
