//! What the content check finds in tables that were only read: by cell, since their items have no ids yet.
//!
//! Invariant: a finding names the cell of the field at fault, or the first cell of its row where the table has no such
//! column. Left out: the rules (model), and what is known of laws and standards (the caller brings it).

use gongkai_model::check::{Entry, Facts, Finding, check};

use crate::{Row, Table};

impl Table {
    /// Where a field of a row stands, such as `目录!C4`; the fields of a list are named with its place in it.
    pub fn place_of(&self, row: &Row, field: &str) -> String {
        let column = self.columns.get(field.split('.').next().unwrap_or_default());
        format!("{}!{}{}", row.source.sheet, column.map_or("A", String::as_str), row.source.row)
    }
}

/// Checks a table's rows; the findings name cells where they would name items.
pub fn check_table(table: &Table, facts: &Facts<'_>) -> Vec<Finding> {
    let ids: Vec<String> = (0..table.rows.len()).map(|index| index.to_string()).collect();
    let entries: Vec<Entry<'_>> = table
        .rows
        .iter()
        .zip(&ids)
        .map(|(row, id)| Entry { id, serial: &row.serial, item: &row.item, kept: None, digest: None })
        .collect();
    let mut findings = check(&entries, facts);
    for finding in &mut findings {
        let row = finding.item.parse().ok().and_then(|index: usize| table.rows.get(index));
        finding.item = row.map_or_else(|| table.sheet.clone(), |row| table.place_of(row, &finding.field));
    }
    findings
}
