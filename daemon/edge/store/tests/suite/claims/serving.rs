//! Claims about reading for a peer.

use gongkai_journal::{Entry, Lane, Reach, StreamKey};
use gongkai_store::Draft;
use gongkai_sync::want::Tip;

use crate::bed::{Bed, author, chain, draft, entry, hashes, id, stream, tip};

pub(crate) async fn a_part_of_the_feed_ends_where_its_limits_say(bed: &Bed) {
    let t1 = bed.node("t1").await;
    let written = t1.write((0..10).map(|number| draft("t1", &format!("{number}"))).collect()).await;
    let size = written[5].wire_bytes();
    let route = bed.route("k");
    let read = async |after, count, bytes| {
        let part = t1.store.read_feed(after, &route, &id("k"), count, bytes).await.unwrap();
        assert_eq!(t1.store.feed_hash_at(part.to_offset).await.unwrap(), Some(part.to_hash));
        (part.entries.len(), part.to_offset, part.at_end)
    };
    assert_eq!(read(0, 4, usize::MAX).await, (4, 4, false));
    assert_eq!(read(4, 100, size * 3).await, (3, 7, false));
    assert_eq!(read(7, 100, 1).await, (1, 8, false), "one entry goes however large");
    assert_eq!(read(8, 0, 10 * size).await, (1, 9, false));
    assert_eq!(read(8, 2, 10 * size).await, (2, 10, true));
    assert_eq!(read(10, 2, 10 * size).await, (0, 10, true));
    // What the route does not take is passed over, up to the end.
    let part = t1.store.read_feed(0, &bed.route("t2"), &id("t2"), 5, 1_000).await.unwrap();
    assert_eq!((part.entries.len(), part.to_offset, part.at_end), (0, 10, true));
}

pub(crate) async fn routes_filter_parts_counts_and_heads_alike(bed: &Bed) {
    let k = bed.node("k").await;
    let write = |about: &str, reach: Reach| Draft { reach, ..draft(about, "x") };
    k.write(vec![
        write("k", Reach::SelfOnly),
        write("k", Reach::Path),
        write("k", Reach::Subtree),
        write("t1", Reach::Path),
        write("t2", Reach::Path),
        write("t2", Reach::Subtree),
    ])
    .await;
    for (peer, expected) in [("t1", 2), ("t2", 3), ("c", 5), ("b", 0)] {
        let route = bed.route(peer);
        let part = k.store.read_feed(0, &route, &id(peer), 100, usize::MAX).await.unwrap();
        assert_eq!(part.entries.len(), expected, "{peer}");
        assert_eq!(k.store.count_routed(0, &route).await.unwrap(), expected as u64, "{peer}");
        assert_eq!(k.store.heads(&route).await.unwrap().len(), expected, "{peer}");
    }
    assert_eq!(k.store.count_routed(3, &bed.route("t2")).await.unwrap(), 2);
    assert_eq!(k.store.count_routed(u64::MAX, &bed.route("t2")).await.unwrap(), 0);
}

pub(crate) async fn a_want_is_served_behind_the_highest_common_sample(bed: &Bed) {
    let (k, c) = (bed.node("k").await, bed.node("c").await);
    let key = stream("t1", "t1");
    let entries = chain(&key, None, 40, "e");
    k.receive("t1", &entries).await;
    c.receive("k", &entries[..20]).await;
    let haves = c.store.haves(&key).await.unwrap();
    let seqs: Vec<u64> = haves.iter().map(|have| have.seq).collect();
    assert_eq!(seqs, [20, 19, 18, 16, 12, 4]);
    let served = k.store.serve(&key, &tip(&entries[39]), &haves, 15, usize::MAX).await.unwrap();
    assert_eq!((hashes(&served.entries), served.is_complete), (hashes(&entries[20..35]), false));
    let served = k.store.serve(&key, &tip(&entries[39]), &haves, 20, usize::MAX).await.unwrap();
    assert_eq!((hashes(&served.entries), served.is_complete), (hashes(&entries[20..]), true));
    let few = entries[20].wire_bytes() * 2 + 10;
    assert_eq!(k.store.serve(&key, &tip(&entries[39]), &haves, 20, few).await.unwrap().entries.len(), 2);
    // In the middle of the stream, without samples, with false ones, and of something not held.
    let served = k.store.serve(&key, &tip(&entries[4]), &[], 20, usize::MAX).await.unwrap();
    assert_eq!((hashes(&served.entries), served.is_complete), (hashes(&entries[..5]), true));
    let false_haves = [Tip { seq: 30, hash: entries[0].header.payload_digest }];
    assert_eq!(k.store.serve(&key, &tip(&entries[4]), &false_haves, 20, usize::MAX).await.unwrap(), served);
    let unknown = entry(&key, Some(&entries[39]), "unknown");
    assert_eq!(k.store.serve(&key, &tip(&unknown), &[], 20, usize::MAX).await.unwrap(), Default::default());
    let nowhere = StreamKey::new(author("c"), id("c"), Reach::Path, Lane::Work);
    assert_eq!(k.store.serve(&nowhere, &tip(&unknown), &[], 20, usize::MAX).await.unwrap(), Default::default());
    assert_eq!(k.store.haves(&nowhere).await.unwrap(), []);
}

pub(crate) async fn both_branches_of_a_fork_are_served(bed: &Bed) {
    let (k, c) = (bed.node("k").await, bed.node("c").await);
    let key = stream("t1", "t1");
    let trunk = chain(&key, None, 10, "trunk");
    let left = chain(&key, Some(&trunk[9]), 6, "left");
    let right = chain(&key, Some(&trunk[9]), 9, "right");
    for part in [&trunk, &left, &right] {
        k.receive("t1", part).await;
    }
    c.receive("k", &trunk).await;
    c.receive("k", &left[..4]).await;
    let heads = k.store.heads(&bed.route("c")).await.unwrap();
    assert_eq!(heads.len(), 1);
    assert_eq!(heads[0].tips, [tip(&left[5]), tip(&right[8])]);
    let haves = c.store.haves(&key).await.unwrap();
    let serve = async |wanted: &Entry, from: &[Tip]| {
        let served = k.store.serve(&key, &tip(wanted), from, 100, usize::MAX).await.unwrap();
        assert!(served.is_complete);
        hashes(&served.entries)
    };
    assert_eq!(serve(&left[5], &haves).await, hashes(&left[4..]));
    // The highest sample on the trunk is 10 (14 − 4).
    assert_eq!(serve(&right[8], &haves).await, hashes(&right));
    assert_eq!(serve(&right[8], &[]).await, [hashes(&trunk), hashes(&right)].concat());
    assert_eq!(serve(&right[8], &[tip(&right[8])]).await, []);
    assert_eq!(serve(&trunk[9], &[tip(&trunk[3])]).await, hashes(&trunk[4..]));
    let forked_haves = k.store.haves(&key).await.unwrap();
    for expected in [&left[5], &left[4], &right[8], &right[7], &trunk[0]] {
        assert!(forked_haves.contains(&tip(expected)) || expected.header.seq == 1, "{}", expected.header.seq);
    }
}

pub(crate) async fn an_offset_beyond_the_feed_is_refused(bed: &Bed) {
    let t1 = bed.node("t1").await;
    let refused = t1.store.read_feed(1, &bed.route("k"), &id("k"), 5, 1_000).await;
    assert_eq!(refused.unwrap_err().code(), "GK-STORE-023");
    assert_eq!(t1.store.feed_hash_at(u64::MAX).await.unwrap(), None);
}
