//! Files that are no catalog, or worse: each a coded error with a hint, none a panic.

use std::io::{Cursor, Write as _};

use gongkai_sheets::{Error, limits};
use zip::write::SimpleFileOptions;

use super::books::{Page, book, codes, item, read, texts};

fn refused(bytes: &[u8]) -> Error {
    match read(bytes) {
        Err(error) => {
            assert!(error.code().starts_with("GK-SHEET-0") && !error.hint().is_empty());
            error
        }
        Ok(report) => unreachable!("read {} items from a file that holds none", report.items),
    }
}

fn zip_of(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn files_that_are_no_workbook_say_what_they_are() {
    for (bytes, code) in [
        (&b""[..], "GK-SHEET-002"),
        (b"   \n ", "GK-SHEET-002"),
        (b"%PDF-1.7 ...", "GK-SHEET-001"),
        (b"\x89PNG\r\n\x1a\n", "GK-SHEET-001"),
        (b"\x00\x01\x02\x03binary", "GK-SHEET-001"),
        (b"TABLE\r\n0,1\r\n\"EXCEL\"\r\n", "GK-SHEET-001"),
        (b"ID;PSCALC3\nC;X1;Y1;K\"1\"\n", "GK-SHEET-001"),
        (b"[{\"a\": 1, \"b\": 2}]", "GK-SHEET-001"),
        (b"<html><table><tr><td>x</td></tr></table></html>", "GK-SHEET-001"),
        ("没有列的一段话".as_bytes(), "GK-SHEET-001"),
        (b"a,\xff\xfe\xfd\x80,\x81", "GK-SHEET-009"),
        (b"PK\x03\x04 and then nothing", "GK-SHEET-007"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and then nothing", "GK-SHEET-007"),
    ] {
        assert_eq!(refused(bytes).code(), code, "{:?}", &bytes[..bytes.len().min(20)]);
    }
    let word = zip_of(&[("word/document.xml", b"<w:document/>")]);
    assert!(matches!(refused(&word), Error::NotAWorkbook { found: "a Word document" }));
    assert_eq!(refused(&zip_of(&[("a.txt", b"x")])).code(), "GK-SHEET-001");
}

#[test]
fn a_zip_bomb_is_refused_before_it_is_read() {
    let content = vec![b' '; 64 << 20];
    assert_eq!(refused(&zip_of(&[("xl/workbook.xml", &content)])).code(), "GK-SHEET-003");
    let names: Vec<String> = (0..=limits::ZIP_PARTS_MAX).map(|number| format!("{number}.xml")).collect();
    let parts: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert_eq!(refused(&zip_of(&parts)).code(), "GK-SHEET-003");
    assert_eq!(refused(&vec![b'x'; limits::FILE_BYTES_MAX + 1]).code(), "GK-SHEET-005");
}

#[test]
fn a_workbook_without_a_catalog_says_what_was_looked_for() {
    let list = Page::of(vec![texts(&["姓名", "电话"]), texts(&["某某", "1"])]);
    let error = refused(&book(&[list]));
    assert_eq!(error.code(), "GK-SHEET-004");
    assert!(error.to_string().contains("公开事项") && error.to_string().contains("no-header"));
    // Variant 27: a catalog as running text; variant 29: a list of website columns.
    let dump = Page::of(vec![vec!["1法规政策法律法规文件名称;公开依据;".repeat(40)]]);
    assert!(refused(&book(&[dump])).to_string().contains("text-dump"));
    let columns = Page::of(vec![texts(&["一级栏目", "二级栏目", "更新频率"]), texts(&["政策", "文件", "每月"])]);
    assert!(refused(&book(&[columns])).to_string().contains("column-list"));
    assert_eq!(refused(&book(&[Page::of(vec![])])).code(), "GK-SHEET-002");
}

#[test]
fn a_sheet_beside_the_catalog_is_rejected_with_its_reason() {
    let notes = Page::of(vec![texts(&["填表说明"])]).named("说明");
    let report = read(&book(&[notes, Page::official(vec![item(&[])])])).unwrap();
    assert_eq!((report.items, report.rejected.len()), (1, 1));
    assert_eq!((report.rejected[0].sheet.as_str(), report.rejected[0].code), ("说明", "no-header"));
}

#[test]
fn two_cells_far_apart_do_not_become_a_rectangle_in_memory() {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write_string(0, 0, "公开事项").unwrap();
    sheet.write_string(1_048_575, 16_383, "远").unwrap();
    assert_eq!(refused(&workbook.save_to_buffer().unwrap()).code(), "GK-SHEET-008");
}

#[test]
fn a_damaged_workbook_is_a_coded_error_wherever_the_damage_is() {
    let good = book(&[Page::official(vec![item(&[])])]);
    for place in (0..good.len()).step_by(97) {
        let mut bad = good.clone();
        bad[place] ^= 0x55;
        let _ = read(&bad).map_err(|error| assert!(!error.hint().is_empty()));
        let _ = read(&good[..place]).map_err(|error| assert!(!error.hint().is_empty()));
    }
}

#[test]
fn a_merge_over_the_whole_sheet_does_no_harm() {
    let good = book(&[Page::official(vec![item(&[]), item(&[(0, "2"), (1, ""), (2, "监督检查")])]).merged(&["B4:B5"])]);
    let mut zip = zip::ZipArchive::new(Cursor::new(good)).unwrap();
    let mut parts = Vec::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut file, &mut text).unwrap();
        parts.push((file.name().unwrap().into_owned(), text.replace("B4:B5", "B4:XFD1048576").into_bytes()));
    }
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    let report = read(&zip_of(&parts)).unwrap();
    assert_eq!((report.items, codes(&report)), (2, vec!["merge-lost", "merge-over-text"]));
}

