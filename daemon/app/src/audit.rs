//! The audit trail (审计): the entries of this node's feed, newest first, each with a sentence.
//!
//! Invariant: every row is one entry and names its hash; nothing is taken from a projection. Who reads it needs the
//! role auditor or admin.

mod summary;

use gongkai_journal::{Author, Entry, EntryHash, Lane, Reach, kind::Kind, payload};
use gongkai_model::{
    digest::Digest,
    id::{CatalogId, DivisionId, OperatorId},
    review::Submission,
};
use gongkai_store::{LogFilter, LogRow};

pub use summary::Summary;

use crate::{Action, App, Operator, Result, times::is_far_ahead};
pub(crate) use summary::summary;

/// Rows given where no number was asked for: a screen or two.
const ROWS_DEFAULT: usize = 100;
/// Rows given at most in one page.
const ROWS_MAX: usize = 1_000;
/// Rows read from the store in one go.
const SCAN_PAGE: usize = 1_000;
/// Rows looked at for one page before it is closed, so that a rare operator does not read the whole feed in a call.
const SCAN_ROWS_MAX: usize = 50_000;

/// Which entries are asked for; nothing set: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only about this catalog.
    pub catalog: Option<CatalogId>,
    /// Only about this division.
    pub subject: Option<DivisionId>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only on this operator's word.
    pub operator: Option<OperatorId>,
    /// Only before this feed number: the next page.
    pub before: Option<u64>,
    /// At most this many; 0 for the default.
    pub limit: usize,
    /// Only what this node committed since, unix milliseconds: authors' clocks differ, the feed's order does not.
    pub since_ms: Option<i64>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number in this node's feed.
    pub offset: u64,
    /// Its hash.
    pub hash: EntryHash,
    /// The node that wrote it, and in which life.
    pub author: Author,
    /// The division it is about.
    pub subject: DivisionId,
    /// `self`, `path`, `subtree`.
    pub reach: &'static str,
    /// `trust`, `work`.
    pub lane: &'static str,
    /// Its sequence in its stream.
    pub seq: u64,
    /// What it is.
    pub kind: String,
    /// The author's wall time, unix milliseconds.
    pub at_ms: i64,
    /// When this node committed it, unix milliseconds.
    pub committed_at_ms: i64,
    /// The author's wall time lies far ahead of that: nobody should believe it.
    pub is_ahead: bool,
    /// Who acted; `None` for the node itself.
    pub operator: Option<OperatorId>,
    /// The catalog it is about.
    pub catalog: Option<CatalogId>,
    /// The revision it puts up.
    pub revision: Option<Digest>,
    /// What it says.
    pub summary: Summary,
    /// Length of its payload in bytes.
    pub bytes: u64,
    /// The peer that brought it; `None` for the node's own.
    pub from_peer: Option<DivisionId>,
    /// The entry that removed its payload.
    pub erased_by: Option<EntryHash>,
}

/// One page of the trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// Newest first.
    pub rows: Vec<AuditRow>,
    /// What to pass as `before` for the next page; `None` when this was the last.
    pub next_before: Option<u64>,
}

impl App {
    /// The audit trail, newest first.
    pub async fn audit_log(&self, operator: &Operator, filter: &AuditFilter) -> Result<AuditPage> {
        operator.may(Action::AuditLog)?;
        let most = if filter.limit == 0 { ROWS_DEFAULT } else { filter.limit.min(ROWS_MAX) };
        let mut page = AuditPage::default();
        let mut before = filter.before;
        for _ in 0..SCAN_ROWS_MAX / SCAN_PAGE {
            let found = self.store().log(&scan(filter, before)).await?;
            let is_last = found.len() < SCAN_PAGE;
            for row in found {
                if filter.since_ms.is_some_and(|since| row.committed_at_ms < since) {
                    page.next_before = None;
                    return Ok(page);
                }
                if page.rows.len() == most {
                    page.next_before = before;
                    return Ok(page);
                }
                before = Some(row.feed);
                if let Some(row) = self.audit_row(row, filter).await? {
                    page.rows.push(row);
                }
            }
            page.next_before = before.filter(|_| !is_last);
            if is_last {
                break;
            }
        }
        Ok(page)
    }

    /// The row, if the filter takes it.
    async fn audit_row(&self, row: LogRow, filter: &AuditFilter) -> Result<Option<AuditRow>> {
        if filter.subject.as_ref().is_some_and(|subject| row.stream.subject != *subject) {
            return Ok(None);
        }
        let person = match &row.operator {
            Some(operator) => Some(self.operator_behind(operator).await?),
            None => None,
        };
        let is_asked = |asked: &OperatorId| row.operator.as_ref() == Some(asked) || person.as_ref() == Some(asked);
        if filter.operator.as_ref().is_some_and(|asked| !is_asked(asked)) {
            return Ok(None);
        }
        let entry = self.store().entry(&row.hash).await?;
        Ok(Some(AuditRow {
            summary: summary(&row.kind.as_str().into(), entry.as_ref().and_then(|entry| entry.payload.as_deref())),
            revision: entry.as_ref().and_then(revision),
            offset: row.feed,
            hash: row.hash,
            subject: row.stream.subject.clone(),
            reach: reach_word(row.stream.reach()),
            lane: lane_word(row.stream.lane()),
            author: row.stream.author,
            seq: row.seq,
            kind: row.kind,
            at_ms: row.written_at_ms,
            committed_at_ms: row.committed_at_ms,
            is_ahead: is_far_ahead(row.written_at_ms, row.committed_at_ms),
            operator: person,
            catalog: row.about.and_then(|about| CatalogId::parse(&about).ok()),
            bytes: row.payload_bytes,
            from_peer: row.source,
            erased_by: row.erased_by,
        }))
    }
}

fn scan(filter: &AuditFilter, before: Option<u64>) -> LogFilter {
    LogFilter {
        after: before,
        limit: SCAN_PAGE,
        kind: filter.kind.clone(),
        division: filter.subject.clone(),
        about: filter.catalog.as_ref().map(ToString::to_string),
        is_newest_first: true,
    }
}

/// The revision that a submission or a save carries.
pub(crate) fn revision(entry: &Entry) -> Option<Digest> {
    let bytes = entry.payload.as_deref()?;
    let (word, kind) = (&entry.header.kind, entry.header.kind.known()?);
    if kind == Kind::Submission {
        return Some(payload::decode::<Submission>(word, bytes).ok()?.body.revision);
    }
    if kind == Kind::DraftSave {
        return Some(payload::decode::<payload::DraftSave>(word, bytes).ok()?.body.revision);
    }
    None
}

fn reach_word(reach: Reach) -> &'static str {
    match reach {
        Reach::SelfOnly => "self",
        Reach::Path => "path",
        Reach::Subtree => "subtree",
    }
}

fn lane_word(lane: Lane) -> &'static str {
    match lane {
        Lane::Trust => "trust",
        Lane::Work => "work",
    }
}
