//! Conflicts (冲突): found in what is known of each catalog, shown with a suggested merge, settled by a person.
//!
//! Invariant: nothing is merged without a person's act; the act is a revision that follows both sides, signed and
//! recorded like any other, so that every node sees the same end. A conflict blocks nothing else.

use std::{collections::BTreeSet, sync::Arc};

use gongkai_journal::{EntryHash, payload::DraftSave};
use gongkai_model::{
    conflict::{Conflict, ConflictKind, DraftSide, Known, Side, conflicts},
    digest::Digest,
    id::CatalogId,
    merge::{Choice, Merged, Place, Row, merge},
    review::{Draft, Intent, Step, admit},
    revision::{CanonicalHeader, Revision, match_items},
};

use crate::{Action, App, DraftState, ImportQuestion, Loaded, Operator, Result, check::require_clean, import};

mod error;

pub use error::ConflictError;

/// Characters of a conflict's id that must be given at least.
const ID_CHARS_MIN: usize = 4;

/// How a person settles a conflict.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// Our side as it is.
    Ours,
    /// Their side as it is.
    Theirs,
    /// The suggested merge with these decisions; refused while anything is open.
    Merge(Vec<Choice>),
    /// A workbook that holds the result.
    Table {
        /// Its bytes.
        content: Vec<u8>,
        /// Its name.
        file_name: String,
    },
}

/// A settled conflict.
pub struct Resolved {
    /// The catalog after it.
    pub loaded: Loaded,
    /// The revision that follows both sides.
    pub revision: Digest,
    /// The submission or save that carries it.
    pub entry: EntryHash,
    /// Whether it was submitted; a conflict of drafts ends in a draft.
    pub is_submitted: bool,
}

impl Loaded {
    /// A side's content.
    pub fn content(&self, revision: &Digest) -> Option<&Arc<Revision>> {
        let drafts = self.draft.iter().chain(&self.asides).map(|draft| &draft.revision);
        self.revisions
            .get(revision)
            .or_else(|| self.grounds.get(revision))
            .or_else(|| drafts.into_iter().find(|draft| draft.digest() == *revision))
    }

    /// The suggested merge with a person's decisions; `None` where the conflict is none of contents.
    pub fn merged(&self, conflict: &Conflict, choices: &[Choice]) -> Option<Merged> {
        let base = conflict.base.and_then(|base| self.content(&base)).map(AsRef::as_ref);
        let sides = (self.content(&conflict.ours.revision)?, self.content(&conflict.theirs.revision)?);
        conflict.kind.is_merged().then(|| merge(base, sides.0, sides.1, choices))
    }
}

impl App {
    /// All open conflicts known here, by catalog.
    pub async fn conflicts(&self) -> Result<Vec<Conflict>> {
        let mut found = Vec::new();
        let table = self.world().routing().ok().map(|(routing, _)| routing);
        for row in self.catalog_rows().await? {
            let is_open = row.summary.status.is_some_and(|status| status.open_step().is_some());
            let is_older_table = is_open && row.routing.is_some() && row.routing != table;
            if row.summary.is_in_conflict || row.has_drafts_apart || is_older_table {
                found.extend(self.conflicts_of(&self.load(&row.summary.catalog).await?));
            }
        }
        Ok(found)
    }

    /// The open conflicts of one catalog.
    pub fn conflicts_of(&self, loaded: &Loaded) -> Vec<Conflict> {
        let world = self.world();
        let steps: Option<Vec<Step>> =
            world.routing().ok().and_then(|(routing, _)| world.steps(&routing, &loaded.catalog));
        let author = self.store().identity().author();
        let own = loaded.entries.iter().filter(|entry| entry.header.stream.author == author);
        let own: BTreeSet<Digest> = own.map(|entry| entry.hash()).collect();
        let asides = loaded.asides.iter().map(|aside| self.draft_side(aside, true));
        let drafts: Vec<DraftSide> =
            asides.chain(loaded.draft.iter().map(|draft| self.draft_side(draft, false))).collect();
        conflicts(&Known { state: &loaded.state, drafts: &drafts, steps_now: steps.as_deref(), own: &own })
    }

    fn draft_side(&self, draft: &DraftState, is_aside: bool) -> DraftSide {
        let side = Side {
            revision: draft.revision.digest(),
            entry: draft.hash,
            author: self.world().me.clone(),
            operator: draft.operator.clone(),
            at_ms: draft.at_ms,
            is_submitted: false,
        };
        DraftSide { side, stands_on: draft.revision.parents.first().copied(), is_aside }
    }

