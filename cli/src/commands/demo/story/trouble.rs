//! Chapter four: what a bad day brings. A link is cut while its township works; a daemon dies in a sync.
//!
//! Invariant: nothing is repeated by hand afterwards: what was committed arrives.

use std::time::Duration;

use super::{Scene, work};
use crate::{
    commands::demo::{cast::catalogs, desk::Post, wait},
    errors::Failure,
};

/// Bytes of a sync that pass before it is held up: some of a batch, never all of 200 items.
const STALL_AFTER_BYTES: usize = 2048;
/// How long the held-up sync may take to begin. If it does not, the daemon is killed all the same.
const STALL_MAX: Duration = Duration::from_secs(5);

pub(super) async fn a_link_is_cut(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("a township's link is cut; it works on and catches up", "乡级链路中断，继续工作后追平");
    let township = scene.cast.cut_township()?.clone();
    let desk = scene.stage.desk(&township.division, Post::Clerk).await?;
    scene.stage.link(&township.division)?.cut();
    wait::until(&format!("{} to notice that its link is cut", township.division), async || {
        let links = desk.links().await?;
        let up = links.iter().find(|link| link.role == "parent");
        Ok(up.filter(|link| !matches!(link.state.as_str(), "connected" | "syncing" | "idle")).map(|_| ()))
    })
    .await?;
    let submitted = work::submit_all(scene, &township).await?;
    let waiting = links_to_send(scene, &township.division).await?;
    scene.stage.link(&township.division)?.mend();
    desk.sync_now(&township.parent).await?;
    work::received(scene, &township.parent, &submitted).await?;
    let count = submitted.len();
    scene.report.end(
        format!("{} made {count} submissions alone ({waiting} entries waited)", township.name),
        format!("{}断网期间报送 {count} 个目录（积压 {waiting} 条）", township.name),
    );
    Ok(())
}

async fn links_to_send(scene: &Scene<'_>, division: &str) -> Result<u64, Failure> {
    let links = scene.stage.desk(division, Post::Clerk).await?.links().await?;
    Ok(links.iter().map(|link| link.entries_to_send).sum())
}

pub(super) async fn a_daemon_is_killed(scene: &mut Scene<'_>) -> Result<(), Failure> {
    scene.report.begin("a county's daemon is killed in the middle of a sync", "县级守护进程在同步途中被强制终止");
    let township = scene.cast.first_township()?.clone();
    let (sample, names) = (scene.cast.large.first, catalogs(scene.cast.large.first));
    let desk = scene.stage.desk(&township.division, Post::Clerk).await?;
    desk.import(&sample.file, sample.bytes).await?;
    scene.stage.link(&township.division)?.stall_after(STALL_AFTER_BYTES);
    for name in &names {
        work::submit(&desk, name).await?;
    }
    let was_in_the_middle = tokio::select! {
        () = scene.stage.link(&township.division)?.stalled() => true,
        () = tokio::time::sleep(STALL_MAX) => false,
    };
    scene.stage.daemon_mut(&township.parent)?.kill().await?;
    scene.stage.link(&township.division)?.mend();
    scene.stage.daemon_mut(&township.parent)?.start().await?;
    // The township may still be waiting to try again; a person would say "now", too.
    desk.sync_now(&township.parent).await?;
    work::received(scene, &township.parent, &names).await?;
    let items = sample.items;
    let (en, zh) = if was_in_the_middle {
        (format!("SIGKILL after {STALL_AFTER_BYTES} bytes; all {items} items arrived"), "传输途中")
    } else {
        (format!("SIGKILL between two syncs; all {items} items arrived"), "两次同步之间")
    };
    scene.report.end(en, format!("{zh} SIGKILL;{items} 项全部到达"));
    Ok(())
}
