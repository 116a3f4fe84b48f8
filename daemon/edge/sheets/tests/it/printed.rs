//! The export in a real spreadsheet program: it opens, says the same, and prints as the form.
//!
//! LibreOffice stands for the programs of the offices; where it is not installed these tests say so and pass.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use gongkai_model::item::Item;
use gongkai_sheets::{CatalogSheet, SheetRow, write};

use super::books::{Page, book, item, read, reading, rows};

/// Enough items for several pages.
const ITEMS: usize = 40;

fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// Converts a file; LibreOffice keeps its profile in the same folder, so that two runs do not meet.
fn convert(file: &Path, kind: &str) -> PathBuf {
    let folder = file.parent().unwrap();
    let profile = format!("-env:UserInstallation=file://{}", folder.join("profile").display());
    let output = Command::new("soffice")
        .args([&profile, "--headless", "--convert-to", kind, "--outdir"])
        .args([folder, file])
        .output()
        .unwrap();
    let ending = kind.split(':').next().unwrap();
    let made = file.with_extension(ending);
    assert!(made.is_file(), "soffice: {output:?}");
    made
}

fn catalog() -> Vec<Item> {
    let channels = "■政府网站 □政府公报\n■两微一端 □发布会/听证会\n□广播电视 □纸质媒体\n■公开查阅点 □政务服务中心";
    let report = read(&book(&[Page::official(vec![item(&[(7, channels)])])])).unwrap();
    let first = rows(&report)[0].item.clone();
    let item = |n: usize| Item { level1: format!("业务{}", n / 5), level2: format!("事项{n}"), ..first.clone() };
    (0..ITEMS).map(item).collect()
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that skips says so")]
fn a_spreadsheet_program_opens_the_export_and_prints_the_form() {
    if !has("soffice") || !has("pdftotext") {
        eprintln!("skipped: LibreOffice (libreoffice-calc) or poppler-utils is not installed");
        return;
    }
    let items = catalog();
    let page = CatalogSheet {
        name: "社会救助",
        title: "社会救助领域基层政务公开标准目录",
        rows: items.iter().map(|item| SheetRow { serial: "", item }).collect(),
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export.xlsx");
    std::fs::write(&file, write(&[page], &reading("county")).unwrap()).unwrap();

    // What another program saves as .xls and as .xlsx again is still the same catalog.
    let old = convert(&file, "xls");
    let report = gongkai_sheets::read(&std::fs::read(old).unwrap(), "x.xls", &reading("county")).unwrap();
    let read_back: Vec<Item> = rows(&report).into_iter().map(|row| row.item.clone()).collect();
    assert_eq!((read_back, report.warnings.as_slice()), (items, &[][..]));

    let pdf = convert(&file, "pdf");
    let text = Command::new("pdftotext").args(["-layout".as_ref(), pdf.as_os_str(), "-".as_ref()]).output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    let pages: Vec<&str> = text.split('\u{c}').filter(|page| !page.trim().is_empty()).collect();
    assert!((3..=12).contains(&pages.len()), "{} pages", pages.len());
    for (number, page) in pages.iter().enumerate() {
        assert!(page.contains("二级事项") && page.contains("依申请公开"), "no header on page {}", number + 1);
        // The printed blanks between the words are the program's own.
        let bare: String = page.chars().filter(|c| !c.is_whitespace()).collect();
        assert!(bare.ends_with(&format!("第{}页共{}页", number + 1, pages.len())), "page {}: {page}", number + 1);
    }
    assert_eq!(text.matches("社会救助领域基层政务公开标准目录").count(), 1);
    // Every channel line is seen: no row is lower than its text.
    assert_eq!(text.matches("公开查阅点").count(), ITEMS);
    let size = Command::new("pdfinfo").arg(&pdf).output().unwrap();
    let size = String::from_utf8(size.stdout).unwrap();
    assert!(size.contains("841.") && size.contains("(A4)"), "{size}");
}
