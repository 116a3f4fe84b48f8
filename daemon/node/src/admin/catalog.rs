//! CatalogService: import, look, check, submit.
//!
//! Invariant: reading calls change nothing; writing calls go through one use case each.

use std::collections::BTreeMap;

use gongkai_app::{CatalogEvent, CatalogRow, ImportQuestion, Imported, Loaded, Summary};
use gongkai_model::{
    digest::Digest,
    id::CatalogId,
    review::{Refusal, submit_check},
};
use gongkai_proto::{
    IMPORT_BYTES_MAX,
    admin::v1::{self as wire, catalog_service_server::CatalogService},
};
use gongkai_sheets::{CatalogSheet, Reading, SheetRow};
use tonic::{Request, Response, Status};

use super::{Admin, changes, convert, difference, refuse::refused};
use crate::Error;

fn catalog_of(text: &str) -> Result<CatalogId, Error> {
    Ok(CatalogId::parse(text)?)
}

impl Admin {
    pub(super) async fn known_catalog(&self, text: &str) -> Result<Loaded, Error> {
        Ok(self.app().load_known(&catalog_of(text)?).await?)
    }
}

#[tonic::async_trait]
impl CatalogService for Admin {
    async fn import(
        &self,
        request: Request<wire::ImportCatalogRequest>,
    ) -> Result<Response<wire::ImportCatalogResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        if asked.content.len() > IMPORT_BYTES_MAX {
            return Err(refused(Error::BadRequest {
                what: format!("the file has {} bytes, {IMPORT_BYTES_MAX} are taken", asked.content.len()),
            }));
        }
        let filled = |text: String| Some(text).filter(|text| !text.is_empty());
        let (file, is_dry_run) = (asked.file_name.clone(), asked.dry_run);
        let question = ImportQuestion {
            content: asked.content,
            file_name: asked.file_name,
            division: filled(asked.division),
            domain: filled(asked.domain),
            is_dry_run,
            confirms_removals: asked.confirm_removals,
        };
        let imported = self.app().import(&operator, question).await.map_err(refused)?;
        Ok(Response::new(import_response(&file, is_dry_run, &imported)))
    }

    async fn list(
        &self,
        request: Request<wire::ListCatalogsRequest>,
    ) -> Result<Response<wire::ListCatalogsResponse>, Status> {
        self.operator(&request)?;
        let asked = request.into_inner();
        let rows = self.app().catalog_rows().await.map_err(refused)?;
        let published = self.app().published().await.map_err(refused)?;
        let fits = |wanted: &str, found: &str| wanted.is_empty() || wanted == found;
        let catalogs = rows
            .iter()
            .map(|row| self.catalog_row(row, &published))
            .filter(|row| fits(&asked.division, &row.division))
            .filter(|row| fits(&asked.domain, &row.domain) && fits(&asked.state, &row.state))
            .collect();
        Ok(Response::new(wire::ListCatalogsResponse { node: self.node_id(), catalogs }))
    }

    async fn show(
        &self,
        request: Request<wire::ShowCatalogRequest>,
    ) -> Result<Response<wire::ShowCatalogResponse>, Status> {
        self.operator(&request)?;
        let asked = request.into_inner();
        let loaded = self.known_catalog(&asked.catalog).await?;
        Ok(Response::new(self.shown(&loaded, &asked.revision)?))
    }

    async fn check(
        &self,
        request: Request<wire::CheckCatalogRequest>,
    ) -> Result<Response<wire::CheckCatalogResponse>, Status> {
        self.operator(&request)?;
        let asked = request.into_inner();
        let loaded = self.known_catalog(&asked.catalog).await?;
        let revision = changes::named(&loaded, &asked.revision)?;
        let findings = findings(revision);
        Ok(Response::new(wire::CheckCatalogResponse {
            catalog: loaded.catalog.to_string(),
            revision: revision.digest().to_string(),
            items: convert::count(revision.items.len()),
            is_complete: findings.is_empty(),
            findings,
        }))
    }

    async fn submit(
        &self,
        request: Request<wire::SubmitCatalogRequest>,
    ) -> Result<Response<wire::SubmitCatalogResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let catalog = catalog_of(&asked.catalog)?;
        if !asked.revision.is_empty() {
            let loaded = self.known_catalog(&asked.catalog).await?;
            let is_latest = changes::named(&loaded, &asked.revision)?.digest() == changes::named(&loaded, "")?.digest();
            if !is_latest {
                return Err(refused(Error::BadRequest {
                    what: "only the latest revision can be submitted".to_owned(),
                }));
            }
        }
        let (loaded, unchanged) = match self.app().submit(&operator, &catalog, asked.note, String::new()).await {
            Ok(submitted) => (submitted.loaded, false),
            // The same revision is up already: repeating is safe and says so.
            Err(gongkai_app::Error::Review(Refusal::NothingChanged(_))) => {
                (self.known_catalog(&asked.catalog).await?, true)
            }
            Err(error) => return Err(refused(error)),
        };
        Ok(Response::new(self.submitted(&loaded, unchanged)))
    }

    async fn withdraw(
        &self,
        request: Request<wire::WithdrawCatalogRequest>,
    ) -> Result<Response<wire::WithdrawCatalogResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let catalog = catalog_of(&asked.catalog)?;
        let loaded = self.app().withdraw(&operator, &catalog, asked.reason).await.map_err(refused)?;
        let submission = loaded.state.head().map_or_else(String::new, |head| head.hash.to_string());
        let state = state_of(&loaded).to_owned();
        Ok(Response::new(wire::WithdrawCatalogResponse { catalog: catalog.to_string(), submission, state }))
    }

    async fn history(
        &self,
        request: Request<wire::CatalogHistoryRequest>,
    ) -> Result<Response<wire::CatalogHistoryResponse>, Status> {
        self.operator(&request)?;
        let sentence = self.sentence(&request);
        let asked = request.into_inner();
        let catalog = catalog_of(&asked.catalog)?;
        let mut events = self.app().history(&catalog).await.map_err(refused)?;
        let kept = usize::try_from(asked.limit).ok().filter(|limit| *limit > 0).unwrap_or(events.len());
        let latest = events.split_off(events.len().saturating_sub(kept));
        let events = latest.into_iter().map(|happened| event(happened, sentence)).collect();
        Ok(Response::new(wire::CatalogHistoryResponse { catalog: catalog.to_string(), events }))
    }

    async fn diff(
        &self,
        request: Request<wire::DiffCatalogRequest>,
    ) -> Result<Response<wire::DiffCatalogResponse>, Status> {
        self.operator(&request)?;
        let asked = request.into_inner();
        let loaded = self.known_catalog(&asked.catalog).await?;
        let from = if asked.from.is_empty() {
            changes::approved(&loaded)
        } else {
            Some(changes::named(&loaded, &asked.from)?)
        };
        let to = changes::named(&loaded, &asked.to)?;
        let (listed, unchanged) = changes::between(from, to);
        Ok(Response::new(wire::DiffCatalogResponse {
            catalog: loaded.catalog.to_string(),
            from: from.map_or_else(String::new, |from| from.digest().to_string()),
            to: to.digest().to_string(),
            unchanged,
            changes: listed,
            differences: difference::revisions(from, to),
        }))
    }

    async fn export(
        &self,
        request: Request<wire::ExportCatalogRequest>,
    ) -> Result<Response<wire::ExportCatalogResponse>, Status> {
        self.operator(&request)?;
        let asked = request.into_inner();
        let loaded = self.known_catalog(&asked.catalog).await?;
        Ok(Response::new(self.exported(&loaded, &asked.revision)?))
    }
}

