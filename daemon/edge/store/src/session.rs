//! The record of sessions: when, with whom, how much, how it ended.
//!
//! Invariant: a session without an end was cut off; nothing depends on these rows but what is shown.

use gongkai_model::id::DivisionId;

use crate::{
    error::Error,
    store::{Store, on_db},
};

/// Rows shown at most.
const SESSIONS_MAX: usize = 1_000;

/// What is known when a session begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionStart {
    /// With whom.
    pub peer: DivisionId,
    /// What carries it: `grpc` or `bundle`.
    pub carrier: String,
    /// When, unix milliseconds.
    pub started_at_ms: i64,
}

/// What is known when it ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionEnd {
    /// When, unix milliseconds.
    pub finished_at_ms: i64,
    /// Entries sent, named ones not counted.
    pub entries_sent: u64,
    /// Entries received.
    pub entries_received: u64,
    /// Bytes sent on the link.
    pub bytes_sent: u64,
    /// Bytes received on the link.
    pub bytes_received: u64,
    /// The code of what ended it; `None` for an orderly end.
    pub code: Option<String>,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its number on this node.
    pub id: i64,
    /// How it began.
    pub start: SessionStart,
    /// How it ended; `None` while it runs or when it was cut off.
    pub end: Option<SessionEnd>,
}

impl Store {
    /// Notes a session's beginning; returns its number.
    pub async fn begin_session(&self, start: &SessionStart) -> Result<i64, Error> {
        on_db!(self, db => db.begin_session(start).await)
    }

    /// Notes a session's end.
    pub async fn finish_session(&self, id: i64, end: &SessionEnd) -> Result<(), Error> {
        on_db!(self, db => db.finish_session(id, end).await)
    }

    /// The latest sessions, newest first.
    pub async fn sessions(&self, peer: Option<&DivisionId>, limit: usize) -> Result<Vec<SessionRow>, Error> {
        on_db!(self, db => db.sessions(peer, limit.min(SESSIONS_MAX)).await)
    }
}
