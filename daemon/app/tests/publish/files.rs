//! Importing files: what is told about them is kept, what they would change is shown, and much is asked twice.

use gongkai_app::{ImportQuestion, Imported, Result, Role, RowChange, WaiveQuestion};
use gongkai_journal::{
    kind::Kind,
    payload::{self, MappingPut},
};

use crate::bed::Bed;

/// A table whose body column has an office's own name.
fn table(rows: &[(&str, &str)]) -> Vec<u8> {
    let mut text = "生态环境领域基层政务公开标准目录\n序号;公开事项;公开内容;公开依据;公开时限;牵头科局;公开渠道和载体;公开对象;公开方式;公开层级\n".to_owned();
    for (index, (name, content)) in rows.iter().enumerate() {
        let serial = index + 1;
        text += &format!(
            "{serial};{name};{content};《中华人民共和国环境保护法》;及时公开;铁岭市生态环境局;政府网站;全社会;主动公开;市级\n"
        );
    }
    text.into_bytes()
}

async fn import(bed: &Bed, rows: &[(&str, &str)], change: impl FnOnce(&mut ImportQuestion)) -> Result<Imported> {
    let mut question =
        ImportQuestion { content: table(rows), file_name: "环保.csv".to_owned(), ..ImportQuestion::default() };
    change(&mut question);
    bed.app.import(&bed.operator("clerk", &[Role::Clerk]), question).await
}

fn named(question: &mut ImportQuestion) {
    question.map = vec!["牵头科局=subject".to_owned()];
    question.reason = "按新模板".to_owned();
}

#[tokio::test]
async fn a_column_named_once_is_read_so_in_later_imports_until_it_is_forgotten() {
    let bed = Bed::new().await;
    let clerk = bed.operator("clerk", &[Role::Clerk]);
    let dry = import(&bed, &[("环评", "报告书")], |question| {
        named(question);
        question.is_dry_run = true;
    });
    assert_eq!(dry.await.unwrap().report.tables[0].rows[0].item.subject, ["铁岭市生态环境局"]);
    assert!(bed.app.kept_mapping(None).await.unwrap().1.is_empty(), "a dry run keeps nothing");
    let imported = import(&bed, &[("环评", "报告书")], named).await.unwrap();
    assert_eq!((imported.report.encoding, imported.report.delimiter), (Some("utf-8"), Some("semicolon")));
    let again = import(&bed, &[("环评", "报告书、批复")], |_| {}).await.unwrap();
    assert_eq!(again.report.tables[0].rows[0].item.subject, ["铁岭市生态环境局"]);
    assert_eq!(again.mapping["牵头科局"], "subject");
    let history = bed.app.history(&imported.revisions[0].catalog).await.unwrap();
    assert_eq!(history[0].opinion, "按新模板");
    let slip = bed.app.forget_mapping(&clerk, None, "", &["牵头处室".to_owned()]).await.unwrap_err();
    assert_eq!(slip.code(), "GK-SHEET-026");
    bed.app.forget_mapping(&clerk, None, "", &["牵头科局".to_owned()]).await.unwrap();
    assert!(bed.app.kept_mapping(None).await.unwrap().1.is_empty());
    let forgotten = import(&bed, &[("环评", "报告书")], |_| {}).await.unwrap();
    assert!(forgotten.report.tables[0].rows[0].item.subject.is_empty(), "nobody says what the column is");
}

#[tokio::test]
async fn what_an_import_would_change_is_shown_row_by_row_and_many_removals_are_asked_twice() {
    let bed = Bed::new().await;
    let long = "建设项目环境影响报告书的受理、审批前公示和批复文件";
    let names: Vec<String> = (1..=9).map(|number| format!("事项{number}")).collect();
    let mut rows: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "名称、文号、全文")).collect();
    rows[0].1 = long;
    let first = import(&bed, &rows, named).await.unwrap();
    let catalog = first.revisions[0].catalog.clone();
    let next = [("环评审批", long), ("事项2", "另外的内容"), ("事项3", "名称、文号、全文"), ("新事项", "其他")];
    let dry = import(&bed, &next, |question| question.is_dry_run = true).await.unwrap();
    let made = &dry.revisions[0];
    let told: Vec<(RowChange, &str, &str)> =
        made.rows.iter().map(|row| (row.change, row.name.as_str(), row.name_before.as_str())).collect();
    assert_eq!(
        told[..4],
        [
            (RowChange::Renamed, "环评审批", "事项1"),
            (RowChange::Changed, "事项2", ""),
            (RowChange::Unchanged, "事项3", ""),
            (RowChange::Added, "新事项", ""),
        ]
    );
    assert_eq!(made.rows[1].fields, ["content"]);
    let gone: Vec<String> = (4..=9).map(|number| format!("事项{number}")).collect();
    assert_eq!(told[4..], gone.iter().map(|name| (RowChange::Removed, name.as_str(), "")).collect::<Vec<_>>());
    assert!(made.needs_confirmation && made.matched.removed.len() == 6);
    let refused = import(&bed, &next, |_| {}).await.err().unwrap();
    assert_eq!(refused.code(), "GK-APP-008");
    assert_eq!(bed.app.load_known(&catalog).await.unwrap().working().unwrap().items.len(), 9, "nothing was kept");
    let kept = import(&bed, &next, |question| question.confirms_removals = true).await.unwrap();
    assert_eq!(kept.revisions[0].matched.items.len(), 4);
    assert!(!import(&bed, &next, |_| {}).await.unwrap().revisions[0].is_new, "the same file again changes nothing");
}

