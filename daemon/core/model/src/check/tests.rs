//! The rules as a table: a good item, one change, and exactly the findings that it makes.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::item::{parse_basis, parse_time_limit};

fn set(values: &[&str]) -> BTreeSet<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// An item without any finding.
fn good() -> Item {
    Item {
        level1: "综合业务".to_owned(),
        level2: "政策法规".to_owned(),
        content: "法律、法规、规章和规范性文件的名称、文号、全文".to_owned(),
        basis: parse_basis("《社会救助暂行办法》(国务院令第649号)第五条"),
        time_limit_text: "信息形成或者变更之日起20个工作日内".to_owned(),
        subject: vec!["铁岭县民政局".to_owned()],
        channels: set(&["gov-website"]),
        audience: set(&["public"]),
        disclosure_mode: "proactive".to_owned(),
        ..Item::default()
    }
}

fn laws(basis: &Basis) -> LawState {
    match basis.title.as_str() {
        "社会救助暂行办法" => LawState::Known { doc_no: "国令第649号".to_owned() },
        "城市房屋拆迁管理条例" => {
            LawState::Expired { by: "国有土地上房屋征收与补偿条例".to_owned() }
        }
        _ => LawState::Unknown,
    }
}

fn entries(items: &[Item]) -> Vec<Entry<'_>> {
    let entry = |(index, item)| {
        let id = ["a", "b", "c", "d"][index];
        Entry { id, serial: "", item, kept: None, digest: Some(item.to_canonical().digest()) }
    };
    items.iter().enumerate().map(entry).collect()
}

fn found(items: &[Item]) -> Vec<Finding> {
    check(&entries(items), &Facts { laws: Some(&laws), standard: None })
}

fn short(findings: &[Finding]) -> Vec<(&str, &str, &str, &str)> {
    findings.iter().map(|f| (f.item.as_str(), f.rule.name(), f.field.as_str(), f.severity.word())).collect()
}

type Change = fn(&mut Item);

