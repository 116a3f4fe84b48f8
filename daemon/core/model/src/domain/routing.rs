//! The routing table: domains, departments and review chains as one versioned piece of data.
//!
//! Invariant: every answer is a function of the table and the arguments, and a table that says nothing about a
//! catalog means the plan's own order (the counterpart one level up), never "no review".
//! Left out: which version of the table a submission names (review), and who may change it (journal).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Department, Domain, TitleMatch, title};
use crate::{
    id::{Day, DepartmentSlug, DivisionId, DomainSlug},
    tree::{DEPTH_MAX, Tree},
    vocabulary::fold,
};

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
}

/// The review steps of some catalogs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Only for this domain; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<DomainSlug>,
    /// Only for catalogs of owners of this level (`township`, `county`, …); `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_level: Option<String>,
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
}

/// Where a step is done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reviewer {
    /// By this division's office.
    Division(DivisionId),
    /// Above the top of the tree (省级对口部门): the decision is recorded from a document.
    Outside,
}

/// A routing table that contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Two domains with one slug.
    #[error("domain `{0}` stands twice in the table")]
    DomainTwice(DomainSlug),
    /// Two departments with one slug.
    #[error("department `{0}` stands twice in the table")]
    DepartmentTwice(DepartmentSlug),
    /// One name leads to two domains.
    #[error("the name `{name}` belongs to `{first}` and to `{second}`")]
    NameShared {
        /// The name as written at the second domain.
        name: String,
        /// The domain that stands first.
        first: DomainSlug,
        /// The other one.
        second: DomainSlug,
    },
    /// An assignment names a department that is not in the table.
    #[error("domain `{domain}` is assigned to `{department}`, which is no department of the table")]
    DepartmentUnknown {
        /// The assigned domain.
        domain: DomainSlug,
        /// The missing department.
        department: DepartmentSlug,
    },
    /// A domain or a department has no name.
    #[error("`{0}` has no name")]
    NameMissing(String),
    /// A chain names a domain that is not in the table.
    #[error("a review chain names `{0}`, which is no domain of the table")]
    ChainDomainUnknown(DomainSlug),
    /// Two chains for the same catalogs.
    #[error("two review chains for domain `{domain}` and owner level `{owner_level}`")]
    ChainTwice {
        /// The domain, or `*`.
        domain: String,
        /// The owner's level, or `*`.
        owner_level: String,
    },
    /// A chain without a step, with too many, or with a step that no tree reaches.
    #[error("a review chain must have 1 to {STEPS_MAX} steps, each at most {DEPTH_MAX} levels up and with a role")]
    ChainShape,
    /// More than the table may hold.
    #[error("the table holds more than {DOMAINS_MAX} domains, or a domain more than {ALIASES_MAX} aliases")]
    TooLarge,
}

impl Error {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DomainTwice(_) => "GK-DOMAIN-001",
            Self::DepartmentTwice(_) => "GK-DOMAIN-002",
            Self::NameShared { .. } => "GK-DOMAIN-003",
            Self::DepartmentUnknown { .. } => "GK-DOMAIN-004",
            Self::NameMissing(_) => "GK-DOMAIN-005",
            Self::ChainDomainUnknown(_) => "GK-DOMAIN-006",
            Self::ChainTwice { .. } => "GK-DOMAIN-007",
            Self::ChainShape => "GK-DOMAIN-008",
            Self::TooLarge => "GK-DOMAIN-009",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::DomainTwice(slug) => format!("give one of the two domains `{slug}` another slug, or remove it"),
            Self::DepartmentTwice(slug) => format!("keep one department `{slug}`; dated assignments name it again"),
            Self::NameShared { name, .. } => format!("leave `{name}` with the domain that titles mean by it"),
            Self::DepartmentUnknown { department, .. } => format!("add `{department}` to the departments"),
            Self::NameMissing(slug) => format!("give `{slug}` the name that people read"),
            Self::ChainDomainUnknown(slug) => format!("add `{slug}` to the domains, or remove its chain"),
            Self::ChainTwice { .. } => "keep one of the two chains".to_owned(),
            Self::ChainShape => "write the steps as {levels_up, role}, counted from the catalog's owner".to_owned(),
            Self::TooLarge => "divide the table, or drop names that no title uses".to_owned(),
        }
    }
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

    /// The review steps for a catalog of that domain whose owner stands on that level: the chain that says most
    /// about it (domain before level), else the plan's order.
    pub fn review_steps(&self, domain: &DomainSlug, owner_level: &str) -> Vec<Step> {
        let fits = |chain: &&Chain| {
            chain.domain.as_ref().is_none_or(|slug| slug == domain)
                && chain.owner_level.as_ref().is_none_or(|level| level == owner_level)
        };
        let weight = |chain: &&Chain| (chain.domain.is_some(), chain.owner_level.is_some());
        let chain = self.chains.iter().filter(fits).max_by_key(weight).filter(|chain| !chain.steps.is_empty());
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
        self.check_chains()
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
            if let Some(slug) = chain.domain.as_ref().filter(|slug| self.domain(slug).is_none()) {
                return Err(Error::ChainDomainUnknown(slug.clone()));
            }
            if !seen.insert((&chain.domain, &chain.owner_level)) {
                let domain = chain.domain.as_ref().map_or("*", DomainSlug::as_str).to_owned();
                let owner_level = chain.owner_level.clone().unwrap_or_else(|| "*".to_owned());
                return Err(Error::ChainTwice { domain, owner_level });
            }
        }
        Ok(())
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
    vec![Step { levels_up: 1, role: ROLE_COUNTERPART.to_owned() }]
}

#[cfg(test)]
mod tests;
