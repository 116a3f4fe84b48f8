//! What a person told about a file: columns by name, full titles of laws.

use std::collections::BTreeMap;

use gongkai_sheets::{Mapping, Report, Told, ToldDomain, publisher_key, read_told};

use super::books::{GROUPS, LEAVES, Page, SEEDS, TITLE, book, codes, item, list, reading, rows, texts};

fn mapping(told: &[&str]) -> Mapping {
    Mapping::parse(told.iter().copied(), &SEEDS.vocabulary).unwrap()
}

fn read(page: Page, told: &Told<'_>) -> Report {
    read_told(&book(&[page]), "file.xlsx", &reading("county"), told).unwrap()
}

/// An official sheet in which a publisher's own words stand over some columns.
fn own_words(changes: &[(usize, &'static str)], leaves: &[(usize, &'static str)]) -> Page {
    let mut page = Page::official(vec![item(&[(11, "√"), (10, "")])]);
    let mut groups = texts(&GROUPS);
    let mut below = texts(&LEAVES);
    changes.iter().for_each(|(column, text)| (*text).clone_into(&mut groups[*column]));
    leaves.iter().for_each(|(column, text)| (*text).clone_into(&mut below[*column]));
    page.rows[1] = groups;
    page.rows[2] = below;
    page
}

#[test]
fn a_column_that_was_named_once_is_read_as_told() {
    let page = || own_words(&[(6, "牵头科局"), (5, "完成时间")], &[(12, "旗")]);
    let guessed = read(page(), &Told::default());
    assert!(guessed.tables[0].rows[0].item.subject.is_empty() || !codes(&guessed).is_empty(), "it cannot be known");
    let mapping = mapping(&["牵头科局=subject", "完成时间=time_limit_text", "旗=levels:county"]);
    let report = read(page(), &Told { mapping: &mapping, ..Told::default() });
    let item = &rows(&report)[0].item;
    assert_eq!((item.subject[0].as_str(), item.time_limit_text.as_str()), ("铁岭县民政局", "及时公开"));
    assert_eq!((list(&item.levels), item.disclosure_mode.as_str()), (vec!["county"], "on-request"));
    assert_eq!(report.warnings, []);
}

#[test]
fn what_was_told_counts_more_than_the_words_of_the_form() {
    let mapping = mapping(&["公开主体=responsible_dept", "公开时限=extra"]);
    let report = read(own_words(&[], &[]), &Told { mapping: &mapping, ..Told::default() });
    let item = &rows(&report)[0].item;
    assert_eq!((item.responsible_dept.as_str(), item.subject.len()), ("铁岭县民政局", 0));
    assert_eq!((item.extra["公开时限"].as_str(), item.time_limit_text.as_str()), ("及时公开", ""));
}

#[test]
fn a_header_that_is_not_recognised_at_all_can_be_named() {
    let rows_of = || {
        let header = ["编码", "办事事项", "要点", "渠道名称"];
        vec![texts(&[TITLE]), texts(&header), texts(&["1", "低保申请", "条件", "政府网站"])]
    };
    let bytes = book(&[Page::of(rows_of())]);
    assert!(read_told(&bytes, "f", &reading("county"), &Told::default()).is_err());
    let mapping = mapping(&["办事事项=name", "要点=content", "渠道名称=channels", "编码=serial"]);
    let report = read(Page::of(rows_of()), &Told { mapping: &mapping, ..Told::default() });
    let row = rows(&report)[0];
    assert_eq!((row.serial.as_str(), row.item.level2.as_str(), row.item.content.as_str()), ("1", "低保申请", "条件"));
    assert_eq!(list(&row.item.channels), ["gov-website"]);
}

#[test]
fn a_slip_in_a_mapping_is_named_but_a_kept_one_may_be_idle() {
    let told = mapping(&["牵头科居=subject"]);
    let report = read(own_words(&[], &[]), &Told { mapping: &told, ..Told::default() });
    assert_eq!(codes(&report), ["mapping-unmet"]);
    let kept = BTreeMap::from([("牵头科局".to_owned(), "subject".to_owned())]);
    let kept = Mapping::default().with_kept(&kept, &SEEDS.vocabulary).unwrap();
    assert_eq!(codes(&read(own_words(&[], &[]), &Told { mapping: &kept, ..Told::default() })), [""; 0]);
}

