//! What peers merely say of this node's past: counted and shown by peer, asked for, and gone when nothing follows.
//!
//! Invariant: a claim stops no person. It only puts off what the program would write by itself into the very stream that
//! is said to go on elsewhere, so that a node that fell back does not say twice what is on its way back to it.
//! Left out: what is proved (hold).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{MutexGuard, PoisonError},
};

use gongkai_model::id::{CatalogId, DivisionId};
use gongkai_sync::{rewind, want::Want};
use tracing::{info, warn};

use crate::{App, Result};

/// How long an unanswered claim puts off what the program writes by itself: a session that brings proof takes seconds,
/// and nobody keeps receipts back for longer than a township waits for one.
const CLAIM_AGE_MS_MAX: i64 = 10 * 60_000;

/// A place of this node's feed at which a peer says that it stands, and that this feed does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherPlace {
    /// Entries taken, by its count.
    pub offset: u64,
    /// When it said so, unix milliseconds.
    pub at_ms: i64,
}

/// What one peer says of this node's past without having shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Who says it.
    pub peer: DivisionId,
    /// Streams of this node's own of which it names entries that are not here.
    pub streams: u64,
    /// Where it says that it stands.
    pub place: Option<OtherPlace>,
}

impl Claims {
    /// What it says, as the end of "the peer …".
    pub fn clause(&self) -> String {
        match (self.streams, self.place) {
            (0, Some(place)) => {
                format!("stands at entry {} of a feed of this node that is not the one here", place.offset)
            }
            (streams, _) => format!("names entries of {streams} streams of this node that are not here"),
        }
    }
}

/// What is kept in memory of claims; bounded by the peers and catalogs of the node.
#[derive(Debug, Default)]
pub(crate) struct Unproved {
    places: BTreeMap<DivisionId, OtherPlace>,
    /// Catalogs of which a submission waits for its receipt.
    postponed: BTreeSet<CatalogId>,
}

impl App {
    /// What peers say of this node's past without having shown it, by peer.
    pub async fn claims(&self) -> Result<Vec<Claims>> {
        let named = self.store().claims_on(&self.world().me).await?;
        let places = self.unproved().places.clone();
        let peers: BTreeSet<&DivisionId> = named.keys().chain(places.keys()).collect();
        let claims_of = |peer: &DivisionId| Claims {
            peer: peer.clone(),
            streams: named.get(peer).copied().unwrap_or(0),
            place: places.get(peer).copied(),
        };
        Ok(peers.into_iter().map(claims_of).collect())
    }

    /// What one peer says of it.
    pub async fn claims_of(&self, peer: &DivisionId) -> Result<Claims> {
        let claims = self.claims().await?.into_iter().find(|claims| claims.peer == *peer);
        Ok(claims.unwrap_or_else(|| Claims { peer: peer.clone(), streams: 0, place: None }))
    }

    /// A peer says that it stands at a place of our feed that there is not. Both sides compare heads: what it has of ours
    /// comes back, and is proof; where nothing comes, the two went apart over what never leaves a node.
    pub(crate) fn note_place(&self, peer: &DivisionId, offset: u64) {
        let place = OtherPlace { offset, at_ms: self.now_ms() };
        if self.unproved().places.insert(peer.clone(), place).is_none() {
            warn!(%peer, offset, "a peer stands at a place of this node's feed that it does not have; heads are compared");
        }
    }

    /// Heads were compared with the peer: what it had of ours is here.
    pub(crate) fn forget_place(&self, peer: &DivisionId) {
        self.unproved().places.remove(peer);
    }

    /// A peer was asked for what it named and serves nothing: it is wanted from there no more, and if it was a claim about
    /// our past, that has lapsed. What the peer has instead is found by the next comparison of heads.
    pub(crate) async fn let_go(&self, peer: &DivisionId, want: &Want) -> Result<()> {
        self.store().let_go(peer, want).await?;
        let (author, subject) = (&want.stream.author.division, &want.stream.subject);
        info!(%peer, %author, %subject, seq = want.tip.seq, "the peer does not have what it named; it is let go");
        if rewind::is_claim(&self.world().me, &want.stream) { self.receive_what_waited().await } else { Ok(()) }
    }

    /// Whether a peer says that this node has written more about a division than is here, and may still show it.
    pub(crate) async fn is_claimed(&self, subject: &DivisionId) -> Result<bool> {
        let since_ms = self.now_ms().saturating_sub(CLAIM_AGE_MS_MAX);
        Ok(self.store().is_claimed(&self.world().me, subject, since_ms).await?)
    }

    /// A receipt waits for what is said to be on its way back.
    pub(crate) fn postpone(&self, catalog: &CatalogId) {
        self.unproved().postponed.insert(catalog.clone());
    }

    /// At a start: what waited when the daemon stopped waits again.
    pub(crate) async fn postpone_again(&self) -> Result<()> {
        if self.store().claims_on(&self.world().me).await?.is_empty() {
            return Ok(());
        }
        let catalogs: Vec<CatalogId> = self.catalog_rows().await?.into_iter().map(|row| row.summary.catalog).collect();
        self.unproved().postponed.extend(catalogs);
        self.receive_what_waited().await
    }

    /// Writes the receipts and repeats the keys that waited, as far as nothing is said of them any more.
    pub(crate) async fn receive_what_waited(&self) -> Result<()> {
        if self.unproved().postponed.is_empty() && self.world().missing.is_empty() {
            return Ok(());
        }
        let _alone = self.alone().await;
        let postponed = std::mem::take(&mut self.unproved().postponed);
        for catalog in &postponed {
            self.receive(catalog).await?;
        }
        self.carry_keys().await?;
        self.catch_up().await
    }

    fn unproved(&self) -> MutexGuard<'_, Unproved> {
        // A panic elsewhere leaves the notes as they were.
        self.inner.unproved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
