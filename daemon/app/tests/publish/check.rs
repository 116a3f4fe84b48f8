//! What the content check stops, what a person may overrule, and that both are on record.

use gongkai_app::{CatalogEvent, Role, WaiveQuestion};
use gongkai_model::id::CatalogId;

use crate::bed::{Bed, ECOLOGY};

/// A citizen's number whose check digit holds.
const NUMBER: &str = "11010519491231002X";

fn question(rule: &str, item: &str, reason: &str) -> WaiveQuestion {
    let (rule, item, reason) = (rule.to_owned(), item.to_owned(), reason.to_owned());
    WaiveQuestion { rule, item, reason, revision: String::new() }
}

/// The sample with a number in its first item; gives that item's id.
async fn with_a_number(bed: &Bed) -> (CatalogId, String) {
    let catalog = bed.import_sample(ECOLOGY).await;
    bed.change(&catalog, |index, item| {
        if index == 0 {
            item.content.push_str(&format!("\n负责人证件{NUMBER}"));
        }
    })
    .await;
    let loaded = bed.app.load_known(&catalog).await.unwrap();
    let first = loaded.working().unwrap().in_order()[0].0.to_string();
    (catalog, first)
}

#[tokio::test]
async fn an_error_stops_a_submission_until_someone_overrules_it_with_a_reason() {
    let bed = Bed::new().await;
    let (catalog, item) = with_a_number(&bed).await;
    let clerk = bed.operator("clerk", &[Role::Clerk]);
    let refused = bed.app.submit(&clerk, &catalog, String::new(), String::new()).await.err().unwrap();
    assert_eq!(refused.code(), "GK-CHECK-041");
    assert!(!refused.to_string().contains(NUMBER), "{refused}");
    for (rule, item, reason, code) in [
        ("private-citizen-id", "", "公职人员", "GK-CHECK-034"),
        ("private-citizen-id", item.as_str(), " ", "GK-CHECK-033"),
        ("element-missing", item.as_str(), "公职人员", "GK-CHECK-032"),
        ("no-such-rule", item.as_str(), "公职人员", "GK-CHECK-031"),
        ("private-bank-card", item.as_str(), "公职人员", "GK-CHECK-042"),
        ("private-citizen-id", "nobody", "公职人员", "GK-APP-006"),
    ] {
        let refused = bed.app.waive(&clerk, &catalog, question(rule, item, reason)).await.unwrap_err();
        assert_eq!(refused.code(), code, "{rule} {item}");
    }
    let auditor = bed.operator("auditor", &[Role::Auditor]);
    let meant = question("private-citizen-id", &item, "公开岗位的法定公示信息");
    assert_eq!(bed.app.waive(&auditor, &catalog, meant.clone()).await.unwrap_err().code(), "GK-APP-002");
    let waived = bed.app.waive(&clerk, &catalog, meant.clone()).await.unwrap();
    assert_eq!((waived.findings, waived.is_unchanged), (1, false));
    assert!(bed.app.waive(&clerk, &catalog, meant).await.unwrap().is_unchanged, "repeating is safe");
    bed.submit(&catalog).await;
}

fn waivers(events: &[CatalogEvent]) -> Vec<(&str, &str)> {
    let waivers = events.iter().filter(|event| event.kind == "waiver");
    waivers.map(|event| (event.opinion.as_str(), event.state.as_str())).collect()
}

#[tokio::test]
async fn a_waived_finding_lets_a_catalog_into_an_edition_and_a_recall_takes_it_out_again() {
    let bed = Bed::new().await;
    let (catalog, item) = with_a_number(&bed).await;
    let clerk = bed.operator("clerk", &[Role::Clerk]);
    let meant = question("GK-PRIVACY-001", &item, "法定公示");
    let waived = bed.app.waive(&clerk, &catalog, meant).await.unwrap();
    bed.submit(&catalog).await;
    bed.approve(&catalog).await;
    let checked = bed.app.check_edition().await.unwrap();
    assert_eq!((checked.len(), checked[0].is_blocked(), checked[0].checked.verdict.waived), (1, false, 1));
    assert_eq!(bed.publish().await.catalogs, 1);
    let hash = waived.standing.hash.to_hex();
    let unknown = bed.app.recall_waiver(&clerk, &catalog, "000000", "有误".to_owned()).await.err().unwrap();
    assert_eq!(unknown.code(), "GK-CHECK-043");
    bed.app.recall_waiver(&clerk, &catalog, &hash[..12], "有误".to_owned()).await.unwrap();
    assert!(bed.app.check_edition().await.unwrap()[0].is_blocked());
    assert_eq!(bed.publish().await.catalogs, 0);
    let history = bed.app.history(&catalog).await.unwrap();
    assert_eq!(waivers(&history), [("法定公示", "withdrawn"), ("有误", "")]);
    let (before, after) = bed.app.rebuild().await.unwrap();
    assert_eq!(before, after, "the list of catalogs is a function of the entries");
}

#[tokio::test]
async fn a_waiver_ends_with_the_item_that_it_was_given_for() {
    let bed = Bed::new().await;
    let (catalog, item) = with_a_number(&bed).await;
    let clerk = bed.operator("clerk", &[Role::Clerk]);
    bed.app.waive(&clerk, &catalog, question("private-citizen-id", &item, "法定公示")).await.unwrap();
    bed.change(&catalog, |index, item| {
        if index == 0 {
            item.content.push_str("\n补充说明");
        }
    })
    .await;
    let (_, checked) = bed.app.check_catalog(&catalog, "").await.unwrap();
    assert_eq!((checked.verdict.errors, checked.verdict.waived, checked.verdict.idle.len()), (1, 0, 1));
}

#[tokio::test]
async fn a_law_that_nobody_knows_is_published_only_after_a_person_confirmed_it() {
    let bed = Bed::new().await;
    let catalog = bed.import_sample(ECOLOGY).await;
    bed.change(&catalog, |index, item| {
        if index == 0 {
            item.basis = gongkai_model::item::parse_basis("《体育app条例》");
        }
    })
    .await;
    bed.submit(&catalog).await;
    bed.approve(&catalog).await;
    let blocked = bed.app.check_edition().await.unwrap();
    assert!(blocked[0].is_blocked());
    let publisher = bed.operator("publisher", &[Role::Publisher]);
    let wide = bed.app.waive(&publisher, &catalog, question("law-doubtful", "", "已与原文核对")).await;
    assert_eq!(wide.unwrap_err().code(), "GK-CHECK-034", "titles in later items were not compared with anything");
    let loaded = bed.app.load_known(&catalog).await.unwrap();
    let first = loaded.working().unwrap().in_order()[0].0.to_string();
    let confirmed = question("law-doubtful", &first, "已与原文核对");
    bed.app.waive(&publisher, &catalog, confirmed).await.unwrap();
    assert!(!bed.app.check_edition().await.unwrap()[0].is_blocked());
}
