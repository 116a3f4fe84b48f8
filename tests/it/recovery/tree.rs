//! What a person orders about the tree: a town goes to another county, its catalogs into another's custody, its keys end.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use gongkai_tests::{
    tree::{CITY, COUNTY, Node, TOWN, eventually, three},
    work::{
        CATALOG, FIRST, SECOND, THIRD, agreed, approve, events, incarnation, outline, sample, sound, submit, until,
        until_free,
    },
};
use serde_json::Value;

/// The county to which the town goes.
const OTHER: &str = "211223";
/// A day, and jitter takes off half of it at most; an hour is for slow machines.
const PROBE_MS_MIN: i64 = 11 * 60 * 60 * 1000;
/// Another town of the county.
const SIBLING: &str = "211221102";

fn warns(node: &Node, code: &str) -> Result<bool> {
    let printed = node.try_run(&["status"])?;
    Ok(printed.status == 3 && printed.json()?["warnings"].to_string().contains(code))
}

#[test]
fn a_town_moved_to_another_county_brings_its_history_there() -> Result<()> {
    let place = tempfile::tempdir()?;
    let [city, county, mut town] = three(place.path())?;
    let mut other = Node::join(place.path(), &city, OTHER)?;
    other.start()?;
    other.run(&["sync", "now"])?;
    let nodes = [city, county, town];
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    approve(&nodes[1])?;
    until(&nodes, 1, "approved")?;
    let [city, county, back] = nodes;
    town = back;

    let refusal = county.refusal(&["node", "move", TOWN, "--to", OTHER])?;
    ensure!(refusal.starts_with("GK-APP-024"), "{refusal}");
    let planned = city.run(&["node", "move", TOWN, "--to", OTHER, "--dry-run"])?;
    ensure!(planned["nodes"][0] == TOWN && planned["from"] == COUNTY && planned["catalogs"] == 1, "{planned}");
    ensure!(!warns(&town, "GK-NODE-022")?, "a dry run moves nothing");

    // Sessions are open, and work is on its way.
    city.run(&["node", "move", TOWN, "--to", OTHER])?;
    eventually("the town knows", || warns(&town, "GK-NODE-022"))?;
    eventually("the former county knows", || warns(&county, "GK-NODE-023"))?;
    eventually("the former county lets it in meanwhile", || Ok(town.link(COUNTY)?["state"] == "connected"))?;
    for (node, code) in [(&town, "GK-NODE-022"), (&county, "GK-NODE-023")] {
        let explained = node.run(&["explain", "sync"])?;
        let found = &explained["findings"][0];
        let action = found["action"].as_str().context("action")?;
        ensure!(found["code"] == code && action.contains("node invite 211221101` at 211223"), "{explained}");
    }
    submit(&town, SECOND).context("it works on")?;

    let life = incarnation(&town)?;
    let token = other.invite(&[TOWN])?;
    ensure!(town.refusal(&["node", "join", &token])?.starts_with("GK-STORE-006"), "not under a running daemon");
    town.stop()?;
    town.enrol(&token)?;
    town.start()?;
    let mut nodes = [city, other, town];
    until(&nodes, 2, "in-review")?;
    ensure!(incarnation(&nodes[2])? == life && !warns(&nodes[2], "GK-NODE-022")?);
    agreed(&nodes, "in-review", SECOND)?;
    approve(&nodes[1]).context("the new county reviews")?;
    until(&nodes, 2, "approved")?;
    ensure!(events(&nodes[1], "decision")? == 2, "the former county's decision is there");
    eventually("the former county forgets the link", || Ok(county.link(TOWN)?.is_null()))?;

    // The configuration still names where the former county answers: that it is a stranger now ends no wait.
    nodes[1].stop()?;
    eventually("it waits for its county", || Ok(nodes[2].link(OTHER)?["state"] == "unreachable"))?;
    nodes[1].start()?;
    eventually("it finds its county again", || Ok(nodes[2].link(OTHER)?["state"] == "connected"))?;
    sound(&county)
}

/// When each session of a node began.
fn sessions(node: &Node) -> Result<Vec<Value>> {
    let history = node.run(&["sync", "history"])?;
    Ok(history["sessions"].as_array().context("sessions")?.iter().map(|it| it["started_at_ms"].clone()).collect())
}

