//! The routing table: domains, departments and review chains as one versioned piece of data.
//!
//! Invariant: every answer is a function of the table and the arguments, and a table that says nothing about a
//! catalog means the plan's own order (the counterpart one level up), never "no review".
//! Left out: which version of the table a submission names (review), and who may change it (journal).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Department, Domain, TitleMatch, title};
use crate::{
    id::{CatalogId, Day, DepartmentSlug, DivisionId, DomainSlug},
    tree::{DEPTH_MAX, Division, Tree},
    vocabulary::fold,
};

mod change;
mod error;
mod law;

pub use change::TableChange;
pub use error::Error;
pub use law::{LAWS_MAX, Law, LawIndex};

/// The counterpart department (对口部门) of the catalog's domain.
pub const ROLE_COUNTERPART: &str = "counterpart";
/// The lead office for openness (政务公开主管部门).
pub const ROLE_LEAD_OFFICE: &str = "lead-office";
/// Most review steps of one chain: real chains have one or two; the rest is room.
pub const STEPS_MAX: usize = 8;
/// Most domains of a table: 26 now, national plans speak of some dozens.
pub const DOMAINS_MAX: usize = 512;
/// Most other names of one domain.
pub const ALIASES_MAX: usize = 64;

/// Domains, departments and chains; its version is the hash of the entry that carries it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingTable {
    /// The domains in the order of annex 1, later ones after them.
    pub domains: Vec<Domain>,
    /// The lines of departments.
    pub departments: Vec<Department>,
    /// Who reviews what, in which order.
    #[serde(default)]
    pub chains: Vec<Chain>,
    /// Catalogs of pilots (试点): their owners may offer them as templates.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub pilots: BTreeSet<CatalogId>,
    /// Titles of laws beside those that come with the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub laws: Vec<Law>,
}

/// The review steps of some catalogs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Only for this domain; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<DomainSlug>,
    /// Only for catalogs of owners of this level (`township`, `county`, …); `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_level: Option<String>,
    /// Only for owners of this kind, such as `functional-area` (管委会); `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_kind: Option<String>,
    /// Only for this owner; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<DivisionId>,
    /// The steps, first to last.
    pub steps: Vec<Step>,
}

/// One review: where and by which role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Step {
    /// How many levels above the owner; 0 is the owner's own division.
    pub levels_up: u32,
    /// [`ROLE_COUNTERPART`], [`ROLE_LEAD_OFFICE`] or a role added later.
    pub role: String,
    /// The department that does it, where it is not the domain's own: a vertical one (垂直管理) such as the tax service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentSlug>,
}

/// Where a step is done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reviewer {
    /// By this division's office.
    Division(DivisionId),
    /// Above the top of the tree (省级对口部门): the decision is recorded from a document.
    Outside,
}

impl RoutingTable {
    /// The domain with that slug.
    pub fn domain(&self, slug: &DomainSlug) -> Option<&Domain> {
        self.domains.iter().find(|domain| domain.slug == *slug)
    }

    /// The department with that slug.
    pub fn department(&self, slug: &DepartmentSlug) -> Option<&Department> {
        self.departments.iter().find(|department| department.slug == *slug)
    }

