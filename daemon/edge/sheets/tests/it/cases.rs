//! Small files made after public bug reports and real layouts, each with what is right.

use gongkai_model::item::{Unit, parse_time_limit};
use gongkai_sheets::{Report, Row};

use super::books::{codes, list, reading};

fn read(name: &str) -> Report {
    let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases").join(name);
    gongkai_sheets::read(&std::fs::read(path).unwrap(), name, &reading("township"))
        .unwrap_or_else(|error| panic(name, &error))
}

fn panic(name: &str, error: &gongkai_sheets::Error) -> Report {
    unreachable!("{name}: {} {error}", error.code())
}

fn refused(name: &str) -> (String, String, String) {
    let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases").join(name);
    let error = gongkai_sheets::read(&std::fs::read(path).unwrap(), name, &reading("township")).unwrap_err();
    (error.code().to_owned(), error.to_string(), error.hint())
}

fn of<'r>(report: &'r Report, serial: &str) -> &'r Row {
    report.tables.iter().flat_map(|table| &table.rows).find(|row| row.serial == serial).unwrap()
}

fn has(report: &Report, code: &str, cell: &str) -> bool {
    report.warnings.iter().any(|warning| warning.code == code && warning.cell.ends_with(cell))
}

#[test]
fn every_case_at_hand_answers_what_is_written_down_as_right() {
    let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases");
    let right = std::fs::read_to_string(folder.join("right.json")).unwrap();
    let right: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&right).unwrap();
    let mut files: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "right.json")
        .collect();
    files.sort();
    assert_eq!(files, right.keys().cloned().collect::<Vec<_>>(), "each file has what is right for it");
    for (name, right) in &right {
        if let Some(count) = right["items"].as_u64() {
            assert_eq!(read(name).items as u64, count, "{name}");
        }
        for (serial, fields) in right["rows"].as_object().into_iter().flatten() {
            let report = read(name);
            let row = serde_json::to_value(of(&report, serial)).unwrap();
            for (field, value) in fields.as_object().into_iter().flatten() {
                assert_eq!(&row[field], value, "{name} {serial} {field}");
            }
        }
    }
}

#[test]
fn words_that_name_no_group_are_asked() {
    let report = read("words-that-name-no-group.xlsx");
    let asked = report.tables[0].rows.iter().filter(|row| !row.errors.is_empty());
    assert_eq!(asked.count(), 26);
    let asked = report.warnings.iter().filter(|warning| warning.code == "mark-question");
    assert_eq!(asked.count(), 26);
}

#[test]
fn a_channel_that_stands_behind_another_without_a_box_is_named() {
    assert!(has(&read("boxes-behind-labels.xlsx"), "channel-mark-missing", "!H12"));
}

#[test]
fn each_row_of_the_form_and_of_the_printer_is_named() {
    for (name, count) in [("form-rows-more.xlsx", 30), ("pages-carried-on.xlsx", 9), ("sign-off-row.xlsx", 5)] {
        let report = read(name);
        let named = report.warnings.iter().filter(|w| matches!(w.code, "row-not-item" | "row-serial-only"));
        assert_eq!(named.count(), count, "{name}");
    }
}

#[test]
fn booleans_tick_where_they_are_true() {
    let report = read("bool-marks.xlsx");
    for (serial, audience, mode, levels) in [
        ("1", vec!["public"], "proactive", vec!["township"]),
        ("2", vec!["public", "specific"], "on-request", vec!["county"]),
        ("3", vec!["specific"], "proactive", vec!["township"]),
    ] {
        let item = &of(&report, serial).item;
        assert_eq!((list(&item.audience), item.disclosure_mode.as_str(), list(&item.levels)), (audience, mode, levels));
        assert!(item.extra.is_empty() && item.audience_specific.is_empty());
    }
}

#[test]
fn a_sign_before_every_label_is_a_box() {
    let report = read("symbol-boxes.xlsx");
    assert_eq!(report.items, 17);
    for row in &report.tables[0].rows {
        assert_eq!(list(&row.item.channels), ["gov-website", "two-weis-one-app"], "{}", row.item.channels_raw);
        assert!(row.item.channels_other.is_empty() && row.errors.is_empty(), "{:?}", row.errors);
    }
}

#[test]
fn an_item_goes_on_behind_the_end_of_a_page() {
    for name in ["pagebreak-in-item.xlsx", "xubiao-no-header.xlsx"] {
        let report = read(name);
        assert_eq!(report.items, 2, "{name}");
        assert_eq!(of(&report, "1").item.content, "申请条件\n申请材料\n办理流程\n办理结果", "{name}");
        assert_eq!(of(&report, "2").item.content, "低保审核的内容", "{name}");
    }
}

#[test]
fn rows_behind_a_note_are_named_each() {
    let report = read("rows-after-note.xlsx");
    assert_eq!(report.items, 1);
    for cells in ["A5", "D6:N6", "D7:N7", "D8:N8"] {
        assert!(has(&report, "row-not-item", cells), "{cells}: {:?}", report.warnings);
    }
}

