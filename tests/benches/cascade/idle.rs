//! `idle`: what a link costs when nothing happens: a live one by the minute, a scheduled one by the session.
//!
//! Invariant: runs in a network namespace of its own with two daemons, so that every IP byte in it is the link's.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result};
use gongkai_tests::tree::Node;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{
    note,
    outcome::{Outcome, median, rounded},
    system::{bytes_in_namespace, quiet},
    tiers::{Tier, Tiers},
};

/// Length of the quiet window when nothing is said: whole periods of every keepalive.
pub(crate) const SECONDS: usize = 240;
/// What has just happened may still be acknowledged.
const CALM: Duration = Duration::from_secs(5);
/// A live link's bytes a minute, both directions.
const LIVE_AIM: f64 = 600.0;
/// An empty session's bytes with its handshake, both directions.
const SESSION_AIM: f64 = 5.0 * 1024.0;
/// Empty sessions measured.
const SESSIONS: usize = 5;
/// After a session has ended, for what TCP still says.
const PARTING: Duration = Duration::from_secs(3);

/// Both measures; the value is the live link's.
pub(crate) fn idle(runtime: &Runtime, seconds: usize) -> Result<Outcome> {
    let mut tiers = Tiers::grow(runtime, &[("211221", &[])])?;
    quiet(CALM);
    note(format!("{seconds} quiet seconds"));
    let before = bytes_in_namespace()?;
    quiet(Duration::from_secs(seconds as u64));
    let live = (bytes_in_namespace()? - before) as f64 * 60.0 / seconds as f64;
    let county = tiers.counties.remove(0);
    let session = empty_session(runtime, county)?;
    Ok(Outcome {
        bench: "idle",
        items: seconds,
        value: live,
        unit: "bytes/min on a live link",
        limit: LIVE_AIM,
        limit_what: "IP bytes of both directions, counted by the kernel in a network namespace",
        ratio: live / LIVE_AIM,
        aim: 1.0,
        is_met: live <= LIVE_AIM && session <= SESSION_AIM,
        more: json!({
            "empty_session_bytes": session,
            "empty_session_aim": SESSION_AIM,
            "empty_session_ratio": rounded(session / SESSION_AIM),
        }),
    })
}

/// The median cost of a session in which there is nothing to say.
fn empty_session(runtime: &Runtime, county: Tier) -> Result<f64> {
    let Tier { mut node, .. } = county;
    node.stop()?;
    sync_by_hand(&node)?;
    let county = Tier::start(runtime, node)?;
    let mut costs = Vec::new();
    for n in 0..=SESSIONS {
        quiet(PARTING);
        let before = bytes_in_namespace()?;
        county.node.run(&["sync", "now"])?;
        quiet(PARTING);
        // The first one may bring what the live session left.
        if n > 0 {
            costs.push((bytes_in_namespace()? - before) as f64);
        }
    }
    Ok(median(&mut costs))
}

/// A scheduled session at a moment of our choice: it begins and ends in the same way.
fn sync_by_hand(node: &Node) -> Result<()> {
    let file = node.dir.join("gongkaid.toml");
    let text = fs::read_to_string(&file)?;
    let text = text.replace("[parent]\n", "[parent]\nmode = \"manual\"\n");
    fs::write(&file, &text)?;
    text.contains("manual").then_some(()).context("the configuration names no parent")
}
