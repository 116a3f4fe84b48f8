//! Backup, restore and the hold, as a person asks for them.

use gongkai_proto::admin::v1::{Hold, NodeStatusResponse, Reason};

use crate::harness::{Node, Script};

#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_a_backup_is_named_absolutely() {
    let node = Node::start(Script::default());
    let answer = node.await_run(&["--output", "json", "backup", "here.backup"]).await;
    let file = answer["file"].as_str().expect("a path").to_owned();
    assert!(std::path::Path::new(&file).is_absolute() && file.ends_with("here.backup"), "{file}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lifting_a_hold_carries_the_name_and_needs_a_reason() {
    let node = Node::start(Script::default());
    let words = ["--output", "json", "--as", "zhang", "restore", "--release", "--reason", "the county is gone"];
    assert_eq!(node.await_run(&words).await["node"], "zhang: the county is gone");
    for words in [&["restore", "--release"][..], &["restore"], &["restore", "f", "--release", "--reason", "x"]] {
        assert_eq!(node.run(words).await.status, 2, "{words:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_of_a_held_node_names_whom_it_waits_for_and_asks_for_a_person() {
    let hold = Hold { reason: "restored".to_owned(), since_at_ms: 1, awaited: vec!["211221".to_owned()] };
    let warning = Reason { code: "GK-APP-050".to_owned(), message: "m".to_owned(), hint: "h".to_owned() };
    let status = NodeStatusResponse { hold: Some(hold), warnings: vec![warning], ..NodeStatusResponse::default() };
    let node = Node::start(Script { status, ..Script::default() });
    let ended = node.run(&["status"]).await;
    assert_eq!(ended.status, 3);
    assert!(ended.stdout.contains("compared with 211221") && ended.stdout.contains("GK-APP-050"), "{}", ended.stdout);
}

impl Node {
    /// Runs the program, which must end well with one JSON document.
    async fn await_run(&self, words: &[&str]) -> serde_json::Value {
        let ended = self.run(words).await;
        assert_eq!(ended.status, 0, "{ended:?}");
        ended.json()
    }
}
