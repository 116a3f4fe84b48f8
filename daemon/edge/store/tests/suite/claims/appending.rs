//! Claims about writing one's own entries.

use gongkai_journal::{Reach, kind::Kind};
use gongkai_store::{Body, Draft, Guard};

use crate::bed::{Bed, draft, id};

pub(crate) async fn entries_follow_their_heads_and_the_feed_is_gap_free(bed: &Bed) {
    let t1 = bed.node("t1").await;
    let mut private = draft("t1", "draft");
    private.reach = Reach::SelfOnly;
    let first = t1.write(vec![draft("t1", "a"), private, draft("t1", "b")]).await;
    let second = t1.write(vec![draft("t1", "c")]).await;

    let seqs: Vec<u64> = first.iter().chain(&second).map(|entry| entry.header.seq).collect();
    assert_eq!(seqs, [1, 1, 2, 3]);
    assert_eq!(second[0].header.previous, Some(first[2].hash()));
    for (entry, feed) in first.iter().chain(&second).zip(1..) {
        assert_eq!(t1.store.feed_of(&entry.hash()).await.unwrap(), Some(feed));
        assert_eq!(t1.store.entry(&entry.hash()).await.unwrap().as_ref(), Some(entry));
    }
    t1.assert_whole().await;
}

pub(crate) async fn a_submission_names_the_batches_of_its_own_append(bed: &Bed) {
    let t1 = bed.node("t1").await;
    let names = |hashes: &[gongkai_journal::EntryHash]| {
        let names: Vec<String> = hashes.iter().map(ToString::to_string).collect();
        names.join(" ").into_bytes()
    };
    let mut submission = Draft::of(Kind::Submission, id("t1"), Vec::new());
    submission.payload = Body::Made(Box::new(names));
    let batch = |payload: &str| Draft::of(Kind::ItemBatch, id("t1"), payload.as_bytes().to_vec());
    let written = t1.write(vec![batch("1"), batch("2"), submission]).await;
    let expected = format!("{} {}", written[0].hash(), written[1].hash());
    assert_eq!(written[2].payload, Some(expected.into_bytes()));
}

pub(crate) async fn concurrent_appends_leave_no_gap_and_no_fork(bed: &Bed) {
    let t1 = bed.node("t1").await;
    let writers = (0..8).map(|writer| {
        let t1 = &t1;
        async move {
            for number in 0..10 {
                t1.write(vec![draft("t1", &format!("{writer}-{number}")), draft("k", "x")]).await;
            }
        }
    });
    futures::future::join_all(writers).await;
    assert_eq!(t1.store.feed_state().await.unwrap().offset, 160);
    let heads = t1.store.heads(&bed.route("c")).await.unwrap();
    assert!(heads.iter().all(|head| head.tips.len() == 1 && head.tips[0].seq == 80), "{heads:?}");
    t1.assert_whole().await;
}

pub(crate) async fn a_guard_refuses_what_was_decided_on_an_old_row(bed: &Bed) {
    let t1 = bed.node("t1").await;
    let row = |value: &str| vec![("review".to_owned(), "t1/x".to_owned(), Some(value.to_owned()))];
    let guard = |feed| Guard { kind: "review".to_owned(), key: "t1/x".to_owned(), feed };
    let append = |feed| t1.store.append_guarded(guard(feed), vec![draft("t1", "decision")], &t1.author, &t1.signer, 1);
    append(None).await.unwrap();
    t1.store.put_projections(row("{}"), 1).await.unwrap();
    assert_eq!(append(None).await.unwrap_err().code(), "GK-STORE-020");
    append(Some(1)).await.unwrap();
    t1.store.put_projections(row("{1}"), 2).await.unwrap();
    assert_eq!(append(Some(1)).await.unwrap_err().code(), "GK-STORE-020");
    assert_eq!(t1.store.feed_state().await.unwrap().offset, 2);
}

pub(crate) async fn a_refused_draft_leaves_nothing(bed: &Bed) {
    let t1 = bed.node("t1").await;
    let mut nameless = draft("t1", "b");
    nameless.kind = String::new();
    let mut large = draft("t1", "");
    large.payload = Body::Bytes(vec![0; gongkai_journal::header::PAYLOAD_BYTES_MAX + 1]);
    for bad in [nameless, large] {
        let refused = t1.store.append(vec![draft("t1", "a"), bad], &t1.author, &t1.signer, 1).await;
        assert_eq!(refused.unwrap_err().code(), "GK-STORE-022");
    }
    assert_eq!(t1.store.feed_state().await.unwrap().offset, 0);
    assert_eq!(t1.write(vec![draft("t1", "a")]).await[0].header.seq, 1);
}

pub(crate) async fn watchers_hear_of_each_commit(bed: &Bed) {
    let t1 = bed.node("t1").await;
    let mut watch = t1.store.watch();
    assert_eq!(*watch.borrow_and_update(), 0);
    t1.write(vec![draft("t1", "a"), draft("t1", "b")]).await;
    assert!(watch.has_changed().unwrap());
    assert_eq!(*watch.borrow_and_update(), 2);
    t1.store.put_meta("x", "y").await.unwrap();
    assert!(!watch.has_changed().unwrap());
}

pub(crate) async fn a_thousand_entries_are_one_append(bed: &Bed) {
    let t1 = bed.node("t1").await;
    let drafts = (0..1_003).map(|number| draft(if number % 3 == 0 { "k" } else { "t1" }, &format!("{number}")));
    let written = t1.write(drafts.collect()).await;
    assert_eq!(t1.all().await, crate::bed::hashes(&written));
    t1.assert_whole().await;
}
