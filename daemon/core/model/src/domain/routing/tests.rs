//! Claims about routing tables.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use super::*;

fn table() -> RoutingTable {
    serde_json::from_str(
        r#"{"domains": [
              {"slug": "employment", "name": "就业", "aliases": ["就业创业"],
               "departments": [{"from": "0001-01-01", "department": "dept-hrss"}]},
              {"slug": "urban-rural-planning", "name": "城乡规划", "aliases": ["国土空间规划"]},
              {"slug": "land", "name": "农村集体土地征收", "aliases": ["征地补偿"]},
              {"slug": "housing", "name": "国有土地上房屋征收与补偿", "aliases": ["国有土地上房屋征收", "房屋征收"]},
              {"slug": "affordable-housing", "name": "保障性住房", "aliases": ["住房保障"]},
              {"slug": "rural-dilapidated-housing", "name": "农村危房改造"},
              {"slug": "relief", "name": "救灾"},
              {"slug": "poverty-alleviation", "name": "扶贫", "aliases": ["乡村振兴"],
               "departments": [{"from": "2021-06-01", "department": "dept-revitalisation"},
                               {"from": "0001-01-01", "department": "dept-poverty"}]}],
            "departments": [
              {"slug": "dept-hrss", "name": "市人社局", "base_name": "人社局"},
              {"slug": "dept-poverty", "name": "市扶贫办", "base_name": "扶贫办"},
              {"slug": "dept-revitalisation", "name": "市乡村振兴局", "base_name": "乡村振兴局"}],
            "chains": [
              {"steps": [{"levels_up": 1, "role": "counterpart"}]},
              {"owner_level": "county", "steps": [{"levels_up": 0, "role": "lead-office"}, {"levels_up": 1, "role": "counterpart"}]},
              {"domain": "employment", "steps": [{"levels_up": 2, "role": "counterpart"}]}]}"#,
    )
    .unwrap()
}

fn slug(text: &str) -> DomainSlug {
    DomainSlug::parse(text).unwrap()
}

#[test]
fn a_title_names_its_domain_by_the_longest_name() {
    let table = table();
    for (title, expected) in [
        ("(十三)农村危房改造领域基层政务公开标准目录", Some("rural-dilapidated-housing")),
        ("就业创业领域基层政务公开标准目录", Some("employment")),
        ("（九）就 业领域", Some("employment")),
        ("国土空间规划", Some("urban-rural-planning")),
        ("国有土地上房屋征收与补偿领域", Some("housing")),
        ("附件2：征地补偿领域（试行）", Some("land")),
        ("铁岭县住房保障中心农村危房改造领域标准目录", Some("rural-dilapidated-housing")),
        ("乡村振兴领域", Some("poverty-alleviation")),
        ("Sheet1", None),
        ("", None),
    ] {
        assert_eq!(table.domain_in_title(title).one().map(|domain| domain.slug.as_str()), expected, "{title}");
    }
}

#[test]
fn a_title_with_two_domains_is_left_to_a_person() {
    let table = table();
    let TitleMatch::Several(domains) = table.domain_in_title("救灾、扶贫事项汇总") else {
        unreachable!("two domains stand in the title");
    };
    assert_eq!(
        domains.iter().map(|domain| domain.slug.as_str()).collect::<Vec<_>>(),
        ["relief", "poverty-alleviation"]
    );
}

#[test]
fn responsibility_changes_on_its_day() {
    let table = table();
    for (day, expected) in [("2021-05-31", "dept-poverty"), ("2021-06-01", "dept-revitalisation")] {
        let day = Day::parse(day).unwrap();
        let department = table.department_of(&slug("poverty-alleviation"), &day).unwrap();
        assert_eq!(department.slug.as_str(), expected);
        assert_eq!(table.domains_of(&department.slug, &day).count(), 1);
    }
    assert_eq!(table.department_of(&slug("relief"), &Day::parse("2024-01-01").unwrap()), None);
}

fn owner(id: &str, level: &str, kind: &str) -> Division {
    let json = format!(
        r#"{{"id":"{id}","from":"0001-01-01","code":"","name":"","level":"{level}","kind":"{kind}","parent":null}}"#
    );
    serde_json::from_str(&json).unwrap()
}