/// (rule, field, severity)
type Expected = (&'static str, &'static str, &'static str);

/// (claim, change, what is found)
const CASES: &[(&str, Change, &[Expected])] = &[
    ("a good item has none", |_| {}, &[]),
    ("an element is missing", |i| i.content.clear(), &[("element-missing", "content", "error")]),
    (
        "each missing element is named",
        |i| {
            i.basis.clear();
            i.subject.clear();
            i.audience.clear();
        },
        &[
            ("element-missing", "basis", "error"),
            ("element-missing", "subject", "error"),
            ("element-missing", "audience", "error"),
        ],
    ),
    (
        "a title is not closed",
        |i| i.basis = parse_basis("《社会救助暂行办法"),
        &[("title-unbalanced", "basis", "warning")],
    ),
    (
        "a title is closed twice in the content",
        |i| i.content = "执行办法》的情况".to_owned(),
        &[("title-unbalanced", "content", "warning")],
    ),
    (
        "a title that nobody knows, without a number",
        |i| i.basis = parse_basis("《关于做好某事的通知》"),
        &[("law-unknown", "basis", "warning")],
    ),
    (
        "a title that calls itself a law and that nobody knows",
        |i| i.basis = parse_basis("《体育app条例》\n《某省某事条例》"),
        &[("law-doubtful", "basis", "warning"), ("law-unknown", "basis", "warning")],
    ),
    (
        "a title that is not in the list but has a number",
        |i| i.basis = parse_basis("《关于做好某事的通知》(辽政发〔2021〕3号)"),
        &[("law-unknown", "basis", "note")],
    ),
    (
        "a title that no longer holds",
        |i| i.basis = parse_basis("《城市房屋拆迁管理条例》"),
        &[("law-expired", "basis", "warning")],
    ),
    (
        "a number of an earlier version",
        |i| i.basis = parse_basis("《社会救助暂行办法》(国务院令第600号)"),
        &[("law-number", "basis", "note")],
    ),
    ("国令 is 国务院令", |i| i.basis = parse_basis("《社会救助暂行办法》(国令649号)"), &[]),
    ("no title at all", |i| i.basis = parse_basis("相关法律法规规定"), &[("basis-vague", "basis", "note")]),
    (
        "kinds of organs",
        |i| {
            i.subject = ["应急管理部门", "县级人民政府民政部门", "铁岭县民政局", "乡(镇)人民政府", "市场监督管理局"]
                .map(str::to_owned)
                .to_vec();
        },
        &[
            ("body-generic", "subject", "warning"),
            ("body-generic", "subject", "warning"),
            ("body-generic", "subject", "warning"),
        ],
    ),
    (
        "a place's organs are organs",
        |i| {
            i.subject =
                ["县民政局", "新台子镇人民政府", "铁岭县人民政府办公室", "县委宣传部"].map(str::to_owned).to_vec();
        },
        &[],
    ),
    (
        "longer than the statutory limit, whatever prevails elsewhere",
        |i| i.time_limit_text = "信息形成之日起30个工作日内,法律、法规另有规定的,从其规定".to_owned(),
        &[("limit-looser", "time_limit_text", "warning")],
    ),
    ("a month is 20 working days", |i| i.time_limit_text = "信息形成之日起1个月内".to_owned(), &[]),
    (
        "on request the statutory limit for publishing does not count",
        |i| {
            i.time_limit_text = "30个工作日内".to_owned();
            i.disclosure_mode = "on-request".to_owned();
        },
        &[],
    ),
    (
        "words that say no limit",
        |i| i.time_limit_text = "按规定".to_owned(),
        &[("limit-unread", "time_limit_text", "note")],
    ),
    ("同上 was left", |i| i.subject = vec!["同上".to_owned()], &[("same-as-left", "subject", "error")]),
    ("同左 refers to another cell", |i| i.content = "同左".to_owned(), &[("same-as-left", "content", "error")]),
    (
        "a spreadsheet's error is a body",
        |i| i.subject = vec!["#REF!".to_owned()],
        &[("error-value", "subject", "error")],
    ),
    (
        "a word for nothing is a limit",
        |i| i.time_limit_text = "待补充".to_owned(),
        &[("limit-unread", "time_limit_text", "note"), ("placeholder-left", "time_limit_text", "error")],
    ),
    ("a mark that nobody explained", |i| crate::item::ask(i, "特定群体", "△"), &[("question-open", "extra", "error")]),
    (
        "a number of the limit that is not understood",
        |i| i.time_limit_text = "及时公开，最迟一百五日内".to_owned(),
        &[("limit-unread", "time_limit_text", "warning")],
    ),
    (
        "a code that a spreadsheet rounded",
        |i| i.power_list_ref = "1.12112E+17".to_owned(),
        &[("text-damaged", "power_list_ref", "warning")],
    ),
    (
        "lost characters and pinyin",
        |i| i.content = "次沟??中迁的标准(zhǔn)".to_owned(),
        &[("text-damaged", "content", "warning"), ("text-damaged", "content", "warning")],
    ),
    (
        "a group without a name",
        |i| {
            i.audience.insert("specific".to_owned());
        },
        &[("audience-unnamed", "audience_specific", "warning")],
    ),
    (
        "another channel without a name",
        |i| {
            i.channels.insert("other".to_owned());
        },
        &[("channel-unnamed", "channels_other", "warning")],
    ),
    (
        "withheld without a reason",
        |i| i.disclosure_mode = "withheld".to_owned(),
        &[("withhold-reason-missing", "withhold_reason", "error")],
    ),
    (
        "days in the wrong order, and no day",
        |i| {
            i.effective_from = "2026-05-01".to_owned();
            i.effective_to = "2026-04-30".to_owned();
        },
        &[("dates-wrong", "effective_to", "warning")],
    ),
    ("no day", |i| i.effective_to = "2026年".to_owned(), &[("dates-wrong", "effective_to", "warning")]),
    ("the name again", |i| i.content = "政策 法规".to_owned(), &[("content-thin", "content", "note")]),
    (
        "a list of persons by its word",
        |i| i.content = "拟救助对象名单、家庭人口数、救助金额".to_owned(),
        &[("person-list", "content", "warning")],
    ),
    (
        "names in a row",
        |i| i.content = "本月享受低保：\n王某某 李四、张三丰，赵六".to_owned(),
        &[("person-names", "content", "warning")],
    ),
    (
        "words that begin like names are none",
        |i| i.content = "张贴、张榜、陈列、刘家村、王家屯、李家堡子镇、金额、方式、时间".to_owned(),
        &[],
    ),
    (
        "a citizen's number, wherever it stands",
        |i| i.extra = BTreeMap::from([("备注".to_owned(), "11010519491231002X".to_owned())]),
        &[("private-citizen-id", "extra.备注", "error")],
    ),
    (
        "a mobile number may be an office's",
        |i| i.extra = BTreeMap::from([("咨询电话".to_owned(), "13800001234".to_owned())]),
        &[("private-mobile", "extra.咨询电话", "warning")],
    ),
    (
        "a bank card and a column of persons",
        |i| {
            let column = |key: &str, text: &str| (key.to_owned(), text.to_owned());
            i.extra = BTreeMap::from([column("姓名", "某"), column("卡号", "6222021234567890128")]);
        },
        &[("private-bank-card", "extra.卡号", "error"), ("private-column", "extra.姓名", "error")],
    ),
];

#[test]
fn each_rule_finds_its_fault_and_nothing_else() {
    for (claim, change, expected) in CASES {
        let mut item = good();
        change(&mut item);
        let findings = found(&[item]);
        let expected: Vec<_> = expected.iter().map(|(rule, field, severity)| ("a", *rule, *field, *severity)).collect();
        assert_eq!(short(&findings), expected, "{claim}: {findings:#?}");
    }
    let covered: BTreeSet<&str> = CASES.iter().flat_map(|(_, _, rows)| rows.iter().map(|(rule, ..)| *rule)).collect();
    let across = ["matter-repeated", "matter-doubled", "content-repeated", "stage-one-sided"];
    for rule in Rule::ALL {
        assert!(covered.contains(rule.name()) || across.contains(&rule.name()), "{} has no case", rule.name());
    }
}

#[test]
fn items_are_compared_with_each_other() {
    let twin = Item { channels_raw: "■政府网站".to_owned(), level2: "政策 法规".to_owned(), ..good() };
    assert_eq!(
        short(&found(&[good(), Item { level2: good().level2, ..twin }])),
        [("b", "matter-doubled", "", "warning")]
    );
    let other = Item { content: "别的内容".to_owned(), level2: "政策\n法规".to_owned(), ..good() };
    assert_eq!(short(&found(&[good(), other])), [("b", "matter-repeated", "name", "warning")]);
    let long = |name: &str| Item {
        level2: name.to_owned(),
        content: "申请条件、救助标准、申请材料、办理流程、办理时间、办理地点、联系方式、咨询电话".to_owned(),
        ..good()
    };
    assert_eq!(short(&found(&[long("甲"), long("乙")])), [("b", "content-repeated", "content", "note")]);
    let staged = |name: &str, stage: &str| Item { level2: name.to_owned(), stage: stage.to_owned(), ..good() };
    assert_eq!(
        short(&found(&[staged("甲", "result"), staged("乙", "result")])),
        [("a", "stage-one-sided", "stage", "note")]
    );
    assert_eq!(found(&[staged("甲", "result"), staged("乙", "process")]), []);
    assert_eq!(found(&[staged("甲", "result"), staged("乙", "")]), []);
}

#[test]
fn limits_are_compared_where_both_say_a_number() {
    let longer = |own, standard| Some(Looser::Longer { own, standard });
    let shorter = |own, standard| Some(Looser::ShownShorter { own, standard });
    for (own, standard, expected) in [
        ("20个工作日内", "20个工作日内", None),
        ("28日内", "20个工作日内", None),
        ("30日内", "20个工作日内", longer(22, 20)),
        ("10个工作日内", "7个工作日内", longer(10, 7)),
        ("7日内", "7个工作日内", None),
        ("7个工作日内", "7日内", longer(7, 5)),
        ("48小时内", "24小时内", longer(2, 1)),
        ("处罚决定7个工作日内;其他20个工作日内", "7个工作日内", longer(20, 7)),
        ("每季度公开", "20个工作日内", longer(65, 20)),
        ("每月公开", "20个工作日内", None),
        ("及时公开", "7个工作日内", None),
        ("20个工作日内", "及时公开", None),
        ("长期公开", "20个工作日内", None),
        ("公示5个工作日", "公示7个工作日", shorter(5, 7)),
        ("公示7个工作日", "公示5个工作日", None),
        ("", "20个工作日内", None),
    ] {
        assert_eq!(looser(&parse_time_limit(own), &parse_time_limit(standard)), expected, "{own} / {standard}");
    }
}

#[test]
fn the_standard_decides_where_there_is_one() {
    let standard = Item { time_limit_text: "7个工作日内".to_owned(), ..good() };
    let items = [good()];
    let find = |_: &Item| Some(&standard);
    let findings = check(&entries(&items), &Facts { laws: None, standard: Some(&find) });
    assert_eq!(short(&findings), [("a", "limit-looser", "time_limit_text", "warning")]);
    assert!(findings[0].message.contains("7个工作日内"));
    let longer = Item { time_limit_text: "30个工作日内".to_owned(), ..good() };
    let items = [longer.clone()];
    let find = |_: &Item| Some(&longer);
    assert_eq!(check(&entries(&items), &Facts { laws: None, standard: Some(&find) }), []);
}

#[test]
fn codes_and_names_are_unique_and_lead_back() {
    let codes: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.code()).collect();
    assert_eq!(codes.len(), Rule::ALL.len());
    for rule in Rule::ALL {
        assert_eq!((Rule::parse(rule.code()), Rule::parse(rule.name())), (Some(rule), Some(rule)));
        assert!(!rule.hint().is_empty());
    }
}