#[test]
fn an_xls_with_cells_far_apart_is_refused_before_its_rectangle_is_laid_out() {
    assert_eq!(refused(include_bytes!("../data/far-apart.xls")).code(), "GK-SHEET-008");
}

#[test]
fn a_loop_of_sectors_does_not_fill_the_memory() {
    // Found by fuzzing: the directory's chain of sectors leads back to itself.
    let bytes = include_bytes!("../data/sector-loop.xls");
    let _ = read(bytes).map_err(|error| assert!(!error.hint().is_empty()));
}

#[test]
fn a_damaged_xls_is_a_coded_error_wherever_the_damage_is() {
    let good = include_bytes!("../data/official.xls");
    for place in (0..good.len()).step_by(61) {
        let mut bad = good.to_vec();
        bad[place] ^= 0x55;
        let _ = read(&bad).map_err(|error| assert!(!error.hint().is_empty()));
        let _ = read(&good[..place]).map_err(|error| assert!(!error.hint().is_empty()));
    }
}

/// An office container with one stream's name: header, one FAT sector, one directory sector.
fn container_with(stream: &str) -> Vec<u8> {
    let mut bytes = vec![0_u8; 512 * 3];
    bytes[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    bytes[30] = 9;
    let mut put = |at: usize, number: u32| bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
    put(48, 1);
    put(56, 4096);
    put(60, u32::MAX - 1);
    put(68, u32::MAX - 1);
    put(76, 0);
    for index in 1..109 {
        put(76 + index * 4, u32::MAX);
    }
    put(512, u32::MAX - 2);
    put(516, u32::MAX - 1);
    for (entry, name) in ["Root Entry", stream].into_iter().enumerate() {
        let at = 1024 + entry * 128;
        let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes[at..at + units.len()].copy_from_slice(&units);
        bytes[at + 64] = u8::try_from(units.len() + 2).unwrap();
    }
    bytes
}

#[test]
fn containers_say_what_they_hold() {
    assert_eq!(refused(&container_with("EncryptedPackage")).code(), "GK-SHEET-006");
    assert!(matches!(refused(&container_with("WordDocument")), Error::NotAWorkbook { found: "a Word document" }));
    assert_eq!(refused(&container_with("Something")).code(), "GK-SHEET-001");
}
