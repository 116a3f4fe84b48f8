//! From whoever calls, a user of this machine or the holder of a certificate, to an operator of the node.
//!
//! Invariant: a name in a request counts only for the daemon's own account and root; a certificate speaks for one
//! operator, and only while the configuration names him. Whom it does not name is not registered: he reviews, signs and
//! publishes nothing. The account behind goes with every operator. Left out: what an operator may do, and which
//! certificates still count (app).

use std::{collections::BTreeSet, fmt};

use gongkai_app::{Operator, Role};
use gongkai_model::{
    digest::Digest,
    id::{DepartmentSlug, DivisionId, DomainSlug, OperatorId},
};

use crate::{
    Error,
    caller::Caller,
    config::{ConfigError, GroupConfig, OperatorConfig},
    users::Users,
};

/// The operator that the daemon's own account and root are, when they name no other.
const OWNER: &str = "admin";
/// What they may do under a name that the configuration does not know: set up and repair, and a clerk's work that
/// others look at. A word that counts is a registered person's.
const UNREGISTERED: [Role; 3] = [Role::Clerk, Role::Auditor, Role::Admin];
const ROOT_UID: u32 = 0;

/// An operator that the configuration names.
#[derive(Debug)]
pub(crate) struct Known {
    uid: Option<u32>,
    certificate: Option<Digest>,
    pub(crate) operator: Operator,
}

impl Known {
    /// How the node knows him.
    pub(crate) fn known_by(&self) -> String {
        match (self.uid, &self.certificate) {
            (Some(uid), _) => Caller::User { uid, gid: 0 }.to_string(),
            (None, Some(pin)) => format!("certificate {}", pin.short()),
            (None, None) => "--as".to_owned(),
        }
    }
}

/// A group of users, each an operator under his own name.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) group: String,
    pub(crate) roles: BTreeSet<Role>,
    pub(crate) departments: BTreeSet<DepartmentSlug>,
    pub(crate) domains: BTreeSet<DomainSlug>,
}

/// The operators of one node.
#[derive(Debug)]
pub(crate) struct Operators {
    division: DivisionId,
    own_uid: u32,
    known: Vec<Known>,
    groups: Vec<Group>,
    users: Users,
}

impl Operators {
    /// Reads the configured ones.
    pub(crate) fn new(
        division: DivisionId,
        own_uid: u32,
        config: &[OperatorConfig],
        groups: &[GroupConfig],
    ) -> Result<Self, Error> {
        let mut known: Vec<Known> = Vec::with_capacity(config.len());
        for given in config {
            let operator = read(&division, given)?;
            let certificate = given.certificate.as_deref().map(|pin| fingerprint(given, pin)).transpose()?;
            let is_same = |other: &Known| {
                other.operator.id == operator.id
                    || (given.uid.is_some() && other.uid == given.uid)
                    || (certificate.is_some() && other.certificate == certificate)
            };
            if known.iter().any(is_same) {
                return Err(invalid(given, "its name, uid or certificate stands there twice").into());
            }
            known.push(Known { uid: given.uid, certificate, operator });
        }
        let groups = groups.iter().map(group).collect::<Result<_, _>>()?;
        Ok(Self { division, own_uid, known, groups, users: Users::system() })
    }

    /// The configured operators.
    pub(crate) fn known(&self) -> &[Known] {
        &self.known
    }

    /// The configured groups.
    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The operator behind a call: by user or certificate, or by the name that the owner gave.
    pub(crate) fn resolve(&self, caller: &Caller, named: Option<&str>) -> Result<Operator, Error> {
        let named = named.map(|name| self.short(name));
        let operator = match caller {
            Caller::Unknown => Err(Error::NoOperator { uid: -1 }),
            Caller::Certificate { name, fingerprint } => self.holder(name, fingerprint, named),
            Caller::User { uid, gid } => self.user(*uid, *gid, named),
        }?;
        Ok(Operator { account: caller.account(), ..operator })
    }

    fn user(&self, uid: u32, gid: u32, named: Option<&str>) -> Result<Operator, Error> {
        let is_owner = uid == self.own_uid || uid == ROOT_UID;
        let by_uid = self.known.iter().find(|known| known.uid == Some(uid)).map(|known| known.operator.clone());
        let own = match by_uid {
            Some(operator) => Some(operator),
            None => self.member(uid, gid)?,
        };
        let Some(name) = named else {
            return match own {
                Some(operator) => Ok(operator),
                None if is_owner => self.unregistered(OWNER),
                None => Err(Error::NoOperator { uid: uid.into() }),
            };
        };
        if let Some(operator) = own.filter(|operator| self.short(operator.id.as_str()) == name) {
            return Ok(operator);
        }
        match (is_owner, self.by_name(name)) {
            (false, _) => {
                Err(Error::OtherOperator { caller: format!("user {uid}"), name: name.chars().take(64).collect() })
            }
            (true, Some(known)) => Ok(known.operator.clone()),
            (true, None) => self.unregistered(name),
        }
    }

