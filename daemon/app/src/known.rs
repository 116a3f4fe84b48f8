//! What peers say of where feeds have arrived, first hand and second hand, and what this node says to them.
//!
//! Invariant: for people only; it is kept beside the journal and may be lost. A peer is believed about itself and
//! about divisions on its own side of the link, and about a place in our feed only if the running hash there is ours.
//! Left out: when it is said (node), and the composition of places (`sync::standing`).

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use gongkai_model::id::DivisionId;
use gongkai_store::Lacking;
use gongkai_sync::standing::{HELD_MAX, HeldBy, Marks, Standing, may_tell};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::{App, Result};

/// Before the peer's division in the node's own table.
const KEPT: &str = "standing.";
/// An age beyond this says nothing: ten years in milliseconds.
const AGE_MS_MAX: u64 = 10 * 366 * 24 * 3_600 * 1_000;

/// What is known of a peer, and through it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// When it last said where it stands, unix milliseconds; 0 before it did.
    pub heard_ms: i64,
    /// Its program's version, as it last said.
    pub program: String,
    /// The protocol version of the last session.
    pub protocol: u32,
    /// Entries of ours that it knows of and lacks.
    pub wanted_entries: u64,
    /// In so many streams.
    pub wanted_streams: u64,
    /// Who holds our feed how far: the peer itself and those of whom it told.
    pub held: BTreeMap<DivisionId, HeldAt>,
}

/// How far a division holds our feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldAt {
    /// Up to here, in our feed.
    pub offset: u64,
    /// When that was so, unix milliseconds by our clock.
    pub at_ms: i64,
}

/// What the node keeps in memory for it.
#[derive(Debug)]
pub(crate) struct Book {
    known: Mutex<BTreeMap<DivisionId, Known>>,
    marks: Mutex<BTreeMap<DivisionId, Marks>>,
    /// Changed when the parent told something new, and when a child did.
    from_above: watch::Sender<u64>,
    from_below: watch::Sender<u64>,
}

