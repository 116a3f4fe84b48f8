//! Chapter two: workbooks become drafts, and drafts go up.
//!
//! Invariant: only what `catalog check` finds complete is submitted; a user's incomplete workbook stays a draft.

use super::Scene;
use crate::{
    commands::demo::{
        Input,
        cast::{Player, TOWNSHIP, catalogs},
        desk::{Desk, Post},
        fault::DemoFault,
        wait,
    },
    errors::Failure,
    ui::Lang,
};

pub(super) async fn import_samples(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("every node imports its workbooks", "各节点导入工作簿");
    let (mut items, mut files) = (0, 0);
    for player in scene.cast.players() {
        let desk = scene.stage.desk(&player.division, Post::Clerk).await?;
        let own = scene.cast.workbooks.iter().filter(|sample| sample.division.as_str() == player.division);
        for sample in own {
            let imported = desk.import(&sample.file, sample.bytes).await?;
            let read = usize::try_from(imported.items).unwrap_or_default();
            if read != sample.items {
                let text = format!("`{}` has {} items, {read} were read", sample.file, sample.items);
                return Err(DemoFault::Unexpected(text).into());
            }
            items += read;
            files += 1;
        }
    }
    scene.report.end(format!("{items} items from {files} workbooks"), format!("{files} 个工作簿，{items} 项"));
    Ok(())
}

/// All townships but the one whose link will be cut: that one works later.
pub(super) async fn townships_submit(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("townships submit, counties receive", "乡级报送，县级收到");
    let late = scene.cast.cut_township()?;
    let townships: Vec<&Player> = scene.cast.of_level(TOWNSHIP).filter(|player| *player != late).collect();
    let mut count = 0;
    for township in townships {
        let submitted = submit_all(scene, township).await?;
        received(scene, &township.parent, &submitted).await?;
        count += submitted.len();
    }
    scene.report.end(format!("{count} catalogs"), format!("{count} 个目录"));
    Ok(())
}

/// Submits a division's sample catalogs; gives their names.
pub(super) async fn submit_all(scene: &Scene<'_>, player: &Player) -> Result<Vec<String>, Failure> {
    let desk = scene.stage.desk(&player.division, Post::Clerk).await?;
    let own = scene.cast.workbooks.iter().filter(|sample| sample.division.as_str() == player.division);
    let names: Vec<String> = own.flat_map(|sample| catalogs(sample)).collect();
    for name in &names {
        submit(&desk, name).await?;
    }
    Ok(names)
}

/// Checks, then submits; an incomplete sample is a fault of the sample.
pub(super) async fn submit(desk: &Desk, catalog: &str) -> Result<(), Failure> {
    let checked = desk.check(catalog).await?;
    if !checked.is_complete {
        let first = checked.findings.first().map(|finding| finding.message.clone()).unwrap_or_default();
        return Err(DemoFault::Unexpected(format!("{catalog} may not be submitted: {first}")).into());
    }
    desk.submit(catalog).await?;
    Ok(())
}

/// Waits until catalogs stand in a node's list of waiting reviews.
pub(super) async fn received(scene: &Scene<'_>, division: &str, catalogs: &[String]) -> Result<(), Failure> {
    let desk = scene.stage.desk(division, Post::Reviewer).await?;
    let what = format!("{} to wait for review at {division}", catalogs.join(", "));
    wait::until(&what, async || {
        let waiting = desk.reviews().await?;
        let is_there = |catalog: &String| waiting.iter().any(|review| review.catalog == *catalog);
        Ok(catalogs.iter().all(is_there).then_some(()))
    })
    .await
}

/// Waits until a catalog has a state at a node.
pub(super) async fn has_state(scene: &Scene<'_>, division: &str, catalog: &str, state: &str) -> Result<(), Failure> {
    let desk = scene.stage.desk(division, Post::Clerk).await?;
    wait::until(&format!("{catalog} to be {state} at {division}"), async || {
        let rows = desk.catalogs().await?;
        Ok(rows.iter().any(|row| row.catalog == catalog && row.state == state).then_some(()))
    })
    .await
}

/// The user's own workbooks at the first township. What cannot be taken is said, and stops nothing.
pub(super) async fn import_inputs(scene: &mut Scene<'_>, inputs: &[Input]) -> Result<(), Failure> {
    scene.report.begin("your workbooks join at the first township", "您的工作簿在第一个乡镇导入");
    let township = scene.cast.first_township()?;
    let desk = scene.stage.desk(&township.division, Post::Clerk).await?;
    let (mut items, mut submitted) = (0, Vec::new());
    for input in inputs {
        match desk.import(&input.file_name, &input.content).await {
            Ok(imported) => {
                items += imported.items;
                for made in &imported.revisions {
                    scene.users.insert(made.catalog.clone());
                    submit_input(scene, &desk, &made.catalog, &mut submitted).await?;
                }
            }
            Err(failure) => remark(scene, &input.file_name, &failure),
        }
    }
    received(scene, &township.parent, &submitted).await?;
    let count = submitted.len();
    scene.report.end(format!("{items} items; {count} catalogs submitted"), format!("{items} 项；报送 {count} 个目录"));
    Ok(())
}

async fn submit_input(
    scene: &mut Scene<'_>,
    desk: &Desk,
    catalog: &str,
    submitted: &mut Vec<String>,
) -> Result<(), Failure> {
    let checked = desk.check(catalog).await?;
    let errors = checked.findings.iter().filter(|finding| finding.severity == "error").count();
    if !checked.is_complete {
        scene.report.remark(
            format!("{catalog} stays a draft: {errors} findings, see `gongkai catalog check {catalog}`"),
            format!("{catalog} 保留为草稿：{errors} 处问题，见 `gongkai catalog check {catalog}`"),
        );
        return Ok(());
    }
    match desk.submit(catalog).await {
        Ok(_) => submitted.push(catalog.to_owned()),
        Err(failure) => remark(scene, catalog, &failure),
    }
    Ok(())
}

fn remark(scene: &mut Scene<'_>, what: &str, failure: &Failure) {
    let sentence = |lang| {
        let told = failure.tell(lang);
        format!("{what}: {} {}", told.code, told.message)
    };
    scene.report.remark(sentence(Lang::En), sentence(Lang::Zh));
}
