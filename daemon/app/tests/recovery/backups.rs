//! The file: whole, private, and refused when it is not.

use std::{fs, os::unix::fs::PermissionsExt as _};

use gongkai_app::{CheckState, Operator, Role, SystemChance, SystemClock, restore};

use crate::{
    bed::{Bed, import},
    nodes::{WORKBOOK, open, operator},
};

#[tokio::test]
async fn a_backup_is_one_private_file_and_replaces_none() {
    let bed = Bed::new().await;
    let admin = operator(&bed.town, "admin");
    let file = bed.path("town.backup");
    let clerk = Operator::new(&bed.town.world().me, "clerk", [Role::Clerk]).unwrap();
    assert_eq!(bed.town.backup(&clerk, &file).await.unwrap_err().code(), "GK-APP-002");
    let before = bed.town.doctor(false).await.unwrap();
    assert!(before.checks.iter().any(|check| check.reason.code == "GK-DOCTOR-012"));
    let report = bed.town.backup(&admin, &file).await.unwrap();
    assert_eq!(report.entries, bed.town.store().feed_state().await.unwrap().offset);
    let meta = fs::metadata(&file).unwrap();
    assert_eq!((meta.permissions().mode() & 0o777, meta.len()), (0o600, report.bytes));
    let sum = gongkai_model::digest::Digest::of_file(&fs::read(&file).unwrap()).to_hex();
    assert!(sum.ends_with(&report.sha256), "{sum}");
    assert!(!bed.path(".town.backup.part").exists(), "nothing lies beside it");
    assert_eq!(bed.town.backup(&admin, &file).await.unwrap_err().code(), "GK-APP-053");
    let after = bed.town.doctor(false).await.unwrap();
    let check = after.checks.iter().find(|check| check.name == "backup").unwrap();
    assert_eq!(check.state, CheckState::Ok, "{check:?}");
}

#[tokio::test]
async fn a_damaged_backup_is_refused_by_the_part_and_leaves_nothing() {
    let bed = Bed::new().await;
    import(&bed.town, WORKBOOK).await;
    let file = bed.path("town.backup");
    bed.town.backup(&operator(&bed.town, "admin"), &file).await.unwrap();
    let good = fs::read(&file).unwrap();
    let dir = bed.path("back");
    // The database is the largest part by far: the middle of the file is inside it.
    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let short = good[..good.len() - 100].to_vec();
    for (name, bytes, part) in [("flipped", flipped, "gongkai.db"), ("short", short, "archive")] {
        let bad = bed.path(name);
        fs::write(&bad, bytes).unwrap();
        let refused = restore(&bad, &dir, &SystemClock, &SystemChance).await.unwrap_err();
        assert_eq!(refused.code(), "GK-APP-054", "{refused}");
        assert!(refused.to_string().contains(part), "{refused}");
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 0, "nothing stays behind of {name}");
    }
    restore(&file, &dir, &SystemClock, &SystemChance).await.unwrap();
}

#[tokio::test]
async fn a_directory_that_holds_something_is_refused_and_untouched() {
    let bed = Bed::new().await;
    let file = bed.path("town.backup");
    bed.town.backup(&operator(&bed.town, "admin"), &file).await.unwrap();
    for (dir, found) in [(bed.path("county"), ""), (bed.path("letters"), "letter.txt")] {
        fs::create_dir_all(&dir).unwrap();
        if !found.is_empty() {
            fs::write(dir.join(found), "x").unwrap();
        }
        let names = || fs::read_dir(&dir).unwrap().count();
        let before = names();
        let refused = restore(&file, &dir, &SystemClock, &SystemChance).await.unwrap_err();
        assert_eq!(refused.code(), "GK-APP-056");
        assert!(refused.to_string().contains(found), "{refused}");
        assert_eq!(names(), before);
    }
}

#[tokio::test]
async fn one_restore_at_a_time_works_in_a_directory() {
    let bed = Bed::new().await;
    let file = bed.path("town.backup");
    bed.town.backup(&operator(&bed.town, "admin"), &file).await.unwrap();
    let dir = bed.path("twice");
    fs::create_dir(&dir).unwrap();
    let other = fs::File::open(&dir).unwrap();
    other.try_lock().unwrap();
    let refused = restore(&file, &dir, &SystemClock, &SystemChance).await.unwrap_err();
    assert_eq!(refused.code(), "GK-APP-058");
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 0, "the other one is not disturbed");
    drop(other);
    let both = tokio::join!(
        restore(&file, &dir, &SystemClock, &SystemChance),
        restore(&file, &dir, &SystemClock, &SystemChance)
    );
    let codes: Vec<&str> =
        [&both.0, &both.1].into_iter().filter_map(|one| one.as_ref().err()).map(|it| it.code()).collect();
    assert_eq!(codes, ["GK-APP-058"], "one of them brings the node back");
    open(&dir).await;
}

/// Every state that a crash can leave: while unpacking, and after each of the moves.
#[tokio::test]
async fn a_restore_cut_off_anywhere_is_no_node_and_can_be_repeated() {
    let bed = Bed::new().await;
    let file = bed.path("town.backup");
    bed.town.backup(&operator(&bed.town, "admin"), &file).await.unwrap();
    for moved in 0..=2 {
        let dir = bed.path(&format!("cut-{moved}"));
        restore(&file, &dir, &SystemClock, &SystemChance).await.unwrap();
        let aside = dir.join("restore.part");
        fs::create_dir(&aside).unwrap();
        // Back to the moment at which only the first names had been moved up.
        let names = ["pki", "gongkai.db", "node.json"];
        for name in &names[moved..] {
            fs::rename(dir.join(name), aside.join(name)).unwrap();
        }
        let refused = gongkai_store::Store::open(&dir).await.unwrap_err();
        assert_eq!(refused.code(), "GK-STORE-010", "after {moved} moves");
        restore(&file, &dir, &SystemClock, &SystemChance).await.unwrap();
        let store = gongkai_store::Store::open(&dir).await.unwrap();
        assert!(!aside.exists());
        store.close().await;
    }
}
