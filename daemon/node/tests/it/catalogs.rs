//! The catalog calls around the main job: forms of export, named columns, findings overruled, editions checked.

use gongkai_proto::admin::v1::{
    CheckCatalogRequest, CheckEditionRequest, ExportCatalogRequest, ImportCatalogRequest, LawRow, ListWaiversRequest,
    MappingsRequest, PutLawRequest, RecallWaiverRequest, ShowCatalogRequest, SubmitCatalogRequest, TemplateRequest,
    WaiveRequest,
};

use crate::harness::{Node, caught_up, city, code, sample};

const CATALOG: &str = "211200/ecological-environment";

/// A table with a column of an office's own, and a citizen's number in its first item.
const TABLE: &str = "生态环境领域基层政务公开标准目录\n\
    序号;公开事项;公开内容;公开依据;公开时限;牵头科局;公开渠道和载体;公开对象;公开方式;公开层级;备注\n\
    1;环评审批;负责人11010519491231002X;《中华人民共和国环境保护法》;及时公开;铁岭市生态环境局;政府网站;全社会;主动公开;市级;首件\n";

fn table(dry_run: bool) -> ImportCatalogRequest {
    ImportCatalogRequest {
        content: TABLE.as_bytes().to_vec(),
        file_name: "环保.csv".to_owned(),
        map: vec!["牵头科局=subject".to_owned()],
        reason: "按新模板".to_owned(),
        dry_run,
        ..ImportCatalogRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_export_holds_the_items_and_their_extra_columns() {
    let city = city().await;
    city.catalogs().import(table(false)).await.unwrap();
    let shown = ShowCatalogRequest { catalog: CATALOG.to_owned(), ..ShowCatalogRequest::default() };
    let shown = city.catalogs().show(shown).await.unwrap().into_inner();
    assert_eq!(shown.items[0].extra["备注"], "首件");
    for format in ["xlsx", "csv", "json"] {
        let request =
            ExportCatalogRequest { catalog: CATALOG.to_owned(), format: format.to_owned(), ..Default::default() };
        let exported = city.catalogs().export(request).await.unwrap().into_inner();
        assert!(exported.file_name.ends_with(&format!(".{format}")), "{}", exported.file_name);
        if format == "json" {
            let document: serde_json::Value = serde_json::from_slice(&exported.content).unwrap();
            assert_eq!(document["catalogs"][0]["items"][0]["item_id"], shown.items[0].item_id.as_str());
        } else {
            let again = city.import(&exported.content, &exported.file_name).await;
            assert!(!again.revisions[0].is_new, "{format} reads back to the same items");
        }
    }
    let odd = ExportCatalogRequest { catalog: CATALOG.to_owned(), format: "doc".to_owned(), ..Default::default() };
    assert!(!code(&city.catalogs().export(odd).await.unwrap_err()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_compares_and_named_columns_are_listed_and_forgotten() {
    let city = city().await;
    let dry = city.catalogs().import(table(true)).await.unwrap().into_inner();
    assert_eq!((dry.encoding.as_str(), dry.delimiter.as_str()), ("utf-8", "semicolon"));
    let row = &dry.revisions[0].rows[0];
    assert_eq!((row.change.as_str(), row.name.as_str(), row.row, row.item_id.as_str()), ("added", "环评审批", 3, ""));
    let mappings = |remove: Vec<String>| MappingsRequest { remove, ..MappingsRequest::default() };
    assert!(city.catalogs().mappings(mappings(Vec::new())).await.unwrap().into_inner().mappings.is_empty());
    city.catalogs().import(table(false)).await.unwrap();
    let kept = city.catalogs().mappings(mappings(Vec::new())).await.unwrap().into_inner();
    assert_eq!((kept.mappings[0].header.as_str(), kept.mappings[0].field.as_str()), ("牵头科局", "subject"));
    assert!(kept.fields.iter().any(|field| field == "responsible_dept"));
    let gone = city.catalogs().mappings(mappings(vec!["牵头科局".to_owned()])).await.unwrap().into_inner();
    assert!(gone.mappings.is_empty());
    let form = TemplateRequest { domain: "ecological-environment".to_owned(), ..TemplateRequest::default() };
    let form = city.catalogs().template(form).await.unwrap().into_inner();
    assert!(form.content.starts_with(b"PK") && form.file_name.contains("铁岭市"), "{}", form.file_name);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_is_overruled_with_a_reason_listed_and_taken_back() {
    let city = city().await;
    city.catalogs().import(table(false)).await.unwrap();
    let check = CheckCatalogRequest { catalog: CATALOG.to_owned(), ..CheckCatalogRequest::default() };
    let found = city.catalogs().check(check.clone()).await.unwrap().into_inner();
    let finding = found.findings.iter().find(|finding| finding.rule == "private-citizen-id").unwrap();
    assert!(!found.is_complete && finding.is_waivable && !finding.message.contains("19491231"));
    assert_eq!(finding.cell, "csv!C3", "where the clerk finds it in his file");
    let submit = SubmitCatalogRequest { catalog: CATALOG.to_owned(), ..SubmitCatalogRequest::default() };
    assert_eq!(code(&city.catalogs().submit(submit.clone()).await.unwrap_err()), "GK-CHECK-041");
    let waive = WaiveRequest {
        catalog: CATALOG.to_owned(),
        rule: finding.code.clone(),
        item: "1".to_owned(),
        reason: "法定公示".to_owned(),
        ..WaiveRequest::default()
    };
    let file = CheckCatalogRequest { content: TABLE.into(), file_name: "环保.csv".to_owned(), ..Default::default() };
    let read = city.catalogs().check(file.clone()).await.unwrap().into_inner();
    let person = read.findings.iter().find(|finding| finding.rule == "private-citizen-id").unwrap();
    assert_eq!((person.cell.as_str(), person.item_id.as_str(), read.is_of_node), ("csv!C3", "", true));
    assert!(read.reading.is_empty(), "the column that was named is known: {:?}", read.reading);
    let waived = city.catalogs().waive(waive.clone()).await.unwrap().into_inner();
    assert_eq!((waived.findings, waived.unchanged), (1, false));
    assert!(city.catalogs().waive(waive).await.unwrap().into_inner().unchanged);
    let checked = city.catalogs().check(check).await.unwrap().into_inner();
    assert_eq!((checked.is_complete, checked.waived, checked.findings[0].waived.as_str()), (true, 1, "法定公示"));
    let read = city.catalogs().check(file).await.unwrap().into_inner();
    assert_eq!((read.is_complete, read.waived), (true, 1), "the same row in a file is waived as well");
    city.catalogs().submit(submit).await.unwrap();
    let listed = ListWaiversRequest { catalog: CATALOG.to_owned() };
    let listed = city.catalogs().list_waivers(listed).await.unwrap().into_inner();
    assert_eq!((listed.waivers.len(), listed.waivers[0].reason.as_str()), (1, "法定公示"));
    let recall = RecallWaiverRequest {
        catalog: CATALOG.to_owned(),
        waiver: listed.waivers[0].waiver.clone(),
        reason: "有误".to_owned(),
    };
    assert!(city.catalogs().recall_waiver(recall).await.unwrap().into_inner().waivers.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_is_checked_before_it_is_made() {
    let city = city().await;
    let file = sample("211200-ecological-environment.xlsx");
    city.import(file.bytes, &file.file).await;
    let nothing = city.editions().check(CheckEditionRequest {}).await.unwrap().into_inner();
    assert_eq!((nothing.catalogs.len(), nothing.blocked), (0, 0), "only approved catalogs are checked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_the_file_has_not_is_named_and_not_kept() {
    let city = city().await;
    let slip = ImportCatalogRequest {
        map: vec!["牵头科局=subject".into(), "牵头科室=subject".into()], ..table(false)
    };
    let imported = city.catalogs().import(slip).await.unwrap().into_inner();
    let unmet = imported.warnings.iter().find(|warning| warning.code == "mapping-unmet").unwrap();
    assert!(unmet.message.contains("`牵头科室`"), "{}", unmet.message);
    let kept = city.catalogs().mappings(MappingsRequest::default()).await.unwrap().into_inner();
    assert_eq!(kept.mappings.iter().map(|kept| kept.header.as_str()).collect::<Vec<_>>(), ["牵头科局"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_that_the_top_node_puts_on_its_list_is_known_below_until_it_is_repealed() {
    let city = city().await;
    let county = city.child("211221").await;
    caught_up(&county).await;
    let table = TABLE.replace("中华人民共和国环境保护法", "铁岭县河道条例");
    import_table(&county, &table).await;
    let catalog = "211221/ecological-environment";
    let law = |repealed_from: &str| PutLawRequest {
        law: Some(LawRow {
            title: "《铁岭县河道保护管理条例》".to_owned(),
            also: vec!["铁岭县河道条例".to_owned()],
            repealed_from: repealed_from.to_owned(),
            replaced_by: "铁岭县水资源条例".to_owned(),
            ..LawRow::default()
        }),
        ..PutLawRequest::default()
    };
    assert!(rules(&county, catalog).await.contains(&"law-unknown".to_owned()));
    let below = county.routing().put_law(law("")).await.unwrap_err();
    assert!(!code(&below).is_empty(), "only the top node keeps the list");
    let changed = city.routing().put_law(law("")).await.unwrap().into_inner();
    assert_eq!(changed.laws[0].title, "铁岭县河道保护管理条例");
    caught_up(&county).await;
    assert!(!rules(&county, catalog).await.iter().any(|rule| rule.starts_with("law-")));
    // Imports complete the short form from then on.
    import_table(&county, &table).await;
    let show = ShowCatalogRequest { catalog: catalog.to_owned(), ..ShowCatalogRequest::default() };
    let shown = county.catalogs().show(show).await.unwrap().into_inner();
    assert_eq!(shown.items[0].basis[0].title, "铁岭县河道保护管理条例");
    city.routing().put_law(law("2020-01-01")).await.unwrap();
    caught_up(&county).await;
    let found = rules(&county, catalog).await;
    assert!(found.contains(&"law-expired".to_owned()), "{found:?}");
}

async fn import_table(node: &Node, table: &str) {
    let request = ImportCatalogRequest {
        content: table.as_bytes().to_vec(),
        file_name: "环保.csv".to_owned(),
        map: vec!["牵头科局=subject".to_owned()],
        ..ImportCatalogRequest::default()
    };
    node.catalogs().import(request).await.unwrap();
}

async fn rules(node: &Node, catalog: &str) -> Vec<String> {
    let check = CheckCatalogRequest { catalog: catalog.to_owned(), ..CheckCatalogRequest::default() };
    let found = node.catalogs().check(check).await.unwrap().into_inner().findings;
    found.into_iter().map(|finding| finding.rule).collect()
}
