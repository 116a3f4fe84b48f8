//! How much a peer can make a node want: bounded, counted by the database, read by pages.

use std::collections::BTreeSet;

use gongkai_journal::{Author, Lane, Reach, StreamKey};
use gongkai_model::digest::Digest;
use gongkai_store::Lacking;
use gongkai_sync::{
    admit::{BRANCHES_MAX, Occasion},
    message::Carried,
    position::Position,
    want::{Head, MISROUTED_PER_PEER_MAX, Tip, Want, Why},
};

use crate::bed::{Bed, Node, chain, id, life, stream, tip};

/// A place of a peer's feed.
fn place(bed: &Bed, offset: u64) -> Position {
    let hash = Digest::of_file(&offset.to_be_bytes());
    Position { feed_id: life("feed t1"), offset, hash, epoch: bed.route("k").epoch() }
}

fn named(seq: u64, mark: usize) -> Tip {
    Tip { seq, hash: Digest::of("made up", &[&mark.to_be_bytes()]) }
}

/// Heads of streams that nobody ever wrote, about a division.
fn made_up(about: &str, count: usize) -> Vec<Head> {
    let of = |number: usize| {
        let author = Author { division: id("c"), incarnation: life(&format!("life {number}")) };
        Head { stream: StreamKey::new(author, id(about), Reach::Path, Lane::Work), tips: vec![named(7, number)] }
    };
    (0..count).map(of).collect()
}

async fn count(node: &Node, peer: &str) -> usize {
    node.store.wants(&id(peer)).await.unwrap().len()
}

pub(crate) async fn what_a_peer_names_beyond_the_limit_waits_and_the_position_with_it(bed: &Bed) {
    let k = bed.node("k").await;
    k.store.apply_heads(&id("t1"), &[], &place(bed, 1), &k.trust, 1).await.unwrap();
    k.store.set_wants_max(300);
    let noted = k.store.apply_heads(&id("t1"), &made_up("t1", 700), &place(bed, 9), &k.trust, 1).await.unwrap();
    assert!(noted.has_left_out);
    assert_eq!((noted.wants.len(), count(&k, "t1").await), (300, 300));
    assert_eq!(k.store.position_of(&id("t1")).await.unwrap(), None, "heads are compared again");
    // Another peer has its own room.
    let noted = k.store.apply_heads(&id("t2"), &made_up("t2", 20), &place(bed, 9), &k.trust, 1).await.unwrap();
    assert!(!noted.has_left_out);
    // What comes on the tail is bounded likewise, and what can be stored is stored.
    let good = chain(&stream("t1", "t1"), None, 2, "e");
    let mut batch: Vec<Carried> = good.iter().map(|entry| Carried::Whole(Box::new(entry.clone()))).collect();
    batch.push(Carried::Named { stream: stream("k", "t1"), tip: named(3, 9_999) });
    let applied = k.take(&id("t1"), batch, Occasion::Tail, None, None).await;
    assert_eq!((applied.appended.len(), applied.has_left_out), (2, true));
    assert_eq!(count(&k, "t1").await, 300);
    // Nobody keeps more branches of a stream than a stream may have.
    let tips = (0..64).map(|number| named(7, 20_000 + number)).collect();
    let many = [Head { stream: stream("t2", "t2"), tips }];
    let noted = k.store.note_heads(&id("c"), &many, &k.trust, 1).await.unwrap();
    assert_eq!(noted.wants.len(), BRANCHES_MAX);
    k.assert_whole().await;
}

pub(crate) async fn what_is_wanted_already_needs_no_room(bed: &Bed) {
    let k = bed.node("k").await;
    k.store.set_wants_max(40);
    let heads = made_up("t1", 40);
    for offset in [5, 6] {
        let noted = k.store.apply_heads(&id("t1"), &heads, &place(bed, offset), &k.trust, 1).await.unwrap();
        assert!(!noted.has_left_out);
        assert_eq!(k.store.position_of(&id("t1")).await.unwrap(), Some(place(bed, offset)));
    }
}

pub(crate) async fn what_no_tree_routes_here_gets_a_small_share(bed: &Bed) {
    let k = bed.node("k").await;
    let noted = k.store.note_heads(&id("t1"), &made_up("u1", MISROUTED_PER_PEER_MAX + 50), &k.trust, 1).await.unwrap();
    assert!(noted.has_left_out);
    assert_eq!(count(&k, "t1").await, MISROUTED_PER_PEER_MAX);
    assert!(noted.wants.iter().all(|want| want.why == Why::Misrouted));
    let noted = k.store.note_heads(&id("t1"), &made_up("t1", 50), &k.trust, 1).await.unwrap();
    assert_eq!((noted.wants.len(), noted.has_left_out), (50, false), "what is routed here has its room");
}

pub(crate) async fn a_peer_that_names_the_end_of_the_numbers_overflows_nothing(bed: &Bed) {
    let k = bed.node("k").await;
    let end = u64::MAX / 2;
    let mut heads = made_up("t1", 3);
    for (head, seq) in heads.iter_mut().zip([u64::MAX, end, end - 1]) {
        head.tips[0].seq = seq;
    }
    k.store.note_heads(&id("t1"), &heads, &k.trust, 1).await.unwrap();
    let Lacking { entries, streams, stopped } = k.store.lacking(&id("t1")).await.unwrap();
    assert!(entries >= end, "{entries}");
    assert_eq!((streams, stopped), (3, 0));
    assert_eq!(count(&k, "t1").await, 3);
    let long = chain(&stream("t1", "t1"), None, 5, "e");
    let want = Head { stream: stream("t1", "t1"), tips: vec![tip(&long[4])] };
    k.store.note_heads(&id("t2"), &[want], &k.trust, 1).await.unwrap();
    assert_eq!(k.store.lacking(&id("t2")).await.unwrap(), Lacking { entries: 5, streams: 1, stopped: 0 });
}

