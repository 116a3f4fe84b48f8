//! Drives one session: messages and news in, effects out, until the engine says that it is over.
//!
//! Invariant: decides nothing about replication: it carries out what the engine asks, in order, and tells the board.
//! Left out: who may open a session (children, parent) and when (parent).

use std::collections::VecDeque;

use gongkai_app::Replica;
use gongkai_link::{LinkError, grpc::Duplex};
use gongkai_pki::PeerError;
use gongkai_store::{PeerRole, SessionEnd, SessionStart};
use gongkai_sync::{
    message::{Hello, Message, Refusal},
    retry::Class,
    session::{Effect, Event, Facts, Outcome, Session},
};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::{LinkState, Shared, board::Meter, telling::Telling, wire::Wire};
use crate::Told;

mod said;

use said::Patience;

/// The refusal of a certificate that no entry names.
const UNNAMED: &str = "GK-PKI-048";

/// A session to be held.
pub(super) struct Held<'a> {
    pub(super) shared: &'a Shared,
    pub(super) role: PeerRole,
    pub(super) is_live: bool,
    pub(super) duplex: Duplex,
    /// The peer's first message, where it was read before.
    pub(super) first: Option<Message>,
    /// Ends the session politely.
    pub(super) stop: CancellationToken,
    /// The `sync now` that this session answers when it is caught up.
    pub(super) answers: u64,
    /// Further `sync now`.
    pub(super) asked: watch::Receiver<u64>,
}

/// How a session ended, as seen from here.
#[derive(Clone, Debug)]
pub(super) enum Ended {
    /// Both sides were done.
    Complete,
    /// This end was asked to stop.
    Stopped,
    /// A fresh session shall follow at once: `sync now` was asked, or an act crossed the end of this one.
    AskedAgain,
    /// It broke, was refused, or failed here.
    Failed(Told, Class),
}

/// Holds the session to its end. Also tells whether it was caught up at some time.
pub(super) async fn hold(held: Held<'_>) -> (Ended, bool) {
    let Held { shared, role, is_live, duplex, first, stop, answers, asked } = held;
    let peer = duplex.peer.division.clone();
    let start = SessionStart { peer: peer.clone(), carrier: "grpc".to_owned(), started_at_ms: shared.app.now_ms() };
    let session = match shared.app.store().begin_session(&start).await {
        Ok(session) => session,
        Err(error) => return (Ended::Failed(Told::from(&error), Class::Transient), false),
    };
    shared.board.update(&peer, |link| {
        link.state = LinkState::Syncing;
        (link.session, link.next_run_ms, link.reason) = (Some(session), None, None);
        (link.announced, link.wanted_sent) = (0, 0);
        link.meter = Meter::default();
    });
    if let Some(left_out) = shared.sparing.says("session opened", &peer) {
        info!(%peer, role = role.word(), left_out, "session opened");
    }
    let facts = shared.app.session_facts(peer.clone(), shared.host.clone(), is_live);
    let facts = Facts { daemon_id: shared.daemon_id, introduction: shared.introduction(), ..facts };
    let mut driver = Driver {
        shared,
        role,
        is_live,
        replica: shared.app.replica(peer.clone()),
        session: Session::new(facts),
        wire: Wire::new(duplex, first),
        answers,
        was_caught_up: false,
        shall_redial: false,
        patience: Patience::of(shared),
        heard_at: Instant::now(),
        unsettled_since: Instant::now(),
        has_greeted: false,
        telling: Telling::default(),
    };
    let ended = driver.run(stop, asked).await;
    let was_caught_up = driver.was_caught_up;
    let moved = driver.wire.close().await;
    finish(shared, session, &peer, &ended, moved).await;
    (ended, was_caught_up)
}

