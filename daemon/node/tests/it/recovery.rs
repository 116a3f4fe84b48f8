//! Backup, restore and copies of a data directory, with real daemons.

use std::{fs, path::Path};

use gongkai_node::Restore;
use gongkai_proto::admin::v1::{
    BackupRequest, DoctorRequest, NodeStatusRequest, NodeStatusResponse, ReleaseRequest, SubmitCatalogRequest,
};

use crate::harness::{CITY, COUNTY, Node, TOWN, city, code, eventually, reason, sample};

const WORKBOOK: &str = "211221101-social-assistance.xlsx";
const CATALOG: &str = "211221101/social-assistance";

fn manual(config: String) -> String {
    config.replace("[parent]", "[parent]\nmode = \"manual\"")
}

async fn status(node: &Node) -> NodeStatusResponse {
    node.nodes().status(NodeStatusRequest {}).await.unwrap().into_inner()
}

async fn back_up(node: &Node, file: &Path) {
    let request = BackupRequest { file: file.display().to_string() };
    let made = node.nodes().backup(request.clone()).await.unwrap().into_inner();
    assert_eq!(made.bytes, fs::metadata(file).unwrap().len());
    assert_eq!(code(&node.nodes().backup(request).await.unwrap_err()), "GK-APP-053");
    let relative = BackupRequest { file: "here".to_owned() };
    assert_eq!(code(&node.nodes().backup(relative).await.unwrap_err()), "GK-NODE-014");
}

/// Stops the daemon, loses the directory, and starts one on what the backup brings back.
async fn lose_and_restore(node: &mut Node, file: &Path) {
    node.stop().await;
    fs::remove_dir_all(&node.dir).unwrap();
    gongkai_node::restore(Restore { dir: node.dir.clone(), file: file.to_owned() }).await.unwrap();
    node.start().await;
}

async fn try_submit(node: &Node) -> Result<(), String> {
    let request = SubmitCatalogRequest { catalog: CATALOG.to_owned(), ..SubmitCatalogRequest::default() };
    node.catalogs().submit(request).await.map(drop).map_err(|status| code(&status))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_township_comes_back_with_its_submission_and_acts_only_then() {
    let city = city().await;
    let county = city.child(COUNTY).await;
    county.catch_up().await;
    let mut town = county.child_with(TOWN, manual).await;
    town.catch_up().await;
    town.import(sample(WORKBOOK).bytes, WORKBOOK).await;
    let kept = tempfile::tempdir().unwrap();
    let file = kept.path().join("town.backup");
    back_up(&town, &file).await;
    town.submit(CATALOG).await;
    town.catch_up().await;
    lose_and_restore(&mut town, &file).await;

    let page = status(&town).await;
    assert_eq!(page.state, "recovering");
    assert_eq!(page.hold.unwrap().awaited, [COUNTY]);
    assert_eq!(page.warnings.first().map(|warning| warning.code.as_str()), Some("GK-APP-050"));
    let doctor = town.nodes().doctor(DoctorRequest::default()).await.unwrap().into_inner();
    let check = doctor.checks.iter().find(|check| check.name == "hold").unwrap();
    assert_eq!(reason(check.reason.as_ref()), "GK-APP-050");
    assert_eq!(town.row(CATALOG).await.unwrap().state, "draft");
    assert_eq!(try_submit(&town).await, Err("GK-APP-050".to_owned()));

    town.catch_up().await;
    assert!(status(&town).await.hold.is_none(), "free when `sync now` answers");
    town.until_state(CATALOG, "in-review").await;
    county.until_state(CATALOG, "in-review").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_city_waits_for_its_county_and_an_administrator_may_decide_otherwise() {
    let mut city = city().await;
    let mut county = city.child(COUNTY).await;
    county.catch_up().await;
    let kept = tempfile::tempdir().unwrap();
    let file = kept.path().join("city.backup");
    back_up(&city, &file).await;
    county.stop().await;
    lose_and_restore(&mut city, &file).await;
    assert_eq!(status(&city).await.hold.unwrap().awaited, [COUNTY]);
    let mute = city.nodes().release(ReleaseRequest::default()).await.unwrap_err();
    assert_eq!(code(&mute), "GK-APP-052");
    county.start().await;
    eventually("the hold's end", async || status(&city).await.hold.is_none().then_some(())).await;
    let free = city.nodes().release(ReleaseRequest { reason: "late".to_owned() }).await.unwrap_err();
    assert_eq!(code(&free), "GK-APP-051");
    let address = city.address();
    city.stop().await;
    fs::remove_dir_all(&city.dir).unwrap();
    county.stop().await;
    gongkai_node::restore(Restore { dir: city.dir.clone(), file }).await.unwrap();
    city.start().await;
    assert_eq!(city.address(), address, "the children find it where it was");
    city.nodes().release(ReleaseRequest { reason: "the county moved".to_owned() }).await.unwrap();
    assert!(status(&city).await.hold.is_none());
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for found in fs::read_dir(from).unwrap() {
        let found = found.unwrap();
        let target = to.join(found.file_name());
        if found.path().is_dir() {
            copy(&found.path(), &target);
        } else {
            fs::copy(found.path(), target).unwrap();
        }
    }
}

/// The same feed id, keys and certificates: only the host tells the two apart.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_data_directory_is_refused_beside_the_original_and_both_hosts_are_named() {
    let city = city().await;
    let mut county = city.child_with(COUNTY, |config| config.replace("[node]", "[node]\nhost = \"old-server\"")).await;
    county.catch_up().await;
    county.stop().await;
    let kept = tempfile::tempdir().unwrap();
    let dir = kept.path().join("copy");
    copy(&county.dir, &dir);
    let config = dir.join(gongkai_node::CONFIG_FILE);
    let text = fs::read_to_string(&config).unwrap().replace("old-server", "new-server");
    fs::write(&config, text).unwrap();
    county.start().await;
    county.until_link(CITY, "connected").await;
    let copy = Node::start_in(dir, Some(kept)).await;
    let progress = copy.sync_now().await.pop().unwrap();
    let told = progress.reason.unwrap();
    assert_eq!(told.code, "GK-SYNC-005");
    assert!(told.message.contains("old-server") && told.message.contains("new-server"), "{told:?}");
    county.catch_up().await;
}
