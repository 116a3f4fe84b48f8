//! Names as people write them: one that several things have is refused with those things listed, and nothing is done.

use gongkai_proto::{admin::v1::*, metadata};
use tonic::{Request, Status};

use crate::{
    harness::{COUNTY, Node, city_with, code, table},
    port::{PORT, desk},
};

/// The city keeps it, since the county has no node, and reviews it.
const CATALOG: &str = "211221/social-assistance";

fn by<T>(name: &'static str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(metadata::OPERATOR, name.parse().unwrap());
    request
}

/// A table whose two rows bear one serial, as files made of two sheets do.
async fn import(city: &Node, base: &str, limits: [&str; 2]) -> String {
    let content = table(&[("低保", limits[0]), ("特困", limits[1])]).replace("\n2,", "\n1,");
    let request = ImportCatalogRequest {
        content: content.into_bytes(),
        file_name: "社会救助.csv".to_owned(),
        division: COUNTY.to_owned(),
        base: base.to_owned(),
        ..ImportCatalogRequest::default()
    };
    city.catalogs().import(by("clerk", request)).await.unwrap().into_inner().revisions.remove(0).revision
}

async fn items(city: &Node) -> Vec<String> {
    let request = ShowCatalogRequest { catalog: CATALOG.to_owned(), ..ShowCatalogRequest::default() };
    let shown = city.catalogs().show(request).await.unwrap().into_inner();
    shown.items.into_iter().map(|item| item.item_id).collect()
}

/// The call was refused and the message names every one of the candidates.
#[track_caller]
fn assert_listed<T>(what: &str, answered: Result<T, Status>, candidates: &[String]) {
    let status = answered.err().unwrap_or_else(|| panic!("{what} acted on the first that fits"));
    assert_eq!(code(&status), "GK-APP-019", "{what}: {status:?}");
    let message = status.metadata().get_bin(metadata::MESSAGE).unwrap().to_bytes().unwrap();
    let message = String::from_utf8(message.to_vec()).unwrap();
    assert!(candidates.iter().all(|candidate| message.contains(candidate)), "{what}: {message}");
    assert!(status.metadata().contains_key(metadata::HINT), "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serial_that_two_items_bear_is_refused_with_both_listed_wherever_an_item_is_named() {
    let city = city_with(PORT).await;
    let mut reviews = review_service_client::ReviewServiceClient::new(desk(&city, "reviewer").await);
    let first = import(&city, "", ["25个工作日内", "25个工作日内"]).await;
    let both = items(&city).await;
    assert_eq!(both.len(), 2);
    let one = "1".to_owned();

    let show = ShowCatalogRequest { catalog: CATALOG.to_owned(), item: one.clone(), ..ShowCatalogRequest::default() };
    assert_listed("catalog show", city.catalogs().show(show).await, &both);
    let history =
        CatalogHistoryRequest { catalog: CATALOG.to_owned(), item: one.clone(), ..CatalogHistoryRequest::default() };
    assert_listed("catalog history", city.catalogs().history(history).await, &both);
    let waive = |item: &str| WaiveRequest {
        catalog: CATALOG.to_owned(),
        rule: "limit-looser".to_owned(),
        item: item.to_owned(),
        reason: "本县审批需两次公示".to_owned(),
        ..WaiveRequest::default()
    };
    assert_listed("catalog waive", city.catalogs().waive(waive(&one)).await, &both);
    assert_eq!(city.catalogs().waive(waive(&both[0])).await.unwrap().into_inner().findings, 1, "an id is one item");

    let submit = SubmitCatalogRequest { catalog: CATALOG.to_owned(), ..SubmitCatalogRequest::default() };
    city.catalogs().submit(by("clerk", submit)).await.unwrap();
    let propose = ProposeRequest {
        submission: CATALOG.to_owned(),
        item: one.clone(),
        element: "公开主体".to_owned(),
        text: "铁岭县民政局".to_owned(),
        note: String::new(),
    };
    assert_listed("review propose", reviews.propose(propose).await, &both);
    let decide = |item: &str| DecideReviewRequest {
        catalog: CATALOG.to_owned(),
        items: vec![ItemOpinion {
            item_id: item.to_owned(),
            verdict: "return".to_owned(),
            opinion: "时限过长".to_owned(),
            ..ItemOpinion::default()
        }],
        ..DecideReviewRequest::default()
    };
    assert_listed("review return", reviews.r#return(decide(&one)).await, &both);
    reviews.r#return(decide("特困")).await.unwrap();

    // Both sides of a conflict change both items.
    import(&city, "", ["15个工作日内", "15个工作日内"]).await;
    import(&city, &first, ["7个工作日内", "7个工作日内"]).await;
    let conflicts = city.conflicts().list(ListConflictsRequest::default()).await.unwrap().into_inner().conflicts;
    let id = conflicts.iter().find(|row| row.kind == "drafts").unwrap().id.clone();
    let choice = ConflictChoice { item: one, take: "ours".to_owned(), ..ConflictChoice::default() };
    let resolve = ResolveConflictRequest { id, take: "merge".to_owned(), choices: vec![choice], ..Default::default() };
    assert_listed("conflict resolve", city.conflicts().resolve(by("clerk", resolve)).await, &both);
}
