//! What a write transaction offers to the logic above it: the narrow waist between `append`/`apply` and an engine.
//!
//! Invariant: nothing is visible before `commit`; a transaction that is dropped leaves no trace. Locks are taken in
//! one order: streams by digest, then the single feed row, which is held to the commit, so feed numbers are commit order.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
};

use gongkai_journal::{Author, Entry, EntryHash, StreamKey};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::{allowance::Used, position::Position, want::Tip};

use crate::{
    error::Error,
    feed::FeedState,
    usage::Account,
    wanting::{StoredWant, WantCount},
};

/// A stream's number in this database.
pub(crate) type StreamId = i64;
/// Stream numbers by stream digest.
pub(crate) type StreamIds = BTreeMap<Digest, StreamId>;
/// Tips by stream digest.
pub(crate) type TipsByStream = BTreeMap<Digest, BTreeSet<Tip>>;

/// An entry with the place that it gets.
pub(crate) struct EntryRow<'a> {
    pub(crate) feed: u64,
    pub(crate) feed_hash: Digest,
    pub(crate) stream: StreamId,
    pub(crate) entry: &'a Entry,
    pub(crate) about: Option<&'a str>,
    pub(crate) source: Option<&'a DivisionId>,
    pub(crate) committed_at_ms: i64,
}

/// What a write transaction looks at before it writes.
pub(crate) struct Survey {
    pub(crate) streams: StreamIds,
    pub(crate) tips: TipsByStream,
    /// Which of the entries asked for are held: stream digest and sequence.
    pub(crate) known: BTreeMap<EntryHash, (Digest, u64)>,
    /// The feed row, locked.
    pub(crate) feed: FeedState,
    /// Our position on the feed of the peer asked about.
    pub(crate) taken: Option<Position>,
}

/// Which of the two positions with a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Ours on the peer's feed.
    Taken,
    /// The peer's on ours, as it acknowledged.
    Acked,
}

impl Direction {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Acked => "acked",
        }
    }
}

