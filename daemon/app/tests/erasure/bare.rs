//! A relay that leaves a payload out: nothing is taken for erased on its word.

use gongkai_journal::kind::Kind;
use gongkai_sync::message::{Carried, Message};

use crate::{Tree, bed};

/// The message without the payloads of submissions.
fn stripped(message: Message) -> Message {
    let bare = |carried: Carried| match carried {
        Carried::Whole(entry) if entry.header.kind == Kind::Submission => {
            Carried::Whole(Box::new(entry.without_payload()))
        }
        other => other,
    };
    match message {
        Message::Batch(mut batch) => {
            batch.entries = batch.entries.into_iter().map(bare).collect();
            Message::Batch(batch)
        }
        Message::Wanted { request, entries, is_complete } => {
            let strip = |entry: gongkai_journal::Entry| {
                if entry.header.kind == Kind::Submission { entry.without_payload() } else { entry }
            };
            Message::Wanted { request, entries: entries.into_iter().map(strip).collect(), is_complete }
        }
        other => other,
    }
}

#[tokio::test]
async fn what_a_relay_leaves_out_is_wanted_until_it_comes() {
    let tree = Tree::new().await;
    bed::sync(&tree.town, &tree.county).await;
    bed::sync_through(&tree.county, &tree.city, stripped).await;
    let county = tree.county.world().me.clone();
    assert!(tree.load(&tree.city).await.head_revision().is_none(), "nothing is made up");
    assert_eq!(tree.city.store().lacking(&county).await.unwrap().entries, 1, "it lacks, and that is said");
    bed::sync_through(&tree.county, &tree.city, stripped).await;
    assert_eq!(tree.city.store().lacking(&county).await.unwrap().entries, 1, "asked again in vain, and still wanted");

    bed::sync(&tree.county, &tree.city).await;
    let (town, city) = (tree.load(&tree.town).await, tree.load(&tree.city).await);
    assert_eq!(city.head_revision().map(|it| it.digest()), town.head_revision().map(|it| it.digest()));
    assert_eq!(tree.city.store().lacking(&county).await.unwrap().entries, 0);
    let rows = tree.city.catalog_rows().await.unwrap();
    assert!(rows.iter().any(|row| row.summary.catalog == tree.catalog && row.summary.items > 0), "and it is listed");
    assert_eq!(tree.city.store().verify_chain(&|_, _| {}).await.unwrap().problems, vec![]);
}
