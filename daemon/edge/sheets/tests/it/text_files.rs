//! Delimited text through the same pipeline, in the encodings that offices send.

use gongkai_sheets::{TextForm, Told, read_told};

use super::books::{GROUPS, LEAVES, TITLE, codes, item, reading, rows, texts};

fn table(delimiter: &str) -> String {
    let second = item(&[(0, "2"), (1, ""), (2, "监督检查"), (4, "")]);
    let lines = [texts(&[TITLE]), texts(&GROUPS), texts(&LEAVES), item(&[]), second];
    lines.iter().map(|cells| cells.join(delimiter)).collect::<Vec<_>>().join("\r\n")
}

#[test]
fn the_same_items_come_from_every_encoding_and_delimiter() {
    for delimiter in [",", ";", "\t"] {
        let text = table(delimiter);
        let with_bom = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        let gb18030 = encoding_rs::GB18030.encode(&text).0.into_owned();
        for bytes in [text.as_bytes(), &with_bom, &gb18030] {
            let report = gongkai_sheets::read(bytes, "救助.csv", &reading("county")).unwrap();
            assert_eq!(
                (report.items, report.tables[0].domain.as_deref()),
                (2, Some("social-assistance")),
                "{delimiter:?}"
            );
            let read = rows(&report);
            assert_eq!((read[1].item.level1.as_str(), read[1].item.basis.len()), ("综合业务", 1));
            assert_eq!(codes(&report), ["merge-lost"]);
            let encoding = if bytes == gb18030 { "gb18030" } else { "utf-8" };
            let word = [(",", "comma"), (";", "semicolon"), ("\t", "tab")].into_iter().find(|(d, _)| *d == delimiter);
            assert_eq!((report.encoding, report.delimiter), (Some(encoding), word.map(|(_, word)| word)));
        }
    }
}

#[test]
fn what_is_told_about_a_text_file_is_not_guessed() {
    // Full of commas inside its cells: guessing would take them for the delimiter.
    let text = table(";").replace("有关法律", "甲,乙,丙,丁,戊,己,庚,辛,壬,癸,子,丑,寅,卯,辰,巳,午,未,申,酉,戌,亥,一,二,三,四,五,六,七,八,九,十,1,2,3,4,5,6,7,8,9");
    let bytes = encoding_rs::GB18030.encode(&text).0.into_owned();
    let read = |encoding: &str, delimiter: &str| {
        let told = Told { text: TextForm::parse(encoding, delimiter).unwrap(), ..Told::default() };
        read_told(&bytes, "救助.csv", &reading("county"), &told)
    };
    let report = read("gbk", "semicolon").unwrap();
    assert_eq!((report.items, report.encoding, report.delimiter), (2, Some("gb18030"), Some("semicolon")));
    assert!(rows(&report)[0].item.content.ends_with("7,8,9"));
    assert_eq!(read("utf-8", "").unwrap_err().code(), "GK-SHEET-009", "never replaced by question marks");
    assert!(read("", "tab").is_err(), "there is no tab in it");
    assert_eq!(TextForm::parse("latin-1", "").unwrap_err().code(), "GK-SHEET-031");
    assert_eq!(TextForm::parse("", "|").unwrap_err().code(), "GK-SHEET-032");
}

#[test]
fn the_domain_may_come_from_the_file_name() {
    let text = table(",").replace(TITLE, "标准目录");
    let report = gongkai_sheets::read(text.as_bytes(), "养老服务.csv", &reading("county")).unwrap();
    assert_eq!(report.tables[0].domain.as_deref(), Some("elderly-care"));
    let report = gongkai_sheets::read(text.as_bytes(), "目录.csv", &reading("county")).unwrap();
    assert_eq!(report.tables[0].domain, None);
    assert!(codes(&report).contains(&"domain-unknown"));
}

#[test]
fn an_old_xls_workbook_tells_what_is_hidden_and_what_is_computed() {
    // Written with xlwt: row 5 and column E hidden, a formula for a serial, the second sheet hidden.
    let report = gongkai_sheets::read(include_bytes!("../data/hidden.xls"), "old.xls", &reading("county")).unwrap();
    assert_eq!((report.items, report.tables.len()), (3, 2));
    assert_eq!(codes(&report), ["column-hidden", "formula-not-run", "row-hidden", "sheet-hidden"]);
    let cells: Vec<&str> = report.warnings.iter().map(|warning| warning.cell.as_str()).collect();
    assert!(cells.contains(&"目录!A5") && cells.contains(&"目录!E2") && cells.contains(&"附表"), "{cells:?}");
}

#[test]
fn an_old_xls_workbook_reads_like_the_new_kind() {
    // Written with the Python library xlwt: merged header, level 1 merged, numbers as serials, 同上.
    let report = gongkai_sheets::read(include_bytes!("../data/official.xls"), "old.xls", &reading("county")).unwrap();
    assert_eq!((report.items, report.tables[0].range.as_str()), (2, "A1:N5"));
    assert_eq!(report.tables[0].domain.as_deref(), Some("social-assistance"));
    let read = rows(&report);
    assert_eq!((read[1].serial.as_str(), read[1].item.level1.as_str()), ("2", "综合业务"));
    assert_eq!(read[1].item.basis, read[0].item.basis);
    assert_eq!(report.warnings, []);
}
