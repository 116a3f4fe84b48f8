//! The peers of this node: its parent and its children, with what is known of each.
//!
//! Invariant: one row per division. A row is about the link; whom to believe is in the journal.

use gongkai_model::id::DivisionId;
use gongkai_sync::position::FeedId;

use crate::{
    error::Error,
    store::{Store, on_db},
};

/// Where a peer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PeerRole {
    /// One level up: this node dials it.
    Parent,
    /// One level down: it dials this node.
    Child,
}

impl PeerRole {
    /// The word kept in databases.
    pub fn word(self) -> &'static str {
        match self {
            Self::Parent => "parent",
            Self::Child => "child",
        }
    }

    /// The role of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Parent, Self::Child].into_iter().find(|role| role.word() == word)
    }
}

/// A peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its division.
    pub division: DivisionId,
    /// Where it stands.
    pub role: PeerRole,
    /// Where it is dialled; `None` for a child.
    pub address: Option<String>,
    /// SHA-256 of its TLS certificate's DER, hexadecimal, as last seen.
    pub tls_fingerprint: Option<String>,
    /// Its feed as it last said.
    pub feed_id: Option<FeedId>,
    /// Its daemon's id as it last said.
    pub daemon_id: Option<FeedId>,
    /// Its host name as it last said.
    pub host: Option<String>,
    /// When it was last heard, unix milliseconds.
    pub last_contact_ms: Option<i64>,
    /// How the link is run: `live`, `schedule`, `manual`, `bundle`.
    pub mode: String,
    /// The cron text of `schedule`.
    pub schedule: Option<String>,
    /// When it became a peer, unix milliseconds.
    pub since_ms: i64,
}

impl Store {
    /// Writes a peer's row.
    pub async fn put_peer(&self, peer: &Peer) -> Result<(), Error> {
        on_db!(self, db => db.put_peer(peer).await)
    }

    /// A peer.
    pub async fn peer(&self, division: &DivisionId) -> Result<Option<Peer>, Error> {
        Ok(self.peers().await?.into_iter().find(|peer| peer.division == *division))
    }

    /// All peers, by division: a city of a large province has some twenty.
    pub async fn peers(&self) -> Result<Vec<Peer>, Error> {
        on_db!(self, db => db.peers().await)
    }

    /// Ends a link: the peer's row, its positions and the wants towards it go together.
    pub async fn remove_peer(&self, division: &DivisionId) -> Result<bool, Error> {
        let own = self.own_division();
        on_db!(self, db => db.remove_peer(division, &own).await)
    }
}
