//! A crash at every point between rendering and renaming, and lost directories.

use std::fs;

use gongkai_app::verify;

use crate::bed::{BUDGETS, Bed, ECOLOGY, files};

#[tokio::test]
async fn a_directory_beside_without_an_entry_is_removed() {
    let bed = Bed::new().await;
    bed.approved(BUDGETS).await;
    let beside = bed.editions().join("edition-1.partial");
    fs::create_dir_all(&beside).unwrap();
    fs::write(beside.join("index.html"), "half").unwrap();
    let bed = bed.restarted().await;
    assert_eq!(bed.app.complete_editions(&bed.editions()).await.unwrap(), [0_u64; 0]);
    assert!(!beside.exists());
    assert_eq!(bed.publish().await.number, 1, "the number was never used");
}

#[tokio::test]
async fn a_committed_edition_is_renamed_after_a_crash_before_the_rename() {
    let bed = Bed::new().await;
    bed.approved(BUDGETS).await;
    let edition = bed.publish().await;
    let before = files(&edition.directory);
    fs::rename(&edition.directory, bed.editions().join("edition-1.partial")).unwrap();
    let bed = bed.restarted().await;
    bed.app.complete_editions(&bed.editions()).await.unwrap();
    assert_eq!(files(&edition.directory), before);
}

#[tokio::test]
async fn lost_directories_are_made_again_byte_for_byte_whatever_came_since() {
    let bed = Bed::new().await;
    let budgets = bed.approved(BUDGETS).await;
    bed.publish().await;
    let ecology = bed.approved(ECOLOGY).await;
    bed.publish().await;
    let before = [files(&bed.edition_dir(1)), files(&bed.edition_dir(2))];
    for catalog in [&budgets, &ecology] {
        bed.change(catalog, |index, item| item.content.push_str(if index == 1 { "（修订）" } else { "" })).await;
        bed.submit(catalog).await;
        bed.approve(catalog).await;
    }
    bed.enrol("211221").await;
    fs::remove_dir_all(bed.edition_dir(1)).unwrap();
    fs::remove_dir_all(bed.edition_dir(2)).unwrap();

    let bed = bed.restarted().await;
    assert_eq!(bed.app.complete_editions(&bed.editions()).await.unwrap(), [1, 2]);
    assert_eq!(files(&bed.edition_dir(1)), before[0]);
    assert_eq!(files(&bed.edition_dir(2)), before[1]);
    verify(&bed.edition_dir(2), None).unwrap();
    assert_eq!(bed.app.complete_editions(&bed.editions()).await.unwrap(), [0_u64; 0]);

    fs::remove_dir_all(bed.edition_dir(2)).unwrap();
    let third = bed.publish().await;
    assert_eq!(third.number, 3);
    assert!(bed.edition_dir(2).exists(), "the edition before is made again first");
}

#[tokio::test]
async fn a_caller_that_hangs_up_leaves_a_whole_edition() {
    let bed = Bed::new().await;
    bed.approved(BUDGETS).await;
    let publisher = bed.operator("publisher", &[gongkai_app::Role::Publisher]);
    let run = bed.app.run_edition(&publisher, String::new(), false, bed.editions());
    let hung_up = tokio::select! {
        biased;
        _ = run => false,
        () = tokio::task::yield_now() => true,
    };
    assert!(hung_up, "the call was still under way");
    let next = bed.publish().await;
    assert!(next.is_unchanged, "the one begun was finished first");
    assert_eq!(verify(&next.directory, None).unwrap().edition, 1);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_refuses_and_uses_no_number() {
    let bed = Bed::new().await;
    bed.approved(BUDGETS).await;
    fs::write(bed.editions(), "a file in the way").unwrap();
    let publisher = bed.operator("publisher", &[gongkai_app::Role::Publisher]);
    let refused = bed.app.run_edition(&publisher, String::new(), false, bed.editions()).await.unwrap_err();
    assert_eq!(refused.code(), "GK-PUB-001", "{refused}");
    fs::remove_file(bed.editions()).unwrap();
    assert!(bed.app.editions(&bed.editions()).await.unwrap().is_empty());
    assert_eq!(bed.publish().await.number, 1);
}
