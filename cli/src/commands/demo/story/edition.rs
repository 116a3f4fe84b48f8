//! Chapter five: the city publishes, one item changes, the city publishes again.
//!
//! Invariant: the second edition differs from the first in exactly what the import changed, and both verify from their bytes.

use gongkai_proto::admin::v1::RunPublishResponse;

use super::{Scene, review, work};
use crate::{
    commands::demo::{change::Change, desk::Post, fault::DemoFault, wait},
    errors::Failure,
};

/// The words that an edition needs: 三审三校 by three people, the third of whom answers for secrecy, too.
const SIGNERS: [(Post, &str, &str); 4] = [
    (Post::FirstReader, "first-review", "一审一校"),
    (Post::SecondReader, "second-review", "二审二校"),
    (Post::Secrecy, "third-review", "三审三校"),
    (Post::Secrecy, "secrecy", "保密审查单（演示）"),
];

/// Three people sign; before the last of them has, no edition is made.
async fn sign(scene: &Scene<'_>) -> Result<(), Failure> {
    let city = scene.cast.city()?.division.clone();
    for (place, (post, step, note)) in SIGNERS.into_iter().enumerate() {
        let signed = scene.stage.desk(&city, post).await?.sign(step, note).await?;
        if signed.is_complete != (place + 1 == SIGNERS.len()) {
            let text = format!(
                "after `{step}` the sign-offs were to be {}",
                if signed.is_complete { "open" } else { "complete" }
            );
            return Err(DemoFault::Unexpected(text).into());
        }
    }
    Ok(())
}

async fn publish(scene: &mut Scene<'_>) -> Result<RunPublishResponse, Failure> {
    let city = scene.cast.city()?.division.clone();
    let desk = scene.stage.desk(&city, Post::Publisher).await?;
    match desk.publish("").await {
        Err(Failure::Told(told)) if told.code == "GK-SIGN-001" => {}
        Ok(_) | Err(_) => return Err(DemoFault::Unexpected("an edition was made unsigned".to_owned()).into()),
    }
    sign(scene).await?;
    let made = desk.publish("").await?;
    scene.report.add_edition(made.clone());
    Ok(made)
}

pub(super) async fn publish_first(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("three people sign, and the city publishes an edition", "三人签署，市级汇总发布");
    let made = publish(scene).await?;
    scene.report.end(
        format!("edition {}: {} catalogs, {} items", made.edition, made.catalogs, made.items),
        format!("第 {} 版：{} 个目录，{} 项", made.edition, made.catalogs, made.items),
    );
    Ok(())
}

pub(super) async fn one_item_changes(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("one item changes, is reviewed and approved", "修改一项并审核通过");
    let Change { township, catalog, file_name, content, items } = Change::choose(scene.cast, &scene.users)?;
    let city = scene.cast.city()?.division.clone();
    let clerk = scene.stage.desk(&township.division, Post::Clerk).await?;
    let reviewer = scene.stage.desk(&township.parent, Post::Reviewer).await?;
    // The first edition's own news are not what is measured here.
    let what = format!("the edition to be known at {}", township.division);
    wait::until(&what, async || Ok((clerk.edition().await? > 0).then_some(()))).await?;
    let before = (clerk.bytes_with(&township.parent).await?, reviewer.bytes_with(&city).await?);
    let imported = clerk.import(&file_name, &content).await?;
    let counts = imported.revisions.iter().map(|made| made.added + made.changed + made.removed);
    scene.changes = counts.map(|count| usize::try_from(count).unwrap_or_default()).sum();
    work::submit(&clerk, &catalog).await?;
    work::received(scene, &township.parent, std::slice::from_ref(&catalog)).await?;
    work::has_state(scene, &city, &catalog, "in-review").await?;
    let below = clerk.bytes_with(&township.parent).await?.saturating_sub(before.0);
    let above = reviewer.bytes_with(&city).await?.saturating_sub(before.1);
    let asked = reviewer.look(&catalog).await?.items.len();
    reviewer.approve(&catalog, "同意").await?;
    review::arrived_at_city(scene, std::slice::from_ref(&catalog)).await?;
    scene.report.end(
        format!("{asked} of {items} items reviewed; {below} bytes to the county, {above} to the city"),
        format!("{items} 项中审核 {asked} 项；至县级 {below} 字节，至市级 {above} 字节"),
    );
    Ok(())
}

pub(super) async fn publish_second(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("the next edition follows, with its difference", "发布下一版并列出差异");
    let made = publish(scene).await?;
    let city = scene.cast.city()?.division.clone();
    let desk = scene.stage.desk(&city, Post::Publisher).await?;
    let difference = desk.difference().await?;
    let changes: usize = difference.catalogs.iter().map(|catalog| catalog.changes.len()).sum();
    if (difference.catalogs.len(), changes) != (1, scene.changes) {
        let catalogs = difference.catalogs.len();
        let text = format!("{} items of one catalog were to differ, {changes} in {catalogs} do", scene.changes);
        return Err(DemoFault::Unexpected(text).into());
    }
    let first = difference.catalogs.iter().flat_map(|catalog| &catalog.changes).next();
    let name = first.map(|change| change.name.clone()).unwrap_or_default();
    scene.report.end(
        format!("edition {}: {changes} item changed ({name})", made.edition),
        format!("第 {} 版：变更 {changes} 项（{name}）", made.edition),
    );
    let mut rows = desk.catalogs().await?;
    for player in scene.cast.players().iter().skip(1) {
        // Drafts never leave their node: a user's incomplete workbook is seen only there.
        let own = scene.stage.desk(&player.division, Post::Clerk).await?.catalogs().await?;
        rows.extend(own.into_iter().filter(|row| row.is_own && row.state == "draft"));
    }
    rows.sort_by(|a, b| (&a.division, &a.domain).cmp(&(&b.division, &b.domain)));
    rows.dedup_by(|a, b| a.catalog == b.catalog);
    scene.report.set_catalogs(rows);
    Ok(())
}

pub(super) async fn verify_both(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("both editions are verified from their bytes", "离线核验两版发布");
    let mut files = 0;
    for directory in scene.report.edition_directories() {
        let verified = gongkai_publish::verify(&directory, None)
            .map_err(|error| Failure::told(error.code(), &error, error.hint()))?;
        files += verified.files;
    }
    scene.report.end(format!("{files} files are as signed"), format!("{files} 个文件与签名一致"));
    Ok(())
}
