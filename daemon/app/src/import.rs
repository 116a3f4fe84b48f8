//! Importing a workbook: its tables become drafts of the division's catalogs.
//!
//! Invariant: the same file twice changes nothing; a changed file gives exactly the changed items; nothing is kept
//! unless every table of the file can be kept.

use std::collections::BTreeMap;

use gongkai_model::{
    digest::Digest,
    id::{CatalogId, DivisionId, DomainSlug},
    revision::{Header, Matched, Revision, Row, match_items},
};
use gongkai_sheets::{Reading, Report, Table};

use crate::{App, Error, Loaded, Operator, Result, Role};

/// Share of a catalog's items whose removal needs a confirmation.
const REMOVALS_SHARE_MAX: f64 = 0.2;
/// Removals below this count need none: small catalogs are edited as a whole.
const REMOVALS_COUNT_MIN: usize = 5;
/// Saves after which one is written in full, so that a draft is read from few entries.
const SAVES_BETWEEN_FULL: u32 = 16;

/// What to import.
#[derive(Clone, Debug, Default)]
pub struct ImportQuestion {
    /// The workbook's bytes.
    pub content: Vec<u8>,
    /// Its name, for its kind and the history.
    pub file_name: String,
    /// Whose catalogs; `None` = this node's division.
    pub division: Option<String>,
    /// The domain of tables whose title names none.
    pub domain: Option<String>,
    /// Report only.
    pub is_dry_run: bool,
    /// The removal of many items is meant.
    pub confirms_removals: bool,
}

/// What became of one catalog.
#[derive(Clone, Debug)]
pub struct ImportedRevision {
    /// Which.
    pub catalog: CatalogId,
    /// The draft's revision (the earlier one if nothing changed).
    pub revision: Digest,
    /// How the rows met the items that were there.
    pub matched: Matched,
    /// Whether something was kept, or would be.
    pub is_new: bool,
}

/// What an import read and kept.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The reading.
    pub report: Report,
    /// By catalog.
    pub revisions: Vec<ImportedRevision>,
}

impl App {
    /// Reads a workbook and keeps its tables as drafts.
    pub async fn import(&self, operator: &Operator, question: ImportQuestion) -> Result<Imported> {
        operator.require(Role::Clerk)?;
        let division = self.writable_division(question.division.as_deref())?;
        let report = self.read_workbook(&question, &division).await?;
        let by_domain = self.tables_by_domain(&report, question.domain.as_deref())?;
        let _acting = self.inner.acting.lock().await;
        let mut planned = Vec::new();
        for (domain, tables) in by_domain {
            let loaded = self.load(&CatalogId::new(division.clone(), domain)).await?;
            planned.push(self.plan(loaded, &tables, &question)?);
        }
        let mut revisions = Vec::new();
        for (loaded, revision, matched) in planned {
            let is_new = loaded.working().is_none_or(|working| !working.has_same_content(&revision));
            let digest =
                if is_new { revision.digest() } else { loaded.working().map_or(revision.digest(), |w| w.digest()) };
            if is_new && !question.is_dry_run {
                let source = format!("import {}", question.file_name);
                let body = draft_body(&loaded, &revision);
                self.record_draft(&loaded.catalog, operator.id.clone(), body, source).await?;
            }
            revisions.push(ImportedRevision { catalog: loaded.catalog, revision: digest, matched, is_new });
        }
        Ok(Imported { report, revisions })
    }

    /// The division that a clerk of this node may write.
    pub(crate) fn writable_division(&self, text: Option<&str>) -> Result<DivisionId> {
        let world = self.world();
        let division = match text {
            None | Some("") => world.me.clone(),
            Some(text) => world.division(text)?.id.clone(),
        };
        let custodian = world.custodian(&division);
        if custodian == world.me {
            Ok(division)
        } else {
            Err(Error::NotCustodian { division, custodian: custodian.to_string() })
        }
    }

