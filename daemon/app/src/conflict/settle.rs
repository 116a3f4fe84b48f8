//! Settling a conflict: one way a kind, all under the acting lock and looked at again there.
//!
//! Invariant: what a person has not decided is refused and never guessed; what he decided is one signed entry, or a
//! revision in one, with his reason. Nothing else of the catalog changes.

use std::collections::BTreeSet;

use gongkai_journal::{EntryHash, kind::Kind, payload::DraftSave};
use gongkai_model::{
    check::{Rule, Waiver, WaiverAct},
    conflict::{Conflict, ConflictKind, Keeper, Settlement, SideKind},
    digest::Digest,
    id::{CatalogId, OperatorId},
    review::{Draft, Intent, ProposalAnswer, Refusal, admit},
    revision::{Revision, match_items},
};

use super::{
    ConflictError, Ending, Resolution, Resolved, Settling,
    result::{Case, Content, choices, content_of, decided, patched, suggestion, unfit},
};
use crate::{
    Action, App, ImportQuestion, Operator, Result,
    acts::{Saved, about, encode_on},
    check::{CheckError, require_clean},
    import,
    standard::standard_of,
};

impl App {
    /// Settles a conflict: records what a person decided.
    pub async fn resolve(&self, operator: &Operator, id: &str, settling: Settling) -> Result<Resolved> {
        let (_, conflict) = self.conflict(id).await?;
        operator.may_on(Action::ConflictResolve, &conflict.catalog)?;
        // A matter of two bodies is the upper one's to settle: the lower does not see both.
        let decider = conflict.upper.as_ref().map_or(&conflict.catalog, |(upper, _)| upper);
        self.writable_division(Some(decider.division.as_str()))?;
        let table = match &settling.resolution {
            Resolution::Table { content, file_name } => {
                Some(self.table(&conflict.catalog, content.clone(), file_name.clone()).await?)
            }
            Resolution::Ours | Resolution::Theirs | Resolution::Both | Resolution::Merge(_) => None,
        };
        let acting = self.begin(operator, Action::ConflictResolve, &conflict.catalog).await?;
        // Looked at again under the lock: it may have been settled since.
        let (loaded, conflict) = self.conflict(&conflict.id).await?;
        let case = Case { acting: &acting, loaded: &loaded, conflict: &conflict, settling: &settling };
        let (entry, revision, ending) = match conflict.kind {
            ConflictKind::Submissions => self.submit_merge(&case, table.as_ref()).await?,
            ConflictKind::Drafts => self.save_merge(&case, table.as_ref()).await?,
            ConflictKind::Department => return Err(ConflictError::NotMerged { id: conflict.id }.into()),
            ConflictKind::Standard => self.settle_override(&case, table.as_ref()).await?,
            ConflictKind::Proposal => self.settle_proposal(&case).await?,
            ConflictKind::Matter => self.settle_matter(&case).await?,
            ConflictKind::Limit => self.settle_limit(&case).await?,
        };
        Ok(Resolved { loaded: self.load(&conflict.catalog).await?, revision, entry, ending })
    }

    async fn table(&self, catalog: &CatalogId, content: Vec<u8>, file_name: String) -> Result<gongkai_sheets::Report> {
        let domain = Some(catalog.domain.to_string());
        let question = ImportQuestion { content, file_name, domain, ..ImportQuestion::default() };
        Ok(self.read_workbook(&question, &catalog.division).await?.report)
    }

    /// The result that a person decided on.
    fn content(&self, case: &Case<'_>, table: Option<&gongkai_sheets::Report>) -> Result<Content> {
        match table {
            Some(table) => self.of_table(case, table),
            None => content_of(case),
        }
    }

    /// A workbook as the result: its rows keep the ids of the suggested merge.
    fn of_table(&self, case: &Case<'_>, report: &gongkai_sheets::Report) -> Result<Content> {
        let catalog = &case.conflict.catalog;
        let tables = self.tables_by_domain(report, false)?;
        let tables =
            tables.get(&catalog.domain).ok_or_else(|| ConflictError::OtherFile { catalog: catalog.to_string() })?;
        let suggested = suggestion(case, &[])?.revision(catalog.clone(), Vec::new());
        let now_ms = self.now_ms();
        let matched = match_items(Some(&suggested), import::rows_of(tables), || self.inner.chance.item_id(now_ms))?;
        let mut header = suggested.header.decode();
        if let Some(title) = tables.iter().map(|table| &table.title).find(|title| !title.is_empty()) {
            header.title.clone_from(title);
        }
        Ok(Content { header: header.to_canonical(), items: matched.items })
    }

