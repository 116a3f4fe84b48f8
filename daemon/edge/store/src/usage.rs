//! Who has brought how much: what is kept of each author, and what may still be taken of him.
//!
//! Invariant: grows in the transaction that stores the entries. A node's own entries are counted and never refused:
//! they come back to it after a loss.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::{Author, Entry, Lane};
use gongkai_model::id::DivisionId;
use gongkai_sync::{
    allowance::{Allowance, Room, Used},
    message::Carried,
};

use crate::{
    error::Error,
    tx::{TipsByStream, WriteTx},
};

/// An author's entries of one lane.
pub(crate) type Account = (DivisionId, Lane);

/// What is taken of whom.
#[derive(Clone, Debug)]
pub(crate) struct Taking {
    pub(crate) allowance: Allowance,
    /// This node, of which everything is taken.
    pub(crate) me: DivisionId,
    /// Whether the disk has less left than the node keeps free.
    pub(crate) is_disk_short: bool,
}

/// What may still be taken of the authors of these entries.
pub(crate) async fn rooms<T: WriteTx>(
    tx: &mut T,
    taking: Option<&Taking>,
    entries: &[Carried],
    now_ms: i64,
) -> Result<BTreeMap<Account, Room>, Error> {
    let Some(taking) = taking else { return Ok(BTreeMap::new()) };
    let authors = entries.iter().filter_map(|carried| match carried {
        Carried::Whole(entry) => Some(&entry.header.stream.author.division),
        Carried::Named { .. } => None,
    });
    let authors: BTreeSet<DivisionId> = authors.filter(|author| **author != taking.me).cloned().collect();
    if authors.is_empty() {
        return Ok(BTreeMap::new());
    }
    let used = tx.used(&authors).await?;
    let room = |author: &DivisionId, lane: Lane| {
        let account = (author.clone(), lane);
        let room = taking.allowance.room(lane, used.get(&account), now_ms);
        (account, room)
    };
    Ok(authors.iter().flat_map(|author| [room(author, Lane::Trust), room(author, Lane::Work)]).collect())
}

/// How many streams are held of the lives that open one with these entries; a node's own come back to it, and are taken.
pub(crate) async fn streams_held<T: WriteTx>(
    tx: &mut T,
    taking: Option<&Taking>,
    entries: &[Carried],
    tips: &TipsByStream,
) -> Result<BTreeMap<Author, u64>, Error> {
    let Some(taking) = taking else { return Ok(BTreeMap::new()) };
    let streams = entries.iter().filter_map(|carried| match carried {
        Carried::Whole(entry) => Some(&entry.header.stream),
        Carried::Named { .. } => None,
    });
    let opened = streams.filter(|stream| !tips.contains_key(&stream.digest()));
    let lives: BTreeSet<&Author> =
        opened.map(|stream| &stream.author).filter(|author| author.division != taking.me).collect();
    let mut held = BTreeMap::new();
    for life in lives {
        held.insert(life.clone(), tx.count_streams(life).await?);
    }
    Ok(held)
}

/// What entries take, by author and lane.
pub(crate) fn taken(entries: &[Entry], now_ms: i64) -> BTreeMap<Account, Used> {
    let mut taken: BTreeMap<Account, Used> = BTreeMap::new();
    for entry in entries {
        let stream = &entry.header.stream;
        let account = taken.entry((stream.author.division.clone(), stream.lane())).or_default();
        account.bytes += entry.wire_bytes() as u64;
        account.entries += 1;
        account.since_ms = now_ms;
    }
    taken
}
