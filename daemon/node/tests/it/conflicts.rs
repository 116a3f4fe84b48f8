//! Conflicts as people meet them, with real daemons: found, shown, settled, and the same at the other end.

use std::fs;

use gongkai_node::Restore;
use gongkai_proto::admin::v1::*;

use crate::harness::{COUNTY, Node, TOWN, caught_up, city, code, eventually, table};

const CATALOG: &str = "211221101/social-assistance";
const FILE: &str = "社会救助.csv";

fn manual(config: String) -> String {
    config.replace("[parent]", "[parent]\nmode = \"manual\"")
}

async fn import_on(node: &Node, base: &str, content: String) -> ImportedRevision {
    let request = ImportCatalogRequest {
        content: content.into_bytes(),
        file_name: FILE.to_owned(),
        division: TOWN.to_owned(),
        base: base.to_owned(),
        ..ImportCatalogRequest::default()
    };
    node.catalogs().import(request).await.unwrap().into_inner().revisions.remove(0)
}

async fn conflicts(node: &Node) -> Vec<ConflictRow> {
    node.conflicts().list(ListConflictsRequest::default()).await.unwrap().into_inner().conflicts
}

async fn resolve(node: &Node, request: ResolveConflictRequest) -> Result<ResolveConflictResponse, String> {
    node.conflicts().resolve(request).await.map(|done| done.into_inner()).map_err(|status| code(&status))
}

async fn working(node: &Node) -> ShowCatalogResponse {
    let request = ShowCatalogRequest { catalog: CATALOG.to_owned(), ..ShowCatalogRequest::default() };
    node.catalogs().show(request).await.unwrap().into_inner()
}

