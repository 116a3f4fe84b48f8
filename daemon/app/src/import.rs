//! Importing a workbook: its tables become drafts of the division's catalogs.
//!
//! Invariant: the same file twice changes nothing; a changed file gives exactly the changed items; nothing is kept
//! unless every table of the file can be kept.

mod boxes;
mod matched;
mod reading;
mod reread;

use std::{collections::BTreeMap, sync::Arc};

use gongkai_journal::payload::DraftSave;
use gongkai_model::{
    digest::Digest,
    id::{CatalogId, DivisionId},
    revision::{Header, Matched, Revision, Row, match_items},
};
use gongkai_sheets::{Reading, Report, Table, Warning};

pub use matched::{MatchedRow, RowChange};

use crate::{
    Action, App, Error, Loaded, Operator, Result,
    act::{Acting, Subject},
    source::File,
};

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
    /// That domain counts also where the file names another.
    pub confirms_domain: bool,
    /// The office that made the file; empty where its sheets are to say it.
    pub publisher: String,
    /// Report only.
    pub is_dry_run: bool,
    /// The removal of many items is meant.
    pub confirms_removals: bool,
    /// Columns named by a person, `header=field`; kept for later imports of the same office's files.
    pub map: Vec<String>,
    /// The encoding of a text file; empty to guess.
    pub encoding: String,
    /// The delimiter of a text file; empty to guess.
    pub delimiter: String,
    /// Why, for the history.
    pub reason: String,
    /// The legal basis of the change.
    pub basis: String,
    /// The revision that the writer had before him; `None` = the working one. Work on an older one stands beside.
    pub base: Option<String>,
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
    /// What becomes of each item.
    pub rows: Vec<MatchedRow>,
    /// Whether it removes so many items that keeping it needs a confirmation.
    pub needs_confirmation: bool,
}

/// What an import read and kept.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The reading.
    pub report: Report,
    /// The columns that were named, now or earlier.
    pub mapping: BTreeMap<String, String>,
    /// The office under which they are kept; empty for all offices.
    pub publisher: String,
    /// By catalog.
    pub revisions: Vec<ImportedRevision>,
}

