//! Who was turned away at the admin port before he was anybody: how often, and the last one, for `status`.
//!
//! Invariant: memory for one, whatever knocks; strangers write nothing to the journal. Left out: refusals of known
//! operators, which are entries (gate).

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// The last connection that ended in its handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LastRefusal {
    pub(crate) remote: SocketAddr,
    pub(crate) code: &'static str,
    pub(crate) at_ms: i64,
}

/// The count since the daemon's start; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct TurnedAway(Arc<Mutex<(u32, Option<LastRefusal>)>>);

impl TurnedAway {
    /// One more.
    pub(super) fn note(&self, last: LastRefusal) {
        // A number and an address: no thread that died can have left them half written.
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = (seen.0.saturating_add(1), Some(last));
    }

    /// How many, and the last.
    pub(super) fn seen(&self) -> (u32, Option<LastRefusal>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
