//! Sessions whose every message goes through the wire's codec.

use std::collections::VecDeque;

use gongkai_app::App;
use gongkai_link::codec;
use gongkai_model::id::DivisionId;
use gongkai_sync::{message::Message, session::Outcome, version::Versions};

use crate::nodes;

/// One end of a session, in frames.
pub(crate) struct End(nodes::End);

impl End {
    pub(crate) fn new(app: &App, peer: &DivisionId) -> Self {
        Self(nodes::End::new(app, peer, "golden"))
    }

    pub(crate) fn speaking(self, min: u32, max: u32) -> Self {
        Self(self.0.speaking(Versions { min, max }))
    }

    pub(crate) fn agreed(&self) -> Option<u32> {
        self.0.session.agreed_version()
    }

    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        self.0.outcome.as_ref()
    }

    pub(crate) async fn open(&mut self) -> Vec<Vec<u8>> {
        frames(self.0.open().await)
    }

    pub(crate) async fn take(&mut self, frame: &[u8]) -> Vec<Vec<u8>> {
        frames(self.0.hear(codec::from_bytes(frame).unwrap()).await)
    }
}

fn frames(messages: Vec<Message>) -> Vec<Vec<u8>> {
    messages.iter().map(|message| codec::to_bytes(message).unwrap()).collect()
}

/// A frame as it crossed the wire.
pub(crate) struct Crossed {
    pub(crate) is_from_child: bool,
    pub(crate) bytes: Vec<u8>,
}

/// Runs both ends until neither has anything to say; gives all frames in their order.
pub(crate) async fn converse(child: &mut End, parent: &mut End) -> Vec<Crossed> {
    let mut crossed = Vec::new();
    let mut to_parent = VecDeque::from(child.open().await);
    let mut to_child = VecDeque::from(parent.open().await);
    while !to_parent.is_empty() || !to_child.is_empty() {
        if let Some(bytes) = to_child.pop_front() {
            to_parent.extend(child.take(&bytes).await);
            crossed.push(Crossed { is_from_child: false, bytes });
        }
        if let Some(bytes) = to_parent.pop_front() {
            to_child.extend(parent.take(&bytes).await);
            crossed.push(Crossed { is_from_child: true, bytes });
        }
    }
    crossed
}

/// A session to its end, which must be a good one.
pub(crate) async fn sync(child: &App, parent: &App) -> Vec<Crossed> {
    let (mut one, mut two) = (End::new(child, &parent.world().me), End::new(parent, &child.world().me));
    let crossed = converse(&mut one, &mut two).await;
    assert_eq!((one.outcome(), two.outcome()), (Some(&Outcome::Complete), Some(&Outcome::Complete)));
    crossed
}
