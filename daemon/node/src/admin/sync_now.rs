//! `sync now`: asks the links and tells how it goes.
//!
//! Invariant: the last message about a link says whether it was caught up or why not; a caller who went away ends
//! the watching, never the syncing.

use std::{collections::BTreeMap, time::Duration};

use gongkai_model::id::DivisionId;
use gongkai_proto::admin::v1 as wire;
use tokio::{sync::mpsc, time::timeout};
use tonic::Status;

use super::{Admin, convert};
use crate::{
    Error, Told,
    links::{LinkState, LinkStatus},
};

type Answers<T> = mpsc::Sender<Result<T, Status>>;

/// Asks each link and tells how it goes, until all have answered or the time is over.
pub(super) async fn run(admin: &Admin, targets: Vec<DivisionId>, wait_ms: u64, answers: Answers<wire::SyncProgress>) {
    let board = &admin.0.shared.board;
    let mut changes = board.subscribe();
    let mut open: BTreeMap<DivisionId, u64> =
        targets.into_iter().map(|peer| (peer.clone(), board.ask(&peer))).collect();
    let mut last: BTreeMap<DivisionId, wire::SyncProgress> = BTreeMap::new();
    let telling = async {
        while !open.is_empty() {
            for (peer, number) in open.clone() {
                let Some(link) = board.link(&peer) else { continue };
                let progress = progress(admin, &peer, &link, number).await;
                if link.answered >= number {
                    open.remove(&peer);
                }
                if last.get(&peer) != Some(&progress) {
                    last.insert(peer, progress.clone());
                    if answers.send(Ok(progress)).await.is_err() {
                        return;
                    }
                }
            }
            if open.is_empty() {
                return;
            }
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                () = answers.closed() => return,
            }
        }
    };
    if timeout(Duration::from_millis(wait_ms), telling).await.is_ok() {
        return;
    }
    for peer in open.into_keys() {
        let waiting = waiting_for(board.link(&peer).as_ref());
        let error = Error::SyncTimeout { division: peer.clone(), seconds: wait_ms.div_ceil(1_000), waiting };
        let mut progress = last.remove(&peer).unwrap_or_default();
        (progress.division, progress.state) = (peer.to_string(), "failed".to_owned());
        progress.reason = Some(convert::reason(&Told::from(&error)));
        if answers.send(Ok(progress)).await.is_err() {
            return;
        }
    }
}

/// What a link that has not answered is waited for.
fn waiting_for(link: Option<&LinkStatus>) -> &'static str {
    match link.map(|link| link.state) {
        Some(LinkState::Syncing | LinkState::Connected) => "it is connected and has not said that it has everything",
        Some(LinkState::Connecting) => "it is being dialled",
        Some(LinkState::Never | LinkState::Waiting | LinkState::Idle | LinkState::Unreachable | LinkState::Refused)
        | None => "there is no session with it",
    }
}

async fn progress(admin: &Admin, peer: &DivisionId, link: &LinkStatus, number: u64) -> wire::SyncProgress {
    let is_answered = link.answered >= number;
    let failure = link.answer.as_ref().filter(|_| is_answered);
    let state = match (is_answered, failure) {
        (true, None) => "caught-up",
        (true, Some(_)) => "failed",
        (false, _) if link.state.is_in_session() => "exchanging",
        (false, _) => "connecting",
    };
    // Numbers for a progress bar: where they cannot be read, the answer at the end still counts.
    let left = admin.left(peer, link).await.unwrap_or_default();
    wire::SyncProgress {
        division: peer.to_string(),
        role: link.role.word().to_owned(),
        state: state.to_owned(),
        entries_to_send: left.to_send,
        entries_to_receive: left.to_receive,
        entries_sent: link.moved.entries_sent,
        entries_received: link.moved.entries_received,
        bytes_sent: link.moved.bytes_sent,
        bytes_received: link.moved.bytes_received,
        reason: failure.map(convert::reason),
    }
}