impl Default for Book {
    fn default() -> Self {
        let (from_above, _) = watch::channel(0);
        let (from_below, _) = watch::channel(0);
        Self { known: Mutex::default(), marks: Mutex::default(), from_above, from_below }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves the map as it was.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl App {
    /// What is known of a peer.
    pub async fn known(&self, peer: &DivisionId) -> Result<Known> {
        if let Some(known) = locked(&self.inner.standings.known).get(peer) {
            return Ok(known.clone());
        }
        let kept = self.store().meta(&format!("{KEPT}{peer}")).await?;
        // What cannot be read is from another version: the peer says it again.
        let known: Known = kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        locked(&self.inner.standings.known).insert(peer.clone(), known.clone());
        Ok(known)
    }

    /// Changes whenever there may be something new to tell a peer of others.
    pub fn standing_news(&self, peer: &DivisionId) -> watch::Receiver<u64> {
        let book = &self.inner.standings;
        if self.world().parent() == Some(peer) { book.from_below.subscribe() } else { book.from_above.subscribe() }
    }

    /// Notes what a peer's program is and which protocol was agreed with it.
    pub async fn note_program(&self, peer: &DivisionId, program: &str, protocol: u32) -> Result<()> {
        let mut known = self.known(peer).await?;
        if known.program == program && known.protocol == protocol {
            return Ok(());
        }
        (known.program, known.protocol) = (program.to_owned(), protocol);
        self.keep_known(peer, known).await
    }

    /// Takes what a peer says; what it cannot know is passed over.
    pub async fn hear_standing(&self, peer: &DivisionId, standing: Standing) -> Result<()> {
        let now_ms = self.now_ms();
        let mut known = self.known(peer).await?;
        let before = known.clone();
        (known.wanted_entries, known.wanted_streams) = (standing.wanted_entries, standing.wanted_streams);
        known.heard_ms = now_ms;
        for held in standing.held.into_iter().take(HELD_MAX) {
            if !self.can_know(peer, &held.division) || !self.is_ours(&held).await? {
                continue;
            }
            let age_ms = i64::try_from(held.age_ms.min(AGE_MS_MAX)).unwrap_or(i64::MAX);
            let at = HeldAt { offset: held.offset, at_ms: now_ms.saturating_sub(age_ms) };
            known.held.insert(held.division, at);
        }
        let is_news = places(&before.held) != places(&known.held);
        let is_kept =
            !is_news && (before.wanted_entries, before.wanted_streams) == (known.wanted_entries, known.wanted_streams);
        if is_kept {
            // Only the times are newer: worth remembering, not worth a commit.
            locked(&self.inner.standings.known).insert(peer.clone(), known);
        } else {
            self.keep_known(peer, known).await?;
        }
        if is_news {
            let book = &self.inner.standings;
            let news = if self.world().parent() == Some(peer) { &book.from_above } else { &book.from_below };
            news.send_modify(|count| *count = count.wrapping_add(1));
        }
        Ok(())
    }

    /// What this node says to a peer now.
    pub async fn standing_for(&self, peer: &DivisionId) -> Result<Standing> {
        let lacking = self.mark(peer).await?;
        let mut standing =
            Standing { wanted_entries: lacking.entries, wanted_streams: lacking.streams, held: Vec::new() };
        let behind = |ours: u64| locked(&self.inner.standings.marks).get(peer).and_then(|marks| marks.behind(ours));
        let world = self.world();
        if let Some((offset, hash)) = behind(u64::MAX) {
            standing.held.push(HeldBy { division: world.me.clone(), offset, hash, age_ms: 0 });
        }
        let now_ms = self.now_ms();
        for (division, held) in self.known_beyond(peer).await? {
            let told = may_tell(world.tree(), peer, &division).then(|| behind(held.offset)).flatten();
            let Some((offset, hash)) = told else { continue };
            let age_ms = u64::try_from(now_ms.saturating_sub(held.at_ms)).unwrap_or(0);
            standing.held.push(HeldBy { division, offset, hash, age_ms });
            if standing.held.len() == HELD_MAX {
                break;
            }
        }
        Ok(standing)
    }

    /// What the other links know, as far as it can concern a peer: for the parent all below, for a child all above.
    async fn known_beyond(&self, peer: &DivisionId) -> Result<BTreeMap<DivisionId, HeldAt>> {
        let world = self.world();
        let others: Vec<DivisionId> = match world.parent() {
            Some(parent) if parent == peer => world.tree().children(&world.me).cloned().collect(),
            Some(parent) => vec![parent.clone()],
            None => Vec::new(),
        };
        let mut beyond = BTreeMap::new();
        for other in others {
            beyond.extend(self.known(&other).await?.held);
        }
        beyond.remove(peer);
        Ok(beyond)
    }

    /// Notes how the peer's feed runs in ours, where nothing of it is only wanted. Position first, then our feed: what
    /// is committed in between makes the mark later, never wrong.
    async fn mark(&self, peer: &DivisionId) -> Result<Lacking> {
        let position = self.store().position_of(peer).await?;
        let lacking = self.store().lacking(peer).await?;
        let ours = self.store().feed_state().await?.offset;
        if let Some(position) = position.filter(|_| lacking.streams == 0) {
            let mut marks = locked(&self.inner.standings.marks);
            marks.entry(peer.clone()).or_default().note(ours, position.offset, position.hash);
        }
        Ok(lacking)
    }

    /// A child knows of its own subtree, the parent of all above us.
    fn can_know(&self, peer: &DivisionId, division: &DivisionId) -> bool {
        let world = self.world();
        let tree = world.tree();
        if world.parent() == Some(peer) {
            *division != world.me && tree.path(&world.me).contains(division)
        } else {
            tree.path(division).contains(peer)
        }
    }

    async fn is_ours(&self, held: &HeldBy) -> Result<bool> {
        Ok(self.store().feed_hash_at(held.offset).await? == Some(held.hash))
    }

    async fn keep_known(&self, peer: &DivisionId, known: Known) -> Result<()> {
        // Structs with text keys: serialising them cannot fail.
        let text = serde_json::to_string(&known).unwrap_or_default();
        locked(&self.inner.standings.known).insert(peer.clone(), known);
        Ok(self.store().put_meta(&format!("{KEPT}{peer}"), &text).await?)
    }
}

fn places(held: &BTreeMap<DivisionId, HeldAt>) -> Vec<(&DivisionId, u64)> {
    held.iter().map(|(division, held)| (division, held.offset)).collect()
}
