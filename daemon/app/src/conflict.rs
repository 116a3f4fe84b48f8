//! Conflicts (冲突): found in what is known of each catalog, shown with a suggested merge, settled by a person.
//!
//! Invariant: nothing is merged without a person's act; the act is an entry, signed like any other: a revision that
//! follows both sides, an answer to the proposal, a waiver with its basis, or a settlement. A conflict blocks nothing.
//! Left out: what is a conflict (model), and recording each kind's settlement (`conflict/settle.rs`).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use gongkai_model::{
    conflict::{Conflict, Contents, DraftSide, Known, OnStandard, Side, SideKind, Suggested, conflicts, submitted},
    digest::Digest,
    merge::{Choice, Merged, merge},
    named::only,
    review::{Fate, Step},
    revision::Revision,
    standard::Views,
};

use crate::{App, CatalogRow, DraftState, Error, Loaded, Result, StandardVersion, named::one, standard::standard_of};

mod decision;
mod error;
mod matter;
mod result;
mod settle;

pub use decision::{Ending, Resolution, Resolved, Settling};
pub use error::ConflictError;

/// Characters of a conflict's id that must be given at least.
const ID_CHARS_MIN: usize = 4;

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
        if !conflict.kind.is_merged() {
            return None;
        }
        if let Some(contents) = &conflict.contents {
            return Some(contents.merged(choices));
        }
        let base = conflict.base.and_then(|base| self.content(&base)).map(AsRef::as_ref);
        let sides = (self.content(&conflict.ours.revision)?, self.content(&conflict.theirs.revision)?);
        Some(merge(base, sides.0, sides.1, choices))
    }
}

impl App {
    /// All open conflicts known here, by catalog; then the matters that two bodies claim.
    pub async fn conflicts(&self) -> Result<Vec<Conflict>> {
        let mut found = Vec::new();
        for row in self.catalog_rows().await? {
            if row.summary.is_in_conflict || !row.conflicts.is_empty() || self.is_elsewhere_today(&row) {
                found.extend(self.conflicts_of(&self.load(&row.summary.catalog).await?).await?);
            }
        }
        found.extend(self.matters().await?);
        Ok(found)
    }

    /// Whether the table in force leads an open review elsewhere: that may begin with a day, without any entry.
    fn is_elsewhere_today(&self, row: &CatalogRow) -> bool {
        let world = self.world();
        let open = row.summary.status.and_then(|status| usize::try_from(status.open_step()?).ok());
        let now = world.routing().ok().and_then(|(routing, _)| world.steps(&routing, &row.summary.catalog));
        let (Some(open), Some(now)) = (open, now) else { return false };
        !now.is_empty() && now.get(open..) != Some(row.open_steps.as_slice())
    }

    /// The open conflicts of one catalog, without those about another catalog's matters.
    pub async fn conflicts_of(&self, loaded: &Loaded) -> Result<Vec<Conflict>> {
        let world = self.world();
        let steps: Option<Vec<Step>> =
            world.routing().ok().and_then(|(routing, _)| world.steps(&routing, &loaded.catalog));
        let author = self.store().identity().author();
        let own = loaded.entries.iter().filter(|entry| entry.header.stream.author == author);
        let own: BTreeSet<Digest> = own.map(|entry| entry.hash()).collect();
        let asides = loaded.asides.iter().map(|aside| self.draft_side(aside, true));
        let drafts: Vec<DraftSide> =
            asides.chain(loaded.draft.iter().map(|draft| self.draft_side(draft, false))).collect();
        let suggested = suggested(loaded);
        let standard = self.on_standard(loaded).await?;
        Ok(conflicts(&Known {
            state: &loaded.state,
            drafts: &drafts,
            steps_now: steps.as_deref(),
            own: &own,
            working: self.working_side(loaded),
            standard: standard.as_ref(),
            suggested: &suggested,
            waivers: &loaded.waivers,
        }))
    }

