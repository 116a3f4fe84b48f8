//! What a write transaction looks at before it writes, in one statement.
//!
//! Invariant: gives what the single readings of [`WriteTx`](crate::tx::WriteTx) would give, or nothing where a stream
//! must be made first. `BEGIN IMMEDIATE` stands for all locks, so their order is kept whatever is read in which order.

use std::collections::{BTreeMap, BTreeSet};

use gongkai_journal::{EntryHash, StreamKey};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::{position::Position, want::Tip};
use sqlx::{QueryBuilder, Sqlite as Engine, sqlite::SqliteRow};

use super::{
    row::{Columns, bytes},
    tx::{SqliteTx, push_list},
};
use crate::{
    error::Error,
    feed::FeedState,
    tx::{Direction, StreamId, StreamIds, Survey, TipsByStream},
};

/// What a row is: the first column. The others: two digests or ids, a third one, a stream's number, a count.
const STREAM: i64 = 1;
const TIP: i64 = 2;
const KNOWN: i64 = 3;
const FEED: i64 = 4;
const POSITION: i64 = 5;

/// Streams or entries up to which a statement's shape recurs, so that it is kept prepared: news come singly, each with
/// the entry before it.
const FEW: usize = 4;

impl SqliteTx {
    /// The survey; `None` if one of the streams is not there yet.
    pub(super) async fn look(
        &mut self,
        keys: &BTreeMap<Digest, StreamKey>,
        hashes: &BTreeSet<EntryHash>,
        peer: Option<&DivisionId>,
    ) -> Result<Option<Survey>, Error> {
        let query = statement(keys, hashes, peer);
        let recurs = keys.len().max(hashes.len()) <= FEW;
        let rows = self.rows(query, recurs).await?;
        let survey = read(&rows)?;
        Ok(survey.filter(|survey| survey.streams.len() == keys.len()))
    }
}

fn statement(
    keys: &BTreeMap<Digest, StreamKey>,
    hashes: &BTreeSet<EntryHash>,
    peer: Option<&DivisionId>,
) -> QueryBuilder<Engine> {
    let mut query = QueryBuilder::new("SELECT 1, digest, NULL, NULL, id, 0 FROM streams WHERE digest IN ");
    push_list(&mut query, keys.keys().map(bytes));
    query.push(
        " UNION ALL SELECT 2, s.digest, t.hash, NULL, t.stream, t.seq FROM tips t JOIN streams s ON s.id = t.stream
         WHERE s.digest IN ",
    );
    push_list(&mut query, keys.keys().map(bytes));
    query.push(" UNION ALL SELECT 4, feed_id, hash, NULL, 0, feed_offset FROM feed WHERE id = 1");
    if !hashes.is_empty() {
        query.push(
            " UNION ALL SELECT 3, e.hash, s.digest, NULL, e.stream, e.seq FROM entries e
             JOIN streams s ON s.id = e.stream WHERE e.hash IN ",
        );
        push_list(&mut query, hashes.iter().map(bytes));
    }
    if let Some(peer) = peer {
        query.push(" UNION ALL SELECT 5, feed_id, hash, epoch, 0, feed_offset FROM positions WHERE peer = ");
        query.push_bind(peer.to_string()).push(" AND direction = ").push_bind(Direction::Taken.word());
    }
    query
}

fn read(rows: &[SqliteRow]) -> Result<Option<Survey>, Error> {
    let (mut streams, mut tips, mut known) = (StreamIds::new(), TipsByStream::new(), BTreeMap::new());
    let (mut feed, mut taken) = (None, None);
    for row in rows {
        let mut columns = Columns::of(row);
        let what: i64 = columns.next()?;
        match what {
            STREAM => {
                let digest = columns.digest()?;
                columns.skip(2);
                let id: StreamId = columns.next()?;
                streams.insert(digest, id);
            }
            TIP => {
                let (digest, hash) = (columns.digest()?, columns.digest()?);
                columns.skip(2);
                tips.entry(digest).or_default().insert(Tip { seq: columns.number()?, hash });
            }
            KNOWN => {
                let (hash, digest) = (columns.digest()?, columns.digest()?);
                columns.skip(2);
                known.insert(hash, (digest, columns.number()?));
            }
            FEED => {
                let (feed_id, hash) = (columns.life()?, columns.digest()?);
                columns.skip(2);
                feed = Some(FeedState { feed_id, hash, offset: columns.number()? });
            }
            POSITION => {
                let (feed_id, hash, epoch) = (columns.life()?, columns.digest()?, columns.digest()?);
                columns.skip(1);
                taken = Some(Position { feed_id, hash, epoch, offset: columns.number()? });
            }
            other => return Err(columns.damaged(format!("a row of kind {other} that was not asked for"))),
        }
    }
    Ok(feed.map(|feed| Survey { streams, tips, known, feed, taken }))
}