    /// Heads meet in a submission that names both as parents.
    async fn submit_merge(&self, case: &Case<'_>, table: Option<&gongkai_sheets::Report>) -> Result<Done> {
        let result = self.content(case, table)?;
        case.acting.require_free()?;
        let world = self.world();
        let (routing, _) = world.routing()?;
        let Case { acting, loaded, conflict, settling } = case;
        let revision = result.revision(&conflict.catalog, vec![conflict.ours.revision, conflict.theirs.revision]);
        let base = self.carried_base(loaded);
        let said = settling.reason.clone();
        let draft = Draft {
            revision: &revision,
            head: loaded.head_revision().map(AsRef::as_ref),
            base: base.as_deref(),
            custody: world.order_held(&conflict.catalog.division),
            routing,
            steps: world.steps(&routing, &conflict.catalog).unwrap_or_default(),
            writers: writers_of(case),
            written: std::collections::BTreeMap::new(),
            reason: if said.is_empty() { format!("conflict {} settled", conflict.id) } else { said },
            basis_of_change: settling.basis.clone(),
            effective_from: None,
        };
        let act = admit(&loaded.state, Intent::Submit(draft), &acting.actor())?;
        require_clean(&world, loaded, &revision)?;
        let entry = acting.record_act(&conflict.catalog, act).await?;
        Ok((entry, revision.digest(), Ending::Submitted))
    }

    /// Drafts meet in a draft that follows the head.
    async fn save_merge(&self, case: &Case<'_>, table: Option<&gongkai_sheets::Report>) -> Result<Done> {
        let result = self.content(case, table)?;
        let Case { acting, loaded, conflict, settling } = case;
        let head = loaded.state.head().map(|head| head.revision);
        let revision = result.revision(&conflict.catalog, head.into_iter().collect());
        let sides = [&conflict.ours, &conflict.theirs].into_iter().filter(|side| side.kind == SideKind::Draft);
        let save = DraftSave {
            body: import::draft_body(loaded, &revision),
            source: format!("merge {}", conflict.id),
            reason: settling.reason.clone(),
            basis_of_change: settling.basis.clone(),
            stands_on: None,
            merges: sides.map(|side| side.revision).collect(),
        };
        let entry = acting.record_save(&conflict.catalog, save).await?;
        Ok((entry, revision.digest(), Ending::Draft))
    }

    /// The catalog moves onto the newer version with what a person decided.
    async fn settle_override(&self, case: &Case<'_>, table: Option<&gongkai_sheets::Report>) -> Result<Done> {
        let items = match table {
            Some(_) => self.content(case, table)?.items,
            None => decided(suggestion(case, &choices(case)?)?)?.items,
        };
        let loaded = case.loaded;
        let named = loaded.working().and_then(|working| standard_of(working));
        let onto = self.standard_for(&loaded.catalog, named.as_ref(), "").await?;
        let moving = self.move_onto(loaded, onto).await?;
        let nobody = BTreeSet::new();
        let question = moving.question(&nobody, &nobody);
        let revision = gongkai_model::standard::Views::of(&question).settled(&question, &items);
        self.save_result(case, &revision).await
    }

    /// The owner's word on a proposal: taken as far as he decided, or declined.
    async fn settle_proposal(&self, case: &Case<'_>) -> Result<Done> {
        let Case { acting, loaded, conflict, settling } = case;
        let proposal = conflict.theirs.entry;
        let is_accepted = !matches!(settling.resolution, Resolution::Ours);
        let (revision, ending) = if is_accepted {
            acting.require_free()?;
            let revision = patched(case)?;
            let (_, digest, ending) = self.save_result(case, &revision).await?;
            (Some(digest), ending)
        } else if settling.reason.trim().is_empty() {
            return Err(Refusal::NoReason.into());
        } else {
            (None, Ending::Recorded)
        };
        // Readers say in their own language that it was merged with a later edit.
        let (reason, conflict_id) = (settling.reason.trim().to_owned(), conflict.id.clone());
        let answer = ProposalAnswer { proposal, is_accepted, revision, reason, conflict: conflict_id };
        let entry = acting.answer(&loaded.catalog, answer).await?;
        Ok((entry, revision.unwrap_or(conflict.ours.revision), ending))
    }

