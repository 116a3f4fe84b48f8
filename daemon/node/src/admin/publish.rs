//! PublishService: look first, then make an edition.
//!
//! Invariant: reading calls write nothing; `Run` goes through one use case.

use gongkai_app::{CatalogChanges, EditionLine, EditionRow, ItemChanged, MissingCatalog, SignOffs, Sources};
use gongkai_model::item::CanonicalItem;
use gongkai_proto::admin::v1::{self as wire, publish_service_server::PublishService};
use tonic::{Request, Response, Status};
use tracing::info;

use super::{Admin, catalog::check, convert, refuse::refused};

#[tonic::async_trait]
impl PublishService for Admin {
    async fn preview(
        &self,
        request: Request<wire::PreviewEditionRequest>,
    ) -> Result<Response<wire::PreviewEditionResponse>, Status> {
        self.operator(&request)?;
        let preview = self.app().preview_edition().await.map_err(refused)?;
        Ok(Response::new(wire::PreviewEditionResponse {
            edition: preview.number,
            previous: preview.previous,
            catalogs: preview.catalogs.into_iter().map(line).collect(),
            items: convert::count(preview.items),
            missing: preview.missing.into_iter().map(missing).collect(),
            unchanged: preview.is_unchanged,
        }))
    }

    async fn check(
        &self,
        request: Request<wire::CheckEditionRequest>,
    ) -> Result<Response<wire::CheckEditionResponse>, Status> {
        self.operator(&request)?;
        let checked = self.app().check_edition().await.map_err(refused)?;
        let ready = self.app().edition_readiness().await.map_err(refused)?;
        let blocked = checked.iter().filter(|one| one.is_blocked()).count();
        let catalogs = checked.into_iter().map(|one| wire::CheckedCatalog {
            is_blocked: one.is_blocked(),
            check: Some(check::response(&one.catalog, one.checked, &Sources::default())),
            division_name: one.division_name,
            domain_name: one.domain_name,
        });
        Ok(Response::new(wire::CheckEditionResponse {
            catalogs: catalogs.collect(),
            blocked: convert::count(blocked),
            missing: convert::count(ready.missing),
            obstacles: ready.obstacles.iter().map(obstacle).collect(),
            sign_offs: Some(sign_offs(ready.sign_offs, false)),
        }))
    }

    async fn run(
        &self,
        request: Request<wire::RunPublishRequest>,
    ) -> Result<Response<wire::RunPublishResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let root = self.0.editions_dir.clone();
        let made = self.app().run_edition(&operator, asked.note, asked.refuse_missing, root).await.map_err(refused)?;
        info!(edition = made.number, items = made.items, unchanged = made.is_unchanged, "an edition was made");
        Ok(Response::new(wire::RunPublishResponse {
            edition: made.number,
            directory: made.directory.display().to_string(),
            catalogs: convert::count(made.catalogs),
            items: convert::count(made.items),
            missing: convert::count(made.missing.len()),
            manifest_root: made.manifest_root.to_string(),
            unchanged: made.is_unchanged,
            missing_catalogs: made.missing.into_iter().map(missing).collect(),
        }))
    }

    async fn sign_offs(
        &self,
        request: Request<wire::SignOffsRequest>,
    ) -> Result<Response<wire::SignOffsResponse>, Status> {
        self.operator(&request)?;
        let found = self.app().sign_offs().await.map_err(refused)?;
        Ok(Response::new(sign_offs(found, false)))
    }

    async fn sign_off(
        &self,
        request: Request<wire::SignOffRequest>,
    ) -> Result<Response<wire::SignOffsResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let (found, repeated) = self.app().sign_off(&operator, &asked.step, &asked.note).await.map_err(refused)?;
        Ok(Response::new(sign_offs(found, repeated)))
    }

    async fn list(
        &self,
        request: Request<wire::ListEditionsRequest>,
    ) -> Result<Response<wire::ListEditionsResponse>, Status> {
        self.operator(&request)?;
        let editions = self.app().editions(&self.0.editions_dir).await.map_err(refused)?;
        let editions = editions.into_iter().map(row).collect();
        Ok(Response::new(wire::ListEditionsResponse { node: self.node_id(), editions }))
    }

    async fn show(
        &self,
        request: Request<wire::ShowEditionRequest>,
    ) -> Result<Response<wire::ShowEditionResponse>, Status> {
        self.operator(&request)?;
        let number = request.into_inner().edition;
        let shown = self.app().edition(number, &self.0.editions_dir).await.map_err(refused)?;
        Ok(Response::new(wire::ShowEditionResponse {
            edition: Some(row(shown.row)),
            catalogs: shown.catalogs.into_iter().map(line).collect(),
            missing: shown.missing.into_iter().map(missing).collect(),
        }))
    }

    async fn diff(
        &self,
        request: Request<wire::DiffEditionsRequest>,
    ) -> Result<Response<wire::DiffEditionsResponse>, Status> {
        self.operator(&request)?;
        let asked = request.into_inner();
        let difference = self.app().difference(asked.from, asked.to, &self.0.editions_dir).await.map_err(refused)?;
        Ok(Response::new(wire::DiffEditionsResponse {
            from: difference.from,
            to: difference.to,
            catalogs: difference.catalogs.into_iter().map(changes).collect(),
        }))
    }
}