fn limits(shown: &ShowCatalogResponse) -> Vec<(&str, &str)> {
    shown.items.iter().map(|item| (item.level2.as_str(), item.time_limit_text.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clerks_on_one_base_meet_in_a_conflict_that_a_person_settles_element_by_element() {
    // The city keeps the catalogs of a township that has no node yet.
    let city = city().await;
    let first = import_on(&city, "", table(&[("低保", "20个工作日内"), ("特困", "及时公开")])).await;
    import_on(&city, "", table(&[("低保", "15个工作日内"), ("特困", "及时公开"), ("临时救助", "长期公开")])).await;
    let late = table(&[("低保", "7个工作日内"), ("特困", "每年1月31日前")]);
    assert!(import_on(&city, &first.revision, late.clone()).await.is_new);
    assert!(!import_on(&city, &first.revision, late).await.is_new, "the same file twice changes nothing");
    assert_eq!(working(&city).await.items.len(), 3, "the late table did not take the working draft's place");

    let found = conflicts(&city).await;
    let [conflict] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((conflict.kind.as_str(), conflict.open, conflict.is_mine), ("drafts", 1, true));
    assert_eq!(conflict.base, first.revision);
    let status = city.nodes().status(NodeStatusRequest {}).await.unwrap().into_inner();
    assert_eq!(status.conflicts, 1);
    let shown = ShowConflictRequest { id: conflict.id[..6].to_owned() };
    let shown = city.conflicts().show(shown).await.unwrap().into_inner();
    let open: Vec<&MergeRow> = shown.rows.iter().filter(|row| row.outcome == "open").collect();
    let [open] = open.as_slice() else { panic!("{:?}", shown.rows) };
    let texts = [&open.element, &open.base, &open.ours, &open.theirs].map(String::as_str);
    assert_eq!(texts, ["time_limit_text", "20个工作日内", "15个工作日内", "7个工作日内"]);

    let merge = ResolveConflictRequest { id: conflict.id.clone(), take: "merge".to_owned(), ..Default::default() };
    assert_eq!(resolve(&city, merge.clone()).await.unwrap_err(), "GK-CONFLICT-003");
    let choice = |element: &str, take: &str, text: &str| ConflictChoice {
        item: "低保".to_owned(),
        element: element.to_owned(),
        take: take.to_owned(),
        text: text.to_owned(),
    };
    let stray = ResolveConflictRequest { choices: vec![choice("no_such_element", "ours", "")], ..merge.clone() };
    assert_eq!(resolve(&city, stray).await.unwrap_err(), "GK-CONFLICT-004");
    let worded =
        ResolveConflictRequest { choices: vec![choice("time_limit_text", "", "10个工作日内")], ..merge.clone() };
    let done = resolve(&city, worded).await.unwrap();
    assert_eq!((done.state.as_str(), done.items, done.left), ("draft", 3, 0));
    let merged = working(&city).await;
    assert_eq!(limits(&merged), [("低保", "10个工作日内"), ("特困", "每年1月31日前"), ("临时救助", "长期公开")]);
    assert_eq!(
        (conflicts(&city).await.len(), resolve(&city, merge).await.unwrap_err()),
        (0, "GK-CONFLICT-001".to_owned())
    );
    assert!(!city.submit(CATALOG).await.unchanged);
}

/// A township restored from a backup that lacked its last submission goes on, released by name; both submissions
/// stand beside each other at every node until the township's clerk merges them.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_township_s_two_submissions_are_one_conflict_everywhere_and_one_merge_ends_it() {
    let city = city().await;
    let county = city.child(COUNTY).await;
    county.catch_up().await;
    let mut town = county.child_with(TOWN, manual).await;
    caught_up(&town).await;
    let kept = tempfile::tempdir().unwrap();
    let file = kept.path().join("town.backup");
    import_on(&town, "", table(&[("低保", "20个工作日内"), ("特困", "及时公开")])).await;
    town.submit(CATALOG).await;
    caught_up(&town).await;
    town.nodes().backup(BackupRequest { file: file.display().to_string() }).await.unwrap();
    import_on(&town, "", table(&[("低保", "15个工作日内"), ("特困", "及时公开")])).await;
    town.submit(CATALOG).await;
    caught_up(&town).await;

    town.stop().await;
    fs::remove_dir_all(&town.dir).unwrap();
    gongkai_node::restore(Restore { dir: town.dir.clone(), file }).await.unwrap();
    town.start().await;
    town.nodes().release(ReleaseRequest { reason: "the county is cut off".to_owned() }).await.unwrap();
    import_on(&town, "", table(&[("低保", "20个工作日内"), ("特困", "每年1月31日前")])).await;
    town.submit(CATALOG).await;
    caught_up(&town).await;
    county.until_state(CATALOG, "conflict").await;
    city.until_state(CATALOG, "conflict").await;

    let (ours, theirs) = (conflicts(&town).await, conflicts(&county).await);
    let ([ours], [theirs]) = (ours.as_slice(), theirs.as_slice()) else { panic!("{ours:?} {theirs:?}") };
    assert_eq!((ours.id.as_str(), ours.kind.as_str(), ours.open), (theirs.id.as_str(), "submissions", 0));
    assert_eq!((ours.is_mine, theirs.is_mine), (true, false));
    let merge = ResolveConflictRequest { id: ours.id.clone(), take: "merge".to_owned(), ..Default::default() };
    assert_eq!(resolve(&county, merge.clone()).await.unwrap_err(), "GK-APP-004", "only the custodian settles it");
    let done = resolve(&town, merge).await.unwrap();
    assert_eq!((done.state.as_str(), done.parents.len(), done.left), ("submitted", 2, 0));
    eventually("the receipt of the merge", async || {
        caught_up(&town).await;
        town.row(CATALOG).await.filter(|row| row.state == "in-review")
    })
    .await;
    for node in [&town, &county] {
        node.until_state(CATALOG, "in-review").await;
        assert_eq!(conflicts(node).await, []);
        assert_eq!(limits(&working(node).await), [("低保", "15个工作日内"), ("特困", "每年1月31日前")]);
    }
    city.until_state(CATALOG, "in-review").await;
    assert_eq!(county.approve(CATALOG).await.unwrap().state, "approved");
}
