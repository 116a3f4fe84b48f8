//! The review steps that a routing table prescribes for a catalog.
//!
//! Invariant: whether steps are right does not depend on the day on which they are looked at: every department that the
//! table names for some day, and every division that stood there by some tree, is right. What is new is made by today's.

use std::collections::BTreeSet;

use gongkai_model::{
    digest::Digest,
    domain::{self, ROLE_COUNTERPART, Reviewer, RoutingTable},
    id::CatalogId,
    review::{Prescribed, PrescribedStep, Step},
    tree::Tree,
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
        let (version, table) = self.tables.get(routing)?;
        let unknown = bare_division(&catalog.division, None);
        let owner = self.tree().get(&catalog.division).unwrap_or(&unknown);
        let steps = table.review_steps(&catalog.domain, owner).into_iter();
        let steps = steps.map(|step| self.prescribed_step(table, catalog, step)).collect();
        Some(Prescribed { version: *version, steps })
    }

    /// The department is the step's own where it names one, else the domain's for its counterpart.
    fn prescribed_step(&self, table: &RoutingTable, catalog: &CatalogId, step: domain::Step) -> PrescribedStep {
        let place = |tree: &Tree| match step.reviewer(tree, &catalog.division) {
            Reviewer::Division(division) => (division, false),
            Reviewer::Outside => (self.root.clone(), true),
        };
        let (division, is_outside) = place(self.tree());
        let divisions = self.earlier.iter().chain([self.tree()]).map(|tree| place(tree).0).collect();
        let domain = table.domain(&catalog.domain).filter(|_| step.role == ROLE_COUNTERPART);
        let (department, departments) = match (&step.department, domain) {
            (Some(named), _) => (Some(named.clone()), BTreeSet::from([Some(named.clone())])),
            (None, Some(domain)) => (domain.department_on(&self.today).cloned(), domain.departments_ever()),
            (None, None) => (None, BTreeSet::from([None])),
        };
        let step = Step { division, department, role: step.role.clone(), is_outside };
        PrescribedStep { step, departments, divisions }
    }
}