/// Entries of a kind about the town, or of all that a node sees of the tree.
fn logged(node: &Node, filter: &[&str]) -> Result<usize> {
    let log = node.run(&[&["audit", "log"], filter].concat())?;
    Ok(log["entries"].as_array().context("entries")?.len())
}

#[test]
fn a_town_moved_away_and_back_within_open_sessions_misses_nothing_of_the_time_between() -> Result<()> {
    let place = tempfile::tempdir()?;
    let nodes = three(place.path())?;
    let [city, county, town] = &nodes;
    let custody = ["--kind", "custody.put", "--subject", TOWN];
    let orders = ["--kind", "tree.put"];
    let before = (logged(county, &orders)?, sessions(county)?, sessions(town)?);

    city.run(&["node", "move", TOWN, "--to", OTHER])?;
    eventually("the former county knows", || warns(county, "GK-NODE-023"))?;
    // On the way to the new county, and behind it something for everybody, which takes the county past it.
    city.run(&["node", "custody", TOWN, "--to", CITY])?;
    city.run(&["node", "custody", TOWN, "--to", TOWN])?;
    city.run(&["node", "move", SIBLING, "--to", OTHER])?;
    eventually("the county goes on", || Ok(logged(county, &orders)? == before.0 + 2))?;
    ensure!(logged(county, &custody)? == 0, "the town is not its business");

    city.run(&["node", "move", TOWN, "--to", COUNTY])?;
    for node in [county, town] {
        eventually(&format!("{} hears of the time between", node.division), || Ok(logged(node, &custody)? == 2))?;
    }
    ensure!(sessions(county)? == before.1 && sessions(town)? == before.2, "no session ended: {:?}", sessions(county)?);
    ensure!(!warns(county, "GK-NODE-023")? && !warns(town, "GK-NODE-022")?);
    submit(town, FIRST)?;
    until(&nodes, 1, "in-review")?;
    agreed(&nodes, "in-review", FIRST)
}

#[test]
fn custody_moves_to_the_county_and_two_owners_meet_as_a_conflict() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    approve(&nodes[1])?;
    until(&nodes, 1, "approved")?;

    // The town is away and does not hear of it.
    nodes[2].stop()?;
    let refusal = nodes[1].refusal(&["node", "custody", TOWN, "--to", "211223"])?;
    ensure!(refusal.starts_with("GK-APP-025"), "{refusal}");
    nodes[1].run(&["node", "custody", TOWN, "--to", COUNTY, "--dry-run"])?;
    let given = nodes[1].run(&["node", "custody", TOWN, "--to", COUNTY])?;
    ensure!(given["from"] == TOWN && given["to"] == COUNTY && given["awaits_word"] == true, "{given}");
    let taken = ["--as", "clerk", "catalog", "import", &sample(SECOND), "--division", TOWN];
    ensure!(nodes[1].refusal(&taken)?.starts_with("GK-APP-004"), "nobody has agreed");
    eventually("the city hears of it", || warns(&nodes[0], "GK-CUSTODY-004"))?;
    let listed = nodes[0].try_run(&["custody", "list"])?;
    let order = listed.json()?["doubts"][0]["entry"].as_str().context("an order")?.to_owned();
    ensure!(
        listed.status == 3
            && nodes[1].refusal(&["--as", "reviewer", "custody", "confirm", &order])?.starts_with("GK-CUSTODY-002")
    );
    nodes[0].run(&["--as", "reviewer", "custody", "confirm", &order])?;
    eventually("the county keeps them", || Ok(nodes[1].try_run(&taken)?.status == 0))?;
    nodes[1].run(&["--as", "clerk", "catalog", "submit", CATALOG])?;
    nodes[1].stop()?;
    nodes[2].start()?;
    submit(&nodes[2], THIRD)?;
    nodes[1].start()?;
    let removed = ["--as", "clerk", "catalog", "import", &sample(FIRST)];
    eventually("the town hears of it", || {
        let refused = nodes[2].try_run(&removed)?;
        Ok(refused.status == 1 && refused.out.contains("GK-APP-004"))
    })?;
    for node in &nodes {
        eventually("all is delivered", || Ok(events(node, "submission")? == 3))?;
        eventually("two owners met", || Ok(node.catalog(CATALOG)?["is_conflict"] == true))?;
    }
    ensure!(outline(&nodes[0])? == outline(&nodes[1])?);

    let back = nodes[1].run(&["node", "custody", TOWN, "--to", TOWN])?;
    ensure!(back["from"] == COUNTY, "{back}");
    eventually("the town writes again", || Ok(nodes[2].try_run(&removed)?.status == 0))
}

