//! The two directions of one session as its driver uses them.
//!
//! Invariant: messages leave in the order in which they were said, and none stays behind for longer than the driver
//! has something else to do. While they wait to be sent, what the peer says is still taken in, so that two full pipes
//! never wait for each other; what is taken in meanwhile is bounded.

use std::{collections::VecDeque, time::Duration};

use gongkai_link::{
    LinkError,
    grpc::{Duplex, Inbound, Outbound, Traffic},
};
use gongkai_pki::PeerIdentity;
use gongkai_sync::message::{Carried, Message};
use tokio::time::timeout;

use super::board::Moved;

/// Messages kept while sending: the peer's window is four batches, heads pages and small ones beside them.
const WAITING_MAX: usize = 64;
/// How long the peer's last words are awaited after ours.
const LINGER: Duration = Duration::from_secs(2);

type Heard = Option<Result<Message, LinkError>>;

pub(super) struct Wire {
    pub(super) peer: PeerIdentity,
    inbound: Inbound,
    outbound: Outbound,
    waiting: VecDeque<Heard>,
    /// Said and not sent yet.
    said: Vec<Message>,
    traffic: Traffic,
    /// Bytes before the session began: handshakes.
    before: (u64, u64),
    moved: Moved,
}

impl Wire {
    pub(super) fn new(duplex: Duplex, first: Option<Message>) -> Self {
        let Duplex { peer, inbound, outbound, traffic } = duplex;
        let before = (traffic.sent_bytes(), traffic.received_bytes());
        let waiting = first.map(|message| Some(Ok(message))).into_iter().collect();
        Self { peer, inbound, outbound, waiting, said: Vec::new(), traffic, before, moved: Moved::default() }
    }

    /// What has moved so far. Bytes are the socket's, TLS records included and handshakes not.
    pub(super) fn moved(&self) -> Moved {
        Moved {
            bytes_sent: self.traffic.sent_bytes().saturating_sub(self.before.0),
            bytes_received: self.traffic.received_bytes().saturating_sub(self.before.1),
            ..self.moved
        }
    }

    /// Says a message: it leaves with the next [`Self::flush`]. A `Done` takes the place of one that has not left yet.
    pub(super) fn say(&mut self, message: Message) {
        if matches!(message, Message::Done { .. }) {
            self.said.retain(|said| !matches!(said, Message::Done { .. }));
        }
        self.said.push(message);
    }

    /// Whether what was said must not wait: a commit, or the peer, would hold it up.
    pub(super) fn is_urgent(&self) -> bool {
        self.said.iter().any(|said| !matches!(said, Message::Done { .. }))
    }

    /// Whether the last thing said is what the peer is waiting for: it leaves before anything else is done.
    pub(super) fn is_due(&self) -> bool {
        match self.said.last() {
            Some(Message::Hello(_) | Message::Heads { .. } | Message::Batch(_) | Message::Wanted { .. }) => true,
            Some(Message::Announce { .. } | Message::Ack { .. } | Message::Want { .. } | Message::Done { .. }) => false,
            Some(Message::Standing(_) | Message::Refuse(_)) | None => false,
        }
    }

    /// Whether the peer has said something already, the answer to which may leave with what was said here.
    pub(super) fn has_heard(&mut self) -> bool {
        if self.waiting.is_empty()
            && let Some(heard) = self.inbound.receive_now()
        {
            self.waiting.push_back(heard);
        }
        matches!(self.waiting.front(), Some(Some(Ok(_))))
    }

    /// Sends what was said.
    pub(super) async fn flush(&mut self) -> Result<(), LinkError> {
        if self.said.is_empty() {
            return Ok(());
        }
        let said = std::mem::take(&mut self.said);
        let sending = self.outbound.send_all(&said);
        tokio::pin!(sending);
        loop {
            let is_open = !matches!(self.waiting.back(), Some(None | Some(Err(_))));
            tokio::select! {
                sent = &mut sending => {
                    sent?;
                    break;
                }
                heard = self.inbound.receive(), if is_open && self.waiting.len() < WAITING_MAX => {
                    self.waiting.push_back(heard);
                }
            }
        }
        self.moved.entries_sent += said.iter().map(entries_in).sum::<u64>();
        Ok(())
    }

    /// The next message; cancel-safe. `None` when the peer closed its half.
    pub(super) async fn receive(&mut self) -> Heard {
        let heard = match self.waiting.pop_front() {
            Some(heard) => heard,
            None => self.inbound.receive().await,
        };
        if let Some(Ok(message)) = &heard {
            self.moved.entries_received += entries_in(message);
        }
        heard
    }

    /// Closes our half and hears the peer out, so that nothing said last is cut off.
    pub(super) async fn close(self) -> Moved {
        let moved = self.moved();
        let Self { mut inbound, outbound, .. } = self;
        drop(outbound);
        let rest = async { while let Some(Ok(_)) = inbound.receive().await {} };
        let _ = timeout(LINGER, rest).await;
        moved
    }
}

/// Whole entries in a message.
fn entries_in(message: &Message) -> u64 {
    let count = match message {
        Message::Batch(batch) => batch.entries.iter().filter(|entry| matches!(entry, Carried::Whole(_))).count(),
        Message::Wanted { entries, .. } => entries.len(),
        Message::Hello(_)
        | Message::Announce { .. }
        | Message::Heads { .. }
        | Message::Ack { .. }
        | Message::Want { .. }
        | Message::Done { .. }
        | Message::Standing(_)
        | Message::Refuse(_) => 0,
    };
    u64::try_from(count).unwrap_or(u64::MAX)
}
