//! What a person's decision comes to: the content of both sides, of one, or of the suggested merge.
//!
//! Invariant: what is not decided is refused, and so is a decision that decides nothing.

use gongkai_model::{
    conflict::Conflict,
    digest::Digest,
    id::CatalogId,
    merge::{Choice, Merged, Outcome, Place, Row, Take},
    revision::{CanonicalHeader, Items, Revision},
};

use super::{ConflictError, Resolution, Settling};
use crate::{Loaded, Result, act::Acting};

/// One conflict that is being settled.
pub(super) struct Case<'a> {
    pub(super) acting: &'a Acting<'a>,
    pub(super) loaded: &'a Loaded,
    pub(super) conflict: &'a Conflict,
    pub(super) settling: &'a Settling,
}

/// Header and items of a result.
pub(super) struct Content {
    pub(super) header: CanonicalHeader,
    pub(super) items: Items,
}

impl Content {
    pub(super) fn revision(self, catalog: &CatalogId, mut parents: Vec<Digest>) -> Revision {
        parents.sort_unstable();
        parents.dedup();
        Revision { catalog: catalog.clone(), parents, header: self.header, items: self.items }
    }
}

pub(super) fn unfit(case: &Case<'_>) -> ConflictError {
    ConflictError::Unfit { take: case.settling.resolution.word(), kind: case.conflict.kind.word() }
}

/// Two whole revisions: one of them as it is, or their merge.
pub(super) fn content_of(case: &Case<'_>) -> Result<Content> {
    let Case { loaded, conflict, .. } = case;
    let side = |revision: &Digest| {
        let content = loaded.content(revision).ok_or_else(|| loaded.lacks("revision", &revision.to_string()))?;
        Ok(Content { header: content.header.clone(), items: content.items.clone() })
    };
    match &case.settling.resolution {
        Resolution::Ours => side(&conflict.ours.revision),
        Resolution::Theirs => side(&conflict.theirs.revision),
        Resolution::Merge(choices) => decided(suggestion(case, choices)?),
        // A workbook was read before the lock was taken.
        Resolution::Both | Resolution::Table { .. } => Err(unfit(case).into()),
    }
}

/// Of a standard, a proposal or a limit: a whole side is that side's words wherever both exclude each other.
pub(super) fn choices(case: &Case<'_>) -> Result<Vec<Choice>> {
    let whole = match &case.settling.resolution {
        Resolution::Merge(choices) => return Ok(choices.clone()),
        Resolution::Ours => Take::Ours,
        Resolution::Theirs => Take::Theirs,
        Resolution::Both | Resolution::Table { .. } => return Err(unfit(case).into()),
    };
    let suggested = suggestion(case, &[])?;
    let open = suggested.rows.iter().filter(|row| row.outcome == Outcome::Open);
    let choice = |row: &Row| Choice { place: row.place.clone(), element: row.element.clone(), take: whole.clone() };
    Ok(open.map(choice).collect())
}

/// The working content with the one item as a person decided it.
pub(super) fn patched(case: &Case<'_>) -> Result<Revision> {
    let Case { loaded, .. } = case;
    let item = case.conflict.item.as_ref().ok_or_else(|| unfit(case))?;
    let result = decided(suggestion(case, &choices(case)?)?)?;
    let working = loaded.working().ok_or_else(|| loaded.lacks("revision", ""))?;
    let mut revision = Revision::clone(working);
    match result.items.get(&item.id) {
        Some(slot) => revision.items.insert(item.id.clone(), slot.clone()),
        None => drop(revision.items.remove(&item.id)),
    }
    if loaded.draft.is_none() {
        revision.parents = loaded.state.head().map(|head| vec![head.revision]).unwrap_or_default();
    }
    Ok(revision)
}

pub(super) fn suggestion(case: &Case<'_>, choices: &[Choice]) -> Result<Merged> {
    let missing = || ConflictError::NotMerged { id: case.conflict.id.clone() };
    Ok(case.loaded.merged(case.conflict, choices).ok_or_else(missing)?)
}

/// Refuses what a person has not decided, and decisions that decide nothing.
pub(super) fn decided(merged: Merged) -> Result<Content> {
    if !merged.unused.is_empty() {
        let what = merged.unused.iter().map(choice_text).collect();
        return Err(ConflictError::ChoiceUnused { what }.into());
    }
    let open: Vec<&Row> = merged.open().collect();
    if let Some(first) = open.first() {
        let element = first.element.as_deref().unwrap_or("item");
        let first = format!("{} {element}", first.name);
        return Err(ConflictError::Open { count: open.len(), first }.into());
    }
    Ok(Content { header: merged.header, items: merged.items })
}

fn choice_text(choice: &Choice) -> String {
    let place = match &choice.place {
        Place::Header => "header".to_owned(),
        Place::Item(id) => id.to_string(),
    };
    let what = choice.element.as_ref().map_or_else(|| place.clone(), |element| format!("{place} {element}"));
    what.chars().take(120).collect()
}
