//! Sessions that children open: who may, and what becomes of a second one of the same division.
//!
//! Invariant: one session a division. The same feed from the same daemon is the same node after a break: the newer
//! one goes on; another feed, daemon or host at the same time is a copy: it is refused and both are named. A machine
//! that starts anew is another daemon until its old connection is found dead, half a minute at most.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use gongkai_journal::Incarnation;
use gongkai_link::grpc::{Duplex, Sessions};
use gongkai_model::id::DivisionId;
use gongkai_pki::{PeerError, PeerIdentity};
use gongkai_store::PeerRole;
use gongkai_sync::{
    message::{Hello, Message, Refusal},
    position::FeedId,
};
use rustls::pki_types::CertificateDer;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::{
    Contact, LinkState, SESSION_END_MAX, Shared,
    driver::{Ended, Held, hold},
};

/// The code of a clone's refusal.
pub(super) const CLONE: &str = "GK-SYNC-005";
/// Digits of a daemon's id shown to people: enough to tell the few of one node apart.
const DAEMON_DIGITS: usize = 8;

/// The children's sessions.
pub(crate) struct Children {
    shared: Shared,
    stop: CancellationToken,
    active: Arc<Mutex<BTreeMap<DivisionId, Active>>>,
}

#[derive(Clone)]
struct Active {
    feed_id: FeedId,
    daemon_id: Incarnation,
    host: String,
    /// Asks the session to end.
    stop: CancellationToken,
    /// It has ended.
    over: CancellationToken,
}

/// A division's place among the sessions; given back when dropped.
struct Place {
    division: DivisionId,
    active: Arc<Mutex<BTreeMap<DivisionId, Active>>>,
    stop: CancellationToken,
    over: CancellationToken,
}

