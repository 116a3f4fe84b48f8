//! A log that stays readable whatever a peer does: of one kind and one peer a few lines a minute, then a count.
//!
//! Invariant: memory for so many peers and no more; what is not written is counted, and the count is written with the
//! next line or once the minute is over. Left out: what is written, and how (the callers).

use std::{
    collections::BTreeMap,
    fmt::Display,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// After so long a peer's lines are written again.
const SPAN: Duration = Duration::from_secs(60);
/// Lines of one kind and peer in a span: who is looked for is found, and a disk of a gigabyte lasts for years.
const LINES_MAX: u32 = 5;
/// Peers told apart; the others are counted together.
const PEERS_MAX: usize = 1_024;
/// Under which they are.
const OTHERS: &str = "others";

/// Says which lines are written. Cheap to clone; all clones count together.
#[derive(Clone, Debug, Default)]
pub struct Sparing(Arc<Mutex<BTreeMap<(&'static str, String), Said>>>);

#[derive(Clone, Copy, Debug)]
struct Said {
    since: Instant,
    lines: u32,
    left_out: u64,
}

/// Lines that were not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Of this kind.
    pub kind: &'static str,
    /// About this peer.
    pub peer: String,
    /// So many.
    pub count: u64,
}

impl Sparing {
    /// Whether a line of this kind about this peer is written now; then with how many were left out before it.
    pub fn says(&self, kind: &'static str, peer: &impl Display) -> Option<u64> {
        self.says_at(kind, peer.to_string(), Instant::now())
    }

    /// The same at a moment.
    pub fn says_at(&self, kind: &'static str, peer: String, now: Instant) -> Option<u64> {
        let mut all = self.locked();
        let key = (kind, peer);
        let key = if all.len() >= PEERS_MAX && !all.contains_key(&key) { (kind, OTHERS.to_owned()) } else { key };
        let said = all.entry(key).or_insert(Said { since: now, lines: 0, left_out: 0 });
        if now.saturating_duration_since(said.since) >= SPAN {
            (said.since, said.lines) = (now, 0);
        }
        if said.lines >= LINES_MAX {
            said.left_out = said.left_out.saturating_add(1);
            return None;
        }
        said.lines += 1;
        Some(std::mem::take(&mut said.left_out))
    }

    /// What was left out in spans that are over, for a line each; asked once in a while.
    pub fn left_out(&self) -> Vec<LeftOut> {
        self.left_out_at(Instant::now())
    }

    /// The same at a moment.
    pub fn left_out_at(&self, now: Instant) -> Vec<LeftOut> {
        let mut found = Vec::new();
        self.locked().retain(|(kind, peer), said| {
            let is_over = now.saturating_duration_since(said.since) >= SPAN;
            if is_over && said.left_out > 0 {
                found.push(LeftOut { kind, peer: peer.clone(), count: said.left_out });
            }
            !is_over
        });
        found
    }

    fn locked(&self) -> MutexGuard<'_, BTreeMap<(&'static str, String), Said>> {
        // A panic elsewhere leaves the map as it was.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
