//! A machine is gone for good and nothing was saved: the parent has its past.

use anyhow::{Context as _, Result, ensure};
use gongkai_tests::{
    tree::{CITY, COUNTY, Node, TOWN, eventually, free_address, three},
    work::{FIRST, SECOND, agreed, approve, incarnation, submit, until, until_free},
};

/// Enrols a successor in a new directory at the old address.
fn rebuild(parent: &Node, lost: &Node) -> Result<Node> {
    let successor = Node::at(lost.dir.clone(), &lost.division, lost.listen.clone());
    successor.enrol(&parent.invite(&[&lost.division, "--rebuild"])?)?;
    Ok(successor)
}

fn retired(node: &Node, division: &str) -> Result<usize> {
    let log = node.run(&["audit", "log", "--kind", "key.revoke", "--subject", division])?;
    Ok(log["entries"].as_array().context("entries")?.len())
}

#[test]
fn a_lost_town_and_a_lost_county_are_rebuilt_from_above_under_new_keys() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    approve(&nodes[1])?;
    until(&nodes, 1, "approved")?;
    let life = incarnation(&nodes[2])?;
    nodes[2].stop()?;
    let kept = place.path().join("old-disk");
    nodes[2].copy_to(&kept)?;
    nodes[2].lose()?;

    let stranger = Node::at(place.path().join("stranger"), TOWN, free_address()?);
    let plain = nodes[1].invite(&[TOWN])?;
    let refusal = stranger.refusal(&["node", "join", "--listen", &stranger.listen, &plain])?;
    ensure!(refusal.starts_with("GK-APP-023") && refusal.contains("the peer refused"), "{refusal}");

    nodes[2] = rebuild(&nodes[1], &nodes[2])?;
    nodes[2].start()?;
    until_free(&nodes[2])?;
    agreed(&nodes, "approved", FIRST)?;
    ensure!(incarnation(&nodes[2])? != life, "it is another author");
    ensure!(retired(&nodes[0], TOWN)? == 1, "the city sees that the old key has ended");

    let mut old = Node::at(kept, TOWN, free_address()?);
    let config = old.dir.join("gongkaid.toml");
    std::fs::write(&config, std::fs::read_to_string(&config)?.replace(&nodes[2].listen, &old.listen))?;
    old.start()?;
    eventually("the old machine is refused", || Ok(old.link(COUNTY)?["reason"].to_string().contains("GK-PKI-036")))?;
    old.stop()?;

    // The successor may join again in its own directory like any node: the retired key is not held against it.
    nodes[2].stop()?;
    nodes[2].enrol(&nodes[1].invite(&[TOWN])?)?;
    nodes[2].start()?;
    submit(&nodes[2], SECOND)?;
    until(&nodes, 2, "in-review")?;
    nodes[1].kill()?;
    nodes[1].lose()?;
    nodes[1] = rebuild(&nodes[0], &nodes[1])?;
    nodes[1].start()?;
    until_free(&nodes[1])?;
    eventually("the town finds the new county", || Ok(nodes[1].link(TOWN)?["state"] == "connected"))?;
    agreed(&nodes, "in-review", SECOND)?;
    ensure!(retired(&nodes[2], COUNTY)? == 1 && nodes[1].link(CITY)?["state"] == "connected");
    approve(&nodes[1])?;
    until(&nodes, 2, "approved")
}