/// The items that are said to be read otherwise.
fn reread(imported: &Imported) -> Vec<&str> {
    let warnings = imported.report.warnings.iter().filter(|warning| warning.code == "reader-changed");
    warnings.map(|warning| warning.message.split('`').nth(1).unwrap_or_default()).collect()
}

#[tokio::test]
async fn an_item_that_only_the_reading_changes_is_named_before_its_approval_lapses() {
    let bed = Bed::new().await;
    let clerk = bed.operator("clerk", &[Role::Clerk]);
    let rows = [("环评", "报告书"), ("排污许可", "名单")];
    import(&bed, &rows, named).await.unwrap();
    bed.app.forget_mapping(&clerk, None, "", &["牵头科局".to_owned()]).await.unwrap();
    // The same file: nobody but the reader changed anything, in a dry run and in the import itself.
    let dry = import(&bed, &rows, |question| question.is_dry_run = true).await.unwrap();
    assert_eq!(reread(&dry), ["环评: extra, subject", "排污许可: extra, subject"]);
    // In another file the cells of one item say what they said; the other's content is the office's own change.
    let other = [("新增事项", "目录"), ("环评", "报告书"), ("排污许可", "名单和期限")];
    let moved = import(&bed, &other, |question| question.is_dry_run = true).await.unwrap();
    assert_eq!(reread(&moved), ["环评: extra, subject"], "a row more above it changes nothing in it");
    let kept = import(&bed, &[rows[0], ("排污许可", "名单和期限")], |_| {}).await.unwrap();
    assert_eq!(reread(&kept), ["环评: extra, subject"]);
    assert_eq!(reread(&import(&bed, &rows, |_| {}).await.unwrap()), Vec::<&str>::new(), "the office changed it back");
}

#[tokio::test]
async fn what_an_item_takes_from_the_row_above_is_the_offices_change() {
    let bed = Bed::new().await;
    let with_limit = |limit: &str| {
        let text = String::from_utf8(table(&[("环评", "报告书"), ("排污许可", "名单")])).unwrap();
        text.replacen("及时公开", limit, 1).replacen("及时公开", "同上", 1).into_bytes()
    };
    let first = with_limit("20个工作日");
    import(&bed, &[], |question| question.content = first).await.unwrap();
    let next = with_limit("7个工作日");
    let changed = import(&bed, &[], |question| question.content = next).await.unwrap();
    assert_eq!((changed.revisions[0].matched.changed.len(), reread(&changed)), (2, Vec::new()));
}

/// The same table with the line that names its office.
fn of_office(office: &str) -> Vec<u8> {
    let text = String::from_utf8(table(&[("环评", "报告书")])).unwrap();
    text.replacen('\n', &format!("\n编制单位：{office}\n"), 1).into_bytes()
}

#[tokio::test]
async fn named_columns_are_kept_for_the_office_whose_file_it_was() {
    let bed = Bed::new().await;
    let office = |office: &str, field: &str| {
        let map = if field.is_empty() { Vec::new() } else { vec![format!("牵头科局={field}")] };
        let content = of_office(office);
        move |question: &mut ImportQuestion| (question.content, question.map) = (content, map)
    };
    // Named before offices were told apart: for all of them.
    import(&bed, &[("环评", "报告书")], named).await.unwrap();
    let own = import(&bed, &[], office("铁岭市教育局", "responsible_dept")).await.unwrap();
    assert_eq!(own.publisher, "铁岭市教育局");
    let item = |imported: &Imported| imported.report.tables[0].rows[0].item.clone();
    assert_eq!(
        item(&import(&bed, &[], office("铁岭市教育局", "")).await.unwrap()).responsible_dept,
        "铁岭市生态环境局"
    );
    assert_eq!(item(&import(&bed, &[], office("铁岭市水利局", "")).await.unwrap()).subject, ["铁岭市生态环境局"]);
    let told = |question: &mut ImportQuestion| question.publisher = "铁岭市 教育局".to_owned();
    assert_eq!(item(&import(&bed, &[("环评", "报告书")], told).await.unwrap()).responsible_dept, "铁岭市生态环境局");
    let kept = bed.app.kept_mapping(None).await.unwrap().1;
    let offices: Vec<_> =
        kept.iter().map(|kept| (kept.publisher.as_str(), kept.mapping["牵头科局"].as_str())).collect();
    assert_eq!(offices, [("", "subject"), ("铁岭市教育局", "responsible_dept")]);
    let clerk = bed.operator("clerk", &[Role::Clerk]);
    let header = ["牵头科局".to_owned()];
    let left = bed.app.forget_mapping(&clerk, None, "铁岭市教育局", &header).await.unwrap().1;
    assert_eq!(left.iter().map(|kept| kept.publisher.as_str()).collect::<Vec<_>>(), [""]);
    assert_eq!(item(&import(&bed, &[], office("铁岭市教育局", "")).await.unwrap()).subject, ["铁岭市生态环境局"]);
}

