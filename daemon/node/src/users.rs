//! Users and groups of this machine, as its two files tell them.
//!
//! Invariant: read anew at every question, so that a member who left the group has lost the role with the next call.
//! Left out: directories (LDAP, SSSD): such members are named one by one with their uid.

use std::{fs, path::PathBuf};

/// Longest file read, in bytes: offices have some hundred accounts.
const BYTES_MAX: u64 = 4 << 20;

/// Where to look.
#[derive(Clone, Debug)]
pub(crate) enum Users {
    /// The files of the system.
    Files {
        /// Accounts.
        accounts: PathBuf,
        /// Groups.
        groups: PathBuf,
    },
    /// Their texts.
    #[cfg(test)]
    Texts {
        /// Accounts.
        accounts: String,
        /// Groups.
        groups: String,
    },
}

impl Users {
    /// The machine's own.
    pub(crate) fn system() -> Self {
        Self::Files { accounts: "/etc/passwd".into(), groups: "/etc/group".into() }
    }

    #[cfg(test)]
    pub(crate) fn of(accounts: &str, groups: &str) -> Self {
        Self::Texts { accounts: accounts.to_owned(), groups: groups.to_owned() }
    }

    /// The account of a number.
    pub(crate) fn name_of(&self, uid: u32) -> Option<String> {
        let text = self.accounts();
        let fields = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let found = fields.filter(|fields| fields.get(2).and_then(|id| id.parse().ok()) == Some(uid));
        found.filter_map(|fields| fields.first().map(|name| (*name).to_owned())).find(|name| !name.is_empty())
    }

    /// The number of a group that is named by name or number.
    pub(crate) fn gid_of(&self, group: &str) -> Option<u32> {
        let text = self.groups();
        let mut found = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let by_name = found.find(|fields| fields.first() == Some(&group));
        by_name.and_then(|fields| fields.get(2)?.parse().ok()).or_else(|| group.parse().ok())
    }

    /// Whether an account with this first group belongs to a group, which is named by name or number.
    pub(crate) fn is_member(&self, account: &str, gid: u32, group: &str) -> bool {
        if group.parse() == Ok(gid) {
            return true;
        }
        let text = self.groups();
        let found = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let is_meant = |fields: &Vec<&str>| fields.first() == Some(&group) || fields.get(2) == Some(&group);
        found.filter(is_meant).any(|fields| {
            let is_first = fields.get(2).and_then(|id| id.parse().ok()) == Some(gid);
            is_first || fields.get(3).is_some_and(|members| members.split(',').any(|member| member == account))
        })
    }

    fn accounts(&self) -> String {
        match self {
            Self::Files { accounts, .. } => read(accounts),
            #[cfg(test)]
            Self::Texts { accounts, .. } => accounts.clone(),
        }
    }

    fn groups(&self) -> String {
        match self {
            Self::Files { groups, .. } => read(groups),
            #[cfg(test)]
            Self::Texts { groups, .. } => groups.clone(),
        }
    }
}

/// A file that cannot be read names nobody: whoever is not known is refused.
fn read(file: &PathBuf) -> String {
    let is_small = fs::metadata(file).is_ok_and(|known| known.len() <= BYTES_MAX);
    if is_small { fs::read_to_string(file).unwrap_or_default() } else { String::new() }
}
