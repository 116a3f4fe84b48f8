//! Every refusal has a code, a hint and the right exit status, for people and for scripts.

use std::{ffi::OsStr, fs, os::unix::fs::PermissionsExt as _, path::Path};

use crate::harness::{Ended, Node, Script, run, run_with};

fn code(ended: &Ended) -> String {
    let document = ended.json();
    assert!(!document["error"]["message"].as_str().unwrap_or_default().is_empty(), "{ended:?}");
    assert!(!document["error"]["hint"].as_str().unwrap_or_default().is_empty(), "{ended:?}");
    document["error"]["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemons_refusal_is_passed_on_in_its_own_words() {
    let refusal = Some(("GK-APP-007", "区划 `999` 不在本节点之下", "先运行 `gongkai node list`"));
    let node = Node::start(Script { refusal, ..Script::default() });
    let ended = node.run(&["node", "invite", "999"]).await;
    assert_eq!((ended.status, ended.stdout.as_str()), (1, ""));
    for part in [
        "error[GK-APP-007]: 区划 `999` 不在本节点之下",
        "hint: 先运行 `gongkai node list`",
        "more: gongkai explain GK-APP-007",
    ] {
        assert!(ended.stderr.contains(part), "{part} in {}", ended.stderr);
    }
    let ended = node.run(&["node", "invite", "999", "--output", "json"]).await;
    assert_eq!((ended.status, code(&ended).as_str(), ended.stderr.as_str()), (1, "GK-APP-007", ""));
    assert_eq!(ended.json()["error"]["message"], "区划 `999` 不在本节点之下");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_away_older_or_unnamed_is_told_apart() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let away = empty.path().to_str().expect("text");
    let ended = run(&["--data", away, "status", "--output", "json"]).await;
    assert_eq!((ended.status, code(&ended).as_str()), (1, "GK-CLI-002"));
    let ended = run(&["status", "--output", "json"]).await;
    assert_eq!((ended.status, code(&ended).as_str()), (1, "GK-CLI-001"));
    // The scripted node has no audit service, like a daemon from before it.
    let node = Node::start(Script::default());
    let ended = node.run(&["audit", "log", "--output", "json"]).await;
    assert_eq!((ended.status, code(&ended).as_str()), (1, "GK-CLI-010"));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_usage_ends_with_two() {
    // The last three are found by the commands themselves, after the words were read.
    for words in [
        vec!["bogus"],
        vec!["node", "init"],
        vec!["review", "approve"],
        vec!["status", "--lang", "fr"],
        vec!["publish", "verify", "/nowhere", "--key", "not hexadecimal"],
        vec!["--remote", "127.0.0.1:1", "status"],
        vec!["--data", "/nowhere", "--as", "李", "status"],
    ] {
        let ended = run(&words).await;
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{words:?}");
        assert!(!ended.stderr.is_empty());
        let with_json: Vec<&str> = words.iter().copied().chain(["--output", "json"]).collect();
        let ended = run(&with_json).await;
        assert_eq!((ended.status, code(&ended).as_str()), (2, "GK-CLI-012"), "{words:?}");
    }
}

fn daemon_program(folder: &Path, script: &str) -> std::path::PathBuf {
    let file = folder.join("gongkaid");
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("a script");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("its rights");
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn init_is_the_daemon_programs_answer_or_its_refusal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("node");
    let words = ["--data", data.to_str().expect("text"), "node", "init", "--division", "211200", "--output", "json"];
    for (script, status, field, value) in [
        (r#"echo "{\"division\":\"$5\",\"words\":\"$1 $2\"}""#, 0, "division", "211200"),
        (r#"echo '{"code":"GK-STORE-003","message":"m","hint":"h"}' >&2; exit 1"#, 1, "error", "GK-STORE-003"),
        ("echo nonsense", 1, "error", "GK-CLI-007"),
        ("exit 9", 1, "error", "GK-CLI-007"),
    ] {
        let program = daemon_program(folder.path(), script);
        let ended = run_with(&words, &[("GONGKAID", program.as_os_str())]).await;
        assert_eq!(ended.status, status, "{script}: {ended:?}");
        let found = if field == "error" { ended.json()[field]["code"].clone() } else { ended.json()[field].clone() };
        assert_eq!(found, value, "{script}: {ended:?}");
    }
    let ended = run_with(&words, &[("GONGKAID", OsStr::new("/nowhere/gongkaid"))]).await;
    assert_eq!((ended.status, code(&ended).as_str()), (1, "GK-CLI-004"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_refuses_a_folder_that_holds_something() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("mine"), "kept").expect("a file");
    let ended = run(&["demo", "--dir", folder.path().to_str().expect("text"), "--output", "json"]).await;
    assert_eq!((ended.status, code(&ended).as_str()), (1, "GK-DEMO-001"));
    let left: Vec<_> = fs::read_dir(folder.path()).expect("the folder").collect();
    assert_eq!(left.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_reads_a_users_workbook_before_it_starts_anything() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (file, dir) = (folder.path().join("no-workbook.xlsx"), folder.path().join("demo"));
    fs::write(&file, b"\x00\x01\x02").expect("a file");
    let words =
        ["demo", "--input", file.to_str().expect("text"), "--dir", dir.to_str().expect("text"), "--output", "json"];
    let ended = run(&words).await;
    assert_eq!(ended.status, 1);
    assert!(code(&ended).starts_with("GK-SHEET-"), "{ended:?}");
    assert!(!dir.exists());
}
