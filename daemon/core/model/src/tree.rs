//! The administrative tree as data: divisions with dated attributes, and who stands on whose path.
//!
//! Invariant: a tree is a function of the *set* of its records; a division's id never changes, its code, name,
//! level and parent hold from a first day. A record that would close a loop is left out of that day's tree.
//! Left out: who may write records (journal), and what the records mean for routes (journal::route).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{Day, DivisionId};

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

/// The tree as it stands on one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    divisions: BTreeMap<DivisionId, Division>,
    children: BTreeMap<DivisionId, BTreeSet<DivisionId>>,
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
        tree.cut_loops();
        for division in tree.divisions.values() {
            if let Some(parent) = &division.parent {
                tree.children.entry(parent.clone()).or_default().insert(division.id.clone());
            }
        }
        tree
    }

    /// A parent chain that does not end within [`DEPTH_MAX`] steps is a loop; its members lose their parent.
    fn cut_loops(&mut self) {
        let looping: Vec<DivisionId> =
            self.divisions.keys().filter(|id| self.climb(id).count() > DEPTH_MAX).cloned().collect();
        for id in looping {
            if let Some(division) = self.divisions.get_mut(&id) {
                division.parent = None;
            }
        }
    }

    fn climb<'a>(&'a self, id: &'a DivisionId) -> impl Iterator<Item = &'a DivisionId> {
        std::iter::successors(Some(id), |id| self.divisions.get(*id)?.parent.as_ref()).take(DEPTH_MAX + 1)
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
            for child in self.children(&next) {
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
    fn a_loop_is_cut_and_does_not_hang() {
        let records = [division("a", "0001-01-01", Some("b")), division("b", "0001-01-01", Some("a"))];
        let tree = Tree::as_of(&records, &Day::earliest());
        assert_eq!(tree.path(&id("a")), vec![id("a")]);
    }
}
