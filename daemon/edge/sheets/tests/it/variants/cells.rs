//! Variants inside cells: marks, boxes, damage, widths.

use super::{Case, Page, codes, item, list};
use crate::books::rows;

fn channels(text: &'static str) -> Page {
    Page::official(vec![item(&[(7, text)])])
}

pub(super) const CASES: &[Case] = &[
    (
        &[7],
        "a word in a mark cell is the tick and names the group",
        || Page::official(vec![item(&[(8, ""), (9, "申请人"), (12, "州级"), (13, "县级")])]),
        |report| {
            let item = &rows(report)[0].item;
            assert_eq!((list(&item.audience), item.audience_specific.as_str()), (vec!["specific"], "申请人"));
            assert_eq!(list(&item.levels), ["county", "prefecture"]);
            assert_eq!(report.warnings, []);
        },
    ),
    (
        &[7],
        "a tick for a specific group that is not named is a warning",
        || Page::official(vec![item(&[(9, "√")])]),
        |report| {
            assert_eq!(list(&rows(report)[0].item.audience), ["public", "specific"]);
            assert_eq!(codes(report), ["audience-unnamed"]);
        },
    ),
    (
        &[8],
        "marks lost in the whole table are one warning a group, and nothing is filled in",
        || {
            let blank = [(8, ""), (10, ""), (12, "")];
            let second: Vec<_> = blank.into_iter().chain([(0, "2"), (2, "监督检查")]).collect();
            Page::official(vec![item(&blank), item(&second)])
        },
        |report| {
            assert!(rows(report).iter().all(|row| row.item.disclosure_mode.is_empty() && row.item.levels.is_empty()));
            assert_eq!(report.warnings.iter().map(|w| w.code).collect::<Vec<_>>(), ["marks-lost"; 3]);
            assert!(rows(report)[0].errors.iter().any(|error| error.contains("disclosure_mode")));
        },
    ),
    (
        &[24],
        "boxes that fonts and scanners made of ■ and □ are read",
        || channels("▄政府网站 口政府公报\n☑两微一端 £纸质媒体 R公开查阅点 ??精准推送 þ村公示栏"),
        |report| {
            let item = &rows(report)[0].item;
            assert_eq!(list(&item.channels), ["gov-website", "notice-board", "reading-point", "two-weis-one-app"]);
        },
    ),
    (
        &[24],
        "plain names, numbered or listed, are all used",
        || channels("1.政府网站 2.两微一端、入户⁄现场；社区、村公示栏"),
        |report| {
            let item = &rows(report)[0].item;
            assert_eq!(list(&item.channels), ["gov-website", "notice-board", "on-site", "two-weis-one-app"]);
            assert!(item.channels_other.is_empty());
            assert_eq!(report.warnings, []);
        },
    ),
    (
        &[24],
        "other channels keep their names, with and without 其他",
        || channels("■铁力市政府网站 ■其他：公共资源交易平台、三务公开 ■信用中国网站 □精准推送"),
        |report| {
            let item = &rows(report)[0].item;
            assert_eq!(list(&item.channels), ["gov-website", "other"]);
            assert_eq!(list(&item.channels_other), ["三务公开", "信用中国网站", "公共资源交易平台"]);
            assert!(item.channels_raw.starts_with("■铁力市政府网站"));
        },
    ),
    (
        &[24],
        "a cell without any ticked box is asked about",
        || channels("☐县政府门户网站"),
        |report| {
            let item = &rows(report)[0].item;
            assert_eq!((list(&item.channels), list(&item.channels_optional)), (vec![], vec!["gov-website"]));
            assert_eq!(codes(report), ["channel-mark-missing"]);
            assert_eq!(report.warnings[0].cell, "目录!H4");
        },
    ),
    (
        &[24],
        "where the header says that □ is optional, unticked channels are kept as optional",
        || {
            let mut page = channels("■政府网站 □政府公报");
            page.rows[1][7] = "公开渠道和载体(\"■\"表示必选项,\"□\"表示可选项)".to_owned();
            page
        },
        |report| {
            let item = &rows(report)[0].item;
            assert_eq!(
                (list(&item.channels), list(&item.channels_optional)),
                (vec!["gov-website"], vec!["gov-gazette"])
            );
            assert_eq!(report.warnings, []);
        },
    ),
    (
        &[24],
        "lost characters are named",
        || Page::official(vec![item(&[(3, "次沟??中迁")])]),
        |report| assert_eq!(codes(report), ["text-damaged"]),
    ),
    (
        &[25],
        "widths and blanks do not matter for reading, the text stays as printed",
        || {
            let limit = "信息形成之日起２０ 个工作日内";
            Page::official(vec![item(&[(5, limit), (4, "《意见》（中办发﹝2016﹞8号）"), (2, "办事\n指南")])])
        },
        |report| {
            let item = &rows(report)[0].item;
            let clauses = gongkai_model::item::parse_time_limit(&item.time_limit_text);
            assert_eq!((clauses[0].number, item.time_limit_text.as_str()), (Some(20), "信息形成之日起２０ 个工作日内"));
            assert_eq!((item.basis[0].doc_no.as_str(), item.level2.as_str()), ("中办发〔2016〕8号", "办事指南"));
        },
    ),
    (
        &[7],
        "two modes ticked: the first is the mode, the other is kept beside it, with a warning",
        || Page::official(vec![item(&[(10, "√"), (11, "√")])]),
        |report| {
            let item = &rows(report)[0].item;
            assert_eq!(
                (item.disclosure_mode.as_str(), item.extra["另一公开方式"].as_str()),
                ("proactive", "依申请公开")
            );
            assert_eq!(codes(report), ["mark-several"]);
        },
    ),
    (
        &[26],
        "channels in traditional characters are known, the cell stays as printed",
        || channels("■政府網站 □政府公報 ■公開查閱點"),
        |report| {
            let item = &rows(report)[0].item;
            assert_eq!(list(&item.channels), ["gov-website", "reading-point"]);
            assert_eq!(
                (item.channels_raw.as_str(), codes(report)),
                ("■政府網站 □政府公報 ■公開查閱點", vec!["text-traditional"])
            );
        },
    ),
    (
        &[26],
        "pinyin of a mirrored page is named",
        || Page::official(vec![item(&[(3, "标准(zhǔn)")])]),
        |report| assert_eq!(codes(report), ["text-pinyin"]),
    ),
    (
        &[30],
        "a forgotten 》 is a warning and both titles are read",
        || Page::official(vec![item(&[(4, "《信息公开条例\n《社会救助暂行办法》")])]),
        |report| {
            let titles: Vec<_> = rows(report)[0].item.basis.iter().map(|basis| basis.title.as_str()).collect();
            assert_eq!(titles, ["信息公开条例", "社会救助暂行办法"]);
            assert_eq!(codes(report), ["basis-unbalanced"]);
        },
    ),
];
