//! Variants of rows: merges and what is left of them, shared serials, 同上, gaps, channels over rows, hidden rows.

use super::{Case, Page, codes, item, texts};
use crate::books::rows;

pub(super) const CASES: &[Case] = &[
    (
        &[1],
        "level 1 merged over rows fills each of them",
        || {
            let rows = vec![item(&[]), item(&[(0, "2"), (1, ""), (2, "监督检查")])];
            Page::official(rows).merged(&["B4:B5"])
        },
        |report| {
            assert_eq!(rows(report).iter().map(|r| r.item.level1.as_str()).collect::<Vec<_>>(), ["综合业务"; 2]);
            assert_eq!(codes(report), [""; 0]);
        },
    ),
    (
        &[2],
        "one serial with several level-2 names makes an item of each, merged or not",
        || {
            let rows = vec![
                item(&[]),
                item(&[(0, ""), (1, ""), (2, "监督检查")]),
                item(&[(0, "2"), (1, "低保"), (2, "办事指南")]),
                item(&[(0, ""), (1, ""), (2, "审核信息")]),
            ];
            Page::official(rows).merged(&["A4:A5", "B4:B5"])
        },
        |report| {
            let read: Vec<_> = rows(report)
                .iter()
                .map(|r| (r.serial.as_str(), r.item.level1.as_str(), r.item.level2.as_str()))
                .collect();
            let expected = [
                ("1", "综合业务", "政策法规"),
                ("1", "综合业务", "监督检查"),
                ("2", "低保", "办事指南"),
                ("2", "低保", "审核信息"),
            ];
            assert_eq!(read, expected);
            assert_eq!(codes(report), [""; 0]);
        },
    ),
    (
        &[3],
        "more content rows under merged names are lines of one item",
        || {
            let mut more = texts(&[""; 14]);
            more[3] = "配套文件".to_owned();
            Page::official(vec![item(&[]), more]).merged(&["A4:A5", "B4:B5", "C4:C5", "E4:E5"])
        },
        |report| {
            assert_eq!(report.items, 1);
            assert_eq!(rows(report)[0].item.content, "有关法律\n配套文件");
        },
    ),
    (
        &[4],
        "two limits under one name are clauses of one item, with a warning",
        || {
            let mut more = texts(&[""; 14]);
            more[3] = "处罚结果".to_owned();
            more[5] = "20个工作日内".to_owned();
            Page::official(vec![item(&[(5, "7个工作日内")]), more]).merged(&["A4:A5", "B4:B5", "C4:C5"])
        },
        |report| {
            assert_eq!(report.items, 1);
            assert_eq!(rows(report)[0].item.time_limit_text, "7个工作日内\n20个工作日内");
            assert_eq!(codes(report), ["time-limit-several"]);
        },
    ),
    (
        &[5],
        "lost merges are filled inside a level-1 group, marks are not, and nothing crosses groups",
        || {
            let mut second = texts(&[""; 14]);
            (second[0], second[2], second[3]) = ("2".to_owned(), "监督检查".to_owned(), "电话".to_owned());
            let mut third = second.clone();
            (third[0], third[1], third[2]) = ("3".to_owned(), "低保".to_owned(), "指南".to_owned());
            Page::official(vec![item(&[]), second, third])
        },
        |report| {
            let read = rows(report);
            assert_eq!((read[1].item.level1.as_str(), read[1].item.time_limit_text.as_str()), ("综合业务", "及时公开"));
            assert!(read[1].item.audience.is_empty());
            assert_eq!((read[2].item.level1.as_str(), read[2].item.time_limit_text.as_str()), ("低保", ""));
            assert!(read[2].item.channels.is_empty());
            assert_eq!(codes(report), ["element-missing", "marks-missing", "merge-lost"]);
        },
    ),
    (
        &[6],
        "同上 takes the resolved value above; in the first row it is a warning",
        || {
            Page::official(vec![
                item(&[(6, "同上")]),
                item(&[(0, "2"), (2, "监督检查"), (4, "同上"), (7, "同 上")]),
                item(&[(0, "3"), (2, "通知公告"), (4, "同上")]),
            ])
        },
        |report| {
            let read = rows(report);
            assert_eq!(read[2].item.basis[0].title, "社会救助暂行办法");
            assert_eq!(read[1].item.channels, read[0].item.channels);
            assert_eq!(codes(report), ["same-as-nothing"]);
            assert_eq!(report.warnings[0].cell, "目录!G4");
        },
    ),
    (
        &[21, 22],
        "a gap in the serials is a warning, codes are not; a row with only a serial is dropped",
        || {
            Page::official(vec![
                item(&[(0, "5")]),
                item(&[(0, "22"), (2, "监督检查")]),
                texts(&["23"]),
                item(&[(0, "A1."), (2, "通知公告")]),
                item(&[(0, "0101"), (2, "办事指南")]),
            ])
        },
        |report| {
            assert_eq!(report.items, 4);
            assert_eq!(rows(report).iter().map(|r| r.serial.as_str()).collect::<Vec<_>>(), ["5", "22", "A1.", "0101"]);
            assert_eq!(codes(report), ["row-serial-only", "serial-gap"]);
        },
    ),
    (
        &[23],
        "channels in rows before and after the item's row are its own",
        || {
            let only = |text: &'static str| {
                let mut row = texts(&[""; 14]);
                row[7] = text.to_owned();
                row
            };
            Page::official(vec![
                only("■政府网站"),
                item(&[(7, "■两微一端")]),
                only("■公开查阅点"),
                only("■政府公报"),
                item(&[(0, "2"), (2, "监督检查"), (7, "■广播电视")]),
                only("□精准推送"),
            ])
        },
        |report| {
            let read = rows(report);
            assert_eq!(read.len(), 2);
            assert_eq!(super::list(&read[0].item.channels), ["gov-website", "reading-point", "two-weis-one-app"]);
            assert_eq!(super::list(&read[1].item.channels), ["broadcast-tv", "gov-gazette"]);
            assert_eq!(report.warnings, []);
        },
    ),
    (
        &[32],
        "two rows with one name are two items and a warning",
        || Page::official(vec![item(&[]), item(&[(0, "2"), (3, "别的内容")])]),
        |report| {
            assert_eq!(report.items, 2);
            assert_eq!(codes(report), ["matter-repeated"]);
        },
    ),
    (
        &[34],
        "hidden rows and columns are read and named",
        || {
            let page = Page::official(vec![item(&[]), item(&[(0, "2"), (2, "监督检查")])]);
            Page { hidden_rows: vec![4], hidden_columns: vec![4], ..page }
        },
        |report| {
            assert_eq!(report.items, 2);
            assert_eq!(codes(report), ["column-hidden", "row-hidden"]);
            assert!(report.warnings.iter().any(|warning| warning.cell == "目录!A5"));
        },
    ),
];
