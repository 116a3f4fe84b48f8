//! AuditService: signed entries as they stand in this node's feed.
//!
//! Invariant: each row is one entry and names its hash; nothing is projected.

use gongkai_app::Role;
use gongkai_journal::kind::Kind;
use gongkai_model::id::{CatalogId, DivisionId};
use gongkai_proto::admin::v1::{self as wire, audit_service_server::AuditService};
use gongkai_store::{LogFilter, LogRow};
use tonic::{Request, Response, Status};

use super::Admin;
use crate::Error;

/// Rows answered when the caller names no number.
const ROWS_DEFAULT: usize = 100;
/// Rows answered at most.
const ROWS_MAX: usize = 1_000;
/// Pages looked through for one answer: a filter that fits nothing must not read the whole feed at once.
const PAGES_MAX: usize = 20;

#[tonic::async_trait]
impl AuditService for Admin {
    async fn log(&self, request: Request<wire::AuditLogRequest>) -> Result<Response<wire::AuditLogResponse>, Status> {
        self.operator_with(&request, &[Role::Auditor, Role::Admin])?;
        Ok(Response::new(self.audit(request.into_inner()).await?))
    }
}

impl Admin {
    async fn audit(&self, asked: wire::AuditLogRequest) -> Result<wire::AuditLogResponse, Error> {
        let limit = usize::try_from(asked.limit).ok().filter(|limit| *limit > 0).unwrap_or(ROWS_DEFAULT).min(ROWS_MAX);
        let mut filter = filter(&asked, limit)?;
        let mut entries: Vec<wire::AuditEntry> = Vec::new();
        for _ in 0..PAGES_MAX {
            let page = self.app().store().log(&filter).await?;
            let is_last = page.len() < limit;
            for row in page {
                filter.after = Some(row.feed);
                if row.written_at_ms < asked.since_at_ms || !is_by(&row, &asked.operator) {
                    continue;
                }
                entries.push(self.audit_entry(row));
                if entries.len() == limit {
                    return Ok(self.audit_page(entries, filter.after));
                }
            }
            if is_last {
                return Ok(self.audit_page(entries, None));
            }
        }
        Ok(self.audit_page(entries, filter.after))
    }

    fn audit_page(&self, entries: Vec<wire::AuditEntry>, next: Option<u64>) -> wire::AuditLogResponse {
        // Feed numbers begin at 1: nothing lies before the first.
        let next_before = next.filter(|next| *next > 1).unwrap_or(0);
        wire::AuditLogResponse { node: self.node_id(), entries, next_before }
    }

    fn audit_entry(&self, row: LogRow) -> wire::AuditEntry {
        let world = self.app().world();
        let author = &row.stream.author;
        let catalog = row.about.clone().unwrap_or_default();
        let operator = row.operator.as_ref().map_or_else(String::new, ToString::to_string);
        let who = if operator.is_empty() { world.name_of(&author.division) } else { operator.clone() };
        let on_what = if catalog.is_empty() { world.name_of(&row.stream.subject) } else { catalog.clone() };
        wire::AuditEntry {
            offset: row.feed,
            hash: row.hash.to_string(),
            author: author.division.to_string(),
            incarnation: author.incarnation.to_string(),
            subject: row.stream.subject.to_string(),
            reach: reach_word(row.stream.reach()).to_owned(),
            lane: lane_word(row.stream.lane()).to_owned(),
            seq: row.seq,
            summary: format!("{who} {} {on_what}", did(&row.kind)),
            kind: row.kind,
            at_ms: row.written_at_ms,
            operator,
            catalog,
            revision: String::new(),
            bytes: u32::try_from(row.payload_bytes).unwrap_or(u32::MAX),
            from_peer: row.source.map_or_else(String::new, |peer| peer.to_string()),
        }
    }
}

fn filter(asked: &wire::AuditLogRequest, limit: usize) -> Result<LogFilter, Error> {
    let about = match asked.catalog.as_str() {
        "" => None,
        text => Some(CatalogId::parse(text)?.to_string()),
    };
    let division = match asked.subject.as_str() {
        "" => None,
        text => Some(DivisionId::parse(text)?),
    };
    let kind = Some(asked.kind.clone()).filter(|kind| !kind.is_empty());
    let after = Some(asked.before).filter(|before| *before > 0);
    Ok(LogFilter { after, limit, kind, division, about, is_newest_first: true })
}

/// Whether an operator, named whole or without his division, wrote the entry.
fn is_by(row: &LogRow, operator: &str) -> bool {
    let Some(wrote) = row.operator.as_ref().map(|operator| operator.as_str()) else { return operator.is_empty() };
    operator.is_empty() || wrote == operator || wrote.rsplit_once('/').is_some_and(|(_, name)| name == operator)
}

fn reach_word(reach: gongkai_journal::Reach) -> &'static str {
    match reach {
        gongkai_journal::Reach::SelfOnly => "self",
        gongkai_journal::Reach::Path => "path",
        gongkai_journal::Reach::Subtree => "subtree",
    }
}

fn lane_word(lane: gongkai_journal::Lane) -> &'static str {
    match lane {
        gongkai_journal::Lane::Trust => "trust",
        gongkai_journal::Lane::Work => "work",
    }
}

/// What an entry of a kind did.
fn did(kind: &str) -> &'static str {
    match Kind::from_word(kind) {
        Some(Kind::TreePut) => "wrote the tree of",
        Some(Kind::TablePut) => "wrote the tables of",
        Some(Kind::CertPut | Kind::AuthorityPut) => "certified",
        Some(Kind::KeyRevoke) => "revoked a key of",
        Some(Kind::IncarnationOpen) => "opened the journal of",
        Some(Kind::DraftSave) => "saved a draft of",
        Some(Kind::ItemBatch) => "sent items of",
        Some(Kind::Submission) => "submitted",
        Some(Kind::Withdrawal) => "withdrew",
        Some(Kind::Receipt) => "received",
        Some(Kind::Decision) => "decided on",
        Some(Kind::Revocation) => "took back a decision on",
        Some(Kind::Edition) => "published an edition of",
        Some(Kind::Erase) => "erased content of",
        None => "wrote an entry of a later version about",
    }
}