impl Drop for Place {
    fn drop(&mut self) {
        locked(&self.active).remove(&self.division);
        self.over.cancel();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves the map as it was.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Children {
    /// No session yet; `stop` ends them all.
    pub(crate) fn new(shared: Shared, stop: CancellationToken) -> Self {
        Self { shared, stop, active: Arc::default() }
    }

    /// A place for this division, once an older session of the same node has ended.
    async fn place(&self, division: &DivisionId, hello: &Hello) -> Result<Place, Refusal> {
        loop {
            let over = match self.try_place(division, hello)? {
                Ok(place) => return Ok(place),
                Err(over) => over,
            };
            if timeout(SESSION_END_MAX * 2, over.cancelled()).await.is_err() {
                let message = "an older session of this node does not end".to_owned();
                return Err(Refusal { code: CLONE.to_owned(), message });
            }
        }
    }

    fn try_place(&self, division: &DivisionId, hello: &Hello) -> Result<Result<Place, CancellationToken>, Refusal> {
        let mut active = locked(&self.active);
        if let Some(other) = active.get(division) {
            let is_same = other.feed_id == hello.feed_id && other.daemon_id == hello.daemon_id;
            if !is_same || other.host != hello.host {
                let (there, here) = (named(&other.host, &other.daemon_id), named(&hello.host, &hello.daemon_id));
                let message = format!("{there} and {here} both run node {division}: one is a copy");
                return Err(Refusal { code: CLONE.to_owned(), message });
            }
            other.stop.cancel();
            return Ok(Err(other.over.clone()));
        }
        let (stop, over) = (self.stop.child_token(), CancellationToken::new());
        let Hello { feed_id, daemon_id, host, .. } = hello.clone();
        active.insert(division.clone(), Active { feed_id, daemon_id, host, stop: stop.clone(), over: over.clone() });
        Ok(Ok(Place { division: division.clone(), active: Arc::clone(&self.active), stop, over }))
    }

    async fn admitted(&self, mut duplex: Duplex) {
        let division = duplex.peer.division.clone();
        duplex.traffic.limit(self.shared.config.limit_of_child(division.as_str()));
        let hello_max = Duration::from_secs(self.shared.config.link.hello_seconds);
        let first = tokio::select! {
            () = self.stop.cancelled() => return,
            first = timeout(hello_max, duplex.inbound.receive()) => first,
        };
        let Ok(Some(Ok(first))) = first else {
            return debug!(peer = %division, "a peer said nothing");
        };
        let Message::Hello(hello) = &first else {
            let message = "the peer did not begin with its hello".to_owned();
            return refuse(duplex, Refusal { code: "GK-SYNC-001".to_owned(), message }).await;
        };
        if let Err(stranger) = self.shared.vouch(&duplex.peer, hello).await {
            let refusal = Refusal { code: stranger.code().to_owned(), message: stranger.to_string() };
            if let Some(left_out) = self.shared.sparing.says("session refused", &division) {
                warn!(peer = %division, code = refusal.code, message = refusal.message, left_out, "session refused");
            }
            return refuse(duplex, refusal).await;
        }
        if !duplex.seat_child() {
            // It dials again, and has a child's place from the start.
            return debug!(peer = %division, "all places are taken");
        }
        let place = match self.place(&division, hello).await {
            Ok(place) => place,
            Err(refusal) => {
                if let Some(left_out) = self.shared.sparing.says("session refused", &division) {
                    warn!(peer = %division, code = refusal.code, message = refusal.message, left_out, "session refused");
                }
                self.show_refusal(&division, hello, &refusal);
                return refuse(duplex, refusal).await;
            }
        };
        let mode = mode_of(hello);
        self.shared.board.add(&division, PeerRole::Child, mode, None);
        let contact = Contact {
            peer: &duplex.peer,
            role: PeerRole::Child,
            address: None,
            hello: Some(hello),
            mode,
            schedule: None,
        };
        if let Err(error) = self.shared.note_contact(contact).await {
            warn!(peer = %division, %error, "cannot note a peer");
        }
        let held = Held {
            shared: &self.shared,
            role: PeerRole::Child,
            is_live: hello.is_live,
            duplex,
            first: Some(first),
            stop: place.stop.clone(),
            answers: 0,
            asked: self.shared.board.asked(&division),
        };
        let (ended, _) = hold(held).await;
        self.settle(&division, ended);
        self.forget_if_moved(&division).await;
    }

    /// A child that stands elsewhere by the tree is let in until it has joined there; between its sessions nothing is
    /// kept of the link, so that nobody waits for what it would bring.
    async fn forget_if_moved(&self, division: &DivisionId) {
        let world = self.shared.app.world();
        if world.tree().parent(division) == Some(&world.me) {
            return;
        }
        if let Err(error) = self.shared.app.store().remove_peer(division).await {
            warn!(peer = %division, %error, "cannot forget a peer");
        }
        self.shared.board.remove(division);
    }

    /// Forgets the links of children that an order took away while they were not in session, or this node was down, now
    /// and whenever orders are heard.
    pub(crate) async fn watch_moves(&self) {
        let mut folded = self.shared.app.watch_world();
        loop {
            self.forget_the_moved().await;
            let changed = self.stop.run_until_cancelled(folded.changed()).await;
            if !matches!(changed, Some(Ok(()))) {
                return;
            }
        }
    }

    async fn forget_the_moved(&self) {
        let peers = match self.shared.app.store().peers().await {
            Ok(peers) => peers,
            Err(error) => return warn!(%error, "cannot read the peers"),
        };
        for peer in peers.into_iter().filter(|peer| peer.role == PeerRole::Child) {
            // One in session is let in until it has joined elsewhere, and is forgotten when the session ends.
            if !locked(&self.active).contains_key(&peer.division) {
                self.forget_if_moved(&peer.division).await;
            }
        }
    }

    /// The clone's refusal is shown at the link, whose own session goes on.
    fn show_refusal(&self, division: &DivisionId, hello: &Hello, refusal: &Refusal) {
        self.shared.board.add(division, PeerRole::Child, mode_of(hello), None);
        self.shared.board.update(division, |link| link.reason = Some(refusal.into()));
    }

    fn settle(&self, division: &DivisionId, ended: Ended) {
        let asked = *self.shared.board.asked(division).borrow();
        let failure = match ended {
            Ended::Complete | Ended::Stopped | Ended::AskedAgain => None,
            Ended::Failed(told, _) => Some(told),
        };
        self.shared.board.update(division, |link| {
            let is_lost = failure.is_some() && link.mode == "live";
            link.state = if is_lost { LinkState::Unreachable } else { LinkState::Idle };
            link.reason.clone_from(&failure);
        });
        let away = crate::Error::ChildAway { child: division.clone() };
        self.shared.board.answer(division, asked, Some(failure.unwrap_or_else(|| (&away).into())));
    }
}

/// A daemon for people: two on one machine, or on two machines of one name, differ in the second word.
fn named(host: &str, daemon_id: &Incarnation) -> String {
    let daemon: String = daemon_id.to_string().chars().take(DAEMON_DIGITS).collect();
    format!("host {host} (daemon {daemon})")
}

fn mode_of(hello: &Hello) -> &'static str {
    if hello.is_live { "live" } else { "schedule" }
}

async fn refuse(duplex: Duplex, refusal: Refusal) {
    let mut wire = super::wire::Wire::new(duplex, None);
    wire.say(Message::Refuse(refusal));
    if wire.flush().await.is_ok() {
        wire.close().await;
    }
}

impl Sessions for Children {
    fn identify(&self, certificates: &[CertificateDer<'static>]) -> Result<PeerIdentity, PeerError> {
        let peer = self.shared.identify(certificates)?;
        peer.require_child_of(self.shared.tls.credentials().path())?;
        Ok(peer)
    }

    fn is_named(&self, peer: &PeerIdentity) -> bool {
        self.shared.require_standing(peer).is_ok()
    }

    async fn serve(&self, session: Duplex) {
        self.admitted(session).await;
    }
}
