//! What a daemon answers reaches people and scripts, with the right exit status.

use gongkai_proto::admin::v1::{
    DoctorCheck, DoctorResponse, EntryPlaces, NodeStatusResponse, PeerStatus, Place, Reason, ShowNodeResponse,
    SyncEvent, SyncProgress, SyncStatusResponse, WhereaboutsResponse,
};

use crate::harness::{Node, Script};

#[tokio::test(flavor = "multi_thread")]
async fn json_is_the_message_and_nothing_else() {
    let show =
        ShowNodeResponse { division: "211221".into(), name: "铁岭县".into(), entries: 7, ..Default::default() };
    let node = Node::start(Script { show: show.clone(), ..Script::default() });
    let ended = node.run(&["node", "show", "--output", "json"]).await;
    assert_eq!(ended.status, 0, "{ended:?}");
    assert_eq!(ended.json(), serde_json::to_value(&show).expect("a message is JSON"));
    assert_eq!(ended.stderr, "");
    let text = node.run(&["node", "show"]).await;
    assert!(text.stdout.contains("铁岭县") && !text.stdout.contains('{'), "{text:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_says_who_acts_and_in_which_language() {
    let node = Node::start(Script::default());
    let ended =
        node.run(&["node", "invite", "211221", "--as", "211200/wang", "--lang", "zh", "--output", "json"]).await;
    assert_eq!(ended.json()["name"], "211200/wang zh");
    let ended = node.run(&["node", "invite", "211221", "--output", "json"]).await;
    assert_eq!(ended.json()["name"], " en");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_person_ends_with_three_and_what_failed_with_one() {
    let check = |state: &str| DoctorCheck { name: "store".into(), state: state.into(), reason: None };
    for (states, status) in [(vec!["ok"], 0), (vec!["ok", "warning"], 3), (vec!["warning", "failed"], 1)] {
        let doctor = DoctorResponse { checks: states.into_iter().map(check).collect(), ..Default::default() };
        let node = Node::start(Script { doctor, ..Script::default() });
        assert_eq!(node.run(&["doctor"]).await.status, status);
    }
    for (conflicts, status) in [(0, 0), (2, 3)] {
        let page = NodeStatusResponse { conflicts, ..Default::default() };
        let node = Node::start(Script { status: page, ..Script::default() });
        assert_eq!(node.run(&["status", "--output", "json"]).await.status, status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sync_now_succeeds_only_when_every_peer_is_caught_up() {
    let said = |division: &str, state: &str| SyncProgress {
        division: division.into(),
        state: state.into(),
        ..SyncProgress::default()
    };
    let mut refused = said("211221101", "failed");
    refused.reason =
        Some(Reason { code: "GK-LINK-004".into(), message: "certificate expired".into(), hint: "".into() });
    for (last, status) in [(said("211221101", "caught-up"), 0), (refused, 1)] {
        let sync_now =
            vec![said("211200", "connecting"), said("211221101", "exchanging"), said("211200", "caught-up"), last];
        let node = Node::start(Script { sync_now, ..Script::default() });
        let ended = node.run(&["sync", "now", "--output", "json"]).await;
        assert_eq!(ended.status, status, "{ended:?}");
        let peers = ended.json()["peers"].as_array().map(Vec::len);
        assert_eq!(peers, Some(2), "one word a peer, the last: {ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_changes_words_but_no_key_and_no_code() {
    let reason = Reason { code: "GK-LINK-004".into(), message: "m".into(), hint: "h".into() };
    let peer =
        PeerStatus { division: "211200".into(), role: "parent".into(), reason: Some(reason), ..Default::default() };
    let sync_status = SyncStatusResponse { node: "211221".into(), peers: vec![peer], at: 0 };
    let node = Node::start(Script { sync_status, ..Script::default() });
    let [zh, en] = ["zh", "en"].map(|lang| ["sync", "status", "--lang", lang, "--output", "json"]);
    assert_eq!(node.run(&zh).await.stdout, node.run(&en).await.stdout);
    let text = node.run(&["sync", "status", "--lang", "zh"]).await.stdout;
    assert!(text.contains("上级") && text.contains("GK-LINK-004"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_until_idle_is_one_document_and_ends_3_when_something_is_left() {
    let event = |division: &str, left| SyncEvent {
        at_ms: 1,
        peer: Some(PeerStatus { division: division.into(), entries_to_send: left, ..Default::default() }),
    };
    let said = vec![event("211221", 9), event("211282", 0), event("211221", 2)];
    let node = Node::start(Script { sync_watch: said, ..Script::default() });
    let ended = node.run(&["sync", "watch", "--until-idle", "--output", "json"]).await;
    let left: Vec<_> =
        ended.json()["peers"].as_array().expect("peers").iter().map(|peer| peer["entries_to_send"].clone()).collect();
    assert_eq!((ended.status, left), (3, vec![2.into(), 0.into()]), "the last word of each link");
    let lines = node.run(&["sync", "watch", "--until-idle"]).await;
    assert_eq!((lines.status, lines.stdout.lines().count()), (3, 3), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_catalog_has_arrived_is_said_with_the_word_it_rests_on() {
    let place = |division: &str, state: &str, says: &str| Place {
        division: division.into(),
        state: state.into(),
        says: says.into(),
        ..Default::default()
    };
    let places = vec![place("211200", "held", "211221"), place("211221", "in-flight", "211221101")];
    let entry = EntryPlaces { kind: "submission".into(), places, ..Default::default() };
    let whereabouts = WhereaboutsResponse { entries: vec![entry], ..Default::default() };
    let node = Node::start(Script { whereabouts, ..Script::default() });
    let text = node.run(&["sync", "status", "211221101/work-safety", "--lang", "zh"]).await.stdout;
    assert!(text.contains("已收存") && text.contains("在途") && text.contains("报送"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_with_a_long_name_is_reached() {
    let long = "区划数据".repeat(12);
    let node = Node::start_below(&long, Script::default());
    let ended = node.run(&["node", "show", "--output", "json"]).await;
    assert_eq!(ended.status, 0, "{ended:?}");
}
