//! What a node takes of one author: so much at once, and so much more each day since it was first heard.
//!
//! Invariant: a node's own matter. It decides when an entry is taken and never whether: what is beyond it becomes a want
//! and is taken when enough days have passed. Nothing that is folded depends on it.
//! Left out: where the use is kept (store) and what the node's administrator set (node).

use gongkai_journal::Lane;

use std::fmt;

/// Milliseconds of a day.
const DAY_MS: u64 = 24 * 3_600 * 1_000;

/// An amount at once, and how much more each day. Who is silent saves it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// From the first day.
    pub at_once: u64,
    /// For each day since.
    pub a_day: u64,
}

impl Rate {
    /// How much has been allowed after so many milliseconds.
    fn after(self, age_ms: u64) -> u64 {
        let grown = u128::from(self.a_day) * u128::from(age_ms) / u128::from(DAY_MS);
        self.at_once.saturating_add(u64::try_from(grown).unwrap_or(u64::MAX))
    }
}

/// What one author may have brought in one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Bytes of headers, signatures and payloads, as they are kept: a small packet may hold much.
    pub bytes: Rate,
    /// Entries.
    pub entries: Rate,
}

/// What a node takes of each author. Trust has its own, so that whoever has used up his work can still renew his keys,
/// and nobody makes keys and trees, which every node keeps in memory, without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Catalogs, reviews, editions.
    pub work: Quota,
    /// Keys, tree, tables.
    pub trust: Quota,
}

/// As nodes come: a first import of the largest catalog (20,000 items of a kilobyte) is 25 MB in some fifty entries; a
/// township that was cut off for eighteen months brings some 5,000 entries; a county of thirty townships that lost its
/// machine gets back 10 MB and 20,000 entries of each author. Each fits at once, several times over.
impl Default for Allowance {
    fn default() -> Self {
        Self {
            work: Quota {
                bytes: Rate { at_once: 128 << 20, a_day: 32 << 20 },
                entries: Rate { at_once: 200_000, a_day: 20_000 },
            },
            trust: Quota {
                bytes: Rate { at_once: 16 << 20, a_day: 2 << 20 },
                entries: Rate { at_once: 20_000, a_day: 2_000 },
            },
        }
    }
}

/// What an author has used, and since when it is known here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Bytes.
    pub bytes: u64,
    /// Entries.
    pub entries: u64,
    /// The first entry's commit here, unix milliseconds.
    pub since_ms: i64,
}

/// What is left of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes.
    pub bytes: u64,
    /// Entries.
    pub entries: u64,
}

impl Allowance {
    /// The quota of a lane.
    pub fn of(&self, lane: Lane) -> &Quota {
        match lane {
            Lane::Trust => &self.trust,
            Lane::Work => &self.work,
        }
    }

    /// What an author may bring now in a lane; who is heard for the first time has used nothing.
    pub fn room(&self, lane: Lane, used: Option<&Used>, now_ms: i64) -> Room {
        let used = used.copied().unwrap_or(Used { since_ms: now_ms, ..Used::default() });
        let age_ms = u64::try_from(now_ms.saturating_sub(used.since_ms)).unwrap_or(0);
        let quota = self.of(lane);
        Room {
            bytes: quota.bytes.after(age_ms).saturating_sub(used.bytes),
            entries: quota.entries.after(age_ms).saturating_sub(used.entries),
        }
    }
}

impl Room {
    /// Takes an entry of so many bytes; `false`, and nothing taken, where it does not fit.
    pub fn take(&mut self, bytes: u64) -> bool {
        let fits = self.entries > 0 && self.bytes >= bytes;
        if fits {
            self.entries -= 1;
            self.bytes -= bytes;
        }
        fits
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} and {} a day", self.at_once, self.a_day)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 3_600 * 1_000;

    #[test]
    fn who_was_silent_has_saved_up() {
        let allowance = Allowance::default();
        let quota = allowance.of(Lane::Work);
        let used = Used { bytes: quota.bytes.at_once, entries: 1, since_ms: 0 };
        assert_eq!(allowance.room(Lane::Work, Some(&used), 0).bytes, 0);
        assert_eq!(allowance.room(Lane::Work, Some(&used), DAY / 2).bytes, quota.bytes.a_day / 2);
        assert_eq!(allowance.room(Lane::Work, Some(&used), 540 * DAY).bytes, quota.bytes.a_day * 540);
        assert_eq!(allowance.room(Lane::Work, Some(&used), -DAY).bytes, 0, "a clock that was set back takes nothing");
        assert_eq!(allowance.room(Lane::Work, None, 7).bytes, quota.bytes.at_once);
        assert_eq!(allowance.room(Lane::Trust, None, 7).bytes, allowance.trust.bytes.at_once);
    }

    #[test]
    fn what_does_not_fit_takes_nothing() {
        let mut room = Room { bytes: 10, entries: 2 };
        assert!(!room.take(11));
        assert!(room.take(4) && room.take(6));
        assert!(!room.take(0), "no entry is left");
        assert_eq!(room, Room { bytes: 0, entries: 0 });
    }

    /// What must pass on the defaults, on paper: the tests with real stores are the app's.
    #[test]
    fn honest_bulk_fits_at_once() {
        let mut first_import = Allowance::default().room(Lane::Work, None, 0);
        assert!((0..60).all(|_| first_import.take(512 << 10)), "20,000 items of 1.5 KB");
        let mut bulk = Allowance::default().room(Lane::Work, None, 0);
        assert!((0..100_000).all(|_| bulk.take(1_100)), "100,000 items of a kilobyte, all by one author");
        let mut cut_off = Allowance::default().room(Lane::Work, None, 0);
        assert!((0..30_000).all(|_| cut_off.take(3_000)), "eighteen months of fifty submissions a day");
        let keys = u64::try_from(1_500 * 4_096).unwrap();
        assert!(Allowance::default().trust.bytes.at_once > 2 * keys, "a province's certificates, twice");
    }
}
