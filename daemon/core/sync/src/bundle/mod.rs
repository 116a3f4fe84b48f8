//! Bundles: a recorded one-way conversation between neighbours whose network is cut, carried by hand.
//!
//! The speaker's half is [`Recording`], the listener's is [`Reading`]. Both speak in the messages, effects and events
//! of a session and are carried out by the same driver; what becomes of entries is decided by the same admission.
//!
//! A bundle says, in this order: who speaks and how far it has taken the listener's feed (the acknowledgement that
//! travels back); the trust lane of what follows; the speaker's feed from where the listener stands, in batches;
//! answers to what the listener asked for in its last bundle; for each other place where the listener may stand, an
//! empty batch from there to the end; what the speaker lacks; its heads; done.
//!
//! To drive a speaker: [`Ledger::script`], then [`Recording::step`] with [`Event::Opened`], and each effect's result as
//! the next event, keeping what it sends, until [`Effect::Finish`]; then [`Ledger::note_made`]. To drive a listener:
//! [`Ledger::is_news`], then [`Reading::step`] with each message as [`Event::Received`] once all effects of the one
//! before were carried out; at the end [`Reading::begins_again`], then [`Ledger::note_heard`].
//!
//! [`Event::Opened`]: crate::session::Event::Opened
//! [`Event::Received`]: crate::session::Event::Received
//! [`Effect::Finish`]: crate::session::Effect::Finish
//!
//! Invariant: a bundle moves a position only from a place that it names with offset, hash and epoch, and only if all
//! that lies between is in it. So a bundle that is read twice, late, out of order, or that tells of a history which
//! was lost, brings entries and moves nothing. Left out: files and
//! signatures (edge/link), where the ledger is kept (app).

use gongkai_journal::{EntryHash, Incarnation, Lane, StreamKey};
use gongkai_model::digest::Digest;
use serde::{Deserialize, Serialize};

use crate::{
    message::{Batch, Carried, Message},
    position::{Position, empty_hash},
    want::{Head, Tip},
};

mod bridge;
mod ledger;
mod manifest;
mod reading;
mod recording;
#[cfg(test)]
mod tests;

pub use ledger::{Ledger, Made, Mark, Read, Seen, Subject};
pub use manifest::{Manifest, Outside, RECEIPTS_MAX, id_of};
pub use reading::{Claim, Heard, Reading};
pub use recording::{Extent, Recorded, Recording, Script};

/// Wants told in one bundle: some 200 bytes each; what is behind them follows with the next.
pub const ASKS_MAX: usize = 1_000;
/// Places from which a bundle leads to its end: one for each earlier bundle of which nobody has heard.
pub const STANDS_MAX: usize = 64;
/// Times that one bundle is read over: keys and trees that it brings may cure what it brought before them.
pub const PASSES_MAX: usize = 4;

/// What one side asked the other for in a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// The stream.
    pub stream: StreamKey,
    /// Up to here.
    pub tip: Tip,
    /// What the asker holds of it, highest first.
    pub haves: Vec<Tip>,
}

/// Of a message of a bundle whose speaker's key is not known yet: what may make it known, as a batch that moves nothing.
/// Entries bear their authors' own signatures, so who carried them does not matter.
pub fn certificates_of(message: Message) -> Option<Batch> {
    let Message::Batch(Batch { from, to: _, entries }) = message else { return None };
    let is_trust = |carried: &Carried| matches!(carried, Carried::Whole(entry) if entry.header.lane() == Lane::Trust);
    let entries: Vec<Carried> = entries.into_iter().filter(is_trust).collect();
    (!entries.is_empty()).then(|| Batch { to: from.clone(), from, entries })
}

/// A message of a bundle whose speaker has no say: of one that is no neighbour, or whose key has been ended. Its entries
/// bear their authors' signatures and are weighed like any others; where we stand is not for it to move, and what it
/// names or says of itself is passed over.
pub fn entries_alone(message: Message) -> Option<Message> {
    match message {
        Message::Batch(Batch { from, to: _, entries }) => {
            let is_whole = |carried: &Carried| matches!(carried, Carried::Whole(_));
            let entries = entries.into_iter().filter(is_whole).collect();
            Some(Message::Batch(Batch { to: from.clone(), from, entries }))
        }
        Message::Hello(_) | Message::Wanted { .. } | Message::Done { .. } | Message::Refuse(_) => Some(message),
        Message::Announce { .. }
        | Message::Heads { .. }
        | Message::Ack { .. }
        | Message::Want { .. }
        | Message::Standing(_) => None,
    }
}

/// The beginning of a feed for one route: where everybody stands who has taken nothing.
pub(crate) fn beginning(feed_id: Incarnation, epoch: Digest) -> Position {
    Position { feed_id, offset: 0, hash: empty_hash(), epoch }
}

/// What the speaker holds for the listener, in one digest: two bundles of equal digests tell of the same journal.
pub fn heads_digest(heads: &[Head]) -> Digest {
    let mut tips: Vec<(Digest, u64, EntryHash)> = Vec::new();
    for head in heads {
        let stream = head.stream.digest();
        tips.extend(head.tips.iter().map(|tip| (stream, tip.seq, tip.hash)));
    }
    tips.sort();
    let parts: Vec<Vec<u8>> = tips
        .into_iter()
        .map(|(stream, seq, hash)| [&stream.to_bytes()[..], &seq.to_be_bytes(), &hash.to_bytes()].concat())
        .collect();
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Digest::of("gongkai heads v1", &parts)
}
