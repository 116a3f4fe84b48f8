//! EraseService: asking for content's removal, and saying yes.
//!
//! Invariant: nothing of the content itself is in an answer; it is named by digest.

use gongkai_app::{EraseQuestion, EraseRow};
use gongkai_model::id::CatalogId;
use gongkai_proto::admin::v1::{self as wire, erase_service_server::EraseService};
use tonic::{Request, Response, Status};

use super::{Admin, convert, refuse::refused};

#[tonic::async_trait]
impl EraseService for Admin {
    async fn ask(
        &self,
        request: Request<wire::AskErasureRequest>,
    ) -> Result<Response<wire::AskErasureResponse>, Status> {
        let operator = self.operator(&request)?;
        let wire::AskErasureRequest { catalog, item, content, basis, reason, is_dry_run, entry } = request.into_inner();
        let catalog = CatalogId::parse(&catalog).map_err(refused)?;
        let question = EraseQuestion { item, content, entry, basis, reason, is_dry_run };
        let asked = self.app().ask_erasure(&operator, &catalog, question).await.map_err(refused)?;
        let world = self.app().world();
        let above = world.tree().path(&world.me).into_iter().filter(|id| *id != world.me && world.has_node(id));
        let above: Vec<String> = above.map(|id| id.to_string()).collect();
        Ok(Response::new(wire::AskErasureResponse {
            request: asked.entry.map(|entry| entry.to_string()).unwrap_or_default(),
            catalog: catalog.to_string(),
            item: asked.item.map(|item| item.to_string()).unwrap_or_default(),
            content: asked.content.map(|content| content.to_string()).unwrap_or_default(),
            entries: convert::count(asked.entries),
            is_dry_run,
            confirmed_at: if above.is_empty() { world.me.to_string() } else { above.join(", ") },
        }))
    }

    async fn list(
        &self,
        request: Request<wire::ListErasuresRequest>,
    ) -> Result<Response<wire::ListErasuresResponse>, Status> {
        self.operator(&request)?;
        let asked = request.into_inner().catalog;
        let catalog = (!asked.is_empty()).then(|| CatalogId::parse(&asked)).transpose();
        let catalog = catalog.map_err(refused)?;
        let rows = self.app().erase_requests(catalog.as_ref()).await.map_err(refused)?;
        let erasures = rows.iter().map(row).collect();
        Ok(Response::new(wire::ListErasuresResponse { node: self.node_id(), erasures }))
    }

    async fn confirm(
        &self,
        request: Request<wire::ConfirmErasureRequest>,
    ) -> Result<Response<wire::ConfirmErasureResponse>, Status> {
        let operator = self.operator(&request)?;
        let named = request.into_inner().request;
        let (found, entries) = self.app().confirm_erasure(&operator, &named).await.map_err(refused)?;
        Ok(Response::new(wire::ConfirmErasureResponse { erasure: Some(row(&found)), entries: convert::count(entries) }))
    }
}

fn row(found: &EraseRow) -> wire::ErasureRow {
    let EraseRow { asked, is_mine } = found;
    wire::ErasureRow {
        request: asked.hash.to_string(),
        catalog: asked.request.catalog.to_string(),
        item: asked.request.item.as_ref().map(ToString::to_string).unwrap_or_default(),
        content: asked.request.content.map(|content| content.to_string()).unwrap_or_default(),
        division: asked.author.to_string(),
        operator: asked.operator.as_ref().map(ToString::to_string).unwrap_or_default(),
        at_ms: asked.at_ms,
        basis: asked.request.basis.clone(),
        reason: asked.request.reason.clone(),
        state: if asked.erased_by.is_empty() { "asked" } else { "erased" }.to_owned(),
        erased_by: asked.erased_by.iter().map(ToString::to_string).collect(),
        is_mine: *is_mine && asked.erased_by.is_empty(),
        entry: match (asked.request.content, asked.request.entries.first()) {
            (None, Some(entry)) => entry.to_string(),
            _ => String::new(),
        },
    }
}
