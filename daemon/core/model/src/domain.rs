//! Domains (领域), the departments (部门) responsible for them, tasks, and the review chain, all as data.
//!
//! Invariant: a domain is its slug; names and aliases only help to find it, and who is responsible depends on the
//! day. Left out: which operator acts for a department (roles), and what a decision does (review).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::{Day, DepartmentSlug, DomainSlug};

mod routing;
mod title;

pub use routing::{
    ALIASES_MAX, Chain, DOMAINS_MAX, Error, LAWS_MAX, Law, LawIndex, ROLE_COUNTERPART, ROLE_LEAD_OFFICE, Reviewer,
    RoutingTable, STEPS_MAX, Step, TableChange,
};
pub use title::TitleMatch;

/// One field of disclosure: one of the 26 pilot fields, or one added later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// The permanent slug.
    pub slug: DomainSlug,
    /// Its place in annex 1 of the plan, for lists in the official order; 0 for a domain added later.
    #[serde(default)]
    pub number: u32,
    /// The name as annex 1 has it.
    pub name: String,
    /// The English name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name_en: String,
    /// Other names of the same domain: in the plan's body, in ministries' templates, after reforms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Who is responsible from which day on; a reorganisation adds a row and never changes one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub departments: Vec<Assignment>,
    /// The day by which its catalogs are due, where it has its own (R13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Day>,
}

/// A department's responsibility from a day on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Assignment {
    /// The first day.
    pub from: Day,
    /// The responsible line of departments.
    pub department: DepartmentSlug,
}

/// A line of departments (条线): the same slug stands for the city's office and its counterparts below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    /// The permanent slug.
    pub slug: DepartmentSlug,
    /// The municipal office's name as the plan has it, such as 市民政局.
    pub name: String,
    /// The name without its division, such as 民政局.
    pub base_name: String,
    /// The English name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name_en: String,
}

/// One task of the plan's annex 2 with its deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The task's number in the annex, such as `1.1`.
    pub id: String,
    /// What is to be done, summarised.
    pub text: String,
    /// The same in English.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text_en: String,
    /// Who has to do it, in the annex's words.
    pub units: Vec<String>,
    /// The last day, inclusive.
    pub due: Day,
}

impl Domain {
    /// The domain's name and aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.aliases.iter().map(String::as_str))
    }

    /// Every department that is responsible on some day; `None` for the days before the first assignment.
    pub fn departments_ever(&self) -> BTreeSet<Option<DepartmentSlug>> {
        let is_since_always = self.departments.iter().any(|assignment| assignment.from == Day::earliest());
        let none = (!is_since_always).then_some(None);
        self.departments.iter().map(|assignment| Some(assignment.department.clone())).chain(none).collect()
    }

    /// Who is responsible on that day: the latest assignment not after it; of two on one day the greater slug.
    pub fn department_on(&self, day: &Day) -> Option<&DepartmentSlug> {
        let begun = self.departments.iter().filter(|assignment| assignment.from <= *day);
        begun.max().map(|assignment| &assignment.department)
    }
}

impl Department {
    /// The office of this line in a division, such as 铁岭县民政局.
    pub fn title_in(&self, division_name: &str) -> String {
        format!("{division_name}{}", self.base_name)
    }
}