pub(crate) async fn wants_are_read_by_pages_and_ones_own_past_comes_before_others(bed: &Bed) {
    let k = bed.node("k").await;
    let mut heads = made_up("t1", 9);
    let long = chain(&stream("k", "t1"), None, 30, "mine");
    heads.push(Head { stream: stream("k", "t1"), tips: vec![tip(&long[29])] });
    k.store.note_heads(&id("t1"), &heads, &k.trust, 1).await.unwrap();
    let (mut seen, mut read) = (BTreeSet::new(), Vec::new());
    loop {
        let (page, has_more) = k.store.wants_page(&id("t1"), &seen, 4, &|_| true).await.unwrap();
        assert!(page.len() <= 4);
        seen.extend(page.iter().map(|row| (row.want.stream.clone(), row.want.tip.clone())));
        read.extend(page);
        if !has_more {
            break;
        }
    }
    assert_eq!((seen.len(), read.len()), (10, 10), "each once");
    assert_eq!(read[0].want.stream, stream("k", "t1"), "what proves a fall is asked for first");
    assert_eq!(read, k.store.wants(&id("t1")).await.unwrap());
}

pub(crate) async fn what_is_let_go_takes_the_position_with_it(bed: &Bed) {
    let k = bed.node("k").await;
    let heads = made_up("t1", 2);
    k.store.apply_heads(&id("t1"), &heads, &place(bed, 5), &k.trust, 1).await.unwrap();
    let want = Want { stream: heads[0].stream.clone(), tip: heads[0].tips[0].clone(), why: Why::Heads };
    k.store.let_go(&id("t1"), &want).await.unwrap();
    assert_eq!(count(&k, "t1").await, 1);
    assert_eq!(k.store.position_of(&id("t1")).await.unwrap(), None);
    // Claims on a division's past are counted by the peer that made them.
    let own = Head { stream: stream("k", "t1"), tips: vec![named(4, 1)] };
    k.store.note_heads(&id("c"), std::slice::from_ref(&own), &k.trust, 50).await.unwrap();
    assert_eq!(k.store.claims_on(&id("k")).await.unwrap().into_iter().collect::<Vec<_>>(), [(id("c"), 1)]);
    for (subject, since_ms, is_claimed) in [("t1", 50, true), ("t1", 51, false), ("t2", 0, false)] {
        assert_eq!(k.store.is_claimed(&id("k"), &id(subject), since_ms).await.unwrap(), is_claimed);
    }
    k.store.let_go(&id("c"), &Want { stream: own.stream, tip: own.tips[0].clone(), why: Why::Heads }).await.unwrap();
    assert!(!k.store.is_claimed(&id("k"), &id("t1"), 0).await.unwrap());
}

/// What is wanted from `t1`: lane and reason, in the order of asking.
async fn noted(node: &Node) -> Vec<(Lane, Why)> {
    let rows = node.store.wants(&id("t1")).await.unwrap();
    rows.into_iter().map(|row| (row.want.stream.lane(), row.want.why)).collect()
}

fn head_on(lane: Lane, about: &str, mark: usize) -> Head {
    let author = Author { division: id("c"), incarnation: life(&format!("lane {mark}")) };
    Head { stream: StreamKey::new(author, id(about), Reach::Path, lane), tips: vec![named(7, mark)] }
}

/// Were it otherwise, entries whose author's key is unknown would keep that very key out.
pub(crate) async fn keys_and_what_can_be_had_take_the_place_of_what_waits(bed: &Bed) {
    let k = bed.node("k").await;
    k.store.set_wants_max(3);
    let note = async |heads: &[Head], at_ms: i64| {
        let noted = k.store.apply_heads(&id("t1"), heads, &place(bed, 5), &k.trust, at_ms).await.unwrap();
        assert!(noted.has_left_out);
        assert_eq!(
            k.store.position_of(&id("t1")).await.unwrap(),
            None,
            "what was displaced is found by comparing again"
        );
    };
    k.store.note_heads(&id("t1"), &made_up("u1", 3), &k.trust, 1).await.unwrap();
    assert_eq!(noted(&k).await, [(Lane::Work, Why::Misrouted); 3]);
    note(&[head_on(Lane::Work, "t1", 1)], 2).await;
    assert_eq!(count(&k, "t1").await, 3);
    assert_eq!(noted(&k).await.iter().filter(|(_, why)| *why == Why::Heads).count(), 1, "it can be had now");
    let heads: Vec<Head> = (2..6).map(|mark| head_on(Lane::Work, "t1", mark)).collect();
    note(&heads, 3).await;
    assert_eq!(noted(&k).await, [(Lane::Work, Why::Heads); 3], "no work takes the place of other work");
    note(&[head_on(Lane::Trust, "t1", 9)], 4).await;
    assert_eq!(noted(&k).await, [(Lane::Trust, Why::Heads), (Lane::Work, Why::Heads), (Lane::Work, Why::Heads)]);
}

/// Nothing waits for ever behind what is never to be had: at each comparison others come first.
pub(crate) async fn where_there_is_no_room_for_all_each_gets_its_turn(bed: &Bed) {
    let k = bed.node("k").await;
    k.store.set_wants_max(2);
    let heads = made_up("t1", 9);
    let mut seen = BTreeSet::new();
    for at_ms in 0..200 {
        let rows = k.store.apply_heads(&id("t1"), &heads, &place(bed, 5), &k.trust, at_ms).await.unwrap().wants;
        for want in rows {
            seen.insert(want.tip.hash);
            k.store.let_go(&id("t1"), &want).await.unwrap();
        }
    }
    assert_eq!(seen.len(), heads.len());
}
