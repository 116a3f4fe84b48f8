//! Chapter three: reviewers look, return and approve; the city's own catalogs are decided outside.
//!
//! Invariant: who decides is never who submitted, and a reviewer is asked only about what changed.

use std::collections::BTreeSet;

use gongkai_proto::admin::v1::{DecideReviewRequest, ItemOpinion, OutsideDecision, ReviewItem};

use super::{Scene, work};
use crate::{
    commands::{
        catalog::import,
        demo::{
            cast::{COUNTY, Player, Revised},
            desk::Post,
            fault::DemoFault,
        },
    },
    errors::Failure,
};

/// Words of the decisions: the demo's people speak Chinese, whatever language the tool speaks.
const APPROVED: &str = "要素齐全，依据准确，同意";
const RETURNED: &str = "个别事项需补正后重新报送";
const RETURNED_ITEM: &str = "公开内容不完整，请对照标准目录补充";

pub(super) async fn county_returns(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("a county returns a catalog with opinions on items", "县级退回目录并附事项意见");
    let story = scene.cast.corrected;
    let (catalog, township) = (story.catalog(), scene.cast.first_township()?);
    let desk = scene.stage.desk(&township.parent, Post::Reviewer).await?;
    let faulty = changed_names(&story)?;
    let seen = desk.look(&catalog).await?.items;
    let opinions: Vec<ItemOpinion> =
        seen.iter().filter(|item| faulty.contains(&name(item))).map(|item| returned(&item.item_id)).collect();
    if opinions.len() != faulty.len() {
        let text = format!("{} of {} items to return were found", opinions.len(), faulty.len());
        return Err(DemoFault::Unexpected(text).into());
    }
    let count = opinions.len();
    desk.send_back(&catalog, RETURNED, opinions).await?;
    work::has_state(scene, &township.division, &catalog, "returned").await?;
    scene.report.end(format!("{catalog}: {count} items"), format!("{catalog}：{count} 项"));
    Ok(())
}

fn returned(item_id: &str) -> ItemOpinion {
    ItemOpinion {
        item_id: item_id.to_owned(),
        verdict: "return".to_owned(),
        opinion: RETURNED_ITEM.to_owned(),
        ..ItemOpinion::default()
    }
}

fn name(item: &ReviewItem) -> String {
    let side = item.after.as_ref().or(item.before.as_ref());
    side.map(|side| format!("{}/{}", side.level1, side.name)).unwrap_or_default()
}

/// The items in which the two forms of a workbook differ.
fn changed_names(revised: &Revised) -> Result<BTreeSet<String>, Failure> {
    let question = import::FileQuestion::of(revised.first.division.as_str());
    let before = import::read_report(revised.first.bytes, &revised.first.file, &question)?;
    let after = import::read_report(revised.then.bytes, &revised.then.file, &question)?;
    let rows = |report: gongkai_sheets::Report| report.tables.into_iter().flat_map(|table| table.rows);
    let known: Vec<_> = rows(before).map(|row| row.item).collect();
    let changed = rows(after).map(|row| row.item).filter(|item| !known.contains(item));
    Ok(changed.map(|item| format!("{}/{}", item.level1, item.name())).collect())
}

pub(super) async fn township_corrects(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("the township corrects and resubmits", "乡级修改后重新报送");
    let story = scene.cast.corrected;
    let (catalog, township) = (story.catalog(), scene.cast.first_township()?);
    let desk = scene.stage.desk(&township.division, Post::Clerk).await?;
    let imported = desk.import(&story.then.file, story.then.bytes).await?;
    let changed: u32 = imported.revisions.iter().map(|made| made.changed).sum();
    work::submit(&desk, &catalog).await?;
    work::received(scene, &township.parent, std::slice::from_ref(&catalog)).await?;
    scene.report.end(format!("{changed} items changed"), format!("修改 {changed} 项"));
    Ok(())
}

