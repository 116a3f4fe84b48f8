//! Daemons as real processes on loopback, each with its own data directory, linked by real mutual TLS.
//!
//! Invariant: a daemon ends with its handle (it watches its standard input), and `--exit-with-parent` ends it even
//! when the test itself is killed. Ports are drawn by the system and kept for a node's restarts.

use std::{
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::program::{Printed, gongkai, program};

/// How long a state may take to come about before the test fails; a run on two busy cores stays far below.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two looks at a state.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// One node.
pub struct Node {
    /// Its division.
    pub division: String,
    /// Its data directory.
    pub dir: PathBuf,
    child: Option<Child>,
}

impl Node {
    /// Founds the top node; not started yet.
    pub fn found(place: &Path, division: &str) -> Result<Self> {
        let node = Self { division: division.to_owned(), dir: place.join(division), child: None };
        let listen = free_address()?;
        node.run(&["node", "init", "--division", division, "--listen", &listen])?;
        Ok(node)
    }

    /// Enrols a node at its running parent; not started yet.
    pub fn join(place: &Path, parent: &Self, division: &str) -> Result<Self> {
        let node = Self { division: division.to_owned(), dir: place.join(division), child: None };
        let invited = parent.run(&["node", "invite", division])?;
        let token = invited["token"].as_str().context("no token")?;
        node.run(&["node", "join", "--listen", &free_address()?, token])?;
        Ok(node)
    }

    /// Starts the daemon and waits until it answers.
    pub fn start(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.dir.join("test.log"))?;
        let child = Command::new(program("gongkaid")?)
            .args(["run", "--exit-with-parent", "--data"])
            .arg(&self.dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("gongkaid could not be started")?;
        self.child = Some(child);
        eventually(&format!("{} answers", self.division), || Ok(self.try_run(&["status"])?.status == 0))
    }

    /// SIGKILL: no warning, no clean-up.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Ends the daemon as an administrator would, and gives its exit status.
    pub fn stop(&mut self) -> Result<i32> {
        let Some(mut child) = self.child.take() else { return Ok(0) };
        drop(child.stdin.take());
        Ok(child.wait()?.code().unwrap_or(-1))
    }

    /// `gongkai --data DIR --output json ARGS`, whatever comes of it.
    pub fn try_run(&self, args: &[&str]) -> Result<Printed> {
        let dir = self.dir.to_str().context("a data directory of plain text")?;
        gongkai(&[&["--data", dir, "--output", "json"], args].concat())
    }

    /// The same, for a command that must succeed.
    pub fn run(&self, args: &[&str]) -> Result<Value> {
        let printed = self.try_run(args)?;
        ensure!(printed.status == 0 || printed.status == 3, "{} {args:?}: {printed:?}\n{}", self.division, self.log());
        printed.json()
    }

    /// The daemon's own log, for a failure's message.
    pub fn log(&self) -> String {
        let text = std::fs::read_to_string(self.dir.join("test.log")).unwrap_or_default();
        text.lines().rev().take(20).collect::<Vec<_>>().join("\n")
    }

    /// The row of a catalog in the node's list.
    pub fn catalog(&self, catalog: &str) -> Result<Value> {
        let listed = self.try_run(&["catalog", "list"])?;
        let rows = if listed.status == 0 || listed.status == 3 { listed.json()? } else { Value::Null };
        let found = rows["catalogs"].as_array().and_then(|rows| rows.iter().find(|row| row["catalog"] == catalog));
        Ok(found.cloned().unwrap_or(Value::Null))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Best effort: the daemon ends by itself when its standard input closes.
        let _ = self.kill();
    }
}

/// Looks until a state has come about; a failure names it.
pub fn eventually(what: &str, mut look: impl FnMut() -> Result<bool>) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if look()? {
            return Ok(());
        }
        pause(LOOK_EVERY);
    }
    bail!("it did not come about within {PATIENCE:?}: {what}")
}

/// Waits on nothing for a while: between looks, or until a moment chosen by chance.
pub fn pause(span: Duration) {
    let (_keep, never) = mpsc::channel::<()>();
    let _ = never.recv_timeout(span);
}

/// An address whose port was free a moment ago.
fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