    /// The operator of a name, if the configuration has him: nobody else gets a certificate.
    pub(crate) fn configured(&self, name: &str) -> Result<&Operator, Error> {
        let found = self.by_name(self.short(name)).map(|known| &known.operator);
        found.ok_or_else(|| Error::OperatorUnknown { name: name.chars().take(64).collect() })
    }

    /// A certificate speaks for the operator that is named in it, as long as the configuration knows him; where the
    /// configuration names a fingerprint, no other certificate of his counts any more.
    fn holder(&self, name: &OperatorId, fingerprint: &Digest, named: Option<&str>) -> Result<Operator, Error> {
        let refused = || Error::CertificateUnknown { name: name.to_string() };
        let known = self.known.iter().find(|known| known.operator.id == *name).ok_or_else(refused)?;
        if known.certificate.as_ref().is_some_and(|pin| pin != fingerprint) {
            return Err(refused());
        }
        match named {
            Some(other) if other != self.short(known.operator.id.as_str()) => {
                let caller = format!("the holder of the certificate of `{}`", known.operator.id);
                Err(Error::OtherOperator { caller, name: other.chars().take(64).collect() })
            }
            Some(_) | None => Ok(known.operator.clone()),
        }
    }

    /// A member of the groups that the configuration names: an operator under the name of his account.
    fn member(&self, uid: u32, gid: u32) -> Result<Option<Operator>, Error> {
        if self.groups.is_empty() {
            return Ok(None);
        }
        let Some(account) = self.users.name_of(uid) else { return Ok(None) };
        let mut joined =
            self.groups.iter().filter(|group| self.users.is_member(&account, gid, &group.group)).peekable();
        if joined.peek().is_none() {
            return Ok(None);
        }
        let mut operator = Operator::new(&self.division, &account, [])?;
        let (mut all_departments, mut all_domains) = (false, false);
        for group in joined {
            operator.roles.extend(&group.roles);
            all_departments |= group.departments.is_empty();
            all_domains |= group.domains.is_empty();
            operator.departments.extend(group.departments.iter().cloned());
            operator.domains.extend(group.domains.iter().cloned());
        }
        // An empty set stands for all of them: one group without limits lifts those of the others.
        operator.departments.retain(|_| !all_departments);
        operator.domains.retain(|_| !all_domains);
        Ok(Some(operator))
    }

    /// The name without this node's division before it.
    fn short<'n>(&self, name: &'n str) -> &'n str {
        name.strip_prefix(self.division.as_str()).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name)
    }

    fn by_name(&self, name: &str) -> Option<&Known> {
        self.known.iter().find(|known| self.short(known.operator.id.as_str()) == name)
    }

    fn unregistered(&self, name: &str) -> Result<Operator, Error> {
        Ok(Operator { is_registered: false, ..Operator::new(&self.division, name, UNREGISTERED)? })
    }
}

fn read(division: &DivisionId, given: &OperatorConfig) -> Result<Operator, Error> {
    let mut operator = Operator::new(division, &given.name, given.roles.iter().copied())
        .map_err(|error| invalid(given, &error.to_string()))?;
    operator.departments = slugs(&given.departments, DepartmentSlug::parse).map_err(|why| invalid(given, &why))?;
    operator.domains = slugs(&given.domains, DomainSlug::parse).map_err(|why| invalid(given, &why))?;
    Ok(operator)
}

fn group(given: &GroupConfig) -> Result<Group, ConfigError> {
    let invalid = |why: String| ConfigError::Value { key: "group", text: given.name.clone(), why };
    if given.name.is_empty() {
        return Err(invalid("it has no name".to_owned()));
    }
    Ok(Group {
        group: given.name.clone(),
        roles: given.roles.iter().copied().collect(),
        departments: slugs(&given.departments, DepartmentSlug::parse).map_err(invalid)?,
        domains: slugs(&given.domains, DomainSlug::parse).map_err(invalid)?,
    })
}

