//! What a session is told and what it asks for: the words between the engine and its driver.
//!
//! Invariant: each effect that reads or commits has exactly one event as its result. Left out: what follows from
//! them (the machine itself).

use std::collections::BTreeSet;

use gongkai_journal::{Entry, Incarnation, StreamKey};
use gongkai_model::id::DivisionId;

use crate::{
    message::{Batch, Carried, Fault, Message, Refusal},
    position::{FeedId, Position},
    want::{Head, Tip, Want},
};

/// What this end is.
#[derive(Clone, Debug)]
pub struct Facts {
    /// This node's division.
    pub division: DivisionId,
    /// The life of its journal.
    pub incarnation: Incarnation,
    /// Its feed.
    pub feed_id: FeedId,
    /// The daemon (colleagues on one database differ here).
    pub daemon_id: Incarnation,
    /// Host name.
    pub host: String,
    /// The division that the peer's certificate names.
    pub peer: DivisionId,
    /// Stay open for news, or end when both are done.
    pub is_live: bool,
    /// What names this node's certificate to a peer that has not met it; see [`crate::message::Hello::introduction`].
    pub introduction: Vec<Entry>,
}

/// Part of one's own feed, as read for the peer.
#[derive(Clone, Debug)]
pub struct FeedPart {
    /// What the route takes from it.
    pub entries: Vec<Carried>,
    /// Where it ends, with today's epoch.
    pub to: Position,
    /// Whether the feed ends there.
    pub is_at_end: bool,
}

/// What tells two wants towards one peer apart; why something is wanted may change while it waits.
pub type WantKey = (StreamKey, Tip);

/// A want with what is held of its stream.
#[derive(Clone, Debug)]
pub struct OpenWant {
    /// The want.
    pub want: Want,
    /// Samples of what is held, highest first.
    pub haves: Vec<Tip>,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The link is up. Carries our position on the peer's feed.
    Opened {
        /// `None` at first contact.
        position: Option<Position>,
    },
    /// The peer said something.
    Received(Message),
    /// Result of [`Effect::CheckPosition`].
    PositionChecked {
        /// Feed, hash at the offset and epoch all agree.
        holds: bool,
        /// Entries behind the position on the peer's route.
        entries_to_send: u64,
    },
    /// Result of [`Effect::ReadHeads`].
    HeadsRead {
        /// Our streams on the peer's route.
        heads: Vec<Head>,
        /// The end of our feed that they stand for.
        position: Position,
    },
    /// Result of [`Effect::ReadFeed`].
    FeedRead(FeedPart),
    /// Result of [`Effect::Apply`], [`Effect::ApplyHeads`] and [`Effect::NoteHeads`]: committed.
    Applied {
        /// Our position on the peer's feed now.
        position: Position,
        /// Streams that stopped.
        faults: Vec<Fault>,
        /// Whether wants were noted or cleared.
        has_new_wants: bool,
        /// Whether entries of the trust lane were stored.
        has_trust: bool,
        /// Whether something could not even be noted as wanted, because too much is wanted of this peer already.
        has_left_out: bool,
    },
    /// Result of [`Effect::NotePage`]: committed.
    PageNoted {
        /// Whether wants were noted.
        has_new_wants: bool,
        /// Whether something could not be noted; see [`Event::Applied`].
        has_left_out: bool,
    },
    /// Result of [`Effect::ReadWants`].
    WantsRead {
        /// The first of them in the order of asking.
        wants: Vec<OpenWant>,
        /// Whether there are more than were read.
        has_more: bool,
    },
    /// Result of [`Effect::Serve`].
    Served {
        /// The request.
        request: u64,
        /// Entries following what the asker holds.
        entries: Vec<Entry>,
        /// Whether the tip is among them.
        is_complete: bool,
    },
    /// Result of [`Effect::Answer`]: committed.
    Answered {
        /// The request.
        request: u64,
        /// Whether the wanted entry is held now.
        is_held: bool,
        /// The last of the answer's entries of the wanted stream that is held now, new or not.
        through: Option<Tip>,
        /// Whether entries of the trust lane were stored.
        has_trust: bool,
        /// The stream stopped.
        faults: Vec<Fault>,
        /// Fresh samples for asking on.
        haves: Vec<Tip>,
    },
    /// Our feed has grown.
    FeedAdvanced,
    /// The peer closed its half.
    Closed,
}

/// What to do, in order.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Say this to the peer.
    Send(Message),
    /// Compare the peer's position with our feed and tree.
    CheckPosition(Position),
    /// Read the heads of the streams on the peer's route, with the feed's end.
    ReadHeads,
    /// Read our feed after an offset, one batch at most.
    ReadFeed {
        /// Entries up to here were read.
        after: u64,
    },
    /// Commit entries of the peer's feed, and move our position if it stands at `from`.
    Apply(Batch),
    /// Commit as wants what the peer has and we lack, one page of several. Answered by [`Event::PageNoted`].
    NotePage {
        /// The page.
        heads: Vec<Head>,
    },
    /// The same with the last page, and take the position, unless something was left out of it.
    ApplyHeads {
        /// The last page.
        heads: Vec<Head>,
        /// The position they stand for.
        position: Position,
    },
    /// Commit as wants what the peer has and we lack, and leave our position where it stands. Answered by
    /// [`Event::Applied`].
    NoteHeads {
        /// The last page, or all pages of a bundle.
        heads: Vec<Head>,
    },
    /// Read the durable wants towards this peer, trust lane and smallest first.
    ReadWants {
        /// Passed over: they are being asked for, or not to be had in this session.
        but: BTreeSet<WantKey>,
    },
    /// Read what the peer wants.
    Serve {
        /// Its request.
        request: u64,
        /// The stream.
        stream: StreamKey,
        /// Up to here.
        tip: Tip,
        /// What it holds.
        haves: Vec<Tip>,
    },
    /// Commit the answer to a want.
    Answer {
        /// Our request.
        request: u64,
        /// What was wanted.
        want: Want,
        /// What came.
        entries: Vec<Entry>,
    },
    /// Forget a want for which the peer serves nothing, and the position on its feed with it: heads are compared next.
    LetGo {
        /// The want.
        want: Want,
    },
    /// Note that a want cannot be met for now.
    SetAside {
        /// The want.
        want: Want,
        /// Why, a permanent code.
        code: String,
    },
    /// Note how far the peer has acknowledged our feed.
    RecordAcked(Position),
    /// Both directions are drained as far as this end knows.
    CaughtUp,
    /// The session is over.
    Finish(Outcome),
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Both sides were done.
    Complete,
    /// The peer was done and left; what this end said crossed that on the wire, and goes with the next session.
    Overtaken,
    /// The link closed in the middle; the next session goes on from the last commit.
    Interrupted,
    /// The peer refused.
    Refused(Refusal),
    /// This end refused; the message was sent.
    Refusing(Refusal),
}