#[test]
fn a_certificate_is_renewed_in_the_open_without_a_restart() -> Result<()> {
    let place = tempfile::tempdir()?;
    let nodes = three(place.path())?;
    let issued = |node: &Node| -> Result<usize> {
        let log = node.run(&["audit", "log", "--kind", "cert.put", "--subject", TOWN])?;
        Ok(log["entries"].as_array().context("entries")?.len())
    };
    ensure!(issued(&nodes[1])? == 1);
    let before = sessions(&nodes[2])?;
    for node in &nodes {
        let renewed = node.run(&["node", "renew"])?;
        let shown = node.run(&["node", "show"])?;
        ensure!(renewed["certificate_not_after_at_ms"] == shown["certificate_not_after_at_ms"], "{renewed} {shown}");
    }
    ensure!(issued(&nodes[1])? == 2, "the town, the path above it, and nobody else sees it");
    eventually("the session goes on", || Ok(nodes[2].link(COUNTY)?["state"] == "connected"))?;
    ensure!(sessions(&nodes[2])? == before, "and none ended");
    nodes[2].run(&["sync", "now"]).context("a new session under the new certificate")?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    agreed(&nodes, "in-review", FIRST)
}

#[test]
fn a_revoked_town_is_cut_off_at_once_and_comes_back_under_new_keys() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    ensure!(nodes[2].refusal(&["node", "revoke", COUNTY, "--reason", "x"])?.starts_with("GK-APP-026"));
    let revoked = nodes[1].run(&["node", "revoke", TOWN, "--reason", "the laptop was stolen"])?;
    ensure!(revoked["keys"] == 1, "{revoked}");
    eventually("the open session ends", || Ok(nodes[2].link(COUNTY)?["reason"].to_string().contains("GK-PKI-036")))?;
    let next_ms = nodes[2].link(COUNTY)?["next_run"].as_i64().context("a probe is planned")?;
    let now_ms = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    ensure!(next_ms - now_ms > PROBE_MS_MIN, "what waiting cannot cure is not tried again and again: {next_ms}");
    submit(&nodes[2], SECOND).context("the thief works on, alone")?;
    nodes[2].stop()?;
    nodes[2].lose()?;
    nodes[2].enrol(&nodes[1].invite(&[TOWN, "--rebuild"])?)?;
    nodes[2].start()?;
    until_free(&nodes[2])?;
    agreed(&nodes, "in-review", FIRST)?;
    approve(&nodes[1])?;
    until(&nodes, 1, "approved")
}

#[test]
fn a_decision_beyond_a_revocation_counts_nowhere_also_where_it_had_arrived() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    nodes[0].stop()?;
    approve(&nodes[1])?;
    until(&nodes[1..], 1, "approved")?;
    // The county's machine is stolen before the city has heard of that.
    nodes[1].stop()?;
    nodes[0].start()?;
    nodes[0].run(&["node", "revoke", COUNTY, "--reason", "the machine was stolen"])?;
    nodes[1].lose()?;
    nodes[1].enrol(&nodes[0].invite(&[COUNTY, "--rebuild"])?)?;
    nodes[1].start()?;
    until_free(&nodes[1])?;
    until(&nodes, 1, "in-review").context("the town takes the approval back")?;
    ensure!(events(&nodes[2], "decision")? == 0, "what is set aside is no event of the catalog");
    ensure!(nodes[2].run(&["doctor"])?.to_string().contains("1 set aside"), "and is still there");
    approve(&nodes[1])?;
    until(&nodes, 1, "approved")?;
    agreed(&nodes, "approved", FIRST)
}