    pub(crate) async fn read_workbook(&self, question: &ImportQuestion, division: &DivisionId) -> Result<Report> {
        let world = self.world();
        world.routing()?;
        let level = world.tree().get(division).map_or_else(String::new, |division| division.level.clone());
        let (content, file_name) = (question.content.clone(), question.file_name.clone());
        let reading = move || {
            let reading = Reading { vocabulary: &world.vocabulary, routing: world.routing_table(), node_level: &level };
            gongkai_sheets::read(&content, &file_name, &reading)
        };
        let report =
            tokio::task::spawn_blocking(reading).await.expect("the reader does not panic and is not cancelled");
        Ok(report?)
    }

    pub(crate) fn tables_by_domain<'r>(
        &self,
        report: &'r Report,
        given: Option<&str>,
    ) -> Result<BTreeMap<DomainSlug, Vec<&'r Table>>> {
        let world = self.world();
        let given = given.filter(|text| !text.is_empty()).map(DomainSlug::parse).transpose()?;
        let mut by_domain: BTreeMap<DomainSlug, Vec<&Table>> = BTreeMap::new();
        for table in &report.tables {
            let named = table.domain.as_deref().and_then(|slug| DomainSlug::parse(slug).ok());
            let domain = named.or_else(|| given.clone()).filter(|slug| world.routing_table().domain(slug).is_some());
            let Some(domain) = domain else {
                let (title, sheet, range) = (table.title.clone(), table.sheet.clone(), table.range.clone());
                return Err(Error::DomainUnknown { title, sheet, range });
            };
            by_domain.entry(domain).or_default().push(table);
        }
        Ok(by_domain)
    }

    fn plan(
        &self,
        loaded: Loaded,
        tables: &[&Table],
        question: &ImportQuestion,
    ) -> Result<(Loaded, Revision, Matched)> {
        let rows = tables.iter().flat_map(|table| &table.rows);
        let rows: Vec<Row> = rows.map(|row| Row { item: row.item.clone(), serial: row.serial.clone() }).collect();
        let now_ms = self.now_ms();
        let base = loaded.working().cloned();
        let matched = match_items(base.as_deref(), rows, || self.inner.chance.item_id(now_ms))?;
        let items = base.as_ref().map_or(0, |base| base.items.len());
        let removed = matched.removed.len();
        let is_many = removed >= REMOVALS_COUNT_MIN && removed as f64 > items as f64 * REMOVALS_SHARE_MAX;
        if is_many && !question.confirms_removals && !question.is_dry_run {
            return Err(Error::RemovalsUnconfirmed { catalog: loaded.catalog.clone(), removed, items });
        }
        let header = self.header_of(&loaded, tables);
        let parents = loaded.state.head().map(|head| vec![head.revision]).unwrap_or_default();
        let revision = Revision {
            catalog: loaded.catalog.clone(),
            parents,
            header: header.to_canonical(),
            items: matched.items.clone(),
        };
        Ok((loaded, revision, matched))
    }

    /// What a table does not say stays as it was.
    fn header_of(&self, loaded: &Loaded, tables: &[&Table]) -> Header {
        let world = self.world();
        let mut header = loaded.working().map(|working| working.header.decode()).unwrap_or_default();
        if let Some(title) = tables.iter().map(|table| &table.title).find(|title| !title.is_empty()) {
            header.title.clone_from(title);
        }
        if header.publisher.is_empty() {
            header.publisher = world.name_of(&loaded.catalog.division);
        }
        if header.level.is_empty() {
            let division = world.tree().get(&loaded.catalog.division);
            header.level = division.map_or_else(String::new, |division| division.level.clone());
        }
        header
    }
}

/// A save against the one before it, and in full now and then.
pub(crate) fn draft_body(loaded: &Loaded, revision: &Revision) -> gongkai_model::revision::RevisionBody {
    match &loaded.draft {
        Some(draft) if draft.saves_since_full < SAVES_BETWEEN_FULL => revision.delta_from(&draft.revision),
        Some(_) | None => revision.full(),
    }
}
