//! Operators: who acts, and what the roles allow.
//!
//! Invariant: every act is checked against the one table (permit) and refused with the role that it needs. The node
//! attests the operator; root on the machine can be anyone (the threat model in ARCHITECTURE.md says so).

use std::collections::BTreeSet;

use gongkai_model::{
    id::{CatalogId, DepartmentSlug, DivisionId, DomainSlug, OperatorId},
    review::Actor,
};
use serde::{Deserialize, Serialize};

use crate::{Action, Error, Result, Scope, World};

/// What an operator may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Imports, edits, submits, withdraws.
    Clerk,
    /// Approves and returns.
    Reviewer,
    /// Makes editions.
    Publisher,
    /// Reads the audit log.
    Auditor,
    /// Invites nodes, repairs; everything else but deciding on behalf of others' roles.
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] = [Self::Clerk, Self::Reviewer, Self::Publisher, Self::Auditor, Self::Admin];

    /// A list of this role alone.
    fn alone(self) -> &'static [Self] {
        match self {
            Self::Clerk => &[Self::Clerk],
            Self::Reviewer => &[Self::Reviewer],
            Self::Publisher => &[Self::Publisher],
            Self::Auditor => &[Self::Auditor],
            Self::Admin => &[Self::Admin],
        }
    }

    /// The word in configuration and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Reviewer => "reviewer",
            Self::Publisher => "publisher",
            Self::Auditor => "auditor",
            Self::Admin => "admin",
        }
    }
}

/// A person at this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// `<division>/<name>`.
    pub id: OperatorId,
    /// What they may do.
    pub roles: BTreeSet<Role>,
    /// For which departments they review; empty = all of this division's.
    pub departments: BTreeSet<DepartmentSlug>,
    /// In which domains they write or review; empty = all.
    pub domains: BTreeSet<DomainSlug>,
    /// Whether the configuration names them: only then their word counts in review, sign-offs and editions.
    pub is_registered: bool,
    /// Through what they reached the node, such as `uid 1001`; empty where nobody asked.
    pub account: String,
}

impl Operator {
    /// An operator of this node.
    pub fn new(division: &DivisionId, name: &str, roles: impl IntoIterator<Item = Role>) -> Result<Self> {
        let id = OperatorId::parse(&format!("{division}/{name}"))?;
        let roles = roles.into_iter().collect();
        let (departments, domains) = (BTreeSet::new(), BTreeSet::new());
        Ok(Self { id, roles, departments, domains, is_registered: true, account: String::new() })
    }

    /// Refuses with the role that is needed.
    pub fn require(&self, role: Role) -> Result<()> {
        self.require_one(role.alone())
    }

    /// Refuses an action that none of the operator's roles allows.
    pub fn may(&self, action: Action) -> Result<()> {
        self.require_one(action.roles())
    }

    /// The same for an act in a domain: it must be the operator's, where the table restricts the action to his.
    pub fn may_in(&self, action: Action, domain: &DomainSlug) -> Result<()> {
        self.may(action)?;
        if action.scope() == Scope::Node || self.domains.is_empty() || self.domains.contains(domain) {
            return Ok(());
        }
        let his = action.roles().iter().copied().find(|role| self.roles.contains(role));
        let role = his.unwrap_or(Role::Admin);
        Err(Error::DomainNotHis { operator: self.id.clone(), domain: domain.clone(), role })
    }

    /// The same for an act on a catalog.
    pub fn may_on(&self, action: Action, catalog: &CatalogId) -> Result<()> {
        self.may_in(action, &catalog.domain)
    }

    /// Refuses whoever has none of the roles.
    pub fn require_one(&self, roles: &'static [Role]) -> Result<()> {
        if roles.iter().any(|role| self.roles.contains(role)) {
            return Ok(());
        }
        if !self.is_registered && roles.iter().all(|role| matches!(role, Role::Reviewer | Role::Publisher)) {
            return Err(Error::NotRegistered { operator: self.id.clone(), roles });
        }
        Err(Error::RoleMissing { operator: self.id.clone(), roles })
    }

    pub(crate) fn actor(&self, world: &World) -> Actor {
        let all = || world.routing_table().departments.iter().map(|department| department.slug.clone()).collect();
        let departments = if self.departments.is_empty() { all() } else { self.departments.clone() };
        Actor { operator: self.id.clone(), division: world.me.clone(), departments }
    }
}
