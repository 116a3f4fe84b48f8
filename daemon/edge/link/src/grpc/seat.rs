//! A connection's seat: a child's place, or a stranger's until it is known what names the child.
//!
//! Invariant: a seat ends with its connection, and a connection with its seat's terms. Left out: who has which place
//! (places), and what names a child (the caller).

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use gongkai_model::id::DivisionId;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    connection::End,
    lobby::Source,
    places::{Calls, Place, Places},
};

/// The place itself; given back when dropped.
pub(super) enum Held {
    Child(Place<DivisionId>),
    Stranger(Place<Source>),
}

/// Until when a connection may last.
#[derive(Clone)]
struct Terms {
    cut: CancellationToken,
    until: Option<Instant>,
}

/// Where a connection sits; held by it alone.
#[derive(Clone)]
pub(super) struct Seat(Arc<Inner>);

struct Inner {
    held: Mutex<Held>,
    terms: watch::Sender<Terms>,
    children: Places<DivisionId>,
    calls: Calls,
}

/// A seat as the calls over its connection know it: it does not keep the place.
#[derive(Clone, Default)]
pub(super) struct Seated(Weak<Inner>);

impl std::fmt::Debug for Seated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seated")
    }
}

impl Held {
    fn terms(&self, life: Option<Duration>) -> Terms {
        let cut = match self {
            Self::Child(place) => place.cut.clone(),
            Self::Stranger(place) => place.cut.clone(),
        };
        Terms { cut, until: life.map(|life| Instant::now() + life) }
    }
}

impl Seat {
    /// A seat for so long, with the places that a child moves on to, and what tells the connection that it is over:
    /// also when `cut` says so.
    pub(super) fn take(
        held: Held,
        life: Option<Duration>,
        children: &Places<DivisionId>,
        calls: &Calls,
        cut: &CancellationToken,
    ) -> (Self, End) {
        let (terms, told) = watch::channel(held.terms(life));
        let end = Box::pin(over(told, cut.clone()));
        let inner = Inner { held: Mutex::new(held), terms, children: children.clone(), calls: calls.clone() };
        (Self(Arc::new(inner)), end)
    }

    pub(super) fn seated(&self) -> Seated {
        Seated(Arc::downgrade(&self.0))
    }
}

impl Seated {
    /// Gives a child its own place, for as long as the connection lasts; false where all are taken.
    pub(super) fn move_to_child(&self, division: &DivisionId) -> bool {
        // Without a seat it is a connection that we dialled, or one that is gone.
        let Some(inner) = self.0.upgrade() else { return true };
        // A panic elsewhere leaves the place as it was.
        let mut held = inner.held.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*held, Held::Child(_)) {
            return true;
        }
        let Some(place) = inner.children.take(division, &inner.calls) else { return false };
        *held = Held::Child(place);
        inner.terms.send_replace(held.terms(None));
        true
    }
}

/// Ends when the terms that hold now are over.
async fn over(mut told: watch::Receiver<Terms>, cut: CancellationToken) {
    loop {
        let Terms { cut: given_up, until } = told.borrow_and_update().clone();
        let expired = async {
            match until {
                Some(until) => sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = cut.cancelled() => return,
            () = given_up.cancelled() => return,
            () = expired => return,
            // The sender goes with the connection, which then asks no more.
            changed = told.changed() => if changed.is_err() { return },
        }
    }
}