pub(super) async fn county_sees_only_changes(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("the reviewer sees only the changed items and approves", "审核人只看到修改的事项并通过");
    let story = scene.cast.corrected;
    let (catalog, township) = (story.catalog(), scene.cast.first_township()?);
    let desk = scene.stage.desk(&township.parent, Post::Reviewer).await?;
    let expected = changed_names(&story)?;
    let shown: BTreeSet<String> = desk.look(&catalog).await?.items.iter().map(name).collect();
    if shown != expected {
        let text = format!("the reviewer was to see {expected:?}, and sees {shown:?}");
        return Err(DemoFault::Unexpected(text).into());
    }
    desk.approve(&catalog, APPROVED).await?;
    work::has_state(scene, &township.division, &catalog, "approved").await?;
    let (seen, all) = (shown.len(), story.then.items);
    scene.report.end(format!("{seen} of {all} items"), format!("{all} 项中的 {seen} 项"));
    Ok(())
}

pub(super) async fn counties_approve(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("counties approve what else waits", "县级审核通过其余目录");
    let mut approved = Vec::new();
    for county in counties(scene) {
        approved.extend(approve_waiting(scene, &county.division).await?);
    }
    arrived_at_city(scene, &approved).await?;
    let count = approved.len();
    scene.report.end(format!("{count} catalogs"), format!("{count} 个目录"));
    Ok(())
}

fn counties(scene: &Scene<'_>) -> Vec<Player> {
    scene.cast.of_level(COUNTY).cloned().collect()
}

/// Approves everything that waits at a node; gives the catalogs.
async fn approve_waiting(scene: &Scene<'_>, division: &str) -> Result<Vec<String>, Failure> {
    let desk = scene.stage.desk(division, Post::Reviewer).await?;
    let waiting: Vec<String> = desk.reviews().await?.into_iter().map(|review| review.catalog).collect();
    for catalog in &waiting {
        desk.approve(catalog, APPROVED).await?;
    }
    Ok(waiting)
}

/// Decisions made below are news for the city too: the edition is made from them.
pub(super) async fn arrived_at_city(scene: &Scene<'_>, catalogs: &[String]) -> Result<(), Failure> {
    let city = &scene.cast.city()?.division;
    for catalog in catalogs {
        work::has_state(scene, city, catalog, "approved").await?;
    }
    Ok(())
}

pub(super) async fn counties_submit(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("counties submit their own catalogs to the city", "县级向市级报送本级目录");
    let city = scene.cast.city()?.division.clone();
    let mut count = 0;
    for county in counties(scene) {
        let submitted = work::submit_all(scene, &county).await?;
        work::received(scene, &city, &submitted).await?;
        count += submitted.len();
    }
    scene.report.end(format!("{count} catalogs"), format!("{count} 个目录"));
    Ok(())
}

pub(super) async fn city_reviews_counties(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("the city's departments review the counties' catalogs", "市级部门审核县级目录");
    let city = scene.cast.city()?.division.clone();
    let approved = approve_waiting(scene, &city).await?;
    for county in counties(scene) {
        for catalog in approved.iter().filter(|catalog| catalog.starts_with(&format!("{}/", county.division))) {
            work::has_state(scene, &county.division, catalog, "approved").await?;
        }
    }
    let count = approved.len();
    scene.report.end(format!("{count} catalogs"), format!("{count} 个目录"));
    Ok(())
}

pub(super) async fn city_records_outside_decisions(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("the city's own catalogs: the province's decision is recorded", "市级目录：登记省级审核意见");
    let city = scene.cast.city()?.clone();
    let submitted = work::submit_all(scene, &city).await?;
    let desk = scene.stage.desk(&city.division, Post::Reviewer).await?;
    for (index, catalog) in submitted.iter().enumerate() {
        let outside = OutsideDecision {
            authority: "省级对口部门".to_owned(),
            doc_no: format!("演示函〔2020〕{}号", index + 1),
            decided_on: "2020-11-30".to_owned(),
            ..OutsideDecision::default()
        };
        let request = DecideReviewRequest {
            catalog: catalog.clone(),
            opinion: APPROVED.to_owned(),
            outside: Some(outside),
            ..DecideReviewRequest::default()
        };
        desk.decide(request).await?;
    }
    arrived_at_city(scene, &submitted).await?;
    let count = submitted.len();
    scene.report.end(format!("{count} catalogs"), format!("{count} 个目录"));
    Ok(())
}
