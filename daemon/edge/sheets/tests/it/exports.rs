//! CSV, JSON and the form to fill in: each reads back, and none can run as a formula.

use std::collections::BTreeMap;

use gongkai_model::item::Item;
use gongkai_sheets::{
    CatalogSheet, JsonCatalog, JsonRow, Report, SheetRow, TEMPLATE_ROWS_MAX, Template, template, write, write_csv,
    write_json,
};
use proptest::prelude::*;
use serde_json::Value;

use super::{
    books::{Page, book, codes, item, read, reading, rows},
    round_trip::{any_item, part},
};

const TITLE: &str = "社会救助领域基层政务公开标准目录";

fn sheet(items: &[Item]) -> CatalogSheet<'_> {
    CatalogSheet {
        name: "社会救助",
        title: TITLE,
        rows: items.iter().map(|item| SheetRow { serial: "", item }).collect(),
    }
}

fn csv(items: &[Item]) -> Vec<u8> {
    write_csv(&sheet(items), &reading("county")).unwrap()
}

fn read_csv(bytes: &[u8]) -> Report {
    gongkai_sheets::read(bytes, "铁岭县-社会救助.csv", &reading("county")).unwrap()
}

fn items_of(report: &Report) -> Vec<Item> {
    rows(report).into_iter().map(|row| row.item.clone()).collect()
}

fn sample() -> Vec<Item> {
    items_of(
        &read(&book(&[Page::official(vec![item(&[]), item(&[(0, "2"), (2, "监督检查"), (9, "申请人、近亲属")])])]))
            .unwrap(),
    )
}

#[test]
fn csv_is_one_header_row_and_one_line_an_item_and_reads_back() {
    let items = sample();
    let bytes = csv(&items);
    assert!(bytes.starts_with(b"\xef\xbb\xbf\"\xe5\xba\x8f"), "the mark comes first, or Excel reads it as GBK");
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert_eq!((text.lines().count(), text.matches("\r\n").count()), (3, 3));
    assert!(text.contains("\"全社会、特定群体:申请人、近亲属\""), "{text}");
    let back = read_csv(&bytes);
    assert_eq!((items_of(&back), back.tables[0].domain.as_deref()), (items, Some("social-assistance")));
    assert_eq!(back.warnings, []);
}

#[test]
fn a_cell_that_begins_like_a_formula_is_text_in_csv_and_in_the_workbook() {
    let mut items = sample();
    items[0].content = "=HYPERLINK(\"http://x\",\"点\")".to_owned();
    items[0].time_limit_text = "+1日内".to_owned();
    items[0].subject = vec!["@SUM(A1)".to_owned()];
    items[1].content = "'=1+1".to_owned();
    items[1].extra = BTreeMap::from([("=cmd|' /C calc'!A0".to_owned(), "\t－1".trim().to_owned())]);
    let bytes = csv(&items);
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[3..]);
    for cell in reader.records().flat_map(|record| record.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()) {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']), "{cell}");
    }
    assert_eq!(items_of(&read_csv(&bytes)), items);
    let workbook = write(&[sheet(&items)], &reading("county")).unwrap();
    let page = part(&workbook, "xl/worksheets/sheet1.xml");
    assert!(!page.contains("<f>") && !page.contains("<hyperlink"));
    assert_eq!(items_of(&read(&workbook).unwrap()), items);
}

#[test]
fn json_has_the_fields_that_a_reading_reports() {
    let report = read(&book(&[Page::official(vec![item(&[])])])).unwrap();
    let row = rows(&report)[0];
    let digest = row.item.to_canonical().digest().to_string();
    let catalog = JsonCatalog {
        division_code: "211221",
        domain: "social-assistance",
        publisher_org: "铁岭县民政局",
        title: TITLE,
        revision: "",
        items: vec![JsonRow { id: "0199", serial: "1", item: &row.item, content_hash: &digest }],
    };
    let bytes = write_json(std::slice::from_ref(&catalog)).unwrap();
    assert_eq!(write_json(&[catalog]).unwrap(), bytes);
    let document: Value = serde_json::from_slice(&bytes).unwrap();
    let written = &document["catalogs"][0]["items"][0];
    let reported = serde_json::to_value(row).unwrap();
    for (field, value) in
        reported.as_object().unwrap().iter().filter(|(field, _)| !["source", "errors"].contains(&field.as_str()))
    {
        assert_eq!(&written[field], value, "{field}");
    }
    assert_eq!((&written["item_id"], &written["content_hash"]), (&"0199".into(), &digest.into()));
    assert_eq!(written["privacy_flag"], false);
    assert_eq!(document["catalogs"][0]["division_code"], "211221");
}

fn blank(rows: u32) -> Vec<u8> {
    let wanted = Template { name: "社会救助", title: TITLE, levels: &["county", "township"], rows };
    template(&wanted, &reading("county")).unwrap()
}

/// Types texts into blank cells of the first sheet, as a spreadsheet program would.
fn fill_in(bytes: &[u8], cells: &[(&str, &str)]) -> Vec<u8> {
    use std::io::{Cursor, Read as _, Write as _};
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut filled = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        if name == "xl/worksheets/sheet1.xml" {
            let mut page = String::from_utf8(content).unwrap();
            for (cell, text) in cells {
                let start = page.find(&format!("<c r=\"{cell}\" s=\"")).unwrap();
                let end = start + page[start..].find("/>").unwrap();
                page.replace_range(end..end + 2, &format!(" t=\"inlineStr\"><is><t>{text}</t></is></c>"));
            }
            content = page.into_bytes();
        }
        filled.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        filled.write_all(&content).unwrap();
    }
    filled.finish().unwrap().into_inner()
}

