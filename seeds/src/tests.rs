//! Claims about the seed files.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{collections::BTreeSet, error::Error as _};

use gongkai_model::id::{DivisionId, DomainSlug};

use super::*;

fn division(text: &str) -> DivisionId {
    DivisionId::parse(text).unwrap()
}

#[test]
fn the_tree_is_tieling_with_7_counties_and_106_townships() {
    let seeds = Seeds::builtin();
    let tree = seeds.tree(&Day::parse("2024-01-01").unwrap());
    assert_eq!((seeds.divisions.len(), tree.len()), (114, 114));
    for (level, count) in [("municipal", 1), ("county", 7), ("township", 106)] {
        assert_eq!(tree.divisions().filter(|division| division.level == level).count(), count, "{level}");
    }
    assert_eq!(tree.roots().map(|root| root.id.as_str()).collect::<Vec<_>>(), ["211200"]);
    for (county, townships) in
        [("211202", 9), ("211204", 5), ("211221", 16), ("211223", 18), ("211224", 33), ("211281", 5), ("211282", 20)]
    {
        assert_eq!(tree.children(&division(county)).count(), townships, "{county}");
        assert!(tree.children(&division(county)).all(|id| id.as_str().starts_with(county)));
    }
    assert!(tree.divisions().all(|division| !division.name_en.is_empty() && !division.kind.is_empty()));
    let same_name = tree.divisions().filter(|division| division.name == "红旗街道");
    assert_eq!(same_name.map(|division| division.id.as_str()).collect::<Vec<_>>(), ["211202001", "211204001"]);
}

#[test]
fn the_26_domains_have_their_departments_of_annex_1() {
    let Seeds { routing, .. } = Seeds::builtin();
    let day = Day::parse("2020-06-12").unwrap();
    assert_eq!((routing.domains.len(), routing.departments.len()), (26, 17));
    let numbers: Vec<u32> = routing.domains.iter().map(|domain| domain.number).collect();
    assert_eq!(numbers, (1..=26).collect::<Vec<_>>());
    let mut counts: Vec<(usize, &str)> = Vec::new();
    for department in &routing.departments {
        counts.push((routing.domains_of(&department.slug, &day).count(), department.slug.as_str()));
    }
    assert_eq!(counts.iter().map(|(count, _)| count).sum::<usize>(), 26);
    assert!(counts.contains(&(5, "dept-housing")) && counts.iter().filter(|(count, _)| *count == 2).count() == 5);
    let civil = routing.department_of(&DomainSlug::parse("social-assistance").unwrap(), &day).unwrap();
    assert_eq!(civil.title_in("铁岭县"), "铁岭县民政局");
    assert!(routing.departments.iter().all(|department| department.name == format!("市{}", department.base_name)));
}

#[test]
fn every_name_of_a_domain_finds_it_in_an_official_title() {
    let Seeds { routing, .. } = Seeds::builtin();
    for domain in &routing.domains {
        for name in domain.names() {
            let title = format!("附件2:({}) {name}领域基层政务公开标准目录(2024年版)(试行)", domain.number);
            assert_eq!(routing.domain_in_title(&title).one().map(|found| &found.slug), Some(&domain.slug), "{title}");
            assert_eq!(routing.domain_in_title(name).one().map(|found| &found.slug), Some(&domain.slug), "{name}");
        }
    }
    for (title, slug) in [
        ("乡村振兴领域基层政务公开标准目录", "poverty-alleviation"),
        ("国土空间规划领域", "urban-rural-planning"),
        ("征地补偿", "rural-land-expropriation"),
        ("国有土地上房屋征收领域", "state-land-housing-expropriation"),
        ("环境保护", "ecological-environment"),
        ("医疗卫生", "health"),
        ("就业创业", "employment"),
    ] {
        assert_eq!(routing.domain_in_title(title).one().unwrap().slug.as_str(), slug, "{title}");
    }
}

