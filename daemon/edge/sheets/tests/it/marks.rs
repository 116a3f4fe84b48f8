//! "No" is no tick, a sign that nobody knows is a question, and an answer settles it.

use gongkai_model::{
    check::{Entry, Facts, Rule, check},
    item::{Item, open_questions},
};
use gongkai_sheets::{CatalogSheet, Mapping, Report, SheetRow, Told, read_told, write};

use super::books::{Page, SEEDS, TITLE, book, codes, item, list, read_page, reading, rows};

fn with(changes: &[(usize, &'static str)]) -> Item {
    rows(&read_page(Page::official(vec![item(changes)])))[0].item.clone()
}

fn told(page: Page, map: &[&str]) -> Report {
    let mapping = Mapping::parse(map.iter().copied(), &SEEDS.vocabulary).unwrap();
    read_told(&book(&[page]), "f.xlsx", &reading("county"), &Told { mapping: &mapping, ..Told::default() }).unwrap()
}

#[test]
fn a_no_is_no_tick_in_any_column() {
    for word in [
        "FALSE",
        "false",
        "0",
        "N",
        "n",
        "NO",
        "No",
        "--",
        "—",
        "×",
        "✕",
        "✗",
        "û",
        "空",
        "无",
        "否",
        "不适用",
        "暂无",
        "没有",
        "N/A",
        "/",
        "□",
        "☐",
        "（否）",
        "不涉及",
        "√否",
        "□是 ☑否",
    ] {
        let page = || Page::official(vec![item(&[(9, word), (11, word), (13, word)])]);
        let report = read_page(page());
        let item = &rows(&report)[0].item;
        assert_eq!(list(&item.audience), ["public"], "{word}");
        assert_eq!((item.disclosure_mode.as_str(), list(&item.levels)), ("proactive", vec!["county"]), "{word}");
        assert_eq!(item.audience_specific, "", "{word}");
        assert!(!item.extra.contains_key("另一公开方式"), "{word}");
        let is_asked = open_questions(item).next().is_some();
        assert_eq!(is_asked, word == "√否", "{word}: {:?}", item.extra);
    }
}

#[test]
fn a_yes_is_a_tick_in_any_column() {
    for word in
        ["TRUE", "1", "Y", "yes", "是", "有", "√", "✓", "✔", "☑", "■", "●", "R", "V", "（√）", "√√", "☑是 □否", "√ "]
    {
        let item = with(&[(8, word), (10, word), (13, word)]);
        assert_eq!(list(&item.audience), ["public"], "{word}");
        assert_eq!(
            (item.disclosure_mode.as_str(), list(&item.levels)),
            ("proactive", vec!["county", "township"]),
            "{word}"
        );
        assert_eq!(open_questions(&item).count(), 0, "{word}");
    }
}

#[test]
fn a_sign_or_word_that_is_neither_is_asked_until_it_is_answered() {
    for word in ["△", "√×", "☒", "?", "※", "待定", "√？", "企业"] {
        let report = read_page(Page::official(vec![item(&[(10, word)])]));
        let row = rows(&report)[0];
        assert_eq!(row.item.disclosure_mode, "", "{word}");
        assert_eq!(open_questions(&row.item).collect::<Vec<_>>(), [("主动", word)]);
        assert!(row.errors.iter().any(|error| error.contains("主动")), "{:?}", row.errors);
        assert!(codes(&report).contains(&"mark-question"), "{word}");
        let entry = Entry { id: "a", serial: "1", item: &row.item, kept: None, digest: None };
        let found = check(&[entry], &Facts::default());
        assert!(found.iter().any(|finding| finding.rule == Rule::QuestionOpen), "{word}");
        for (answer, mode) in [("yes", "proactive"), ("no", "")] {
            let report = told(Page::official(vec![item(&[(10, word)])]), &[&format!("主动:{word}={answer}")]);
            let item = &rows(&report)[0].item;
            assert_eq!((item.disclosure_mode.as_str(), open_questions(item).count()), (mode, 0), "{word} {answer}");
        }
    }
}

#[test]
fn only_words_that_can_name_a_group_do() {
    for word in ["待定", "△", "√×", "见备注", "同左", "ABC", "户", "全社会"] {
        let item = with(&[(9, word)]);
        assert_eq!((item.audience_specific.as_str(), open_questions(&item).count()), ("", 1), "{word}");
        assert_eq!(list(&item.audience), ["public"], "{word}");
    }
    for word in ["申请人", "未成年人", "√ 待业人员", "不动产权利人", "村民"] {
        let item = with(&[(9, word)]);
        assert_eq!(item.audience_specific, word.trim_start_matches("√ "), "{word}");
        assert_eq!(open_questions(&item).count(), 0, "{word}");
    }
}

#[test]
fn the_value_of_another_column_is_no_tick() {
    let item = with(&[(10, "依申请公开"), (8, "特定群体")]);
    assert_eq!((item.disclosure_mode.as_str(), item.audience.len()), ("", 0));
    assert_eq!(open_questions(&item).collect::<Vec<_>>(), [("主动", "依申请公开"), ("全社会", "特定群体")]);
    let item = with(&[(10, "主动公开"), (9, "特定群体：申请人"), (8, "")]);
    assert_eq!((item.disclosure_mode.as_str(), item.audience_specific.as_str()), ("proactive", "申请人"));
}

#[test]
fn a_question_goes_out_with_an_export_and_can_be_answered_there() {
    let report = read_page(Page::official(vec![item(&[(9, "△")])]));
    let read = &rows(&report)[0].item;
    let sheet = CatalogSheet { name: "s", title: TITLE, rows: vec![SheetRow { serial: "1", item: read }] };
    let bytes = write(&[sheet], &reading("county")).unwrap();
    let again = |map: &[&str]| {
        let mapping = Mapping::parse(map.iter().copied(), &SEEDS.vocabulary).unwrap();
        read_told(&bytes, "f.xlsx", &reading("county"), &Told { mapping: &mapping, ..Told::default() }).unwrap()
    };
    assert_eq!(&rows(&again(&[]))[0].item, read);
    let answered = again(&["特定群体:△=yes"]);
    assert_eq!(list(&rows(&answered)[0].item.audience), ["public", "specific"]);
    assert_eq!(open_questions(&rows(&answered)[0].item).count(), 0);
    assert_eq!(open_questions(&rows(&again(&["特定群体:△=no"]))[0].item).count(), 0);
}

#[test]
fn boxes_of_which_nobody_knows_are_asked_and_answered() {
    let cell = "◐政府网站 ◑政府公报\n◑两微一端";
    let report = read_page(Page::official(vec![item(&[(7, cell)])]));
    let row = rows(&report)[0];
    assert_eq!((row.item.channels.len(), row.item.channels_raw.as_str()), (0, cell));
    assert_eq!(open_questions(&row.item).collect::<Vec<_>>(), [("公开渠道和载体", "◐ ◑")]);
    let map = ["公开渠道和载体:◐=yes", "公开渠道和载体:◑=no"];
    let report = told(Page::official(vec![item(&[(7, cell)])]), &map);
    assert_eq!(list(&rows(&report)[0].item.channels), ["gov-website"]);
    assert_eq!(open_questions(&rows(&report)[0].item).count(), 0);
}

#[test]
fn boxes_are_known_beside_others_and_glued_to_names() {
    for (cell, channels) in [
        ("■政府网站 ◌政府公报 ◌两微一端", vec!["gov-website"]),
        ("☒政府网站 □政府公报", vec!["gov-website"]),
        ("☑政府网站 ☒政府公报", vec!["gov-website"]),
        ("n政府网站o政府公报o两微一端", vec!["gov-website"]),
        ("【√】政府网站【 】政府公报", vec!["gov-website"]),
        ("(√)政府网站 ( )政府公报 (√)其他:三务公开", vec!["gov-website", "other"]),
        ("√政府网站 ×政府公报", vec!["gov-website"]),
        ("▪政府网站\n▪两微一端", vec!["gov-website", "two-weis-one-app"]),
        ("①政府网站 ②两微一端", vec!["gov-website", "two-weis-one-app"]),
        ("A.政府网站 B.两微一端", vec!["gov-website", "two-weis-one-app"]),
        ("政府网站微信平台等", vec!["gov-website", "two-weis-one-app"]),
        ("政府\n网站", vec!["gov-website"]),
    ] {
        let item = with(&[(7, cell)]);
        assert_eq!(list(&item.channels), channels, "{cell}");
        assert_eq!(open_questions(&item).count(), 0, "{cell}");
    }
}

#[test]
fn the_unit_in_a_head_reaches_the_value() {
    for (head, cell, text) in [
        ("公开时限（工作日）", "20", "20个工作日"),
        ("公开时限(单位：天)", "7", "7天"),
        ("公开时限（个工作日内）", "二十", "二十个工作日"),
        ("公开时限（工作日）", "及时公开", "及时公开"),
        ("公开时限（自信息形成之日起）", "20", "20"),
    ] {
        let mut page = Page::official(vec![item(&[(5, cell)])]);
        page.rows[1][5] = head.to_owned();
        assert_eq!(rows(&read_page(page))[0].item.time_limit_text, text, "{head}");
    }
}

#[test]
fn a_hidden_column_or_row_gives_way_to_what_is_shown() {
    let mut page = Page::official(vec![item(&[])]);
    page.merges.clear();
    for (row, text) in [(1, "公开时限"), (2, ""), (3, "长期公开")] {
        page.rows[row].insert(5, text.to_owned());
    }
    let report = read_page(Page { hidden_columns: vec![5], ..page });
    assert_eq!(rows(&report)[0].item.time_limit_text, "及时公开");
    assert!(codes(&report).contains(&"column-left-out") && rows(&report)[0].item.extra.is_empty());
    let old = item(&[(0, "2"), (5, "长期公开")]);
    let report = read_page(Page { hidden_rows: vec![4], ..Page::official(vec![item(&[]), old]) });
    assert_eq!((report.items, rows(&report)[0].item.time_limit_text.as_str()), (1, "及时公开"));
    assert!(codes(&report).contains(&"row-left-out"));
}