#[test]
fn a_form_that_was_filled_in_reads_back() {
    let filled = fill_in(
        &blank(20),
        &[
            ("A5", "1"),
            ("B5", "综合业务"),
            ("C5", "政策法规"),
            ("D5", "有关法律"),
            ("E5", "《社会救助暂行办法》(国务院令第649号)"),
            ("F5", "及时公开"),
            ("G5", "铁岭县民政局"),
            ("H5", "政府网站、公开查阅点"),
            ("I5", "√"),
            ("K5", "√"),
            ("M5", "√"),
            ("A6", "2"),
            ("B6", "综合业务"),
            ("C6", "监督检查"),
            ("D6", "举报电话"),
            ("E6", "《社会救助暂行办法》(国务院令第649号)"),
            ("F6", "长期公开(动态调整)"),
            ("G6", "铁岭县民政局"),
            ("H6", "政府网站"),
            ("J6", "申请人"),
            ("L6", "√"),
            ("N6", "√"),
        ],
    );
    let report = read(&filled).unwrap();
    assert_eq!((report.items, codes(&report)), (2, vec![""; 0]));
    assert_eq!(report.tables[0].domain.as_deref(), Some("social-assistance"));
    let read = rows(&report);
    assert!(read.iter().all(|row| row.errors.is_empty()), "{:?}", read[1].errors);
    assert_eq!(read[0].item.channels.iter().map(String::as_str).collect::<Vec<_>>(), ["gov-website", "reading-point"]);
    assert_eq!(
        (read[1].item.audience_specific.as_str(), read[1].item.disclosure_mode.as_str()),
        ("申请人", "on-request")
    );
}

#[test]
fn the_form_offers_its_values_and_is_bounded() {
    let bytes = blank(u32::MAX);
    assert_eq!(bytes, blank(TEMPLATE_ROWS_MAX));
    let page = part(&blank(20), "xl/worksheets/sheet1.xml");
    assert_eq!(page.matches("<dataValidation ").count(), 10);
    assert!(page.contains("<formula1>\"√\"</formula1>") && page.contains("政府网站,政府公报"));
    assert!(!page.contains("showErrorMessage"), "a drop-down offers and never forbids");
    let report = read(&blank(20)).unwrap();
    assert_eq!((report.items, codes(&report)), (0, vec!["table-empty"]));
}

/// The items of a document as another program would read them.
fn items_of_json(bytes: &[u8]) -> Vec<Item> {
    let document: Value = serde_json::from_slice(bytes).unwrap();
    let items = document["catalogs"][0]["items"].as_array().unwrap();
    items.iter().map(|item| serde_json::from_value(item.clone()).unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_catalog_reads_back_from_csv(items in proptest::collection::vec(any_item(), 1..12)) {
        let back = read_csv(&csv(&items));
        let read_back: Vec<Item> =
            items_of(&back).into_iter().map(|item| Item { channels_raw: String::new(), ..item }).collect();
        prop_assert_eq!(&read_back, &items);
        let printed = items_of(&back);
        prop_assert_eq!(items_of(&read_csv(&csv(&printed))), printed);
    }

    #[test]
    fn any_catalog_reads_back_from_json(items in proptest::collection::vec(any_item(), 1..12)) {
        let rows = items.iter().map(|item| JsonRow { id: "0199", serial: "1", item, content_hash: "" }).collect();
        let catalog = JsonCatalog {
            division_code: "211221",
            domain: "social-assistance",
            publisher_org: "",
            title: TITLE,
            revision: "",
            items: rows,
        };
        let bytes = write_json(&[catalog]).unwrap();
        let back = gongkai_sheets::read(&bytes, "铁岭县.json", &reading("county")).unwrap();
        prop_assert_eq!(items_of(&back), items.clone());
        prop_assert_eq!((back.tables[0].domain.as_deref(), back.tables[0].title.as_str()), (Some("social-assistance"), TITLE));
        prop_assert_eq!(items_of_json(&bytes), items);
    }
}

#[test]
fn boxes_that_a_font_made_go_out_as_the_official_ones_and_nothing_else_of_the_cell_changes() {
    for (printed, written) in [
        ("R政府网站 £政府公报\nR两微一端(铁岭发布) ￡其他", "■政府网站 □政府公报\n■两微一端(铁岭发布) ￡其他"),
        ("▄政府网站 口政府公报", "■政府网站 □政府公报"),
        ("☑政府网站 ☐政府公报", "■政府网站 □政府公报"),
        ("政府网站、公示栏", "政府网站、公示栏"),
        ("■政府网站 □政府公报", "■政府网站 □政府公报"),
    ] {
        let report = read(&book(&[Page::official(vec![item_of(printed)])])).unwrap();
        let before = rows(&report)[0].item.clone();
        let sheet =
            CatalogSheet { name: "社会救助", title: "t", rows: vec![SheetRow { serial: "1", item: &before }] };
        let back = read(&write(&[sheet], &reading("county")).unwrap()).unwrap();
        let after = rows(&back)[0].item.clone();
        assert_eq!(after.channels_raw, written);
        assert_eq!(Item { channels_raw: printed.to_owned(), ..after }, before, "{printed}");
    }
}

fn item_of(channels: &str) -> Vec<String> {
    let mut cells = item(&[]);
    channels.clone_into(&mut cells[7]);
    cells
}
