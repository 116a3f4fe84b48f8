//! What is known of each link now: its state, its counts, and the answers to `sync now`.
//!
//! Invariant: one writer a link (its driver or its dialler); readers get copies. Counts and positions of the durable
//! store are read there, not here. Bounded by the number of peers, which the tree bounds.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use gongkai_model::id::DivisionId;
use gongkai_store::PeerRole;
use tokio::sync::watch;

use crate::Told;

pub(crate) use gongkai_store::PeerRole as Role;

pub(crate) use super::meter::Meter;

/// Where a link stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LinkState {
    /// No session was ever held, none is under way.
    #[default]
    Never,
    /// A first attempt is planned.
    Waiting,
    /// Being dialled.
    Connecting,
    /// In session, with something left to do.
    Syncing,
    /// In session, nothing left to do.
    Connected,
    /// Not in session, and none is due.
    Idle,
    /// The last attempt failed; the next one is planned.
    Unreachable,
    /// Refused; a person must act.
    Refused,
}

impl LinkState {
    /// The word in answers.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Waiting => "waiting",
            Self::Connecting => "connecting",
            Self::Syncing => "syncing",
            Self::Connected => "connected",
            Self::Idle => "idle",
            Self::Unreachable => "unreachable",
            Self::Refused => "refused",
        }
    }

    /// Whether a session is open.
    pub(crate) fn is_in_session(self) -> bool {
        matches!(self, Self::Syncing | Self::Connected)
    }
}

/// What one session has moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) entries_sent: u64,
    pub(crate) entries_received: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
}

/// One link.
#[derive(Clone, Debug)]
pub(crate) struct LinkStatus {
    pub(crate) role: PeerRole,
    pub(crate) mode: &'static str,
    pub(crate) state: LinkState,
    pub(crate) last_contact_ms: Option<i64>,
    /// Offset in this node's feed up to which a session of this daemon's life has sent.
    pub(crate) sent_offset: u64,
    /// Entries on the tail of its feed that the peer announced and that have not come yet.
    pub(crate) announced: u64,
    /// Entries sent in answer to its wants since it last said how many it lacks.
    pub(crate) wanted_sent: u64,
    /// How fast the running session moves.
    pub(crate) meter: Meter,
    pub(crate) next_run_ms: Option<i64>,
    pub(crate) reason: Option<Told>,
    /// The running session's number in the store.
    pub(crate) session: Option<i64>,
    /// Of the running session, or the last.
    pub(crate) moved: Moved,
    /// The number of the latest `sync now` that was answered, and why it failed, if it did.
    pub(crate) answered: u64,
    pub(crate) answer: Option<Told>,
}

impl LinkStatus {
    fn new(role: PeerRole, mode: &'static str) -> Self {
        Self {
            role,
            mode,
            state: LinkState::Never,
            last_contact_ms: None,
            sent_offset: 0,
            announced: 0,
            wanted_sent: 0,
            meter: Meter::default(),
            next_run_ms: None,
            reason: None,
            session: None,
            moved: Moved::default(),
            answered: 0,
            answer: None,
        }
    }
}

/// All links by division.
pub(crate) type Links = BTreeMap<DivisionId, LinkStatus>;

/// The board: cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Board(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    links: watch::Sender<Links>,
    /// How often `sync now` was asked, by link.
    asks: Mutex<BTreeMap<DivisionId, watch::Sender<u64>>>,
}

impl Default for Board {
    fn default() -> Self {
        let (links, _) = watch::channel(Links::new());
        Self(Arc::new(Inner { links, asks: Mutex::default() }))
    }
}

impl Board {
    /// Puts a link on the board, if it is not there.
    pub(crate) fn add(&self, peer: &DivisionId, role: PeerRole, mode: &'static str, last_contact_ms: Option<i64>) {
        self.0.links.send_modify(|links| {
            let link = links.entry(peer.clone()).or_insert_with(|| LinkStatus::new(role, mode));
            link.mode = mode;
            link.last_contact_ms = link.last_contact_ms.max(last_contact_ms);
            if link.state == LinkState::Never && link.last_contact_ms.is_some() {
                link.state = LinkState::Idle;
            }
        });
    }

    /// Puts a child on the board that was not heard in this life of the daemon; what was heard of it stands.
    pub(crate) fn add_unheard(&self, peer: &DivisionId, mode: &'static str) {
        if self.link(peer).is_none() {
            self.add(peer, PeerRole::Child, mode, None);
        }
    }

    /// Takes a link off the board that has ended for good.
    pub(crate) fn remove(&self, peer: &DivisionId) {
        self.0.links.send_modify(|links| {
            links.remove(peer);
        });
    }

    /// Changes a link that is on the board.
    pub(crate) fn update(&self, peer: &DivisionId, change: impl FnOnce(&mut LinkStatus)) {
        self.0.links.send_if_modified(|links| match links.get_mut(peer) {
            Some(link) => {
                change(link);
                true
            }
            None => false,
        });
    }

    /// All links now.
    pub(crate) fn links(&self) -> Links {
        self.0.links.borrow().clone()
    }

    /// One link now.
    pub(crate) fn link(&self, peer: &DivisionId) -> Option<LinkStatus> {
        self.0.links.borrow().get(peer).cloned()
    }

    /// Changes of all links.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Links> {
        self.0.links.subscribe()
    }

    /// Asks a link to sync now; gives the number under which the answer will stand.
    pub(crate) fn ask(&self, peer: &DivisionId) -> u64 {
        let mut asks = self.0.asks.lock().unwrap_or_else(PoisonError::into_inner);
        let ask = asks.entry(peer.clone()).or_insert_with(|| watch::channel(0).0);
        ask.send_modify(|number| *number += 1);
        *ask.borrow()
    }

    /// Where a link hears that it was asked.
    pub(crate) fn asked(&self, peer: &DivisionId) -> watch::Receiver<u64> {
        let mut asks = self.0.asks.lock().unwrap_or_else(PoisonError::into_inner);
        asks.entry(peer.clone()).or_insert_with(|| watch::channel(0).0).subscribe()
    }

    /// Answers every `sync now` up to a number.
    pub(crate) fn answer(&self, peer: &DivisionId, number: u64, failure: Option<Told>) {
        self.update(peer, |link| {
            if number > link.answered {
                (link.answered, link.answer) = (number, failure);
            }
        });
    }
}
