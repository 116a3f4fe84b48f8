//! Peers and sessions on SQLite.
//!
//! Invariant: what is kept of a peer goes with it, in one transaction.

use gongkai_model::id::DivisionId;
use sqlx::sqlite::SqliteRow;

use super::{
    Sqlite,
    row::{Columns, number},
    stream::LEAVE_TO_ANYONE,
};
use crate::{
    error::Error,
    peer::{Peer, PeerRole},
    session::{SessionEnd, SessionRow, SessionStart},
};

/// Sessions kept of each peer: three years of nights.
const SESSIONS_KEPT: i64 = 1_000;
/// So many sessions pass between two times of forgetting old ones, which reads the whole table.
const FORGET_EVERY: i64 = 256;

impl Sqlite {
    pub(crate) async fn put_peer(&self, peer: &Peer) -> Result<(), Error> {
        let query = sqlx::query(
            "INSERT INTO peers (division, role, address, tls_fingerprint, feed_id, daemon_id, host, last_contact_ms,
             mode, schedule, since_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (division) DO UPDATE SET role = excluded.role, address = excluded.address,
             tls_fingerprint = excluded.tls_fingerprint, feed_id = excluded.feed_id, daemon_id = excluded.daemon_id,
             host = excluded.host, last_contact_ms = excluded.last_contact_ms, mode = excluded.mode,
             schedule = excluded.schedule, since_ms = excluded.since_ms",
        );
        let query = query
            .bind(peer.division.to_string())
            .bind(peer.role.word())
            .bind(peer.address.clone())
            .bind(peer.tls_fingerprint.clone())
            .bind(peer.feed_id.map(|id| id.as_bytes().to_vec()))
            .bind(peer.daemon_id.map(|id| id.as_bytes().to_vec()))
            .bind(peer.host.clone())
            .bind(peer.last_contact_ms)
            .bind(peer.mode.clone())
            .bind(peer.schedule.clone())
            .bind(peer.since_ms);
        query.execute(&self.writer).await.map(drop).map_err(|error| self.fault(error))
    }

    pub(crate) async fn peers(&self) -> Result<Vec<Peer>, Error> {
        let query = sqlx::query(
            "SELECT division, role, address, tls_fingerprint, feed_id, daemon_id, host, last_contact_ms, mode,
             schedule, since_ms FROM peers ORDER BY division",
        );
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        rows.iter().map(peer).collect()
    }

    pub(crate) async fn remove_peer(&self, division: &DivisionId, own: &DivisionId) -> Result<bool, Error> {
        let fault = |error| self.fault(error);
        let mut tx = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(fault)?;
        let leave = sqlx::query(LEAVE_TO_ANYONE).bind(own.to_string()).bind(division.to_string());
        leave.execute(&mut *tx).await.map_err(fault)?;
        for sql in ["DELETE FROM wants WHERE peer = $1", "DELETE FROM positions WHERE peer = $1"] {
            sqlx::query(sql).bind(division.to_string()).execute(&mut *tx).await.map_err(fault)?;
        }
        let query = sqlx::query("DELETE FROM peers WHERE division = $1").bind(division.to_string());
        let gone = query.execute(&mut *tx).await.map_err(fault)?;
        tx.commit().await.map_err(fault)?;
        Ok(gone.rows_affected() > 0)
    }

    pub(crate) async fn begin_session(&self, start: &SessionStart) -> Result<i64, Error> {
        let query =
            sqlx::query_scalar("INSERT INTO sessions (peer, carrier, started_at_ms) VALUES ($1, $2, $3) RETURNING id");
        let query = query.bind(start.peer.to_string()).bind(start.carrier.clone()).bind(start.started_at_ms);
        query.fetch_one(&self.writer).await.map_err(|error| self.fault(error))
    }

    pub(crate) async fn finish_session(&self, id: i64, end: &SessionEnd) -> Result<(), Error> {
        let query = sqlx::query(
            "UPDATE sessions SET finished_at_ms = $1, entries_sent = $2, entries_received = $3, bytes_sent = $4,
             bytes_received = $5, code = $6 WHERE id = $7",
        );
        let query = query
            .bind(end.finished_at_ms)
            .bind(number(end.entries_sent))
            .bind(number(end.entries_received))
            .bind(number(end.bytes_sent))
            .bind(number(end.bytes_received))
            .bind(end.code.clone())
            .bind(id);
        query.execute(&self.writer).await.map(drop).map_err(|error| self.fault(error))?;
        if id % FORGET_EVERY == 0 { self.forget_sessions().await } else { Ok(()) }
    }

    /// A peer that opens sessions without end fills no disk.
    async fn forget_sessions(&self) -> Result<(), Error> {
        let query = sqlx::query(
            "DELETE FROM sessions WHERE id IN (SELECT id FROM (SELECT id, ROW_NUMBER() OVER
             (PARTITION BY peer ORDER BY id DESC) AS place FROM sessions) WHERE place > $1)",
        );
        query.bind(SESSIONS_KEPT).execute(&self.writer).await.map(drop).map_err(|error| self.fault(error))
    }

    pub(crate) async fn sessions(&self, peer: Option<&DivisionId>, limit: usize) -> Result<Vec<SessionRow>, Error> {
        let query = sqlx::query(
            "SELECT id, peer, carrier, started_at_ms, finished_at_ms, entries_sent, entries_received, bytes_sent,
             bytes_received, code FROM sessions WHERE $1 IS NULL OR peer = $1 ORDER BY id DESC LIMIT $2",
        );
        let query = query.bind(peer.map(ToString::to_string)).bind(number(limit as u64));
        let rows = query.fetch_all(&self.readers).await.map_err(|error| self.fault(error))?;
        rows.iter().map(session).collect()
    }
}

fn peer(row: &SqliteRow) -> Result<Peer, Error> {
    let mut columns = Columns::of(row);
    let division = columns.division()?;
    let word: &str = columns.next()?;
    Ok(Peer {
        division,
        role: PeerRole::from_word(word).ok_or_else(|| columns.damaged(format!("`{word}` is no role of a peer")))?,
        address: columns.next()?,
        tls_fingerprint: columns.next()?,
        feed_id: columns.optional_life()?,
        daemon_id: columns.optional_life()?,
        host: columns.next()?,
        last_contact_ms: columns.next()?,
        mode: columns.next()?,
        schedule: columns.next()?,
        since_ms: columns.next()?,
    })
}

fn session(row: &SqliteRow) -> Result<SessionRow, Error> {
    let mut columns = Columns::of(row);
    let id = columns.next()?;
    let start = SessionStart { peer: columns.division()?, carrier: columns.next()?, started_at_ms: columns.next()? };
    let finished_at_ms: Option<i64> = columns.next()?;
    let end = SessionEnd {
        finished_at_ms: finished_at_ms.unwrap_or_default(),
        entries_sent: columns.number()?,
        entries_received: columns.number()?,
        bytes_sent: columns.number()?,
        bytes_received: columns.number()?,
        code: columns.next()?,
    };
    Ok(SessionRow { id, start, end: finished_at_ms.map(|_| end) })
}
