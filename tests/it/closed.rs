//! What other users of the machine may look into: nothing of a node, nothing that is taken out of it, but the editions.
//!
//! Invariant: it holds whatever umask a program is started with, and where the directory stood open before.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use gongkai_tests::{
    tree::{CITY, Node, three},
    work::{CATALOG, FIRST, approve, import, submit},
};

const OTHERS: u32 = 0o077;

fn mode(path: &Path) -> Result<u32> {
    Ok(fs::symlink_metadata(path).with_context(|| path.display().to_string())?.permissions().mode() & 0o777)
}

/// All that lies below a directory, and itself.
fn below(dir: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    found.push(dir.to_owned());
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() { below(&path, found)? } else { found.push(path) }
    }
    Ok(())
}

fn open_to_others(dir: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    below(dir, &mut found)?;
    let editions = dir.join("editions");
    let mut open = Vec::new();
    for path in found.iter().filter(|path| !path.starts_with(&editions)) {
        let mode = mode(path)?;
        if mode & OTHERS != 0 {
            open.push(format!("{} {mode:o}", path.display()));
        }
    }
    Ok(open)
}

#[test]
fn nothing_of_a_node_is_open_to_others_but_its_editions() -> Result<()> {
    let place = tempfile::tempdir()?;
    // An administrator made it, as one makes directories.
    let stood_before = place.path().join(CITY);
    fs::create_dir(&stood_before)?;
    fs::set_permissions(&stood_before, Permissions::from_mode(0o755))?;
    let nodes = three(place.path())?;
    let [city, county, town] = &nodes;
    submit(town, FIRST)?;
    town.run(&["sync", "now"])?;
    approve(county)?;
    county.run(&["sync", "now"])?;
    city.run(&["--as", "publisher", "publish", "run"])?;
    for node in &nodes {
        let open = open_to_others(&node.dir)?;
        ensure!(open.is_empty(), "{}: {open:#?}", node.division);
    }
    let mut published = Vec::new();
    below(&city.dir.join("editions"), &mut published)?;
    ensure!(published.len() > 5, "{published:?}");
    for path in published {
        let wanted = if path.is_dir() { 0o755 } else { 0o644 };
        ensure!(mode(&path)? == wanted, "{} {:o}", path.display(), mode(&path)?);
    }
    taken_out(town, place.path())
}

/// What people carry away holds drafts, too.
fn taken_out(town: &Node, place: &Path) -> Result<()> {
    import(town, FIRST)?;
    let out = |name: &str| place.join(name).display().to_string();
    town.run(&["catalog", "export", CATALOG, "--out", &out("a.xlsx")])?;
    town.run(&["catalog", "export", CATALOG, "--out", &out("a.json")])?;
    town.run(&["bundle", "export", "--to", "211221", "--out", &out("a.gkb")])?;
    town.run(&["backup", &out("a.backup")])?;
    for name in ["a.xlsx", "a.json", "a.gkb", "a.backup"] {
        let mode = mode(&place.join(name))?;
        ensure!(mode == 0o600, "{name} {mode:o}");
    }
    Ok(())
}

#[test]
fn doctor_names_what_is_open_and_the_next_start_closes_it() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut city = Node::found(place.path(), CITY)?;
    city.start()?;
    let access = |node: &Node| -> Result<serde_json::Value> {
        let report = node.run(&["doctor"])?;
        let found = report["checks"].as_array().and_then(|it| it.iter().find(|check| check["name"] == "access"));
        Ok(found.context("no check of access")?.clone())
    };
    ensure!(access(&city)?["state"] == "ok", "{}", access(&city)?);
    let database = city.dir.join("gongkai.db");
    ensure!(mode(&database)? == 0o600, "{:o}", mode(&database)?);
    for (path, open) in [(city.dir.clone(), 0o755), (database.clone(), 0o644), (city.dir.join("gongkaid.toml"), 0o644)]
    {
        fs::set_permissions(path, Permissions::from_mode(open))?;
    }
    let found = access(&city)?;
    ensure!(found["state"] == "warning" && found["reason"]["code"] == "GK-DOCTOR-017", "{found}");
    city.stop()?;
    city.start()?;
    ensure!(open_to_others(&city.dir)?.is_empty(), "{:?}", open_to_others(&city.dir)?);
    ensure!(access(&city)?["state"] == "ok");
    Ok(())
}
