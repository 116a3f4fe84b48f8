//! Reading columns back into types.
//!
//! Invariant: a value that no version of this program wrote is damage with a feed number, never a default.

use gongkai_journal::{Author, Entry, Incarnation, StreamKey};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_sync::position::Position;
use sqlx::{Row, sqlite::SqliteRow};

use crate::{error::Error, lookup::Placed};

/// Columns of an entry with its payload, for [`placed`]; the rest of the statement follows.
macro_rules! select_entry {
    ($tail:literal) => {
        concat!(
            "SELECT e.feed, e.hash, e.committed_at_ms, e.source, e.has_payload, e.header, e.signature, p.bytes
             FROM entries e LEFT JOIN payloads p ON p.feed = e.feed ",
            $tail
        )
    };
}
pub(crate) use select_entry;

/// A row's columns, read in order.
pub(crate) struct Columns<'a> {
    row: &'a SqliteRow,
    index: usize,
    /// For messages; 0 outside the journal.
    pub(crate) feed: u64,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(row: &'a SqliteRow) -> Self {
        Self { row, index: 0, feed: 0 }
    }

    pub(crate) fn damaged(&self, what: impl Into<String>) -> Error {
        Error::Damaged { feed: self.feed, what: what.into() }
    }

    /// The next column.
    pub(crate) fn next<T>(&mut self) -> Result<T, Error>
    where
        T: sqlx::Decode<'a, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
    {
        let value = self.row.try_get(self.index).map_err(|error| self.damaged(error.to_string()));
        self.index += 1;
        value
    }

    /// Passes columns over.
    pub(crate) fn skip(&mut self, count: usize) {
        self.index += count;
    }

    pub(crate) fn number(&mut self) -> Result<u64, Error> {
        let number: i64 = self.next()?;
        u64::try_from(number).map_err(|_| self.damaged(format!("{number} where a count belongs")))
    }

    pub(crate) fn small(&mut self) -> Result<u32, Error> {
        let number = self.number()?;
        u32::try_from(number).map_err(|_| self.damaged(format!("{number} where a small number belongs")))
    }

    pub(crate) fn digest(&mut self) -> Result<Digest, Error> {
        let bytes: &[u8] = self.next()?;
        Digest::from_bytes(bytes).map_err(|error| self.damaged(error.to_string()))
    }

    pub(crate) fn optional_digest(&mut self) -> Result<Option<Digest>, Error> {
        let bytes: Option<&[u8]> = self.next()?;
        bytes.map(Digest::from_bytes).transpose().map_err(|error| self.damaged(error.to_string()))
    }

    pub(crate) fn division(&mut self) -> Result<DivisionId, Error> {
        let text: &str = self.next()?;
        DivisionId::parse(text).map_err(|error| self.damaged(error.to_string()))
    }

    pub(crate) fn optional_division(&mut self) -> Result<Option<DivisionId>, Error> {
        let text: Option<&str> = self.next()?;
        text.map(DivisionId::parse).transpose().map_err(|error| self.damaged(error.to_string()))
    }

    pub(crate) fn life(&mut self) -> Result<Incarnation, Error> {
        let bytes: &[u8] = self.next()?;
        Incarnation::from_slice(bytes).ok_or_else(|| self.damaged("an id of 16 bytes has another length"))
    }

    pub(crate) fn optional_life(&mut self) -> Result<Option<Incarnation>, Error> {
        let bytes: Option<&[u8]> = self.next()?;
        let Some(bytes) = bytes else { return Ok(None) };
        let life = Incarnation::from_slice(bytes);
        life.map(Some).ok_or_else(|| self.damaged("an id of 16 bytes has another length"))
    }

    /// author, incarnation, subject, reach, lane.
    pub(crate) fn stream(&mut self) -> Result<StreamKey, Error> {
        Ok(StreamKey {
            author: Author { division: self.division()?, incarnation: self.life()? },
            subject: self.division()?,
            reach_number: self.small()?,
            lane_number: self.small()?,
        })
    }

    /// feed_id, feed_offset, hash, epoch.
    pub(crate) fn position(&mut self) -> Result<Position, Error> {
        Ok(Position { feed_id: self.life()?, offset: self.number()?, hash: self.digest()?, epoch: self.digest()? })
    }

    /// The feed number, remembered for messages.
    pub(crate) fn feed(&mut self) -> Result<u64, Error> {
        self.feed = self.number()?;
        Ok(self.feed)
    }
}

/// An entry of a [`select_entry`] statement: decoded again, its hash and payload digest checked.
pub(crate) fn placed(row: &SqliteRow) -> Result<Placed, Error> {
    let mut columns = Columns::of(row);
    let feed = columns.feed()?;
    let hash = columns.digest()?;
    let committed_at_ms = columns.next()?;
    let source = columns.optional_division()?;
    let has_payload: bool = columns.next()?;
    let (header, signature) = (columns.next()?, columns.next()?);
    let payload: Option<Vec<u8>> = columns.next()?;
    let damaged = |what: String| Error::Damaged { feed, what };
    if has_payload && payload.is_none() {
        return Err(damaged("its payload is lost".to_owned()));
    }
    let entry = Entry::from_parts(header, signature, payload).map_err(|error| damaged(error.to_string()))?;
    if entry.hash() != hash {
        return Err(damaged("its hash is not that of its header".to_owned()));
    }
    if entry.payload_matches() == Some(false) {
        return Err(damaged("its payload is not the one that the header names".to_owned()));
    }
    Ok(Placed { feed, committed_at_ms, source, entry })
}

/// A count or sequence as SQL knows it. Nothing that was stored is larger; what a peer asks for may be, and then
/// stands beyond every row.
pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn bytes(digest: &Digest) -> Vec<u8> {
    digest.to_bytes().to_vec()
}
