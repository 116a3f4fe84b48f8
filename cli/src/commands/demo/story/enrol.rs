//! Chapter one: the tree of nodes comes to be.
//!
//! Invariant: every node below the city joined with a token of its own parent.

use super::Scene;
use crate::{
    commands::demo::{
        cast::{COUNTY, Player, TOWNSHIP},
        desk::Post,
        wait,
    },
    errors::Failure,
};

pub(super) async fn found_the_city(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("the city founds its node and the root of trust", "市级节点建立，生成信任根");
    let city = scene.cast.city()?;
    scene.stage.found(city).await?;
    let note = format!("{} {}", city.division, city.name);
    scene.report.end(note.clone(), note);
    Ok(())
}

pub(super) async fn enrol_counties(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("counties join with tokens from the city", "县级节点凭市级令牌加入");
    enrol(scene, COUNTY).await
}

pub(super) async fn enrol_townships(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("townships join with tokens from their counties", "乡级节点凭县级令牌加入");
    enrol(scene, TOWNSHIP).await
}

async fn enrol(scene: &mut Scene<'_>, level: &str) -> Result<(), Failure> {
    let troubled = [&scene.cast.first_township()?.division, &scene.cast.cut_township()?.division];
    let players: Vec<&Player> = scene.cast.of_level(level).collect();
    for player in &players {
        let can_be_cut = troubled.contains(&&player.division);
        scene.stage.enrol(player, can_be_cut).await?;
    }
    let names: Vec<&str> = players.iter().map(|player| player.name.as_str()).collect();
    scene.report.end(names.join(", "), names.join("、"));
    Ok(())
}

pub(super) async fn all_links_stand(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("every link stands, with mutual TLS", "所有链路以双向 TLS 建立");
    let below: Vec<&Player> = scene.cast.players().iter().filter(|player| !player.parent.is_empty()).collect();
    let mut count = 0;
    for player in below.iter().filter(|player| scene.stage.daemon(&player.parent).is_ok()) {
        let desk = scene.stage.desk(&player.division, Post::Admin).await?;
        let what = format!("the link of {} to reach its parent", player.division);
        wait::until(&what, async || {
            let links = desk.links().await?;
            let up = links.iter().find(|link| link.role == "parent");
            Ok(up.filter(|link| link.last_contact.is_some()).map(|_| ()))
        })
        .await?;
        count += 1;
    }
    scene.report.end(format!("{count} links"), format!("{count} 条"));
    Ok(())
}