#[test]
fn a_short_title_becomes_the_full_one_and_stays_as_printed() {
    let full = |title: &str| SEEDS.laws.find(title).map(|law| law.title.clone());
    let page = Page::official(vec![item(&[(4, "《信息公开条例》(国令第711号)第五条\n《体育app条例》")])]);
    let report = read(page, &Told { law_title: Some(&full), ..Told::default() });
    let basis = &rows(&report)[0].item.basis;
    assert_eq!(basis[0].title, "中华人民共和国政府信息公开条例");
    assert_eq!(basis[0].raw, "《信息公开条例》(国令第711号)第五条");
    assert_eq!(basis[1].title, "体育app条例");
}

#[test]
fn a_domain_that_was_told_fills_what_the_file_leaves_open_and_is_weighed_where_it_does_not() {
    let read = |title: &'static str, slug: &'static str, is_meant: bool| {
        let mut page = Page::official(vec![item(&[])]);
        page.rows[0][0] = title.to_owned();
        let domain = (!slug.is_empty()).then_some(ToldDomain { slug, is_meant });
        read(page, &Told { domain, ..Told::default() })
    };
    const NAMELESS: &str = "基层政务公开标准目录";
    for (title, told, is_meant, domain, warned) in [
        (NAMELESS, "", false, None, vec!["domain-unknown"]),
        (NAMELESS, "work-safety", false, Some("work-safety"), vec![]),
        (TITLE, "social-assistance", false, Some("social-assistance"), vec![]),
        (TITLE, "work-safety", false, Some("social-assistance"), vec!["domain-differs"]),
        (TITLE, "work-safety", true, Some("work-safety"), vec!["domain-overruled"]),
    ] {
        let report = read(title, told, is_meant);
        assert_eq!((report.tables[0].domain.as_deref(), codes(&report)), (domain, warned), "{title} {told}");
    }
    let differs = read(TITLE, "work-safety", false);
    let message = &differs.warnings[0].message;
    assert!(message.contains("`social-assistance ≠ work-safety`") && message.contains("--confirm-domain"), "{message}");
}

#[test]
fn a_domain_told_for_the_sheet_without_a_title_is_no_word_against_the_others() {
    let mut nameless = Page::official(vec![item(&[])]).named("甲");
    nameless.rows[0][0] = "基层政务公开标准目录".to_owned();
    let bytes = book(&[Page::official(vec![item(&[])]).named("乙"), nameless]);
    let domain = Some(ToldDomain { slug: "work-safety", is_meant: false });
    let report = read_told(&bytes, "f.xlsx", &reading("county"), &Told { domain, ..Told::default() }).unwrap();
    let domains: Vec<_> = report.tables.iter().map(|table| table.domain.as_deref().unwrap()).collect();
    assert_eq!((domains, codes(&report)), (vec!["social-assistance", "work-safety"], vec![]));
}

#[test]
fn each_office_s_columns_are_read_as_it_means_them() {
    let page = |office: &str| {
        let mut page = own_words(&[(6, "科局")], &[]);
        page.merges.clear();
        page.rows.insert(1, texts(&[&format!("编制单位：{office}")]));
        page
    };
    let by_publisher = BTreeMap::from([
        (publisher_key("铁岭县民政局"), mapping(&["科局=subject"])),
        (publisher_key("铁岭县教育局"), mapping(&["科局=responsible_dept"])),
    ]);
    let told = |publisher| Told { by_publisher: &by_publisher, publisher, ..Told::default() };
    let civil = read(page("铁岭县 民政局"), &told(""));
    assert_eq!(
        (rows(&civil)[0].item.subject[0].as_str(), civil.tables[0].publisher.as_str()),
        ("铁岭县民政局", "铁岭县民政局")
    );
    let school = read(page("铁岭县教育局"), &told(""));
    assert_eq!(rows(&school)[0].item.responsible_dept, "铁岭县民政局");
    let named = read(page("铁岭县民政局"), &told("铁岭县教育局"));
    assert_eq!(rows(&named)[0].item.responsible_dept, "铁岭县民政局", "what a person says of the office counts");
    let other = read(page("铁岭县水利局"), &told(""));
    assert_eq!(rows(&other)[0].item.responsible_dept, "", "nobody told of this office");
}