#[test]
fn a_waived_finding_stays_with_its_reason_and_weighs_nothing() {
    let mut item = good();
    item.subject = vec!["应急管理部门".to_owned()];
    item.content = "电话13800001234".to_owned();
    let digest = item.to_canonical().digest();
    let items = [item];
    let waive = |code: &str, item: &str, digest: Option<Digest>| Waiver {
        code: code.to_owned(),
        item: item.to_owned(),
        reason: "办公用手机".to_owned(),
        digest,
        against: String::new(),
    };
    let waivers = [
        waive("private-mobile", "a", Some(digest)),
        waive("GK-CHECK-007", "b", None),
        waive("element-missing", "", None),
    ];
    let verdict = apply_waivers(found(&items), &waivers);
    assert_eq!((verdict.errors, verdict.warnings, verdict.waived), (0, 1, 1));
    assert_eq!(verdict.findings.len(), 2);
    let waived = verdict.findings.iter().find(|finding| finding.waived.is_some()).unwrap();
    assert_eq!((waived.rule.name(), waived.waived.as_deref()), ("private-mobile", Some("办公用手机")));
    assert_eq!(verdict.idle, waivers[1..]);
    let json = serde_json::to_value(waived).unwrap();
    assert_eq!((&json["code"], &json["waived"]), (&"GK-PRIVACY-002".into(), &"办公用手机".into()));
    assert!(!json.to_string().contains("13800001234"));
}

