//! What is written as the official workbook reads back to the same items.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_model::item::{Item, parse_basis};
use gongkai_sheets::{CatalogSheet, SheetRow, write};
use proptest::prelude::*;

use super::books::{Page, SEEDS, book, item, read, reading, rows};

fn sheet<'a>(name: &'a str, title: &'a str, items: &'a [Item]) -> CatalogSheet<'a> {
    CatalogSheet { name, title, rows: items.iter().map(|item| SheetRow { serial: "", item }).collect() }
}

/// One part of a written workbook.
pub(crate) fn part(bytes: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut zip.by_name(name).unwrap(), &mut text).unwrap();
    text
}

#[test]
fn same_catalogs_give_the_same_bytes_and_each_its_sheet() {
    let report = read(&book(&[Page::official(vec![item(&[]), item(&[(0, "2"), (2, "监督检查")])])])).unwrap();
    let items: Vec<Item> = rows(&report).into_iter().map(|row| row.item.clone()).collect();
    let pages = [
        sheet("社会救助", "社会救助领域基层政务公开标准目录", &items),
        sheet("社会救助", "养老服务领域基层政务公开标准目录", &items),
    ];
    let bytes = write(&pages, &reading("county")).unwrap();
    assert_eq!(write(&pages, &reading("county")).unwrap(), bytes);
    // Two runs within a second would hide a clock: the file's own times must be the fixed ones.
    let times = part(&bytes, "docProps/core.xml");
    assert_eq!(times.matches("2020-06-12T00:00:00Z").count(), 2, "{times}");
    let back = read(&bytes).unwrap();
    let tables: Vec<_> =
        back.tables.iter().map(|t| (t.sheet.as_str(), t.domain.as_deref().unwrap(), t.items)).collect();
    assert_eq!(tables, [("社会救助", "social-assistance", 2), ("社会救助 (2)", "elderly-care", 2)]);
    assert_eq!(back.warnings, []);
    assert_eq!(back.tables[0].range, "A1:N5");
}

#[test]
fn the_written_sheet_is_the_official_form() {
    let report = read(&book(&[Page::official(vec![item(&[])])])).unwrap();
    let mut items: Vec<Item> = rows(&report).into_iter().map(|row| row.item.clone()).collect();
    items[0].channels_raw.clear();
    let bytes = write(&[sheet("社会救助", "社会救助领域基层政务公开标准目录", &items)], &reading("county")).unwrap();
    let back = read(&bytes).unwrap();
    let raw = &rows(&back)[0].item.channels_raw;
    assert!(raw.starts_with("■政府网站 □政府公报\n□两微一端 □发布会/听证会\n"), "{raw}");
    assert_eq!(raw.matches(['■', '□']).count(), 13);
    let page = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(page.contains("orientation=\"landscape\"") && page.contains("paperSize=\"9\"") && page.contains("B2:C2"));
    let book = part(&bytes, "xl/workbook.xml");
    assert!(book.contains("$2:$3"), "the header rows repeat on every printed page");
    assert!(book.contains("$A$1:$N$4"), "what is printed ends with the last item: {book}");
}

#[test]
fn sample_catalogs_survive_a_round_trip() {
    let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../seeds/catalogs");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "xlsx") {
            continue;
        }
        let report = read(&std::fs::read(&path).unwrap()).unwrap();
        for table in &report.tables {
            let items: Vec<Item> = table.rows.iter().map(|row| row.item.clone()).collect();
            let back = read(&write(&[sheet("s", &table.title, &items)], &reading("county")).unwrap()).unwrap();
            let read_back: Vec<Item> = rows(&back).into_iter().map(|row| row.item.clone()).collect();
            assert_eq!(read_back, items, "{}", path.display());
            count += items.len();
        }
    }
    assert!(count >= 200);
}

