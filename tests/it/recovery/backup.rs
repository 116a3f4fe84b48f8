//! Saved, worked on, lost, restored.

use anyhow::{Context as _, Result, ensure};
use gongkai_tests::{
    program::gongkai,
    tree::{COUNTY, three},
    work::{CATALOG, FIRST, SECOND, agreed, approve, import, send_back, submit, until, until_free},
};

#[test]
fn a_town_restored_from_its_backup_gets_back_what_it_did_since_and_acts_only_then() -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    let file = place.path().join("town.backup").display().to_string();
    let saved = nodes[2].run(&["backup", &file])?;
    send_back(&nodes[1])?;
    until(&nodes, 1, "returned")?;
    submit(&nodes[2], SECOND)?;
    until(&nodes, 2, "in-review")?;

    // The county is away, so that the town stays without its past for as long as it is looked at.
    nodes[1].stop()?;
    nodes[2].kill()?;
    nodes[2].lose()?;
    let restored = nodes[2].run(&["restore", &file])?;
    ensure!(restored["entries"] == saved["entries"] && restored["awaited"][0] == COUNTY, "{restored}");
    nodes[2].start()?;
    let status = nodes[2].try_run(&["status"])?;
    let told = status.json()?;
    ensure!(status.status == 3 && told["state"] == "recovering" && told["hold"]["reason"] == "restored", "{told}");
    ensure!(told["warnings"][0]["code"] == "GK-APP-050", "{told}");
    import(&nodes[2], SECOND).context("it may edit")?;
    let refusal = nodes[2].refusal(&["--as", "clerk", "catalog", "submit", CATALOG])?;
    ensure!(refusal.starts_with("GK-APP-050"), "{refusal}");
    let explained = gongkai(&["explain", "GK-APP-050"])?;
    ensure!(explained.status == 0 && explained.out.contains("sync now"), "{explained:?}");

    nodes[1].start()?;
    until_free(&nodes[2])?;
    agreed(&nodes, "in-review", SECOND)?;
    approve(&nodes[1])?;
    until(&nodes, 2, "approved")?;
    nodes[0].run(&["--as", "publisher", "publish", "run"])?;
    Ok(())
}