fn sign_offs(found: SignOffs, repeated: bool) -> wire::SignOffsResponse {
    let steps = found.rows.into_iter().map(|row| wire::SignOffRow {
        step: row.step,
        operator: row.operator.map_or_else(String::new, |operator| operator.to_string()),
        at_ms: row.at_ms,
        note: row.note,
    });
    wire::SignOffsResponse {
        edition: found.edition,
        contents: found.contents.to_string(),
        catalogs: convert::count(found.catalogs),
        items: convert::count(found.items),
        steps: steps.collect(),
        people_min: convert::count(found.people_min),
        outdated: convert::count(found.outdated),
        is_complete: found.is_complete,
        unchanged: found.is_unchanged,
        repeated,
    }
}

fn row(row: EditionRow) -> wire::EditionRow {
    wire::EditionRow {
        edition: row.number,
        published_at_ms: row.published_at_ms,
        division: row.division.to_string(),
        operator: row.operator.map_or_else(String::new, |operator| operator.to_string()),
        catalogs: convert::count(row.catalogs),
        items: convert::count(row.items),
        manifest_root: row.manifest_root.to_string(),
        directory: row.directory.map_or_else(String::new, |directory| directory.display().to_string()),
    }
}

/// What an edition made now would be refused for.
fn obstacle(error: &gongkai_app::Error) -> wire::Reason {
    wire::Reason { code: error.code().to_owned(), message: error.to_string(), hint: error.hint() }
}

fn line(line: EditionLine) -> wire::EditionCatalog {
    wire::EditionCatalog {
        catalog: line.catalog.to_string(),
        division_name: line.division_name,
        domain_name: line.domain_name,
        revision: line.revision.to_string(),
        items: convert::count(line.items),
        change: line.change.word().to_owned(),
        items_added: convert::count(line.items_added),
        items_changed: convert::count(line.items_changed),
        items_removed: convert::count(line.items_removed),
    }
}

fn missing(missing: MissingCatalog) -> wire::MissingCatalog {
    let gongkai_app::Reason { code, message, hint } = missing.reason.clone();
    wire::MissingCatalog {
        catalog: missing.name(),
        division_name: missing.division_name,
        domain_name: missing.domain_name,
        state: missing.state,
        reason: Some(wire::Reason { code, message, hint }),
    }
}

fn changes(changes: CatalogChanges) -> wire::CatalogChanges {
    let domain = changes.catalog.domain.to_string();
    wire::CatalogChanges {
        catalog: changes.catalog.to_string(),
        division_name: changes.division_name,
        domain_name: changes.domain_name,
        changes: changes.items.into_iter().map(|item| item_change(item, &domain)).collect(),
    }
}

fn item_change(item: ItemChanged, domain: &str) -> wire::ItemChange {
    let word = item.change.word();
    let id = item.id.to_string();
    let side = |side: Option<CanonicalItem>| {
        side.map(|side| wire::Item {
            item_id: id.clone(),
            digest: side.digest().to_string(),
            status: word.to_owned(),
            domain: domain.to_owned(),
            ..convert::fields(&side.decode())
        })
    };
    let (before, after) = (side(item.before), side(item.after));
    wire::ItemChange {
        item_id: id.clone(),
        change: word.to_owned(),
        name: item.name,
        fields: item.fields,
        before,
        after,
    }
}
