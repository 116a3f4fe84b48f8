//! Who has used how much of what this node takes, and how much room the disk has.
//!
//! Invariant: names authors by what is kept of them, most first. Left out: refusing anything (sync admits).

use gongkai_sync::allowance::Quota;

use super::{Check, ok, warning};
use crate::{App, AuthorUse, CheckState, Intake, Reason};

/// Authors named in one sentence.
const NAMED_MAX: usize = 5;
/// Share of an allowance, in hundredths, from which a person should look.
const FULL_PERCENT: u64 = 90;

impl App {
    /// What a person should know of the budgets without asking.
    pub fn intake_warnings(intake: &Intake) -> Vec<Reason> {
        let checks = [Self::check_usage(intake), Self::check_disk(intake)].into_iter();
        checks.filter(|check| check.state != CheckState::Ok).map(|check| check.reason).collect()
    }

    pub(super) fn check_usage(intake: &Intake) -> Check {
        let mut by_bytes: Vec<&AuthorUse> = intake.authors.iter().collect();
        by_bytes.sort_by_key(|it| std::cmp::Reverse((it.used.bytes, &it.author)));
        let told = |it: &&AuthorUse| {
            format!("{} ({}) {} KiB in {} entries", it.author, it.lane.word(), it.used.bytes >> 10, it.used.entries)
        };
        let most: Vec<String> = by_bytes.iter().take(NAMED_MAX).map(told).collect();
        let Some(full) = intake.authors.iter().find(|it| it.percent >= FULL_PERCENT) else {
            return ok("usage", format!("kept most of: {}", most.join("; ")));
        };
        let Quota { bytes, entries } = intake.allowance.of(full.lane);
        let message = format!(
            "`{}` has used {} % of what this node takes of one author ({}): bytes {bytes}, entries {entries}; kept most of: {}",
            full.author,
            full.percent,
            full.lane.word(),
            most.join("; ")
        );
        let hint = "see `gongkai audit log --subject`; raise [intake] in gongkaid.toml if the amount is right, revoke the key if it is not";
        warning("usage", "GK-DOCTOR-021", message, hint)
    }

    pub(super) fn check_disk(intake: &Intake) -> Check {
        let floor = intake.disk_floor_bytes;
        let Some(free) = intake.disk_free_bytes else { return ok("disk", "the system does not say what is free") };
        let message = format!("{} MiB free; peers' entries wait below {} MiB", free >> 20, floor >> 20);
        if !intake.is_disk_short() {
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