#[test]
fn a_save_from_before_offices_were_told_apart_holds_for_all_and_keeps_its_bytes() {
    let old = r#"{"version":1,"mapping":{"牵头科局":"subject"}}"#.as_bytes();
    let put: MappingPut = payload::decode(Kind::MappingPut.word(), old).unwrap();
    assert_eq!((put.publisher.as_str(), payload::encode(&put).as_slice()), ("", old));
}

#[tokio::test]
async fn a_domain_that_contradicts_the_file_is_refused_until_it_is_confirmed() {
    let bed = Bed::new().await;
    let told = |question: &mut ImportQuestion| {
        named(question);
        question.domain = Some("work-safety".to_owned());
    };
    let refused = import(&bed, &[("环评", "报告书")], told).await.unwrap_err();
    assert_eq!(refused.code(), "GK-APP-017");
    assert!(refused.to_string().contains("`ecological-environment`") && refused.to_string().contains("`work-safety`"));
    let dry = |question: &mut ImportQuestion| {
        told(question);
        question.is_dry_run = true;
    };
    let shown = import(&bed, &[("环评", "报告书")], dry).await.unwrap();
    assert!(shown.report.warnings.iter().any(|warning| warning.code == "domain-differs"));
    let meant = |question: &mut ImportQuestion| {
        told(question);
        question.confirms_domain = true;
    };
    let kept = import(&bed, &[("环评", "报告书")], meant).await.unwrap();
    assert_eq!(kept.revisions[0].catalog.to_string(), "211200/work-safety");
    let slip = |question: &mut ImportQuestion| question.domain = Some("work-savety".to_owned());
    assert_eq!(import(&bed, &[("环评", "报告书")], slip).await.unwrap_err().code(), "GK-ROUTE-023");
}

#[tokio::test]
async fn a_file_is_checked_as_the_catalog_that_it_would_become() {
    let bed = Bed::new().await;
    let rows = [("环评", "报告书"), ("处罚", "当事人11010519491231002X")];
    let kept = import(&bed, &rows, named).await.unwrap();
    let catalog = kept.revisions[0].catalog.clone();
    let question =
        || ImportQuestion { content: table(&rows), file_name: "环保.csv".to_owned(), ..Default::default() };
    let found = bed.app.check_file(question()).await.unwrap();
    let person = found.verdict.findings.iter().find(|finding| finding.rule.name() == "private-citizen-id").unwrap();
    assert_eq!((person.item.as_str(), found.verdict.may_submit()), ("csv!C4", false));
    let waive = WaiveQuestion {
        rule: person.rule.name().to_owned(),
        item: "2".to_owned(),
        reason: "法定公示".to_owned(),
        ..WaiveQuestion::default()
    };
    bed.app.waive(&bed.operator("clerk", &[Role::Clerk]), &catalog, waive).await.unwrap();
    assert!(bed.app.check_file(question()).await.unwrap().verdict.may_submit(), "the waiver counts for the same row");
    let changed = table(&[("环评", "报告书"), ("处罚", "当事人及决定11010519491231002X")]);
    let changed = ImportQuestion { content: changed, ..question() };
    assert!(!bed.app.check_file(changed).await.unwrap().verdict.may_submit(), "and ends with its change");
}

#[tokio::test]
async fn boxes_that_only_look_otherwise_are_no_change() {
    let bed = Bed::new().await;
    let with_channels = |channels: &str| {
        let text = String::from_utf8(table(&[("环评", "报告书"), ("处罚", "决定书")])).unwrap();
        let content = text.replace("政府网站", channels).into_bytes();
        move |question: &mut ImportQuestion| {
            named(question);
            question.content = content;
        }
    };
    import(&bed, &[], with_channels("R政府网站 £政府公报")).await.unwrap();
    let official = import(&bed, &[], with_channels("■政府网站 □政府公报")).await.unwrap();
    assert!(!official.revisions[0].is_new, "R and ■ are one tick");
    assert_eq!(official.revisions[0].matched.unchanged.len(), 2);
    let reworded = import(&bed, &[], with_channels("■市政府网站 □政府公报")).await.unwrap();
    assert!(reworded.revisions[0].is_new && reworded.revisions[0].matched.changed.len() == 2, "a letter more is one");
}
