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

use crate::program::{Printed, command_in, gongkai_in};

/// How long a state may take to come about before the test fails; a run on two busy cores stays far below.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// The city of the sample tree.
pub const CITY: &str = "211200";
/// One of its counties.
pub const COUNTY: &str = "211221";
/// One of the county's towns.
pub const TOWN: &str = "211221101";
/// A reviewer and a publisher, as configured.
const PEOPLE: &str = "\n[[operator]]\nname = \"reviewer\"\nroles = [\"reviewer\"]\n\
    [[operator]]\nname = \"publisher\"\nroles = [\"publisher\"]\n";
/// Pause between two looks at a state.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// One node.
pub struct Node {
    /// Its division.
    pub division: String,
    /// Its data directory.
    pub dir: PathBuf,
    /// Where links from below are taken.
    pub listen: String,
    /// The network namespace in which its programs run; `None` for this process's own.
    pub namespace: Option<String>,
    /// Files and sockets that its daemon may have open; `None`: as many as this process.
    pub descriptors_max: Option<u32>,
    child: Option<Child>,
}

impl Node {
    /// Founds the top node; not started yet.
    pub fn found(place: &Path, division: &str) -> Result<Self> {
        let node = Self::at(place.join(division), division, free_address()?);
        node.init()?;
        Ok(node)
    }

    /// Enrols a node at its running parent; not started yet.
    pub fn join(place: &Path, parent: &Self, division: &str) -> Result<Self> {
        let node = Self::at(place.join(division), division, free_address()?);
        node.enrol(&parent.invite(&[division])?)?;
        Ok(node)
    }

    /// A node that is, or will be, in this directory.
    pub fn at(dir: PathBuf, division: &str, listen: String) -> Self {
        Self { division: division.to_owned(), dir, listen, namespace: None, descriptors_max: None, child: None }
    }

    /// `node init` for the top of a tree.
    pub fn init(&self) -> Result<Value> {
        let made = self.run(&["node", "init", "--division", &self.division, "--listen", &self.listen])?;
        self.ask_for_no_sign_offs()?;
        Ok(made)
    }

    /// Sign-offs are people's; the demo and the daemon's tests have them.
    pub fn ask_for_no_sign_offs(&self) -> Result<()> {
        let config = self.dir.join("gongkaid.toml");
        let text = std::fs::read_to_string(&config)?;
        std::fs::write(&config, text + "\n[publish]\nsign_offs = []\nsigners_min = 0\n")?;
        self.register()
    }

    /// Names the people who review and publish here: nobody else does. A node that joins once more has them.
    pub fn register(&self) -> Result<()> {
        let config = self.dir.join("gongkaid.toml");
        let text = std::fs::read_to_string(&config)?;
        if text.contains(PEOPLE) {
            return Ok(());
        }
        Ok(std::fs::write(&config, text + PEOPLE)?)
    }

    /// `node invite` with these words, once the tree has come down; gives the token.
    pub fn invite(&self, words: &[&str]) -> Result<String> {
        let mut token = None;
        eventually("the tree", || {
            let printed = self.try_run(&[&["node", "invite"], words].concat())?;
            token = if printed.status == 0 { printed.json()?["token"].as_str().map(str::to_owned) } else { None };
            Ok(token.is_some())
        })?;
        token.context("no token")
    }

    /// `node join` with a token.
    pub fn enrol(&self, token: &str) -> Result<Value> {
        let made = self.run(&["node", "join", "--listen", &self.listen, token])?;
        self.register()?;
        Ok(made)
    }