impl Admin {
    fn catalog_row(&self, row: &CatalogRow, published: &(u64, BTreeMap<CatalogId, Digest>)) -> wire::CatalogRow {
        let world = self.app().world();
        let summary = &row.summary;
        let (division_name, domain_name) = convert::names(&world, &summary.catalog);
        let is_published =
            summary.latest_approved.is_some() && published.1.get(&summary.catalog) == summary.latest_approved.as_ref();
        let text = |digest: Option<Digest>| digest.map_or_else(String::new, |digest| digest.to_string());
        wire::CatalogRow {
            catalog: summary.catalog.to_string(),
            division: summary.catalog.division.to_string(),
            division_name,
            domain: summary.catalog.domain.to_string(),
            domain_name,
            items: summary.items,
            state: convert::catalog_state(summary.status, summary.draft.is_some(), summary.is_in_conflict).to_owned(),
            revision: text(summary.draft.or(summary.submitted)),
            approved_revision: text(summary.latest_approved),
            edition: if is_published { published.0 } else { 0 },
            waiting_for: row.waiting_for.clone(),
            updated_at_ms: row.updated_at_ms,
            is_conflict: summary.is_in_conflict,
            is_own: world.custodian(&summary.catalog.division) == world.me,
        }
    }

    fn shown(&self, loaded: &Loaded, revision: &str) -> Result<wire::ShowCatalogResponse, Error> {
        let revision = changes::named(loaded, revision)?;
        let known = changes::Known::of(loaded, revision);
        let header = revision.header.decode();
        let (division_name, domain_name) = convert::names(&self.app().world(), &loaded.catalog);
        let in_order = revision.in_order().into_iter();
        Ok(wire::ShowCatalogResponse {
            catalog: loaded.catalog.to_string(),
            division: loaded.catalog.division.to_string(),
            division_name,
            domain: loaded.catalog.domain.to_string(),
            domain_name,
            title: header.title,
            edition: header.edition_text,
            revision: revision.digest().to_string(),
            parents: revision.parents.iter().map(ToString::to_string).collect(),
            state: state_of(loaded).to_owned(),
            approved_revision: changes::approved(loaded)
                .map_or_else(String::new, |approved| approved.digest().to_string()),
            heads: heads(loaded),
            updated_at_ms: loaded.entries.iter().map(|entry| entry.header.written_at_ms).max().unwrap_or(0),
            items: in_order
                .map(|(id, slot)| convert::slot(&loaded.catalog, id, slot, known.status(id, slot)))
                .collect(),
        })
    }

