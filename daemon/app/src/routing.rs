//! The routing table and what follows from it: changes of the table, and open reviews that are moved after one.
//!
//! Invariant: only the top node writes tables, each as a whole, and a table moves nothing by itself: an open review
//! keeps its steps until a reroute entry names others. Left out: deciding (review).

use gongkai_journal::{
    kind::Kind,
    payload::{self, TablePut},
};
use gongkai_model::{
    digest::Digest,
    domain::{RoutingTable, TableChange},
    id::{CatalogId, DepartmentSlug, DomainSlug},
    review::{Intent, Step, SubmissionState, admit},
};
use gongkai_store::Draft;

use crate::{Action, App, Error, Loaded, Operator, Result, act::Subject};

mod error;

pub use error::RoutingError;

/// A table before and after a change.
#[derive(Clone, Debug)]
pub struct TableChanged {
    /// The version after it.
    pub version: u64,
    /// The entry that carries it; `None` for a dry run.
    pub entry: Option<Digest>,
    /// The table before.
    pub before: RoutingTable,
    /// The table after.
    pub after: RoutingTable,
    /// Open reviews whose steps the table in force prescribes otherwise.
    pub outdated: Vec<OutdatedReview>,
}

/// An open review whose steps the table in force prescribes otherwise.
#[derive(Clone, Debug)]
pub struct OutdatedReview {
    /// The catalog.
    pub catalog: CatalogId,
    /// The submission.
    pub submission: Digest,
    /// Its steps.
    pub from: Vec<Step>,
    /// What the table prescribes today.
    pub to: Vec<Step>,
}

/// Which open reviews to move.
#[derive(Clone, Debug)]
pub enum RerouteScope {
    /// The current submission of a catalog.
    Catalog(CatalogId),
    /// Those of a domain.
    Domain(DomainSlug),
    /// All.
    All,
}

impl App {
    /// Changes the table and hands it down.
    pub async fn change_table(
        &self,
        operator: &Operator,
        change: TableChange,
        is_dry_run: bool,
    ) -> Result<TableChanged> {
        let action = action_of(&change);
        operator.may(action)?;
        let world = self.world();
        if world.me != world.root {
            return Err(RoutingError::NotTableOwner { root: world.root.clone(), me: world.me.clone() }.into());
        }
        if let TableChange::Chain(chain) = &change {
            let unknown = chain.owner_level.as_ref().filter(|level| world.vocabulary.levels.get(level).is_none());
            if let Some(level) = unknown {
                return Err(RoutingError::LevelUnknown { level: level.clone() }.into());
            }
        }
        let acting = self.begin(operator, action, Subject::NODE).await?;
        let (hash, before) = self.table_in_force().await?;
        let after = before.routing.changed(change).map_err(RoutingError::from)?;
        let version = before.version + 1;
        let mut changed = TableChanged {
            version,
            entry: None,
            before: before.routing.clone(),
            after: after.clone(),
            outdated: Vec::new(),
        };
        if is_dry_run {
            return Ok(changed);
        }
        let put = TablePut { version, routing: after, ..before };
        let draft = Draft::of(Kind::TablePut, world.root.clone(), payload::encode(&put));
        changed.entry = Some(acting.record_one(draft).await?);
        debug_assert_ne!(changed.entry, Some(hash), "a new table is a new entry");
        changed.outdated = self.outdated_reviews(&RerouteScope::All).await?;
        Ok(changed)
    }

    /// The whole of the tables in force.
    async fn table_in_force(&self) -> Result<(Digest, TablePut)> {
        let (hash, _) = self.world().routing().map(|(hash, table)| (hash, table.clone()))?;
        let entry = self.store().entry(&hash).await?.ok_or(Error::RoutingMissing)?;
        let damaged = |why: String| Error::Damaged { hash: hash.to_string(), why };
        let bytes = entry.payload.as_deref().ok_or_else(|| damaged("its payload is not here".to_owned()))?;
        let put = payload::decode(&entry.header.kind, bytes).map_err(|error| damaged(error.to_string()))?;
        Ok((hash, put))
    }

    /// The open reviews that the table in force would lead elsewhere.
    pub async fn outdated_reviews(&self, scope: &RerouteScope) -> Result<Vec<OutdatedReview>> {
        let world = self.world();
        let Ok((routing, _)) = world.routing() else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for row in self.catalog_rows().await? {
            let catalog = row.summary.catalog;
            let is_open = row.summary.status.is_some_and(|status| status.open_step().is_some());
            let is_asked = match scope {
                RerouteScope::Catalog(asked) => catalog == *asked,
                RerouteScope::Domain(domain) => catalog.domain == *domain,
                RerouteScope::All => true,
            };
            if !is_open || !is_asked {
                continue;
            }
            let loaded = self.load(&catalog).await?;
            let Some(head) = loaded.state.head() else { continue };
            let to = world.steps(&routing, &catalog).unwrap_or_default();
            if is_outdated(head, &to) {
                let (submission, from) = (head.hash, head.steps.clone());
                found.push(OutdatedReview { catalog, submission, from, to });
            }
        }
        Ok(found)
    }

