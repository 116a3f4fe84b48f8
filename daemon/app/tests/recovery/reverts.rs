//! A silent revert: the machine's snapshot is put back and nobody says so.

use std::fs;

use gongkai_app::{App, HoldReason};
use gongkai_journal::{Entry, kind::Kind};
use gongkai_store::Arrival;
use gongkai_sync::{admit::Occasion, message::Carried, rewind::Own};

use crate::{
    bed::{Bed, approve, forks, import, snapshot, submissions, submit},
    nodes::{CORRECTED, COUNTY, WORKBOOK, id, open, sync},
};

/// Puts the snapshot of a node back, as a hypervisor would.
async fn revert(bed: &Bed, app: App, name: &str) -> App {
    app.store().close().await;
    drop(app);
    fs::remove_dir_all(bed.path(name)).unwrap();
    snapshot(&bed.path("snapshot"), &bed.path(name));
    open(&bed.path(name)).await
}

async fn reopened(bed: &Bed, app: &App, name: &str) -> App {
    app.store().close().await;
    snapshot(&bed.path(name), &bed.path("snapshot"));
    open(&bed.path(name)).await
}

#[tokio::test]
async fn a_reverted_township_notices_drains_and_goes_on_as_another_without_a_fork() {
    let bed = Bed::new().await;
    let catalog = import(&bed.town, WORKBOOK).await;
    let town = reopened(&bed, &bed.town, "town").await;
    submit(&town, &catalog).await.unwrap();
    sync(&town, &bed.county).await;
    let old = town.store().identity().incarnation;
    let town = revert(&bed, town, "town").await;
    assert!(town.held().is_none(), "it cannot know");
    assert_eq!(town.store().identity().incarnation, old);

    sync(&town, &bed.county).await;
    assert_eq!(submissions(&town, &catalog).await, 1);
    assert!(town.held().is_none(), "heads were compared with the only peer");
    assert_ne!(town.store().identity().incarnation, old, "it goes on as another author");
    import(&town, CORRECTED).await;
    submit(&town, &catalog).await.unwrap();
    sync(&town, &bed.county).await;
    assert_eq!(submissions(&bed.county, &catalog).await, 2);
    assert_eq!(forks(&town).await + forks(&bed.county).await, 0);
}

#[tokio::test]
async fn a_reverted_county_confirms_nothing_twice_and_waits_for_all_its_peers() {
    let bed = Bed::new().await;
    let catalog = import(&bed.town, WORKBOOK).await;
    let county = reopened(&bed, &bed.county, "county").await;
    submit(&bed.town, &catalog).await.unwrap();
    sync(&bed.town, &county).await;
    approve(&county, &catalog).await.unwrap();
    sync(&bed.town, &county).await;
    let county = revert(&bed, county, "county").await;

    sync(&bed.town, &county).await;
    let held = county.held().unwrap();
    assert_eq!((held.reason, held.renews), (HoldReason::Rewound, true));
    assert_eq!(held.awaited.iter().map(ToString::to_string).collect::<Vec<_>>(), ["211200"]);
    let state = county.load_known(&catalog).await.unwrap().state;
    assert_eq!(state.head().unwrap().receipts.len(), 1);
    sync(&county, &bed.city).await;
    assert!(county.held().is_none());
    sync(&bed.town, &county).await;
    assert_eq!(forks(&county).await + forks(&bed.town).await + forks(&bed.city).await, 0);
    assert_eq!(county.load_known(&catalog).await.unwrap().state, state, "no second receipt");
}

/// The proof is stored, and the machine is switched off before anything follows from it.
#[tokio::test]
async fn a_township_that_stops_right_after_it_was_shown_that_it_fell_back_is_held_when_it_starts() {
    let bed = Bed::new().await;
    let catalog = import(&bed.town, WORKBOOK).await;
    let town = reopened(&bed, &bed.town, "town").await;
    submit(&town, &catalog).await.unwrap();
    sync(&town, &bed.county).await;
    let lost = town.store().entries_after(0, 10_000).await.unwrap();
    let lost = lost.into_iter().map(|placed| placed.entry).filter(|entry| entry.header.kind == Kind::Submission);
    let lost: Vec<Entry> = lost.collect();
    let key_id = lost[0].header.key_id.clone();
    let lost: Vec<Carried> = lost.into_iter().map(|entry| Carried::Whole(Box::new(entry))).collect();
    let town = revert(&bed, town, "town").await;
    let own = Own { key_id, author: town.store().identity().author(), awaits_its_past: false };
    let arrival = Arrival {
        peer: id(COUNTY),
        entries: lost,
        occasion: Occasion::Answer,
        advance: None,
        answered: None,
        own: Some(own),
        now_ms: 1,
    };
    let taken = town.store().apply(arrival, &town.world().trust, &|_| None).await.unwrap();
    assert_eq!(taken.appended.len(), 1);
    town.store().close().await;
    drop(town);

    let town = open(&bed.path("town")).await;
    let held = town.held().expect("the proof was kept");
    assert_eq!((held.reason, held.renews), (HoldReason::Rewound, true));
    sync(&town, &bed.county).await;
    assert!(town.held().is_none());
    town.store().close().await;
    drop(town);
    assert!(open(&bed.path("town")).await.held().is_none(), "it is proof once");
}

/// What it said between the revert and the next session is a fork; both branches stay, and it goes on.
#[tokio::test]
async fn a_reverted_township_that_acted_at_once_keeps_both_branches_and_goes_on() {
    let bed = Bed::new().await;
    let catalog = import(&bed.town, WORKBOOK).await;
    let town = reopened(&bed, &bed.town, "town").await;
    submit(&town, &catalog).await.unwrap();
    sync(&town, &bed.county).await;
    let town = revert(&bed, town, "town").await;
    import(&town, CORRECTED).await;
    submit(&town, &catalog).await.unwrap();

    sync(&town, &bed.county).await;
    for app in [&town, &bed.county] {
        assert_eq!(forks(app).await, 1, "both branches are kept");
        assert_eq!(submissions(app, &catalog).await, 2, "and both count");
    }
    assert!(town.held().is_none());
    sync(&town, &bed.county).await;
    let one = town.load_known(&catalog).await.unwrap();
    let two = bed.county.load_known(&catalog).await.unwrap();
    assert_eq!(one.state, two.state);
    assert!(one.summary(None).is_in_conflict, "the owner is shown that he said two things");
}

/// A peer that claims what it cannot show delays this node for the length of one session.
#[tokio::test]
async fn a_claim_that_nothing_follows_ends_with_the_session_and_changes_no_incarnation() {
    let bed = Bed::new().await;
    import(&bed.town, WORKBOOK).await;
    // Drafts never leave the node: the county took the feed up to here, and nothing of it can come back.
    let town = reopened(&bed, &bed.town, "town").await;
    import(&town, CORRECTED).await;
    sync(&town, &bed.county).await;
    let old = town.store().identity().incarnation;
    let town = revert(&bed, town, "town").await;
    sync(&town, &bed.county).await;
    assert!(town.held().is_none());
    assert_eq!(town.store().identity().incarnation, old);
}