    /// The conflict of an id or of its beginning.
    pub async fn conflict(&self, id: &str) -> Result<(Loaded, Conflict)> {
        let given = || id.chars().take(40).collect::<String>();
        let fits = |conflict: &Conflict| id.len() >= ID_CHARS_MIN && conflict.id.starts_with(id);
        let mut found: Vec<Conflict> = self.conflicts().await?.into_iter().filter(fits).collect();
        let conflict = found.pop().ok_or_else(|| ConflictError::Unknown { id: given() })?;
        if !found.is_empty() {
            return Err(ConflictError::Ambiguous { id: given(), count: found.len() + 1 }.into());
        }
        Ok((self.load(&conflict.catalog).await?, conflict))
    }

    /// Settles a conflict: records a revision that follows both sides.
    pub async fn resolve(
        &self,
        operator: &Operator,
        id: &str,
        resolution: Resolution,
        reason: String,
    ) -> Result<Resolved> {
        let (_, conflict) = self.conflict(id).await?;
        operator.may_on(Action::ConflictResolve, &conflict.catalog)?;
        self.writable_division(Some(conflict.catalog.division.as_str()))?;
        let table = match &resolution {
            Resolution::Table { content, file_name } => {
                Some(self.table(&conflict.catalog, content.clone(), file_name.clone()).await?)
            }
            Resolution::Ours | Resolution::Theirs | Resolution::Merge(_) => None,
        };
        let _acting = self.inner.acting.lock().await;
        // Looked at again under the lock: it may have been settled since.
        let (loaded, conflict) = self.conflict(&conflict.id).await?;
        let result = match (&resolution, table) {
            (_, Some(table)) => self.of_table(&loaded, &conflict, &table)?,
            (resolution, None) => content_of(&loaded, &conflict, resolution)?,
        };
        match conflict.kind {
            ConflictKind::Submissions => self.submit_merge(operator, &loaded, &conflict, result, reason).await,
            ConflictKind::Drafts => self.save_merge(operator, &loaded, &conflict, result).await,
            ConflictKind::Department => Err(ConflictError::NotMerged { id: conflict.id }.into()),
        }
    }

    async fn table(&self, catalog: &CatalogId, content: Vec<u8>, file_name: String) -> Result<gongkai_sheets::Report> {
        let domain = Some(catalog.domain.to_string());
        let question = ImportQuestion { content, file_name, domain, ..ImportQuestion::default() };
        Ok(self.read_workbook(&question, &catalog.division).await?.0)
    }

    /// A workbook as the result: its rows keep the ids of the suggested merge.
    fn of_table(&self, loaded: &Loaded, conflict: &Conflict, report: &gongkai_sheets::Report) -> Result<Content> {
        let domain = Some(conflict.catalog.domain.to_string());
        let tables = self.tables_by_domain(report, &ImportQuestion { domain, ..ImportQuestion::default() })?;
        let tables = tables
            .get(&conflict.catalog.domain)
            .ok_or_else(|| ConflictError::OtherFile { catalog: conflict.catalog.to_string() })?;
        let suggested = suggestion(loaded, conflict, &[])?.revision(conflict.catalog.clone(), Vec::new());
        let now_ms = self.now_ms();
        let matched = match_items(Some(&suggested), import::rows_of(tables), || self.inner.chance.item_id(now_ms))?;
        let mut header = suggested.header.decode();
        if let Some(title) = tables.iter().map(|table| &table.title).find(|title| !title.is_empty()) {
            header.title.clone_from(title);
        }
        Ok(Content { header: header.to_canonical(), items: matched.items })
    }

