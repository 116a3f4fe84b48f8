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

#[test]
fn the_chain_that_says_most_counts_and_silence_is_still_a_review() {
    let mut table = table();
    let levels = |table: &RoutingTable, domain: &str, level: &str| -> Vec<u32> {
        table.review_steps(&slug(domain), level).iter().map(|step| step.levels_up).collect()
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
    let reviewer = |levels_up| Step { levels_up, role: ROLE_COUNTERPART.to_owned() }.reviewer(&tree, &county);
    assert_eq!(reviewer(0), Reviewer::Division(county.clone()));
    assert_eq!(reviewer(1), Reviewer::Division(DivisionId::parse("211200").unwrap()));
    assert_eq!(reviewer(2), Reviewer::Outside);
    assert_eq!(reviewer(u32::MAX), Reviewer::Outside);
}

#[test]
fn a_table_that_contradicts_itself_is_refused() {
    type Spoil = fn(&mut RoutingTable);
    let rows: [(Spoil, &str); 9] = [
        (|t| t.domains.push(t.domains[0].clone()), "GK-DOMAIN-001"),
        (|t| t.departments.push(t.departments[0].clone()), "GK-DOMAIN-002"),
        (|t| t.domains[1].aliases.push("就 业".to_owned()), "GK-DOMAIN-003"),
        (|t| t.departments.clear(), "GK-DOMAIN-004"),
        (|t| t.domains[2].name.clear(), "GK-DOMAIN-005"),
        (|t| t.chains[2].domain = DomainSlug::parse("no-such").ok(), "GK-DOMAIN-006"),
        (|t| t.chains.push(t.chains[0].clone()), "GK-DOMAIN-007"),
        (|t| t.chains[0].steps.clear(), "GK-DOMAIN-008"),
        (|t| t.domains[0].aliases = vec!["x".to_owned(); ALIASES_MAX + 1], "GK-DOMAIN-009"),
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
