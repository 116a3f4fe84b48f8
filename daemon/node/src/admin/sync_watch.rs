//! `sync watch`: where the links stand, whenever that changes.
//!
//! Invariant: a change of state is told at once, progress at most four times a second; a caller who went away ends
//! the watching, never the syncing. With `until_idle` it ends when nothing is left that could be done now.

use std::{collections::BTreeMap, time::Duration};

use gongkai_model::id::DivisionId;
use gongkai_proto::admin::v1 as wire;
use tokio::{sync::mpsc, time::sleep};
use tonic::Status;

use super::Admin;
use crate::Error;

/// Shortest time between two looks: a bar that moves more often is not seen to move better.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Tells the caller until he goes away.
pub(super) async fn watch(
    admin: &Admin,
    asked: &wire::WatchSyncRequest,
    answers: mpsc::Sender<Result<wire::SyncEvent, Status>>,
) {
    let mut changes = admin.0.shared.board.subscribe();
    let mut feed = admin.app().store().watch();
    let mut last: BTreeMap<DivisionId, wire::PeerStatus> = BTreeMap::new();
    loop {
        let looked = match look(admin, &asked.division).await {
            Ok(looked) => looked,
            Err(error) => {
                // The caller is told; if he has gone, nobody is.
                let _ = answers.send(Err(error.into())).await;
                return;
            }
        };
        let is_idle = looked.values().all(is_idle);
        for (peer, status) in looked {
            if last.get(&peer).is_some_and(|before| is_same(before, &status)) {
                continue;
            }
            last.insert(peer, status.clone());
            let event = wire::SyncEvent { at_ms: admin.app().now_ms(), peer: Some(status) };
            if answers.send(Ok(event)).await.is_err() {
                return;
            }
        }
        if asked.until_idle && is_idle {
            return;
        }
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return },
            changed = feed.changed() => if changed.is_err() { return },
            () = answers.closed() => return,
        }
        tokio::select! {
            () = sleep(LOOK_EVERY) => {}
            () = answers.closed() => return,
        }
    }
}

async fn look(admin: &Admin, only: &str) -> Result<BTreeMap<DivisionId, wire::PeerStatus>, Error> {
    let mut looked = BTreeMap::new();
    for (peer, link) in admin.all_links() {
        if only.is_empty() || peer.as_str() == only {
            looked.insert(peer.clone(), admin.peer_status(&peer, &link).await?);
        }
    }
    if looked.is_empty() && !only.is_empty() {
        return Err(Error::NoLink { division: only.chars().take(80).collect() });
    }
    Ok(looked)
}

/// Rates and times go on changing where nothing happens: they are no news.
fn is_same(before: &wire::PeerStatus, now: &wire::PeerStatus) -> bool {
    let still = |status: &wire::PeerStatus| {
        let moved = |moved: &Option<wire::Moved>| moved.as_ref().map(|moved| (moved.entries, moved.entries_left));
        let numbers = (status.entries_to_send, status.entries_to_receive, status.entries_in_flight);
        let places: Vec<(String, u64)> =
            status.second_hand.iter().map(|told| (told.division.clone(), told.held_position)).collect();
        (numbers, status.held_position, moved(&status.sent), moved(&status.received), places)
    };
    (&before.state, &before.reason, before.next_run) == (&now.state, &now.reason, now.next_run)
        && still(before) == still(now)
}

/// Nothing is left, or nothing can be done about it by waiting here.
fn is_idle(status: &wire::PeerStatus) -> bool {
    let is_empty = status.entries_to_send == 0 && status.entries_to_receive == 0;
    match status.state.as_str() {
        "connecting" | "syncing" => false,
        "connected" => is_empty,
        // The parent of a live link is dialled again by itself; a child that is away is not waited for.
        "never" | "unreachable" | "waiting" => status.role != "parent" || status.mode != "live",
        _ => true,
    }
}