    /// The table's laws by their names.
    pub fn law_index(&self) -> LawIndex<'_> {
        LawIndex::of(&self.laws)
    }

    /// The domain that a title or a sheet name speaks of, by its longest name (compared on folded text).
    pub fn domain_in_title(&self, text: &str) -> TitleMatch<'_> {
        title::find(&self.domains, text)
    }

    /// The department responsible for a domain on a day.
    pub fn department_of(&self, domain: &DomainSlug, day: &Day) -> Option<&Department> {
        self.department(self.domain(domain)?.department_on(day)?)
    }

    /// The domains a department is responsible for on a day, in the table's order.
    pub fn domains_of<'a>(
        &'a self,
        department: &'a DepartmentSlug,
        day: &'a Day,
    ) -> impl Iterator<Item = &'a Domain> + 'a {
        self.domains.iter().filter(move |domain| domain.department_on(day) == Some(department))
    }

    /// The review steps for a catalog of that domain and owner: the chain that says most about it (domain, then
    /// owner, then kind, then level), else the plan's order.
    pub fn review_steps(&self, domain: &DomainSlug, owner: &Division) -> Vec<Step> {
        let weight = |chain: &&Chain| {
            (chain.domain.is_some(), chain.owner.is_some(), chain.owner_kind.is_some(), chain.owner_level.is_some())
        };
        let chain = self.chains.iter().filter(|chain| chain.fits(domain, owner)).max_by_key(weight);
        let chain = chain.filter(|chain| !chain.steps.is_empty());
        chain.map_or_else(plan_steps, |chain| chain.steps.clone())
    }

    /// The first contradiction of the table, if it has one.
    pub fn check(&self) -> Result<(), Error> {
        let is_large = |domain: &Domain| domain.aliases.len() > ALIASES_MAX;
        if self.domains.len() > DOMAINS_MAX || self.domains.iter().any(is_large) {
            return Err(Error::TooLarge);
        }
        self.check_departments()?;
        self.check_domains()?;
        self.check_chains()?;
        law::check(&self.laws)?;
        let unknown = self.pilots.iter().find(|pilot| self.domain(&pilot.domain).is_none());
        unknown.map_or(Ok(()), |pilot| Err(Error::PilotDomainUnknown(pilot.clone())))
    }

    fn check_departments(&self) -> Result<(), Error> {
        let mut seen = BTreeSet::new();
        for department in &self.departments {
            if department.name.trim().is_empty() || department.base_name.trim().is_empty() {
                return Err(Error::NameMissing(department.slug.to_string()));
            }
            if !seen.insert(&department.slug) {
                return Err(Error::DepartmentTwice(department.slug.clone()));
            }
        }
        Ok(())
    }

    fn check_domains(&self) -> Result<(), Error> {
        let mut slugs = BTreeSet::new();
        let mut names: BTreeMap<String, &DomainSlug> = BTreeMap::new();
        for domain in &self.domains {
            if !slugs.insert(&domain.slug) {
                return Err(Error::DomainTwice(domain.slug.clone()));
            }
            for name in domain.names() {
                let folded = fold(name);
                if folded.is_empty() {
                    return Err(Error::NameMissing(domain.slug.to_string()));
                }
                let first = *names.entry(folded).or_insert(&domain.slug);
                if *first != domain.slug {
                    let (first, second) = (first.clone(), domain.slug.clone());
                    return Err(Error::NameShared { name: name.to_owned(), first, second });
                }
            }
            let unknown =
                domain.departments.iter().find(|assignment| self.department(&assignment.department).is_none());
            if let Some(assignment) = unknown {
                let (domain, department) = (domain.slug.clone(), assignment.department.clone());
                return Err(Error::DepartmentUnknown { domain, department });
            }
        }
        Ok(())
    }

    fn check_chains(&self) -> Result<(), Error> {
        let mut seen = BTreeSet::new();
        for chain in &self.chains {
            let reaches = |step: &Step| step.levels_up as usize <= DEPTH_MAX && !step.role.is_empty();
            if chain.steps.is_empty() || chain.steps.len() > STEPS_MAX || !chain.steps.iter().all(reaches) {
                return Err(Error::ChainShape);
            }
            let is_own = |step: &Step| step.levels_up == 0 && step.role == ROLE_COUNTERPART;
            if chain.steps.iter().any(is_own) {
                return Err(Error::OwnDepartment);
            }
            let mut named = chain.steps.iter().filter_map(|step| step.department.as_ref());
            if let Some(slug) = named.find(|slug| self.department(slug).is_none()) {
                return Err(Error::ChainDepartmentUnknown(slug.clone()));
            }
            if let Some(slug) = chain.domain.as_ref().filter(|slug| self.domain(slug).is_none()) {
                return Err(Error::ChainDomainUnknown(slug.clone()));
            }
            if !seen.insert(chain.scope()) {
                let domain = chain.domain.as_ref().map_or("*", DomainSlug::as_str).to_owned();
                let owner_level = chain.owner_level.clone().unwrap_or_else(|| "*".to_owned());
                return Err(Error::ChainTwice { domain, owner_level });
            }
        }
        Ok(())
    }
}

impl Chain {
    /// Which catalogs it is for; two chains of one table never have the same.
    pub fn scope(&self) -> (Option<&DomainSlug>, Option<&DivisionId>, Option<&str>, Option<&str>) {
        (self.domain.as_ref(), self.owner.as_ref(), self.owner_kind.as_deref(), self.owner_level.as_deref())
    }

    fn fits(&self, domain: &DomainSlug, owner: &Division) -> bool {
        self.domain.as_ref().is_none_or(|slug| slug == domain)
            && self.owner.as_ref().is_none_or(|id| *id == owner.id)
            && self.owner_kind.as_ref().is_none_or(|kind| *kind == owner.kind)
            && self.owner_level.as_ref().is_none_or(|level| *level == owner.level)
    }
}

impl Step {
    /// The division that does this step for a catalog of `owner`.
    pub fn reviewer(&self, tree: &Tree, owner: &DivisionId) -> Reviewer {
        let path = tree.path(owner);
        let above = path.len().checked_sub((self.levels_up as usize).saturating_add(1));
        above.map_or(Reviewer::Outside, |index| Reviewer::Division(path[index].clone()))
    }
}

/// The plan's order: 经上一级对口部门审核把关. Consolidation by the lead office follows as publication, not as a step.
fn plan_steps() -> Vec<Step> {
    vec![Step { levels_up: 1, role: ROLE_COUNTERPART.to_owned(), department: None }]
}

#[cfg(test)]
mod tests;
