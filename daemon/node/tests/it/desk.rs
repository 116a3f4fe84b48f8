//! The reviewer's desk over real daemons: what waits and until when, words on elements, proposals and their answers,
//! an item's history, and views of a day in the past.

use gongkai_proto::{
    admin::v1::{
        AnswerProposalRequest, CatalogHistoryRequest, DecideReviewRequest, ItemEvent, ItemOpinion, ListCatalogsRequest,
        ListProposalsRequest, ListReviewsRequest, Proposal, ProposeRequest, ShowCatalogRequest, SubmitCatalogRequest,
    },
    metadata,
};
use tonic::{Request, Status};

use crate::harness::{COUNTY, Node, TOWN, city, code, sample};

const CATALOG: &str = "211221101/social-assistance";
/// A day before any entry of these tests, and one after all of them.
const LONG_AGO: &str = "2020-01-01";
const FAR_AHEAD: &str = "2099-12-31";

fn by<T>(name: &'static str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert(metadata::OPERATOR, name.parse().unwrap());
    request
}

/// A township below a county below the city; its catalog is submitted and has arrived.
async fn submitted() -> (Node, Node, Node) {
    let city = city().await;
    let county = city.child(COUNTY).await;
    county.catch_up().await;
    let town = county.child(TOWN).await;
    town.catch_up().await;
    let first = sample("211221101-social-assistance.xlsx");
    town.import(first.bytes, &first.file).await;
    let submit = SubmitCatalogRequest {
        catalog: CATALOG.to_owned(),
        note: "首次编制".to_owned(),
        basis: "铁公开领〔2020〕1号".to_owned(),
        effective_from: "2020-12-31".to_owned(),
        ..SubmitCatalogRequest::default()
    };
    town.catalogs().submit(by("clerk", submit)).await.unwrap();
    town.catch_up().await;
    (city, county, town)
}

async fn proposals(node: &Node, all: bool) -> Vec<Proposal> {
    let request = ListProposalsRequest { catalog: CATALOG.to_owned(), all };
    node.catalogs().proposals(request).await.unwrap().into_inner().proposals
}

async fn propose(county: &Node, element: &str, text: &str) -> Result<Proposal, Status> {
    let request = ProposeRequest {
        submission: CATALOG.to_owned(),
        item: "2".to_owned(),
        element: element.to_owned(),
        text: text.to_owned(),
        note: "与省目录一致".to_owned(),
    };
    Ok(county.reviews().propose(by("reviewer", request)).await?.into_inner().proposal.unwrap())
}

