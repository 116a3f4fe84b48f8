//! The budgets of this node: what it takes of others, who has used how much of it, and what waits and why.
//!
//! Invariant: reads only; nothing here delays or refuses anything (sync admits). Authors are named by their share of what
//! has been allowed by now, this node by none: of its own everything is taken.

use gongkai_journal::Lane;
use gongkai_model::id::DivisionId;
use gongkai_sync::{
    allowance::{Allowance, Room, Used},
    want::Why,
};

use crate::{App, Result};

/// What one author has used in one lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorUse {
    /// Who.
    pub author: DivisionId,
    /// In which lane.
    pub lane: Lane,
    /// What is kept of him.
    pub used: Used,
    /// What may still be taken of him today.
    pub room: Room,
    /// Hundredths of what has been allowed by now, of bytes or entries whichever is more; 0 for this node.
    pub percent: u64,
    /// Streams of his that wait because of it.
    pub streams_waiting: u64,
}

/// Streams that wait, by the peer that has them and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Who has them.
    pub peer: DivisionId,
    /// Why they wait.
    pub why: Why,
    /// How many.
    pub streams: u64,
}

/// The budgets and what has become of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intake {
    /// What is taken of each author.
    pub allowance: Allowance,
    /// Those of whom anything is kept, the largest share first.
    pub authors: Vec<AuthorUse>,
    /// Wants kept towards one peer at most.
    pub wants_max: usize,
    /// What the disk has left; `None` where the system does not say.
    pub disk_free_bytes: Option<u64>,
    /// Below it peers' work waits.
    pub disk_floor_bytes: u64,
    /// What waits.
    pub waiting: Vec<Waiting>,
}

impl Intake {
    /// Whether the disk has less left than is kept free.
    pub fn is_disk_short(&self) -> bool {
        self.disk_free_bytes.is_some_and(|free| free < self.disk_floor_bytes)
    }
}

impl App {
    /// The budgets of this node and what has become of them.
    pub async fn intake(&self) -> Result<Intake> {
        let (store, me, now_ms) = (self.store(), self.world().me.clone(), self.now_ms());
        let (allowance, mut waits) = (store.allowance(), store.waiting_of(Why::Allowance).await?);
        // Of whom nothing is kept yet, something may wait all the same.
        let mut used = store.usage().await?;
        for account in waits.keys() {
            used.entry(account.clone()).or_insert(Used { since_ms: now_ms, ..Used::default() });
        }
        let authors = used.into_iter().map(|((author, lane), used)| {
            let room = allowance.room(lane, Some(&used), now_ms);
            let percent = if author == me { 0 } else { share(&used, &room) };
            let streams_waiting = waits.remove(&(author.clone(), lane)).unwrap_or(0);
            AuthorUse { author, lane, used, room, percent, streams_waiting }
        });
        let mut authors: Vec<AuthorUse> = authors.collect();
        authors.sort_by(|a, b| {
            let key = |it: &AuthorUse| (it.percent, it.used.bytes);
            key(b).cmp(&key(a)).then_with(|| (&a.author, a.lane).cmp(&(&b.author, b.lane)))
        });
        Ok(Intake {
            allowance,
            authors,
            wants_max: store.wants_max(),
            disk_free_bytes: store.free_bytes(),
            disk_floor_bytes: store.disk_floor(),
            waiting: self.waiting().await?,
        })
    }

    /// What waits, by peer and reason.
    pub async fn waiting(&self) -> Result<Vec<Waiting>> {
        let rows = self.store().waiting().await?.into_iter();
        Ok(rows.map(|(peer, why, streams)| Waiting { peer, why, streams }).collect())
    }
}

/// Hundredths of the larger share.
fn share(used: &Used, room: &Room) -> u64 {
    let of = |used: u64, left: u64| used.saturating_mul(100) / used.saturating_add(left).max(1);
    of(used.bytes, room.bytes).max(of(used.entries, room.entries))
}
