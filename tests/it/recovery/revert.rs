//! A snapshot of the machine is put back and nobody says so.

use anyhow::{Context as _, Result, ensure};
use gongkai_tests::{
    tree::{Node, copy, eventually, three},
    work::{FIRST, SECOND, agreed, approve, editions, incarnation, outline, send_back, submit, until, until_free},
};

/// Everything that is lost at the victims: a return, a corrected submission, an approval, an edition.
fn work_on(nodes: &[Node; 3]) -> Result<()> {
    send_back(&nodes[1])?;
    until(nodes, 1, "returned")?;
    submit(&nodes[2], SECOND)?;
    until(nodes, 2, "in-review")?;
    approve(&nodes[1])?;
    until(nodes, 2, "approved")?;
    nodes[0].run(&["--as", "publisher", "publish", "run"])?;
    nodes.iter().try_for_each(|node| eventually("the edition arrives", || Ok(editions(node)? == 1)))
}

fn reverted(victims: &[usize]) -> Result<()> {
    let place = tempfile::tempdir()?;
    let mut nodes = three(place.path())?;
    submit(&nodes[2], FIRST)?;
    until(&nodes, 1, "in-review")?;
    let snapshot = |victim: usize| place.path().join(format!("snapshot-{victim}"));
    for &victim in victims {
        nodes[victim].stop()?;
        nodes[victim].copy_to(&snapshot(victim))?;
        nodes[victim].start()?;
    }
    work_on(&nodes)?;
    let expected = outline(&nodes[2])?;
    let mut lives = Vec::new();
    for &victim in victims {
        lives.push(incarnation(&nodes[victim])?);
        nodes[victim].stop()?;
    }
    let site = place.path().join("site");
    copy(&nodes[0].dir.join("editions"), &site)?;
    for &victim in victims {
        nodes[victim].put_back(&snapshot(victim))?;
        nodes[victim].start()?;
    }

    for node in &nodes {
        eventually(&format!("{} has everything again", node.division), || {
            Ok(editions(node)? == 1 && outline(node).is_ok_and(|outline| outline == expected))
        })?;
        until_free(node)?;
    }
    for (&victim, life) in victims.iter().zip(&lives) {
        let now = incarnation(&nodes[victim])?;
        ensure!(now != *life, "{} goes on as the author that it no longer was", nodes[victim].division);
    }
    agreed(&nodes, "approved", SECOND)?;
    if victims.contains(&0) {
        // The edition's entry is back, its files went with the disk: the hint names the site's copy.
        ensure!(nodes[0].refusal(&["--as", "publisher", "publish", "run"])?.starts_with("GK-APP-034"));
        copy(&site, &nodes[0].dir.join("editions"))?;
    }
    go_on(&nodes)
}

/// What comes after must not collide with what was lost and came back.
fn go_on(nodes: &[Node; 3]) -> Result<()> {
    submit(&nodes[2], FIRST).context("the town goes on")?;
    until(nodes, 3, "in-review")?;
    approve(&nodes[1]).context("the county goes on")?;
    until(nodes, 3, "approved")?;
    nodes[0].run(&["--as", "publisher", "publish", "run"]).context("the city goes on")?;
    nodes.iter().try_for_each(|node| eventually("the next edition arrives", || Ok(editions(node)? == 2)))
}

#[test]
fn a_reverted_town_gets_its_submission_back_and_goes_on_as_another_author() -> Result<()> {
    reverted(&[2])
}

#[test]
fn a_reverted_county_gets_its_decisions_back_from_above_and_below() -> Result<()> {
    reverted(&[1])
}

#[test]
fn a_reverted_city_gets_its_edition_back_from_its_county() -> Result<()> {
    reverted(&[0])
}

#[test]
fn a_county_and_a_town_reverted_together_get_their_past_back_from_the_city() -> Result<()> {
    reverted(&[1, 2])
}
