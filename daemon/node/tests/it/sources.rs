//! The cells that items were imported from: kept beside the items at the owner's node, and nowhere else.

use gongkai_proto::admin::v1::{AuditLogRequest, ImportCatalogRequest, Item, ShowCatalogRequest, SubmitCatalogRequest};

use crate::harness::{Node, caught_up, city, code};

const CATALOG: &str = "211221/social-assistance";

/// A complete row, one with 同上 and a column of the office's own, and one with hardly anything in it.
const TABLE: &str = "社会救助领域基层政务公开标准目录\n\
    序号,一级事项,二级事项,公开内容(要素),公开依据,公开时限,公开主体,公开渠道和载体,公开对象,公开方式,公开层级,联系窗口\n\
    1,综合业务,政策 法规,有关规定,《社会救助暂行办法》,20个工作日内,铁岭县民政局,■政府网站□政府公报,全社会,主动,县级,一号窗口\n\
    2,综合业务,监督检查,举报电话,同上,同上,同上,同上,全社会,主动,县级,二号窗口\n\
    3,综合业务,通知公告,,,,,,,,,三号窗口\n";

async fn import(node: &Node, table: &str, file_name: &str) -> bool {
    let request = ImportCatalogRequest {
        content: table.as_bytes().to_vec(),
        file_name: file_name.to_owned(),
        ..ImportCatalogRequest::default()
    };
    node.catalogs().import(request).await.unwrap().into_inner().revisions[0].is_new
}

async fn item(node: &Node, name: &str) -> Item {
    let request =
        ShowCatalogRequest { catalog: CATALOG.to_owned(), item: name.to_owned(), ..ShowCatalogRequest::default() };
    let mut shown = node.catalogs().show(request).await.unwrap().into_inner();
    assert_eq!(shown.items.len(), 1, "{name}");
    shown.items.remove(0)
}

async fn kept(node: &Node) -> usize {
    let log = AuditLogRequest { kind: "item.source".to_owned(), ..AuditLogRequest::default() };
    node.audit().log(log).await.unwrap().into_inner().entries.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cell_is_kept_beside_its_item_over_a_restart_and_a_submission_and_goes_nowhere() {
    let city = city().await;
    let mut county = city.child("211221").await;
    caught_up(&county).await;
    assert!(import(&county, TABLE, "救助.csv").await);
    county.stop().await;
    county.start().await;
    let second = item(&county, "监督检查").await;
    let source = second.source.clone().unwrap();
    let said = |cell: &str| source.raw.get(cell).map(String::as_str);
    assert_eq!((source.file.as_str(), source.row, source.is_changed_since), ("救助.csv", 4, false));
    assert_eq!((said("F4"), source.elements["F"].as_str()), (Some("同上"), "time_limit_text"));
    assert_eq!((second.time_limit_text.as_str(), said("L4")), ("20个工作日内", Some("二号窗口")));
    assert_eq!((source.elements["L"].as_str(), said("G4")), ("extra.联系窗口", Some("同上")));
    // What was read without a question is kept as well, and what an item with errors said.
    let first = item(&county, "政策法规").await.source.unwrap();
    assert_eq!((first.raw["C3"].as_str(), first.raw["D3"].as_str()), ("政策 法规", "有关规定"));
    let third = item(&county, "3").await;
    assert!(!third.errors.is_empty());
    assert_eq!(third.source.unwrap().raw.into_values().collect::<Vec<_>>(), ["3", "综合业务", "通知公告", "三号窗口"]);
    // A list names the places only.
    let request = ShowCatalogRequest { catalog: CATALOG.to_owned(), ..ShowCatalogRequest::default() };
    let listed = county.catalogs().show(request.clone()).await.unwrap().into_inner();
    assert!(listed.items.iter().all(|item| item.source.as_ref().is_some_and(|s| s.row > 0 && s.raw.is_empty())));

    let complete = TABLE.lines().take(4).collect::<Vec<_>>().join("\n");
    assert!(import(&county, &complete, "救助.csv").await);
    let submit = SubmitCatalogRequest { catalog: CATALOG.to_owned(), ..SubmitCatalogRequest::default() };
    county.catalogs().submit(submit).await.unwrap();
    caught_up(&county).await;
    assert_eq!(item(&county, "监督检查").await.source, Some(source));
    let above = city.until_state(CATALOG, "in-review").await;
    assert_eq!(above.items, 2);
    assert_eq!((item(&city, "监督检查").await.source, kept(&city).await), (None, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_rows_again_keep_no_cell_twice_and_a_moved_row_keeps_its_new_place() {
    let city = city().await;
    let county = city.child("211221").await;
    caught_up(&county).await;
    import(&county, TABLE, "救助.csv").await;
    let once = kept(&county).await;
    assert_eq!(once, 1);
    assert!(!import(&county, TABLE, "救助.csv").await);
    assert_eq!(kept(&county).await, once, "the same file keeps nothing");
    // A line more above the table: the same items from other cells.
    assert!(!import(&county, &format!("附件1\n{TABLE}"), "救助.csv").await);
    assert_eq!(kept(&county).await, once + 1);
    assert!(item(&county, "监督检查").await.source.unwrap().raw.contains_key("F5"));
    // Another limit: the cells say what the item says now.
    assert!(import(&county, &TABLE.replace("20个", "15个"), "救助.csv").await);
    let source = item(&county, "政策法规").await.source.unwrap();
    assert_eq!((source.raw["F3"].as_str(), source.is_changed_since), ("15个工作日内", false));
    let unknown =
        ShowCatalogRequest { catalog: CATALOG.to_owned(), item: "没有".to_owned(), ..ShowCatalogRequest::default() };
    assert!(!code(&county.catalogs().show(unknown).await.unwrap_err()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_endless_cells_is_kept_as_far_as_an_entry_takes_it() {
    let city = city().await;
    let county = city.child("211221").await;
    caught_up(&county).await;
    // Lines that repeat are one in the item, and every cell of them is a cell.
    let long = "全".repeat(30_000);
    let lines = format!("一号窗口\n{}", format!(",,,{long},,,,,,,,\n").repeat(4));
    assert!(import(&county, &TABLE.replace("一号窗口\n", &lines), "长.csv").await);
    let source = item(&county, "政策法规").await.source.unwrap();
    assert!(source.is_cut);
    assert_eq!((source.raw["D3"].as_str(), source.raw["D4"].as_str()), ("有关规定", long.as_str()));
    assert!(source.raw["D6"].ends_with('…') && source.raw["D6"].len() < long.len());
    assert_eq!(source.raw["D7"], "…");
    assert!(!item(&county, "监督检查").await.source.unwrap().is_cut);
}
