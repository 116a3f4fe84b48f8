//! AuditService: signed entries as they stand in this node's feed.
//!
//! Invariant: each row is one entry and names its hash; nothing is projected.

use gongkai_app::{AuditFilter, AuditRow, Summary};
use gongkai_model::id::{CatalogId, DivisionId, OperatorId};
use gongkai_proto::admin::v1::{self as wire, audit_service_server::AuditService};
use tonic::{Request, Response, Status};

use super::{Admin, refuse::refused};
use crate::Error;

#[tonic::async_trait]
impl AuditService for Admin {
    async fn log(&self, request: Request<wire::AuditLogRequest>) -> Result<Response<wire::AuditLogResponse>, Status> {
        let operator = self.operator(&request)?;
        let sentence = self.sentence(&request);
        let filter = self.audit_filter(request.into_inner())?;
        let page = self.app().audit_log(&operator, &filter).await.map_err(refused)?;
        Ok(Response::new(wire::AuditLogResponse {
            node: self.node_id(),
            entries: page.rows.into_iter().map(|row| entry(row, sentence)).collect(),
            next_before: page.next_before.unwrap_or(0),
        }))
    }
}

impl Admin {
    fn audit_filter(&self, asked: wire::AuditLogRequest) -> Result<AuditFilter, Error> {
        let catalog = match asked.catalog.as_str() {
            "" => None,
            text => Some(CatalogId::parse(text)?),
        };
        let subject = match asked.subject.as_str() {
            "" => None,
            text => Some(DivisionId::parse(text)?),
        };
        let operator = match asked.operator.as_str() {
            "" => None,
            // A name alone is one of this node's operators.
            text if !text.contains('/') => Some(OperatorId::parse(&format!("{}/{text}", self.node_id()))?),
            text => Some(OperatorId::parse(text)?),
        };
        Ok(AuditFilter {
            catalog,
            subject,
            kind: Some(asked.kind).filter(|kind| !kind.is_empty()),
            operator,
            before: Some(asked.before).filter(|before| *before > 0),
            limit: usize::try_from(asked.limit).unwrap_or(usize::MAX),
            since_ms: Some(asked.since_at_ms).filter(|since| *since > 0),
        })
    }
}

fn entry(row: AuditRow, sentence: fn(Summary) -> String) -> wire::AuditEntry {
    wire::AuditEntry {
        offset: row.offset,
        hash: row.hash.to_string(),
        author: row.author.division.to_string(),
        incarnation: row.author.incarnation.to_string(),
        subject: row.subject.to_string(),
        reach: row.reach.to_owned(),
        lane: row.lane.to_owned(),
        seq: row.seq,
        kind: row.kind,
        at_ms: row.at_ms,
        is_ahead: row.is_ahead,
        operator: row.operator.map_or_else(String::new, |operator| operator.to_string()),
        catalog: row.catalog.map_or_else(String::new, |catalog| catalog.to_string()),
        revision: row.revision.map_or_else(String::new, |revision| revision.to_string()),
        summary: sentence(row.summary),
        bytes: u32::try_from(row.bytes).unwrap_or(u32::MAX),
        from_peer: row.from_peer.map_or_else(String::new, |peer| peer.to_string()),
    }
}
