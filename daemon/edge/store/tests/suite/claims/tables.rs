//! Claims about lookups, projections and the small tables.

use gongkai_journal::{Lane, kind::Kind};
use gongkai_model::digest::Digest;
use gongkai_store::{Draft, LogFilter, Peer, PeerRole, SessionEnd, SessionStart};

use crate::bed::{Bed, chain, draft, hashes, id, life, stream};

pub(crate) async fn lookups_find_entries_by_what_they_are(bed: &Bed) {
    let k = bed.node("k").await;
    let of = |kind: Kind, about: &str| Draft {
        about: Some(about.to_owned()),
        ..Draft::of(kind, id("t1"), about.as_bytes().to_vec())
    };
    let written = k
        .write(vec![of(Kind::Receipt, "x"), of(Kind::TreePut, "tree"), of(Kind::Decision, "x"), of(Kind::Receipt, "y")])
        .await;
    assert_eq!(hashes(&k.store.entries_about("x").await.unwrap()), [written[0].hash(), written[2].hash()]);
    assert_eq!(k.store.trust_entries(&[(Kind::TreePut, 9)], 0, 9).await.unwrap()[0].entry.hash(), written[1].hash());
    assert_eq!(written[1].header.lane(), Lane::Trust);
    let receipts = k.store.entries_of_kinds(&["receipt", "unknown"], 1, 10).await.unwrap();
    assert_eq!(receipts.iter().map(|placed| placed.feed).collect::<Vec<_>>(), [4]);
    let page = k.store.entries_of_kinds(&["receipt", "decision"], 0, 2).await.unwrap();
    assert_eq!(page.iter().map(|placed| placed.feed).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(k.store.entries_of_kinds(&[], 0, 2).await.unwrap(), []);
    assert_eq!(k.store.committed_at(&written[0].hash()).await.unwrap(), Some(1_700_000_000_000));
    let nothing = Digest::of("nothing", &[]);
    assert_eq!(k.store.entry(&nothing).await.unwrap(), None);
    assert_eq!(k.store.feed_of(&nothing).await.unwrap(), None);
}

pub(crate) async fn the_log_filters_and_pages_both_ways(bed: &Bed) {
    let k = bed.node("k").await;
    k.receive("t1", &chain(&stream("t1", "t1"), None, 3, "e")).await;
    k.write(vec![draft("k", "a"), draft("t2", "b"), draft("t1", "c")]).await;
    let log = async |filter: LogFilter| {
        let rows = k.store.log(&filter).await.unwrap();
        rows.iter().map(|row| row.feed).collect::<Vec<u64>>()
    };
    let of = |division: &str| LogFilter { division: Some(id(division)), ..LogFilter::default() };
    assert_eq!(log(LogFilter::default()).await, [1, 2, 3, 4, 5, 6]);
    assert_eq!(log(LogFilter { after: Some(2), limit: 2, ..LogFilter::default() }).await, [3, 4]);
    assert_eq!(log(LogFilter { is_newest_first: true, limit: 2, ..of("t1") }).await, [6, 3]);
    assert_eq!(log(LogFilter { is_newest_first: true, after: Some(3), ..of("t1") }).await, [2, 1]);
    assert_eq!(log(of("t2")).await, [5]);
    assert_eq!(log(of("k")).await, [4, 5, 6], "by or about");
    assert!(log(LogFilter { kind: Some("receipt".to_owned()), ..LogFilter::default() }).await.is_empty());
    assert_eq!(log(LogFilter { about: Some("e1".to_owned()), ..LogFilter::default() }).await, [2]);
    let rows = k.store.log(&LogFilter { limit: 1, ..LogFilter::default() }).await.unwrap();
    assert_eq!((rows[0].source.clone(), rows[0].stream.clone()), (Some(id("t1")), stream("t1", "t1")));
}

/// A peer decides how long its entries are: what is read at a time is bounded by bytes, and nothing is passed over.
pub(crate) async fn a_page_of_long_entries_is_short_and_the_next_goes_on(bed: &Bed) {
    const BYTES: usize = 1 << 20;
    let k = bed.node("k").await;
    let long = || Draft::of(Kind::Receipt, id("t1"), vec![b' '; BYTES]);
    let piece = || Draft::of(Kind::ItemBatch, id("t1"), vec![b' '; BYTES]);
    for drafts in [vec![long(), long(), long(), long(), long()], (0..20).map(|_| piece()).collect(), vec![long()]] {
        k.write(drafts).await;
    }
    let feeds = |page: &[gongkai_store::Placed]| page.iter().map(|placed| placed.feed).collect::<Vec<_>>();
    let bytes = |page: &[gongkai_store::Placed]| {
        page.iter().map(|placed| placed.entry.payload.as_ref().map_or(0, Vec::len)).sum::<usize>()
    };
    for without in [None, Some("item.batch")] {
        let (mut all, mut after) = (Vec::new(), 0);
        loop {
            let page = match without {
                None => k.store.entries_after(after, 100).await.unwrap(),
                Some(kind) => k.store.entries_after_without(kind, after, 100).await.unwrap(),
            };
            let Some(last) = page.last() else { break };
            after = last.feed;
            assert!(bytes(&page) <= 9 * BYTES, "{without:?}: {} bytes at once", bytes(&page));
            all.extend(feeds(&page));
        }
        assert_eq!(all, (1..=26).collect::<Vec<_>>(), "{without:?}");
    }
    let page = k.store.entries_after_without("item.batch", 0, 100).await.unwrap();
    assert_eq!((page.len(), bytes(&page)), (26, 6 * BYTES), "what is left out weighs nothing");
    let page = k.store.entries_of_kinds(&["item.batch"], 0, 100).await.unwrap();
    assert!((7..=9).contains(&page.len()), "{} entries", page.len());
    k.assert_whole().await;
}

fn row(key: &str, value: Option<&str>) -> (String, String, Option<String>) {
    ("catalog".to_owned(), key.to_owned(), value.map(str::to_owned))
}

pub(crate) async fn projections_change_with_their_feed_number(bed: &Bed) {
    let k = bed.node("k").await;
    let store = &k.store;
    let empty = store.projection_digest().await.unwrap();
    store.put_projections(vec![row("b", Some("1")), row("a", Some("2"))], 7).await.unwrap();
    assert_eq!(store.projected_through().await.unwrap(), 7);
    let before = store.projection_digest().await.unwrap();
    assert_ne!(before, empty);
    store.put_projections(vec![row("b", Some("3")), row("a", None)], 9).await.unwrap();
    let rows = store.projections("catalog").await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].key.as_str(), rows[0].value.as_str(), rows[0].feed), ("b", "3", 9));
    assert_eq!(store.put_projections(vec![], 8).await.unwrap_err().code(), "GK-STORE-020", "it never goes back");
    // Folded again in another order and in other steps, the digest is the same.
    store.clear_projections().await.unwrap();
    assert_eq!((store.projected_through().await.unwrap(), store.projection_digest().await.unwrap()), (0, empty));
    store.put_projections(vec![row("a", Some("2"))], 3).await.unwrap();
    store.put_projections(vec![row("b", Some("1"))], 4).await.unwrap();
    assert_eq!(store.projection_digest().await.unwrap(), before);
    let many = (0..450).map(|number| row(&format!("{number}"), Some("{}"))).collect();
    store.put_projections(many, 10).await.unwrap();
    assert_eq!(store.projections("catalog").await.unwrap().len(), 452);
    assert_eq!(store.projection("catalog", "449").await.unwrap().map(|row| row.feed), Some(10));
    assert_eq!(store.projection("catalog", "450").await.unwrap(), None);
}

