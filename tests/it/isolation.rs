//! One thing that is wrong holds up that thing only: payloads that nobody can read, streams that stop, a load that takes
//! long. What is wrong is planted into a stopped node's own store, signed by its key, as a later or a broken version
//! would have left it there.
//!
//! Invariant: each test ends in a state that the fault would keep from coming about if it held up more than its own.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use gongkai_journal::{Entry, kind::Kind};
use gongkai_store::Store;
use gongkai_tests::{
    tree::{CITY, COUNTY, Node, TOWN, eventually, three},
    work::{CATALOG, FIRST, SECOND, approve, editions, events, outline, submit, until},
};

use crate::plant::{LATER_KIND, draft, plant, with_store};

/// Another town of the county.
const OTHER_TOWN: &str = "211221102";
/// Another county.
const OTHER_COUNTY: &str = "211223";
/// What is loaded slowly: at [`SLOW_BYTES_PER_SECOND`] for a minute and more, far beyond what anybody here waits for.
const BULK_ENTRIES: usize = 400;
const BULK_ENTRY_BYTES: usize = 16 * 1024;
const SLOW_BYTES_PER_SECOND: usize = 65_536;
/// The first day of 2099.
const FAR_AHEAD_MS: i64 = 4_070_908_800_000;

/// Whether a node holds an entry, as `explain` says.
fn holds(node: &Node, entry: &Entry) -> Result<bool> {
    let hash = entry.hash().to_string();
    let printed = node.try_run(&["explain", &hash])?;
    Ok(matches!(printed.status, 0 | 3) && printed.json()?["kind"] == "entry")
}

/// The first submission of the catalog, with other words than its digest was made over.
async fn altered_submission(store: &Store) -> Result<Vec<u8>> {
    let entries = store.entries_about(CATALOG).await?;
    let sent = entries.into_iter().find(|entry| entry.header.kind == Kind::Submission).context("a submission")?;
    let text = String::from_utf8(sent.payload.context("its payload")?)?;
    let altered = text.replacen("公开", "公布", 1);
    ensure!(altered != text, "the sample has other words now");
    Ok(altered.into_bytes())
}

#[test]
fn payloads_that_nobody_can_use_are_stored_and_relayed_and_hold_up_nothing_else() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    let altered = with_store(&mut nodes[2], async |store, _| altered_submission(store).await)?;
    let planted = plant(
        &mut nodes[2],
        vec![
            draft(Kind::Submission.word(), TOWN, b"{not a submission".to_vec())?,
            draft(Kind::Submission.word(), TOWN, altered)?,
            draft(LATER_KIND, TOWN, vec![0, 159, 146, 150, 255])?,
        ],
        false,
    )?;
    for node in &nodes {
        for entry in &planted {
            eventually(&format!("{} holds {}", node.division, entry.header.kind), || holds(node, entry))?;
        }
    }
    // The same stream goes on behind them, and so does the same catalog.
    submit(&nodes[2], SECOND)?;
    for node in &nodes {
        eventually("what follows arrives", || Ok(node.catalog(CATALOG)?["state"] == "in-review"))?;
    }
    approve(&nodes[1])?;
    for node in &nodes {
        eventually("and is decided", || Ok(node.catalog(CATALOG)?["state"] == "approved"))?;
    }
    same_everywhere(&nodes)?;
    for node in &nodes {
        for (entry, why) in planted.iter().zip(["cannot be read", "has no effect", "does not know its kind"]) {
            let explained = node.run(&["explain", &entry.hash().to_string()])?;
            ensure!(explained.to_string().contains(why), "{}: {explained}", node.division);
        }
    }
    Ok(())
}

/// All three agree on the catalog.
fn same_everywhere(nodes: &[Node; 3]) -> Result<()> {
    let outlines = nodes.iter().map(outline).collect::<Result<Vec<_>>>()?;
    ensure!(outlines.iter().all(|outline| *outline == outlines[0]), "{outlines:?}");
    Ok(())
}

#[test]
fn a_stream_that_stops_holds_up_neither_the_trust_lane_nor_other_streams() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    let mut other = Node::join(place.path(), &nodes[1], OTHER_TOWN)?;
    other.start()?;
    other.run(&["sync", "now"])?;
    // The county's work about the town: no one above or below can take it, and all that follows in it waits.
    let poison = plant(&mut nodes[1], vec![draft(LATER_KIND, TOWN, b"x".to_vec())?], true)?;
    for (node, peer) in [(&nodes[0], COUNTY), (&nodes[2], COUNTY)] {
        eventually(&format!("{} has stopped the stream", node.division), || {
            let explained = node.run(&["explain", peer])?.to_string();
            Ok(explained.contains("GK-CHAIN-003"))
        })?;
        ensure!(!holds(node, &poison[0])?, "{} takes what nobody signed", node.division);
    }
    nodes[1].run(&["node", "revoke", OTHER_TOWN, "--reason", "the laptop was stolen"])?;
    eventually("the revocation passes", || {
        let log = nodes[0].run(&["audit", "log", "--kind", "key.revoke", "--subject", OTHER_TOWN])?;
        Ok(log["entries"].as_array().is_some_and(|rows| rows.len() == 1))
    })?;
    submit(&nodes[2], FIRST)?;
    for node in &nodes {
        eventually("another stream goes on", || Ok(events(node, "submission")? == 1))?;
    }
    // The receipt stands in the stream that stopped: there it waits, and nowhere else.
    eventually("the county has received it", || Ok(events(&nodes[1], "receipt")? == 1))?;
    ensure!(events(&nodes[0], "receipt")? == 0 && events(&nodes[2], "receipt")? == 0);
    Ok(())
}