#[test]
fn ticks_under_heads_that_nobody_knows_are_kept_or_asked() {
    let report = read("audience-unknown-leaf.xlsx");
    let item = &of(&report, "1").item;
    assert_eq!((list(&item.audience), item.audience_specific.as_str()), (vec!["specific"], "村民"));
    let report = read("level-street-town.xlsx");
    assert_eq!(list(&of(&report, "1").item.levels), ["township"]);
    assert_eq!(list(&of(&report, "2").item.levels), ["county", "township"]);
}

#[test]
fn the_halves_of_a_table_beside_each_other_are_one_table() {
    let report = read("side-by-side.xlsx");
    assert_eq!((report.items, report.tables.len()), (4, 1));
    let serials: Vec<&str> = report.tables[0].rows.iter().map(|row| row.serial.as_str()).collect();
    assert_eq!(serials, ["1", "2", "3", "4"]);
    assert_eq!((of(&report, "4").item.level2.as_str(), of(&report, "4").item.content.as_str()), ("事项4", "内容4"));
    assert!(report.tables[0].rows.iter().all(|row| row.item.extra.is_empty()));
}

/// Else the right one's items would be filed under the left one's domain.
#[test]
fn tables_beside_each_other_under_titles_of_their_own_are_two() {
    let report = read("tables-beside.xlsx");
    let of_it = |index: usize| {
        let table = &report.tables[index];
        (table.domain.as_deref(), table.items, table.rows[0].item.level2.as_str())
    };
    assert_eq!(report.tables.len(), 2);
    assert_eq!(of_it(0), (Some("social-assistance"), 3, "事项1"));
    assert_eq!(of_it(1), (Some("elderly-care"), 3, "养老1"));
    assert!(has(&report, "tables-beside", "!P2"));
}

#[test]
fn comments_and_links_are_named_with_what_they_say() {
    let report = read("links-and-comments.xlsx");
    let message = |code: &str| report.warnings.iter().find(|warning| warning.code == code).unwrap();
    assert!(message("cell-comment").message.contains("李科长：此处应改为7个工作日"));
    assert!(message("cell-comment").cell.ends_with("!F5"));
    assert!(message("cell-link").message.contains("https://gk.example.gov.cn/zn/1.html"));
}

#[test]
fn the_printed_text_is_the_value() {
    let report = read("number-formats.xlsx");
    let limit = |serial: &str| of(&report, serial).item.time_limit_text.clone();
    for (serial, text) in [
        ("001", "20个工作日内"),
        ("2", "自形成之日起7个工作日"),
        ("3", "2020年12月31日前"),
        ("4", "每年1月31日前"),
        ("1.10", "50%"),
        ("10", "每季度首月20日"),
    ] {
        assert_eq!(limit(serial), text, "{serial}");
    }
    let report = read("long-number-code.xlsx");
    assert!(has(&report, "cell-number", "!O4"), "{:?}", report.warnings);
    assert_eq!(of(&report, "2").item.power_list_ref, "112112210015460001");
    assert!(has(&read("csv-scientific.csv"), "cell-number", "!L3"));
}

#[test]
fn what_is_struck_out_or_hidden_does_not_count() {
    let report = read("struck-through.xlsx");
    assert_eq!(report.items, 2);
    let item = &of(&report, "3").item;
    assert_eq!(
        (item.time_limit_text.as_str(), item.subject.as_slice()),
        ("7个工作日", &["新台子镇人民政府".to_owned()][..])
    );
    assert!(report.warnings.iter().any(|w| w.code == "text-struck" && w.cell.contains("A5:")), "{:?}", report.warnings);
    let report = read("hidden-old-sheet.xlsx");
    assert_eq!((report.items, report.tables.len(), report.rejected.len()), (2, 1, 1));
    assert_eq!(report.rejected[0].code, "sheet-left-out");
    let report = read("other-rel-prefix.xlsx");
    assert_eq!((report.items, codes(&report)), (3, vec!["row-hidden"]));
}

#[test]
fn errors_and_references_are_no_values() {
    let report = read("error-cells.xlsx");
    let row = of(&report, "2");
    assert_eq!((row.item.content.as_str(), row.item.time_limit_text.as_str(), row.item.subject.len()), ("", "", 0));
    assert_eq!(row.errors.len(), 3, "{:?}", row.errors);
    assert!(has(&report, "cell-without-value", "!D6") && has(&report, "cell-error", "!G5"));
    assert!(!of(&report, "3").errors.is_empty());
    assert_eq!(of(&read("error-cells-submit.xlsx"), "2").errors.len(), 2);
    let report = read("ditto-submit.xlsx");
    for row in &report.tables[0].rows {
        let is_resolved = row.item.basis[0].title == "中华人民共和国政府信息公开条例";
        assert!(is_resolved || !row.errors.is_empty(), "{:?}", row.item.basis);
    }
    assert!(of(&report, "2").errors.is_empty() && !of(&report, "7").errors.is_empty());
}

