//! The administrative tree as data: divisions with dated attributes, and who stands on whose path.
//!
//! Invariant: a tree is a function of the *set* of its records; a division's id never changes, its code, name,
//! level and parent hold from a first day. Every division's path ends at a top: what would go round in a loop or
//! deeper than [`DEPTH_MAX`], and a parent whose own record is not here yet, hangs directly below the top that day.
//! Left out: who may write records (journal), and what the records mean for routes (journal::route).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{Day, DivisionId};

mod ever;

pub use ever::{Ever, Reached};

/// Deepest tree walked: nation, province, city, county, township, village and room for more.
pub const DEPTH_MAX: usize = 16;

/// A division's attributes from a day on (行政区划).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Division {
    /// The permanent id.
    pub id: DivisionId,
    /// First day on which these attributes hold.
    pub from: Day,
    /// The current official code (GB/T 2260, GB/T 10114), text.
    pub code: String,
    /// The name, such as 红旗街道; not unique.
    pub name: String,
    /// The English name, for pages in English; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name_en: String,
    /// `municipal`, `county`, `township`, … A word of the vocabulary, not an enum: depth is data.
    pub level: String,
    /// What it is: `city`, `district`, `county`, `town`, `subdistrict`, `functional-area`, ….
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The division above; `None` at the top.
    pub parent: Option<DivisionId>,
    /// Dissolved from this day on (撤乡并镇).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_retired: bool,
}

impl Division {
    /// A division of which only its place in the tree is known, from the earliest day on.
    pub fn placed(id: DivisionId, parent: Option<DivisionId>) -> Self {
        Self {
            id,
            from: Day::earliest(),
            code: String::new(),
            name: String::new(),
            name_en: String::new(),
            level: String::new(),
            kind: String::new(),
            parent,
            is_retired: false,
        }
    }
}

/// The tree as it stands on one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    divisions: BTreeMap<DivisionId, Division>,
    children: BTreeMap<DivisionId, BTreeSet<DivisionId>>,
    /// The first division without a parent.
    top: Option<DivisionId>,
    /// Named as parents, without a record: orders of two histories of one root may come in any order.
    unknown: BTreeSet<DivisionId>,
}