#[test]
fn the_chain_that_says_most_counts_and_silence_is_still_a_review() {
    let mut table = table();
    let levels = |table: &RoutingTable, domain: &str, level: &str| -> Vec<u32> {
        let owner = owner("211221", level, "");
        table.review_steps(&slug(domain), &owner).iter().map(|step| step.levels_up).collect()
    };
    assert_eq!(levels(&table, "relief", "township"), [1]);
    assert_eq!(levels(&table, "relief", "county"), [0, 1]);
    assert_eq!(levels(&table, "employment", "county"), [2]);
    table.chains.clear();
    assert_eq!(levels(&table, "relief", "county"), [1]);
}

#[test]
fn a_step_above_the_top_is_outside() {
    let division = |id: &str, parent: Option<&str>| -> crate::tree::Division {
        let parent = parent.map_or("null".to_owned(), |parent| format!("\"{parent}\""));
        let json = format!(r#"{{"id":"{id}","from":"0001-01-01","code":"","name":"","level":"","parent":{parent}}}"#);
        serde_json::from_str(&json).unwrap()
    };
    let records = [division("211200", None), division("211221", Some("211200"))];
    let tree = Tree::as_of(&records, &Day::earliest());
    let county = DivisionId::parse("211221").unwrap();
    let reviewer =
        |levels_up| Step { levels_up, role: ROLE_COUNTERPART.to_owned(), department: None }.reviewer(&tree, &county);
    assert_eq!(reviewer(0), Reviewer::Division(county.clone()));
    assert_eq!(reviewer(1), Reviewer::Division(DivisionId::parse("211200").unwrap()));
    assert_eq!(reviewer(2), Reviewer::Outside);
    assert_eq!(reviewer(u32::MAX), Reviewer::Outside);
}

#[test]
fn a_table_that_contradicts_itself_is_refused() {
    type Spoil = fn(&mut RoutingTable);
    let rows: [(Spoil, &str); 12] = [
        (|t| t.domains.push(t.domains[0].clone()), "GK-DOMAIN-001"),
        (|t| t.departments.push(t.departments[0].clone()), "GK-DOMAIN-002"),
        (|t| t.domains[1].aliases.push("就 业".to_owned()), "GK-DOMAIN-003"),
        (|t| t.departments.clear(), "GK-DOMAIN-004"),
        (|t| t.domains[2].name.clear(), "GK-DOMAIN-005"),
        (|t| t.chains[2].domain = DomainSlug::parse("no-such").ok(), "GK-DOMAIN-006"),
        (|t| t.chains.push(t.chains[0].clone()), "GK-DOMAIN-007"),
        (|t| t.chains[0].steps.clear(), "GK-DOMAIN-008"),
        (|t| t.domains[0].aliases = vec!["x".to_owned(); ALIASES_MAX + 1], "GK-DOMAIN-009"),
        (|t| t.chains[0].steps[0].levels_up = 0, "GK-ROUTE-020"),
        (|t| t.chains[0].steps[0].department = DepartmentSlug::parse("no-such").ok(), "GK-ROUTE-021"),
        (|t| t.pilots = [CatalogId::parse("211281/no-such").unwrap()].into(), "GK-ROUTE-022"),
    ];
    assert_eq!(table().check(), Ok(()));
    for (spoil, code) in rows {
        let mut table = table();
        spoil(&mut table);
        let error = table.check().unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(!error.hint().is_empty());
    }
}

#[test]
fn a_vertical_department_and_a_development_zone_have_chains_of_their_own() {
    let mut table = table();
    let step = |levels_up, department: Option<&str>| Step {
        levels_up,
        role: ROLE_COUNTERPART.to_owned(),
        department: department.map(|slug| DepartmentSlug::parse(slug).unwrap()),
    };
    let chain = |domain: Option<&str>, kind: Option<&str>, owner: Option<&str>, steps| Chain {
        domain: domain.map(slug),
        owner_level: None,
        owner_kind: kind.map(str::to_owned),
        owner: owner.map(|id| DivisionId::parse(id).unwrap()),
        steps,
    };
    for chain in [
        chain(Some("relief"), None, None, vec![step(2, Some("dept-hrss"))]),
        chain(None, Some("functional-area"), None, vec![step(2, None)]),
        chain(None, None, Some("211202402"), vec![step(1, None), step(2, None)]),
    ] {
        table = table.changed(TableChange::Chain(chain)).unwrap();
    }
    let zone = owner("211202401", "township", "functional-area");
    assert_eq!(table.review_steps(&slug("relief"), &zone), vec![step(2, Some("dept-hrss"))], "the domain says most");
    assert_eq!(table.review_steps(&slug("land"), &zone), vec![step(2, None)]);
    let named = owner("211202402", "township", "functional-area");
    assert_eq!(table.review_steps(&slug("land"), &named).len(), 2, "a rule for one owner goes before its kind's");
    let town = owner("211202001", "township", "subdistrict");
    assert_eq!(table.review_steps(&slug("land"), &town), vec![step(1, None)]);
}

#[test]
fn a_change_gives_a_whole_checked_table_or_a_refusal() {
    let table = table();
    let assign = |from: &str, department: &str| TableChange::Assign {
        domain: slug("employment"),
        assignment: crate::domain::Assignment {
            from: Day::parse(from).unwrap(),
            department: DepartmentSlug::parse(department).unwrap(),
        },
    };
    let later = table.changed(assign("2027-01-01", "dept-poverty")).unwrap();
    let on = |day: &str| later.department_of(&slug("employment"), &Day::parse(day).unwrap()).unwrap().slug.to_string();
    assert_eq!((on("2026-12-31"), on("2027-01-01")), ("dept-hrss".to_owned(), "dept-poverty".to_owned()));
    let code = |change: TableChange| later.changed(change).unwrap_err().code();
    assert_eq!(code(assign("2027-01-01", "dept-hrss")), "GK-ROUTE-024", "what is assigned stays");
    assert_eq!(code(assign("2027-01-01", "dept-poverty")), "GK-ROUTE-025");
    assert_eq!(code(assign("2028-01-01", "no-such")), "GK-DOMAIN-004");
    let names = |domain: &str| TableChange::Names { domain: slug(domain), aliases: vec!["就业帮扶".to_owned()] };
    assert_eq!(code(names("no-such")), "GK-ROUTE-023");
    let named = later.changed(names("employment")).unwrap();
    assert_eq!(named.domain_in_title("就业帮扶领域").one().map(|domain| domain.slug.as_str()), Some("employment"));
}

#[test]
fn a_law_is_found_under_all_of_its_names_and_two_never_share_one() {
    let law = |title: &str, also: &[&str]| {
        let also = also.iter().map(|name| (*name).to_owned()).collect();
        TableChange::Law(Box::new(Law { title: title.to_owned(), also, ..Law::default() }))
    };
    let table = table().changed(law("某市河道保护管理条例", &["河道条例"])).unwrap();
    let found = |table: &RoutingTable, title: &str| table.law_index().find(title).map(|law| law.doc_no.clone());
    assert_eq!(found(&table, "《河道 条例》"), Some(String::new()));
    assert_eq!(found(&table, "养犬条例"), None);
    let code = |change: TableChange| table.changed(change).unwrap_err().code();
    assert_eq!(code(law("某市水资源条例", &["河道条例"])), "GK-ROUTE-026");
    assert_eq!(code(law("《》", &[])), "GK-ROUTE-027");
    assert_eq!(code(law(&"长".repeat(300), &[])), "GK-ROUTE-027");
    assert_eq!(code(TableChange::DropLaw("养犬条例".to_owned())), "GK-ROUTE-025");
    let numbered =
        Law {
            title: "某市河道保护管理条例".to_owned(), doc_no: "某政发〔2026〕3号".to_owned(), ..Law::default()
        };
    let more = table.changed(TableChange::Law(Box::new(numbered))).unwrap();
    assert_eq!((more.laws.len(), found(&more, "某市河道保护管理条例").as_deref()), (1, Some("某政发〔2026〕3号")));
    assert!(more.changed(TableChange::DropLaw("《某市河道保护管理条例》".to_owned())).unwrap().laws.is_empty());
    let many = (0..=LAWS_MAX).map(|n| Law { title: format!("第{n}号办法"), ..Law::default() }).collect();
    assert_eq!(RoutingTable { laws: many, ..table.clone() }.check().unwrap_err().code(), "GK-ROUTE-027");
}