/// Names of a group and of a matter that look like signs, references or errors, or have blanks that mean something.
#[test]
fn values_that_look_like_signs_come_back_as_they_went_out_in_every_form() {
    let first = rows(&read(&book(&[Page::official(vec![item(&[(9, "近亲属")])])])).unwrap())[0].item.clone();
    for name in [
        "同上",
        "/",
        "□",
        "√",
        "无",
        "否",
        "△",
        "″",
        "同1",
        "x",
        "#REF!",
        "全社会各界",
        "特定群体",
        "申请人、近亲属",
        "户",
    ] {
        for level2 in ["政策法规", "caf\u{e9} \u{e9}t\u{e9}", "cafe\u{301} e\u{301}te\u{301}", "A b"] {
            let mut items = vec![first.clone(), first.clone()];
            items[1].audience_specific = name.to_owned();
            items[1].level2 = level2.to_owned();
            let sheet = sheet("s", "社会救助领域基层政务公开标准目录", &items);
            let csv = gongkai_sheets::write_csv(&sheet, &reading("county")).unwrap();
            let json_rows =
                items.iter().map(|item| gongkai_sheets::JsonRow { id: "a", serial: "1", item, content_hash: "" });
            let json = gongkai_sheets::write_json(&[gongkai_sheets::JsonCatalog {
                division_code: "211221",
                domain: "social-assistance",
                publisher_org: "",
                title: "社会救助领域基层政务公开标准目录",
                revision: "",
                items: json_rows.collect(),
            }])
            .unwrap();
            for bytes in [write(std::slice::from_ref(&sheet), &reading("county")).unwrap(), csv, json] {
                let back = gongkai_sheets::read(&bytes, "社会救助", &reading("county")).unwrap();
                let back: Vec<Item> = rows(&back).into_iter().map(|row| row.item.clone()).collect();
                let canonical = |items: &[Item]| items.iter().map(Item::to_canonical).collect::<Vec<_>>();
                assert_eq!(canonical(&back), canonical(&items), "{name} {level2}");
                assert_eq!(back[1].audience_specific, name);
            }
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    "[公开内容要素办事指南信息甲乙丙0-9a-c（）:]{0,12}"
}

fn slugs(all: &[&'static str]) -> impl Strategy<Value = BTreeSet<String>> + use<> {
    proptest::sample::subsequence(all.to_vec(), 0..=all.len())
        .prop_map(|slugs| slugs.into_iter().map(str::to_owned).collect())
}

fn one_of(all: &[&'static str]) -> impl Strategy<Value = String> {
    proptest::sample::select(all.to_vec()).prop_map(str::to_owned)
}

fn channel_slugs() -> Vec<&'static str> {
    SEEDS.vocabulary.channels.iter().map(|term| term.slug.as_str()).collect()
}

fn names() -> impl Strategy<Value = (String, String, String)> {
    (one_of(&["", "机构信息", "政策"]), one_of(&["", "简介", "领导分工", "法规"]), one_of(&["", "", "子项"]))
}

pub(crate) fn any_item() -> impl Strategy<Value = Item> {
    let marks = (
        slugs(&["public", "specific"]),
        one_of(&["", "proactive", "on-request", "withheld", "proactive+on-request"]),
        slugs(&["municipal", "county", "township", "village", "township-village", "prefecture", "future-level"]),
        one_of(&["", "full", "partial"]),
        slugs(&["决策", "执行", "管理", "服务", "结果"]),
        one_of(&["", "process", "result"]),
    );
    let texts = (proptest::collection::vec(text(), 1..4), text(), one_of(&["", "申请人", "项目单位"]), text(), text());
    let lists = (
        proptest::collection::vec(one_of(&["县民政局", "镇人民政府(街道、园区)"]), 0..3),
        proptest::collection::vec(one_of(&["《办法》", "《意见》(中办发〔2016〕8号)", "各级文件"]), 0..4),
        slugs(&channel_slugs()),
        slugs(&["信用中国网站", "三务公开"]),
    );
    (names(), marks, texts, lists).prop_map(|(names, marks, texts, lists)| make(names, marks, texts, lists))
}

type Marks = (BTreeSet<String>, String, BTreeSet<String>, String, BTreeSet<String>, String);
type Lists = (Vec<String>, Vec<String>, BTreeSet<String>, BTreeSet<String>);

fn make(
    (level1, level2, level3): (String, String, String),
    (audience, disclosure_mode, levels, extent, five_open, stage): Marks,
    (content, time_limit_text, group, responsible_dept, extra): (Vec<String>, String, String, String, String),
    (subject, basis, channels, other): Lists,
) -> Item {
    let content: Vec<String> = content.into_iter().filter(|line| !line.is_empty()).collect();
    let is_specific = audience.contains("specific");
    let extra = if extra.is_empty() { BTreeMap::new() } else { BTreeMap::from([("备注".to_owned(), extra)]) };
    let has_other = channels.contains("other");
    let (disclosure_mode, second) =
        disclosure_mode.split_once('+').map_or((disclosure_mode.as_str(), ""), |(first, second)| (first, second));
    let mut extra: BTreeMap<String, String> = extra;
    if second == "on-request" {
        extra.insert("另一公开方式".to_owned(), "依申请公开".to_owned());
    }
    Item {
        level1,
        level2,
        level3,
        audience,
        audience_specific: if is_specific { group } else { String::new() },
        disclosure_mode: disclosure_mode.to_owned(),
        levels,
        extent,
        five_open,
        stage,
        content: content.join("\n"),
        time_limit_text,
        responsible_dept,
        extra,
        subject,
        basis: parse_basis(&basis.join("\n")),
        channels,
        channels_other: if has_other { other } else { BTreeSet::new() },
        ..Item::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_catalog_reads_back_as_it_was_written(items in proptest::collection::vec(any_item(), 1..12)) {
        let title = "社会救助领域基层政务公开标准目录";
        let bytes = write(&[sheet("社会救助", title, &items)], &reading("county")).unwrap();
        let back = read(&bytes).unwrap();
        let read_back: Vec<Item> = rows(&back).into_iter().map(|row| {
            // Made by the writer where the item had none.
            Item { channels_raw: String::new(), ..row.item.clone() }
        }).collect();
        prop_assert_eq!(&read_back, &items);
        // What has been read once goes out and comes back byte for byte.
        let printed: Vec<Item> = rows(&back).into_iter().map(|row| row.item.clone()).collect();
        let again = read(&write(&[sheet("社会救助", title, &printed)], &reading("county")).unwrap()).unwrap();
        let again: Vec<Item> = rows(&again).into_iter().map(|row| row.item.clone()).collect();
        prop_assert_eq!(again, printed);
    }
}
