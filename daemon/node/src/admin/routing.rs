//! RoutingService: the table with its versions, changes of it, and open reviews that are moved.
//!
//! Invariant: a change is one use case and gives a whole new table; reading calls change nothing.

use gongkai_app::{Operator, OutdatedReview, RerouteScope, TableChanged, World, one};
use gongkai_model::{
    digest::Digest,
    domain::{Assignment, Chain, Department, Domain, Law, RoutingTable, Step, TableChange},
    id::{CatalogId, Day, DepartmentSlug, DivisionId, DomainSlug},
    named::{Beginning, only},
    review,
};
use gongkai_proto::admin::v1::{self as wire, routing_service_server::RoutingService};
use tonic::{Request, Response, Status};

use super::{Admin, refuse::refused};
use crate::Error;

#[tonic::async_trait]
impl RoutingService for Admin {
    async fn show(
        &self,
        request: Request<wire::ShowRoutingRequest>,
    ) -> Result<Response<wire::ShowRoutingResponse>, Status> {
        self.operator(&request)?;
        let asked = request.into_inner();
        let world = self.app().world();
        let outdated = self.app().outdated_reviews(&RerouteScope::All).await.map_err(refused)?;
        let mut shown = shown(&world, &asked).map_err(refused)?;
        shown.outdated = outdated.iter().map(outdated_review).collect();
        Ok(Response::new(shown))
    }

    async fn set_chain(
        &self,
        request: Request<wire::SetChainRequest>,
    ) -> Result<Response<wire::ChangeTableResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let chain = chain_of(asked.chain.unwrap_or_default()).map_err(refused)?;
        let change = if asked.drop { TableChange::DropChain(chain) } else { TableChange::Chain(chain) };
        self.change(&operator, change, asked.dry_run).await
    }

    async fn assign(
        &self,
        request: Request<wire::AssignDomainRequest>,
    ) -> Result<Response<wire::ChangeTableResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let read = || -> Result<TableChange, Error> {
            let assignment = assignment(&asked.department, &asked.from)?;
            Ok(TableChange::Assign { domain: DomainSlug::parse(&asked.domain)?, assignment })
        };
        self.change(&operator, read().map_err(refused)?, asked.dry_run).await
    }

    async fn put_department(
        &self,
        request: Request<wire::PutDepartmentRequest>,
    ) -> Result<Response<wire::ChangeTableResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let slug = DepartmentSlug::parse(&asked.slug).map_err(Error::from).map_err(refused)?;
        let department = Department { slug, name: asked.name, base_name: asked.base_name, name_en: asked.name_en };
        self.change(&operator, TableChange::Department(department), asked.dry_run).await
    }

    async fn put_domain(
        &self,
        request: Request<wire::PutDomainRequest>,
    ) -> Result<Response<wire::ChangeTableResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let is_dry_run = asked.dry_run;
        self.change(&operator, domain_change(asked).map_err(refused)?, is_dry_run).await
    }

    async fn set_pilot(
        &self,
        request: Request<wire::SetPilotRequest>,
    ) -> Result<Response<wire::ChangeTableResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let catalog = CatalogId::parse(&asked.catalog).map_err(Error::from).map_err(refused)?;
        let change = TableChange::Pilot { catalog, is_pilot: asked.is_pilot };
        self.change(&operator, change, asked.dry_run).await
    }

    async fn put_law(
        &self,
        request: Request<wire::PutLawRequest>,
    ) -> Result<Response<wire::ChangeTableResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let law = law_of(asked.law.unwrap_or_default()).map_err(refused)?;
        let change = if asked.drop { TableChange::DropLaw(law.title) } else { TableChange::Law(Box::new(law)) };
        self.change(&operator, change, asked.dry_run).await
    }

    async fn reroute(&self, request: Request<wire::RerouteRequest>) -> Result<Response<wire::RerouteResponse>, Status> {
        let operator = self.operator(&request)?;
        let asked = request.into_inner();
        let scope = self.scope(&asked).await.map_err(refused)?;
        let to = Some(asked.to.as_str()).filter(|text| !text.is_empty()).map(DepartmentSlug::parse).transpose();
        let to = to.map_err(Error::from).map_err(refused)?;
        let moved = self.app().reroute(&operator, scope, to, asked.reason, asked.dry_run).await.map_err(refused)?;
        let rerouted = moved.iter().map(outdated_review).collect();
        Ok(Response::new(wire::RerouteResponse { rerouted, dry_run: asked.dry_run }))
    }

    async fn document(
        &self,
        request: Request<wire::OutsideDocumentRequest>,
    ) -> Result<Response<wire::OutsideDocumentResponse>, Status> {
        self.operator(&request)?;
        let asked = request.into_inner();
        let catalog = self.app().catalog_or_submission(&asked.catalog).await.map_err(refused)?;
        let decision = Some(asked.decision.as_str()).filter(|text| !text.is_empty()).map(str::parse::<Digest>);
        let bad = |_| refused(Error::BadRequest { what: "a decision is named by its entry's whole hash".to_owned() });
        let decision = decision.transpose().map_err(bad)?;
        let found = self.app().outside_document(&catalog, decision).await.map_err(refused)?;
        Ok(Response::new(wire::OutsideDocumentResponse {
            catalog: catalog.to_string(),
            authority: found.outside.authority,
            doc_no: found.outside.document_no,
            decided_on: found.outside.decided_on.map_or_else(String::new, |day| day.to_string()),
            file_name: found.outside.file_name,
            file_digest: found.outside.file_digest.to_string(),
            file: found.content,
        }))
    }
}

