//! The main job through three levels: drafts go up, decisions come down, an edition comes out.

use gongkai_proto::admin::v1::{
    DecideReviewRequest, ItemOpinion, PreviewEditionRequest, RunPublishRequest, SyncSession,
};

use crate::harness::{CITY, COUNTY, Node, TOWN, city, eventually, sample};

const CATALOG: &str = "211221101/social-assistance";

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_goes_up_is_returned_corrected_approved_and_published() {
    let city = city().await;
    let county = city.child(COUNTY).await;
    county.catch_up().await;
    let town = county.child(TOWN).await;
    town.catch_up().await;

    let first = sample("211221101-social-assistance.xlsx");
    let imported = town.import(first.bytes, &first.file).await;
    assert_eq!(usize::try_from(imported.items), Ok(first.items));
    let submitted = town.submit(CATALOG).await;
    assert_eq!((submitted.items_changed, submitted.items_carried), (imported.items, 0));
    assert!(town.submit(CATALOG).await.unchanged, "repeating is safe");
    town.catch_up().await;

    let review = county.review(CATALOG).await;
    let row = review.review.unwrap();
    assert!(row.is_mine && row.received_at_ms > 0, "{row:?}");
    let returned = county
        .reviews()
        .r#return(DecideReviewRequest {
            catalog: CATALOG.to_owned(),
            submission: row.submission.clone(),
            items: vec![ItemOpinion {
                item_id: "2".to_owned(),
                opinion: "时限不明确".to_owned(),
                ..ItemOpinion::default()
            }],
            ..DecideReviewRequest::default()
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(returned.state, "returned");
    town.catch_up().await;
    assert_eq!(town.row(CATALOG).await.unwrap().state, "returned");

    let corrected = sample("211221101-social-assistance-corrected.xlsx");
    let imported = town.import(corrected.bytes, &corrected.file).await;
    let changed = imported.revisions.first().unwrap().changed;
    assert!(changed > 0 && changed < imported.items, "{changed}");
    town.submit(CATALOG).await;
    town.catch_up().await;
    let review = county.review(CATALOG).await;
    let asked: Vec<&str> = review.items.iter().map(|item| item.change.as_str()).collect();
    assert!(asked.iter().all(|change| matches!(*change, "changed" | "returned")), "{asked:?}");
    assert!(review.review.unwrap().items_carried > 0);
    assert_eq!(county.approve(CATALOG).await.unwrap().state, "approved");
    assert!(county.approve(CATALOG).await.unwrap().unchanged, "repeating is safe");
    town.catch_up().await;
    county.catch_up().await;
    assert_eq!(town.row(CATALOG).await.unwrap().state, "approved");
    assert_eq!(city.row(CATALOG).await.unwrap().state, "approved");

    let preview = city.editions().preview(PreviewEditionRequest {}).await.unwrap().into_inner();
    assert_eq!((preview.edition, preview.items), (1, corrected.items.try_into().unwrap()));
    let unsigned = city.editions().run(RunPublishRequest::default()).await.unwrap_err();
    assert_eq!(crate::harness::code(&unsigned), "GK-SIGN-001");
    city.sign_off().await;
    let made = city.editions().run(RunPublishRequest::default()).await.unwrap().into_inner();
    assert!(std::path::Path::new(&made.directory).join("index.html").is_file(), "{}", made.directory);
    assert!(city.editions().run(RunPublishRequest::default()).await.unwrap().into_inner().unchanged);
    assert_eq!(city.row(CATALOG).await.unwrap().edition, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_link_carries_news_by_itself_in_both_directions() {
    let city = city().await;
    let county = city.child(COUNTY).await;
    let town = county.child(TOWN).await;
    // The routing table has come down two levels before anything can be submitted.
    town.until_link(COUNTY, "connected").await;
    town.catch_up().await;
    let first = sample("211221101-social-assistance.xlsx");
    town.import(first.bytes, &first.file).await;
    town.submit(CATALOG).await;
    county.until_state(CATALOG, "in-review").await;
    county.approve(CATALOG).await.unwrap();
    town.until_state(CATALOG, "approved").await;
    city.until_state(CATALOG, "approved").await;
    assert_eq!(city.link(COUNTY).await.role, "child");
    assert_eq!(county.link(CITY).await.role, "parent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_the_state_and_the_links() {
    let mut city = city().await;
    let mut county = city.child(COUNTY).await;
    county.catch_up().await;
    let file = sample("211221-social-assistance.xlsx");
    county.import(file.bytes, &file.file).await;
    let catalog = "211221/social-assistance";
    let draft = county.row(catalog).await.unwrap();
    city.stop().await;
    county.stop().await;
    county.start().await;
    assert_eq!(county.row(catalog).await.unwrap(), draft);
    // The city comes back on its old port, and the county finds it.
    city.start().await;
    county.catch_up().await;
    county.submit(catalog).await;
    county.catch_up().await;
    assert_eq!(city.approve(catalog).await.unwrap().state, "approved");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changed_item_of_two_hundred_costs_little_on_the_link() {
    /// What the link may carry for it, both directions together.
    const BYTES_MAX: u64 = 3 * 1024;
    let city = city().await;
    let county = city.child(COUNTY).await;
    county.catch_up().await;
    let town = county.child(TOWN).await;
    town.catch_up().await;
    let catalog = "211221101/agricultural-subsidies";
    let first = sample("211221101-agricultural-subsidies-200.xlsx");
    town.import(first.bytes, &first.file).await;
    town.submit(catalog).await;
    town.catch_up().await;
    county.approve(catalog).await.unwrap();
    town.catch_up().await;

    let changed = sample("211221101-agricultural-subsidies-200-changed.xlsx");
    let imported = town.import(changed.bytes, &changed.file).await;
    assert_eq!(imported.revisions.first().unwrap().changed, 1);
    let before = running(&town).await;
    town.submit(catalog).await;
    county.until_state(catalog, "in-review").await;
    // The receipt that comes back belongs to it.
    let after = eventually("the receipt", async || {
        let shown = town.review(catalog).await.review?;
        if shown.submitted_at_ms > 0 && town.row(catalog).await?.state == "in-review" {
            Some(running(&town).await)
        } else {
            None
        }
    })
    .await;
    assert_eq!(before.started_at_ms, after.started_at_ms, "it is one session");
    let sent = after.bytes_sent - before.bytes_sent;
    let received = after.bytes_received - before.bytes_received;
    let bytes = sent + received;
    assert!(bytes < BYTES_MAX, "{sent} bytes sent, {received} received");
}

/// The session that runs now.
async fn running(node: &Node) -> SyncSession {
    let session = node.history().await.into_iter().next().unwrap();
    assert_eq!(session.outcome, "running");
    session
}
