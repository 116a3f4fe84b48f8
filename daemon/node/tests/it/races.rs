//! A decision on its way while the township submits again, over a link that is cut: in both orders.

use gongkai_proto::admin::v1::*;

use crate::harness::{COUNTY, Node, TOWN, caught_up, city, code, table};

const CATALOG: &str = "211221101/social-assistance";

fn manual(config: String) -> String {
    config.replace("[parent]", "[parent]\nmode = \"manual\"")
}

async fn import(node: &Node, rows: &[(&str, &str)]) {
    node.import(table(rows).as_bytes(), "社会救助.csv").await;
}

/// What a person reads of the review at a node.
async fn read(node: &Node) -> (String, u32, u32, Vec<Reason>, Vec<String>) {
    let shown = node.review(CATALOG).await;
    let row = shown.review.unwrap();
    let asked = shown.items.into_iter().map(|item| format!("{} {}", item.change, item.item_id)).collect();
    let show = ShowCatalogRequest { catalog: CATALOG.to_owned(), ..ShowCatalogRequest::default() };
    let catalog = node.catalogs().show(show).await.unwrap().into_inner();
    assert_eq!(catalog.stale, shown.stale, "catalog and review tell the same");
    (row.state, row.items_changed, row.items_carried, shown.stale, asked)
}

/// The last decision in the catalog's history: state, what was carried over, what went back to review.
async fn last_decision(node: &Node) -> (String, Vec<String>, Vec<String>) {
    let request = CatalogHistoryRequest { catalog: CATALOG.to_owned(), ..CatalogHistoryRequest::default() };
    let events = node.catalogs().history(request).await.unwrap().into_inner().events;
    let last = events.into_iter().filter(|event| event.kind == "decision").max_by_key(|event| event.at_ms).unwrap();
    (last.state, last.carried, last.returned_to_review)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_crosses_a_new_submission_is_stale_and_what_holds_is_carried_in_both_orders() {
    let city = city().await;
    let county = city.child(COUNTY).await;
    county.catch_up().await;
    let town = county.child_with(TOWN, manual).await;
    caught_up(&town).await;
    for is_decided_first in [true, false] {
        // The second round starts from an approved state: only the changed item is asked.
        let (old, new) = if is_decided_first {
            ("20个工作日内", "15个工作日内")
        } else {
            ("10个工作日内", "7个工作日内")
        };
        import(&town, &[("低保", old), ("特困", "及时公开"), ("临时救助", "长期公开")]).await;
        town.submit(CATALOG).await;
        caught_up(&town).await;
        let first = county.review(CATALOG).await.review.unwrap().submission;

        // The link is cut from here on: neither hears of the other's act.
        if is_decided_first {
            assert_eq!(county.approve(CATALOG).await.unwrap().state, "approved");
        }
        import(&town, &[("低保", new), ("特困", "及时公开"), ("临时救助", "长期公开")]).await;
        town.submit(CATALOG).await;
        if !is_decided_first {
            assert_eq!(county.approve(CATALOG).await.unwrap().state, "approved");
        }
        caught_up(&town).await;

        let (here, there) = (read(&town).await, read(&county).await);
        assert_eq!(here, there, "both ends show the same, and why");
        let (state, changed, carried, stale, asked) = here;
        assert_eq!((state.as_str(), changed, carried), ("waiting", 1, 2), "{asked:?}");
        let told = stale.last().unwrap();
        let named = first.strip_prefix("sha256:").unwrap()[..12].to_owned();
        assert!(told.message.contains(&format!("on submission {named} is stale: superseded by")), "{told:?}");
        assert_eq!(told.code, "GK-REVIEW-STALE");
        let (here, there) = (last_decision(&town).await, last_decision(&county).await);
        assert_eq!(here, there, "the history says the same at both ends");
        let (state, kept, asked) = here;
        assert_eq!((state.as_str(), asked.as_slice()), ("stale", &["低保".to_owned()][..]));
        // In the second round the reviewer was asked about one item, and gave an opinion on no other.
        let expected = if is_decided_first { vec!["header", "特困", "临时救助"] } else { vec![] };
        let (kept, expected): (std::collections::BTreeSet<&str>, _) =
            (kept.iter().map(String::as_str).collect(), expected.into_iter().collect());
        assert_eq!(kept, expected);

        // The old submission is decided no more; the new one is, by a decision that names it.
        let again = DecideReviewRequest { catalog: CATALOG.to_owned(), submission: first, ..Default::default() };
        assert!(!code(&county.reviews().approve(again).await.unwrap_err()).is_empty());
        assert_eq!(county.approve(CATALOG).await.unwrap().state, "approved");
        caught_up(&town).await;
        assert_eq!(town.row(CATALOG).await.unwrap().state, "approved");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_that_crosses_a_new_submission_asks_again_for_what_was_returned_and_changed() {
    let city = city().await;
    let county = city.child(COUNTY).await;
    county.catch_up().await;
    let town = county.child_with(TOWN, manual).await;
    caught_up(&town).await;
    import(&town, &[("低保", "20个工作日内"), ("特困", "及时公开"), ("临时救助", "长期公开")]).await;
    town.submit(CATALOG).await;
    caught_up(&town).await;
    let item =
        ItemOpinion { item_id: "特困".to_owned(), opinion: "时限不明确".to_owned(), ..ItemOpinion::default() };
    let returned = DecideReviewRequest { catalog: CATALOG.to_owned(), items: vec![item], ..Default::default() };
    county.reviews().r#return(returned).await.unwrap();
    import(&town, &[("低保", "15个工作日内"), ("特困", "及时公开"), ("临时救助", "长期公开")]).await;
    town.submit(CATALOG).await;
    caught_up(&town).await;
    let (here, there) = (read(&town).await, read(&county).await);
    assert_eq!(here, there);
    let changes: Vec<&str> = here.4.iter().filter_map(|asked| asked.split(' ').next()).collect();
    assert_eq!(changes, ["changed", "returned"], "the returned words still stand on the unchanged item");
    assert_eq!(town.row(CATALOG).await.unwrap().approved_revision, "", "nothing is approved that nobody saw");
}
