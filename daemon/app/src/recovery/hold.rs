//! The hold: a node that may have lost its own latest entries edits, and does nothing that others act on.
//!
//! Invariant: a hold ends when heads were compared, each in a session that both sides settled, with all peers that it
//! names, or when a person lifts it under his name. Besides a known restore or rebuild only proof holds a node: entries
//! of its own that come back signed; it then goes on in a new incarnation. What a peer merely says is no proof
//! (`claims`). Revocations, renewals, enrolments and operators' certificates are never held.

use std::{
    collections::BTreeSet,
    sync::{Arc, MutexGuard, PoisonError},
};

use gongkai_journal::{
    Entry, Lane, Reach, Route,
    kind::Kind,
    payload::{self, GoodHead, IncarnationOpen},
};
use gongkai_model::id::{CatalogId, DivisionId};
use gongkai_store::{Draft, FELL_BACK, Store};
use gongkai_sync::rewind::Own;
use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use super::RecoveryError;
use crate::{App, Error, Operator, Result, Role, World, project::CATALOGS};

/// Where the hold is kept.
const HELD: &str = "held";
/// Heads named in one entry: with some 250 bytes each they fill half of the largest payload.
const HEADS_MAX: usize = 2_000;
/// Longest reason kept with a hold that was lifted, in characters.
const REASON_CHARS_MAX: usize = 500;

/// Why a node is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HoldReason {
    /// It was restored from a backup.
    Restored,
    /// A peer knows entries of this node that are not here.
    Rewound,
    /// It takes the place of a lost node and has nothing of its past yet.
    Rebuilt,
}

impl HoldReason {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::Rewound => "rewound",
            Self::Rebuilt => "rebuilt",
        }
    }

    /// Why the new incarnation began, in its first entry.
    fn opening(self) -> &'static str {
        match self {
            Self::Rebuilt => "rebuild",
            Self::Restored | Self::Rewound => self.word(),
        }
    }

    fn clause(self) -> &'static str {
        match self {
            Self::Restored => "was restored from a backup",
            Self::Rewound => "lacks entries of its own that a peer has",
            Self::Rebuilt => "takes the place of a lost node and has not got back its past",
        }
    }
}

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Why.
    pub reason: HoldReason,
    /// Since when, unix milliseconds.
    pub since_ms: i64,
    /// With whom heads are still to be compared.
    pub awaited: BTreeSet<DivisionId>,
    /// Whether the node goes on in a new incarnation.
    pub renews: bool,
}

impl Held {
    /// The refusal of what may not be done.
    pub fn refusal(&self) -> RecoveryError {
        let names: Vec<&str> = self.awaited.iter().map(DivisionId::as_str).collect();
        let awaited = if names.is_empty() { "a neighbour".to_owned() } else { names.join(", ") };
        RecoveryError::Held { reason: self.reason.clause(), awaited }
    }
}

/// Reads the hold that a store keeps. One that earlier versions kept for what a peer had merely said is none.
pub(crate) async fn kept(store: &Store) -> Result<Option<Held>> {
    let text = store.meta(HELD).await?.filter(|text| !text.is_empty());
    let damaged = |error: serde_json::Error| Error::Damaged { hash: HELD.to_owned(), why: error.to_string() };
    let held: Option<Held> = text.map(|text| serde_json::from_str(&text).map_err(damaged)).transpose()?;
    Ok(held.filter(|held| held.renews || held.reason != HoldReason::Rewound))
}

/// Holds a store that was just made for the successor of a lost node.
pub(crate) async fn hold_rebuilt(store: &Store, parent: Option<DivisionId>, now_ms: i64) -> Result<()> {
    let awaited = parent.into_iter().collect();
    keep(store, Some(&Held { reason: HoldReason::Rebuilt, since_ms: now_ms, awaited, renews: false })).await
}

/// A hold that waits for a peer whose link has ended waits for the one in its place.
pub(crate) async fn await_no_more(store: &Store, gone: &DivisionId, instead: Option<&DivisionId>) -> Result<()> {
    let Some(mut held) = kept(store).await? else { return Ok(()) };
    if held.awaited.remove(gone) {
        held.awaited.extend(instead.cloned());
    }
    keep(store, Some(&held)).await
}

/// Writes the hold, or that there is none.
pub(super) async fn keep(store: &Store, held: Option<&Held>) -> Result<()> {
    let text = held.map(|held| serde_json::to_string(held).unwrap_or_default()).unwrap_or_default();
    Ok(store.put_meta(HELD, &text).await?)
}

/// The ends of this division's own streams, as a new incarnation names them; what never leaves the node is not named.
pub(super) async fn own_heads(store: &Store, world: &World) -> Result<Vec<GoodHead>> {
    let heads = store.heads(&Route::of(world.tree(), &world.me)).await?;
    let own = heads.into_iter().filter(|head| head.stream.author.division == world.me);
    let own = own.filter(|head| head.stream.reach() != Reach::SelfOnly);
    let named = own.flat_map(|head| {
        let stream = head.stream;
        head.tips.into_iter().map(move |tip| GoodHead { stream: stream.clone(), seq: tip.seq, hash: tip.hash })
    });
    Ok(named.take(HEADS_MAX).collect())
}

impl App {
    /// The hold that the node is under.
    pub fn held(&self) -> Option<Arc<Held>> {
        self.inner.held.load_full()
    }

    /// Refuses what others would act on while the node is held. Asked under the acting lock.
    pub(crate) fn require_free(&self) -> Result<()> {
        self.held().map_or(Ok(()), |held| Err(held.refusal().into()))
    }

