//! Claims about taking what a peer brings.

use gongkai_journal::{Author, Entry, Lane, Reach, StreamKey};
use gongkai_sync::{
    admit::{Occasion, STREAMS_PER_SUBJECT_MAX},
    allowance::{Allowance, Quota, Rate},
    message::Carried,
    position::Position,
    want::{Head, Want, Why},
};

use crate::bed::{Bed, Node, author, chain, draft, entry, id, life, stream, tip};

/// A position of a made-up sender.
fn position(bed: &Bed, offset: u64) -> Position {
    let hash = gongkai_model::digest::Digest::of("at", &[&offset.to_be_bytes()]);
    Position { feed_id: life("sender"), offset, hash, epoch: bed.route("k").epoch() }
}

fn whole(entries: &[Entry]) -> Vec<Carried> {
    entries.iter().map(|entry| Carried::Whole(Box::new(entry.clone()))).collect()
}

async fn wanted(node: &Node, peer: &str) -> Vec<(u64, Why, Option<String>)> {
    let rows = node.store.wants(&id(peer)).await.unwrap();
    rows.into_iter().map(|row| (row.want.tip.seq, row.want.why, row.stopped)).collect()
}

pub(crate) async fn what_came_is_stored_and_the_position_moves(bed: &Bed) {
    let k = bed.node("k").await;
    let entries = chain(&stream("t1", "t1"), None, 3, "e");
    k.store.apply_heads(&id("t1"), &[], &position(bed, 0), &k.trust, 1).await.unwrap();
    let advance = (position(bed, 0), position(bed, 3));
    let applied = k.take(&id("t1"), whole(&entries), Occasion::Tail, Some(advance), None).await;
    assert_eq!(applied.appended, entries);
    assert_eq!((applied.wants, applied.faults), (vec![], vec![]));
    assert_eq!(applied.position, Some(position(bed, 3)));
    assert_eq!(k.store.position_of(&id("t1")).await.unwrap(), Some(position(bed, 3)));
    let placed = k.store.placed(&entries[1].hash()).await.unwrap().unwrap();
    assert_eq!((placed.feed, placed.source, placed.committed_at_ms), (2, Some(id("t1")), 5));
    // The same again changes nothing.
    let again = k.receive("t1", &entries).await;
    assert_eq!(again.appended, []);
    assert_eq!(k.store.feed_state().await.unwrap().offset, 3);
    k.assert_whole().await;
}

pub(crate) async fn the_position_moves_only_from_where_the_sender_believes_it(bed: &Bed) {
    let k = bed.node("k").await;
    let t1 = id("t1");
    let mut entries = chain(&stream("t1", "t1"), None, 3, "e").into_iter();
    let mut step = async |from: u64, to: u64| {
        let entries = whole(&[entries.next().unwrap()]);
        let advance = Some((position(bed, from), position(bed, to)));
        k.take(&t1, entries, Occasion::Tail, advance, None).await.position.map(|position| position.offset)
    };
    assert_eq!(step(0, 1).await, None, "no position yet: only heads set one");
    k.store.apply_heads(&t1, &[], &position(bed, 4), &k.trust, 1).await.unwrap();
    assert_eq!(step(3, 9).await, Some(4), "moved from elsewhere");
    assert_eq!(step(4, 9).await, Some(9));
    assert_eq!(k.store.feed_state().await.unwrap().offset, 3, "entries are taken whatever the position");
    // Same offset, other hash: a rewound sender.
    let mut rewound = position(bed, 9);
    rewound.hash = position(bed, 8).hash;
    let applied = k.take(&t1, vec![], Occasion::Tail, Some((rewound, position(bed, 12))), None).await;
    assert_eq!(applied.position, Some(position(bed, 9)));
}