#[test]
fn rows_of_the_form_are_no_items() {
    assert_eq!(read("column-number-row.xlsx").items, 2);
    assert_eq!(read("instruction-and-example-rows.xlsx").items, 1);
}

#[test]
fn line_ends_inside_names_separate_nothing() {
    let report = read("wrapped-subject.xlsx");
    for (serial, subject) in [
        ("1", vec!["新台子镇人民政府"]),
        ("2", vec!["城市管理行政执法部门"]),
        ("3", vec!["铁岭县民政局", "新台子镇人民政府"]),
        ("4", vec!["县民政局（牵头）", "各乡镇人民政府"]),
    ] {
        assert_eq!(of(&report, serial).item.subject, subject, "{serial}");
    }
}

#[test]
fn radicals_and_signs_that_nobody_sees_are_folded_or_named() {
    let report = read("kangxi-radicals.xlsx");
    assert_eq!(report.items, 2);
    let item = &of(&report, "1").item;
    assert_eq!(list(&item.channels), ["gov-website", "notice-board", "two-weis-one-app"]);
    assert_eq!((item.subject[0].as_str(), item.level2.as_str()), ("新台子镇人民政府", "高龄津贴"));
    let limit = &parse_time_limit(&item.time_limit_text)[0];
    assert_eq!(
        (limit.number, limit.unit, item.disclosure_mode.as_str()),
        (Some(20), Some(Unit::WorkingDay), "proactive")
    );
    assert_eq!(of(&report, "2").item.time_limit_text, "长期公开");
    assert!(codes(&report).contains(&"text-folded"));
    let report = read("odd-characters.xlsx");
    assert_eq!((of(&report, "1").item.level1.as_str(), of(&report, "1").item.level2.as_str()), ("低保", "低保申请"));
    assert!(has(&report, "text-direction", "!C5"), "{:?}", report.warnings);
    assert_eq!(of(&report, "6").item.level2, "高龄津贴人员");
    let report = read("sst-escapes.xlsx");
    assert_eq!(of(&report, "1").item.level2, "低保申请");
    assert_eq!(of(&report, "2").item.level2, "低保审核_x000D_结果");
    assert_eq!(of(&report, "2").item.content, "第一行\n第二行\n第三行\n第四行&lt;b&gt;");
}

#[test]
fn text_files_are_read_rightly_or_the_place_is_named() {
    for name in ["csv-nul-tail.csv", "csv-semicolons-inside.csv", "csv-utf16-bom.csv", "csv-utf16-no-bom.csv"] {
        let report = read(name);
        assert_eq!((report.items, of(&report, "2").item.level2.as_str()), (2, "低保审核"), "{name}");
    }
    assert_eq!(of(&read("csv-stray-quote.csv"), "1").item.content, "\"低保\"申请的内容");
    let report = read("csv-unclosed-quote.csv");
    assert_eq!(report.items, 3);
    assert!(has(&report, "text-quote-open", "!D3"));
    let report = read("csv-ragged.csv");
    let item = &of(&report, "2").item;
    assert_eq!(
        (report.items, item.level2.as_str(), item.basis.len(), item.time_limit_text.as_str()),
        (3, "低保审核", 0, "")
    );
    assert!(has(&report, "row-shifted", "!A4:M4") && !of(&report, "2").errors.is_empty(), "{:?}", report.warnings);
    let report = read("csv-one-bad-byte.csv");
    assert!(report.items == 2 && has(&report, "text-damaged", "!C4"), "{:?}", report.warnings);
    assert!(refused("json-list.csv").1.contains("JSON"));
    assert!(refused("csv-fullwidth-comma.csv").1.contains("without columns"));
    assert!(refused("csv-big5.csv").0.starts_with("GK-SHEET-"));
}

#[test]
fn a_file_that_is_something_else_is_refused_with_its_own_way_out() {
    for (name, code, found, way_out) in [
        ("html-as-xls.xls", "GK-SHEET-001", "a web page", "save as"),
        ("mht-as-xls.xls", "GK-SHEET-001", "MHTML", "save as"),
        ("xml2003-as-xls.xls", "GK-SHEET-001", "XML spreadsheet of 2003", "save as"),
        ("encrypted.xlsx", "GK-SHEET-006", "encrypted", "password"),
        ("encrypted-default.xlsx", "GK-SHEET-006", "encrypted", "without asking"),
        ("truncated.xlsx", "GK-SHEET-007", "damaged", "repair"),
    ] {
        let (told, message, hint) = refused(name);
        assert_eq!(told, code, "{name}");
        assert!(message.contains(found) && hint.contains(way_out), "{name}: {message} / {hint}");
    }
}

#[test]
fn odd_ways_to_write_a_workbook_are_read() {
    assert_eq!(read("sheet-name-blank.xlsx").items, 1);
    assert_eq!(read("title-fullwidth-space.xlsx").tables[0].domain.as_deref(), Some("social-assistance"));
    let report = read("workbook-elsewhere.xlsx");
    assert_eq!((report.items, of(&report, "2").item.level2.as_str()), (2, "低保审核"));
    assert!(read("hostile-text.xlsx").items > 0);
}
