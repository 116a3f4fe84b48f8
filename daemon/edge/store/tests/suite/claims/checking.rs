//! Claims about checking and erasing.

use std::{collections::BTreeSet, sync::Mutex};

use gongkai_journal::Entry;
use gongkai_sync::{admit::Occasion, message::Carried, want::Why};

use crate::bed::{Bed, chain, draft, id, stream};

pub(crate) async fn a_whole_journal_has_no_problems(bed: &Bed) {
    let k = bed.node("k").await;
    let trunk = chain(&stream("t1", "t1"), None, 600, "e");
    k.receive("t1", &trunk).await;
    k.receive("t1", &chain(&stream("t1", "t1"), Some(&trunk[300]), 5, "other")).await;
    k.write(vec![draft("k", "a")]).await;
    let heard = Mutex::new(Vec::new());
    let found = k.store.verify_chain(&|done, total| heard.lock().unwrap().push((done, total))).await.unwrap();
    assert_eq!((found.entries, found.problems), (606, vec![]));
    assert_eq!(heard.into_inner().unwrap(), [(500, 606), (606, 606)]);
}

pub(crate) async fn an_erased_payload_is_gone_and_the_chain_stands(bed: &Bed) {
    let k = bed.node("k").await;
    let secret = "21 1221 19700101 0011 贫困户";
    let written = k.write(vec![draft("k", "a"), draft("k", secret), draft("k", "erase")]).await;
    let gone = written[1].hash();
    assert!(k.store.erase_payload(&gone, &written[2].hash(), "k").await.unwrap());
    assert!(!k.store.erase_payload(&gone, &written[2].hash(), "k").await.unwrap());
    assert_eq!(k.store.entry(&gone).await.unwrap().unwrap().payload, None);
    let found = k.store.verify_chain(&|_, _| {}).await.unwrap();
    assert_eq!((found.without_payload, found.problems), (1, vec![]));
    let log = k.store.log(&Default::default()).await.unwrap();
    assert_eq!(log[1].erased_by, Some(written[2].hash()));
    // No file of the directory holds the bytes any more.
    for file in std::fs::read_dir(&k.dir).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }
    // A node that never had it takes the entry without its payload.
    let c = bed.node("c").await;
    bed.pull(&k, &c).await;
    assert_eq!(c.store.entry(&gone).await.unwrap().unwrap().payload, None);
    c.assert_whole().await;
    // It wants the payload, until it has read for itself that it was erased.
    let wants = c.store.wants(&k.id).await.unwrap();
    assert_eq!(wants.iter().map(|row| (row.want.tip.hash, row.want.why)).collect::<Vec<_>>(), [(gone, Why::Bare)]);
    assert!(!c.store.erase_payload(&gone, &written[2].hash(), "k").await.unwrap());
    assert_eq!(c.store.wants(&k.id).await.unwrap(), []);
}

pub(crate) async fn a_payload_that_was_left_out_is_filled_when_it_comes(bed: &Bed) {
    let (k, c) = (bed.node("k").await, bed.node("c").await);
    let written = k.write(vec![draft("k", "a"), draft("k", "b"), draft("k", "c")]).await;
    let bare = |entry: &Entry| Carried::Whole(Box::new(entry.without_payload()));
    let whole = |entry: &Entry| Carried::Whole(Box::new(entry.clone()));
    c.take(&k.id, written.iter().map(bare).collect(), Occasion::Answer, None, None).await;
    assert_eq!(c.store.wants(&k.id).await.unwrap().len(), 3);
    // Another payload than the header names is not taken for it.
    let mut other = written[1].clone();
    other.payload = Some(b"x".to_vec());
    let taken = c.take(&k.id, vec![whole(&other)], Occasion::Answer, None, None).await;
    assert_eq!((taken.filled.len(), c.store.wants(&k.id).await.unwrap().len()), (0, 3));
    let taken = c.take(&k.id, written.iter().map(whole).collect(), Occasion::Answer, None, None).await;
    assert_eq!((taken.filled.len(), taken.appended.len()), (3, 0));
    assert_eq!(c.store.wants(&k.id).await.unwrap(), []);
    assert_eq!(c.store.entry(&written[1].hash()).await.unwrap().unwrap(), written[1]);
    c.assert_whole().await;
}

/// No comparison of heads would find again that it is lacking.
pub(crate) async fn a_payload_that_was_left_out_is_asked_of_others_when_its_link_ends(bed: &Bed) {
    let (k, t) = (bed.node("k").await, bed.node("t1").await);
    let written = k.write(vec![draft("t1", "a"), draft("t1", "b")]).await;
    let bare = |entry: &Entry| Carried::Whole(Box::new(entry.without_payload()));
    t.take(&k.id, vec![bare(&written[0])], Occasion::Answer, None, None).await;
    t.take(&id("c"), vec![bare(&written[1])], Occasion::Answer, None, None).await;
    t.store.remove_peer(&k.id).await.unwrap();
    t.store.drop_wants_of(&id("c")).await.unwrap();
    assert_eq!(t.store.wants(&k.id).await.unwrap(), []);
    let of_anyone = t.store.wants_of_anyone().await.unwrap();
    assert_eq!(of_anyone.len(), 2);
    let page = async |takes: bool| t.store.wants_page(&id("t2"), &BTreeSet::new(), 9, &|_| takes).await.unwrap();
    assert_eq!(page(true).await, (of_anyone, false), "whoever may have it is asked");
    assert_eq!(page(false).await, (vec![], false), "and nobody learns of what is none of his business");
    let whole = written.iter().map(|entry| Carried::Whole(Box::new(entry.clone()))).collect();
    assert_eq!(t.take(&id("t2"), whole, Occasion::Answer, None, None).await.filled.len(), 2);
    assert_eq!(t.store.wants_of_anyone().await.unwrap(), []);
}