#[test]
fn a_child_whose_stream_stopped_does_not_hold_up_its_sibling() -> Result<()> {
    let place = tempfile::tempdir()?;
    let nodes = three(place.path())?;
    let mut other = Node::join(place.path(), &nodes[1], OTHER_TOWN)?;
    other.start()?;
    other.run(&["sync", "now"])?;
    plant(&mut other, vec![draft(LATER_KIND, OTHER_TOWN, b"x".to_vec())?], true)?;
    eventually("the county has stopped the one child's stream", || {
        Ok(nodes[1].run(&["explain", OTHER_TOWN])?.to_string().contains("GK-CHAIN-003"))
    })?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    approve(&nodes[1])?;
    until(&nodes, 1, "approved")?;
    ensure!(other.link(COUNTY)?["state"] == "connected", "nor is the child itself cut off");
    same_everywhere(&nodes)?;
    let explained = nodes[1].run(&["explain", "sync"])?;
    ensure!(explained["state"] == "stuck", "what stopped stays named: {explained}");
    Ok(())
}

/// The link to the parent gets little.
fn slow_down(node: &Node) -> Result<()> {
    let config = node.dir.join("gongkaid.toml");
    let text = fs::read_to_string(&config)?;
    let limit = format!("[parent]\nbytes_per_second_max = {SLOW_BYTES_PER_SECOND}\n");
    let text = if text.contains("[parent]\n") { text.replacen("[parent]\n", &limit, 1) } else { text + "\n" + &limit };
    Ok(fs::write(config, text)?)
}

#[test]
fn news_passes_a_first_load_that_takes_long() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    approve(&nodes[1])?;
    until(&nodes, 1, "approved")?;
    // Noise, so that nothing of it can be packed away on the link.
    let noise = |_| draft(LATER_KIND, TOWN, rand::random_iter().take(BULK_ENTRY_BYTES).collect());
    let bulk = plant(&mut nodes[2], (0..BULK_ENTRIES).map(noise).collect::<Result<_>>()?, false)?;
    let last = bulk.last().context("bulk")?;
    eventually("the city has it", || holds(&nodes[0], last))?;

    // A new county has everything to load from the city, and the town does not help it.
    nodes[2].stop()?;
    nodes[1].stop()?;
    nodes[1].lose()?;
    nodes[1].enrol(&nodes[0].invite(&[COUNTY, "--rebuild"])?)?;
    slow_down(&nodes[1])?;
    nodes[1].start()?;
    eventually("the load is under way", || Ok(nodes[1].link(CITY)?["wants"].as_u64().is_some_and(|wants| wants > 0)))?;
    nodes[0].run(&["--as", "publisher", "publish", "run"])?;
    eventually("the edition is here", || Ok(editions(&nodes[1])? == 1))?;
    let orders = || {
        let log = nodes[1].run(&["audit", "log", "--kind", "tree.put"])?;
        Ok::<_, anyhow::Error>(log["entries"].as_array().context("entries")?.len())
    };
    let before = orders()?;
    nodes[0].run(&["node", "move", OTHER_TOWN, "--to", OTHER_COUNTY])?;
    eventually("the order about the tree is here", || Ok(orders()? == before + 1))?;
    let link = nodes[1].link(CITY)?;
    ensure!(
        link["wants"].as_u64().is_some_and(|wants| wants > 0) && !holds(&nodes[1], last)?,
        "not long enough: {link}"
    );
    Ok(())
}

#[test]
fn a_child_whose_load_takes_long_keeps_nothing_from_its_sibling() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    let mut other = Node::join(place.path(), &nodes[1], OTHER_TOWN)?;
    slow_down(&other)?;
    other.start()?;
    other.run(&["sync", "now"])?;
    let noise = |_| draft(LATER_KIND, OTHER_TOWN, rand::random_iter().take(BULK_ENTRY_BYTES).collect());
    let bulk = plant(&mut nodes[1], (0..BULK_ENTRIES).map(noise).collect::<Result<_>>()?, false)?;
    let (first, last) = (bulk.first().context("bulk")?, bulk.last().context("bulk")?);
    eventually("the one child is under load", || holds(&other, first))?;
    // In the middle of it the child stops to read at all.
    other.signal("STOP")?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    approve(&nodes[1])?;
    until(&nodes, 1, "approved")?;
    same_everywhere(&nodes)?;
    let link = nodes[1].link(OTHER_TOWN)?;
    ensure!(link["entries_to_send"].as_u64().is_some_and(|left| left > 0), "not long enough: {link}");
    other.signal("CONT")?;
    ensure!(!holds(&other, last)?, "nor did it get it from elsewhere");
    Ok(())
}

#[test]
fn a_time_from_the_far_future_is_flagged_where_it_arrives_and_holds_up_nothing() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    with_store(&mut nodes[2], async |store, key| {
        let drafts = vec![draft(LATER_KIND, TOWN, b"x".to_vec())?];
        Ok(store.append(drafts, &store.identity().author(), &key, FAR_AHEAD_MS).await?)
    })?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    // The author's own clock was as wrong when it committed: those above tell it.
    for node in &nodes[..2] {
        let status = node.run(&["status"])?;
        ensure!(status["entries_ahead"] == 1, "{}: {status}", node.division);
        let log = node.run(&["audit", "log", "--subject", TOWN])?;
        let rows = log["entries"].as_array().context("entries")?;
        for row in rows {
            ensure!((row["kind"] == LATER_KIND) == (row["is_ahead"] == true), "{}: {row}", node.division);
        }
    }
    Ok(())
}
