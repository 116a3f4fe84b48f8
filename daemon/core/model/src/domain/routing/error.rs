//! What can be wrong with a routing table or a change of it.
//!
//! Invariant: codes are permanent, and every message names what is at fault.

use super::{ALIASES_MAX, DOMAINS_MAX, LAWS_MAX, STEPS_MAX};
use crate::{
    id::{CatalogId, Day, DepartmentSlug, DomainSlug},
    tree::DEPTH_MAX,
};

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
    /// A department that would review its own division's catalogs.
    #[error("a review chain lets the counterpart department of the owner's own division review its catalogs")]
    OwnDepartment,
    /// A chain's step names a department that is not in the table.
    #[error("a review chain names `{0}`, which is no department of the table")]
    ChainDepartmentUnknown(DepartmentSlug),
    /// A pilot of a domain that is not in the table.
    #[error("the pilot `{0}` is of a domain that is not in the table")]
    PilotDomainUnknown(CatalogId),
    /// A domain that the table does not have.
    #[error("the table has no domain `{0}`")]
    DomainUnknown(DomainSlug),
    /// An assignment of a day that is assigned otherwise already: history is not rewritten.
    #[error("domain `{domain}` is assigned to `{department}` from {from} already")]
    AssignedOtherwise {
        /// The domain.
        domain: DomainSlug,
        /// Who has it from that day.
        department: DepartmentSlug,
        /// The day.
        from: Day,
    },
    /// A change that changes nothing.
    #[error("the table says so already")]
    NothingChanged,
    /// A name that leads to two laws.
    #[error("`{0}` is the title or short form of two laws")]
    LawTwice(String),
    /// A law without a title, one that is too long, or too many of them.
    #[error("a law needs a title of at most 200 characters and 8 short forms; {LAWS_MAX} laws are kept")]
    LawShape,
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
            Self::OwnDepartment => "GK-ROUTE-020",
            Self::ChainDepartmentUnknown(_) => "GK-ROUTE-021",
            Self::PilotDomainUnknown(_) => "GK-ROUTE-022",
            Self::DomainUnknown(_) => "GK-ROUTE-023",
            Self::AssignedOtherwise { .. } => "GK-ROUTE-024",
            Self::NothingChanged => "GK-ROUTE-025",
            Self::LawTwice(_) => "GK-ROUTE-026",
            Self::LawShape => "GK-ROUTE-027",
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
            Self::OwnDepartment => "let the counterpart step lead at least one level up".to_owned(),
            Self::ChainDepartmentUnknown(department) => {
                format!("add it first: `gongkai routing department {department} --name NAME --base-name NAME`")
            }
            Self::PilotDomainUnknown(_) | Self::DomainUnknown(_) => {
                "`gongkai domain list` shows the domains; add one with `gongkai domain add`".to_owned()
            }
            Self::AssignedOtherwise { .. } => "name the day from which the other department is responsible".to_owned(),
            Self::NothingChanged => "nothing is left to do; `gongkai routing show` prints the table".to_owned(),
            Self::LawTwice(name) => format!("leave `{name}` with the law that offices mean by it"),
            Self::LawShape => "write the title as printed, without 《》; drop titles that no catalog names".to_owned(),
            Self::TooLarge => "divide the table, or drop names that no title uses".to_owned(),
        }
    }
}
