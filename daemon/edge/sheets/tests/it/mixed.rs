//! Files that mix many variants, as real ones do, and what is kept of every cell as it was printed.

use gongkai_sheets::Report;

use super::books::{GROUPS, LEAVES, Page, codes, item, list, read_page, rows, texts};

/// Two domains on one sheet under a contents list: shared serials, 同上, channels over rows, a page break, a hidden
/// row, two modes, marks in words, notes after the table.
fn sheet() -> Page {
    let channel_only = |text: &'static str| {
        let mut row = texts(&[""; 14]);
        row[7] = text.to_owned();
        row
    };
    let rows = vec![
        texts(&["附件3："]),
        texts(&["目录：1.社会救助 2.养老服务 3.就业 4.户籍管理"]),
        texts(&["（五）社会救助领域基层政务公开标准目录（2024年版）"]),
        texts(&GROUPS),
        texts(&LEAVES),
        item(&[(6, "铁岭县民政局；各乡镇人民政府")]),
        item(&[(0, ""), (1, ""), (2, "监督\n检查"), (4, "同上"), (5, "２０ 个工作日内"), (8, ""), (9, "申请人")]),
        channel_only("□公开查阅点"),
        texts(&GROUPS),
        texts(&LEAVES),
        item(&[(0, "2"), (1, "低保"), (2, "办事指南"), (11, "√"), (12, "县级"), (13, "是")]),
        item(&[(0, "3"), (1, "低保"), (2, "审核信息"), (3, "12345"), (7, "口政府网站 ■微信公众号")]),
        texts(&["备注：本目录由县政务公开办解释"]),
        vec![],
        texts(&["（六）養老服務領域基層政務公開標準目錄"]),
        texts(&GROUPS),
        texts(&LEAVES),
        item(&[(2, "服务指南"), (4, "《老年人权益保障法"), (10, ""), (11, "依申请")]),
    ];
    Page { hidden_rows: vec![11], ..Page::of(rows).named("各领域") }
}

#[test]
fn a_sheet_that_mixes_a_dozen_variants_loses_no_row() {
    let report = read_page(sheet());
    let names: Vec<&str> = rows(&report).iter().map(|row| row.item.name()).collect();
    assert_eq!(names, ["政策法规", "监督检查", "办事指南", "审核信息", "服务指南"]);
    let domains: Vec<_> = report.tables.iter().map(|table| (table.domain.as_deref(), table.items)).collect();
    assert_eq!(domains, [(Some("social-assistance"), 4), (Some("elderly-care"), 1)]);
    let read = rows(&report);
    assert_eq!(read[0].item.subject, ["铁岭县民政局", "各乡镇人民政府"]);
    assert_eq!((read[1].serial.as_str(), read[1].item.level1.as_str()), ("1", "综合业务"));
    assert_eq!(read[1].item.basis, read[0].item.basis);
    assert_eq!(read[1].item.audience_specific, "申请人");
    assert_eq!(read[2].item.disclosure_mode, "proactive");
    assert_eq!(list(&read[2].item.levels), ["county", "township"]);
    assert_eq!(list(&read[3].item.channels), ["two-weis-one-app"]);
    assert_eq!(read[4].item.disclosure_mode, "on-request");
    let found = codes(&report);
    for code in ["basis-unbalanced", "mark-several", "row-hidden", "row-not-item"] {
        assert!(found.contains(&code), "{code} is not in {found:?}");
    }
}

fn raw<'r>(report: &'r Report, name: &str, cell: &str) -> Option<&'r str> {
    rows(report).into_iter().find(|row| row.item.name() == name).unwrap().source.text(cell)
}

#[test]
fn what_a_cell_said_is_kept_beside_what_was_made_of_it() {
    let report = read_page(sheet());
    for (name, cell, printed) in [
        ("政策法规", "G6", "铁岭县民政局；各乡镇人民政府"),
        ("监督检查", "C7", "监督\n检查"),
        ("监督检查", "E7", "同上"),
        ("监督检查", "J7", "申请人"),
        ("办事指南", "M11", "县级"),
        ("办事指南", "N11", "是"),
        ("服务指南", "L18", "依申请"),
    ] {
        assert_eq!(raw(&report, name, cell), Some(printed), "{name} {cell}");
    }
    // Cells that the item repeats word for word are kept as well, merged ones at their first place.
    for (name, cell, printed) in
        [("政策法规", "D6", "有关法律"), ("政策法规", "F6", "及时公开"), ("监督检查", "H8", "□公开查阅点")]
    {
        assert_eq!(raw(&report, name, cell), Some(printed), "{name} {cell}");
    }
    // Limits keep their text, channels their cell.
    let item = &rows(&report)[1].item;
    assert_eq!(item.time_limit_text, "２０ 个工作日内");
    assert!(rows(&report)[3].item.channels_raw.contains("口政府网站"));
}

#[test]
fn every_cell_of_every_item_row_is_kept_once() {
    let report = read_page(sheet());
    let mut kept: Vec<(String, String)> = rows(&report).iter().flat_map(|row| row.source.raw()).collect();
    let mut expected = Vec::new();
    for line in [6, 7, 8, 11, 12, 18] {
        let cells = sheet().rows[line - 1].clone();
        let named = cells.into_iter().zip('A'..).filter(|(text, _)| !text.is_empty());
        expected.extend(named.map(|(text, column)| (format!("{column}{line}"), text)));
    }
    kept.sort();
    expected.sort();
    assert_eq!(kept, expected);
    let table = &report.tables[0];
    assert_eq!((table.elements["E"].as_str(), table.elements["M"].as_str()), ("basis", "levels"));
}

#[test]
fn a_warning_repeats_the_text_of_its_cell() {
    let report = read_page(sheet());
    let of = |code: &str| report.warnings.iter().find(|warning| warning.code == code).unwrap();
    assert_eq!(of("row-not-item").text, "备注：本目录由县政务公开办解释");
    assert_eq!(
        (of("basis-unbalanced").cell.as_str(), of("basis-unbalanced").text.as_str()),
        ("各领域!E18", "《老年人权益保障法")
    );
}