impl App {
    /// Reads a workbook and keeps its tables as drafts.
    pub async fn import(&self, operator: &Operator, question: ImportQuestion) -> Result<Imported> {
        // Whoever may look at the catalogs may compare a file with them.
        if !question.is_dry_run {
            operator.may(Action::CatalogImport)?;
        }
        let division = self.writable_division(question.division.as_deref())?;
        let mut file = self.read_workbook(&question, &division).await?;
        let by_domain = self.tables_by_domain(&file.report, question.is_dry_run)?;
        if !question.is_dry_run {
            reading::require_used(&question, &by_domain)?;
        }
        let acting = match question.is_dry_run {
            true => None,
            false => {
                Some(self.begin(operator, Action::CatalogImport, by_domain.keys().collect::<Subject<'_>>()).await?)
            }
        };
        let mut planned = Vec::new();
        let mut reread = Vec::new();
        for (domain, tables) in by_domain {
            let catalog = CatalogId::new(division.clone(), domain);
            let loaded = self.load(&catalog).await?;
            loaded.check_open()?;
            let older = self.older(&loaded, &question).await?;
            let base = older.clone().or_else(|| loaded.working().cloned());
            let plan = self.plan(loaded, older, &tables)?;
            reread.extend(self.reread(&plan, base.as_deref(), &tables, &question.content).await?);
            planned.push((plan, tables));
        }
        let unconfirmed = planned.iter().map(|(plan, _)| plan).find(|plan| plan.needs_confirmation);
        if let Some(plan) = unconfirmed.filter(|_| !question.confirms_removals && !question.is_dry_run) {
            return Err(plan.unconfirmed());
        }
        if let Some(acting) = &acting {
            let told = (&file.columns, file.report.unmet.as_slice());
            self.keep_mapping(acting, &division, file.publisher(), told).await?;
        }
        let mut revisions = Vec::new();
        for (plan, tables) in planned {
            let is_new = plan.is_new();
            if let Some(acting) = &acting {
                self.keep(acting, &plan, &tables, &question).await?;
            }
            let is_same = |known: &&Arc<Revision>| known.has_same_content(&plan.revision);
            let known = plan.loaded.working().filter(is_same).or_else(|| plan.same_beside().next());
            let revision = known.filter(|_| !is_new).map_or(plan.revision.digest(), |known| known.digest());
            if is_new && !question.is_dry_run {
                self.read_back(&plan).await?;
            }
            let Plan { loaded, matched, rows, needs_confirmation, .. } = plan;
            let catalog = loaded.catalog;
            revisions.push(ImportedRevision { catalog, revision, matched, is_new, rows, needs_confirmation });
        }
        file.report.warnings.extend(reread);
        let publisher = file.publisher().to_owned();
        let mapping = file.columns.of(&publisher).clone().without(&file.report.unmet).to_pairs();
        Ok(Imported { report: file.report, mapping, publisher, revisions })
    }

    /// Names the items whose cells say what they said at the last import and are read otherwise now.
    async fn reread(
        &self,
        plan: &Plan,
        base: Option<&Revision>,
        tables: &[&Table],
        content: &[u8],
    ) -> Result<Vec<Warning>> {
        let Some(base) = base.filter(|_| !plan.matched.changed.is_empty() || !plan.matched.renamed.is_empty()) else {
            return Ok(Vec::new());
        };
        let sources = self.sources(&plan.loaded.catalog).await?;
        let before = reread::Before { sources: &sources, base, vocabulary: &self.world().vocabulary };
        Ok(before.reread(&Digest::of_file(content), tables, &plan.rows))
    }

    /// Keeps what is new of a plan: the draft, and the cells that its rows were read from.
    async fn keep(&self, acting: &Acting<'_>, plan: &Plan, tables: &[&Table], question: &ImportQuestion) -> Result<()> {
        let catalog = &plan.loaded.catalog;
        let file = File { name: &question.file_name, content: &question.content };
        let sources = self.source_drafts(catalog, file, (tables, &plan.matched)).await?;
        if plan.is_new() {
            let save = save_of(plan, question);
            acting.record_save_after(sources, catalog, save).await?;
        } else if !sources.is_empty() {
            acting.record(sources).await?;
        }
        Ok(())
    }

    /// What is said to be kept is kept: it is read back before anybody is told.
    async fn read_back(&self, plan: &Plan) -> Result<()> {
        let kept = self.load(&plan.loaded.catalog).await?;
        let drafts = kept.asides.iter().map(|aside| &aside.revision);
        let mut known: Box<dyn Iterator<Item = &Arc<Revision>>> = match plan.stands_on {
            Some(_) => Box::new(drafts),
            None => Box::new(kept.working().into_iter()),
        };
        if known.any(|known| known.has_same_content(&plan.revision)) {
            return Ok(());
        }
        let (hash, why) = (plan.revision.digest().to_string(), "the draft was saved and cannot be read back");
        Err(Error::Damaged { hash, why: why.to_owned() })
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

    /// The older state that the file's writer had before him, where he names one.
    pub(crate) async fn older(&self, loaded: &Loaded, question: &ImportQuestion) -> Result<Option<Arc<Revision>>> {
        match question.base.as_deref().filter(|text| !text.is_empty()) {
            Some(text) => Ok(Some(self.saved(loaded, text).await?)),
            None => Ok(None),
        }
    }

    pub(crate) fn plan(&self, loaded: Loaded, older: Option<Arc<Revision>>, tables: &[&Table]) -> Result<Plan> {
        let rows = rows_of(tables);
        let now_ms = self.now_ms();
        let older = older.filter(|older| loaded.working().is_none_or(|working| working.digest() != older.digest()));
        let base = older.clone().or_else(|| loaded.working().cloned());
        let mut matched = match_items(base.as_deref(), rows, || self.inner.chance.item_id(now_ms))?;
        let world = self.world();
        let reading = Reading { vocabulary: &world.vocabulary, routing: world.routing_table(), node_level: "" };
        boxes::keep(base.as_deref(), &mut matched, &reading);
        let items = base.as_ref().map_or(0, |base| base.items.len());
        let removed = matched.removed.len();
        let needs_confirmation = removed >= REMOVALS_COUNT_MIN && removed as f64 > items as f64 * REMOVALS_SHARE_MAX;
        let rows = matched::rows(base.as_deref(), &matched, tables);
        let header = self.header_of(&loaded, tables);
        let stands_on = older.map(|older| older.digest());
        let follows = stands_on.or_else(|| loaded.state.head().map(|head| head.revision));
        let revision = Revision {
            catalog: loaded.catalog.clone(),
            parents: follows.into_iter().collect(),
            header: header.to_canonical(),
            items: matched.items.clone(),
        };
        Ok(Plan { loaded, revision, matched, rows, needs_confirmation, stands_on })
    }

    /// What a table does not say stays as it was.
    pub(crate) fn header_of(&self, loaded: &Loaded, tables: &[&Table]) -> Header {
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

/// What an import makes of one catalog.
pub(crate) struct Plan {
    pub(crate) loaded: Loaded,
    pub(crate) revision: Revision,
    pub(crate) matched: Matched,
    rows: Vec<MatchedRow>,
    needs_confirmation: bool,
    /// The older state that it was made on.
    stands_on: Option<Digest>,
}

impl Plan {
    /// Whether the draft that it would become says something else now. Work on an older state becomes one beside the
    /// working one; all other work becomes the working one, also where a draft beside it says the same.
    fn is_new(&self) -> bool {
        let is_same = |known: &Arc<Revision>| known.has_same_content(&self.revision);
        let is_working = self.loaded.working().is_some_and(is_same);
        !is_working && (self.stands_on.is_none() || self.same_beside().next().is_none())
    }

    /// The drafts beside the working one that say the same.
    fn same_beside(&self) -> impl Iterator<Item = &Arc<Revision>> {
        let asides = self.loaded.asides.iter().map(|aside| &aside.revision);
        asides.filter(|aside| aside.has_same_content(&self.revision))
    }

    fn unconfirmed(&self) -> Error {
        let items = self.loaded.working().map_or(0, |working| working.items.len());
        Error::RemovalsUnconfirmed { catalog: self.loaded.catalog.clone(), removed: self.matched.removed.len(), items }
    }
}

pub(crate) fn rows_of(tables: &[&Table]) -> Vec<Row> {
    let rows = tables.iter().flat_map(|table| &table.rows);
    rows.map(|row| Row { item: row.item.clone(), serial: row.serial.clone() }).collect()
}

fn save_of(plan: &Plan, question: &ImportQuestion) -> DraftSave {
    let Plan { loaded, revision, stands_on, .. } = plan;
    let stands_on = *stands_on;
    // A draft beside the working one travels in full: the next save of the working one is no delta on it.
    let body = if stands_on.is_some() { revision.full() } else { draft_body(loaded, revision) };
    let source = format!("import {}", question.file_name);
    let (reason, basis_of_change) = (question.reason.clone(), question.basis.clone());
    // Whoever makes the words of a draft beside it the working ones has settled the two.
    let merges = plan.same_beside().filter(|_| stands_on.is_none()).map(|aside| aside.digest()).collect();
    DraftSave { body, source, reason, basis_of_change, stands_on, merges }
}

/// A save against the one before it, and in full now and then.
pub(crate) fn draft_body(loaded: &Loaded, revision: &Revision) -> gongkai_model::revision::RevisionBody {
    match &loaded.draft {
        Some(draft) if draft.saves_since_full < SAVES_BETWEEN_FULL => revision.delta_from(&draft.revision),
        Some(_) | None => revision.full(),
    }
}
