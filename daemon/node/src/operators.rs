//! Who is at the admin socket: from the user of this machine to an operator of the node.
//!
//! Invariant: the operating system says who the user is (SO_PEERCRED); a name in a request counts only for the
//! daemon's own account and root. Left out: what an operator may do (app).

use std::collections::BTreeSet;

use gongkai_app::{Operator, Role};
use gongkai_model::id::{DepartmentSlug, DivisionId};

use crate::{
    Error,
    config::{ConfigError, OperatorConfig},
};

/// The operator that the daemon's own account and root are, when they name no other.
const OWNER: &str = "admin";
const ROOT_UID: u32 = 0;

/// The operators of one node.
#[derive(Debug)]
pub(crate) struct Operators {
    division: DivisionId,
    own_uid: u32,
    known: Vec<(Option<u32>, Operator)>,
}

impl Operators {
    /// Reads the configured ones.
    pub(crate) fn new(division: DivisionId, own_uid: u32, config: &[OperatorConfig]) -> Result<Self, Error> {
        let mut known: Vec<(Option<u32>, Operator)> = Vec::with_capacity(config.len());
        for given in config {
            let operator = read(&division, given)?;
            let repeated =
                known.iter().any(|(uid, other)| other.id == operator.id || (uid.is_some() && *uid == given.uid));
            if repeated {
                return Err(invalid(given, "its name or uid stands there twice").into());
            }
            known.push((given.uid, operator));
        }
        Ok(Self { division, own_uid, known })
    }

    /// The operator behind a call: by the user, or by the name that the owner gave.
    pub(crate) fn resolve(&self, uid: Option<u32>, named: Option<&str>) -> Result<Operator, Error> {
        let Some(uid) = uid else { return Err(Error::NoOperator { uid: -1 }) };
        let is_owner = uid == self.own_uid || uid == ROOT_UID;
        let by_uid = self.known.iter().find(|(known, _)| *known == Some(uid)).map(|(_, operator)| operator);
        let Some(name) = named.map(|name| self.short(name)) else {
            return match by_uid {
                Some(operator) => Ok(operator.clone()),
                None if is_owner => self.with_all_roles(OWNER),
                None => Err(Error::NoOperator { uid: uid.into() }),
            };
        };
        let by_name = self.by_name(name);
        if let Some(operator) = by_uid.filter(|operator| by_name == Some(*operator)) {
            return Ok(operator.clone());
        }
        match (is_owner, by_name) {
            (false, _) => Err(Error::OtherOperator { uid, name: name.chars().take(64).collect() }),
            (true, Some(operator)) => Ok(operator.clone()),
            (true, None) => self.with_all_roles(name),
        }
    }

    /// The name without this node's division before it.
    fn short<'n>(&self, name: &'n str) -> &'n str {
        name.strip_prefix(self.division.as_str()).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name)
    }

    fn by_name(&self, name: &str) -> Option<&Operator> {
        let is_his = |operator: &&Operator| self.short(operator.id.as_str()) == name;
        self.known.iter().map(|(_, operator)| operator).find(is_his)
    }

    fn with_all_roles(&self, name: &str) -> Result<Operator, Error> {
        Ok(Operator::new(&self.division, name, Role::ALL)?)
    }
}

fn read(division: &DivisionId, given: &OperatorConfig) -> Result<Operator, Error> {
    let mut operator = Operator::new(division, &given.name, given.roles.iter().copied())
        .map_err(|error| invalid(given, &error.to_string()))?;
    let departments =
        given.departments.iter().map(|slug| DepartmentSlug::parse(slug)).collect::<Result<BTreeSet<_>, _>>();
    operator.departments = departments.map_err(|error| invalid(given, &error.to_string()))?;
    Ok(operator)
}

fn invalid(given: &OperatorConfig, why: &str) -> ConfigError {
    ConfigError::Value { key: "operator", text: given.name.chars().take(64).collect(), why: why.to_owned() }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::config::Config;

    const OWN: u32 = 900;

    fn operators() -> Operators {
        let text = "[[operator]]\nuid = 1001\nname = \"li\"\nroles = [\"clerk\"]\n\
                    [[operator]]\nname = \"wang\"\nroles = [\"reviewer\"]\ndepartments = [\"dept-education\"]\n";
        let config = Config::parse(text).unwrap();
        Operators::new(DivisionId::parse("211221").unwrap(), OWN, &config.operators).unwrap()
    }

    #[test]
    fn the_user_decides_who_acts_and_only_the_owner_may_name_another() {
        let operators = operators();
        for (uid, named, expected) in [
            (OWN, None, Ok("211221/admin")),
            (0, None, Ok("211221/admin")),
            (1001, None, Ok("211221/li")),
            (1001, Some("li"), Ok("211221/li")),
            (OWN, Some("wang"), Ok("211221/wang")),
            (OWN, Some("211221/wang"), Ok("211221/wang")),
            (OWN, Some("zhao"), Ok("211221/zhao")),
            (1001, Some("wang"), Err("GK-NODE-004")),
            (1002, None, Err("GK-NODE-003")),
            (1002, Some("admin"), Err("GK-NODE-004")),
            (OWN, Some("not a name"), Err("GK-APP-001")),
        ] {
            let found = operators.resolve(Some(uid), named);
            let found = found.as_ref().map(|operator| operator.id.as_str()).map_err(Error::code);
            assert_eq!(found, expected, "{uid} {named:?}");
        }
        assert_eq!(operators.resolve(None, None).unwrap_err().code(), "GK-NODE-003");
    }

    #[test]
    fn a_named_operator_keeps_his_roles_and_an_unknown_one_has_all() {
        let operators = operators();
        let wang = operators.resolve(Some(0), Some("wang")).unwrap();
        assert_eq!(wang.roles, BTreeSet::from([Role::Reviewer]));
        assert_eq!(wang.departments.len(), 1);
        assert_eq!(operators.resolve(Some(0), Some("zhao")).unwrap().roles.len(), Role::ALL.len());
    }
}