    fn submitted(&self, loaded: &Loaded, unchanged: bool) -> wire::SubmitCatalogResponse {
        let mut response =
            wire::SubmitCatalogResponse { catalog: loaded.catalog.to_string(), unchanged, ..Default::default() };
        if let Some(head) = loaded.state.head() {
            (response.items_changed, response.items_carried) = convert::pending_counts(head);
            response.revision = head.revision.to_string();
            response.submission = head.hash.to_string();
            response.steps = convert::steps(&self.app().world(), head);
        }
        response
    }

    fn exported(&self, loaded: &Loaded, revision: &str) -> Result<wire::ExportCatalogResponse, Error> {
        let revision = changes::named(loaded, revision)?;
        let world = self.app().world();
        let (division_name, domain_name) = convert::names(&world, &loaded.catalog);
        let title = revision.header.decode().title;
        let items: Vec<_> = revision.in_order().into_iter().map(|(_, slot)| (slot, slot.item().decode())).collect();
        let rows = items.iter().map(|(slot, item)| SheetRow { serial: &slot.serial, item }).collect();
        let level = world.tree().get(&loaded.catalog.division).map_or("", |division| division.level.as_str());
        let reading = Reading { vocabulary: &world.vocabulary, routing: world.routing_table(), node_level: level };
        let sheet = CatalogSheet { name: &domain_name, title: &title, rows };
        let content = gongkai_sheets::write(&[sheet], &reading).map_err(gongkai_app::Error::from)?;
        Ok(wire::ExportCatalogResponse {
            catalog: loaded.catalog.to_string(),
            revision: revision.digest().to_string(),
            file_name: format!("{division_name}-{domain_name}.xlsx"),
            content,
        })
    }
}

/// A catalog's state in one word.
pub(super) fn state_of(loaded: &Loaded) -> &'static str {
    let status = loaded.state.head().map(|head| head.status);
    convert::catalog_state(status, loaded.draft.is_some(), loaded.state.is_in_conflict)
}