async fn finish(
    shared: &Shared,
    session: i64,
    peer: &gongkai_model::id::DivisionId,
    ended: &Ended,
    moved: super::board::Moved,
) {
    let code = match ended {
        Ended::Complete | Ended::Stopped | Ended::AskedAgain => None,
        Ended::Failed(told, _) => Some(told.code.clone()),
    };
    let now_ms = shared.app.now_ms();
    let end = SessionEnd {
        finished_at_ms: now_ms,
        entries_sent: moved.entries_sent,
        entries_received: moved.entries_received,
        bytes_sent: moved.bytes_sent,
        bytes_received: moved.bytes_received,
        code: code.clone(),
    };
    if let Err(error) = shared.app.store().finish_session(session, &end).await {
        warn!(%peer, %error, "cannot note the end of a session");
    }
    shared.board.update(peer, |link| {
        link.moved = moved;
        link.session = None;
        link.last_contact_ms = Some(now_ms);
    });
    let code = code.unwrap_or_default();
    let (sent, received) = (moved.entries_sent, moved.entries_received);
    let (bytes_sent, bytes_received) = (moved.bytes_sent, moved.bytes_received);
    if let Some(left_out) = shared.sparing.says("session ended", peer) {
        info!(%peer, sent, received, bytes_sent, bytes_received, code, left_out, "session ended");
    }
}

struct Driver<'a> {
    shared: &'a Shared,
    role: PeerRole,
    is_live: bool,
    replica: Replica,
    session: Session,
    wire: Wire,
    answers: u64,
    was_caught_up: bool,
    /// `sync now` was asked and a fresh session shall answer it.
    shall_redial: bool,
    patience: Patience,
    heard_at: Instant,
    /// Since when the two sides have not both been done.
    unsettled_since: Instant,
    has_greeted: bool,
    telling: Telling,
}