pub(crate) async fn peers_and_sessions_read_back(bed: &Bed) {
    let k = bed.node("k").await;
    let mut peer = Peer {
        division: id("c"),
        role: PeerRole::Parent,
        address: Some("127.0.0.1:1".to_owned()),
        tls_fingerprint: None,
        feed_id: None,
        daemon_id: None,
        host: None,
        last_contact_ms: None,
        mode: "live".to_owned(),
        schedule: None,
        since_ms: 1,
    };
    k.store.put_peer(&peer).await.unwrap();
    (peer.feed_id, peer.host, peer.last_contact_ms) = (Some(life("x")), Some("h".to_owned()), Some(9));
    k.store.put_peer(&peer).await.unwrap();
    assert_eq!(k.store.peers().await.unwrap(), [peer.clone()]);
    assert_eq!(k.store.peer(&id("t1")).await.unwrap(), None);
    k.receive("c", &chain(&stream("c", "k"), None, 2, "e")[1..]).await;
    assert!(k.store.remove_peer(&id("c")).await.unwrap());
    assert_eq!(k.store.wants(&id("c")).await.unwrap(), []);
    assert!(!k.store.remove_peer(&id("c")).await.unwrap());

    let start = |peer: &str| SessionStart { peer: id(peer), carrier: "grpc".to_owned(), started_at_ms: 3 };
    let first = k.store.begin_session(&start("t1")).await.unwrap();
    let second = k.store.begin_session(&start("t2")).await.unwrap();
    let end =
        SessionEnd { finished_at_ms: 8, bytes_sent: 1_234, code: Some("GK-X".to_owned()), ..SessionEnd::default() };
    k.store.finish_session(first, &end).await.unwrap();
    let rows = k.store.sessions(None, 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [second, first]);
    assert_eq!((rows[0].end.as_ref(), rows[1].end.as_ref()), (None, Some(&end)));
    assert_eq!(k.store.sessions(Some(&id("t1")), 10).await.unwrap(), [rows[1].clone()]);
}

pub(crate) async fn metas_own_keys_are_refused(bed: &Bed) {
    let k = bed.node("k").await;
    k.store.put_meta("held", "1").await.unwrap();
    k.store.put_meta("held", "2").await.unwrap();
    assert_eq!(k.store.meta("held").await.unwrap().as_deref(), Some("2"));
    assert_eq!(k.store.meta("absent").await.unwrap(), None);
    assert!(k.store.put_meta("node.division", "c").await.is_err());
}
