//! Variants of headers: other columns, other order, cut and missing words.

use super::{Case, ITEM, LEAVES, Page, codes, item, list, texts};
use crate::books::{GROUPS, rows};

fn with_header(groups: &[(usize, &'static str)], leaves: &[(usize, &'static str)], items: Vec<Vec<String>>) -> Page {
    let mut page = Page::official(items);
    for (column, text) in groups {
        page.rows[1][*column] = (*text).to_owned();
    }
    for (column, text) in leaves {
        page.rows[2][*column] = (*text).to_owned();
    }
    page
}

/// The official columns in another order: the places are those of the official form.
fn reordered(order: &[usize]) -> Page {
    let pick = |cells: &[&str; 14]| order.iter().map(|place| cells[*place].to_owned()).collect::<Vec<_>>();
    let title = texts(&[super::TITLE]);
    Page::of(vec![title, pick(&GROUPS), pick(&LEAVES), pick(&ITEM)])
}

pub(super) const CASES: &[Case] = &[
    (
        &[9],
        "level columns are read by the vocabulary",
        || with_header(&[], &[(12, "区县级"), (13, "镇(街)级")], vec![item(&[(13, "√")])]),
        |report| {
            assert_eq!(list(&rows(report)[0].item.levels), ["county", "township"]);
            assert_eq!(report.warnings, []);
        },
    ),
    (
        &[9],
        "a place's name before 市级 and a column for two levels are understood",
        || with_header(&[], &[(12, "东阳市级"), (13, "乡级(村级)")], vec![item(&[(13, "√")])]),
        |report| assert_eq!(list(&rows(report)[0].item.levels), ["county", "township-village"]),
    ),
    (
        &[9],
        "市级 beside 县级 is the city's",
        || with_header(&[], &[(12, "市级"), (13, "县级")], vec![item(&[(13, "√")])]),
        |report| assert_eq!(list(&rows(report)[0].item.levels), ["county", "municipal"]),
    ),
    (
        &[10],
        "without the group 公开层级 the node's level is taken, without 公开方式 the mode stays empty",
        || reordered(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        |report| {
            let item = &rows(report)[0].item;
            assert_eq!((list(&item.levels), item.disclosure_mode.as_str()), (vec!["county"], ""));
            assert_eq!(codes(report), ["level-group-missing", "mode-group-missing"]);
        },
    ),
    (
        &[10],
        "公开方式 printed over the levels does not make them modes",
        || with_header(&[(12, "公开方式")], &[], vec![item(&[])]),
        |report| {
            let item = &rows(report)[0].item;
            assert_eq!((list(&item.levels), item.disclosure_mode.as_str()), (vec!["county"], "proactive"));
        },
    ),
    (
        &[13],
        "known extra columns are kept in silence, unknown ones with a warning, fields go to their place",
        || {
            let mut page = reordered(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
            for (header, text) in [("咨询电话", "0410-1"), ("责任科室", "救助科"), ("稀奇的列", "甲")] {
                page.rows[1].push(header.to_owned());
                page.rows[2].push(String::new());
                page.rows[3].push(text.to_owned());
            }
            page
        },
        |report| {
            let item = &rows(report)[0].item;
            assert_eq!((item.extra["咨询电话"].as_str(), item.extra["稀奇的列"].as_str()), ("0410-1", "甲"));
            assert_eq!(item.responsible_dept, "救助科");
            assert_eq!(codes(report), ["column-unknown"]);
            assert_eq!(report.warnings[0].cell, "目录!Q2");
        },
    ),
    (
        &[14],
        "columns are known by their words in any order",
        || reordered(&[0, 1, 2, 10, 11, 7, 8, 9, 3, 6, 5, 12, 13, 4]),
        |report| {
            let item = &rows(report)[0].item;
            assert_eq!((item.content.as_str(), item.time_limit_text.as_str()), ("有关法律", "及时公开"));
            assert_eq!((item.subject[0].as_str(), item.basis[0].title.as_str()), ("铁岭县民政局", "社会救助暂行办法"));
            assert_eq!((item.disclosure_mode.as_str(), list(&item.levels)), ("proactive", vec!["county"]));
            assert_eq!(report.warnings, []);
        },
    ),
    (
        &[15],
        "split and cut header words are understood",
        || {
            let groups = &[(5, "公开 时限"), (6, "公开\n主体"), (3, "公开内容\n（要素）")];
            with_header(
                groups,
                &[(8, "全"), (9, "特定"), (11, "依"), (1, "一级\n事项")],
                vec![item(&[(11, "√"), (10, "")])],
            )
        },
        |report| {
            let item = &rows(report)[0].item;
            assert_eq!((item.time_limit_text.as_str(), item.subject[0].as_str()), ("及时公开", "铁岭县民政局"));
            assert_eq!((list(&item.audience), item.disclosure_mode.as_str()), (vec!["public"], "on-request"));
            assert_eq!(report.warnings, []);
        },
    ),
    (
        &[15],
        "two columns that are just 公开 are decided by their neighbours, with a warning",
        || with_header(&[(5, "公开"), (6, "公开")], &[], vec![item(&[])]),
        |report| {
            let item = &rows(report)[0].item;
            assert_eq!((item.time_limit_text.as_str(), item.subject[0].as_str()), ("及时公开", "铁岭县民政局"));
            assert_eq!(codes(report), ["header-guessed"]);
        },
    ),
    (
        &[16],
        "missing header cells are filled by neighbours and content, with a warning",
        || with_header(&[(0, ""), (5, "")], &[], vec![item(&[])]),
        |report| {
            let row = rows(report)[0];
            assert_eq!((row.serial.as_str(), row.item.time_limit_text.as_str()), ("1", "及时公开"));
            assert_eq!(codes(report), ["header-missing"]);
        },
    ),
    (
        &[26],
        "a whole header in traditional characters is read with a warning a column",
        || {
            let groups = &[
                (0, "序號"),
                (1, "公開事項"),
                (3, "公開內容"),
                (4, "公開依據"),
                (6, "公開主體"),
                (7, "公開渠道和載體"),
                (8, "公開對象"),
            ];
            with_header(
                groups,
                &[
                    (1, "一級事項"),
                    (2, "二級事項"),
                    (8, "全社會"),
                    (9, "特定羣體"),
                    (10, "主動"),
                    (11, "依申請公開"),
                    (13, "鄉級"),
                ],
                vec![item(&[])],
            )
        },
        |report| {
            let row = rows(report)[0];
            assert_eq!((row.serial.as_str(), row.item.level1.as_str(), row.errors.len()), ("1", "综合业务", 0));
            assert_eq!(codes(report), ["text-traditional"]);
        },
    ),
    (
        &[26],
        "a header in traditional characters is read with a warning",
        || with_header(&[(1, "公開事項"), (3, "公開內容"), (5, "公開時限")], &[(12, "縣級")], vec![item(&[])]),
        |report| {
            let item = &rows(report)[0].item;
            assert_eq!((item.content.as_str(), list(&item.levels)), ("有关法律", vec!["county"]));
            assert_eq!(codes(report), ["text-traditional"]);
        },
    ),
];