/// One write transaction of an engine.
pub(crate) trait WriteTx: Send {
    /// All that is to be known before writing, in the order of locks. An engine may find it in fewer steps.
    fn survey(
        &mut self,
        keys: &BTreeMap<Digest, StreamKey>,
        hashes: &BTreeSet<EntryHash>,
        peer: Option<&DivisionId>,
    ) -> impl Future<Output = Result<Survey, Error>> + Send {
        self.survey_in_steps(keys, hashes, peer)
    }
    /// The same, reading by reading.
    fn survey_in_steps(
        &mut self,
        keys: &BTreeMap<Digest, StreamKey>,
        hashes: &BTreeSet<EntryHash>,
        peer: Option<&DivisionId>,
    ) -> impl Future<Output = Result<Survey, Error>> + Send {
        async move {
            let streams = self.streams(keys).await?;
            let tips = self.tips(&streams).await?;
            let known = self.known(hashes).await?;
            let feed = self.lock_feed().await?;
            let taken = match peer {
                Some(peer) => self.position(peer, Direction::Taken).await?,
                None => None,
            };
            Ok(Survey { streams, tips, known, feed, taken })
        }
    }
    /// Finds or makes the streams, and locks them in the order of their digests.
    fn streams(&mut self, keys: &BTreeMap<Digest, StreamKey>) -> impl Future<Output = Result<StreamIds, Error>> + Send;
    /// The tips of the streams; a stream without entries is absent.
    fn tips(&mut self, streams: &StreamIds) -> impl Future<Output = Result<TipsByStream, Error>> + Send;
    /// Which of the entries are held: stream digest and sequence.
    fn known(
        &mut self,
        hashes: &BTreeSet<EntryHash>,
    ) -> impl Future<Output = Result<BTreeMap<EntryHash, (Digest, u64)>, Error>> + Send;
    /// Which of the entries are held without their payload although nobody erased it.
    fn bare(&mut self, hashes: &BTreeSet<EntryHash>)
    -> impl Future<Output = Result<BTreeSet<EntryHash>, Error>> + Send;
    /// Puts the payload to an entry that is held without it, and files it under what it is about.
    fn fill(&mut self, entry: &Entry, about: Option<&str>) -> impl Future<Output = Result<(), Error>> + Send;
    /// The feed row, locked until commit.
    fn lock_feed(&mut self) -> impl Future<Output = Result<FeedState, Error>> + Send;
    /// Moves the feed row.
    fn put_feed(&mut self, state: &FeedState) -> impl Future<Output = Result<(), Error>> + Send;
    /// Inserts entries and their payloads.
    fn insert_entries(&mut self, rows: &[EntryRow<'_>]) -> impl Future<Output = Result<(), Error>> + Send;
    /// Replaces tips.
    fn change_tips(
        &mut self,
        gone: &[(StreamId, Tip)],
        new: &[(StreamId, Tip)],
    ) -> impl Future<Output = Result<(), Error>> + Send;
    /// What is wanted from the peer on these streams.
    fn wants_on(
        &mut self,
        peer: &DivisionId,
        streams: &StreamIds,
    ) -> impl Future<Output = Result<Vec<StoredWant>, Error>> + Send;
    /// How many wants there are towards the peer.
    fn count_wants(&mut self, peer: &DivisionId) -> impl Future<Output = Result<WantCount, Error>> + Send;
    /// The wants towards the peer that give place first, payloads aside: what waits for something else before what can be
    /// had, work before the trust lane.
    fn lowest_wants(
        &mut self,
        peer: &DivisionId,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(StreamId, StoredWant)>, Error>> + Send;
    /// Removes those of the streams of which nothing is held and nothing wanted.
    fn drop_bare_streams(&mut self, streams: &StreamIds) -> impl Future<Output = Result<(), Error>> + Send;
    /// Forgets a position with a peer.
    fn drop_position(
        &mut self,
        peer: &DivisionId,
        direction: Direction,
    ) -> impl Future<Output = Result<(), Error>> + Send;
    /// Notes wants, replacing those of equal (peer, stream, tip).
    fn put_wants(
        &mut self,
        peer: &DivisionId,
        wants: &[(StreamId, StoredWant)],
    ) -> impl Future<Output = Result<(), Error>> + Send;
    /// Removes wants of one peer.
    fn drop_wants(
        &mut self,
        peer: &DivisionId,
        wants: &[(StreamId, Digest)],
    ) -> impl Future<Output = Result<(), Error>> + Send;
    /// Removes every peer's wants for entries that are held now.
    fn drop_held_wants(&mut self, held: &[EntryHash]) -> impl Future<Output = Result<(), Error>> + Send;
    /// A position.
    fn position(
        &mut self,
        peer: &DivisionId,
        direction: Direction,
    ) -> impl Future<Output = Result<Option<Position>, Error>> + Send;
    /// Sets a position.
    fn put_position(
        &mut self,
        peer: &DivisionId,
        direction: Direction,
        position: &Position,
        now_ms: i64,
    ) -> impl Future<Output = Result<(), Error>> + Send;
    /// What is kept of authors, by lane; who has nothing here is absent.
    fn used(
        &mut self,
        authors: &BTreeSet<DivisionId>,
    ) -> impl Future<Output = Result<BTreeMap<Account, Used>, Error>> + Send;
    /// Adds to it.
    fn add_used(&mut self, taken: &BTreeMap<Account, Used>) -> impl Future<Output = Result<(), Error>> + Send;
    /// How many streams of one life hold entries.
    fn count_streams(&mut self, life: &Author) -> impl Future<Output = Result<u64, Error>> + Send;
    /// Notes a word about the node itself.
    fn put_meta(&mut self, key: &str, value: &str) -> impl Future<Output = Result<(), Error>> + Send;
    /// The feed number of a projection row.
    fn projection_feed(&mut self, kind: &str, key: &str) -> impl Future<Output = Result<Option<u64>, Error>> + Send;
    /// Makes everything durable.
    fn commit(self) -> impl Future<Output = Result<(), Error>> + Send;
}
