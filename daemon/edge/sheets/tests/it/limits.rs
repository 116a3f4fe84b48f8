//! Each bound on other people's files, met from outside: one more than allowed is a coded error that names the bound.

use std::io::{Cursor, Write as _};

use gongkai_sheets::limits;
use rust_xlsxwriter::Workbook;
use zip::write::SimpleFileOptions;

use super::books::{Page, book, codes, item, read, texts};

fn code_of(bytes: &[u8]) -> String {
    read(bytes).map_or_else(|error| format!("{} {error}", error.code()), |report| format!("{} items", report.items))
}

fn one_cell(row: u32, column: u16, text: &str) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_string(0, 0, "公开事项").unwrap();
    sheet.write_string(row, column, text).unwrap();
    workbook.save_to_buffer().unwrap()
}

#[test]
fn rows_columns_and_the_length_of_a_cell_are_bounded() {
    for (bytes, named) in [
        (one_cell(limits::ROWS_MAX, 0, "x"), "rows"),
        (one_cell(1, u16::try_from(limits::COLUMNS_MAX).unwrap(), "x"), "columns"),
    ] {
        let told = code_of(&bytes);
        assert!(told.starts_with("GK-SHEET-008") && told.contains(named), "{told}");
    }
    // The last row and column that are allowed are read: what is wrong then is that there is no catalog.
    assert!(code_of(&one_cell(limits::ROWS_MAX - 1, 0, "x")).starts_with("GK-SHEET-004"));
    let long = format!("公开事项,公开内容\r\n甲,{}\r\n", "长".repeat(limits::CELL_CHARS_MAX + 1));
    let told = code_of(long.as_bytes());
    assert!(told.starts_with("GK-SHEET-008") && told.contains("characters"), "{told}");
}

#[test]
fn sheets_are_bounded_and_none_is_left_out_in_silence() {
    let mut workbook = Workbook::new();
    for _ in 0..=limits::SHEETS_MAX {
        workbook.add_worksheet().write_string(0, 0, "公开事项").unwrap();
    }
    let told = code_of(&workbook.save_to_buffer().unwrap());
    assert!(told.starts_with("GK-SHEET-008") && told.contains("sheets"), "{told}");
}

/// The parts of a good workbook with one of them replaced.
fn with_part(name: &str, content: &[u8]) -> Vec<u8> {
    let good = book(&[Page::official(vec![item(&[])])]);
    let mut from = zip::ZipArchive::new(Cursor::new(good)).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..from.len() {
        let mut file = from.by_index(index).unwrap();
        let part = file.name().unwrap().into_owned();
        if part != name {
            to.start_file(&part, SimpleFileOptions::default()).unwrap();
            std::io::copy(&mut file, &mut to).unwrap();
        }
    }
    to.start_file(name, SimpleFileOptions::default()).unwrap();
    to.write_all(content).unwrap();
    to.finish().unwrap().into_inner()
}

#[test]
fn shared_texts_are_counted_before_they_are_read() {
    let texts = "<si/>".repeat(limits::SHARED_STRINGS_MAX + 1);
    let told = code_of(&with_part("xl/sharedStrings.xml", format!("<sst>{texts}</sst>").as_bytes()));
    assert!(told.starts_with("GK-SHEET-008") && told.contains("shared"), "{told}");
}

#[test]
fn macros_links_and_formulas_are_named_and_not_followed() {
    let report = read(&with_part("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0macro")).unwrap();
    assert_eq!((report.items, codes(&report)), (1, vec!["macro-ignored"]));
    let link = br#"<externalLink><externalBook/></externalLink>"#;
    let report = read(&with_part("xl/externalLinks/externalLink1.xml", link)).unwrap();
    assert_eq!((report.items, codes(&report)), (1, vec!["link-ignored"]));
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, cells) in [texts(&["序号", "公开事项", "公开内容"]), texts(&["1", "低保", "标准"])].iter().enumerate()
    {
        for (column, text) in cells.iter().enumerate() {
            sheet.write_string(u32::try_from(row).unwrap(), u16::try_from(column).unwrap(), text).unwrap();
        }
    }
    // A formula whose stored value differs from what it would compute: the stored value is what was seen.
    let formula = rust_xlsxwriter::Formula::new("=\"算\"&\"出\"").set_result("存下的值");
    sheet.write_formula(1, 2, formula).unwrap();
    let report = read(&workbook.save_to_buffer().unwrap()).unwrap();
    assert_eq!(report.tables[0].rows[0].item.content, "存下的值");
    assert!(codes(&report).contains(&"formula-not-run"));
}
