//! The history of bundles: did last month's drive arrive, and what of it is at stake if it did not.
//!
//! Invariant: "acknowledged" is the neighbour's word for what a bundle held, by whatever carrier it came; "arrived" is
//! its word for the bundle itself. What nobody said is not guessed.

use gongkai_journal::Route;
use gongkai_model::id::DivisionId;
use gongkai_store::Lacking;
use gongkai_sync::bundle::{Ledger, Made};

use super::SPOKEN_DIGITS;
use crate::{App, Result};

/// What is known of a bundle that was made here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeState {
    /// The neighbour has what it held.
    Acknowledged,
    /// The neighbour has read it, and may lack some of it.
    Arrived,
    /// Nothing was heard; a later bundle holds all that it held.
    Repeated,
    /// Nothing was heard.
    Unheard,
}

impl MadeState {
    /// The word in answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Arrived => "arrived",
            Self::Repeated => "repeated",
            Self::Unheard => "unheard",
        }
    }
}

/// One neighbour.
#[derive(Clone, Debug)]
pub struct BundlePeer {
    /// Which.
    pub division: DivisionId,
    /// Up to where it has acknowledged our feed.
    pub acked_offset: u64,
    /// Entries of our feed on its route behind that.
    pub entries_to_send: u64,
    /// Our place on its feed, as it can be read out: OFFSET-HEX.
    pub place: Option<String>,
    /// What we lack of what it has.
    pub lacking: Lacking,
    /// Whether one of the streams that we share has two ends.
    pub is_forked: bool,
    /// What is remembered.
    pub ledger: Ledger,
}

impl BundlePeer {
    /// What is known of one of the bundles made.
    pub fn state_of(&self, made: &Made) -> MadeState {
        if made.acked_at_ms.is_some() {
            return MadeState::Acknowledged;
        }
        if made.arrived_at_ms.is_some() {
            return MadeState::Arrived;
        }
        let holds_it = |later: &Made| {
            later.mark.number > made.mark.number
                && later.to.feed_id == made.to.feed_id
                && (later.is_full || later.from.offset <= made.from.offset)
                && later.to.offset >= made.to.offset
        };
        if self.ledger.made.iter().any(holds_it) { MadeState::Repeated } else { MadeState::Unheard }
    }
}

/// A bundle of which nothing was heard.
#[derive(Clone, Debug)]
pub struct LostBundle {
    /// To whom.
    pub division: DivisionId,
    /// Which.
    pub made: Made,
    /// What is known of it.
    pub state: MadeState,
    /// Entries of our feed up to its end that the neighbour has not acknowledged.
    pub at_stake: u64,
}

impl App {
    /// Where the bundles of each neighbour stand; all who have a node, or the one named.
    pub async fn bundle_status(&self, only: Option<&DivisionId>) -> Result<Vec<BundlePeer>> {
        let world = self.world();
        let children = world.tree().children(&world.me).filter(|child| world.has_node(child));
        let neighbours: Vec<DivisionId> = world.parent().into_iter().chain(children).cloned().collect();
        let mut peers = Vec::new();
        for division in neighbours.into_iter().filter(|division| only.is_none_or(|only| only == division)) {
            peers.push(self.bundle_peer(division).await?);
        }
        Ok(peers)
    }

    async fn bundle_peer(&self, division: DivisionId) -> Result<BundlePeer> {
        let (world, store) = (self.world(), self.store());
        let route = Route::of(world.tree(), &division);
        let acked = store.acked_of(&division).await?;
        let mut ledger = self.bundle_ledger(&division).await?;
        if let Some(acked) = &acked {
            // A live session may have said so since.
            let before = ledger.clone();
            ledger.note_acked(acked, self.now_ms());
            if before != ledger {
                self.keep_ledger(&division, &ledger).await?;
            }
        }
        let acked_offset = acked.map_or(0, |acked| acked.offset);
        let place = store.position_of(&division).await?.map(|position| {
            let digits: String = position.hash.to_hex().chars().take(SPOKEN_DIGITS).collect();
            format!("{}-{digits}", position.offset)
        });
        let is_forked = store.heads(&route).await?.iter().any(|head| head.tips.len() > 1);
        Ok(BundlePeer {
            acked_offset,
            entries_to_send: store.count_routed(acked_offset, &route).await?,
            place,
            lacking: store.lacking(&division).await?,
            is_forked,
            ledger,
            division,
        })
    }

    /// Bundles made here of which nothing was heard, the oldest first.
    pub async fn lost_bundles(&self) -> Result<Vec<LostBundle>> {
        let world = self.world();
        let mut lost = Vec::new();
        for peer in self.bundle_status(None).await? {
            let route = Route::of(world.tree(), &peer.division);
            for made in peer.ledger.made.iter().filter(|made| made.is_unheard()) {
                let beyond = self.store().count_routed(made.to.offset, &route).await?;
                let at_stake = peer.entries_to_send.saturating_sub(beyond);
                let (division, state) = (peer.division.clone(), peer.state_of(made));
                lost.push(LostBundle { division, made: made.clone(), state, at_stake });
            }
        }
        Ok(lost)
    }
}
