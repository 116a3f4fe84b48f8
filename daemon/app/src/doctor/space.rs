//! Who has used how much of what this node takes, and how much room the disk has.
//!
//! Invariant: names authors by what is kept of them, most first. Left out: refusing anything (sync admits).

use gongkai_journal::Lane;
use gongkai_model::id::DivisionId;
use gongkai_sync::allowance::{Quota, Used};

use super::{Check, ok, warning};
use crate::{App, Result};

/// Authors named in one sentence.
const NAMED_MAX: usize = 5;
/// Share of an allowance, in hundredths, from which a person should look.
const FULL_PERCENT: u64 = 90;

impl App {
    pub(super) async fn check_usage(&self) -> Result<Check> {
        let (allowance, me, now_ms) = (self.store().allowance(), self.world().me.clone(), self.now_ms());
        let mut rows: Vec<(u64, u64, DivisionId, Lane, Used)> = Vec::new();
        for ((author, lane), used) in self.store().usage().await? {
            let room = allowance.room(lane, Some(&used), now_ms);
            let share = |used: u64, left: u64| used.saturating_mul(100) / used.saturating_add(left).max(1);
            let percent = share(used.bytes, room.bytes).max(share(used.entries, room.entries));
            rows.push((if author == me { 0 } else { percent }, used.bytes, author, lane, used));
        }
        rows.sort_by(|a, b| (b.1, &b.2).cmp(&(a.1, &a.2)));
        let most: Vec<String> = rows
            .iter()
            .take(NAMED_MAX)
            .map(|(_, _, author, lane, used)| {
                format!("{author} ({}) {} KiB in {} entries", word(*lane), used.bytes >> 10, used.entries)
            })
            .collect();
        let full = rows.iter().filter(|row| row.0 >= FULL_PERCENT).max_by_key(|row| row.0);
        let Some((percent, _, author, lane, _)) = full else {
            return Ok(ok("usage", format!("kept most of: {}", most.join("; "))));
        };
        let Quota { bytes, entries } = allowance.of(*lane);
        let message = format!(
            "`{author}` has used {percent} % of what this node takes of one author ({}): bytes {bytes}, entries {entries}; kept most of: {}",
            word(*lane),
            most.join("; ")
        );
        let hint = "see `gongkai audit log --subject`; raise [intake] in gongkaid.toml if the amount is right, revoke the key if it is not";
        Ok(warning("usage", "GK-DOCTOR-021", message, hint))
    }

    pub(super) fn check_disk(&self) -> Check {
        let floor = self.store().disk_floor();
        let Some(free) = self.store().free_bytes() else { return ok("disk", "the system does not say what is free") };
        let message = format!("{} MiB free; peers' entries wait below {} MiB", free >> 20, floor >> 20);
        if free >= floor {
            return ok("disk", message);
        }
        warning(
            "disk",
            "GK-DOCTOR-022",
            message,
            "make room on the disk of the data directory; what waits is taken then",
        )
    }
}

fn word(lane: Lane) -> &'static str {
    match lane {
        Lane::Trust => "trust",
        Lane::Work => "work",
    }
}
