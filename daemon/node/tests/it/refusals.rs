//! What a daemon does not start on, each with its code.

use std::{
    fs,
    io::{Seek as _, Write as _},
};

use gongkai_node::{Found, Start, start};
use tempfile::TempDir;

use crate::harness::{CITY, city, config_error};

async fn founded(dir: &TempDir, listen: &str) -> std::path::PathBuf {
    let place = dir.path().join("node");
    gongkai_node::found(Found {
        dir: place.clone(),
        division: CITY.to_owned(),
        name: None,
        listen: listen.to_owned(),
        advertise: String::new(),
        seeds: None,
    })
    .await
    .unwrap();
    place
}

async fn refusal(dir: &std::path::Path) -> String {
    let begun = match Start::read(dir.to_owned(), None) {
        Ok(begun) => begun,
        Err(error) => return error.code().to_owned(),
    };
    match start(begun).await {
        Ok(running) => {
            running.stop().await;
            "it started".to_owned()
        }
        Err(error) => {
            assert!(!error.hint().is_empty(), "{error}");
            error.code().to_owned()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_daemon_on_one_directory_is_refused() {
    let city = city().await;
    assert_eq!(refusal(&city.dir).await, "GK-STORE-006");
    // The first one has not noticed.
    city.token("211221").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_refused_and_nothing_is_left_running() {
    let other = city().await;
    let dir = TempDir::new().unwrap();
    let place = founded(&dir, &other.address()).await;
    assert_eq!(refusal(&place).await, "GK-LINK-001");
    let config = place.join(gongkai_node::CONFIG_FILE);
    let text = fs::read_to_string(&config).unwrap().replace(&other.address(), "127.0.0.1:0");
    fs::write(&config, text).unwrap();
    assert_eq!(refusal(&place).await, "it started");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_without_a_node_or_with_a_damaged_one_is_refused() {
    let dir = TempDir::new().unwrap();
    assert_eq!(refusal(&dir.path().join("nothing")).await, "GK-STORE-010");
    let place = founded(&dir, "127.0.0.1:0").await;
    let mut database = fs::OpenOptions::new().write(true).open(place.join(gongkai_store::DATABASE_FILE)).unwrap();
    for page in 1..8 {
        database.seek(std::io::SeekFrom::Start(page * 4096)).unwrap();
        database.write_all(&[0x5a; 4096]).unwrap();
    }
    drop(database);
    assert_eq!(refusal(&place).await, "GK-STORE-003");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_others_may_read_are_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TempDir::new().unwrap();
    let place = founded(&dir, "127.0.0.1:0").await;
    fs::set_permissions(place.join("pki/entry.key"), fs::Permissions::from_mode(0o644)).unwrap();
    let code = refusal(&place).await;
    assert!(code.starts_with("GK-PKI-00"), "{code}");
}

#[tokio::test(flavor = "multi_thread")]
async fn founding_is_refused_below_the_top_for_unknown_codes_and_twice() {
    let dir = TempDir::new().unwrap();
    let found = |division: &str| {
        gongkai_node::found(Found {
            dir: dir.path().join(division),
            division: division.to_owned(),
            name: None,
            listen: "127.0.0.1:0".to_owned(),
            advertise: String::new(),
            seeds: None,
        })
    };
    assert_eq!(found("211221").await.unwrap_err().code(), "GK-APP-020");
    assert_eq!(found("999999").await.unwrap_err().code(), "GK-APP-003");
    assert_eq!(found("铁岭").await.unwrap_err().code(), "GK-APP-001");
    found(CITY).await.unwrap();
    assert_eq!(found(CITY).await.unwrap_err().code(), "GK-STORE-009");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_misspelt_key_keeps_the_daemon_from_starting() {
    let dir = TempDir::new().unwrap();
    let place = founded(&dir, "127.0.0.1:0").await;
    fs::write(place.join(gongkai_node::CONFIG_FILE), "[node]\nlisten = \"127.0.0.1:0\"\nadvertize = \"a:1\"\n")
        .unwrap();
    assert_eq!(refusal(&place).await, "GK-CONF-003");
    assert_eq!(config_error("[node]\nlisten = 7443"), "GK-CONF-004");
}