impl Admin {
    async fn change(
        &self,
        operator: &Operator,
        change: TableChange,
        is_dry_run: bool,
    ) -> Result<Response<wire::ChangeTableResponse>, Status> {
        let changed = self.app().change_table(operator, change, is_dry_run).await.map_err(refused)?;
        Ok(Response::new(changed_response(&self.app().world(), &changed, is_dry_run)))
    }

    async fn scope(&self, asked: &wire::RerouteRequest) -> Result<RerouteScope, Error> {
        match (asked.submission.as_str(), asked.domain.as_str(), asked.all) {
            ("", "", true) => Ok(RerouteScope::All),
            ("", domain, false) if !domain.is_empty() => Ok(RerouteScope::Domain(DomainSlug::parse(domain)?)),
            (text, "", false) if !text.is_empty() => {
                Ok(RerouteScope::Catalog(self.app().catalog_or_submission(text).await?))
            }
            _ => Err(Error::BadRequest { what: "name one submission, one domain, or all".to_owned() }),
        }
    }
}

fn shown(world: &World, asked: &wire::ShowRoutingRequest) -> Result<wire::ShowRoutingResponse, Error> {
    let (in_force, _) = world.routing()?;
    let versions = world.routing_versions();
    let row = |version: u64, hash: Digest| wire::TableVersion {
        version,
        entry: hash.to_string(),
        is_in_force: hash == in_force,
    };
    let missing = || Error::BadRequest { what: "no such version of the routing table is here".to_owned() };
    let beginning = Beginning::parse(&asked.version);
    let is_meant = |version: u64, hash: &Digest| match asked.version.as_str() {
        "" => *hash == in_force,
        text => version.to_string() == text || beginning.as_ref().is_some_and(|beginning| beginning.fits(hash)),
    };
    let meant = versions.iter().filter(|(version, hash, _)| is_meant(*version, hash));
    let meant = only(meant.map(|(version, hash, _)| (*hash, format!("{hash} ({version})"))));
    let meant = one(meant, "version of the routing table", &asked.version, missing)?;
    let found = versions.iter().find(|(_, hash, _)| *hash == meant);
    let (version, hash, table) = found.ok_or_else(missing)?;
    let fits = |slug: &DomainSlug| asked.domain.is_empty() || slug.as_str() == asked.domain;
    let domains = table.domains.iter().filter(|domain| fits(&domain.slug));
    let chains = table.chains.iter().filter(|chain| chain.domain.as_ref().is_none_or(fits));
    Ok(wire::ShowRoutingResponse {
        table: Some(row(*version, *hash)),
        versions: versions.iter().map(|(version, hash, _)| row(*version, *hash)).collect(),
        domains: domains.map(|domain| domain_row(world, table, domain)).collect(),
        chains: chains.map(chain_row).collect(),
        pilots: table.pilots.iter().filter(|pilot| fits(&pilot.domain)).map(ToString::to_string).collect(),
        laws: table.laws.iter().map(law_row).collect(),
        outdated: Vec::new(),
    })
}

fn domain_row(world: &World, table: &RoutingTable, domain: &Domain) -> wire::DomainRow {
    let department = domain.department_on(&world.today);
    let name = department.and_then(|slug| table.department(slug)).map_or_else(String::new, |found| found.name.clone());
    let departments = domain.departments.iter().map(|assignment| wire::DomainAssignment {
        from: assignment.from.to_string(),
        department: assignment.department.to_string(),
    });
    wire::DomainRow {
        slug: domain.slug.to_string(),
        name: domain.name.clone(),
        name_en: domain.name_en.clone(),
        number: domain.number,
        aliases: domain.aliases.clone(),
        department: department.map_or_else(String::new, ToString::to_string),
        department_name: name,
        departments: departments.collect(),
        due: domain.due.as_ref().map_or_else(String::new, ToString::to_string),
    }
}

