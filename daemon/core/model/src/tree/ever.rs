//! What a division ever was, and what ever stood above it, by all records and on all days.
//!
//! Invariant: a record that comes later adds and takes nothing away: what was right under some order stays right for
//! good, also where a later order of the same day took the earlier one's place, and before its own day has come.
//! Left out: the tree of one day.

use std::collections::{BTreeMap, BTreeSet};

use super::{DEPTH_MAX, Division};
use crate::id::DivisionId;

/// All records of a tree, by division.
#[derive(Clone, Debug, Default)]
pub struct Ever {
    records: BTreeMap<DivisionId, Vec<Division>>,
}

/// Where one comes to, some levels above a division.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// The divisions.
    pub divisions: BTreeSet<DivisionId>,
    /// Whether a way ends at a top before it.
    pub is_above_top: bool,
}

impl Ever {
    /// Of all records that were ever written.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Division>) -> Self {
        let mut ever = Self::default();
        for record in records {
            let known = ever.records.entry(record.id.clone()).or_default();
            if !known.contains(record) {
                known.push(record.clone());
            }
        }
        ever
    }

    /// The records of a division, in no particular order.
    pub fn records(&self, id: &DivisionId) -> &[Division] {
        self.records.get(id).map_or(&[], Vec::as_slice)
    }

    /// So many levels above a division, by any of its parents and any of theirs.
    pub fn above(&self, id: &DivisionId, levels: usize) -> Reached {
        let mut reached = Reached { divisions: BTreeSet::from([id.clone()]), is_above_top: false };
        for _ in 0..levels.min(DEPTH_MAX + 1) {
            let records = reached.divisions.iter().flat_map(|id| self.records(id));
            let parents: Vec<Option<&DivisionId>> = records.map(|record| record.parent.as_ref()).collect();
            reached.is_above_top |= parents.contains(&None);
            reached.divisions = parents.into_iter().flatten().cloned().collect();
        }
        reached
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::id::Day;

    fn id(text: &str) -> DivisionId {
        DivisionId::parse(text).unwrap()
    }

    fn record(of: &str, from: &str, parent: Option<&str>) -> Division {
        Division { from: Day::parse(from).unwrap(), ..Division::placed(id(of), parent.map(id)) }
    }

    #[test]
    fn whatever_stood_above_counts_for_good() {
        let mut records = vec![
            record("c", "0001-01-01", None),
            record("k", "0001-01-01", Some("c")),
            record("b", "0001-01-01", Some("c")),
            record("t", "0001-01-01", Some("k")),
            // Moved and moved back on one day.
            record("t", "2026-01-01", Some("b")),
            record("t", "2026-01-01", Some("k")),
        ];
        let ever = Ever::of(&records);
        let above = |ever: &Ever, levels| ever.above(&id("t"), levels);
        assert_eq!(above(&ever, 1).divisions, [id("k"), id("b")].into());
        assert_eq!(above(&ever, 2), Reached { divisions: [id("c")].into(), is_above_top: false });
        assert_eq!(above(&ever, 3), Reached { divisions: [].into(), is_above_top: true });
        // Many days later, on each of which somebody moves.
        for day in 0..200 {
            records.push(record("x", &format!("{}-01-01", 2027 + day), Some("c")));
        }
        assert_eq!(Ever::of(&records).above(&id("t"), 1), above(&ever, 1));
        assert_eq!(ever.records(&id("t")).len(), 3);
    }
}
