//! The program as scripts see it: exit status, stdout and stderr.
//!
//! Invariant: every process started here is awaited, and killed if the test ends early.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    io::Read as _,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

/// A start takes milliseconds; a loaded machine may take its time.
const WAIT_MAX: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(15);

fn gongkaid(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gongkaid"));
    command.args(arguments).env_remove("GONGKAI_DATA").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    gongkaid(arguments).output().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the short poll of the one bounded wait")]
fn eventually<T>(mut check: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + WAIT_MAX;
    while Instant::now() < end {
        if let Some(found) = check() {
            return Some(found);
        }
        std::thread::sleep(POLL);
    }
    None
}

fn init(dir: &Path) -> Value {
    let made = run(&[
        "init",
        "--data",
        dir.to_str().unwrap(),
        "--division",
        "211200",
        "--listen",
        "127.0.0.1:0",
        "--output",
        "json",
    ]);
    assert_eq!(made.status.code(), Some(0), "{made:?}");
    serde_json::from_slice(&made.stdout).unwrap()
}

/// Ends with the test, whatever happens.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn init_answers_one_json_document_and_refuses_the_second_time() {
    let dir = TempDir::new().unwrap();
    let place = dir.path().join("node");
    let made = init(&place);
    assert_eq!(made["division"], "211200");
    assert_eq!(made["ca_fingerprint"].as_str().unwrap().len(), 64);
    assert!(place.join("gongkaid.toml").is_file());
    let again = run(&["init", "--data", place.to_str().unwrap(), "--division", "211200", "--output", "json"]);
    assert_eq!(again.status.code(), Some(1));
    let document: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(document["error"]["code"], "GK-STORE-009");
    let stderr = String::from_utf8(again.stderr).unwrap();
    let last: Value = serde_json::from_str(stderr.lines().last().unwrap()).unwrap();
    assert_eq!(last["code"], "GK-STORE-009");
}

#[test]
fn a_daemon_stops_when_its_parent_process_lets_go_of_stdin() {
    let dir = TempDir::new().unwrap();
    let place = dir.path().join("node");
    init(&place);
    let mut command = gongkaid(&["run", "--data", place.to_str().unwrap(), "--exit-with-parent"]);
    let mut daemon = Daemon(command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    assert!(eventually(|| place.join("listen.addr").exists().then_some(())).is_some());
    drop(daemon.0.stdin.take());
    let status = eventually(|| daemon.0.try_wait().unwrap());
    assert_eq!(status.and_then(|status| status.code()), Some(0));
    let mut log = String::new();
    daemon.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    assert!(log.contains("stdin ended") && log.contains("daemon stopped"), "{log}");
    for left in ["listen.addr", "admin.sock"] {
        assert!(!place.join(left).exists(), "{left}");
    }
}

#[test]
fn a_killed_daemon_leaves_nothing_that_keeps_the_next_from_starting() {
    let dir = TempDir::new().unwrap();
    let place = dir.path().join("node");
    init(&place);
    for _ in 0..2 {
        let mut daemon =
            Daemon(gongkaid(&["run", "--data", place.to_str().unwrap()]).stderr(Stdio::null()).spawn().unwrap());
        let socket = place.join("admin.sock");
        assert!(eventually(|| std::os::unix::net::UnixStream::connect(&socket).ok()).is_some());
        daemon.0.kill().unwrap();
        daemon.0.wait().unwrap();
        assert!(socket.exists(), "a kill leaves the socket behind");
    }
}

#[test]
fn refusals_end_with_one_and_wrong_usage_with_two() {
    let dir = TempDir::new().unwrap();
    let config = dir.path().join("wrong.toml");
    std::fs::write(&config, "[node]\nlisten = \"0.0.0.0:7443\"\n[log]\nlevl = \"info\"\n").unwrap();
    let checked = run(&["check-config", config.to_str().unwrap()]);
    let stderr = String::from_utf8(checked.stderr).unwrap();
    assert_eq!(checked.status.code(), Some(1));
    assert!(
        stderr.contains("error[GK-CONF-003]") && stderr.contains("line 4") && stderr.contains("`level`"),
        "{stderr}"
    );
    let nowhere = dir.path().join("nowhere");
    let started = run(&["run", "--data", nowhere.to_str().unwrap()]);
    assert_eq!(started.status.code(), Some(1));
    assert!(String::from_utf8(started.stderr).unwrap().contains("error[GK-STORE-010]"));
    assert_eq!(run(&["run"]).status.code(), Some(2));
    assert_eq!(run(&["version"]).status.code(), Some(0));
}

#[test]
fn a_restore_from_what_is_no_backup_is_refused_and_leaves_nothing() {
    let dir = TempDir::new().unwrap();
    let bad = dir.path().join("no.backup");
    std::fs::write(&bad, b"PK\x03\x04 and nothing that follows").unwrap();
    let place = dir.path().join("node");
    let words = ["restore", "--data", place.to_str().unwrap(), "--output", "json", bad.to_str().unwrap()];
    for _ in 0..2 {
        let refused = run(&words);
        assert_eq!(refused.status.code(), Some(1));
        let document: Value = serde_json::from_slice(&refused.stdout).unwrap();
        assert_eq!(document["error"]["code"], "GK-APP-054");
        assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0, "nothing stays behind");
    }
}