impl Driver<'_> {
    async fn run(&mut self, stop: CancellationToken, mut asked: watch::Receiver<u64>) -> Ended {
        let mut feed = self.shared.app.store().watch();
        let mut standings = self.shared.app.standing_news(&self.wire.peer.division);
        let mut folded = self.shared.app.watch_world();
        let mut event = match self.replica.opened().await {
            Ok(opened) => Some(opened),
            Err(error) => return failed_here(&error),
        };
        loop {
            if let Err(ended) = self.advance(event, &stop).await {
                return ended;
            }
            // Before `sync now` is answered: what the hold kept back is free when the caller reads it.
            if self.session.is_settled()
                && self.session.has_compared_all()
                && let Err(error) = self.replica.settled().await
            {
                return failed_here(&error);
            }
            self.tell();
            if self.shall_redial && self.session.is_settled() {
                return match self.take_leave(&stop).await {
                    Ok(()) => Ended::AskedAgain,
                    Err(ended) => ended,
                };
            }
            let (silence, done_by) = (self.silence(), self.done_by());
            event = tokio::select! {
                biased;
                () = stop.cancelled() => return Ended::Stopped,
                () = sleep_until(self.heard_at + silence), if self.is_owed() => {
                    return failed_there(&self.silent(silence));
                }
                () = sleep_until(done_by), if !self.session.is_settled() => {
                    return failed_there(&self.unsettled());
                }
                _ = feed.changed() => Some(Event::FeedAdvanced),
                _ = folded.changed() => {
                    if let Err(gone) = self.shared.require_standing(&self.wire.peer) {
                        return self.shut_out(&gone).await;
                    }
                    Some(Event::FeedAdvanced)
                }
                _ = asked.changed() => Some(self.asked(*asked.borrow_and_update())),
                Ok(()) = standings.changed() => {
                    self.telling.has_news(Instant::now());
                    None
                }
                heard = self.wire.receive() => match heard {
                    Some(Ok(Message::Hello(hello))) => match self.greeted(hello).await {
                        Ok(event) => event,
                        Err(ended) => return ended,
                    },
                    Some(Ok(message)) => match self.heard(message).await {
                        Ok(event) => event,
                        Err(error) => return failed_here(&error),
                    },
                    Some(Err(error)) => return failed_there(&error),
                    None => Some(Event::Closed),
                },
                () = self.telling.due() => match self.tell_standing().await {
                    Ok(()) => None,
                    Err(ended) => return ended,
                },
            };
        }
    }

    /// The child finishes what is under way and dials anew, so that all that the parent has by then is asked for; the
    /// parent cannot dial: it sends what it has and waits until that is acknowledged.
    fn asked(&mut self, number: u64) -> Event {
        match self.role {
            PeerRole::Parent => self.shall_redial = true,
            PeerRole::Child => self.answers = self.answers.max(number),
        }
        Event::FeedAdvanced
    }

    /// Before anything that the peer says is heard: whether an entry names its certificate.
    async fn greeted(&mut self, hello: Hello) -> Result<Option<Event>, Ended> {
        if let Err(stranger) = self.shared.vouch(&self.wire.peer, &hello).await {
            return Err(self.shut_out(&stranger).await);
        }
        self.heard(Message::Hello(hello)).await.map_err(|error| failed_here(&error))
    }

    /// Says why and ends: the peer's key has been ended while it was connected.
    async fn shut_out(&mut self, gone: &PeerError) -> Ended {
        let refusal = Refusal { code: gone.code().to_owned(), message: gone.to_string() };
        // Whether it still hears that or not, it is told again when it dials.
        self.wire.say(Message::Refuse(refusal));
        let _ = timeout(self.patience.stall, self.wire.flush()).await;
        let class = class_of(&Refusal { code: gone.code().to_owned(), message: String::new() });
        Ended::Failed(Told::from(gone), class)
    }

    /// Takes what happened, and sends what follows; with what the peer has said meanwhile, that is often one packet.
    async fn advance(&mut self, event: Option<Event>, stop: &CancellationToken) -> Result<(), Ended> {
        if let Some(event) = event {
            self.step(event, stop).await?;
        }
        if self.wire.has_heard() { Ok(()) } else { self.flush(stop).await }
    }

    /// Steps until nothing is left to do; fails with the end, if this was it. A stop is heard between effects and
    /// while sending, never in the middle of a commit: what follows from one must follow.
    async fn step(&mut self, event: Event, stop: &CancellationToken) -> Result<(), Ended> {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.session.step(event) {
                if stop.is_cancelled() {
                    return Err(Ended::Stopped);
                }
                events.extend(self.carry_out(effect, stop).await?);
            }
        }
        Ok(())
    }

    /// Sends what was said. A stop is heard while the peer does not read.
    async fn flush(&mut self, stop: &CancellationToken) -> Result<(), Ended> {
        let sending = timeout(self.patience.stall, self.wire.flush());
        let sent = stop.run_until_cancelled(sending).await.ok_or(Ended::Stopped)?;
        let sent = sent.unwrap_or_else(|_| Err(self.silent(self.patience.stall)));
        sent.map_err(|error| failed_there(&error))
    }

    async fn carry_out(&mut self, effect: Effect, stop: &CancellationToken) -> Result<Option<Event>, Ended> {
        match effect {
            Effect::Send(message) => {
                if matches!(message, Message::Done { .. }) && !self.is_live {
                    self.tell_standing().await?;
                }
                self.note_sent(&message);
                self.wire.say(message);
                if self.wire.is_due() {
                    self.flush(stop).await?;
                }
                Ok(None)
            }
            Effect::CaughtUp => Ok(None),
            Effect::Finish(outcome) => {
                // A peer that has left did not need it.
                let _ = self.flush(stop).await;
                if outcome == Outcome::Complete && self.session.has_compared_all() {
                    self.replica.settled().await.map_err(|error| failed_here(&error))?;
                }
                self.tell();
                Err(self.ended_by(outcome))
            }
            effect => {
                if self.wire.is_urgent() && commits(&effect) {
                    self.flush(stop).await?;
                }
                let is_first_load = matches!(effect, Effect::ApplyHeads { .. });
                let claimed = match &effect {
                    Effect::CheckPosition(position) => Some(position.clone()),
                    _ => None,
                };
                let event = self.replica.carry_out(effect).await.map_err(|error| failed_here(&error))?;
                if matches!(event, Some(Event::Applied { .. } | Event::Answered { .. })) {
                    self.telling.has_news(Instant::now());
                }
                if is_first_load {
                    self.telling.due_at = Some(Instant::now());
                }
                if let (Some(Event::PositionChecked { holds, .. }), Some(claimed)) = (&event, claimed) {
                    self.take_claim(claimed, *holds).await?;
                }
                Ok(event)
            }
        }
    }

    fn ended_by(&self, outcome: Outcome) -> Ended {
        match (outcome, self.role) {
            (Outcome::Complete, _) => Ended::Complete,
            // An act of this node crossed the parent's leaving: it goes up at once, in a session of its own.
            (Outcome::Overtaken, PeerRole::Parent) => Ended::AskedAgain,
            (Outcome::Overtaken, PeerRole::Child) | (Outcome::Interrupted, _) => {
                let why = "the peer left before both sides were done".to_owned();
                failed_there(&LinkError::Broken { why })
            }
            (Outcome::Refused(refusal) | Outcome::Refusing(refusal), _) => {
                let class = class_of(&refusal);
                Ended::Failed(Told::from(&refusal), class)
            }
        }
    }

    /// Says what there is for people to know, and sends it.
    async fn take_leave(&mut self, stop: &CancellationToken) -> Result<(), Ended> {
        self.tell_standing().await?;
        self.flush(stop).await
    }

    /// Tells the board where the session stands.
    fn tell(&mut self) {
        let is_settled = match self.role {
            PeerRole::Parent => self.session.is_settled(),
            PeerRole::Child => self.session.is_caught_up(),
        };
        let (moved, now_ms) = (self.wire.moved(), self.shared.app.now_ms());
        let peer = &self.wire.peer.division;
        self.shared.board.update(peer, |link| {
            link.state = if is_settled { LinkState::Connected } else { LinkState::Syncing };
            if is_settled {
                link.announced = 0;
            }
            link.moved = moved;
            link.meter.note(now_ms, moved);
        });
        if is_settled {
            if !self.was_caught_up {
                debug!(%peer, "caught up");
            }
            self.was_caught_up = true;
            self.shared.board.answer(peer, self.answers, None);
        }
    }
}

