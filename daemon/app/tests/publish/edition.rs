//! What goes into an edition, what stays out, and what is said about it.

use gongkai_app::{Change, Role, verify};

use crate::bed::{BUDGETS, Bed, ECOLOGY};

#[tokio::test]
async fn an_edition_holds_what_is_approved_and_says_what_is_missing() {
    let bed = Bed::new().await;
    let publisher = bed.operator("publisher", &[Role::Publisher]);
    let nothing = bed.app.run_edition(&publisher, String::new(), false, bed.editions()).await.unwrap_err();
    assert_eq!(nothing.code(), "GK-APP-031");
    let budgets = bed.approved(BUDGETS).await;
    let ecology = bed.import_sample(ECOLOGY).await;
    bed.submit(&ecology).await;
    bed.enrol("211221").await;

    let preview = bed.app.preview_edition().await.unwrap();
    assert_eq!((preview.number, preview.previous, preview.items, preview.is_unchanged), (1, 0, 15, false));
    let missing: Vec<_> = preview.missing.iter().map(|m| (m.name(), m.state.clone(), m.reason.code.clone())).collect();
    assert_eq!(
        missing,
        [
            (ecology.to_string(), "submitted".to_owned(), "GK-EDITION-014".to_owned()),
            ("211221".to_owned(), "none".to_owned(), "GK-EDITION-011".to_owned()),
        ]
    );
    let refused = bed.app.run_edition(&publisher, String::new(), true, bed.editions()).await.unwrap_err();
    assert_eq!(refused.code(), "GK-APP-030");
    let clerk = bed.operator("clerk", &[Role::Clerk]);
    let refused = bed.app.run_edition(&clerk, String::new(), false, bed.editions()).await.unwrap_err();
    assert_eq!(refused.code(), "GK-APP-002");

    let edition = bed.publish().await;
    assert_eq!((edition.number, edition.catalogs, edition.items, edition.missing.len()), (1, 1, 15, 2));
    let key = gongkai_pki::EntryKey::load(&gongkai_pki::PkiDir::open(bed.app.dir()).unwrap()).unwrap();
    let verified = verify(&edition.directory, Some(&key.public_key())).unwrap();
    assert_eq!((verified.edition, verified.items, verified.edition_root), (1, 15, edition.manifest_root));
    let data = edition.directory.join(format!("data/{budgets}.json"));
    let data = std::fs::read_to_string(data).unwrap();
    assert!(data.contains("辽财预〔2026〕7号") && data.contains("辽宁省财政厅"), "{data}");
    assert!(!edition.directory.with_file_name("edition-1.partial").exists());
}

#[tokio::test]
async fn one_changed_item_makes_the_next_edition_and_nothing_changed_makes_none() {
    let bed = Bed::new().await;
    let budgets = bed.approved(BUDGETS).await;
    let first = bed.publish().await;
    let again = bed.publish().await;
    assert!(again.is_unchanged);
    assert_eq!((again.number, again.items, again.manifest_root), (1, 15, first.manifest_root));
    assert!(bed.app.preview_edition().await.unwrap().is_unchanged);
    bed.change(&budgets, |index, item| {
        if index == 3 {
            item.content.push_str("\n决算公开说明");
        }
    })
    .await;
    assert!(bed.publish().await.is_unchanged, "a draft publishes nothing");
    bed.submit(&budgets).await;
    assert!(bed.publish().await.is_unchanged, "a running review publishes nothing and unpublishes nothing");
    bed.approve(&budgets).await;
    let preview = bed.app.preview_edition().await.unwrap();
    let line = &preview.catalogs[0];
    assert_eq!((line.change, line.items, line.items_changed), (Change::Changed, 15, 1));
    let ecology = bed.approved(ECOLOGY).await;

    let second = bed.publish().await;
    assert_eq!((second.number, second.catalogs, second.items, second.is_unchanged), (2, 2, 33, false));
    let totals = second.difference.clone().unwrap().totals();
    assert_eq!((totals.added, totals.changed, totals.removed), (18, 1, 0));
    assert_eq!(verify(&second.directory, None).unwrap().edition, 2);
    let difference = bed.app.difference(0, 0, &bed.editions()).await.unwrap();
    assert_eq!((difference.from, difference.to, difference.catalogs.len()), (1, 2, 2));
    let changed = difference.catalogs.iter().find(|one| one.catalog == budgets).unwrap();
    assert_eq!((changed.change, changed.items.len()), (Change::Changed, 1));
    assert_eq!(
        (changed.items[0].change, changed.items[0].fields.as_slice()),
        (Change::Changed, &["content".to_owned()][..])
    );
    let added = difference.catalogs.iter().find(|one| one.catalog == ecology).unwrap();
    assert_eq!((added.change, added.items.len()), (Change::Added, 18));
    assert_eq!(bed.app.difference(9, 0, &bed.editions()).await.unwrap_err().code(), "GK-APP-032");
}

#[tokio::test]
async fn a_revoked_approval_falls_back_and_a_correcting_edition_may_be_empty() {
    let bed = Bed::new().await;
    let budgets = bed.import_sample(BUDGETS).await;
    bed.submit(&budgets).await;
    let first = bed.approve(&budgets).await;
    bed.publish().await;
    bed.change(&budgets, |index, item| item.content.push_str(if index == 0 { "！" } else { "" })).await;
    bed.submit(&budgets).await;
    let second = bed.approve(&budgets).await;
    bed.publish().await;
    let reviewer = bed.operator("reviewer", &[Role::Reviewer]);
    bed.app.revoke(&reviewer, &budgets, second, "有误".to_owned()).await.unwrap();
    let third = bed.publish().await;
    assert_eq!((third.number, third.catalogs), (3, 1));
    let one_to_three = bed.app.difference(1, 3, &bed.editions()).await.unwrap();
    assert_eq!(one_to_three.catalogs, [], "the one before stands again");
    bed.app.revoke(&reviewer, &budgets, first, "有误".to_owned()).await.unwrap();
    let fourth = bed.publish().await;
    assert_eq!((fourth.number, fourth.catalogs, fourth.items), (4, 0, 0));
    assert_eq!(fourth.missing[0].state, "revoked");
    assert_eq!(verify(&fourth.directory, None).unwrap().items, 0);
    assert!(verify(&bed.edition_dir(1), None).is_ok(), "published editions stay");
}

#[tokio::test]
async fn personal_information_keeps_a_catalog_out() {
    let bed = Bed::new().await;
    bed.approved(ECOLOGY).await;
    let budgets = bed.import_sample(BUDGETS).await;
    bed.change(&budgets, |index, item| {
        if index == 2 {
            item.content.push_str("\n咨询电话：13800001234");
        }
    })
    .await;
    bed.submit(&budgets).await;
    bed.approve(&budgets).await;
    let preview = bed.app.preview_edition().await.unwrap();
    assert_eq!((preview.catalogs_held, preview.blocked.len(), preview.missing.len()), (1, 1, 1));
    let finding = &preview.blocked[0].findings[0];
    assert_eq!((finding.code(), finding.field.as_str()), ("GK-PRIVACY-002", "content"));
    assert!(finding.message.contains("138******34"), "{}", finding.message);
    assert_eq!(preview.missing[0].reason.code, "GK-EDITION-019");
    assert!(!format!("{:?}", preview.missing).contains("13800001234"), "the number is not repeated");
    let edition = bed.publish().await;
    assert_eq!((edition.catalogs, edition.blocked.len()), (1, 1));
    assert!(!edition.directory.join(format!("data/{budgets}.json")).exists());
}