    /// Starts the daemon and waits until it answers.
    pub fn start(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(self.dir.join("test.log"))?;
        let child = self
            .daemon()?
            .args(["run", "--exit-with-parent", "--data"])
            .arg(&self.dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("gongkaid could not be started")?;
        self.child = Some(child);
        eventually(&format!("{} answers", self.division), || Ok(matches!(self.try_run(&["status"])?.status, 0 | 3)))
    }

    fn daemon(&self) -> Result<Command> {
        let daemon = command_in(self.namespace.as_deref(), "gongkaid")?;
        let Some(most) = self.descriptors_max else { return Ok(daemon) };
        let mut limited = Command::new("prlimit");
        limited.arg(format!("--nofile={most}:{most}")).arg(daemon.get_program()).args(daemon.get_args());
        Ok(limited)
    }

    /// Starts a daemon that must refuse, and gives what it says on stderr.
    pub fn fails_to_start(&self) -> Result<String> {
        // Should it start after all, the end of its standard input ends it.
        let ended = command_in(self.namespace.as_deref(), "gongkaid")?
            .args(["run", "--exit-with-parent", "--data"])
            .arg(&self.dir)
            .stdin(Stdio::null())
            .output()?;
        ensure!(ended.status.code() == Some(1), "{} did not refuse to start: {ended:?}", self.division);
        Ok(String::from_utf8_lossy(&ended.stderr).into_owned())
    }

    /// The daemon's process, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// SIGKILL: no warning, no clean-up.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Sends the daemon a signal by name, such as `STOP`.
    pub fn signal(&self, name: &str) -> Result<()> {
        let pid = self.child.as_ref().context("no daemon runs")?.id().to_string();
        ensure!(Command::new("kill").args(["-s", name, &pid]).status()?.success(), "SIG{name} was not sent");
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
        gongkai_in(self.namespace.as_deref(), &[&["--data", dir, "--output", "json"], args].concat())
    }

    /// The same, for a command that must succeed.
    pub fn run(&self, args: &[&str]) -> Result<Value> {
        let printed = self.try_run(args)?;
        ensure!(printed.status == 0 || printed.status == 3, "{} {args:?}: {printed:?}\n{}", self.division, self.log());
        printed.json()
    }

    /// Code and sentence with which a command is refused.
    pub fn refusal(&self, args: &[&str]) -> Result<String> {
        let printed = self.try_run(args)?;
        ensure!(printed.status == 1, "{} {args:?} was not refused: {printed:?}", self.division);
        let error = &printed.json()?["error"];
        Ok(format!("{} {}", error["code"].as_str().context("no code")?, error["message"]))
    }

    /// The link to a division in `sync status`; null while there is none, or while the daemon is away.
    pub fn link(&self, division: &str) -> Result<Value> {
        let printed = self.try_run(&["sync", "status"])?;
        let status = if matches!(printed.status, 0 | 3) { printed.json()? } else { Value::Null };
        let found = status["peers"].as_array().and_then(|peers| peers.iter().find(|peer| peer["division"] == division));
        Ok(found.cloned().unwrap_or(Value::Null))
    }

    /// Copies the data directory of the stopped daemon, without its socket.
    pub fn copy_to(&self, to: &Path) -> Result<()> {
        ensure!(self.child.is_none(), "a directory in use is no snapshot");
        copy(&self.dir, to)
    }

    /// Puts a copy in the place of the directory.
    pub fn put_back(&self, from: &Path) -> Result<()> {
        self.lose()?;
        copy(from, &self.dir)
    }

    /// The directory of the stopped daemon is gone.
    pub fn lose(&self) -> Result<()> {
        ensure!(self.child.is_none(), "its daemon runs");
        Ok(std::fs::remove_dir_all(&self.dir)?)
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

/// City, county and town, running and linked.
pub fn three(place: &Path) -> Result<[Node; 3]> {
    let mut city = Node::found(place, CITY)?;
    city.start()?;
    let mut county = Node::join(place, &city, COUNTY)?;
    county.start()?;
    let mut town = Node::join(place, &county, TOWN)?;
    town.start()?;
    // Before its own certificate entry has come down the town thinks that the county keeps its catalogs.
    town.run(&["sync", "now"])?;
    Ok([city, county, town])
}

/// Copies a directory, without sockets.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for found in std::fs::read_dir(from)? {
        let (found, target) = (found?.path(), to.to_owned());
        let target = target.join(found.file_name().context("a name")?);
        if found.is_dir() {
            copy(&found, &target)?;
        } else if found.is_file() {
            std::fs::copy(&found, target)?;
        }
    }
    Ok(())
}

/// An address whose port was free a moment ago.
pub fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