pub(crate) async fn who_has_no_position_stands_at_the_beginning_and_nowhere_else(bed: &Bed) {
    let k = bed.node("k").await;
    let t1 = id("t1");
    let entries = chain(&stream("t1", "t1"), None, 2, "e");
    let heads = [Head { stream: stream("t1", "t1"), tips: vec![tip(&entries[1])] }];
    let wants = k.store.note_heads(&t1, &heads, &k.trust, 1).await.unwrap().wants;
    assert_eq!(wants.len(), 1);
    assert_eq!(k.store.position_of(&t1).await.unwrap(), None, "heads alone are no position");
    let beginning = Position { hash: gongkai_sync::position::empty_hash(), ..position(bed, 0) };
    let advance = |from: &Position| Some((from.clone(), position(bed, 2)));
    let applied = k.take(&t1, vec![], Occasion::Tail, advance(&position(bed, 0)), None).await;
    assert_eq!(applied.position, None, "offset 0 with a hash is a lie");
    let applied = k.take(&t1, whole(&entries), Occasion::Tail, advance(&beginning), None).await;
    assert_eq!(applied.position, Some(position(bed, 2)));
    assert_eq!(wanted(&k, "t1").await, []);
    let applied = k.take(&t1, vec![], Occasion::Tail, advance(&beginning), None).await;
    assert_eq!(applied.position, Some(position(bed, 2)), "once there is one, it is compared");
}

pub(crate) async fn a_gap_becomes_one_want_that_follows_the_tail(bed: &Bed) {
    let k = bed.node("k").await;
    let entries = chain(&stream("t1", "t1"), None, 9, "e");
    let applied = k.receive("t1", &entries[3..6]).await;
    assert_eq!(applied.appended, []);
    assert_eq!(wanted(&k, "t1").await, [(6, Why::Gap, None)]);
    k.receive("t1", &entries[6..]).await;
    assert_eq!(wanted(&k, "t1").await, [(9, Why::Gap, None)]);
    // Another branch is another want.
    let other = chain(&stream("t1", "t1"), Some(&entries[4]), 2, "other");
    k.receive("t1", &other).await;
    assert_eq!(wanted(&k, "t1").await, [(9, Why::Gap, None), (7, Why::Gap, None)]);
    k.receive("t1", &entries).await;
    assert_eq!(wanted(&k, "t1").await, [(7, Why::Gap, None)]);
}

pub(crate) async fn a_want_goes_when_its_entry_comes_from_anybody(bed: &Bed) {
    let k = bed.node("k").await;
    let entries = chain(&stream("t1", "t1"), None, 3, "e");
    k.receive("t1", &entries[2..]).await;
    k.receive("c", &entries[2..]).await;
    k.receive("c", &entries).await;
    assert_eq!(wanted(&k, "t1").await, []);
    assert_eq!(wanted(&k, "c").await, []);
}

pub(crate) async fn a_faulty_entry_stops_its_stream_and_nothing_else(bed: &Bed) {
    let k = bed.node("k").await;
    let bad = chain(&stream("t1", "t1"), None, 4, "bad");
    let good = chain(&stream("t2", "t2"), None, 2, "good");
    let mut mauled = bad[1].clone();
    mauled.signature[5] ^= 1;
    let batch = [&bad[0], &mauled, &good[0], &bad[2], &good[1], &bad[3]].map(Clone::clone);
    let applied = k.receive("t1", &batch).await;
    assert_eq!(applied.appended, [bad[0].clone(), good[0].clone(), good[1].clone()]);
    assert_eq!(applied.faults.len(), 1);
    assert_eq!(applied.faults[0].code, "GK-CHAIN-003");
    assert_eq!(wanted(&k, "t1").await, [(4, Why::Stopped, Some("GK-CHAIN-003".to_owned()))]);
    // Cured: the honest entries arrive by another way.
    k.receive("c", &bad[1..]).await;
    assert_eq!(wanted(&k, "t1").await, []);
    k.assert_whole().await;
}

