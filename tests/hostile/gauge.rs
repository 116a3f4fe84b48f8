//! What an attack costs: the node's memory and another child's wait, beside what they are when all is quiet.
//!
//! Invariant: quiet and attacked are measured by the same means in the same process, on the same machine a moment apart.
//! Memory and what becomes of the node are held to their bounds; a wait is a matter of the machine, too, so it is printed
//! beside its bound and a test fails only where another child is not served at all.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use gongkai_tests::tree::Node;

use crate::{
    bystander::Bystander,
    stage::{works, works_after_restart},
};

/// What an attack may add to a node's memory.
const MEMORY_BYTES_MAX: u64 = 64 << 20;
/// A wait below this is nobody's trouble …
const WAIT_FREE: Duration = Duration::from_millis(50);
/// … and above it may be so many times the quiet one.
const WAIT_TIMES_MAX: u32 = 5;
/// Waits measured before, and at least so many during.
const SAMPLES: usize = 9;

/// One attack, measured.
pub(crate) struct Gauge {
    what: &'static str,
    sent_bytes: u64,
    took: Duration,
    quiet_bytes: u64,
    peak_bytes: u64,
    quiet: Vec<Duration>,
    during: Vec<Duration>,
}

impl Gauge {
    /// Measures the quiet node, has it attacked, and measures it meanwhile. The attack says how many bytes it sent.
    pub(crate) async fn measure(
        what: &'static str,
        node: &Node,
        bystander: &mut Bystander,
        attack: impl Future<Output = Result<u64>> + Send + 'static,
    ) -> Result<Self> {
        let pid = node.pid().context("the node runs")?;
        let mut quiet = Vec::new();
        for _ in 0..SAMPLES {
            quiet.push(bystander.act().await.context("before the attack")?);
        }
        // The peak is counted from here (proc(5)).
        fs::write(format!("/proc/{pid}/clear_refs"), "5")?;
        let quiet_bytes = memory(pid, "VmRSS")?;
        let (begun, attack) = (Instant::now(), tokio::spawn(attack));
        let mut during = Vec::new();
        while during.len() < SAMPLES || !attack.is_finished() {
            during.push(bystander.act().await.context("another child, during the attack")?);
        }
        let took = begun.elapsed();
        let sent_bytes = attack.await?.with_context(|| format!("{what}: the attack itself\n{}", node.log()))?;
        let peak_bytes = memory(pid, "VmHWM")?;
        Ok(Self { what, sent_bytes, took, quiet_bytes, peak_bytes, quiet, during })
    }

    /// Looks at the node afterwards and after a restart, prints the line, and holds the attack to its bounds.
    pub(crate) fn hold(self, node: &mut Node) -> Result<()> {
        let after = works(node).map_or_else(|error| format!("FAILS ({error})"), |()| "works".to_owned());
        let again = works_after_restart(node).map_or_else(|error| format!("FAILS ({error})"), |()| "works".to_owned());
        let (quiet, during) = (median(&self.quiet), median(&self.during));
        let worst = self.during.iter().max().copied().unwrap_or_default();
        let added = self.peak_bytes.saturating_sub(self.quiet_bytes);
        let wait_max = (quiet * WAIT_TIMES_MAX).max(WAIT_FREE);
        let verdict = if during <= wait_max { "within" } else { "BEYOND" };
        eprintln!(
            "hostile: {}: sent {} bytes in {:.1} s; memory {} KiB quiet, {} KiB peak; another child waits {:.1} ms quiet, {:.1} ms during (worst {:.1} ms), {verdict} {:.1} ms; afterwards it {after}, after a restart it {again}",
            self.what,
            self.sent_bytes,
            self.took.as_secs_f64(),
            self.quiet_bytes >> 10,
            self.peak_bytes >> 10,
            millis(quiet),
            millis(during),
            millis(worst),
            millis(wait_max),
        );
        ensure!(added <= MEMORY_BYTES_MAX, "{}: {added} bytes of memory more", self.what);
        ensure!(
            after == "works" && again == "works",
            "{}: afterwards it {after}, after a restart it {again}",
            self.what
        );
        Ok(())
    }
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

fn median(spans: &[Duration]) -> Duration {
    let mut sorted = spans.to_vec();
    sorted.sort();
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// A line of `/proc/PID/status`, in bytes.
fn memory(pid: u32, line: &str) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let found = text.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(':'));
    let words = found.with_context(|| format!("no {line}"))?;
    let kib: u64 = words.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib << 10)
}

/// Descriptors that a node has open.
pub(crate) fn descriptors(node: &Node) -> Result<usize> {
    let pid = node.pid().context("the node runs")?;
    Ok(fs::read_dir(format!("/proc/{pid}/fd"))?.count())
}