fn slugs<T: Ord, E: fmt::Display>(
    texts: &[String],
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<BTreeSet<T>, String> {
    texts.iter().map(|text| parse(text).map_err(|error| error.to_string())).collect()
}

/// As `openssl x509 -fingerprint -sha256` writes it, or without the colons.
fn fingerprint(given: &OperatorConfig, text: &str) -> Result<Digest, ConfigError> {
    let digits: String = text.chars().filter(|letter| *letter != ':').collect::<String>().to_ascii_lowercase();
    format!("sha256:{digits}").parse().map_err(|_| invalid(given, "its certificate is no SHA-256 in hexadecimal"))
}

fn invalid(given: &OperatorConfig, why: &str) -> ConfigError {
    ConfigError::Value { key: "operator", text: given.name.chars().take(64).collect(), why: why.to_owned() }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use gongkai_app::Action;

    use super::*;
    use crate::config::Config;

    const OWN: u32 = 900;
    const PIN: &str = "aa11223344556677889900aabbccddeeff00112233445566778899aabbccddee";

    fn operators() -> Operators {
        let text = format!(
            "[[operator]]\nuid = 1001\nname = \"li\"\nroles = [\"clerk\"]\n\
             [[operator]]\nname = \"wang\"\nroles = [\"reviewer\"]\ndepartments = [\"dept-education\"]\n\
             [[operator]]\nname = \"sun\"\nroles = [\"auditor\"]\ncertificate = \"{PIN}\"\n\
             [[group]]\nname = \"gkreview\"\nroles = [\"reviewer\"]\ndomains = [\"work-safety\"]\n\
             [[group]]\nname = \"1500\"\nroles = [\"clerk\"]\n"
        );
        let config = Config::parse(&text).unwrap();
        let division = DivisionId::parse("211221").unwrap();
        let made = Operators::new(division, OWN, &config.operators, &config.groups).unwrap();
        let users = Users::of("zhou:x:1200:1500::/:/bin/sh\nwu:x:1201:100::/:/bin/sh\n", "gkreview:x:77:wu,zhou\n");
        Operators { users, ..made }
    }

    fn user(uid: u32) -> Caller {
        let gid = if uid == 1200 { 1500 } else { 100 };
        Caller::User { uid, gid }
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
            (1201, None, Ok("211221/wu")),
            (1201, Some("li"), Err("GK-NODE-004")),
        ] {
            let found = operators.resolve(&user(uid), named);
            let found = found.as_ref().map(|operator| operator.id.as_str()).map_err(Error::code);
            assert_eq!(found, expected, "{uid} {named:?}");
        }
        assert_eq!(operators.resolve(&Caller::Unknown, None).unwrap_err().code(), "GK-NODE-003");
    }

    #[test]
    fn a_named_operator_keeps_his_roles_and_an_unknown_one_decides_nothing() {
        let operators = operators();
        let wang = operators.resolve(&user(0), Some("wang")).unwrap();
        assert_eq!((&wang.roles, wang.departments.len()), (&BTreeSet::from([Role::Reviewer]), 1));
        assert_eq!((wang.is_registered, wang.account.as_str()), (true, "uid 0"));
        for unknown in [None, Some("admin"), Some("zhao")] {
            let found = operators.resolve(&user(OWN), unknown).unwrap();
            assert_eq!((found.is_registered, found.account.as_str()), (false, "uid 900"));
            for action in [Action::ReviewApprove, Action::ReviewReturn, Action::PublishSignOff, Action::PublishRun] {
                assert_eq!(found.may(action).unwrap_err().code(), "GK-APP-018", "{unknown:?} {action:?}");
            }
            assert!(found.may(Action::CatalogSubmit).is_ok() && found.may(Action::NodeInvite).is_ok());
        }
        let wu = operators.resolve(&user(1201), None).unwrap();
        assert_eq!((wu.is_registered, wu.account.as_str()), (true, "uid 1201"));
    }

    #[test]
    fn a_group_gives_its_roles_to_each_member_under_his_own_name() {
        let operators = operators();
        let wu = operators.resolve(&user(1201), None).unwrap();
        assert_eq!((wu.roles, wu.domains.len()), (BTreeSet::from([Role::Reviewer]), 1));
        let zhou = operators.resolve(&user(1200), None).unwrap();
        assert_eq!(zhou.roles, BTreeSet::from([Role::Clerk, Role::Reviewer]));
        assert!(zhou.domains.is_empty(), "the group without limits lifts those of the other");
    }

    #[test]
    fn a_certificate_speaks_for_its_operator_alone_and_only_while_he_is_configured() {
        let operators = operators();
        let pinned: Digest = format!("sha256:{PIN}").parse().unwrap();
        let other = Digest::of_file(b"another");
        let holder = |name: &str, fingerprint| Caller::Certificate { name: name.parse().unwrap(), fingerprint };
        for (name, print, named, expected) in [
            ("211221/sun", pinned, None, Ok("211221/sun")),
            ("211221/sun", pinned, Some("sun"), Ok("211221/sun")),
            ("211221/sun", other, None, Err("GK-NODE-030")),
            ("211221/wang", other, None, Ok("211221/wang")),
            ("211221/wang", other, Some("li"), Err("GK-NODE-004")),
            ("211221/admin", other, None, Err("GK-NODE-030")),
            ("211200/sun", pinned, None, Err("GK-NODE-030")),
            ("sun", pinned, None, Err("GK-NODE-030")),
        ] {
            let found = operators.resolve(&holder(name, print), named);
            let found = found.as_ref().map(|operator| operator.id.as_str()).map_err(Error::code);
            assert_eq!(found, expected, "{name} {named:?}");
        }
    }
}
