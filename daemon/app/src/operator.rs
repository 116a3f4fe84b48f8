//! Operators: who acts, and what the role allows.
//!
//! Invariant: every act names the role that it needs, and is refused with that name. The node attests the operator;
//! root on the machine can be anyone (the threat model in ARCHITECTURE.md says so).

use std::collections::BTreeSet;

use gongkai_model::{
    id::{DepartmentSlug, DivisionId, OperatorId},
    review::Actor,
};
use serde::{Deserialize, Serialize};

use crate::{Error, Result, World};

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
}

impl Operator {
    /// An operator of this node.
    pub fn new(division: &DivisionId, name: &str, roles: impl IntoIterator<Item = Role>) -> Result<Self> {
        let id = OperatorId::parse(&format!("{division}/{name}"))?;
        Ok(Self { id, roles: roles.into_iter().collect(), departments: BTreeSet::new() })
    }

    /// Refuses with the role that is needed.
    pub fn require(&self, role: Role) -> Result<()> {
        if self.roles.contains(&role) { Ok(()) } else { Err(Error::RoleMissing { operator: self.id.clone(), role }) }
    }

    pub(crate) fn actor(&self, world: &World) -> Actor {
        let all = || world.routing_table().departments.iter().map(|department| department.slug.clone()).collect();
        let departments = if self.departments.is_empty() { all() } else { self.departments.clone() };
        Actor { operator: self.id.clone(), division: world.me.clone(), departments }
    }
}
