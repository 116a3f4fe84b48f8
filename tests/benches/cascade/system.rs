//! What the system knows of processes, files and sockets: memory, processor time, commits, bytes on the wire.
//!
//! Invariant: only counted, never estimated: bytes are IP bytes, headers and acknowledgements included.

use std::{
    collections::BTreeMap,
    env,
    fs::{self, File},
    os::unix::fs::FileExt as _,
    path::Path,
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};

/// Set for the process that runs in a network namespace of its own.
const ALONE: &str = "GONGKAI_BENCH_ALONE";
/// Headers of one TCP segment on IPv4: 20 IP, 20 TCP, 12 time stamps (Linux always sends them).
const SEGMENT_HEADER_BYTES: u64 = 52;
/// `USER_HZ`, the unit of /proc/PID/stat: 100 on every Linux in use.
const TICKS_PER_SECOND: f64 = 100.0;
/// Where SQLite counts commits in the index of its write-ahead log (`iChange`, in the machine's byte order).
const CHANGE_AT: u64 = 8;

/// Memory of one process, MiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) resident: f64,
    pub(crate) peak: f64,
    /// Its own; the rest is pages of the program's file, which the kernel can drop.
    pub(crate) anonymous: f64,
}

/// Reads it.
pub(crate) fn memory(pid: u32) -> Result<Memory> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let field = |name: &str| -> Result<f64> {
        let line = text.lines().find(|line| line.starts_with(name)).with_context(|| format!("no {name}"))?;
        let kib = line.split_whitespace().nth(1).context("no number")?;
        Ok(kib.parse::<f64>()? / 1024.0)
    };
    Ok(Memory { resident: field("VmRSS:")?, peak: field("VmHWM:")?, anonymous: field("RssAnon:")? })
}

/// Processor time used by one process so far, seconds.
pub(crate) fn cpu_seconds(pid: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold blanks; user and system time are the 12th and 13th field behind it.
    let (_, fields) = text.rsplit_once(')').context("no name")?;
    let ticks: Vec<f64> = fields.split_whitespace().skip(11).take(2).filter_map(|text| text.parse().ok()).collect();
    ensure!(ticks.len() == 2, "no times of process {pid}");
    Ok((ticks[0] + ticks[1]) / TICKS_PER_SECOND)
}

/// Lets this process and its children open many sockets.
pub(crate) fn allow_files(count: usize) -> Result<()> {
    let pid = std::process::id().to_string();
    let done = Command::new("prlimit").args(["--pid", &pid, &format!("--nofile={count}:")]).status()?;
    ensure!(done.success(), "prlimit refuses {count} open files");
    Ok(())
}

/// The commits of a node's database, seen from outside without touching it.
pub(crate) struct Commits {
    index: File,
    last: u32,
}

impl Commits {
    /// Of a data directory whose daemon runs.
    pub(crate) fn of(dir: &Path) -> Result<Self> {
        let index = File::open(dir.join("gongkai.db-shm")).context("the daemon's database is not open")?;
        let mut commits = Self { index, last: 0 };
        commits.have_grown()?;
        Ok(commits)
    }

    /// Whether there was one since the last look.
    pub(crate) fn have_grown(&mut self) -> Result<bool> {
        let mut number = [0; 4];
        self.index.read_exact_at(&mut number, CHANGE_AT)?;
        let before = std::mem::replace(&mut self.last, u32::from_ne_bytes(number));
        Ok(before != self.last)
    }
}

/// IP bytes of each TCP connection to a port of this machine, both directions, by the dialling process.
pub(crate) fn bytes_by_dialler(port: u16) -> Result<BTreeMap<u32, u64>> {
    let filter = format!("( dport = :{port} )");
    let output =
        Command::new("ss").args(["-O", "-H", "-t", "-i", "-n", "-p", "state", "established", &filter]).output();
    let text = String::from_utf8_lossy(&output.context("`ss` of iproute2 is needed")?.stdout).into_owned();
    let mut found = BTreeMap::new();
    for line in text.lines() {
        let pid = number_behind(line, "pid=").context("a connection without a process")?;
        let field = |name| number_behind(line, name).unwrap_or(0);
        let segments = field("segs_out:") + field("segs_in:");
        let bytes = field("bytes_sent:") + field("bytes_received:") + segments * SEGMENT_HEADER_BYTES;
        *found.entry(u32::try_from(pid)?).or_default() += bytes;
    }
    Ok(found)
}

fn number_behind(line: &str, name: &str) -> Option<u64> {
    let (_, rest) = line.split_once(name)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// IP bytes that came in on any interface of this network namespace: on loopback each byte once.
pub(crate) fn bytes_in_namespace() -> Result<u64> {
    let text = fs::read_to_string("/proc/net/netstat")?;
    let mut lines = text.lines().filter(|line| line.starts_with("IpExt:"));
    let (names, values) = (lines.next().context("no IpExt")?, lines.next().context("no IpExt values")?);
    let place = names.split(' ').position(|name| name == "InOctets").context("no InOctets")?;
    Ok(values.split(' ').nth(place).context("no value")?.parse()?)
}

/// Whether this process has a network namespace of its own.
pub(crate) fn is_alone() -> bool {
    env::var_os(ALONE).is_some()
}

/// Runs this program again in a network namespace of its own, where every byte is the benchmark's.
pub(crate) fn again_alone() -> Result<()> {
    let own = env::current_exe()?;
    let is_root = fs::metadata("/proc/self").is_ok_and(|meta| std::os::unix::fs::MetadataExt::uid(&meta) == 0);
    let kind = if is_root { "-n" } else { "-rn" };
    let status = Command::new("unshare")
        .args([kind, "sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""])
        .arg(own)
        .args(env::args().skip(1))
        .env(ALONE, "1")
        .status()
        .context("`unshare` of util-linux is needed")?;
    if !status.success() {
        bail!("it did not run in a network namespace ({status}): this needs root, or user namespaces");
    }
    Ok(())
}

/// Waits without a state to wait for: windows in which nothing shall happen.
pub(crate) fn quiet(span: Duration) {
    gongkai_tests::tree::pause(span);
}
