//! CustodyService: what stands in doubt about who keeps a division's catalogs, and a person's word on it.
//!
//! Invariant: what is shown is found in what the node holds; only a word is recorded.

use gongkai_app::{Doubt, Doubted};
use gongkai_model::{id::DivisionId, review::VoidReason};
use gongkai_proto::admin::v1::{self as wire, custody_service_server::CustodyService};
use tonic::{Request, Response, Status};
use tracing::info;

use super::{Admin, refuse::refused};

#[tonic::async_trait]
impl CustodyService for Admin {
    async fn list(
        &self,
        request: Request<wire::ListDoubtsRequest>,
    ) -> Result<Response<wire::ListDoubtsResponse>, Status> {
        self.operator(&request)?;
        let doubts = self.app().custody_doubts().await.map_err(refused)?;
        let doubts = doubts.iter().map(row).collect();
        Ok(Response::new(wire::ListDoubtsResponse { node: self.node_id(), doubts }))
    }

    async fn confirm(
        &self,
        request: Request<wire::ConfirmCustodyRequest>,
    ) -> Result<Response<wire::ConfirmCustodyResponse>, Status> {
        let operator = self.operator(&request)?;
        let wire::ConfirmCustodyRequest { entry, reason } = request.into_inner();
        let doubt = self.app().confirm_custody(&operator, &entry, &reason).await.map_err(refused)?;
        info!(operator = %operator.id, entry = %doubt.entry, division = %doubt.division, "custody was confirmed");
        Ok(Response::new(wire::ConfirmCustodyResponse { doubt: Some(row(&doubt)) }))
    }

    async fn refuse(
        &self,
        request: Request<wire::RefuseCustodyRequest>,
    ) -> Result<Response<wire::RefuseCustodyResponse>, Status> {
        let operator = self.operator(&request)?;
        let wire::RefuseCustodyRequest { entry, reason } = request.into_inner();
        let doubt = self.app().refuse_custody(&operator, &entry, &reason).await.map_err(refused)?;
        info!(operator = %operator.id, entry = %doubt.entry, division = %doubt.division, "custody was refused");
        Ok(Response::new(wire::RefuseCustodyResponse { doubt: Some(row(&doubt)) }))
    }
}

impl Admin {
    /// The alarms about custody, for the status page.
    pub(super) async fn custody_warnings(&self) -> Result<Vec<wire::Reason>, gongkai_app::Error> {
        let doubts = self.app().custody_doubts().await?;
        let warning = |doubt: &Doubt| wire::Reason {
            code: doubt.code().to_owned(),
            message: doubt.message(),
            hint: doubt.hint(),
        };
        Ok(doubts.iter().map(warning).collect())
    }
}

fn row(doubt: &Doubt) -> wire::DoubtRow {
    let Doubt { entry, division, doubted, author, operator, at_ms, said_at, is_mine } = doubt;
    let row = wire::DoubtRow {
        entry: entry.to_string(),
        division: division.to_string(),
        author: author.to_string(),
        operator: operator.as_ref().map(ToString::to_string).unwrap_or_default(),
        at_ms: *at_ms,
        said_at: said_at.iter().map(DivisionId::to_string).collect(),
        is_mine: *is_mine,
        ..wire::DoubtRow::default()
    };
    match doubted {
        Doubted::Order { from, to } => {
            wire::DoubtRow { kind: "order".to_owned(), from: from.to_string(), to: to.to_string(), ..row }
        }
        Doubted::Submission { catalog, reason } => wire::DoubtRow {
            kind: "submission".to_owned(),
            catalog: catalog.to_string(),
            reason: if *reason == VoidReason::CustodyTaken { "taken" } else { "not-keeper" }.to_owned(),
            ..row
        },
    }
}
