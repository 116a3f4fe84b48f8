//! The check of a file before it is imported: what `catalog check` would say of its catalogs if it were.
//!
//! Invariant: nothing is kept; rows are matched with the items that are here, so that waivers and the standard count as
//! they will, and findings name cells. Tables without a domain are checked by the rules and laws alone.

use std::collections::BTreeMap;

use gongkai_model::{
    check::{Facts, Finding, Verdict, apply_waivers},
    id::{CatalogId, ItemId},
    item::Basis,
};
use gongkai_sheets::{Report, Row, Table, check_table};

use super::{law_state, verdict_of};
use crate::{App, ImportQuestion, Result};

/// What was read of a file, and what the check finds in it.
#[derive(Clone, Debug)]
pub struct CheckedFile {
    /// The reading.
    pub report: Report,
    /// The findings; each names a cell where it would name an item.
    pub verdict: Verdict,
}

impl App {
    /// Reads and checks a file with what this node knows; of any division of the tree, whoever keeps its catalogs.
    pub async fn check_file(&self, question: ImportQuestion) -> Result<CheckedFile> {
        let division = match question.division.as_deref() {
            None | Some("") => self.world().me.clone(),
            Some(text) => self.world().division(text)?.id.clone(),
        };
        let report = self.read_workbook(&question, &division).await?.report;
        let mut whole = Verdict::default();
        for (domain, tables) in self.tables_by_domain(&report, true)? {
            let loaded = self.load(&CatalogId::new(division.clone(), domain)).await?;
            let older = self.older(&loaded, &question).await?;
            let plan = self.plan(loaded, older, &tables)?;
            let standard = self.standard_under(&plan.revision).await?;
            let mut verdict = verdict_of(&self.world(), &plan.loaded, &plan.revision, standard.as_deref());
            name_cells(&mut verdict.findings, &tables, &plan.matched.row_ids);
            add(&mut whole, verdict);
        }
        let world = self.world();
        let own = world.routing_table().law_index();
        let known = |basis: &Basis| law_state(&own, &basis.title, &world.today);
        for table in report.tables.iter().filter(|table| table.domain.is_none()) {
            let findings = check_table(table, &Facts { laws: Some(&known), standard: None });
            add(&mut whole, apply_waivers(findings, &[]));
        }
        Ok(CheckedFile { report, verdict: whole })
    }
}

/// Puts cells in the place of ids; what is about the header or the whole stands at the first table's sheet.
fn name_cells(findings: &mut [Finding], tables: &[&Table], ids: &[ItemId]) {
    let rows = tables.iter().flat_map(|table| table.rows.iter().map(move |row| (*table, row)));
    let by_id: BTreeMap<&str, (&Table, &Row)> = ids.iter().map(ItemId::as_str).zip(rows).collect();
    let sheet = tables.first().map_or("", |table| table.sheet.as_str());
    for finding in findings {
        finding.item = match by_id.get(finding.item.as_str()) {
            Some((table, row)) => table.place_of(row, &finding.field),
            None => sheet.to_owned(),
        };
    }
}

fn add(whole: &mut Verdict, part: Verdict) {
    whole.findings.extend(part.findings);
    whole.errors += part.errors;
    whole.warnings += part.warnings;
    whole.notes += part.notes;
    whole.waived += part.waived;
    whole.idle.extend(part.idle);
}
