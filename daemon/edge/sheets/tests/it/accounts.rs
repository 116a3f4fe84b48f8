//! Every cell with text is accounted for: in an item's source, in a title or head, or in a warning that names it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use gongkai_sheets::{Report, TextForm, printed_cells};
use proptest::prelude::*;

use super::books::{GROUPS, LEAVES, Page, TITLE, book, item, reading, texts};

/// (sheet, first row, first column, last row, last column), from 1.
type Area = (String, u32, u32, u32, u32);

fn cell(text: &str) -> Option<(u32, u32)> {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let letters = &text[..text.len() - digits.len()];
    let column = letters.bytes().fold(0, |sum, letter| sum * 26 + u32::from(letter - b'A') + 1);
    Some((digits.parse().ok()?, column)).filter(|(_, column)| *column > 0)
}

fn area(place: &str) -> Option<Area> {
    let (sheet, cells) = place.rsplit_once('!')?;
    let (from, to) = cells.split_once(':').unwrap_or((cells, cells));
    let ((top, left), (bottom, right)) = (cell(from)?, cell(to)?);
    Some((sheet.to_owned(), top, left, bottom, right))
}

/// The cells that a report does not account for.
fn missing(bytes: &[u8], report: &Report) -> Vec<String> {
    let own: BTreeSet<(String, String)> = report
        .tables
        .iter()
        .flat_map(|table| &table.rows)
        .flat_map(|row| row.source.cells.iter().map(|cell| (row.source.sheet.clone(), cell.address())))
        .collect();
    let warned = report.warnings.iter().map(|warning| warning.cell.clone());
    let rejected = report.rejected.iter().map(|one| format!("{}!{}", one.sheet, one.range));
    let areas: Vec<Area> =
        warned.chain(rejected).chain(report.heads.iter().cloned()).filter_map(|place| area(&place)).collect();
    let cells = printed_cells(bytes, TextForm::default()).unwrap();
    let is_missing = |sheet: &str, address: &str| {
        let (row, column) = cell(address).unwrap();
        let is_in = |(name, top, left, bottom, right): &Area| {
            name == sheet && (*top..=*bottom).contains(&row) && (*left..=*right).contains(&column)
        };
        !own.contains(&(sheet.to_owned(), address.to_owned())) && !areas.iter().any(is_in)
    };
    let missing = cells.iter().filter(|cell| is_missing(&cell.sheet, &cell.address));
    missing.map(|cell| format!("{}!{} `{}`", cell.sheet, cell.address, cell.text)).collect()
}

fn check(bytes: &[u8], name: &str) -> bool {
    let Ok(report) = gongkai_sheets::read(bytes, name, &reading("county")) else { return false };
    let missing = missing(bytes, &report);
    assert!(missing.is_empty(), "{name}: {missing:#?}\n{:#?}", report.warnings);
    true
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
    files.sort();
    files
}

#[test]
fn every_cell_of_every_file_at_hand_is_accounted_for() {
    let home = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut read = 0;
    for folder in [
        "tests/data",
        "tests/data/cases",
        "../../../seeds/catalogs",
        "../../../seeds/catalogs/variants",
        "../../../tests/fuzz/corpus/sheets",
    ] {
        for file in files(&home.join(folder)) {
            let bytes = std::fs::read(&file).unwrap();
            read += usize::from(check(&bytes, &file.file_name().unwrap().to_string_lossy()));
        }
    }
    assert!(read >= 60, "only {read} files were read");
}

#[test]
fn more_strange_rows_than_warnings_are_listed_are_named_all_the_same() {
    let mut rows = vec![texts(&[TITLE]), texts(&GROUPS), texts(&LEAVES)];
    for number in 0..300 {
        rows.push(item(&[]));
        let mut note = texts(&[""; 14]);
        note[0] = format!("注：第{number}条说明，写在事项之间");
        note[9] = "旁注".to_owned();
        rows.push(note);
    }
    check(&book(&[Page::of(rows)]), "notes.xlsx");
}

fn any_cell() -> impl Strategy<Value = String> {
    let words = [
        "",
        "",
        "",
        "1",
        "√",
        "低保",
        "打印日期：2026年",
        "（续表）",
        "注：期限改为7日",
        "合计",
        "示例",
        "公开事项",
        "公开内容",
        "公开主体",
        "第2页 共5页",
        "■政府网站 □政府公报",
        "同上",
        "20个工作日",
        "A",
        "一段很长的话，说的是别的事情，写在表格旁边，谁也不知道它属于哪里",
    ];
    proptest::sample::select(words.map(str::to_owned).to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_stands_in_and_around_a_table_is_accounted_for(
        above in prop::collection::vec(prop::collection::vec(any_cell(), 0..5), 0..12),
        below in prop::collection::vec(prop::collection::vec(any_cell(), 0..18), 0..14),
        repeats in any::<bool>(),
    ) {
        let mut rows = above;
        rows.extend([texts(&[TITLE]), texts(&GROUPS), texts(&LEAVES), item(&[])]);
        rows.extend(below.clone());
        if repeats {
            rows.extend([texts(&GROUPS), texts(&LEAVES)]);
            rows.extend(below);
        }
        check(&book(&[Page::of(rows)]), "any.xlsx");
    }
}
