//! StandardService: import, hand down, offer; begin a catalog from a standard, compare it, move it onto a new version.
//!
//! Invariant: reading calls change nothing; writing calls go through one use case each.

use gongkai_app::{RebaseQuestion, StandardNews, StandardQuestion, StandardRow, StartQuestion};
use gongkai_model::{
    id::{CatalogId, DomainSlug},
    standard::{StandardId, StandardKind},
};
use gongkai_proto::{
    IMPORT_BYTES_MAX,
    admin::v1::{self as wire, standard_service_server::StandardService},
};
use tonic::{Request, Response, Status};

use super::{Admin, convert, refuse::refused, standard_rows};
use crate::Error;

fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn domain_of(text: &str) -> Result<Option<DomainSlug>, Error> {
    Ok(Some(text).filter(|text| !text.is_empty()).map(DomainSlug::parse).transpose()?)
}

#[tonic::async_trait]
impl StandardService for Admin {
    async fn import(
        &self,
        request: Request<wire::ImportStandardRequest>,
    ) -> Result<Response<wire::ImportStandardResponse>, Status> {
        let operator = self.operator(&request)?;
        let question = question(request.into_inner()).map_err(refused)?;
        let is_dry_run = question.is_dry_run;
        let imported = self.app().import_standard(&operator, question).await.map_err(refused)?;
        let world = self.app().world();
        Ok(Response::new(standard_rows::imported(&world, imported, is_dry_run)))
    }

    async fn list(
        &self,
        request: Request<wire::ListStandardsRequest>,
    ) -> Result<Response<wire::ListStandardsResponse>, Status> {
        self.operator(&request)?;
        let asked = request.into_inner();
        let domain = domain_of(&asked.domain).map_err(refused)?;
        let mut standards = self.listed(domain.as_ref()).await.map_err(refused)?;
        if !asked.all {
            standards.retain(|row| row.state != standard_rows::SUPERSEDED);
        }
        Ok(Response::new(wire::ListStandardsResponse { node: self.node_id(), standards }))
    }

    async fn show(
        &self,
        request: Request<wire::ShowStandardRequest>,
    ) -> Result<Response<wire::ShowStandardResponse>, Status> {
        self.operator(&request)?;
        let asked = request.into_inner();
        let domain = domain_of(&asked.domain).map_err(refused)?;
        let version = self.app().standard_named(&asked.standard, domain.as_ref()).await.map_err(refused)?;
        let content = version.content.in_order().into_iter();
        let items = content.map(|(id, slot)| {
            let item = version.template().item(id, slot.item());
            let slot = gongkai_model::revision::Slot::new(slot.order, slot.serial.clone(), item);
            convert::slot(&version.content.catalog, id, &slot, "")
        });
        let row = self.row_of(&version.row).await.map_err(refused)?;
        let uses = self.uses(&version.row).await.map_err(refused)?;
        Ok(Response::new(wire::ShowStandardResponse { standard: Some(row), items: items.collect(), uses }))
    }

    async fn send(
        &self,
        request: Request<wire::SendStandardRequest>,
    ) -> Result<Response<wire::SendStandardResponse>, Status> {
        let operator = self.operator(&request)?;
        let id = self.issued(&request.into_inner().standard).await.map_err(refused)?;
        let row = self.app().send_standard(&operator, &id).await.map_err(refused)?;
        let world = self.app().world();
        let below = world.tree().subtree(&world.me).len().saturating_sub(1);
        let standard = Some(self.row_of(&row).await.map_err(refused)?);
        Ok(Response::new(wire::SendStandardResponse { standard, divisions: convert::count(below) }))
    }

    async fn offer(
        &self,
        request: Request<wire::OfferStandardRequest>,
    ) -> Result<Response<wire::OfferStandardResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let catalog = CatalogId::parse(&asked.catalog).map_err(Error::from).map_err(refused)?;
        let offer = self.app().offer_catalog(&operator, &catalog, asked.note).await.map_err(refused)?;
        let loaded = self.app().load_known(&catalog).await.map_err(refused)?;
        let items = loaded.revisions.get(&offer.offer.revision).map_or(0, |revision| revision.items.len());
        Ok(Response::new(wire::OfferStandardResponse {
            catalog: catalog.to_string(),
            revision: offer.offer.revision.to_string(),
            items: convert::count(items),
        }))
    }

    async fn compare(
        &self,
        request: Request<wire::CompareStandardRequest>,
    ) -> Result<Response<wire::CompareStandardResponse>, Status> {
        self.operator(&request)?;
        let asked = request.into_inner();
        let catalog = CatalogId::parse(&asked.catalog).map_err(Error::from).map_err(refused)?;
        let found = self.app().compare_catalog(&catalog, &asked.standard).await.map_err(refused)?;
        let row = self.row_of(&found.standard.row).await.map_err(refused)?;
        Ok(Response::new(standard_rows::compared(&catalog, row, &found)))
    }

    async fn start(
        &self,
        request: Request<wire::StartCatalogRequest>,
    ) -> Result<Response<wire::StartCatalogResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let is_dry_run = asked.dry_run;
        let question = StartQuestion {
            standard: asked.standard,
            domain: filled(asked.domain),
            division: filled(asked.division),
            is_dry_run,
        };
        let begun = self.app().start_catalog(&operator, question).await.map_err(refused)?;
        Ok(Response::new(wire::StartCatalogResponse {
            catalog: begun.revision.catalog.to_string(),
            revision: begun.revision.digest().to_string(),
            items: convert::count(begun.revision.items.len()),
            standard: begun.standard.id.to_string(),
            version: begun.standard.version,
            dry_run: is_dry_run,
        }))
    }

    async fn rebase(
        &self,
        request: Request<wire::RebaseCatalogRequest>,
    ) -> Result<Response<wire::RebaseCatalogResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let catalog = CatalogId::parse(&asked.catalog).map_err(Error::from).map_err(refused)?;
        let is_dry_run = asked.dry_run;
        let question = RebaseQuestion {
            catalog,
            standard: asked.standard,
            taken: asked.take,
            kept: asked.keep,
            reason: asked.reason,
            is_dry_run,
        };
        let moved = self.app().rebase_catalog(&operator, question).await.map_err(refused)?;
        Ok(Response::new(standard_rows::rebased(&moved, is_dry_run)))
    }
}