#[test]
fn the_tasks_are_the_seven_of_annex_2() {
    let seeds = Seeds::builtin();
    let due: Vec<(&str, &str)> = seeds.tasks.iter().map(|task| (task.id.as_str(), task.due.as_str())).collect();
    assert_eq!(
        due,
        [
            ("1.1", "2020-12-31"),
            ("1.2", "2020-12-31"),
            ("1.3", "2021-12-31"),
            ("2.1", "2022-12-31"),
            ("3.1", "2021-12-31"),
            ("3.2", "2021-12-31"),
            ("3.3", "2022-06-30"),
        ]
    );
}

#[test]
fn the_13_channels_are_found_as_real_catalogs_spell_them() {
    let Seeds { vocabulary, .. } = Seeds::builtin();
    let channels = &vocabulary.channels;
    assert_eq!(channels.len(), 13);
    for (text, slug) in [
        ("铁力市政府网站", "gov-website"),
        ("高新区(掇刀区)政府网站", "gov-website"),
        ("一微一端", "two-weis-one-app"),
        ("发布会听证会", "press-hearing"),
        ("纸质载体", "print-media"),
        ("公开查阅点/政务公开专区", "reading-point"),
        ("提供政务服务的场所", "service-hall"),
        ("便民服务中心", "convenience-station"),
        ("入户⁄现场", "on-site"),
        ("社区/企事业单位/村公示栏（电子屏）", "notice-board"),
        ("存公示栏", "notice-board"),
        ("村居/企事业单位公示栏(电子屏)", "notice-board"),
        ("精准推送", "targeted-push"),
    ] {
        let term = channels.find(text).or_else(|| channels.find_within(text));
        assert_eq!(term.map(|term| term.slug.as_str()), Some(slug), "{text}");
    }
    assert_eq!(channels.find("公共资源交易平台"), None);
    assert_eq!(vocabulary.levels.find_preferring("市级", "county").unwrap().slug, "county");
    for (text, slug) in
        [("区级", "county"), ("镇街级", "township"), ("乡、村级", "township-village"), ("市本级", "municipal")]
    {
        assert_eq!(vocabulary.levels.find(text).unwrap().slug, slug, "{text}");
    }
    assert_eq!(vocabulary.modes.find("依申请").unwrap().slug, "on-request");
    assert_eq!(vocabulary.audience.find("特定群众").unwrap().slug, "specific");
    let slugs: BTreeSet<&str> = channels.iter().map(|term| term.slug.as_str()).collect();
    assert_eq!(slugs.len(), 13);
}

#[test]
fn a_law_is_found_under_its_short_name() {
    let laws = Seeds::builtin().laws;
    for name in ["《政府信息公开条例》", "中华人民共和国政府信息公开条例", " 《中华人民共和国政府信息公开条例》"]
    {
        assert_eq!(laws.find(name).unwrap().doc_no, "国务院令第711号", "{name}");
    }
    assert_eq!(laws.find("社会救助暂行办法").unwrap().doc_no, "国务院令第649号");
    assert_eq!(laws.find("体育app条例"), None);
}

