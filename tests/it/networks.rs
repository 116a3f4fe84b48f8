//! The programs on a network that loses, delays and hides: each host a namespace of its own.
//!
//! Invariant: whatever happens on the wire, all nodes know the same in the end. Skipped with a plain message where
//! namespaces are not allowed.

use std::{path::Path, time::Duration};

use anyhow::{Result, ensure};
use gongkai_tests::{
    delay::{Slow, Wait},
    net::{Net, Way},
    tree::{CITY, COUNTY, Node, TOWN, eventually, free_address},
    work::{FIRST, SECOND, agreed, approve, events, send_back, submit, until},
};

/// The network, or word that there can be none here.
fn net(names: &[&str]) -> Result<Option<Net>> {
    let net = Net::lay(names)?;
    if net.is_none() {
        eprintln!("skipped: network namespaces, nft or tc are not to be had here");
    }
    Ok(net)
}

fn node(net: &Net, place: &Path, host: &str, division: &str) -> Result<Node> {
    let mut node = Node::at(place.join(division), division, net.listen(host)?);
    node.namespace = Some(net.namespace(host));
    Ok(node)
}

fn below(parent: &Node, mut node: Node) -> Result<Node> {
    node.enrol(&parent.invite(&[&node.division])?)?;
    node.start()?;
    node.run(&["sync", "now"])?;
    Ok(node)
}

/// City, county and town, each on a host of its own.
fn three(net: &Net, place: &Path) -> Result<[Node; 3]> {
    let mut city = node(net, place, "city", CITY)?;
    city.init()?;
    city.start()?;
    let county = below(&city, node(net, place, "county", COUNTY)?)?;
    let town = below(&county, node(net, place, "town", TOWN)?)?;
    Ok([city, county, town])
}

const HOSTS: [&str; 3] = ["city", "county", "town"];

#[test]
fn a_partition_both_ways_keeps_nobody_from_working_and_heals() -> Result<()> {
    let Some(net) = net(&HOSTS)? else { return Ok(()) };
    let place = tempfile::tempdir()?;
    let nodes = three(&net, place.path())?;
    net.cut("county", Way::Both)?;
    submit(&nodes[2], FIRST)?;
    eventually("the town knows that nothing was delivered", || {
        Ok(nodes[2].link(COUNTY)?["entries_to_send"].as_u64().is_some_and(|left| left > 0))
    })?;
    ensure!(events(&nodes[1], "submission")? == 0);
    net.mend("county")?;
    until(&nodes, 1, "in-review")?;
    agreed(&nodes, "in-review", FIRST)
}

#[test]
fn a_partition_one_way_still_lets_news_come_down_and_heals() -> Result<()> {
    let Some(net) = net(&HOSTS)? else { return Ok(()) };
    let place = tempfile::tempdir()?;
    let nodes = three(&net, place.path())?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    net.cut("town", Way::Out)?;
    send_back(&nodes[1])?;
    eventually("the return comes down", || Ok(events(&nodes[2], "decision")? == 1))?;
    submit(&nodes[2], SECOND)?;
    ensure!(events(&nodes[1], "submission")? == 1, "nothing goes up");
    net.mend("town")?;
    until(&nodes, 2, "in-review")?;
    net.cut("county", Way::In)?;
    approve(&nodes[1])?;
    net.mend("county")?;
    until(&nodes, 2, "approved")?;
    agreed(&nodes, "approved", SECOND)
}

#[test]
fn a_narrow_link_that_loses_a_tenth_of_its_packets_delivers_everything() -> Result<()> {
    let Some(net) = net(&HOSTS)? else { return Ok(()) };
    let place = tempfile::tempdir()?;
    let nodes = three(&net, place.path())?;
    for host in HOSTS {
        net.lose(host, 10)?;
        net.narrow(host, "2mbit")?;
    }
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    approve(&nodes[1])?;
    until(&nodes, 1, "approved")?;
    agreed(&nodes, "approved", FIRST)
}

#[test]
fn a_town_behind_address_translation_needs_nothing_but_its_way_out() -> Result<()> {
    let Some(mut net) = net(&["city", "county", "router"])? else { return Ok(()) };
    net.put_behind("router", "town")?;
    let place = tempfile::tempdir()?;
    let mut city = node(&net, place.path(), "city", CITY)?;
    city.init()?;
    city.start()?;
    let county = below(&city, node(&net, place.path(), "county", COUNTY)?)?;
    let mut town = Node::at(place.path().join(TOWN), TOWN, "127.0.0.1:7443".to_owned());
    town.namespace = Some(net.namespace("town"));
    let nodes = [city, below(&county, town)?];
    let [city, town] = nodes;
    let nodes = [city, county, town];
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    approve(&nodes[1])?;
    until(&nodes, 1, "approved")?;
    agreed(&nodes, "approved", FIRST)
}

#[test]
fn a_slow_link_with_jitter_delivers_everything_in_order() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut city = Node::found(place.path(), CITY)?;
    city.start()?;
    let mut county = Node::join(place.path(), &city, COUNTY)?;
    county.start()?;
    let wait = Wait { delay: Duration::from_millis(60), jitter: Duration::from_millis(80) };
    let slow = Slow::to(&county.listen, wait)?;
    let mut town = Node::at(place.path().join(TOWN), TOWN, free_address()?);
    town.enrol(&county.invite(&[TOWN, "--address", &slow.address()])?)?;
    town.start()?;
    town.run(&["sync", "now"])?;
    let nodes = [city, county, town];
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    send_back(&nodes[1])?;
    until(&nodes, 1, "returned")?;
    submit(&nodes[2], SECOND)?;
    until(&nodes, 2, "in-review")?;
    agreed(&nodes, "in-review", SECOND)
}