    /// Lifts the hold in the name of a person, who answers for what may be said twice.
    pub async fn release(&self, operator: &Operator, reason: &str) -> Result<()> {
        operator.require(Role::Admin)?;
        let reason: String = reason.trim().chars().take(REASON_CHARS_MAX).collect();
        if reason.is_empty() {
            return Err(RecoveryError::ReasonMissing.into());
        }
        let _acting = self.inner.acting.lock().await;
        let held = self.held().ok_or(RecoveryError::NotHeld)?;
        warn!(operator = %operator.id, reason, "a person lifted the hold");
        self.go_on(&held, Some((operator, reason))).await
    }

    /// A session with a peer was settled: both sides have what the other has.
    pub(crate) async fn compared_with(&self, peer: &DivisionId) -> Result<()> {
        self.compared().insert(peer.clone());
        self.forget_place(peer);
        if self.inner.held.load().is_none() {
            return self.receive_what_waited().await;
        }
        let _acting = self.inner.acting.lock().await;
        let Some(held) = self.held() else { return Ok(()) };
        let mut next = Held::clone(&held);
        next.awaited.remove(peer);
        self.follow_orders(&mut next);
        if next.awaited.is_empty() {
            return self.go_on(&held, None).await;
        }
        if next == *held { Ok(()) } else { self.put_hold(Some(next)).await }
    }

    /// A hold waits for whoever is a neighbour by the newest order that was heard, and the trust lane is heard first: a
    /// child that went to another parent after the backup was made will not come by, and a parent in the place of
    /// another is heard in its stead.
    fn follow_orders(&self, held: &mut Held) {
        let before = held.awaited.len();
        held.awaited.retain(|peer| self.is_neighbour(peer));
        if held.awaited.len() < before {
            let parent = self.world().parent().cloned();
            held.awaited.extend(parent.filter(|parent| !self.compared().contains(parent)));
        }
    }

    /// A new session with a peer begins: what was compared before it counts no longer.
    pub(crate) fn forget_comparison(&self, peer: &DivisionId) {
        self.compared().remove(peer);
    }

    /// Looks at what a peer brought for proof that entries of this node are missing here, and holds the node if so.
    /// Called under the acting lock, before anything follows from what was brought.
    pub(crate) async fn watch_for_rewind(&self, peer: &DivisionId, appended: &[Entry]) -> Result<()> {
        if self.proves_a_fall(appended) { self.hold_for(peer).await } else { Ok(()) }
    }

    fn proves_a_fall(&self, appended: &[Entry]) -> bool {
        let own = self.own();
        appended.iter().any(|entry| own.fell_back_by(entry))
    }

    /// What this node knows of itself when a peer brings something.
    pub(crate) fn own(&self) -> Own {
        Own {
            author: self.store().identity().author(),
            key_id: self.inner.signer.key_id(),
            awaits_its_past: self.held().is_some_and(|held| held.reason != HoldReason::Rewound),
        }
    }

    /// A proof may have been stored just before this node stopped: what follows from it is done now.
    pub(crate) async fn resume_hold(&self) -> Result<()> {
        let peer = self.store().meta(FELL_BACK).await?.filter(|peer| !peer.is_empty());
        let Some(peer) = peer else { return Ok(()) };
        self.hold_for(&DivisionId::parse(&peer)?).await
    }

    /// Holds the node until every peer was heard out, also those with whom heads were not compared yet.
    async fn hold_for(&self, peer: &DivisionId) -> Result<()> {
        let held = self.held();
        let fresh =
            || Held { reason: HoldReason::Rewound, since_ms: self.now_ms(), awaited: BTreeSet::new(), renews: false };
        let mut next = held.as_deref().cloned().unwrap_or_else(fresh);
        next.awaited.insert(peer.clone());
        if !next.renews {
            next.renews = true;
            let peers = self.store().peers().await?.into_iter().map(|peer| peer.division);
            let compared = self.compared().clone();
            next.awaited.extend(peers.filter(|peer| !compared.contains(peer)));
        }
        if held.as_deref() != Some(&next) {
            warn!(%peer, "this node lacks entries of its own; it is held until they are back");
            self.put_hold(Some(next)).await?;
        }
        Ok(self.store().put_meta(FELL_BACK, "").await?)
    }

    async fn put_hold(&self, held: Option<Held>) -> Result<()> {
        keep(self.store(), held.as_ref()).await?;
        self.inner.held.store(held.map(Arc::new));
        Ok(())
    }

    /// Ends the hold: a new incarnation where the old one was overtaken, then everything that waited.
    async fn go_on(&self, held: &Held, by: Option<(&Operator, String)>) -> Result<()> {
        if held.renews {
            let feed_id = self.store().identity().feed_id;
            self.store().renew_identity(self.inner.chance.incarnation(), feed_id).await?;
        }
        if held.renews || held.reason == HoldReason::Rebuilt || by.is_some() {
            let builds_on = own_heads(self.store(), &self.world()).await?;
            let (operator, reason) = match by {
                Some((operator, reason)) => (Some(operator.id.clone()), format!("released: {reason}")),
                None => (None, held.reason.opening().to_owned()),
            };
            let open = payload::encode(&IncarnationOpen { reason, builds_on });
            let mut draft = Draft::of(Kind::IncarnationOpen, self.world().me.clone(), open);
            draft.operator = operator;
            debug_assert_eq!(draft.lane, Lane::Trust, "it goes ahead of what follows it");
            self.record(vec![draft]).await?;
        }
        self.put_hold(None).await?;
        info!("the hold has ended");
        self.complete_revocations().await?;
        for row in self.store().projections(CATALOGS).await? {
            self.receive(&CatalogId::parse(&row.key)?).await?;
        }
        self.carry_keys().await?;
        self.catch_up().await
    }

    fn compared(&self) -> MutexGuard<'_, BTreeSet<DivisionId>> {
        // A panic elsewhere leaves the set as it was.
        self.inner.compared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