#[test]
fn faulty_files_are_named_by_code() {
    let town = r#"{"id":"1","from":"0001-01-01","code":"1","name":"a","level":"county","parent":null}"#;
    let child = |id: &str, parent: &str| {
        format!(r#"{{"id":"{id}","from":"0001-01-01","code":"{id}","name":"a","level":"county","parent":"{parent}"}}"#)
    };
    let one_task = r#"{"id":"1","text":"t","units":["u"],"due":"2020-12-31"}"#;
    let rows: Vec<(&str, String, &str)> = vec![
        ("division.json", "[]".to_owned(), "GK-SEED-001"),
        (TASKS, " ".repeat(FILE_BYTES_MAX + 1), "GK-SEED-002"),
        (DIVISIONS, "{".to_owned(), "GK-SEED-003"),
        (DIVISIONS, r#"[{"id":"A B"}]"#.to_owned(), "GK-SEED-003"),
        (DIVISIONS, format!("[{town},{}]", child("2", "9")), "GK-SEED-004"),
        (DIVISIONS, format!("[{town},{town}]"), "GK-SEED-005"),
        (DIVISIONS, format!("[{},{}]", child("1", "2"), child("2", "1")), "GK-SEED-006"),
        (DIVISIONS, format!("[{}]", town.replace("county", "hamlet")), "GK-SEED-007"),
        (DEPARTMENTS, "[]".to_owned(), "GK-SEED-008"),
        (TASKS, format!("[{one_task},{one_task}]"), "GK-SEED-009"),
        (VOCABULARIES, r#"{"modes":[{"slug":"a","label":""}]}"#.to_owned(), "GK-SEED-010"),
        (LAW_TITLES, r#"[{"title":"甲","kind":"law"},{"title":"《甲》","kind":"law"}]"#.to_owned(), "GK-SEED-011"),
        (DIVISIONS, "[]".to_owned(), "GK-SEED-012"),
        (CHAINS, r#"[{"owner_level":"x","steps":[{"levels_up":1,"role":"counterpart"}]}]"#.to_owned(), "GK-SEED-013"),
        (HOLIDAYS, r#"[{"year":2026,"periods":[],"worked":["2026-01-05"]}]"#.to_owned(), "GK-SEED-014"),
        (HOLIDAYS, r#"[{"year":2026,"periods":[],"worked":["2025-01-04"]}]"#.to_owned(), "GK-SEED-014"),
    ];
    for (file, text, code) in rows {
        let error = Seeds::parse(&BTreeMap::from([(file.to_owned(), text)])).unwrap_err();
        assert_eq!(error.code(), code, "{error}: {:?}", error.source());
        assert!(!error.hint().is_empty());
    }
}

#[test]
fn working_days_follow_the_notice_and_a_missing_year_has_no_answer() {
    let holidays = Seeds::builtin().holidays;
    for (day, expected) in [
        ("2026-02-13", Some(true)),
        ("2026-02-14", Some(true)),
        ("2026-02-15", Some(false)),
        ("2026-02-23", Some(false)),
        ("2026-02-24", Some(true)),
        ("2026-03-01", Some(false)),
        ("2025-01-26", Some(true)),
        ("2025-10-08", Some(false)),
        ("2024-02-09", Some(true)),
        ("2024-12-31", Some(true)),
        ("2019-05-15", None),
        ("2099-01-01", None),
    ] {
        assert_eq!(holidays.is_working_day(&Day::parse(day).unwrap()), expected, "{day}");
    }
}

#[test]
fn another_city_brings_only_its_tree() {
    let tree =
        r#"[{"id":"210100","from":"0001-01-01","code":"210100","name":"沈阳市","level":"municipal","parent":null}]"#;
    let seeds = Seeds::parse(&BTreeMap::from([(DIVISIONS.to_owned(), tree.to_owned())])).unwrap();
    assert_eq!((seeds.divisions.len(), seeds.routing.domains.len()), (1, 26));
}

#[test]
fn a_city_s_own_titles_go_into_its_table_and_the_program_s_do_not() {
    assert!(Seeds::builtin().routing.laws.is_empty());
    let titles = r#"[{"title":"某市河道条例","kind":"rule","doc_no":"某政发〔2026〕3号"}]"#;
    let repealed = r#"[{"title":"某市养犬规定","from":"2025-01-01","by":"某市养犬条例"}]"#;
    let files =
        BTreeMap::from([(LAW_TITLES.to_owned(), titles.to_owned()), (REPEALED.to_owned(), repealed.to_owned())]);
    let laws = Seeds::parse(&files).unwrap().routing.laws;
    assert_eq!(laws.iter().map(|law| law.title.as_str()).collect::<Vec<_>>(), ["某市养犬规定", "某市河道条例"]);
    assert_eq!(laws[0].repealed_from.as_ref().map(ToString::to_string).as_deref(), Some("2025-01-01"));
}

#[test]
fn a_repealed_title_is_said_to_be_from_its_day_on() {
    let seeds = Seeds::builtin();
    let on = |day: &str| seeds.law_state("《合同法》", &Day::parse(day).unwrap());
    assert!(!matches!(on("2020-12-31"), LawState::Expired { .. }));
    let LawState::Expired { by } = on("2021-01-01") else { unreachable!("repealed by then") };
    assert!(by.contains("2021-01-01") && by.contains("民法典"), "{by}");
}
