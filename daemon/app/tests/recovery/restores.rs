//! A known restore: a new incarnation, held until heads were compared or a person answers for it.

use std::fs;

use gongkai_app::{App, CertStanding, HoldReason, SystemChance, SystemClock, restore};
use gongkai_model::digest::Digest;
use gongkai_store::LogFilter;

use crate::{
    bed::{Bed, approve, forks, import, submissions, submit},
    nodes::{CORRECTED, COUNTY, TOWN, WORKBOOK, open, operator, sync},
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

/// The key is stolen while the county's backup is being brought back: its sessions end now, what it signed before is
/// judged by what comes back.
#[tokio::test]
async fn a_held_county_revokes_at_once_and_names_the_good_heads_afterwards() {
    let bed = Bed::new().await;
    let catalog = import(&bed.town, WORKBOOK).await;
    bed.county.backup(&operator(&bed.county, "admin"), &bed.path("backup")).await.unwrap();
    submit(&bed.town, &catalog).await.unwrap();
    sync(&bed.town, &bed.county).await;
    approve(&bed.county, &catalog).await.unwrap();
    sync(&bed.county, &bed.city).await;
    let before = bed.city.load_known(&catalog).await.unwrap().state;
    let county = lose_and_restore(&bed, bed.county.clone(), "county").await;
    let fingerprint = || {
        let cert = bed.city.world().certificate(&bed.town.world().me).unwrap().tls_fingerprint.clone();
        let bytes = [&Digest::of_file(b"").to_bytes()[..1], &hex::decode(cert).unwrap()].concat();
        Digest::from_bytes(&bytes).unwrap()
    };
    let stands = |app: &App| app.world().standing(&bed.town.world().me, &fingerprint(), &[]) == CertStanding::Named;
    assert!(stands(&county));
    county.revoke_node(&operator(&county, "admin"), TOWN, "stolen").await.unwrap();
    assert!(county.held().is_some());
    assert!(!stands(&county), "no session from now on");
    county.store().close().await;
    drop(county);
    let county = open(&bed.path("county")).await;

    sync(&county, &bed.city).await;
    // The township can tell no more: a person says so.
    county.release(&operator(&county, "zhang"), "the township's machine was stolen").await.unwrap();
    let state = |app: &App| {
        let app = app.clone();
        let catalog = catalog.clone();
        async move { app.load_known(&catalog).await.unwrap().state }
    };
    let here = state(&county).await;
    assert_eq!(here.submissions.len(), 1, "what the city brought back of the township's past counts");
    assert_eq!(here.head().unwrap().status, before.head().unwrap().status);
    sync(&county, &bed.city).await;
    assert_eq!(state(&bed.city).await, here, "the city sees the same");
    let filter = LogFilter { kind: Some("key.revoke".to_owned()), ..LogFilter::default() };
    assert_eq!(county.store().log(&filter).await.unwrap().len(), 2, "one for the sessions, one with the heads");
}

/// The township has gone to another county since: it will not come by, and nobody waits for it. It may come back.
#[tokio::test]
async fn a_restored_county_does_not_wait_for_a_township_that_was_moved_away() {
    let bed = Bed::new().await;
    let admin = operator(&bed.city, "admin");
    bed.county.backup(&operator(&bed.county, "admin"), &bed.path("backup")).await.unwrap();
    bed.city.move_division(&admin, TOWN, "211223", false).await.unwrap();
    let county = lose_and_restore(&bed, bed.county.clone(), "county").await;
    let awaited = |app: &App| -> Vec<String> {
        app.held().map_or_else(Vec::new, |held| held.awaited.iter().map(ToString::to_string).collect())
    };
    assert_eq!(awaited(&county), ["211200", TOWN]);
    sync(&county, &bed.city).await;
    assert_eq!(awaited(&county), Vec::<String>::new(), "the order came with the city's heads");
    assert!(county.held().is_none());

    // Restored once more and moved back meanwhile: it is let in while the county is held for it.
    bed.city.move_division(&admin, TOWN, COUNTY, false).await.unwrap();
    sync(&county, &bed.city).await;
    let county = lose_and_restore(&bed, county, "county").await;
    assert_eq!(awaited(&county), ["211200", TOWN]);
    let again = county.invite(&operator(&county, "admin"), TOWN, &["127.0.0.1:1".to_owned()], 60_000).await.unwrap();
    assert!(!again.token.is_empty());
    sync(&bed.town, &county).await;
    sync(&county, &bed.city).await;
    assert!(county.held().is_none());
}
