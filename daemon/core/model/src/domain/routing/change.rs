//! Changes of a routing table, each of which gives a whole new table.
//!
//! Invariant: the result has passed the table's check; responsibility that has begun is never rewritten, only
//! followed by another from a later day. Left out: who may change tables, and the entry that carries one.

use super::{Chain, Error, Law, RoutingTable, law};
use crate::{
    domain::{Assignment, Department, Domain},
    id::{CatalogId, DomainSlug},
};

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableChange {
    /// Sets the review steps of some catalogs, in place of the chain of the same scope.
    Chain(Chain),
    /// Drops the chain of the same scope; what stands behind it counts again.
    DropChain(Chain),
    /// Gives a domain to a department from a day on.
    Assign {
        /// The domain.
        domain: DomainSlug,
        /// To whom and from when.
        assignment: Assignment,
    },
    /// Adds a line of departments, or gives one other names.
    Department(Department),
    /// Adds a domain (R13: without a release).
    Domain(Box<Domain>),
    /// Gives a domain more names.
    Names {
        /// The domain.
        domain: DomainSlug,
        /// The names.
        aliases: Vec<String>,
    },
    /// Says whether a catalog is a pilot's.
    Pilot {
        /// The catalog.
        catalog: CatalogId,
        /// Whether it is.
        is_pilot: bool,
    },
    /// Puts a law on the list of known titles, or says more of it.
    Law(Box<Law>),
    /// Takes the law with that title from the list.
    DropLaw(String),
}

impl RoutingTable {
    /// The table after a change.
    pub fn changed(&self, change: TableChange) -> Result<Self, Error> {
        let mut table = self.clone();
        match change {
            TableChange::Chain(chain) => table.set_chain(chain),
            TableChange::DropChain(chain) => table.chains.retain(|known| known.scope() != chain.scope()),
            TableChange::Assign { domain, assignment } => table.assign(&domain, assignment)?,
            TableChange::Department(department) => table.set_department(department),
            TableChange::Domain(domain) => table.domains.push(*domain),
            TableChange::Names { domain, aliases } => table.name(&domain, aliases)?,
            TableChange::Pilot { catalog, is_pilot: true } => drop(table.pilots.insert(catalog)),
            TableChange::Pilot { catalog, is_pilot: false } => drop(table.pilots.remove(&catalog)),
            TableChange::Law(law) => law::put(&mut table.laws, *law),
            TableChange::DropLaw(title) => table.laws.retain(|law| !law.is_named(&title)),
        }
        if table == *self {
            return Err(Error::NothingChanged);
        }
        table.check()?;
        Ok(table)
    }

    fn set_chain(&mut self, chain: Chain) {
        match self.chains.iter_mut().find(|known| known.scope() == chain.scope()) {
            Some(known) => *known = chain,
            None => self.chains.push(chain),
        }
    }

    fn assign(&mut self, domain: &DomainSlug, assignment: Assignment) -> Result<(), Error> {
        let known = self.domain_mut(domain)?;
        match known.departments.iter().find(|other| other.from == assignment.from) {
            Some(other) if other.department != assignment.department => Err(Error::AssignedOtherwise {
                domain: domain.clone(),
                department: other.department.clone(),
                from: assignment.from,
            }),
            Some(_) => Ok(()),
            None => {
                known.departments.push(assignment);
                known.departments.sort();
                Ok(())
            }
        }
    }

    fn set_department(&mut self, department: Department) {
        match self.departments.iter_mut().find(|known| known.slug == department.slug) {
            Some(known) => *known = department,
            None => self.departments.push(department),
        }
    }

    fn name(&mut self, domain: &DomainSlug, aliases: Vec<String>) -> Result<(), Error> {
        let known = self.domain_mut(domain)?;
        let new: Vec<String> = aliases.into_iter().filter(|alias| known.names().all(|name| name != alias)).collect();
        known.aliases.extend(new);
        Ok(())
    }

    fn domain_mut(&mut self, slug: &DomainSlug) -> Result<&mut Domain, Error> {
        let found = self.domains.iter_mut().find(|domain| domain.slug == *slug);
        found.ok_or_else(|| Error::DomainUnknown(slug.clone()))
    }
}