async fn of_item(node: &Node, item: &str) -> Vec<ItemEvent> {
    let request = CatalogHistoryRequest {
        catalog: CATALOG.to_owned(),
        item: item.to_owned(),
        ..CatalogHistoryRequest::default()
    };
    node.catalogs().history(request).await.unwrap().into_inner().item_events
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_tells_what_waits_since_when_and_what_changed() {
    let (_city, county, town) = submitted().await;
    let list = |request: ListReviewsRequest, name| {
        let mut reviews = county.reviews();
        async move { reviews.list(by(name, request)).await.unwrap().into_inner().reviews }
    };
    let rows = list(ListReviewsRequest::default(), "reviewer").await;
    let row = rows.first().unwrap();
    assert_eq!((row.items_added, row.items_edited, row.items_removed, row.header_changed), (row.items, 0, 0, true));
    assert_eq!((row.age_working_days, row.is_overdue, row.is_yours), (0, false, true));
    assert!(row.due > row.waiting_since && !row.waiting_since.is_empty(), "{row:?}");
    assert_eq!((row.reason.as_str(), row.effective_from.as_str()), ("首次编制", "2020-12-31"));
    assert_eq!(row.basis_of_change, "铁公开领〔2020〕1号");
    let shown = ShowCatalogRequest { catalog: row.catalog.clone(), ..ShowCatalogRequest::default() };
    assert_eq!(county.catalogs().show(shown).await.unwrap().into_inner().effective_from, "2020-12-31");
    let overdue = |as_of: &str| ListReviewsRequest { overdue: true, as_of: as_of.to_owned(), ..Default::default() };
    assert!(list(overdue(""), "reviewer").await.is_empty());
    // Many years on, and nobody has approved by being silent.
    let late = list(overdue(FAR_AHEAD), "reviewer").await;
    assert!(late.first().is_some_and(|row| row.is_overdue && row.state == "waiting"), "{late:?}");
    let before = ListReviewsRequest { all: true, as_of: LONG_AGO.to_owned(), ..Default::default() };
    assert!(list(before, "reviewer").await.is_empty());
    // The owner sees it in all submissions, and not as his to decide.
    let own = ListReviewsRequest { all: true, ..Default::default() };
    let own = town.reviews().list(own).await.unwrap().into_inner().reviews;
    assert!(!own.first().unwrap().is_yours);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_on_elements_reach_the_owner_and_items_are_judged_one_by_one() {
    let (_city, county, town) = submitted().await;
    let partly = DecideReviewRequest {
        catalog: CATALOG.to_owned(),
        items: vec![ItemOpinion { item_id: "1".to_owned(), ..ItemOpinion::default() }],
        partly: true,
        ..DecideReviewRequest::default()
    };
    let some = county.reviews().approve(by("reviewer", partly)).await.unwrap().into_inner();
    assert_eq!(some.state, "in-review");
    let left = county.review(CATALOG).await;
    assert!(left.items.iter().all(|item| item.after.as_ref().is_none_or(|after| after.serial != "1")));
    let words = [("依据".to_owned(), "请写明条款".to_owned())].into();
    let returned = DecideReviewRequest {
        catalog: CATALOG.to_owned(),
        items: vec![ItemOpinion { item_id: "2".to_owned(), elements: words, ..ItemOpinion::default() }],
        ..DecideReviewRequest::default()
    };
    county.reviews().r#return(by("reviewer", returned)).await.unwrap();
    town.catch_up().await;
    let shown = town.review(CATALOG).await;
    let opinions: Vec<_> = shown.items.iter().flat_map(|item| &item.opinions).collect();
    let said = opinions.iter().find(|opinion| opinion.verdict == "return").unwrap();
    assert_eq!(said.elements.get("basis").map(String::as_str), Some("请写明条款"));
    assert!(said.opinion.contains("请写明条款"), "a node that knows no elements shows the words, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_is_accepted_into_a_draft_or_declined_and_both_sides_see_it() {
    let (_city, county, town) = submitted().await;
    assert_eq!(code(&propose(&county, "colour", "red").await.unwrap_err()), "GK-PROPOSAL-001");
    let limit = propose(&county, "公开时限", "自信息形成之日起10个工作日内").await.unwrap();
    assert_eq!((limit.state.as_str(), limit.fields.as_slice()), ("open", &["time_limit_text".to_owned()][..]));
    let content = propose(&county, "content", "政策法规;办理流程").await.unwrap();
    town.catch_up().await;
    assert_eq!(proposals(&town, false).await.len(), 2);

    let answer = |proposal: &str, reason: &str| AnswerProposalRequest {
        proposal: proposal[..19].to_owned(),
        reason: reason.to_owned(),
    };
    let reviewer = county.catalogs().accept(by("reviewer", answer(&limit.proposal, ""))).await.unwrap_err();
    assert_eq!(code(&reviewer), "GK-APP-004", "the owner's node answers");
    let taken = town.catalogs().accept(by("clerk", answer(&limit.proposal, ""))).await.unwrap().into_inner();
    let taken = taken.proposal.unwrap();
    assert_eq!((taken.state.as_str(), taken.answered_by.as_str()), ("accepted", "211221101/clerk"));
    let again = town.catalogs().accept(by("clerk", answer(&limit.proposal, ""))).await.unwrap().into_inner();
    assert!(again.unchanged, "repeating is safe");
    // The draft holds the wording, so that the other proposal, for the item as it was, does not fit any more.
    let row = town.row(CATALOG).await.unwrap();
    assert_eq!(row.revision, taken.revision);
    assert_eq!(proposals(&town, false).await.first().unwrap().state, "overtaken");
    let other = town.catalogs().accept(by("clerk", answer(&content.proposal, ""))).await.unwrap_err();
    assert_eq!(code(&other), "GK-PROPOSAL-004");
    let silent = town.catalogs().decline(by("clerk", answer(&content.proposal, " "))).await.unwrap_err();
    assert_eq!(code(&silent), "GK-REVIEW-026");
    town.catalogs().decline(by("clerk", answer(&content.proposal, "以省目录为准"))).await.unwrap();
    town.catch_up().await;
    let seen: Vec<_> = proposals(&county, true).await.into_iter().map(|one| (one.state, one.reason)).collect();
    assert_eq!(seen, [("accepted".to_owned(), String::new()), ("declined".to_owned(), "以省目录为准".to_owned())]);

    // What was accepted is what the reviewer is asked about next, and nothing else.
    county
        .reviews()
        .r#return(by(
            "reviewer",
            DecideReviewRequest {
                catalog: CATALOG.to_owned(),
                items: vec![ItemOpinion {
                    item_id: "2".to_owned(),
                    opinion: "见建议".to_owned(),
                    ..Default::default()
                }],
                ..DecideReviewRequest::default()
            },
        ))
        .await
        .unwrap();
    town.catch_up().await;
    town.submit(CATALOG).await;
    town.catch_up().await;
    let asked = county.review(CATALOG).await.items;
    assert_eq!(asked.len(), 1, "{asked:?}");
    let elements: Vec<_> = asked[0].difference.iter().flat_map(|found| &found.elements).collect();
    assert_eq!(elements.iter().map(|one| one.element.as_str()).collect::<Vec<_>>(), ["time_limit_text"]);
    county.approve(CATALOG).await.unwrap();

    let kinds: Vec<String> = of_item(&county, "2").await.into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["added", "proposal", "proposal", "accepted", "declined", "return", "changed", "approve"]);
    let untouched: Vec<String> = of_item(&county, "1").await.into_iter().map(|event| event.kind).collect();
    assert_eq!(untouched, ["added", "approve"], "what did not change is not asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalog_is_shown_as_it_stood_and_stale_ones_are_listed() {
    let (_city, county, town) = submitted().await;
    let as_of = |day: &str| ShowCatalogRequest {
        catalog: CATALOG.to_owned(),
        as_of: day.to_owned(),
        ..ShowCatalogRequest::default()
    };
    let before = town.catalogs().show(as_of(LONG_AGO)).await.unwrap_err();
    assert_eq!(code(&before), "GK-APP-005");
    let after = town.catalogs().show(as_of(FAR_AHEAD)).await.unwrap().into_inner();
    assert_eq!((after.state.as_str(), after.as_of.as_str()), ("in-review", FAR_AHEAD));
    let wrong = town.catalogs().show(as_of("yesterday")).await.unwrap_err();
    assert_eq!(code(&wrong), "GK-APP-001");
    let stale = |months, as_of: &str| ListCatalogsRequest {
        stale_months: months,
        as_of: as_of.to_owned(),
        ..ListCatalogsRequest::default()
    };
    assert!(county.catalogs().list(stale(6, "")).await.unwrap().into_inner().catalogs.is_empty());
    let old = county.catalogs().list(stale(6, FAR_AHEAD)).await.unwrap().into_inner().catalogs;
    assert_eq!(old.first().map(|row| row.stale[0].code.as_str()), Some("GK-STALE-001"), "{old:?}");
}
