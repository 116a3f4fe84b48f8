//! The node's budgets as the command line shows them.

use gongkai_app::{AuthorUse, Intake, Waiting};
use gongkai_journal::Lane;
use gongkai_proto::admin::v1 as wire;

use super::convert;

/// Authors told at most: those who have used most.
const AUTHORS_TOLD_MAX: usize = 20;

pub(super) fn intake(found: &Intake) -> wire::Intake {
    let budgets = [Lane::Work, Lane::Trust].into_iter().flat_map(|lane| {
        let quota = found.allowance.of(lane);
        [("bytes", quota.bytes), ("entries", quota.entries)].map(|(what, rate)| wire::Budget {
            lane: lane.word().to_owned(),
            what: what.to_owned(),
            at_once: rate.at_once,
            a_day: rate.a_day,
        })
    });
    wire::Intake {
        budgets: budgets.collect(),
        authors: found.authors.iter().take(AUTHORS_TOLD_MAX).map(author).collect(),
        authors_known: convert::count(found.authors.len()),
        wants_max: found.wants_max as u64,
        disk_free_bytes: found.disk_free_bytes,
        disk_floor_bytes: found.disk_floor_bytes,
        waiting: found.waiting.iter().map(waiting).collect(),
    }
}

pub(super) fn waiting(found: &Waiting) -> wire::Waiting {
    wire::Waiting { peer: found.peer.to_string(), why: found.why.word().to_owned(), streams: found.streams }
}

fn author(found: &AuthorUse) -> wire::AuthorUse {
    wire::AuthorUse {
        author: found.author.to_string(),
        lane: found.lane.word().to_owned(),
        bytes: found.used.bytes,
        entries: found.used.entries,
        bytes_left: found.room.bytes,
        entries_left: found.room.entries,
        percent: u32::try_from(found.percent).unwrap_or(u32::MAX),
        streams_waiting: found.streams_waiting,
    }
}
