//! What the driver notes of messages as they pass: who is there, how far it is, and where feeds have arrived.
//!
//! Invariant: nothing here changes what the engine does; a message that is for people goes no further than this.

use std::time::Duration;

use gongkai_link::LinkError;
use gongkai_sync::{
    message::{Message, PROTOCOL_MAX},
    position::Position,
    session::Event,
};
use tokio::time::Instant;

use super::{super::Shared, Driver, Ended, failed_here};

/// How long a peer that owes something may say nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Its first words.
    pub(super) hello: Duration,
    /// An acknowledgement or an answer.
    pub(super) stall: Duration,
    /// That it is done.
    pub(super) session: Duration,
}

impl Patience {
    pub(super) fn of(shared: &Shared) -> Self {
        let link = &shared.config.link;
        let seconds = Duration::from_secs;
        Self {
            hello: seconds(link.hello_seconds),
            stall: seconds(link.stall_seconds),
            session: seconds(link.session_seconds),
        }
    }
}

impl Driver<'_> {
    /// How long the peer may say nothing now. HTTP/2's own sign of life only shows that its machine is there.
    pub(super) fn silence(&self) -> Duration {
        if self.has_greeted { self.patience.stall } else { self.patience.hello }
    }

    /// Whether the peer owes something: its first words, an answer, or, where it does not stay for news, that it is done.
    pub(super) fn is_owed(&self) -> bool {
        let is_done = if self.is_live { self.session.is_caught_up() } else { self.session.is_settled() };
        !is_done
    }

    /// Until when the session must be done; one that was done waits for news as long as it likes.
    pub(super) fn done_by(&mut self) -> Instant {
        if self.session.is_settled() {
            self.unsettled_since = Instant::now();
        }
        self.unsettled_since + self.patience.session
    }

    pub(super) fn unsettled(&self) -> LinkError {
        let address = self.wire.peer.division.to_string();
        let what = "waiting until both sides are done";
        LinkError::TimedOut { address, seconds: self.patience.session.as_secs(), what }
    }

    pub(super) fn silent(&self, silence: Duration) -> LinkError {
        let what = if self.has_greeted { "waiting for its answer" } else { "waiting for its first words" };
        let address = self.wire.peer.division.to_string();
        LinkError::TimedOut { address, seconds: silence.as_secs(), what }
    }

    pub(super) async fn heard(&mut self, message: Message) -> Result<Option<Event>, gongkai_app::Error> {
        (self.heard_at, self.has_greeted) = (Instant::now(), true);
        let peer = &self.wire.peer.division;
        let message = match message {
            Message::Standing(standing) => {
                self.shared.app.hear_standing(peer, standing).await?;
                self.shared.board.update(peer, |link| link.wanted_sent = 0);
                return Ok(None);
            }
            other => other,
        };
        if let Message::Hello(hello) = &message {
            let agreed = hello.protocol_max.min(PROTOCOL_MAX);
            self.shared.app.note_program(peer, &hello.program, agreed).await?;
            self.telling.has_news(Instant::now());
        }
        let now_ms = self.shared.app.now_ms();
        let received = match &message {
            Message::Announce { entries } => Some(*entries),
            _ => None,
        };
        let taken = match &message {
            Message::Batch(batch) => u64::try_from(batch.entries.len()).unwrap_or(u64::MAX),
            _ => 0,
        };
        self.shared.board.update(peer, |link| {
            link.last_contact_ms = Some(now_ms);
            link.announced = received.unwrap_or(link.announced).saturating_sub(taken);
        });
        Ok(Some(Event::Received(message)))
    }

    /// Says where the peer's feed has arrived, if that is news to it; the caller sends it.
    pub(super) async fn tell_standing(&mut self) -> Result<(), Ended> {
        self.telling.due_at = None;
        if !self.has_greeted {
            return Ok(());
        }
        let peer = self.wire.peer.division.clone();
        let standing = self.shared.app.standing_for(&peer).await.map_err(|error| failed_here(&error))?;
        if self.telling.said.as_ref().is_some_and(|said| said.says_the_same(&standing)) {
            return Ok(());
        }
        self.wire.say(Message::Standing(standing.clone()));
        (self.telling.said, self.telling.said_at) = (Some(standing), Some(Instant::now()));
        Ok(())
    }

    /// The peer opens with where it stands: an acknowledgement that a broken session may have lost.
    pub(super) async fn take_claim(&self, claimed: Position, holds: bool) -> Result<(), Ended> {
        let peer = &self.wire.peer.division;
        let offset = if holds { claimed.offset } else { 0 };
        self.shared.board.update(peer, |link| link.sent_offset = offset);
        if !holds {
            return Ok(());
        }
        let (store, now_ms) = (self.shared.app.store(), self.shared.app.now_ms());
        let recorded = store.record_acked(peer, &claimed, now_ms).await;
        recorded.map_err(|error| failed_here(&error.into()))
    }

    pub(super) fn note_sent(&self, message: &Message) {
        let peer = &self.wire.peer.division;
        let offset = match message {
            Message::Batch(batch) => batch.to.offset,
            Message::Heads { position: Some(position), .. } => position.offset,
            Message::Wanted { entries, .. } => {
                let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
                return self.shared.board.update(peer, |link| link.wanted_sent += count);
            }
            _ => return,
        };
        self.shared.board.update(peer, |link| link.sent_offset = offset);
    }
}
