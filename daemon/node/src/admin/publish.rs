//! PublishService: look first, then make an edition.
//!
//! Invariant: reading calls write nothing; `Run` goes through one use case.

use gongkai_model::edition::EditionPayload;
use gongkai_proto::admin::v1::{self as wire, publish_service_server::PublishService};
use tonic::{Request, Response, Status};

use super::{Admin, refuse::refused};
use crate::Error;

#[tonic::async_trait]
impl PublishService for Admin {
    async fn preview(
        &self,
        request: Request<wire::PreviewEditionRequest>,
    ) -> Result<Response<wire::PreviewEditionResponse>, Status> {
        self.operator(&request)?;
        Err(refused(Error::NotYet { what: "preview an edition" }))
    }

    async fn run(
        &self,
        request: Request<wire::RunPublishRequest>,
    ) -> Result<Response<wire::RunPublishResponse>, Status> {
        self.operator(&request)?;
        Err(refused(Error::NotYet { what: "publish an edition" }))
    }

    async fn list(
        &self,
        request: Request<wire::ListEditionsRequest>,
    ) -> Result<Response<wire::ListEditionsResponse>, Status> {
        self.operator(&request)?;
        let editions = self.app().edition_rows().await.map_err(refused)?;
        let editions = editions.iter().map(|edition| self.edition_row(edition)).collect();
        Ok(Response::new(wire::ListEditionsResponse { node: self.node_id(), editions }))
    }

    async fn show(
        &self,
        request: Request<wire::ShowEditionRequest>,
    ) -> Result<Response<wire::ShowEditionResponse>, Status> {
        self.operator(&request)?;
        Err(refused(Error::NotYet { what: "show an edition" }))
    }

    async fn diff(
        &self,
        request: Request<wire::DiffEditionsRequest>,
    ) -> Result<Response<wire::DiffEditionsResponse>, Status> {
        self.operator(&request)?;
        Err(refused(Error::NotYet { what: "compare editions" }))
    }
}

impl Admin {
    fn edition_row(&self, edition: &EditionPayload) -> wire::EditionRow {
        let directory = self.0.editions_dir.join(edition.number.to_string());
        wire::EditionRow {
            edition: edition.number,
            published_at_ms: edition.published_at_ms,
            division: self.app().world().root.to_string(),
            operator: String::new(),
            catalogs: edition.catalogs,
            items: edition.items,
            manifest_root: edition.manifest_root.to_string(),
            directory: if directory.is_dir() { directory.display().to_string() } else { String::new() },
        }
    }
}
