//! The variants met in published catalogs, by their number in the format notes, each with what reading must give.

use gongkai_sheets::Report;

use super::books::{ITEM, LEAVES, Page, TITLE, codes, item, list, read_page, rows, texts};

mod cells;
mod headers;
mod tables;

/// (numbers, claim, page, check)
type Case = (&'static [u8], &'static str, fn() -> Page, fn(&Report));

/// Variants that are not read as a table here: 27 and 28 are refused (hostile), 29's other models and 34's files have
/// their own tests, 31 and 33 are findings of the catalog's check, not of reading.
const ELSEWHERE: [u8; 6] = [27, 28, 29, 31, 33, 34];

#[test]
#[expect(clippy::print_stdout, reason = "the last line printed names the case that failed")]
fn every_variant_is_read_as_the_notes_say() {
    let cases: Vec<Case> = [tables::CASES, headers::CASES, cells::CASES].concat();
    for (numbers, claim, page, check) in &cases {
        println!("variant {numbers:?}: {claim}");
        check(&read_page(page()));
    }
    for number in 1..=34 {
        let is_covered = ELSEWHERE.contains(&number) || cases.iter().any(|(numbers, ..)| numbers.contains(&number));
        assert!(is_covered, "variant {number} has no case");
    }
}

#[test]
fn a_clean_official_sheet_has_no_warning() {
    let report = read_page(Page::official(vec![item(&[]), item(&[(0, "2"), (2, "监督检查")])]));
    assert_eq!(report.warnings, []);
    assert_eq!((report.items, report.tables[0].range.as_str()), (2, "A1:N5"));
    assert_eq!(report.tables[0].domain.as_deref(), Some("social-assistance"));
    let row = rows(&report)[0];
    assert_eq!((row.serial.as_str(), row.item.name(), row.source.row), ("1", "政策法规", 4));
    assert_eq!(list(&row.item.channels), ["gov-website"]);
    assert_eq!((list(&row.item.audience), row.item.disclosure_mode.as_str()), (vec!["public"], "proactive"));
    assert_eq!((list(&row.item.levels), row.errors.as_slice()), (vec!["county"], &[][..]));
    assert_eq!(report.tables[0].title, TITLE);
}