#[test]
fn a_privacy_waiver_ends_with_the_next_change_of_its_item() {
    let mut item = good();
    item.content = "电话13800001234".to_owned();
    let waiver = Waiver {
        code: "private-mobile".to_owned(),
        item: "a".to_owned(),
        reason: "办公用手机".to_owned(),
        digest: Some(item.to_canonical().digest()),
        against: String::new(),
    };
    assert_eq!(apply_waivers(found(&[item.clone()]), std::slice::from_ref(&waiver)).warnings, 0);
    item.content.push_str("、13900001234");
    assert_eq!(apply_waivers(found(&[item]), &[waiver]).warnings, 2);
}

#[test]
fn a_waiver_for_a_whole_catalog_covers_no_persons_in_later_items() {
    let mut item = good();
    item.content = "本月享受低保：\n王某某 李四、张三丰，赵六".to_owned();
    let names = |verdict: Verdict| {
        let counts =
            verdict.stops_publication().filter(|finding| matches!(finding.rule, Rule::PersonNames | Rule::PersonList));
        counts.count()
    };
    let before = names(apply_waivers(found(&[item.clone()]), &[]));
    assert!(before > 0);
    let wide = |code: &str| Waiver {
        code: code.to_owned(),
        item: String::new(),
        reason: "已核对".to_owned(),
        digest: None,
        against: String::new(),
    };
    let waivers = [wide("person-names"), wide("person-list")];
    assert_eq!(names(apply_waivers(found(&[item.clone()]), &waivers)), before);
    let bound =
        waivers.map(|waiver| Waiver { item: "a".to_owned(), digest: Some(item.to_canonical().digest()), ..waiver });
    assert_eq!(names(apply_waivers(found(&[item]), &bound)), 0);
}

#[test]
fn a_waiver_that_cannot_hold_says_why() {
    let waiver = |code: &str, reason: &str| Waiver {
        code: code.to_owned(),
        item: String::new(),
        reason: reason.to_owned(),
        digest: None,
        against: String::new(),
    };
    for (waiver, code) in [
        (waiver("GK-CHECK-999", "x"), "GK-CHECK-031"),
        (waiver("element-missing", "x"), "GK-CHECK-032"),
        (waiver("body-generic", " "), "GK-CHECK-033"),
        (waiver("body-generic", &"长".repeat(REASON_CHARS_MAX + 1)), "GK-CHECK-033"),
        (waiver("GK-PRIVACY-001", "x"), "GK-CHECK-034"),
        (waiver("person-names", "x"), "GK-CHECK-034"),
        (waiver("person-list", "x"), "GK-CHECK-034"),
        (waiver("law-unknown", "x"), "GK-CHECK-034"),
        (waiver("law-doubtful", "x"), "GK-CHECK-034"),
    ] {
        let error = waiver.rule().unwrap_err();
        assert_eq!(error.code(), code);
        assert!(!error.hint().is_empty());
    }
    assert_eq!(waiver("body-generic", "x").rule(), Ok(Rule::BodyGeneric));
}