    fn draft_side(&self, draft: &DraftState, is_aside: bool) -> DraftSide {
        let side = Side {
            kind: SideKind::Draft,
            revision: draft.revision.digest(),
            entry: draft.hash,
            author: self.world().me.clone(),
            operator: draft.operator.clone(),
            at_ms: draft.at_ms,
            items: u32::try_from(draft.revision.items.len()).unwrap_or(u32::MAX),
        };
        DraftSide { side, stands_on: draft.revision.parents.first().copied(), is_aside }
    }

    /// The draft, else what was submitted last.
    fn working_side(&self, loaded: &Loaded) -> Option<(Side, Arc<Revision>)> {
        let content = Arc::clone(loaded.working()?);
        let draft = loaded.draft.as_ref().map(|draft| self.draft_side(draft, false).side);
        Some((draft.or_else(|| loaded.state.head().map(submitted))?, content))
    }

    /// The standard that the working content names, and the move onto the version in force where that is another.
    async fn on_standard(&self, loaded: &Loaded) -> Result<Option<OnStandard>> {
        let Some(named) = loaded.working().and_then(|working| standard_of(working)) else { return Ok(None) };
        let versions = self.standard_versions(&named.id).await?;
        let Some(before) = versions.iter().find(|version| version.row.revision == named.revision) else {
            return Ok(None);
        };
        let in_force = versions.iter().rfind(|version| version.row.is_sent);
        let newer = match in_force.filter(|version| version.row.revision != named.revision) {
            Some(onto) => Some((standard_side(onto), self.contents_of_move(loaded, onto).await?)),
            None => None,
        };
        Ok(Some(OnStandard { named: standard_side(before), content: Arc::clone(&before.content), newer }))
    }

    async fn contents_of_move(&self, loaded: &Loaded, onto: &StandardVersion) -> Result<Contents> {
        let moving = self.move_onto(loaded, onto.clone()).await?;
        let nobody = BTreeSet::new();
        let Views { base, ours, theirs, .. } = Views::of(&moving.question(&nobody, &nobody));
        Ok(Contents { base: Some(Arc::new(base)), ours: Arc::new(ours), theirs: Arc::new(theirs) })
    }

    /// The conflict of an id or of its beginning.
    pub async fn conflict(&self, id: &str) -> Result<(Loaded, Conflict)> {
        let given = || id.chars().take(40).collect::<String>();
        let fits = |conflict: &Conflict| id.len() >= ID_CHARS_MIN && conflict.id.starts_with(id);
        let mut found: BTreeMap<String, Conflict> = BTreeMap::new();
        found.extend(self.conflicts().await?.into_iter().filter(fits).map(|conflict| (conflict.id.clone(), conflict)));
        let named = only(found.values().map(|conflict| (conflict.id.clone(), told(conflict))));
        let nothing = || Error::from(ConflictError::Unknown { id: given() });
        let id = one(named, "conflict", id, nothing)?;
        let conflict = found.remove(&id).ok_or_else(nothing)?;
        Ok((self.load(&conflict.catalog).await?, conflict))
    }
}

fn told(conflict: &Conflict) -> String {
    format!("{} ({} {})", conflict.id, conflict.catalog, conflict.kind.word())
}

fn standard_side(version: &StandardVersion) -> Side {
    Side {
        kind: SideKind::Standard,
        revision: version.row.revision,
        entry: version.row.entry,
        author: version.row.id.division.clone(),
        operator: None,
        at_ms: version.row.at_ms,
        items: version.row.items,
    }
}

/// The proposals that nobody answered.
fn suggested(loaded: &Loaded) -> Vec<Suggested> {
    let open = loaded.proposals().into_iter().filter(|proposed| proposed.state.fate == Fate::Open);
    let suggested = open.filter_map(|proposed| {
        let read = loaded.state.submission(&proposed.state.submission)?;
        let side = Side {
            kind: SideKind::Proposal,
            revision: read.revision,
            entry: proposed.state.hash,
            author: proposed.state.author,
            operator: Some(proposed.state.operator),
            at_ms: proposed.state.at_ms,
            items: read.items,
        };
        let (item, proposed_item) = (proposed.state.item_id, proposed.state.proposed);
        Some(Suggested { side, item, base: proposed.base?, proposed: proposed_item })
    });
    suggested.collect()
}
