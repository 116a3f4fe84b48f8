//! A fork: a machine falls back while its later work is already upstream, and works on alone before it meets anybody.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use gongkai_tests::{
    program::gongkai,
    tree::{Node, eventually, three},
    work::{CATALOG, FIRST, SECOND, THIRD, approve, events, outline, submit, until, until_free},
};
use serde_json::Value;

/// Words of the sample that two branches put otherwise.
const WORDS: &str = "2.咨询和监督电话";

/// The one conflict that a node lists.
fn conflict(node: &Node) -> Result<String> {
    let listed = node.run(&["conflict", "list"])?;
    let rows = listed["conflicts"].as_array().context("conflicts")?;
    ensure!(rows.len() == 1 && rows[0]["catalog"] == CATALOG, "{}: {listed}", node.division);
    Ok(rows[0]["id"].as_str().context("id")?.to_owned())
}

/// Elements with base, ours and theirs, as a node shows the conflict.
fn sides(node: &Node, id: &str) -> Result<Vec<[String; 4]>> {
    let shown = node.run(&["conflict", "show", id, "--all"])?;
    let rows = shown["rows"].as_array().context("rows")?;
    let text = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    Ok(rows.iter().map(|row| ["element", "base", "ours", "theirs"].map(|field| text(row, field))).collect())
}

/// How many streams have two ends, by the node's own examination; everything else about it is in order, save what is
/// named.
fn forks(node: &Node, beside: &[&str]) -> Result<usize> {
    let report = node.run(&["doctor", "--rebuild"])?;
    ensure!(report["state_digest_before"] == report["state_digest_after"], "{}: {report}", node.division);
    let checks = report["checks"].as_array().context("checks")?;
    let is_known = |name: &str| ["backup", "forks"].contains(&name) || beside.contains(&name);
    let is_bad = |check: &&Value| check["state"] != "ok" && !check["name"].as_str().is_some_and(is_known);
    let bad: Vec<&Value> = checks.iter().filter(is_bad).collect();
    ensure!(bad.is_empty(), "{}: {bad:?}", node.division);
    let found = checks.iter().find(|check| check["name"] == "forks").context("the check for forks")?;
    let said = found["reason"]["message"].as_str().context("a sentence")?;
    Ok(if found["state"] == "ok" { 0 } else { said.split(' ').next().context("a number")?.parse()? })
}

/// What the town does on one branch.
type Work<'a> = &'a dyn Fn(&Node) -> Result<()>;

/// The town submits on both sides of a fall back: the first branch goes up, the second is written alone.
fn fork(nodes: &mut [Node; 3], place: &Path, branches: [Work<'_>; 2]) -> Result<()> {
    submit(&nodes[2], FIRST)?;
    until(nodes, 1, "in-review")?;
    let snapshot = place.join("snapshot");
    nodes[2].stop()?;
    nodes[2].copy_to(&snapshot)?;
    nodes[2].start()?;
    branches[0](&nodes[2]).context("the branch that goes up")?;
    until(nodes, 2, "in-review")?;

    nodes[1].stop()?;
    nodes[2].stop()?;
    nodes[2].put_back(&snapshot)?;
    nodes[2].start()?;
    branches[1](&nodes[2]).context("alone it does not know what it said before")?;
    ensure!(events(&nodes[2], "submission")? == 2);
    nodes[1].start()?;
    for node in &nodes[..] {
        eventually(&format!("{} has both branches", node.division), || {
            Ok(events(node, "submission")? == 3 && node.catalog(CATALOG)?["is_conflict"] == true)
        })?;
    }
    // It is held from noticing the fork until it has compared heads.
    until_free(&nodes[2])?;
    for node in &nodes[..] {
        ensure!(forks(node, &["catalogs"])? >= 1, "{} sees the fork", node.division);
    }
    Ok(())
}

/// Submits what the catalog holds, with other words in one place.
fn submit_reworded(node: &Node, file: &Path, words: &str) -> Result<()> {
    let path = file.display().to_string();
    node.run(&["catalog", "export", CATALOG, "--format", "csv", "--out", &path])?;
    let text = fs::read_to_string(file)?;
    let reworded = text.replacen(WORDS, words, 1);
    ensure!(reworded != text, "the sample has other words now");
    fs::write(file, reworded)?;
    node.run(&["--as", "clerk", "catalog", "import", &path, "--domain", "social-assistance"])?;
    node.run(&["--as", "clerk", "catalog", "submit", CATALOG])?;
    Ok(())
}

#[test]
fn both_branches_of_a_fork_are_kept_everywhere_and_settled_by_a_person() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    let submitted = |file| move |town: &Node| submit(town, file).map(drop);
    fork(&mut nodes, place.path(), [&submitted(SECOND), &submitted(THIRD)])?;
    let id = conflict(&nodes[2])?;
    let shown = sides(&nodes[2], &id)?;
    ensure!(
        shown.iter().any(|[_, base, ours, theirs]| ours != theirs && (base != ours || base != theirs)),
        "{shown:?}"
    );
    for node in &nodes[..2] {
        ensure!(conflict(node)? == id && sides(node, &id)? == shown, "{} shows another conflict", node.division);
    }

    let town = &nodes[2];
    town.run(&["--as", "clerk", "conflict", "resolve", &id, "--take", "theirs", "--reason", "the later one holds"])?;
    until(&nodes, 4, "in-review")?;
    approve(&nodes[1])?;
    until(&nodes, 4, "approved")?;
    let expected = outline(town)?;
    for node in &nodes {
        eventually(&format!("{} sees no conflict", node.division), || {
            Ok(node.catalog(CATALOG)?["is_conflict"] != true && outline(node)? == expected)
        })?;
        ensure!(forks(node, &[])? >= 1, "what was written stays written");
    }
    submit(town, FIRST).context("the town goes on in its new life")?;
    until(&nodes, 5, "in-review")
}

#[test]
fn a_place_that_both_branches_changed_is_shown_with_base_ours_and_theirs_to_everybody() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    let file = place.path().join("reworded.csv");
    let reworded = |words| {
        let file = file.clone();
        move |town: &Node| submit_reworded(town, &file, words)
    };
    let [one, other] = ["2.咨询、监督和投诉电话", "2.咨询热线"];
    fork(&mut nodes, place.path(), [&reworded(one), &reworded(other)])?;
    let id = conflict(&nodes[2])?;
    for node in &nodes {
        let shown = node.run(&["conflict", "show", &id])?;
        ensure!(shown["conflict"]["open"] == 1 && shown["rows"][0]["outcome"] == "open", "{shown}");
        let dir = node.dir.to_str().context("a data directory of plain text")?;
        let printed = gongkai(&["--data", dir, "--lang", "zh", "conflict", "show", &id])?;
        let sides = [("共同", WORDS), ("我方", one), ("对方", other)];
        let texts = [&shown["rows"][0]["base"], &shown["rows"][0]["ours"], &shown["rows"][0]["theirs"]];
        ensure!(texts[0].to_string().contains(WORDS), "{shown}");
        ensure!(
            sides.iter().all(|(side, words)| printed.out.contains(side) && printed.out.contains(words)),
            "{printed:?}"
        );
    }
    let town = &nodes[2];
    town.run(&["--as", "clerk", "conflict", "resolve", &id, "--take", "ours", "--reason", "as agreed"])?;
    until(&nodes, 4, "in-review")?;
    for node in &nodes {
        eventually(&format!("{} sees no conflict", node.division), || {
            Ok(node.catalog(CATALOG)?["is_conflict"] != true)
        })?;
    }
    Ok(())
}
