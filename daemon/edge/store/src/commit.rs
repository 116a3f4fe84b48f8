//! Giving entries their feed numbers: the one place where the journal grows.
//!
//! Invariant: feed numbers are gap-free from 1 in commit order, and each row carries the running hash of the whole
//! feed at it. Tips are exactly the entries without a successor, one per branch.

use std::collections::BTreeSet;

use gongkai_journal::{Entry, EntryHash};
use gongkai_model::id::DivisionId;
use gongkai_sync::{position::running_hash, want::Tip};

use crate::{
    error::Error,
    feed::FeedState,
    tx::{EntryRow, StreamId, StreamIds, TipsByStream, WriteTx},
    usage::taken,
};

/// Entries that passed every check, with what is known of their streams.
pub(crate) struct Growth<'a> {
    /// The feed row, locked.
    pub(crate) feed: FeedState,
    pub(crate) entries: &'a [Entry],
    /// What each entry is about.
    pub(crate) abouts: &'a [Option<String>],
    /// The peer they came from; `None` for own entries.
    pub(crate) source: Option<&'a DivisionId>,
    pub(crate) streams: &'a StreamIds,
    /// The tips before.
    pub(crate) tips: &'a TipsByStream,
    pub(crate) now_ms: i64,
}

/// Writes the entries, the tips and the feed row; drops wants for what is held now. Nothing is read here, so that an
/// engine may carry out all of it at once.
pub(crate) async fn grow<T: WriteTx>(tx: &mut T, growth: Growth<'_>) -> Result<FeedState, Error> {
    let mut state = growth.feed;
    if growth.entries.is_empty() {
        return Ok(state);
    }
    let (gone, new) = tip_changes(growth.entries, growth.streams, growth.tips)?;
    let mut rows = Vec::with_capacity(growth.entries.len());
    for (entry, about) in growth.entries.iter().zip(growth.abouts) {
        state.offset += 1;
        state.hash = running_hash(&state.hash, &entry.hash());
        rows.push(EntryRow {
            feed: state.offset,
            feed_hash: state.hash,
            stream: stream_id(growth.streams, entry)?,
            entry,
            about: about.as_deref(),
            source: growth.source,
            committed_at_ms: growth.now_ms,
        });
    }
    tx.insert_entries(&rows).await?;
    tx.change_tips(&gone, &new).await?;
    tx.add_used(&taken(growth.entries, growth.now_ms)).await?;
    let held: Vec<EntryHash> = growth.entries.iter().map(Entry::hash).collect();
    tx.drop_held_wants(&held).await?;
    tx.put_feed(&state).await?;
    Ok(state)
}

pub(crate) fn stream_id(streams: &StreamIds, entry: &Entry) -> Result<StreamId, Error> {
    let digest = entry.header.stream.digest();
    streams.get(&digest).copied().ok_or_else(|| Error::damaged_row(format!("stream {digest} was not made")))
}

type TipRows = Vec<(StreamId, Tip)>;

/// The tips that go and those that come, leaving out what comes and goes within these entries.
fn tip_changes(entries: &[Entry], streams: &StreamIds, before: &TipsByStream) -> Result<(TipRows, TipRows), Error> {
    let followed: BTreeSet<EntryHash> = entries.iter().filter_map(|entry| entry.header.previous).collect();
    let mut new = Vec::new();
    for entry in entries.iter().filter(|entry| !followed.contains(&entry.hash())) {
        new.push((stream_id(streams, entry)?, Tip { seq: entry.header.seq, hash: entry.hash() }));
    }
    let mut gone = Vec::new();
    for (digest, tips) in before {
        let Some(stream) = streams.get(digest) else { continue };
        gone.extend(tips.iter().filter(|tip| followed.contains(&tip.hash)).map(|tip| (*stream, tip.clone())));
    }
    Ok((gone, new))
}
