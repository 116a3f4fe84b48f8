//! Importing a standard: a workbook becomes a draft version that is not handed down yet.
//!
//! Invariant: the same workbook twice changes nothing; items keep their ids from version to version, and an item that
//! a standard of the same domain has already keeps that one's id and provenance.

use gongkai_journal::kind::Kind;
use gongkai_model::{
    id::DomainSlug,
    revision::{Header, Matched, Revision, Row, match_items},
    standard::{StandardFacts, StandardId, StandardKind, StandardPut, TEXT_BYTES_MAX, start},
};
use gongkai_sheets::{Report, Table};

use super::{StandardError, StandardRow, StandardVersion};
use crate::{Action, App, ImportQuestion, Operator, Result};

/// What to import.
#[derive(Clone, Debug)]
pub struct StandardQuestion {
    /// The workbook's bytes.
    pub content: Vec<u8>,
    /// Its name.
    pub file_name: String,
    /// What it is.
    pub kind: StandardKind,
    /// The domain; `None`: as the title says.
    pub domain: Option<String>,
    /// Its name among the domain's standards; `None`: its kind.
    pub name: Option<String>,
    /// The version as printed.
    pub version: String,
    /// The document's number.
    pub doc_no: String,
    /// Who issued it.
    pub authority: String,
    /// The level that set its items; `None`: as its kind says.
    pub provenance: Option<String>,
    /// Report only.
    pub is_dry_run: bool,
}

/// What was read and kept.
#[derive(Clone, Debug)]
pub struct StandardImported {
    /// The reading.
    pub report: Report,
    /// Which standard.
    pub id: StandardId,
    /// The version's number.
    pub number: u64,
    /// Its content.
    pub revision: Revision,
    /// How the rows met the items of the version before.
    pub matched: Matched,
    /// The version before, where there is one.
    pub before: Option<StandardRow>,
    /// Whether something was kept, or would be.
    pub is_new: bool,
}

impl App {
    /// Reads a workbook into a draft version of a standard.
    pub async fn import_standard(&self, operator: &Operator, question: StandardQuestion) -> Result<StandardImported> {
        operator.may(Action::StandardImport)?;
        check_texts(&question)?;
        let me = self.world().me.clone();
        let asked = ImportQuestion {
            content: question.content.clone(),
            file_name: question.file_name.clone(),
            domain: question.domain.clone(),
            ..ImportQuestion::default()
        };
        let report = self.read_workbook(&asked, &me).await?.report;
        let (domain, tables) = self.one_domain(&report, question.domain.as_deref())?;
        let name = question.name.clone().unwrap_or_else(|| question.kind.word().to_owned());
        let id = StandardId::new(me, domain, &name)?;
        let acting = self.begin(operator, Action::StandardImport, &id).await?;
        let versions = self.standard_versions(&id).await?;
        let before = versions.iter().max_by_key(|version| version.row.number);
        let facts = facts_of(&question);
        let (revision, matched) = self.standard_content(&id, before, &facts, &tables).await?;
        let is_new =
            before.is_none_or(|before| !before.content.has_same_content(&revision) || before.row.facts != facts);
        let number = before.map_or(0, |before| before.row.number) + u64::from(is_new);
        if is_new && !question.is_dry_run {
            let put = StandardPut { standard: id.clone(), number, facts, body: revision.full() };
            acting.record_standard(Kind::StandardDraft, put).await?;
        }
        let before = before.map(|before| before.row.clone());
        drop(tables);
        Ok(StandardImported { report, id, number, revision, matched, before, is_new })
    }

    /// The tables of the one domain that is asked for, or of the only one in the file.
    fn one_domain<'r>(&self, report: &'r Report, given: Option<&str>) -> Result<(DomainSlug, Vec<&'r Table>)> {
        let mut by_domain = self.tables_by_domain(report, false)?;
        let found: Vec<String> = by_domain.keys().map(ToString::to_string).collect();
        let given = given.filter(|text| !text.is_empty()).map(DomainSlug::parse).transpose()?;
        let one = match given {
            Some(domain) => by_domain.remove_entry(&domain),
            None if by_domain.len() == 1 => by_domain.pop_first(),
            None => None,
        };
        Ok(one.ok_or(StandardError::StandardDomain { found })?)
    }

    async fn standard_content(
        &self,
        id: &StandardId,
        before: Option<&StandardVersion>,
        facts: &StandardFacts,
        tables: &[&Table],
    ) -> Result<(Revision, Matched)> {
        let higher = if before.is_none() { self.higher_standard(id, facts).await? } else { None };
        let base = before.map(|before| before.content.as_ref()).or(higher.as_ref());
        let rows = tables.iter().flat_map(|table| &table.rows);
        let rows: Vec<Row> = rows.map(|row| Row { item: row.item.clone(), serial: row.serial.clone() }).collect();
        let now_ms = self.now_ms();
        let matched = match_items(base, rows, || self.inner.chance.item_id(now_ms))?;
        let title = tables.iter().map(|table| &table.title).find(|title| !title.is_empty());
        let header = Header {
            title: title.cloned().unwrap_or_default(),
            edition_text: facts.version.clone(),
            publisher: facts.authority.clone(),
            ..Header::default()
        };
        let revision = Revision {
            catalog: id.content_id(),
            parents: before.map(|before| before.row.revision).into_iter().collect(),
            header: header.to_canonical(),
            items: matched.items.clone(),
        };
        Ok((revision, matched))
    }

    /// The domain's guideline under a common catalog, as that catalog would take it over.
    async fn higher_standard(&self, id: &StandardId, facts: &StandardFacts) -> Result<Option<Revision>> {
        if facts.kind == StandardKind::Guideline {
            return Ok(None);
        }
        let rows = self.standard_rows(Some(&id.domain)).await?;
        let higher = rows.iter().rfind(|row| row.facts.kind == StandardKind::Guideline && row.id != *id);
        let Some(row) = higher else { return Ok(None) };
        let version = self.standard(&row.id).await?;
        Ok(Some(start(&id.content_id(), &version.template(), Header::default())))
    }
}

fn facts_of(question: &StandardQuestion) -> StandardFacts {
    let provenance = question.provenance.clone().filter(|word| !word.is_empty());
    StandardFacts {
        kind: question.kind,
        version: question.version.clone(),
        doc_no: question.doc_no.clone(),
        authority: question.authority.clone(),
        provenance: provenance.unwrap_or_else(|| question.kind.provenance().to_owned()),
        from_catalog: None,
        note: String::new(),
    }
}

fn check_texts(question: &StandardQuestion) -> Result<()> {
    let provenance = question.provenance.clone().unwrap_or_default();
    let texts = [&question.version, &question.doc_no, &question.authority, &provenance];
    if question.version.trim().is_empty() || texts.iter().any(|text| text.len() > TEXT_BYTES_MAX) {
        return Err(StandardError::StandardFacts.into());
    }
    Ok(())
}
