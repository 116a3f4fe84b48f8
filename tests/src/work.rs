//! The work that scenarios are made of: one catalog of one town, submitted, returned, approved, published.
//!
//! Invariant: everything is asked of the command line; what is compared leaves out only what differs between two runs
//! of the same work by nature.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{
    program::{gongkai_json, repository},
    tree::{Node, eventually},
};

/// The catalog.
pub const CATALOG: &str = "211221101/social-assistance";
/// Its first workbook.
pub const FIRST: &str = "211221101-social-assistance.xlsx";
/// The same after a correction.
pub const SECOND: &str = "211221101-social-assistance-corrected.xlsx";

/// And after another change.
pub const THIRD: &str = "211221101-social-assistance-updated.xlsx";

/// The path of a sample workbook.
pub fn sample(file: &str) -> String {
    repository().join("seeds/catalogs").join(file).display().to_string()
}

/// A clerk imports a workbook.
pub fn import(node: &Node, file: &str) -> Result<Value> {
    node.run(&["--as", "clerk", "catalog", "import", &sample(file)])
}

/// A clerk imports a workbook and submits the catalog.
pub fn submit(node: &Node, file: &str) -> Result<Value> {
    import(node, file)?;
    node.run(&["--as", "clerk", "catalog", "submit", CATALOG])
}

/// A reviewer sends the first item back.
pub fn send_back(node: &Node) -> Result<Value> {
    node.run(&["--as", "reviewer", "review", "return", CATALOG, "--item", "1", "--opinion", "name the body"])
}

/// A reviewer approves.
pub fn approve(node: &Node) -> Result<Value> {
    node.run(&["--as", "reviewer", "review", "approve", CATALOG])
}

/// How many entries of a kind the catalog has on a node.
pub fn events(node: &Node, kind: &str) -> Result<usize> {
    let printed = node.try_run(&["catalog", "history", CATALOG])?;
    let history = if printed.status == 0 { printed.json()? } else { Value::Null };
    let events = history["events"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(events.iter().filter(|event| event["kind"] == kind).count())
}

/// The editions that a node knows.
pub fn editions(node: &Node) -> Result<usize> {
    let printed = node.try_run(&["publish", "list"])?;
    let listed = if printed.status == 0 { printed.json()? } else { Value::Null };
    Ok(listed["editions"].as_array().map_or(0, Vec::len))
}

/// Waits until all nodes have so many submissions and show the catalog in a state.
pub fn until(nodes: &[Node], submissions: usize, state: &str) -> Result<()> {
    for node in nodes {
        eventually(&format!("{} has {submissions} submissions, the last {state}", node.division), || {
            Ok(events(node, "submission")? == submissions && node.catalog(CATALOG)?["state"] == state)
        })?;
    }
    Ok(())
}

/// State, items and counts of entries: what a node knows of the catalog, without times and hashes of entries.
pub fn outline(node: &Node) -> Result<String> {
    let shown = node.run(&["catalog", "show", CATALOG])?;
    let items = shown["items"].as_array().context("items")?;
    let items: Vec<String> =
        items.iter().map(|item| format!("{} {} {}", item["serial"], item["name"], item["digest"])).collect();
    let counts = ["submission", "receipt", "decision"].map(|kind| events(node, kind).unwrap_or(0));
    Ok(format!("{} {counts:?} {}", shown["state"], items.join("|")))
}

/// Waits until all nodes know the same of the catalog, in this state and with the items of this workbook; then has
/// each examined and its projections made again, which must change nothing.
pub fn agreed(nodes: &[Node], state: &str, file: &str) -> Result<()> {
    let first = nodes.first().context("a node")?;
    let mut last = Vec::new();
    let agreement = eventually("all nodes agree", || {
        last = nodes.iter().map(outline).collect::<Result<Vec<_>>>().unwrap_or_default();
        Ok(last.first().is_some_and(|one| one.contains(state) && last.iter().all(|other| other == one)))
    });
    agreement.with_context(|| last.join("\n"))?;
    let shown = first.run(&["catalog", "show", CATALOG])?;
    let names = |items: &Value| -> Vec<String> {
        items.as_array().into_iter().flatten().map(|item| item["name"].to_string()).collect()
    };
    let read = gongkai_json(&["catalog", "import", &sample(file), "--dry-run"])?;
    ensure!(names(&shown["items"]) == names(&read["tables"][0]["rows"]), "not the items of {file}: {shown}");
    nodes.iter().try_for_each(sound)
}

/// A node finds nothing wrong with itself, and projections made again are the same.
pub fn sound(node: &Node) -> Result<()> {
    let report = node.run(&["doctor", "--rebuild"])?;
    let checks = report["checks"].as_array().context("checks")?;
    let bad: Vec<&Value> = checks.iter().filter(|check| is_bad(check)).collect();
    ensure!(bad.is_empty(), "{}: {bad:?}", node.division);
    ensure!(report["state_digest_before"] == report["state_digest_after"], "{}: {report}", node.division);
    Ok(())
}

/// No backup was made, in most scenarios, and all names come through the account of the test; everything else must be
/// well.
fn is_bad(check: &Value) -> bool {
    check["state"] != "ok" && check["name"] != "backup" && check["name"] != "operators"
}

/// Waits until the node is under no hold.
pub fn until_free(node: &Node) -> Result<()> {
    eventually(&format!("{} is free", node.division), || {
        let printed = node.try_run(&["status"])?;
        Ok(matches!(printed.status, 0 | 3) && printed.json()?["hold"].is_null())
    })
}

/// The life of a node's journal, as `node show` says.
pub fn incarnation(node: &Node) -> Result<String> {
    Ok(node.run(&["node", "show"])?["incarnation"].as_str().context("incarnation")?.to_owned())
}