    /// Heads meet in a submission that names both as parents.
    async fn submit_merge(
        &self,
        operator: &Operator,
        loaded: &Loaded,
        conflict: &Conflict,
        result: Content,
        reason: String,
    ) -> Result<Resolved> {
        self.require_free()?;
        let world = self.world();
        let (routing, _) = world.routing()?;
        let revision = result.revision(&conflict.catalog, vec![conflict.ours.revision, conflict.theirs.revision]);
        let base = self.carried_base(loaded);
        let draft = Draft {
            revision: &revision,
            head: loaded.head_revision().map(AsRef::as_ref),
            base: base.as_deref(),
            routing,
            steps: world.steps(&routing, &conflict.catalog).unwrap_or_default(),
            writers: [&conflict.ours, &conflict.theirs].into_iter().filter_map(|side| side.operator.clone()).collect(),
            reason: if reason.is_empty() { format!("conflict {} settled", conflict.id) } else { reason },
            basis_of_change: String::new(),
            effective_from: None,
        };
        let act = admit(&loaded.state, Intent::Submit(draft), &operator.actor(&world))?;
        require_clean(&self.world(), loaded, &revision)?;
        let entry = self.record_act(&conflict.catalog, operator.id.clone(), act).await?;
        self.resolved(conflict, revision.digest(), entry, true).await
    }

    /// Drafts meet in a draft that follows the head.
    async fn save_merge(
        &self,
        operator: &Operator,
        loaded: &Loaded,
        conflict: &Conflict,
        result: Content,
    ) -> Result<Resolved> {
        let head = loaded.state.head().map(|head| head.revision);
        let revision = result.revision(&conflict.catalog, head.into_iter().collect());
        let sides = [&conflict.ours, &conflict.theirs].into_iter().filter(|side| !side.is_submitted);
        let save = DraftSave {
            body: import::draft_body(loaded, &revision),
            source: format!("merge {}", conflict.id),
            reason: String::new(),
            basis_of_change: String::new(),
            stands_on: None,
            merges: sides.map(|side| side.revision).collect(),
        };
        let entry = self.record_save(&conflict.catalog, operator.id.clone(), save).await?;
        self.resolved(conflict, revision.digest(), entry, false).await
    }

    async fn resolved(
        &self,
        conflict: &Conflict,
        revision: Digest,
        entry: EntryHash,
        is_submitted: bool,
    ) -> Result<Resolved> {
        Ok(Resolved { loaded: self.load(&conflict.catalog).await?, revision, entry, is_submitted })
    }
}

/// Header and items of a result.
struct Content {
    header: CanonicalHeader,
    items: std::collections::BTreeMap<gongkai_model::id::ItemId, gongkai_model::revision::Slot>,
}

impl Content {
    fn revision(self, catalog: &CatalogId, mut parents: Vec<Digest>) -> Revision {
        parents.sort_unstable();
        parents.dedup();
        Revision { catalog: catalog.clone(), parents, header: self.header, items: self.items }
    }
}

fn content_of(loaded: &Loaded, conflict: &Conflict, resolution: &Resolution) -> Result<Content> {
    let side = |revision: &Digest| {
        let content = loaded.content(revision).ok_or_else(|| loaded.lacks("revision", &revision.to_string()))?;
        Ok(Content { header: content.header.clone(), items: content.items.clone() })
    };
    match resolution {
        Resolution::Ours => side(&conflict.ours.revision),
        Resolution::Theirs => side(&conflict.theirs.revision),
        Resolution::Merge(choices) => decided(suggestion(loaded, conflict, choices)?),
        // Read before the lock was taken.
        Resolution::Table { .. } => Err(ConflictError::OtherFile { catalog: loaded.catalog.to_string() }.into()),
    }
}

fn suggestion(loaded: &Loaded, conflict: &Conflict, choices: &[Choice]) -> Result<Merged> {
    let missing = || ConflictError::NotMerged { id: conflict.id.clone() };
    Ok(loaded.merged(conflict, choices).ok_or_else(missing)?)
}

/// Refuses what a person has not decided, and decisions that decide nothing.
fn decided(merged: Merged) -> Result<Content> {
    if let Some(choice) = merged.unused.first() {
        let place = place_text(&choice.place);
        let what = choice.element.as_ref().map_or_else(|| place.clone(), |element| format!("{place} {element}"));
        return Err(ConflictError::ChoiceUnused { what: what.chars().take(120).collect() }.into());
    }
    let open: Vec<&Row> = merged.open().collect();
    if let Some(first) = open.first() {
        let element = first.element.as_deref().unwrap_or("item");
        let first = format!("{} {element}", first.name);
        return Err(ConflictError::Open { count: open.len(), first }.into());
    }
    Ok(Content { header: merged.header, items: merged.items })
}

fn place_text(place: &Place) -> String {
    match place {
        Place::Header => "header".to_owned(),
        Place::Item(id) => id.to_string(),
    }
}
