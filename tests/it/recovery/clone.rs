//! A copy of a data directory beside its original, on the same machine.

use anyhow::{Context as _, Result, ensure};
use gongkai_tests::{
    program::gongkai,
    tree::{CITY, COUNTY, Node, eventually, free_address, three},
    work::{FIRST, agreed, submit, until},
};

/// The daemon's id as messages show it.
fn shown(node: &Node) -> Result<String> {
    let id = node.run(&["node", "show"])?["daemon_id"].as_str().context("daemon id")?.to_owned();
    Ok(id.chars().take(8).collect())
}

#[test]
fn a_copy_is_refused_though_it_bears_the_same_host_name_and_the_original_goes_on() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    nodes[1].stop()?;
    let dir = place.path().join("copy");
    nodes[1].copy_to(&dir)?;
    nodes[1].start()?;
    eventually("the original is connected", || Ok(nodes[1].link(CITY)?["state"] == "connected"))?;

    // Only the port differs: one machine cannot give it twice.
    let mut copy = Node::at(dir, COUNTY, free_address()?);
    let config = copy.dir.join("gongkaid.toml");
    let text = std::fs::read_to_string(&config)?.replace(&nodes[1].listen, &copy.listen);
    std::fs::write(&config, text)?;
    copy.start()?;
    eventually("the copy is refused", || Ok(copy.link(CITY)?["reason"]["code"] == "GK-SYNC-005"))?;
    let told = copy.link(CITY)?["reason"]["message"].as_str().context("message")?.to_owned();
    let both = [shown(&nodes[1])?, shown(&copy)?];
    ensure!(both[0] != both[1] && both.iter().all(|daemon| told.contains(daemon.as_str())), "{both:?} in {told}");
    let seen = nodes[0].link(COUNTY)?;
    ensure!(seen["reason"]["code"] == "GK-SYNC-005", "the city shows it too: {seen}");
    let now = copy.try_run(&["sync", "now"])?;
    ensure!(now.status == 1 && now.out.contains("GK-SYNC-005"), "{now:?}");
    ensure!(gongkai(&["explain", "GK-SYNC-005"])?.out.contains("copy"));

    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    copy.stop()?;
    agreed(&nodes, "in-review", FIRST)
}
