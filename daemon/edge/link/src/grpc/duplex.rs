//! One session as its driver sees it: messages in, messages out, whose they are, and what it cost.
//!
//! Invariant: both queues are bounded; after an error nothing more comes in.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use futures::{FutureExt as _, Stream, StreamExt as _, stream};
use gongkai_pki::PeerIdentity;
use gongkai_proto::link::v1::Frame;
use gongkai_sync::message::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::{connection::Facts, traffic::Traffic, tuning::OUTBOUND_MESSAGES_MAX};
use crate::{
    codec::{self, Talk},
    error::LinkError,
    refusal::refusal_of,
};

/// Both directions of one session.
#[derive(Debug)]
pub struct Duplex {
    /// Whom the peer's certificates name.
    pub peer: PeerIdentity,
    /// What it says. Ends with `None` when the peer closed its half, or after one error.
    pub inbound: Inbound,
    /// What we say. Dropping it closes our half.
    pub outbound: Outbound,
    /// Bytes of the connection so far, handshake included.
    pub traffic: Traffic,
}

impl Duplex {
    /// Gives the peer's connection a child's place: it was heard what names its certificate. False where all are taken.
    pub fn seat_child(&self) -> bool {
        self.inbound.facts.seat.move_to_child(&self.peer.division)
    }
}

/// Messages of the peer: a stream of `Result<Message, LinkError>`.
#[derive(Debug)]
pub struct Inbound {
    /// `None` after the end or an error.
    frames: Option<Streaming<Frame>>,
    facts: Facts,
    talk: SharedTalk,
}

impl Inbound {
    /// What comes in answer to what goes out by `outbound`.
    pub(super) fn new(frames: Streaming<Frame>, facts: Facts, outbound: &Outbound) -> Self {
        Self { frames: Some(frames), facts, talk: Arc::clone(&outbound.talk) }
    }

    /// The next message; cancel-safe.
    pub async fn receive(&mut self) -> Option<Result<Message, LinkError>> {
        self.next().await
    }

    /// The next message, if it has come already.
    pub fn receive_now(&mut self) -> Option<Option<Result<Message, LinkError>>> {
        self.next().now_or_never()
    }
}

impl Stream for Inbound {
    type Item = Result<Message, LinkError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(frames) = self.frames.as_mut() else { return Poll::Ready(None) };
        let Poll::Ready(received) = frames.poll_next_unpin(cx) else { return Poll::Pending };
        let item = received.map(|frame| match frame {
            Ok(frame) => talk(&self.talk).decode(frame).map_err(LinkError::from),
            Err(status) => Err(error_of(&status, &self.facts)),
        });
        if !matches!(item, Some(Ok(_))) {
            self.frames = None;
        }
        Poll::Ready(item)
    }
}

/// Messages to the peer.
#[derive(Clone, Debug)]
pub struct Outbound {
    frames: mpsc::Sender<Vec<Frame>>,
    talk: SharedTalk,
}

/// Both directions read what the other has said; never held while waiting.
type SharedTalk = Arc<Mutex<Talk>>;

fn talk(shared: &SharedTalk) -> MutexGuard<'_, Talk> {
    // A panic in the middle ends the session at its next message, which then fits nothing.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Outbound {
    /// The sender, and the frames for the transport. Frames that are said together leave together: each packet of its
    /// own costs some hundred bytes of headers and of the peer's acknowledgement.
    pub(super) fn channel() -> (Self, impl Stream<Item = Frame> + Send + 'static) {
        let (sender, frames) = mpsc::channel(OUTBOUND_MESSAGES_MAX);
        (Self { frames: sender, talk: SharedTalk::default() }, ReceiverStream::new(frames).flat_map(stream::iter))
    }

    /// Hands a message to the transport; waits while the peer reads more slowly than we send.
    pub async fn send(&self, message: &Message) -> Result<(), LinkError> {
        self.send_all(std::slice::from_ref(message)).await
    }

    /// The same with several, in one packet where they fit.
    pub async fn send_all(&self, messages: &[Message]) -> Result<(), LinkError> {
        // First the place, then the frames: whoever gives up waiting has said nothing.
        let place = self.frames.reserve().await.map_err(|_| LinkError::Left)?;
        let mut talk = talk(&self.talk);
        place.send(messages.iter().map(|message| talk.encode(message)).collect::<Result<_, _>>()?);
        Ok(())
    }
}

/// What a status means: the connection's own failure first, then the peer's words, then the transport's.
pub(super) fn error_of(status: &Status, facts: &Facts) -> LinkError {
    if let Some(refusal) = refusal_of(status) {
        return LinkError::Refused(refusal);
    }
    if let Some(failure) = facts.failure() {
        return LinkError::from(failure);
    }
    match status.code() {
        tonic::Code::Unimplemented => LinkError::Foreign { why: sentence(status) },
        tonic::Code::OutOfRange | tonic::Code::Internal if is_undecodable(status) => {
            LinkError::Decode(codec::DecodeError::Undecodable { part: "frame" })
        }
        _ => LinkError::Broken { why: sentence(status) },
    }
}

fn sentence(status: &Status) -> String {
    crate::sentence::cleaned(status.message())
}

/// tonic's own words for bytes that are no message, or too many: it has no type for them. A status without a source
/// was made by tonic's decoder or by the peer; either way these are no words of a broken connection.
fn is_undecodable(status: &Status) -> bool {
    let message = status.message();
    message.contains("decode") || message.contains("message length too large")
}
