//! Reading a file on behalf of a division: its laws, domains and named columns, and whose tables they are.
//!
//! Invariant: what the caller told is used or named in a warning; nothing is kept here.

use std::collections::BTreeMap;

use gongkai_model::id::{DivisionId, DomainSlug};
use gongkai_sheets::{Reading, Report, Table, TextForm, Told, ToldDomain};

use super::ImportQuestion;
use crate::{App, Error, Result, RoutingError, desk::seeds, mapping::Columns};

/// A file that was read.
pub(crate) struct ReadFile {
    pub(crate) report: Report,
    pub(crate) columns: Columns,
}

impl ReadFile {
    /// The one office that made all of it; empty where none is known, or several are.
    pub(crate) fn publisher(&self) -> &str {
        let first = self.report.tables.first().map_or("", |table| table.publisher.as_str());
        let is_only = self.report.tables.iter().all(|table| table.publisher == first);
        if is_only { first } else { "" }
    }
}

impl App {
    /// Reads a division's file with the columns that were named for its office.
    pub(crate) async fn read_workbook(&self, question: &ImportQuestion, division: &DivisionId) -> Result<ReadFile> {
        let columns = self.columns(question, division).await?;
        let text = TextForm::parse(&question.encoding, &question.delimiter)?;
        let world = self.world();
        world.routing()?;
        let domain = self.told_domain(question)?;
        let level = world.tree().get(division).map_or_else(String::new, |division| division.level.clone());
        let (content, file_name) = (question.content.clone(), question.file_name.clone());
        let (publisher, is_meant) = (question.publisher.clone(), question.confirms_domain);
        let reading = move || {
            let reading = Reading { vocabulary: &world.vocabulary, routing: world.routing_table(), node_level: &level };
            let own = world.routing_table().law_index();
            let full_title = |title: &str| match own.find(title) {
                Some(law) => Some(law.title.clone()).filter(|full| full != title),
                None => seeds().laws.full_title(title),
            };
            let told = Told {
                mapping: &columns.general,
                by_publisher: &columns.by_publisher,
                publisher: &publisher,
                domain: domain.as_ref().map(|slug| ToldDomain { slug: slug.as_str(), is_meant }),
                law_title: Some(&full_title),
                text,
            };
            let report = gongkai_sheets::read_told(&content, &file_name, &reading, &told)?;
            Ok(ReadFile { report, columns })
        };
        let stopped = |_| gongkai_sheets::Error::Damaged { what: "the reader was stopped".to_owned() };
        tokio::task::spawn_blocking(reading).await.map_err(stopped)?
    }

    /// The domain that the caller named; a slip of the keyboard is refused.
    fn told_domain(&self, question: &ImportQuestion) -> Result<Option<DomainSlug>> {
        let Some(text) = question.domain.as_deref().filter(|text| !text.is_empty()) else { return Ok(None) };
        let slug = DomainSlug::parse(text)?;
        match self.world().routing_table().domain(&slug) {
            Some(_) => Ok(Some(slug)),
            None => Err(RoutingError::from(gongkai_model::domain::Error::DomainUnknown(slug)).into()),
        }
    }

    /// The tables of a file by their domains. A table without one stops what is to be kept.
    pub(crate) fn tables_by_domain<'r>(
        &self,
        report: &'r Report,
        is_dry_run: bool,
    ) -> Result<BTreeMap<DomainSlug, Vec<&'r Table>>> {
        let world = self.world();
        let mut by_domain: BTreeMap<DomainSlug, Vec<&Table>> = BTreeMap::new();
        for table in &report.tables {
            let named = table.domain.as_deref().and_then(|slug| DomainSlug::parse(slug).ok());
            match named.filter(|slug| world.routing_table().domain(slug).is_some()) {
                Some(domain) => by_domain.entry(domain).or_default().push(table),
                // A warning of the reading names it already.
                None if is_dry_run => {}
                None => {
                    let (title, sheet, range) = (table.title.clone(), table.sheet.clone(), table.range.clone());
                    return Err(Error::DomainUnknown { title, sheet, range });
                }
            }
        }
        Ok(by_domain)
    }
}

/// Refuses a domain that was named for a file and is that of none of its tables: what the caller wants is not known.
pub(super) fn require_used(question: &ImportQuestion, by_domain: &BTreeMap<DomainSlug, Vec<&Table>>) -> Result<()> {
    let Some(told) = question.domain.as_deref().filter(|text| !text.is_empty()) else { return Ok(()) };
    let is_used = by_domain.keys().any(|domain| domain.as_str() == told);
    match by_domain.iter().next().filter(|_| !is_used) {
        None => Ok(()),
        Some((named, tables)) => Err(Error::DomainDiffers {
            told: told.to_owned(),
            named: named.to_string(),
            title: tables.first().map_or_else(String::new, |table| table.title.clone()),
        }),
    }
}