pub(crate) async fn an_answer_in_vain_marks_its_want(bed: &Bed) {
    let k = bed.node("k").await;
    let entries = chain(&stream("t1", "t1"), None, 5, "e");
    let head = Head { stream: stream("t1", "t1"), tips: vec![tip(&entries[4])] };
    let wants = k.store.apply_heads(&id("t1"), &[head], &position(bed, 5), &k.trust, 1).await.unwrap().wants;
    assert_eq!(wanted(&k, "t1").await, [(5, Why::Heads, None)]);
    let mut mauled = entries[1].clone();
    mauled.signature[5] ^= 1;
    let answer = whole(&[entries[0].clone(), mauled, entries[2].clone()]);
    k.take(&id("t1"), answer, Occasion::Answer, None, Some(wants[0].clone())).await;
    let stopped = Some("GK-CHAIN-003".to_owned());
    assert_eq!(
        wanted(&k, "t1").await,
        [(5, Why::Stopped, stopped.clone()), (3, Why::Stopped, stopped)],
        "neither is asked for again at once"
    );
    // Probed and served whole, both are gone.
    k.store.mark_want_stopped(&id("t1"), &wants[0], None).await.unwrap();
    assert_eq!(wanted(&k, "t1").await[0].2, None);
    k.take(&id("t1"), whole(&entries), Occasion::Answer, None, Some(wants[0].clone())).await;
    assert_eq!(wanted(&k, "t1").await, []);
    // A want whose entry is held already goes with its answer.
    let late = Want { stream: stream("t1", "t1"), tip: tip(&entries[4]), why: Why::Heads };
    k.take(&id("t1"), vec![], Occasion::Answer, None, Some(late)).await;
    assert_eq!(k.store.drop_wants_of(&id("t1")).await.unwrap(), 0);
}

pub(crate) async fn heads_become_wants_trust_first_then_the_smallest_gap(bed: &Bed) {
    let k = bed.node("k").await;
    let held = chain(&stream("t1", "t1"), None, 8, "e");
    k.receive("t1", &held[..6]).await;
    let long = chain(&stream("t2", "t2"), None, 5, "e");
    let trust_stream = StreamKey::new(author("c"), id("c"), Reach::Subtree, Lane::Trust);
    let trust = chain(&trust_stream, None, 20, "e");
    let head = |entries: &[Entry]| Head {
        stream: entries[0].header.stream.clone(),
        tips: vec![tip(&entries[entries.len() - 1])],
    };
    let heads = [head(&long), head(&held), head(&trust), head(&held[..3])];
    let wants = k.store.apply_heads(&id("c"), &heads, &position(bed, 50), &k.trust, 1).await.unwrap().wants;
    assert_eq!(wants.len(), 3, "what is held is not wanted");
    assert_eq!(k.store.position_of(&id("c")).await.unwrap(), Some(position(bed, 50)));
    let order: Vec<u64> = wanted(&k, "c").await.iter().map(|row| row.0).collect();
    assert_eq!(order, [20, 8, 5]);
    assert_eq!(k.store.drop_wants_of(&id("c")).await.unwrap(), 3);
}

pub(crate) async fn a_peer_gets_its_own_entries_back_by_name(bed: &Bed) {
    let k = bed.node("k").await;
    let entries = chain(&stream("t1", "t1"), None, 2, "e");
    k.receive("t1", &entries).await;
    let own = k.write(vec![draft("t1", "decision")]).await;
    let part = k.store.read_feed(0, &bed.route("t1"), &id("t1"), 10, 10_000).await.unwrap();
    let named = |entry: &Entry| Carried::Named { stream: stream("t1", "t1"), tip: tip(entry) };
    assert_eq!(part.entries, [named(&entries[0]), named(&entries[1]), whole(&own)[0].clone()]);
    // A rewound township wants what it once sent.
    let t1 = bed.node("t1").await;
    t1.take(&id("k"), part.entries, Occasion::Tail, None, None).await;
    assert_eq!(wanted(&t1, "k").await, [(2, Why::Rewound, None), (1, Why::Rewound, None)]);
    bed.drain(&k, &t1).await;
    assert_eq!(t1.all().await.len(), 3);
}

pub(crate) async fn a_forked_own_stream_takes_nothing_more(bed: &Bed) {
    let t1 = bed.node("t1").await;
    t1.write(vec![draft("t1", "mine")]).await;
    let other = entry(&stream("t1", "t1"), None, "from another life of this machine");
    assert_eq!(t1.receive("k", &[other]).await.appended.len(), 1);
    let refused = t1.store.append(vec![draft("t1", "more")], &t1.author, &t1.signer, 1).await;
    assert_eq!(refused.unwrap_err().code(), "GK-STORE-021");
    t1.write(vec![draft("k", "another stream goes on")]).await;
    t1.assert_whole().await;
}

/// What is taken of one author: so many entries at once, and as many again each day.
fn allowed(entries: u64) -> Allowance {
    let rate = Rate { at_once: entries, a_day: entries };
    let quota = Quota { bytes: Rate { at_once: u64::MAX, a_day: 0 }, entries: rate };
    Allowance { work: quota, trust: quota }
}

