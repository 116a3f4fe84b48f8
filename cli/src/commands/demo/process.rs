//! One daemon of the demo as a process.
//!
//! Invariant: the daemon runs with `--exit-with-parent` and holds the read end of a pipe from here: it ends when this
//! process does, however that happens. Its output goes to `daemon.log` in its data directory.

use std::{
    fs::{self, OpenOptions},
    net::SocketAddr,
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use tokio::process::{Child, Command};

use super::{fault::DemoFault, wait};
use crate::{
    client::{Caller, Client},
    daemon,
    errors::{Failure, Fault},
    ui::Lang,
};

/// How long a daemon may take to stop when asked: it finishes its batch and closes its database.
const STOP_MAX: Duration = Duration::from_secs(8);
const LOG: &str = "daemon.log";

/// A node of the demo.
pub(crate) struct Daemon {
    pub(crate) division: String,
    pub(crate) listen: SocketAddr,
    data: PathBuf,
    lang: Lang,
    child: Option<Child>,
}

impl Daemon {
    /// A node whose directory was just made; not running yet.
    pub(crate) fn new(division: &str, data: PathBuf, listen: SocketAddr, lang: Lang) -> Self {
        Self { division: division.to_owned(), listen, data, lang, child: None }
    }

    /// Starts the daemon and waits until it answers.
    pub(crate) async fn start(&mut self) -> Result<(), Failure> {
        let log_file = self.data.join(LOG);
        let unwritable = |source| Fault::FileUnwritable { file: log_file.clone(), source };
        let log = OpenOptions::new().create(true).append(true).open(&log_file).map_err(unwritable)?;
        let log_too = log.try_clone().map_err(unwritable)?;
        let program = daemon::program()?;
        let child = Command::new(&program)
            .arg("run")
            .arg("--data")
            .arg(&self.data)
            .arg("--exit-with-parent")
            .stdin(Stdio::piped())
            .stdout(log)
            .stderr(log_too)
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| Fault::FileUnreadable { file: program, source })?;
        self.child = Some(child);
        let what = format!("the daemon of {} to answer", self.division);
        wait::until(&what, async || {
            self.check_alive()?;
            Ok(self.client(None).await.ok())
        })
        .await?;
        Ok(())
    }

    fn check_alive(&mut self) -> Result<(), Failure> {
        let Some(child) = &mut self.child else { return Ok(()) };
        let Ok(Some(status)) = child.try_wait() else { return Ok(()) };
        let log = fs::read_to_string(self.data.join(LOG)).unwrap_or_default();
        match daemon::refusal_in(&log) {
            Some(told) => Err(Failure::Told(told)),
            None => Err(DemoFault::DaemonEnded { division: self.division.clone(), status: status.to_string() }.into()),
        }
    }

    /// A connection on behalf of one of the node's operators.
    pub(crate) async fn client(&self, operator: Option<&str>) -> Result<Client, Failure> {
        Client::connect_now(&self.data, Caller::new(operator, self.lang)?).await
    }

    /// SIGKILL: no goodbye, no flush.
    pub(crate) async fn kill(&mut self) -> Result<(), Failure> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        child.kill().await.map_err(|error| Fault::Runtime(error).into())
    }

    /// Closes the pipe, which asks the daemon to stop, and waits; one that does not is killed.
    pub(crate) async fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        drop(child.stdin.take());
        if tokio::time::timeout(STOP_MAX, child.wait()).await.is_err() {
            let _gone = child.kill().await;
        }
    }
}
