//! A known restore: a new incarnation, held until heads were compared or a person answers for it.

use std::fs;

use gongkai_app::{App, HoldReason, SystemChance, SystemClock, restore};
use gongkai_store::LogFilter;

use crate::{
    bed::{Bed, approve, forks, import, submissions, submit},
    nodes::{CORRECTED, WORKBOOK, open, operator, sync},
};

/// Saves the node, lets it work on, loses its directory and brings the backup back.
async fn lose_and_restore(bed: &Bed, app: App, name: &str) -> App {
    app.store().close().await;
    drop(app);
    fs::remove_dir_all(bed.path(name)).unwrap();
    restore(&bed.path("backup"), &bed.path(name), &SystemClock, &SystemChance).await.unwrap();
    open(&bed.path(name)).await
}

#[tokio::test]
async fn a_restored_township_gets_its_lost_submission_back_and_acts_only_then() {
    let bed = Bed::new().await;
    let catalog = import(&bed.town, WORKBOOK).await;
    bed.town.backup(&operator(&bed.town, "admin"), &bed.path("backup")).await.unwrap();
    submit(&bed.town, &catalog).await.unwrap();
    sync(&bed.town, &bed.county).await;
    let old = bed.town.store().identity();
    let town = lose_and_restore(&bed, bed.town.clone(), "town").await;

    let new = town.store().identity();
    assert!(new.incarnation != old.incarnation && new.feed_id != old.feed_id);
    assert_eq!(submissions(&town, &catalog).await, 0, "the submission was lost");
    let held = town.held().unwrap();
    assert_eq!(held.reason, HoldReason::Restored);
    assert_eq!(held.awaited.iter().map(ToString::to_string).collect::<Vec<_>>(), ["211221"]);
    let refused = submit(&town, &catalog).await.unwrap_err();
    assert_eq!(refused.code(), "GK-APP-050");
    assert!(refused.to_string().contains("211221"), "{refused}");
    import(&town, WORKBOOK).await;

    sync(&town, &bed.county).await;
    assert!(town.held().is_none());
    assert_eq!(submissions(&town, &catalog).await, 1, "it came back from the county");
    import(&town, CORRECTED).await;
    submit(&town, &catalog).await.unwrap();
    sync(&town, &bed.county).await;
    assert_eq!(submissions(&bed.county, &catalog).await, 2);
    for app in [&town, &bed.county] {
        assert_eq!(forks(app).await, 0);
        assert!(app.store().verify_chain(&|_, _| {}).await.unwrap().problems.is_empty());
    }
}

#[tokio::test]
async fn a_restored_county_waits_for_all_its_peers_and_confirms_nothing_twice() {
    let bed = Bed::new().await;
    let catalog = import(&bed.town, WORKBOOK).await;
    bed.county.backup(&operator(&bed.county, "admin"), &bed.path("backup")).await.unwrap();
    submit(&bed.town, &catalog).await.unwrap();
    sync(&bed.town, &bed.county).await;
    approve(&bed.county, &catalog).await.unwrap();
    sync(&bed.town, &bed.county).await;
    let county = lose_and_restore(&bed, bed.county.clone(), "county").await;

    sync(&county, &bed.city).await;
    assert!(county.held().is_some(), "the city knew nothing of the decision");
    assert_eq!(approve(&county, &catalog).await.unwrap_err().code(), "GK-APP-050");
    sync(&bed.town, &county).await;
    assert!(county.held().is_none());
    let state = county.load_known(&catalog).await.unwrap().state;
    let head = state.head().unwrap();
    assert_eq!(head.receipts.len(), 1, "the receipt came back; none was written beside it");
    sync(&county, &bed.city).await;
    assert_eq!(bed.city.load_known(&catalog).await.unwrap().state, state);
    assert_eq!(forks(&bed.city).await + forks(&county).await + forks(&bed.town).await, 0);
}

/// What arrived while the node was held is confirmed when the hold ends.
#[tokio::test]
async fn a_held_county_confirms_arrivals_afterwards() {
    let bed = Bed::new().await;
    let catalog = import(&bed.town, WORKBOOK).await;
    bed.county.backup(&operator(&bed.county, "admin"), &bed.path("backup")).await.unwrap();
    submit(&bed.town, &catalog).await.unwrap();
    let county = lose_and_restore(&bed, bed.county.clone(), "county").await;
    sync(&bed.town, &county).await;
    let receipts = async || county.load_known(&catalog).await.unwrap().state.head().unwrap().receipts.len();
    assert!(county.held().is_some());
    assert_eq!(receipts().await, 0);
    sync(&county, &bed.city).await;
    assert!(county.held().is_none());
    assert_eq!(receipts().await, 1);
}

#[tokio::test]
async fn a_person_lifts_the_hold_by_name_and_the_journal_keeps_it() {
    let bed = Bed::new().await;
    let catalog = import(&bed.town, WORKBOOK).await;
    bed.town.backup(&operator(&bed.town, "admin"), &bed.path("backup")).await.unwrap();
    let admin = operator(&bed.town, "zhang");
    assert_eq!(bed.town.release(&admin, "why not").await.unwrap_err().code(), "GK-APP-051");
    let town = lose_and_restore(&bed, bed.town.clone(), "town").await;
    assert_eq!(town.release(&admin, "  ").await.unwrap_err().code(), "GK-APP-052");
    town.release(&admin, "the county burnt down").await.unwrap();
    assert!(town.held().is_none());
    let filter = LogFilter { kind: Some("incarnation.open".to_owned()), is_newest_first: true, ..LogFilter::default() };
    let row = town.store().log(&filter).await.unwrap().remove(0);
    assert_eq!(row.operator.as_ref().map(ToString::to_string).as_deref(), Some("211221101/zhang"));
    let entry = town.store().entry(&row.hash).await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&entry.payload.unwrap()).contains("released: the county burnt down"));
    submit(&town, &catalog).await.unwrap();
    town.store().close().await;
    drop(town);
    let town = open(&bed.path("town")).await;
    assert!(town.held().is_none(), "the hold does not come back with a restart");
}