    /// The limit becomes the standard's, or another one; or it stays, with a reason and its legal basis.
    async fn settle_limit(&self, case: &Case<'_>) -> Result<Done> {
        let Case { acting, loaded, conflict, settling } = case;
        if !matches!(settling.resolution, Resolution::Ours) {
            let revision = patched(case)?;
            return self.save_result(case, &revision).await;
        }
        let (reason, basis) = (settling.reason.trim(), settling.basis.trim());
        if reason.is_empty() || basis.is_empty() {
            return Err(ConflictError::BasisMissing.into());
        }
        acting.require_free()?;
        let item = conflict.item.as_ref().ok_or_else(|| unfit(case))?;
        let slot = loaded.working().and_then(|working| working.items.get(&item.id));
        let digest = slot.ok_or_else(|| loaded.lacks("item", item.id.as_str()))?.digest();
        let waiver = Waiver {
            code: Rule::LimitLooser.name().to_owned(),
            item: item.id.to_string(),
            reason: format!("{reason}（依据：{basis}）"),
            digest: Some(digest),
            against: limit_of(conflict).unwrap_or_default(),
        };
        waiver.rule().map_err(CheckError::from)?;
        let entry = acting.record_waiver(&loaded.catalog, WaiverAct::Waive(waiver)).await?;
        Ok((entry, conflict.ours.revision, Ending::Recorded))
    }

    /// Who keeps a matter that two bodies claim is put on record; the catalogs stay as their owners wrote them.
    async fn settle_matter(&self, case: &Case<'_>) -> Result<Done> {
        let Case { acting, conflict, settling, .. } = case;
        let keeper = match &settling.resolution {
            Resolution::Ours => Keeper::Upper,
            Resolution::Theirs => Keeper::Lower,
            Resolution::Both => Keeper::Both,
            Resolution::Merge(_) | Resolution::Table { .. } => return Err(unfit(case).into()),
        };
        if settling.reason.trim().is_empty() {
            return Err(Refusal::NoReason.into());
        }
        acting.require_free()?;
        let (Some(item), Some((upper, upper_item))) = (&conflict.item, &conflict.upper) else {
            return Err(unfit(case).into());
        };
        let settlement = Settlement {
            conflict: conflict.digest,
            keeper,
            name: item.name.clone(),
            upper: upper.clone(),
            upper_item: upper_item.clone(),
            lower_item: item.id.clone(),
            reason: settling.reason.trim().to_owned(),
            basis: settling.basis.trim().to_owned(),
        };
        let payload = encode_on(conflict.catalog.clone(), settlement);
        let entry = acting.record_one(about(&conflict.catalog, None, Kind::Settlement, payload)).await?;
        Ok((entry, conflict.theirs.revision, Ending::Recorded))
    }

    /// Saves the result as the working draft.
    async fn save_result(&self, case: &Case<'_>, revision: &Revision) -> Result<Done> {
        let Case { acting, loaded, conflict, settling } = case;
        let working = loaded.working().ok_or_else(|| loaded.lacks("revision", ""))?;
        if working.has_same_content(revision) {
            // A wording that the edit holds already: nothing is to be written.
            return Ok((conflict.ours.entry, working.digest(), Ending::Recorded));
        }
        let saved = Saved {
            source: format!("merge {}", conflict.id),
            reason: settling.reason.clone(),
            basis_of_change: settling.basis.clone(),
        };
        let body = import::draft_body(loaded, revision);
        let entry = acting.record_draft(&loaded.catalog, body, saved).await?;
        Ok((entry, revision.digest(), Ending::Draft))
    }
}

/// Everybody whose saves stand in what meets: who put the sides up, and whom they name.
fn writers_of(case: &Case<'_>) -> Vec<OperatorId> {
    let sides = [&case.conflict.ours, &case.conflict.theirs];
    let named = sides.iter().filter_map(|side| case.loaded.state.submission(&side.entry));
    let named = named.flat_map(|side| side.standing.iter().flat_map(|standing| &standing.writers));
    let all: BTreeSet<&OperatorId> = sides.iter().filter_map(|side| side.operator.as_ref()).chain(named).collect();
    let own = case.acting.id();
    all.into_iter().filter(|who| **who != own).cloned().collect()
}

/// The standard's words for the limit that a conflict is about.
fn limit_of(conflict: &Conflict) -> Option<String> {
    let adopted = conflict.contents.as_ref()?.theirs.items.values().next()?;
    Some(adopted.item().decode().time_limit_text)
}

/// The entry, the revision, and what it ended in.
type Done = (EntryHash, Digest, Ending);
