//! The workbook in which one item changes after the first edition.
//!
//! Invariant: it never takes the place of a user's workbook.

use std::collections::BTreeSet;

use gongkai_seeds::{Sample, Seeds};
use gongkai_sheets::{CatalogSheet, Reading, SheetRow};

use super::{
    cast::{Cast, Player, Revised, TOWNSHIP, catalogs},
    fault::DemoFault,
};
use crate::{commands::catalog::import, errors::Failure};

/// What the made change says: in Chinese, like the workbook.
const ADDED_LINE: &str = "咨询电话及办公时间";

/// A changed workbook of a township.
pub(crate) struct Change {
    pub(crate) township: Player,
    pub(crate) catalog: String,
    pub(crate) file_name: String,
    pub(crate) content: Vec<u8>,
    pub(crate) items: usize,
}

impl Change {
    /// The prepared change of the large catalog, or of the corrected one, or a made one of a catalog that is free.
    pub(crate) fn choose(cast: &Cast, users: &BTreeSet<String>) -> Result<Self, Failure> {
        let prepared = [cast.large, cast.updated];
        if let Some(free) = prepared.iter().find(|revised| !users.contains(&revised.catalog())) {
            return Self::prepared(cast, *free);
        }
        let is_free = |sample: &&&Sample| {
            sample.level == TOWNSHIP && catalogs(sample).iter().all(|catalog| !users.contains(catalog))
        };
        let free = cast.workbooks.iter().find(is_free);
        Self::made(cast, free.ok_or_else(|| DemoFault::SampleMissing("a catalog to change".to_owned()))?)
    }

    fn prepared(cast: &Cast, revised: Revised) -> Result<Self, Failure> {
        let Sample { file, division, items, bytes, .. } = revised.then;
        Ok(Self {
            township: cast.player(division.as_str())?,
            catalog: revised.catalog(),
            file_name: file.clone(),
            content: bytes.to_vec(),
            items: *items,
        })
    }

    /// The sample written again with one more line in its first item.
    fn made(cast: &Cast, sample: &Sample) -> Result<Self, Failure> {
        let mut report =
            import::read_report(sample.bytes, &sample.file, &import::FileQuestion::of(sample.division.as_str()))?;
        let table = report.tables.first_mut();
        let table = table.ok_or_else(|| DemoFault::SampleMissing(format!("a table in {}", sample.file)))?;
        if let Some(first) = table.rows.first_mut() {
            first.item.content = format!("{}\n{ADDED_LINE}", first.item.content);
        }
        let rows: Vec<SheetRow<'_>> =
            table.rows.iter().map(|row| SheetRow { serial: &row.serial, item: &row.item }).collect();
        let items = rows.len();
        let seeds = Seeds::builtin();
        let reading = Reading { vocabulary: &seeds.vocabulary, routing: &seeds.routing, node_level: TOWNSHIP };
        let sheet = CatalogSheet { name: &table.sheet, title: &table.title, rows };
        let content = gongkai_sheets::write(&[sheet], &reading)
            .map_err(|error| Failure::told(error.code(), &error, error.hint()))?;
        let township = cast.player(sample.division.as_str())?;
        Ok(Self { township, catalog: catalogs(sample).remove(0), file_name: sample.file.clone(), content, items })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn a_users_workbook_keeps_its_place() {
        let cast = Cast::of_samples().unwrap();
        let mut users = BTreeSet::new();
        for expected in [cast.large.catalog(), cast.updated.catalog()] {
            let change = Change::choose(&cast, &users).unwrap();
            assert_eq!(change.catalog, expected);
            users.insert(change.catalog);
        }
        let made = Change::choose(&cast, &users).unwrap();
        assert!(!users.contains(&made.catalog), "{}", made.catalog);
    }

    #[test]
    fn a_made_change_changes_one_item() {
        let cast = Cast::of_samples().unwrap();
        let sample = cast.workbooks.iter().find(|sample| sample.level == TOWNSHIP).unwrap();
        let rows = |bytes: &[u8]| {
            let report =
                import::read_report(bytes, &sample.file, &import::FileQuestion::of(sample.division.as_str())).unwrap();
            report.tables.into_iter().flat_map(|table| table.rows).map(|row| row.item).collect::<Vec<_>>()
        };
        let (before, after) = (rows(sample.bytes), rows(&Change::made(&cast, sample).unwrap().content));
        let differing = before.iter().zip(&after).filter(|(before, after)| before != after).count();
        assert_eq!((before.len(), differing), (after.len(), 1));
    }
}