/// Whether an effect takes as long as the disk does: what was said before does not wait for it.
fn commits(effect: &Effect) -> bool {
    match effect {
        Effect::Apply(_)
        | Effect::NotePage { .. }
        | Effect::ApplyHeads { .. }
        | Effect::NoteHeads { .. }
        | Effect::Answer { .. }
        | Effect::LetGo { .. }
        | Effect::Serve { .. } => true,
        Effect::Send(_)
        | Effect::CheckPosition(_)
        | Effect::ReadHeads
        | Effect::ReadFeed { .. }
        | Effect::ReadWants { .. }
        | Effect::SetAside { .. }
        | Effect::RecordAcked(_)
        | Effect::CaughtUp
        | Effect::Finish(_) => false,
    }
}

fn failed_here(error: &gongkai_app::Error) -> Ended {
    warn!(code = error.code(), %error, "a session failed on this node");
    Ended::Failed(Told::from(error), Class::Transient)
}

fn failed_there(error: &LinkError) -> Ended {
    Ended::Failed(Told::from(error), error.class())
}

/// A clone's refusal passes when the other host stops, which this one cannot see, and that of a certificate that nothing
/// names when more has been heard; the others stand until a person acts.
fn class_of(refusal: &Refusal) -> Class {
    let passes = [super::children::CLONE, UNNAMED].contains(&refusal.code.as_str());
    if passes { Class::Transient } else { Class::Permanent }
}
