//! CatalogService: import, look, check, submit.
//!
//! Invariant: reading calls change nothing; writing calls go through one use case each.

pub(super) mod check;
mod export;
mod import;
mod show;

use std::collections::BTreeMap;

use gongkai_app::{CatalogEvent, CatalogRow, Loaded, SubmittedChange, Summary, WaiveQuestion};
use gongkai_model::{
    digest::Digest,
    id::{CatalogId, Day},
    review::Refusal,
};
use gongkai_proto::admin::v1::{self as wire, catalog_service_server::CatalogService};
use tonic::{Request, Response, Status};

use super::{Admin, changes, convert, difference, history, refuse::refused};
use crate::Error;

fn catalog_of(text: &str) -> Result<CatalogId, Error> {
    Ok(CatalogId::parse(text)?)
}

/// A day of a request; empty for none.
pub(super) fn day_of(text: &str) -> Result<Option<Day>, Error> {
    Ok(if text.is_empty() { None } else { Some(Day::parse(text)?) })
}

impl Admin {
    /// A catalog as it stood at the end of a day; something of it must be known by then.
    pub(super) async fn catalog_as_of(&self, text: &str, day: Option<&Day>) -> Result<Loaded, Error> {
        let catalog = catalog_of(text)?;
        let loaded = self.app().load_as_of(&catalog, day).await?;
        loaded.check_open()?;
        if loaded.entries.is_empty() {
            return Err(gongkai_app::Error::CatalogUnknown { catalog }.into());
        }
        Ok(loaded)
    }

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
        let (file, is_dry_run) = (asked.file_name.clone(), asked.dry_run);
        let question = import::question(asked)?;
        let imported = self.app().import(&operator, question).await.map_err(refused)?;
        Ok(Response::new(import::response(&file, is_dry_run, &imported)))
    }

    async fn list(
        &self,
        request: Request<wire::ListCatalogsRequest>,
    ) -> Result<Response<wire::ListCatalogsResponse>, Status> {
        self.operator(&request)?;
        Ok(Response::new(self.listed_catalogs(request.into_inner()).await?))
    }

    async fn show(
        &self,
        request: Request<wire::ShowCatalogRequest>,
    ) -> Result<Response<wire::ShowCatalogResponse>, Status> {
        self.operator(&request)?;
        let is_zh = super::is_zh(&request);
        Ok(Response::new(self.show_catalog(request.into_inner(), is_zh).await?))
    }

    async fn check(
        &self,
        request: Request<wire::CheckCatalogRequest>,
    ) -> Result<Response<wire::CheckCatalogResponse>, Status> {
        self.operator(&request)?;
        let asked = request.into_inner();
        if !asked.content.is_empty() {
            let file_name = asked.file_name.clone();
            let checked = self.app().check_file(import::check_question(asked)?).await.map_err(refused)?;
            return Ok(Response::new(check::of_file(&file_name, checked)));
        }
        let catalog = catalog_of(&asked.catalog)?;
        let (loaded, checked) = self.app().check_catalog(&catalog, &asked.revision).await.map_err(refused)?;
        let sources = self.app().sources(&catalog).await.map_err(refused)?;
        Ok(Response::new(check::response(&loaded.catalog, checked, &sources)))
    }

    async fn waive(&self, request: Request<wire::WaiveRequest>) -> Result<Response<wire::WaiveResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let catalog = catalog_of(&asked.catalog)?;
        let question =
            WaiveQuestion { rule: asked.rule, item: asked.item, revision: asked.revision, reason: asked.reason };
        let waived = self.app().waive(&operator, &catalog, question).await.map_err(refused)?;
        Ok(Response::new(wire::WaiveResponse {
            catalog: catalog.to_string(),
            waiver: Some(check::standing(&waived.standing)),
            findings: convert::count(waived.findings),
            unchanged: waived.is_unchanged,
        }))
    }

    async fn recall_waiver(
        &self,
        request: Request<wire::RecallWaiverRequest>,
    ) -> Result<Response<wire::ListWaiversResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let catalog = catalog_of(&asked.catalog)?;
        let recalled = self.app().recall_waiver(&operator, &catalog, &asked.waiver, asked.reason).await;
        Ok(Response::new(check::waivers(&recalled.map_err(refused)?)))
    }

    async fn list_waivers(
        &self,
        request: Request<wire::ListWaiversRequest>,
    ) -> Result<Response<wire::ListWaiversResponse>, Status> {
        self.operator(&request)?;
        let loaded = self.known_catalog(&request.into_inner().catalog).await?;
        Ok(Response::new(check::waivers(&loaded)))
    }

    async fn mappings(
        &self,
        request: Request<wire::MappingsRequest>,
    ) -> Result<Response<wire::MappingsResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let division = Some(asked.division.as_str());
        let kept = if asked.remove.is_empty() {
            self.app().kept_mapping(division).await
        } else {
            self.app().forget_mapping(&operator, division, &asked.publisher, &asked.remove).await
        };
        let (division, mut kept) = kept.map_err(refused)?;
        let office = gongkai_sheets::publisher_key(&asked.publisher);
        kept.retain(|kept| office.is_empty() || gongkai_sheets::publisher_key(&kept.publisher) == office);
        Ok(Response::new(import::mappings(&division, kept)))
    }

    async fn template(
        &self,
        request: Request<wire::TemplateRequest>,
    ) -> Result<Response<wire::TemplateResponse>, Status> {
        self.operator(&request)?;
        Ok(Response::new(self.form(&request.into_inner())?))
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
        let effective_from = day_of(&asked.effective_from)?;
        let change = SubmittedChange { reason: asked.note, basis: asked.basis, effective_from };
        let (loaded, unchanged) = match self.app().submit_change(&operator, &catalog, change).await {
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
        if !asked.item.is_empty() {
            let found = self.app().item_history(&catalog, &asked.item).await.map_err(refused)?;
            return Ok(Response::new(history::of_item(&catalog, found)));
        }
        let mut events = self.app().history(&catalog).await.map_err(refused)?;
        let kept = usize::try_from(asked.limit).ok().filter(|limit| *limit > 0).unwrap_or(events.len());
        let latest = events.split_off(events.len().saturating_sub(kept));
        let events = latest.into_iter().map(|happened| event(happened, sentence)).collect();
        let catalog = catalog.to_string();
        Ok(Response::new(wire::CatalogHistoryResponse { catalog, events, ..Default::default() }))
    }

    async fn proposals(
        &self,
        request: Request<wire::ListProposalsRequest>,
    ) -> Result<Response<wire::ListProposalsResponse>, Status> {
        self.operator(&request)?;
        Ok(Response::new(self.listed_proposals(request.into_inner()).await?))
    }

    async fn accept(
        &self,
        request: Request<wire::AnswerProposalRequest>,
    ) -> Result<Response<wire::AnswerProposalResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let answered = self.app().accept_proposal(&operator, &asked.proposal).await.map_err(refused)?;
        let (loaded, hash, unchanged) = answered;
        let proposal = self.proposal_of(&loaded, hash);
        Ok(Response::new(wire::AnswerProposalResponse { proposal, unchanged }))
    }

    async fn decline(
        &self,
        request: Request<wire::AnswerProposalRequest>,
    ) -> Result<Response<wire::AnswerProposalResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let answered = self.app().decline_proposal(&operator, &asked.proposal, &asked.reason).await.map_err(refused)?;
        let (loaded, hash, unchanged) = answered;
        let proposal = self.proposal_of(&loaded, hash);
        Ok(Response::new(wire::AnswerProposalResponse { proposal, unchanged }))
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
        Ok(Response::new(self.exported(&loaded, &asked.revision, &asked.format)?))
    }
}