impl Tree {
    /// Folds the records valid on `as_of`: of each division the latest first day counts, ties by the record's order.
    pub fn as_of<'a>(records: impl IntoIterator<Item = &'a Division>, as_of: &Day) -> Self {
        let mut latest: BTreeMap<&DivisionId, &Division> = BTreeMap::new();
        for record in records.into_iter().filter(|record| record.from <= *as_of) {
            let known = latest.entry(&record.id).or_insert(record);
            if (&record.from, record) > (&known.from, *known) {
                *known = record;
            }
        }
        let mut tree =
            Self { divisions: latest.into_values().map(|d| (d.id.clone(), d.clone())).collect(), ..Self::default() };
        let top = tree.roots().next().map(|division| division.id.clone());
        tree.top = top;
        let parents = tree.divisions.values().filter_map(|division| division.parent.as_ref());
        let unknown = parents.filter(|parent| !tree.divisions.contains_key(*parent)).cloned().collect();
        tree.unknown = unknown;
        tree.cut_loops();
        for division in tree.divisions.values() {
            if let Some(parent) = &division.parent {
                tree.children.entry(parent.clone()).or_default().insert(division.id.clone());
            }
        }
        tree
    }

    /// Orders of two histories of one root may contradict each other. The members of a loop hang below the top, and
    /// not nowhere: a node without a path to the root would never take the order that mends it.
    fn cut_loops(&mut self) {
        let is_member = |id: &&DivisionId| self.climb(id).skip(1).any(|step| step == *id);
        let members: Vec<DivisionId> = self.divisions.keys().filter(is_member).cloned().collect();
        self.hang(&members);
        let is_too_deep = |id: &&DivisionId| self.climb(id).count() > DEPTH_MAX;
        let deep: Vec<DivisionId> = self.divisions.keys().filter(is_too_deep).cloned().collect();
        self.hang(&deep);
    }

    fn hang(&mut self, ids: &[DivisionId]) {
        for id in ids {
            if let Some(division) = self.divisions.get_mut(id) {
                division.parent.clone_from(&self.top);
            }
        }
    }

    fn climb<'a>(&'a self, id: &'a DivisionId) -> impl Iterator<Item = &'a DivisionId> {
        std::iter::successors(Some(id), |id| self.above(id)).take(DEPTH_MAX + 1)
    }

    fn above(&self, id: &DivisionId) -> Option<&DivisionId> {
        match self.divisions.get(id) {
            Some(division) => division.parent.as_ref(),
            None => self.top.as_ref().filter(|_| self.unknown.contains(id)),
        }
    }

    /// The division's attributes on that day.
    pub fn get(&self, id: &DivisionId) -> Option<&Division> {
        self.divisions.get(id)
    }

    /// All divisions by id.
    pub fn divisions(&self) -> impl Iterator<Item = &Division> {
        self.divisions.values()
    }

    /// How many divisions the tree holds.
    pub fn len(&self) -> usize {
        self.divisions.len()
    }

    /// Whether nothing is known yet.
    pub fn is_empty(&self) -> bool {
        self.divisions.is_empty()
    }

    /// The divisions directly below, by id.
    pub fn children(&self, id: &DivisionId) -> impl Iterator<Item = &DivisionId> {
        self.children.get(id).into_iter().flatten()
    }

    /// The division one level up.
    pub fn parent(&self, id: &DivisionId) -> Option<&DivisionId> {
        self.divisions.get(id)?.parent.as_ref()
    }

    /// root … id, the path of the division; just `id` for one that is not in the tree.
    pub fn path(&self, id: &DivisionId) -> Vec<DivisionId> {
        let mut path: Vec<DivisionId> = self.climb(id).cloned().collect();
        path.reverse();
        path
    }

    /// Whether `above` is `id` itself or an ancestor of it.
    pub fn is_on_path(&self, above: &DivisionId, id: &DivisionId) -> bool {
        self.climb(id).any(|step| step == above)
    }

    /// `id` and everything below it, by id.
    pub fn subtree(&self, id: &DivisionId) -> BTreeSet<DivisionId> {
        let mut found = BTreeSet::from([id.clone()]);
        let mut open = vec![id.clone()];
        while let Some(next) = open.pop() {
            let unknown = self.unknown.iter().filter(|_| self.top.as_ref() == Some(&next));
            for child in self.children(&next).chain(unknown) {
                if found.insert(child.clone()) {
                    open.push(child.clone());
                }
            }
        }
        found
    }

    /// The top divisions: normally one.
    pub fn roots(&self) -> impl Iterator<Item = &Division> {
        self.divisions.values().filter(|division| division.parent.is_none())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    fn division(id: &str, from: &str, parent: Option<&str>) -> Division {
        Division {
            id: DivisionId::parse(id).unwrap(),
            from: Day::parse(from).unwrap(),
            code: id.to_owned(),
            name: id.to_owned(),
            name_en: String::new(),
            level: "township".to_owned(),
            kind: String::new(),
            parent: parent.map(|p| DivisionId::parse(p).unwrap()),
            is_retired: false,
        }
    }

    fn id(text: &str) -> DivisionId {
        DivisionId::parse(text).unwrap()
    }

    #[test]
    fn a_division_moves_on_its_day_in_whatever_order_the_records_come() {
        let mut records = vec![
            division("c", "0001-01-01", None),
            division("k", "0001-01-01", Some("c")),
            division("b", "0001-01-01", Some("c")),
            division("t", "0001-01-01", Some("k")),
            division("t", "2024-01-01", Some("b")),
        ];
        for _ in 0..records.len() {
            records.rotate_left(1);
            let before = Tree::as_of(&records, &Day::parse("2023-12-31").unwrap());
            let after = Tree::as_of(&records, &Day::parse("2024-01-01").unwrap());
            assert_eq!(before.path(&id("t")), vec![id("c"), id("k"), id("t")]);
            assert_eq!(after.path(&id("t")), vec![id("c"), id("b"), id("t")]);
            assert!(before.is_on_path(&id("k"), &id("t")) && !after.is_on_path(&id("k"), &id("t")));
            assert_eq!(after.subtree(&id("b")), BTreeSet::from([id("b"), id("t")]));
        }
    }

    #[test]
    fn a_loop_hangs_below_the_top_and_keeps_what_is_below_it() {
        let mut records = vec![
            division("a", "0001-01-01", Some("b")),
            division("b", "0001-01-01", Some("a")),
            division("under", "0001-01-01", Some("b")),
        ];
        let tree = Tree::as_of(&records, &Day::earliest());
        assert_eq!(tree.path(&id("a")), vec![id("a")], "there is no top");
        records.push(division("top", "0001-01-01", None));
        let tree = Tree::as_of(&records, &Day::earliest());
        assert_eq!(tree.path(&id("a")), vec![id("top"), id("a")]);
        assert_eq!(tree.path(&id("under")), vec![id("top"), id("b"), id("under")]);
    }

    #[test]
    fn a_parent_without_a_record_hangs_below_the_top() {
        let records = [division("top", "0001-01-01", None), division("t", "0001-01-01", Some("not-here"))];
        let tree = Tree::as_of(&records, &Day::earliest());
        assert_eq!(tree.path(&id("t")), vec![id("top"), id("not-here"), id("t")]);
        assert_eq!(tree.subtree(&id("top")), BTreeSet::from([id("top"), id("not-here"), id("t")]));
        assert_eq!(tree.path(&id("stranger")), vec![id("stranger")]);
    }

    #[test]
    fn every_path_ends_at_the_top_however_deep_the_records_go() {
        let name = |number: usize| format!("d{number:02}");
        let mut records = vec![division("d00", "0001-01-01", None)];
        records.extend((1..60).map(|number| division(&name(number), "0001-01-01", Some(&name(number - 1)))));
        let tree = Tree::as_of(&records, &Day::earliest());
        for record in &records {
            assert_eq!(tree.path(&record.id).first(), Some(&id("d00")));
        }
    }
}