impl Admin {
    /// Versions handed down, drafts, and offers that are not handed down as they stand.
    async fn listed(&self, domain: Option<&DomainSlug>) -> Result<Vec<wire::StandardRow>, Error> {
        let world = self.app().world();
        let rows = self.app().standard_rows(domain).await?;
        let mut listed = standard_rows::rows(&world, &rows);
        for offer in self.app().offers().await? {
            let is_own = offer.offer.catalog.division == world.me;
            let is_asked = domain.is_none_or(|domain| *domain == offer.id.domain);
            let is_sent = rows.iter().any(|row| row.id == offer.id && row.at_ms >= offer.at_ms);
            if is_own || !is_asked || is_sent {
                continue;
            }
            let loaded = self.app().load(&offer.offer.catalog).await?;
            let content = loaded.revisions.get(&offer.offer.revision).map(AsRef::as_ref);
            listed.push(standard_rows::offered(&world, &offer, content));
        }
        Ok(listed)
    }

    /// A row with its state among the others of its standard.
    async fn row_of(&self, row: &StandardRow) -> Result<wire::StandardRow, Error> {
        let rows = self.app().standard_rows(Some(&row.id.domain)).await?;
        Ok(standard_rows::row(&self.app().world(), row, &rows))
    }

    /// The standard to hand down: an id, or a name that only one draft or offer of this node has.
    async fn issued(&self, text: &str) -> Result<StandardId, Error> {
        if text.contains('/') {
            return Ok(StandardId::parse(text)?);
        }
        Ok(self.app().standard_named(text, None).await?.row.id)
    }

    /// The catalogs known here that stand on a standard.
    async fn uses(&self, standard: &StandardRow) -> Result<Vec<wire::StandardUse>, Error> {
        let world = self.app().world();
        let mut uses = Vec::new();
        for row in self.app().catalog_rows().await? {
            let catalog = row.summary.catalog;
            if catalog.domain != standard.id.domain {
                continue;
            }
            let loaded = self.app().load(&catalog).await?;
            let named = loaded.working().and_then(|working| working.header.decode().standard);
            let Some(named) = named.filter(|named| named.id == standard.id) else { continue };
            uses.push(wire::StandardUse {
                division_name: world.name_of(&catalog.division),
                catalog: catalog.to_string(),
                is_in_force: named.revision == standard.revision,
                version: named.version,
            });
        }
        Ok(uses)
    }
}

fn question(asked: wire::ImportStandardRequest) -> Result<StandardQuestion, Error> {
    if asked.content.len() > IMPORT_BYTES_MAX {
        let what = format!("the file has {} bytes, {IMPORT_BYTES_MAX} are taken", asked.content.len());
        return Err(Error::BadRequest { what });
    }
    let kind = StandardKind::from_word(&asked.kind).filter(|kind| *kind != StandardKind::Pilot);
    let word: String = asked.kind.chars().take(40).collect();
    let kind = kind.ok_or_else(|| Error::BadRequest { what: format!("`{word}` is not `guideline` or `common`") })?;
    Ok(StandardQuestion {
        content: asked.content,
        file_name: asked.file_name,
        kind,
        domain: filled(asked.domain),
        name: filled(asked.name),
        version: asked.version,
        doc_no: asked.doc_no,
        authority: asked.authority,
        provenance: filled(asked.provenance),
        is_dry_run: asked.dry_run,
    })
}

/// What an open review is told of a newer version of its standard.
pub(super) fn news(news: Option<StandardNews>, is_zh: bool) -> Option<wire::Reason> {
    let news = news?;
    let (id, before, after) = (&news.named.id, &news.named.version, &news.in_force.version);
    let (touched, here) = (news.touched, news.items.len());
    let (message, hint) = if is_zh {
        (
            format!("标准 {id} 已有新版：{before} → {after}；{touched} 项不同，其中 {here} 项在本目录"),
            "编制单位套用新版（`gongkai catalog rebase`）后，涉及的事项重新审核",
        )
    } else {
        (
            format!(
                "standard {id} has a newer version: {after} instead of {before}; {touched} of its items differ, \
                 {here} of them stand here"
            ),
            "once the owner moves onto it (`gongkai catalog rebase`), what it touches is asked again",
        )
    };
    Some(wire::Reason { code: "GK-STD-010".to_owned(), message, hint: hint.to_owned() })
}