impl Admin {
    pub(super) fn catalog_row(
        &self,
        row: &CatalogRow,
        published: &(u64, BTreeMap<CatalogId, Digest>),
    ) -> wire::CatalogRow {
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
            state: match summary.blocked {
                Some(_) => "over-budget".to_owned(),
                None => {
                    convert::catalog_state(summary.status, summary.draft.is_some(), summary.is_in_conflict).to_owned()
                }
            },
            revision: text(summary.draft.or(summary.submitted)),
            approved_revision: text(summary.latest_approved),
            edition: if is_published { published.0 } else { 0 },
            waiting_for: row.waiting_for.clone(),
            updated_at_ms: row.updated_at_ms,
            is_conflict: summary.is_in_conflict,
            is_own: world.custodian(&summary.catalog.division) == world.me,
            ..wire::CatalogRow::default()
        }
    }

    fn submitted(&self, loaded: &Loaded, unchanged: bool) -> wire::SubmitCatalogResponse {
        let mut response =
            wire::SubmitCatalogResponse { catalog: loaded.catalog.to_string(), unchanged, ..Default::default() };
        if let Some(head) = loaded.state.head() {
            (response.items_changed, response.items_carried) = loaded.pending_counts(head);
            response.revision = head.revision.to_string();
            response.submission = head.hash.to_string();
            response.steps = convert::steps(&self.app().world(), head);
        }
        response
    }
}

/// A catalog's state in one word.
pub(super) fn state_of(loaded: &Loaded) -> &'static str {
    let status = loaded.state.head().map(|head| head.status);
    convert::catalog_state(status, loaded.draft.is_some(), loaded.state.is_in_conflict)
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
        carried: happened.carried,
        returned_to_review: happened.lapsed,
    }
}
