//! Directories of editions: rendering one beside its place, and bringing the directories up to the journal.
//!
//! Invariant: one renderer at a time, because all of it happens under the acting lock; a directory made again has
//! the manifest that its entry names, or it is not kept.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use gongkai_model::{id::CatalogId, revision::Revision};
use gongkai_publish::{
    PreviousEdition, Rendered, Restart, commit, discard, erased_in, partial_path, render, restart, seal, withdraw,
};

use super::{
    place::{directory, read_manifest},
    plan::Plan,
    series::{Series, SeriesEntry},
};
use crate::{App, Error, Result};

/// Runs work on files where it does not hold up the node; fails only when the node stops.
pub(super) async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::EditionInterrupted)
}

impl App {
    /// Renders, flushes and seals an edition beside its place.
    pub(super) async fn render_aside(
        &self,
        plan: &Plan,
        revisions: BTreeMap<CatalogId, Arc<Revision>>,
        root: &Path,
    ) -> Result<Rendered> {
        let previous = plan.previous.map(|(number, manifest)| {
            let manifest_bytes = read_manifest(root, number)?;
            Ok::<_, Error>(PreviousEdition { number, manifest, manifest_bytes })
        });
        let input = plan.consolidation(&revisions, previous.transpose()?);
        let input = input.ok_or(Error::EditionPlanLost { number: plan.number })?;
        let reuse = plan.previous.map(|(number, _)| directory(root, number));
        let partial = partial_path(&directory(root, plan.number));
        let app = self.clone();
        let work = move || {
            let rendered = render(&input, &partial, reuse.as_deref())?;
            seal(&partial, app.inner.signer.as_ref())?;
            Ok::<_, Error>(rendered)
        };
        off_thread(work).await?
    }

    /// Brings the directories up to the journal, from the newest sound one on. Called under the acting lock.
    pub(super) async fn complete(&self, series: &Series, root: &Path) -> Result<Vec<u64>> {
        self.take_back(series, root).await?;
        let next = series.keys().next_back().copied().unwrap_or(0) + 1;
        let beside = directory(root, next);
        off_thread(move || restart(&beside, None)).await??;
        let mut undone = Vec::new();
        for entry in series.values().rev() {
            let (target, manifest) = (directory(root, entry.payload.number), entry.payload.manifest);
            match off_thread(move || restart(&target, Some(&manifest))).await?? {
                Restart::Complete => break,
                Restart::Discarded | Restart::RenderAgain => undone.push(entry),
            }
        }
        undone.reverse();
        let mut made = Vec::new();
        for entry in undone {
            self.make_again(entry, root).await?;
            tracing::info!(edition = entry.payload.number, "edition made again from the journal");
            made.push(entry.payload.number);
        }
        Ok(made)
    }

    /// Takes the directories away that show what was removed by law since, with all later ones, which name it in their
    /// differences; they are made again.
    async fn take_back(&self, series: &Series, root: &Path) -> Result<()> {
        let erased = self.erased_catalogs().await?;
        if erased.is_empty() {
            return Ok(());
        }
        let mut is_stale = false;
        for number in series.keys() {
            let target = directory(root, *number);
            let Some((shown, _)) = erased_in(&target) else { continue };
            let Some(plan) = self.edition_plan(*number).await? else { continue };
            let mut gone = 0;
            for planned in plan.catalogs.iter().filter(|planned| erased.contains(&planned.catalog)) {
                let loaded = self.load(&planned.catalog).await?;
                let items = loaded.revisions.get(&planned.revision).map(|revision| revision.items.values());
                gone += items.into_iter().flatten().filter(|slot| slot.item().erasure().is_some()).count();
            }
            is_stale |= gone != shown.len();
            if is_stale {
                off_thread(move || withdraw(&target)).await??;
            }
        }
        Ok(())
    }

    async fn make_again(&self, entry: &SeriesEntry, root: &Path) -> Result<()> {
        let number = entry.payload.number;
        let mut plan = self.edition_plan(number).await?.ok_or(Error::EditionPlanLost { number })?;
        let mut revisions = BTreeMap::new();
        for planned in &plan.catalogs {
            let loaded = self.load(&planned.catalog).await?;
            revisions.extend(loaded.revisions.get(&planned.revision).map(|r| (planned.catalog.clone(), Arc::clone(r))));
        }
        // The edition before is named in this one's differences.
        let before = plan.previous.and_then(|(before, _)| erased_in(&directory(root, before)));
        let items = revisions.values().flat_map(|revision| revision.items.values());
        let is_redacted = items.into_iter().any(|slot| slot.item().erasure().is_some());
        plan.stands_for =
            (is_redacted || before.is_some_and(|(_, is_redacted)| is_redacted)).then_some(entry.payload.manifest);
        let rendered = self.render_aside(&plan, revisions, root).await?;
        if rendered.edition_root != entry.payload.manifest_root {
            return Err(Error::EditionPlanLost { number });
        }
        let (target, manifest) = (directory(root, number), entry.payload.manifest);
        let work = move || {
            let committed = commit(&partial_path(&target), &target, &manifest);
            if committed.is_err() {
                // The first fault is the one to report.
                let _ = discard(&target);
            }
            committed
        };
        Ok(off_thread(work).await??)
    }
}
