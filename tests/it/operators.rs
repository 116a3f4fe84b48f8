//! Operators with certificates: another machine's `gongkai` against the admin port, as real processes.
//!
//! Invariant: what the program is told over the port is what it is told at the socket; a refusal is coded and names
//! what is needed.

use std::{fs, io::Write as _, os::unix::fs::PermissionsExt as _, path::Path};

use anyhow::{Context as _, Result, ensure};
use gongkai_tests::{
    program::{Printed, gongkai},
    tree::{CITY, Node, eventually},
};

const CATALOG: &str = "211200/ecological-environment";

/// A running city with an open admin port and three people.
fn city(place: &Path) -> Result<Node> {
    let mut city = Node::found(place, CITY)?;
    let config = city.dir.join("gongkaid.toml");
    let people = "\n[admin]\nlisten = \"127.0.0.1:0\"\n\
        [[operator]]\nname = \"li\"\nroles = [\"clerk\"]\ndomains = [\"ecological-environment\"]\n\
        [[operator]]\nname = \"wang\"\nroles = [\"reviewer\"]\ndepartments = [\"dept-education\"]\n\
        [[operator]]\nname = \"sun\"\nroles = [\"auditor\"]\n";
    fs::write(&config, fs::read_to_string(&config)? + people)?;
    city.start()?;
    Ok(city)
}

/// Has a certificate issued; gives the profile.
fn certify(city: &Node, place: &Path, name: &str) -> Result<String> {
    let out = place.join(format!("{name}-papers"));
    let out = out.to_str().context("plain text")?;
    city.run(&["operator", "certify", name, "--out", out])?;
    Ok(format!("{out}/profile.toml"))
}

fn with(profile: &str, words: &[&str]) -> Result<Printed> {
    gongkai(&[&["--profile", profile, "--output", "json"], words].concat())
}

fn refusal(printed: &Printed) -> Result<String> {
    ensure!(printed.status == 1, "it was not refused: {printed:?}");
    Ok(printed.json()?["error"]["code"].as_str().context("no code")?.to_owned())
}

#[test]
fn every_noun_answers_over_the_port_what_it_answers_at_the_socket() -> Result<()> {
    let place = tempfile::tempdir()?;
    let city = city(place.path())?;
    let profile = certify(&city, place.path(), "sun")?;
    let readings: [&[&str]; 16] = [
        &["node", "show"],
        &["node", "list", "--enrolled"],
        &["sync", "peers"],
        &["sync", "history"],
        &["catalog", "list"],
        &["catalog", "mappings"],
        &["standard", "list"],
        &["routing", "show"],
        &["domain", "list"],
        &["review", "list"],
        &["conflict", "list"],
        &["publish", "check"],
        &["publish", "list"],
        &["publish", "sign-offs"],
        &["operator", "list"],
        &["operator", "certificates"],
    ];
    for words in readings {
        let local = city.try_run(&[&["--as", "sun"], words].concat())?;
        let remote = with(&profile, words)?;
        ensure!(local.status == remote.status && local.json()? == remote.json()?, "{words:?}: {local:?} {remote:?}");
    }
    let who = with(&profile, &["whoami"])?.json()?;
    ensure!(who["operator"] == "211200/sun" && who["roles"] == serde_json::json!(["auditor"]), "{who}");
    Ok(())
}

#[test]
fn a_certificate_works_in_its_role_and_domain_and_is_refused_beyond_by_name() -> Result<()> {
    let place = tempfile::tempdir()?;
    let city = city(place.path())?;
    let profile = certify(&city, place.path(), "li")?;
    let book = place.path().join("book.xlsx");
    let samples = gongkai_seeds::samples();
    let sample = samples.iter().find(|it| it.file == "211200-ecological-environment.xlsx").context("no sample")?;
    fs::write(&book, sample.bytes)?;
    let imported = with(&profile, &["catalog", "import", book.to_str().context("text")?])?;
    ensure!(matches!(imported.status, 0 | 3), "{imported:?}");
    ensure!(city.catalog(CATALOG)?["state"] == "draft");
    let refused = with(&profile, &["publish", "run"])?;
    ensure!(refusal(&refused)? == "GK-APP-002" && refused.out.contains("publisher"), "{refused:?}");
    let refused = with(&profile, &["--as", "sun", "audit", "log"])?;
    ensure!(refusal(&refused)? == "GK-NODE-004", "{refused:?}");
    ensure!(refusal(&with(&profile, &["catalog", "submit", "211200/work-safety"])?)? == "GK-APP-013");
    let log = city.run(&["--as", "sun", "audit", "log", "--kind", "refusal"])?;
    let told: Vec<&str> =
        log["entries"].as_array().context("rows")?.iter().filter_map(|it| it["summary"].as_str()).collect();
    ensure!(
        told.len() == 3 && told.iter().all(|it| it.contains("certificate") && it.contains("211200/li")),
        "{told:?}"
    );
    Ok(())
}