pub(crate) async fn an_author_who_brings_too_much_waits_and_loses_nothing(bed: &Bed) {
    let k = bed.node("k").await;
    k.store.set_allowance(allowed(3));
    let (much, little) = (chain(&stream("t1", "t1"), None, 5, "e"), chain(&stream("t2", "t2"), None, 2, "e"));
    assert_eq!(k.receive("t1", &much).await.appended, much[..3]);
    assert_eq!(wanted(&k, "t1").await, [(5, Why::Allowance, None)], "the rest is one want");
    assert_eq!(k.receive("t2", &little).await.appended, little, "a sibling's is his own");
    assert_eq!(k.receive("t1", &much[3..]).await.appended, [], "asked again at once it still waits");
    let used = k.store.usage().await.unwrap();
    assert_eq!(used[&(id("t1"), Lane::Work)].entries, 3);
    assert_eq!(
        used[&(id("t1"), Lane::Work)].bytes,
        much[..3].iter().map(|entry| entry.wire_bytes() as u64).sum::<u64>()
    );
    k.store.set_allowance(allowed(5));
    assert_eq!(k.receive("t1", &much[3..]).await.appended, much[3..], "and comes when there is room");
    assert_eq!(wanted(&k, "t1").await, []);
    let own = chain(&stream("k", "t1"), None, 9, "own");
    assert_eq!(k.receive("c", &own).await.appended, own, "of what it has lost itself a node takes all");
    k.assert_whole().await;
}

pub(crate) async fn a_life_opens_a_bounded_number_of_streams_and_goes_on_in_those(bed: &Bed) {
    let k = bed.node("k").await;
    let most = usize::try_from(STREAMS_PER_SUBJECT_MAX).unwrap();
    // Of reaches that no version knows: there is no other way to so many about one division.
    let streams: Vec<StreamKey> =
        (100..).take(most + 3).map(|reach_number| StreamKey { reach_number, ..stream("t1", "t1") }).collect();
    let entries: Vec<Entry> = streams.iter().map(|stream| entry(stream, None, "e")).collect();
    assert_eq!(k.receive("t1", &entries).await.appended, entries[..most]);
    let waiting = wanted(&k, "t1").await;
    assert_eq!(waiting, vec![(1, Why::Streams, None); 3]);
    assert_eq!(k.receive("t1", &entries[most..]).await.appended, [], "asked again they wait on");
    let next = entry(&streams[0], Some(&entries[0]), "news");
    assert_eq!(k.receive("t1", std::slice::from_ref(&next)).await.appended, [next], "a stream that is held goes on");
    let other_life =
        StreamKey { author: Author { incarnation: life("another"), ..author("t1") }, ..stream("t1", "t1") };
    assert_eq!(k.receive("t1", &[entry(&other_life, None, "e")]).await.appended.len(), 1, "another life has its own");
    // A county writes about its townships as well; of what it has lost itself a node takes all.
    let many: Vec<Entry> = (100..)
        .take(most + 1)
        .map(|reach_number| entry(&StreamKey { reach_number, ..stream("k", "t1") }, None, "e"))
        .collect();
    let t1 = bed.node("t1").await;
    assert_eq!(t1.receive("k", &many).await.appended, many);
    let own: Vec<Entry> = streams.iter().map(|stream| entry(stream, None, "own")).collect();
    assert_eq!(t1.receive("k", &own).await.appended, own);
    k.assert_whole().await;
}

pub(crate) async fn a_full_disk_lets_work_wait_and_takes_keys(bed: &Bed) {
    let k = bed.node("k").await;
    k.store.set_disk_floor(u64::MAX);
    let trust = StreamKey::new(author("t1"), id("t1"), Reach::Path, Lane::Trust);
    let (keys, work) = (chain(&trust, None, 1, "key"), chain(&stream("t1", "t1"), None, 2, "e"));
    let both: Vec<Entry> = keys.iter().chain(&work).cloned().collect();
    assert_eq!(k.receive("t1", &both).await.appended, keys);
    assert_eq!(wanted(&k, "t1").await, [(2, Why::Disk, None)]);
    k.store.set_disk_floor(0);
    assert_eq!(k.receive("t1", &work).await.appended, work);
    assert!(k.store.free_bytes().is_some_and(|free| free > 0));
    k.assert_whole().await;
}
