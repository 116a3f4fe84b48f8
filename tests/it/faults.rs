//! What happens to processes and files: a stopped process, a full disk, a damaged database.
//!
//! Invariant: damage is named with a code and a next step, and the next step works.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use gongkai_tests::{
    tree::{CITY, COUNTY, Node, TOWN, eventually, three},
    work::{FIRST, SECOND, agreed, approve, import, send_back, submit, until, until_free},
};

const DATABASE: &str = "gongkai.db";

#[test]
fn a_stopped_process_is_noticed_and_goes_on_where_it_was() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    nodes[1].stop()?;
    let mut config = OpenOptions::new().append(true).open(nodes[1].dir.join("gongkaid.toml"))?;
    config.write_all(b"\n[link]\nkeepalive_seconds = 2\nkeepalive_timeout_seconds = 2\n")?;
    nodes[1].start()?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    nodes[2].signal("STOP")?;
    send_back(&nodes[1])?;
    // Nothing closes the connection: only the silence tells.
    eventually("the county notices that the town is silent", || Ok(nodes[1].link(TOWN)?["state"] == "unreachable"))?;
    nodes[2].signal("CONT")?;
    until(&nodes, 1, "returned")?;
    submit(&nodes[2], SECOND)?;
    until(&nodes, 2, "in-review")?;
    agreed(&nodes, "in-review", SECOND)
}

/// A small disk; gone when dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: &Path, size: &str) -> Result<Option<Self>> {
        fs::create_dir_all(at)?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size},mode=0700"), "none"])
            .arg(at)
            .output();
        let is_mounted = mounted.is_ok_and(|output| output.status.success());
        Ok(is_mounted.then(|| Self(at.to_owned())))
    }

    /// Fills what is left, to the last byte.
    fn fill(&self) -> Result<PathBuf> {
        let ballast = self.0.join("ballast");
        let mut file = fs::File::create(&ballast)?;
        let mut bytes = vec![0; 64 * 1024];
        while !bytes.is_empty() {
            match file.write(&bytes) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => bytes.truncate(bytes.len() / 2),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(ballast)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_named_and_loses_nothing() -> Result<()> {
    let place = tempfile::tempdir()?;
    let Some(disk) = Disk::mount(&place.path().join("disk"), "24m")? else {
        eprintln!("skipped: no file system can be mounted here");
        return Ok(());
    };
    let mut city = Node::found(place.path(), CITY)?;
    city.start()?;
    let mut county = Node::join(place.path(), &city, COUNTY)?;
    county.start()?;
    let mut town = Node::join(&disk.0, &county, TOWN)?;
    // The whole disk is smaller than what is left free of peers' work otherwise.
    let config = town.dir.join("gongkaid.toml");
    fs::write(&config, fs::read_to_string(&config)? + "\n[intake]\ndisk_floor_mib = 0\n")?;
    town.start()?;
    town.run(&["sync", "now"])?;
    let nodes = [city, county, town];
    let ballast = disk.fill()?;
    let clerk = ["--as", "clerk", "catalog", "import", &gongkai_tests::work::sample(FIRST)];
    let refusal = nodes[2].refusal(&clerk)?;
    ensure!(refusal.starts_with("GK-STORE-001"), "{refusal}");
    fs::remove_file(ballast)?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    agreed(&nodes, "in-review", FIRST)
}

/// Work that the county holds, then the county stopped.
fn with_stopped_county(place: &Path) -> Result<[Node; 3]> {
    let mut nodes = three(place)?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    approve(&nodes[1])?;
    until(&nodes, 1, "approved")?;
    nodes[1].stop()?;
    Ok(nodes)
}

/// The county's directory is of no use any more: the city has its past.
fn rebuilt(mut nodes: [Node; 3]) -> Result<()> {
    let lost = &nodes[1];
    lost.lose()?;
    let mut successor = Node::at(lost.dir.clone(), COUNTY, lost.listen.clone());
    successor.enrol(&nodes[0].invite(&[COUNTY, "--rebuild"])?)?;
    successor.start()?;
    nodes[1] = successor;
    until_free(&nodes[1])?;
    submit(&nodes[2], SECOND)?;
    until(&nodes, 2, "in-review")?;
    approve(&nodes[1])?;
    until(&nodes, 2, "approved")?;
    agreed(&nodes, "approved", SECOND)
}

#[test]
fn a_damaged_database_is_refused_by_name_and_the_node_rebuilt_from_above() -> Result<()> {
    let place = tempfile::tempdir()?;
    let nodes = with_stopped_county(place.path())?;
    let path = nodes[1].dir.join(DATABASE);
    let mut database = OpenOptions::new().write(true).open(&path)?;
    for page in 1..12 {
        database.seek(SeekFrom::Start(page * 4096))?;
        database.write_all(&[0x5a; 4096])?;
    }
    drop(database);
    let refusal = nodes[1].fails_to_start()?;
    ensure!(refusal.contains("GK-STORE-003") && refusal.contains("hint:"), "{refusal}");
    rebuilt(nodes)
}

#[test]
fn a_truncated_database_is_refused_by_name() -> Result<()> {
    let place = tempfile::tempdir()?;
    let nodes = with_stopped_county(place.path())?;
    let path = nodes[1].dir.join(DATABASE);
    let length = fs::metadata(&path)?.len();
    OpenOptions::new().write(true).open(&path)?.set_len(length / 2)?;
    let refusal = nodes[1].fails_to_start()?;
    ensure!(refusal.contains("GK-STORE-003") && refusal.contains("hint:"), "{refusal}");
    Ok(())
}

/// What a torn log loses was acknowledged: neighbours have it, and the node finds that it has lost its own past.
#[test]
fn a_damaged_write_ahead_log_costs_nothing_that_a_neighbour_has() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    nodes[1].kill()?;
    nodes[1].start()?;
    approve(&nodes[1])?;
    until(&nodes, 1, "approved")?;
    nodes[1].kill()?;
    let path = nodes[1].dir.join(format!("{DATABASE}-wal"));
    let length = fs::metadata(&path).context("a log that was not written back")?.len();
    let mut log = OpenOptions::new().write(true).open(&path)?;
    log.seek(SeekFrom::Start(length / 8))?;
    log.write_all(&vec![0x5a; usize::try_from(length - length / 8)?])?;
    drop(log);
    nodes[1].start()?;
    until(&nodes, 1, "approved")?;
    until_free(&nodes[1])?;
    import(&nodes[2], SECOND)?;
    nodes[2].run(&["--as", "clerk", "catalog", "submit", gongkai_tests::work::CATALOG])?;
    until(&nodes, 2, "in-review")?;
    approve(&nodes[1])?;
    until(&nodes, 2, "approved")?;
    agreed(&nodes, "approved", SECOND)
}
