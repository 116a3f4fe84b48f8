//! The tree that is attacked: a city, a county whose keys are stolen, another county that stands by, and a town.
//!
//! Invariant: nobody's daemon but the nodes' own is asked; what is said of a node's state is what its command line says.

use std::{
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, ensure};
use gongkai_tests::tree::{CITY, COUNTY, Node, eventually};

/// The county that stands by.
pub(crate) const OTHER_COUNTY: &str = "211223";

pub(crate) fn now_ms() -> Result<i64> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?)
}

/// City and two counties, of which nothing is stolen yet.
pub(crate) struct Stage {
    pub(crate) city: Node,
    pub(crate) county: Node,
    pub(crate) other: Node,
}

impl Stage {
    pub(crate) fn set(place: &Path) -> Result<Self> {
        let mut city = Node::found(place, CITY)?;
        city.start()?;
        let county = enrolled(place, &city, COUNTY)?;
        let other = enrolled(place, &city, OTHER_COUNTY)?;
        Ok(Self { city, county, other })
    }
}

/// Runs what is asynchronous of a test.
pub(crate) fn run<T>(what: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(what)
}

/// A node that runs, and has heard of itself.
pub(crate) fn enrolled(place: &Path, parent: &Node, division: &str) -> Result<Node> {
    let mut node = Node::join(place, parent, division)?;
    node.start()?;
    node.run(&["sync", "now"])?;
    Ok(node)
}

/// Whether a node does its work: it answers, nothing holds it, its journal and its projections are whole. That it warns of
/// what a peer wrote is right.
pub(crate) fn works(node: &Node) -> Result<()> {
    let status = node.run(&["status"])?;
    ensure!(status["hold"].is_null(), "{} is held: {}", node.division, status["hold"]);
    let report = node.run(&["doctor", "--rebuild"])?;
    let checks = report["checks"].as_array().context("checks")?;
    let bad = checks.iter().find(|check| check["state"] != "ok" && check["state"] != "warning");
    ensure!(bad.is_none(), "{}: {bad:?}", node.division);
    ensure!(report["state_digest_before"] == report["state_digest_after"], "{}: {report}", node.division);
    Ok(())
}

/// The node ends in order, starts again and works.
pub(crate) fn works_after_restart(node: &mut Node) -> Result<()> {
    let ended = node.stop()?;
    ensure!(ended == 0, "{} ended with {ended}: {}", node.division, node.log());
    node.start()?;
    eventually("it works after a restart", || Ok(works(node).is_ok()))?;
    works(node)
}