    /// Moves open reviews to the steps of the table in force; gives what was moved, or would be.
    pub async fn reroute(
        &self,
        operator: &Operator,
        scope: RerouteScope,
        to: Option<DepartmentSlug>,
        reason: String,
        is_dry_run: bool,
    ) -> Result<Vec<OutdatedReview>> {
        let acting = self.begin(operator, Action::RoutingReroute, Subject::NODE).await?;
        let mut reviews = self.outdated_reviews(&scope).await?;
        if let RerouteScope::Catalog(catalog) = &scope
            && reviews.is_empty()
        {
            // The machine names why: closed, or there already.
            reviews.push(self.current_review(catalog).await?);
        }
        check_target(&reviews, to.as_ref())?;
        let world = self.world();
        let (routing, _) = world.routing()?;
        for review in &reviews {
            let loaded = self.load_known(&review.catalog).await?;
            let intent = Intent::Reroute {
                submission: review.submission,
                routing,
                steps: review.to.clone(),
                reason: reason.clone(),
            };
            let act = admit(&loaded.state, intent, &acting.actor())?;
            if !is_dry_run {
                acting.record_act(&review.catalog, act).await?;
            }
        }
        Ok(reviews)
    }

    async fn current_review(&self, catalog: &CatalogId) -> Result<OutdatedReview> {
        let loaded = self.load_known(catalog).await?;
        let head = loaded.state.head().ok_or_else(|| loaded.lacks("submission", ""))?;
        let world = self.world();
        let (routing, _) = world.routing()?;
        let to = world.steps(&routing, catalog).unwrap_or_default();
        Ok(OutdatedReview { catalog: catalog.clone(), submission: head.hash, from: head.steps.clone(), to })
    }

    /// Refuses a decision on a step that the table in force gives to somebody else: a reroute comes first.
    pub(crate) fn require_step_in_force(&self, loaded: &Loaded, head: &SubmissionState, step: u32) -> Result<()> {
        let world = self.world();
        let (routing, _) = world.routing()?;
        let today = world.steps(&routing, &loaded.catalog).unwrap_or_default();
        let index = usize::try_from(step).unwrap_or(usize::MAX);
        let Some(frozen) = head.steps.get(index) else { return Ok(()) };
        if today.get(index).is_some_and(|today| today.is_same(frozen)) {
            return Ok(());
        }
        let name = |step: Option<&Step>| {
            let department = step.and_then(|step| step.department.as_ref()).map_or("", |slug| slug.as_str());
            format!("{} {department}", step.map_or("", |step| step.division.as_str())).trim().to_owned()
        };
        Err(RoutingError::StepOutdated {
            catalog: loaded.catalog.clone(),
            from: name(Some(frozen)),
            to: name(today.get(index)),
        }
        .into())
    }
}

/// The call by which a table is changed so.
fn action_of(change: &TableChange) -> Action {
    match change {
        TableChange::Chain(_) | TableChange::DropChain(_) => Action::RoutingSetChain,
        TableChange::Assign { .. } => Action::RoutingAssign,
        TableChange::Department(_) => Action::RoutingPutDepartment,
        TableChange::Domain(_) | TableChange::Names { .. } => Action::RoutingPutDomain,
        TableChange::Pilot { .. } => Action::RoutingSetPilot,
        TableChange::Law(_) | TableChange::DropLaw(_) => Action::RoutingPutLaw,
    }
}

fn is_outdated(head: &SubmissionState, to: &[Step]) -> bool {
    head.steps.len() != to.len() || head.steps.iter().zip(to).any(|(from, to)| !from.is_same(to))
}

/// The department asked for must be where the table leads: a person names it to be sure, not to choose.
fn check_target(reviews: &[OutdatedReview], to: Option<&DepartmentSlug>) -> Result<()> {
    let Some(asked) = to else { return Ok(()) };
    let elsewhere = reviews.iter().find(|review| review.to.iter().all(|step| step.department.as_ref() != Some(asked)));
    let Some(review) = elsewhere else { return Ok(()) };
    let departments: Vec<String> =
        review.to.iter().filter_map(|step| step.department.as_ref()).map(ToString::to_string).collect();
    Err(RoutingError::RerouteElsewhere {
        catalog: review.catalog.clone(),
        asked: asked.clone(),
        prescribed: departments.join(", "),
    }
    .into())
}
