//! The review steps that a routing table prescribes for a catalog.
//!
//! Invariant: whether steps are right does not depend on the day on which they are looked at, nor on what was ordered
//! since: every department that the table names for some day, every division that stood there by some order, and every
//! chain of a level or kind that the owner ever had is right. What is new is made by today's.

use std::collections::BTreeSet;

use gongkai_model::{
    digest::Digest,
    domain::{self, ROLE_COUNTERPART, Reviewer, RoutingTable},
    id::CatalogId,
    review::{Prescribed, PrescribedStep, Step},
    tree::Division,
};

use super::World;
use crate::found::bare_division;

impl World {
    /// The review steps of a catalog under a routing table, as they stand today; `None` while the table is not here.
    pub fn steps(&self, routing: &Digest, catalog: &CatalogId) -> Option<Vec<Step>> {
        Some(self.prescribed(routing, catalog)?.steps())
    }

    /// What a routing table prescribes for a catalog, today and on any other day.
    pub fn prescribed(&self, routing: &Digest, catalog: &CatalogId) -> Option<Prescribed> {
        let put = self.tables.get(routing)?;
        let (version, table) = (&put.version, &put.routing);
        let unknown = bare_division(&catalog.division, None);
        let owner = self.tree().get(&catalog.division).unwrap_or(&unknown);
        let today = table.review_steps(&catalog.domain, owner);
        let prescribed = |steps: &[domain::Step]| {
            steps.iter().map(|step| self.prescribed_step(table, catalog, step)).collect::<Vec<_>>()
        };
        let chain_of = |record: &Division| table.review_steps(&catalog.domain, record);
        let others: BTreeSet<Vec<domain::Step>> = self.ever.records(&catalog.division).iter().map(chain_of).collect();
        let others = others.iter().filter(|steps| **steps != today).map(|steps| prescribed(steps)).collect();
        Some(Prescribed { version: *version, steps: prescribed(&today), others })
    }

    /// The department is the step's own where it names one, else the domain's for its counterpart.
    fn prescribed_step(&self, table: &RoutingTable, catalog: &CatalogId, step: &domain::Step) -> PrescribedStep {
        let (division, is_outside) = match step.reviewer(self.tree(), &catalog.division) {
            Reviewer::Division(division) => (division, false),
            Reviewer::Outside => (self.root.clone(), true),
        };
        let ever = self.ever.above(&catalog.division, usize::try_from(step.levels_up).unwrap_or(usize::MAX));
        let is_outside_ever = is_outside || ever.is_above_top;
        let tops = [&self.root].into_iter().filter(|_| is_outside_ever);
        let divisions = ever.divisions.iter().chain(tops).chain([&division]).cloned().collect();
        let domain = table.domain(&catalog.domain).filter(|_| step.role == ROLE_COUNTERPART);
        let (department, departments) = match (&step.department, domain) {
            (Some(named), _) => (Some(named.clone()), BTreeSet::from([Some(named.clone())])),
            (None, Some(domain)) => (domain.department_on(&self.today).cloned(), domain.departments_ever()),
            (None, None) => (None, BTreeSet::from([None])),
        };
        let step = Step { division, department, role: step.role.clone(), is_outside };
        PrescribedStep { step, departments, divisions, is_outside_ever }
    }
}
