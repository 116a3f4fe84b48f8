//! Why something is stuck: the answers of real nodes, with their evidence, in both languages.

use gongkai_proto::admin::v1::{ExplainFinding, ExplainResponse};

use crate::harness::{CITY, COUNTY, OTHER_TOWN, TOWN, city, code, sample};

const CATALOG: &str = "211221101/social-assistance";

fn said(response: &ExplainResponse) -> String {
    response.findings.iter().map(|finding| finding.cause.as_str()).collect::<Vec<_>>().join("\n")
}

fn evidence(finding: &ExplainFinding, value: &str) -> bool {
    finding.evidence.iter().any(|fact| fact.value.contains(value))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catalog_tells_whose_turn_it_is_along_its_whole_way() {
    let city = city().await;
    let county = city.child(COUNTY).await;
    county.catch_up().await;
    let town = county.child_with(TOWN, |config| config.replace("[parent]", "[parent]\nmode = \"manual\"")).await;
    town.catch_up().await;
    let file = sample("211221101-social-assistance.xlsx");
    town.import(file.bytes, &file.file).await;
    let draft = town.explain(CATALOG, "en").await.unwrap();
    assert!(said(&draft).contains("a draft that was not submitted"), "{draft:?}");
    assert!(draft.findings.first().unwrap().action.contains(&format!("gongkai catalog submit {CATALOG}")));

    town.submit(CATALOG).await;
    let unsent = town.explain(CATALOG, "en").await.unwrap();
    let first = unsent.findings.first().unwrap();
    assert!(first.cause.contains("not sent yet") && evidence(first, "211221: not-sent"), "{unsent:?}");
    let link = town.explain("sync", "en").await.unwrap();
    let first = link.findings.first().unwrap();
    assert_eq!((link.state.as_str(), first.action.as_str()), ("stuck", "run `gongkai sync now`"), "{link:?}");
    assert!(first.who.contains(TOWN) && first.evidence.iter().any(|fact| fact.value != "0"), "{link:?}");

    town.catch_up().await;
    let waits = county.explain(CATALOG, "zh").await.unwrap();
    let first = waits.findings.first().unwrap();
    assert_eq!(waits.state, "waiting");
    assert!(first.cause.contains("等待其审核") && first.who.contains("审核人"), "{waits:?}");
    assert!(evidence(first, "211221101: written-here"), "{waits:?}");
    county.approve(CATALOG).await.unwrap();
    let approved = county.explain(CATALOG, "en").await.unwrap();
    assert_eq!(approved.state, "ok", "{approved:?}");

    let review = county.review(CATALOG).await.review.unwrap();
    for hash in [review.submission.clone(), review.submission["sha256:".len()..][..12].to_owned()] {
        let entry = county.explain(&hash, "en").await.unwrap();
        assert_eq!((entry.kind.as_str(), entry.thing.as_str()), ("entry", review.submission.as_str()));
        assert!(said(&entry).contains("the current submission"), "{entry:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_a_division_and_an_edition_explain_themselves() {
    let city = city().await;
    let mut county = city.child(COUNTY).await;
    county.until_link(CITY, "connected").await;
    county.catch_up().await;
    let fine = county.explain("sync", "en").await.unwrap();
    assert!(fine.state == "ok" || fine.state == "waiting", "{fine:?}");
    assert!(!fine.findings.is_empty());

    let edition = city.explain("publish", "en").await.unwrap();
    assert_eq!((edition.state.as_str(), edition.kind.as_str()), ("stuck", "publish"), "{edition:?}");
    assert!(edition.findings.iter().any(|finding| finding.code == "GK-APP-031"), "{edition:?}");
    let elsewhere = county.explain("publish", "zh").await.unwrap();
    assert!(said(&elsewhere).contains("本节点不发布"), "{elsewhere:?}");

    let nobody = city.explain(OTHER_TOWN, "en").await.unwrap();
    assert!(said(&nobody).contains("has no node of its own"), "{nobody:?}");
    county.stop().await;
    city.until_link(COUNTY, "idle").await;
    let away = city.explain(COUNTY, "en").await.unwrap();
    let first = away.findings.first().unwrap();
    assert_eq!(away.state, "waiting");
    assert!(first.cause.contains("only it can dial") && first.who.contains(COUNTY), "{away:?}");
    assert!(first.evidence.iter().any(|fact| fact.at.is_some()), "the last contact has its time: {away:?}");

    let unknown = city.explain("999999999", "en").await.unwrap_err();
    assert_eq!(code(&unknown), "GK-APP-003");
}