#[test]
fn a_key_that_others_can_read_and_a_stranger_at_the_address_are_refused_before_anything_is_sent() -> Result<()> {
    let place = tempfile::tempdir()?;
    let city = city(place.path())?;
    let profile = certify(&city, place.path(), "li")?;
    let folder = place.path().join("li-papers");
    let key = folder.join("client.key");
    ensure!(fs::metadata(&key)?.permissions().mode() & 0o777 == 0o600);
    let again = city.try_run(&["operator", "certify", "li", "--out", folder.to_str().context("text")?])?;
    ensure!(refusal(&again)? == "GK-CLI-013", "a key is never overwritten: {again:?}");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644))?;
    ensure!(refusal(&with(&profile, &["whoami"])?)? == "GK-CLI-018");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
    // The port for children belongs to the same node and takes no operator; an empty port is nobody.
    let children = fs::read_to_string(city.dir.join("listen.addr"))?;
    let file = |name: &str| folder.join(name).display().to_string();
    let (cert, key, ca) = (file("client.crt"), file("client.key"), file("ca.crt"));
    let words = |address: &str| -> Result<Printed> {
        let papers = ["--cert", &cert, "--key", &key, "--ca", &ca, "--output", "json", "whoami"];
        gongkai(&[&["--remote", address.trim()][..], &papers].concat())
    };
    ensure!(refusal(&words(&children)?)? == "GK-CLI-017");
    ensure!(refusal(&words("127.0.0.1:1")?)? == "GK-CLI-015");
    let admin = fs::read_to_string(city.dir.join("admin.addr"))?;
    ensure!(words(&admin)?.json()?["operator"] == "211200/li");
    let papers = ["--cert", &cert, "--key", &key, "--ca", &ca, "--output", "json"];
    let after = gongkai(&[&["whoami", "--remote", admin.trim()][..], &papers].concat())?;
    ensure!(after.json()?["operator"] == "211200/li", "the options may stand behind the noun: {after:?}");
    ensure!(city.run(&["status"])?["admin_refusals"] == 0, "nobody was turned away yet");
    std::net::TcpStream::connect(admin.trim())?.write_all(b"GET / HTTP/1.1\r\n\r\n")?;
    eventually("the stranger is counted", || Ok(city.run(&["status"])?["admin_refusals"] == 1))?;
    let usage = gongkai(&["--remote", admin.trim(), "whoami"])?;
    ensure!(usage.status == 2 && usage.err.contains("GK-CLI-012"), "{usage:?}");
    Ok(())
}

#[test]
fn an_operator_may_keep_his_key_to_himself() -> Result<()> {
    let place = tempfile::tempdir()?;
    let city = city(place.path())?;
    let desk = place.path().join("desk");
    let desk = desk.to_str().context("text")?;
    let made = gongkai(&["operator", "request", "--out", desk])?;
    ensure!(made.status == 0, "{made:?}");
    let csr = format!("{desk}/client.csr");
    // The administrator's answer is laid beside the key, which the node has never seen.
    city.run(&["operator", "certify", "wang", "--csr", &csr, "--out", desk, "--days", "30"])?;
    let who = with(&format!("{desk}/profile.toml"), &["whoami"])?.json()?;
    ensure!(who["operator"] == "211200/wang" && who["departments"] == serde_json::json!(["dept-education"]), "{who}");
    city.run(&["operator", "revoke", "wang", "--reason", "left the office"])?;
    ensure!(refusal(&with(&format!("{desk}/profile.toml"), &["whoami"])?)? == "GK-APP-015");
    Ok(())
}