fn chain_row(chain: &Chain) -> wire::ChainRow {
    let steps = chain.steps.iter().map(|step| wire::ChainStep {
        levels_up: step.levels_up,
        role: step.role.clone(),
        department: step.department.as_ref().map_or_else(String::new, ToString::to_string),
    });
    wire::ChainRow {
        domain: chain.domain.as_ref().map_or_else(String::new, ToString::to_string),
        owner: chain.owner.as_ref().map_or_else(String::new, ToString::to_string),
        owner_kind: chain.owner_kind.clone().unwrap_or_default(),
        owner_level: chain.owner_level.clone().unwrap_or_default(),
        steps: steps.collect(),
    }
}

fn outdated_review(review: &OutdatedReview) -> wire::OutdatedReview {
    let steps = |steps: &[review::Step]| {
        let steps = steps.iter().map(|step| wire::RoutedStep {
            division: step.division.to_string(),
            department: step.department.as_ref().map_or_else(String::new, ToString::to_string),
            role: step.role.clone(),
            is_outside: step.is_outside,
        });
        steps.collect()
    };
    wire::OutdatedReview {
        catalog: review.catalog.to_string(),
        submission: review.submission.to_string(),
        from: steps(&review.from),
        to: steps(&review.to),
    }
}

/// What differs from the table before.
fn changed_response(world: &World, changed: &TableChanged, is_dry_run: bool) -> wire::ChangeTableResponse {
    let (before, after) = (&changed.before, &changed.after);
    let domains = after.domains.iter().filter(|domain| !before.domains.contains(domain));
    let chains = after.chains.iter().filter(|chain| !before.chains.contains(chain));
    wire::ChangeTableResponse {
        version: changed.version,
        entry: changed.entry.map_or_else(String::new, |entry| entry.to_string()),
        domains: domains.map(|domain| domain_row(world, after, domain)).collect(),
        chains: chains.map(chain_row).collect(),
        pilots: after.pilots.iter().map(ToString::to_string).collect(),
        laws: after.laws.iter().filter(|law| !before.laws.contains(law)).map(law_row).collect(),
        outdated: changed.outdated.iter().map(outdated_review).collect(),
        dry_run: is_dry_run,
    }
}

fn law_row(law: &Law) -> wire::LawRow {
    wire::LawRow {
        title: law.title.clone(),
        doc_no: law.doc_no.clone(),
        also: law.also.clone(),
        repealed_from: law.repealed_from.as_ref().map_or_else(String::new, ToString::to_string),
        replaced_by: law.by.clone(),
    }
}

fn law_of(row: wire::LawRow) -> Result<Law, Error> {
    let bare = |text: &str| text.trim().trim_start_matches('《').trim_end_matches('》').to_owned();
    Ok(Law {
        title: bare(&row.title),
        doc_no: row.doc_no.trim().to_owned(),
        also: row.also.iter().map(|name| bare(name)).collect(),
        repealed_from: filled(&row.repealed_from).map(Day::parse).transpose()?,
        by: bare(&row.replaced_by),
    })
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn chain_of(row: wire::ChainRow) -> Result<Chain, Error> {
    let steps = row.steps.iter().map(|step| {
        let department = filled(&step.department).map(DepartmentSlug::parse).transpose()?;
        Ok(Step { levels_up: step.levels_up, role: step.role.clone(), department })
    });
    Ok(Chain {
        domain: filled(&row.domain).map(DomainSlug::parse).transpose()?,
        owner: filled(&row.owner).map(DivisionId::parse).transpose()?,
        owner_kind: filled(&row.owner_kind).map(str::to_owned),
        owner_level: filled(&row.owner_level).map(str::to_owned),
        steps: steps.collect::<Result<_, Error>>()?,
    })
}

fn assignment(department: &str, from: &str) -> Result<Assignment, Error> {
    let from = filled(from).map(Day::parse).transpose()?.unwrap_or_else(Day::earliest);
    Ok(Assignment { from, department: DepartmentSlug::parse(department)? })
}

/// A new domain, or more names of one.
fn domain_change(asked: wire::PutDomainRequest) -> Result<TableChange, Error> {
    let slug = DomainSlug::parse(&asked.slug)?;
    if asked.name.is_empty() {
        return Ok(TableChange::Names { domain: slug, aliases: asked.aliases });
    }
    let departments = match filled(&asked.department) {
        Some(department) => vec![assignment(department, &asked.from)?],
        None => Vec::new(),
    };
    let due = filled(&asked.due).map(Day::parse).transpose()?;
    let domain =
        Domain { slug, number: 0, name: asked.name, name_en: asked.name_en, aliases: asked.aliases, departments, due };
    Ok(TableChange::Domain(Box::new(domain)))
}