/// Childless revisions: the draft in place of the head that it follows.
fn heads(loaded: &Loaded) -> Vec<String> {
    let followed = loaded.draft.as_ref().map(|draft| draft.revision.parents.clone()).unwrap_or_default();
    let submitted = loaded.state.heads.iter().filter_map(|hash| loaded.state.submission(hash));
    let open = submitted.map(|head| head.revision).filter(|revision| !followed.contains(revision));
    let draft = loaded.draft.as_ref().map(|draft| draft.revision.digest());
    open.chain(draft).map(|digest| digest.to_string()).collect()
}

fn findings(revision: &gongkai_model::revision::Revision) -> Vec<wire::Finding> {
    let missing = submit_check(revision).into_iter();
    let each = missing.flat_map(|item| {
        let elements = item.elements.clone();
        elements.into_iter().map(move |element| wire::Finding {
            item_id: item.item.to_string(),
            name: item.name.clone(),
            serial: item.serial.clone(),
            field: element.field().to_owned(),
            severity: "error".to_owned(),
            code: Refusal::ElementsMissing(Vec::new()).code().to_owned(),
            message: format!("{} is missing ({})", element.field(), element.label()),
        })
    });
    each.collect()
}

fn import_response(file: &str, is_dry_run: bool, imported: &Imported) -> wire::ImportCatalogResponse {
    let report = &imported.report;
    let revisions: Vec<wire::ImportedRevision> = imported.revisions.iter().map(imported_revision).collect();
    wire::ImportCatalogResponse {
        file: file.to_owned(),
        items: convert::count(report.items),
        tables: report.tables.iter().map(|table| import_table(table, file, is_dry_run)).collect(),
        warnings: report
            .warnings
            .iter()
            .map(|warning| wire::ImportWarning {
                code: warning.code.to_owned(),
                cell: warning.cell.clone(),
                message: warning.message.clone(),
            })
            .collect(),
        rejected: report
            .rejected
            .iter()
            .map(|rejected| wire::RejectedTable {
                sheet: rejected.sheet.clone(),
                range: rejected.range.clone(),
                code: rejected.code.to_owned(),
                message: rejected.message.clone(),
            })
            .collect(),
        revision: revisions.first().map_or_else(String::new, |first| first.revision.clone()),
        revisions,
    }
}

fn import_table(table: &gongkai_sheets::Table, file: &str, with_rows: bool) -> wire::ImportTable {
    let domain = table.domain.clone().unwrap_or_default();
    let rows = if with_rows { table.rows.as_slice() } else { &[] };
    wire::ImportTable {
        sheet: table.sheet.clone(),
        range: table.range.clone(),
        title: table.title.clone(),
        items: convert::count(table.items),
        rows: rows.iter().map(|row| convert::row(row, file, &domain)).collect(),
        domain,
        edition: String::new(),
    }
}

fn imported_revision(made: &gongkai_app::ImportedRevision) -> wire::ImportedRevision {
    let matched = &made.matched;
    wire::ImportedRevision {
        catalog: made.catalog.to_string(),
        revision: made.revision.to_string(),
        items: convert::count(matched.items.len()),
        added: convert::count(matched.new.len()),
        changed: convert::count(matched.changed.len()),
        removed: convert::count(matched.removed.len()),
        unchanged: convert::count(matched.unchanged.len() + matched.moved.len()),
        is_new: made.is_new,
    }
}

fn event(happened: CatalogEvent, sentence: fn(Summary) -> String) -> wire::CatalogEvent {
    wire::CatalogEvent {
        at_ms: happened.at_ms,
        kind: happened.kind.to_owned(),
        entry: happened.entry.to_string(),
        revision: happened.revision.map_or_else(String::new, |revision| revision.to_string()),
        division: happened.division.to_string(),
        operator: happened.operator.map_or_else(String::new, |operator| operator.to_string()),
        verdict: happened.verdict.to_owned(),
        opinion: happened.opinion,
        items: happened.items,
        edition: happened.edition,
        summary: sentence(happened.summary),
        state: happened.state,
    }
}
