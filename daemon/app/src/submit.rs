//! Submitting and withdrawing.

use gongkai_model::{
    id::{CatalogId, Day},
    review::{Act, Draft, Intent, admit},
};

use crate::{Action, App, DraftState, Error, Loaded, Operator, Result, check::require_clean};

/// A submission that was made, or found to say nothing new.
pub struct Submitted {
    /// The catalog after it.
    pub loaded: Loaded,
    /// The submission's entry.
    pub submission: gongkai_journal::EntryHash,
}

/// What the owner says of a change (动态管理).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Why the catalog changes.
    pub reason: String,
    /// The legal basis of the change.
    pub basis: String,
    /// First day on which it is meant to hold.
    pub effective_from: Option<Day>,
}

impl App {
    /// Puts the draft up for review.
    pub async fn submit(
        &self,
        operator: &Operator,
        catalog: &CatalogId,
        reason: String,
        basis: String,
    ) -> Result<Submitted> {
        self.submit_change(operator, catalog, Change { reason, basis, effective_from: None }).await
    }

    /// The same with all that is said of the change; what is left empty is taken from the clerks' saves.
    pub async fn submit_change(&self, operator: &Operator, catalog: &CatalogId, change: Change) -> Result<Submitted> {
        let (acting, loaded) = self.begin_as_keeper(operator, Action::CatalogSubmit, catalog).await?;
        let world = self.world();
        let (routing, _) = world.routing()?;
        let steps = world.steps(&routing, catalog).unwrap_or_default();
        let working = loaded.working().ok_or_else(|| Error::CatalogUnknown { catalog: catalog.clone() })?;
        let base = self.carried_base(&loaded);
        let saved = loaded.draft.clone();
        let said = |told: String, kept: fn(&DraftState) -> &String| match &saved {
            Some(draft) if told.trim().is_empty() => kept(draft).clone(),
            Some(_) | None => told,
        };
        let draft = Draft {
            revision: working,
            head: loaded.head_revision().map(AsRef::as_ref),
            base: base.as_deref(),
            routing,
            steps,
            writers: loaded.draft.iter().filter_map(|draft| draft.operator.clone()).collect(),
            reason: said(change.reason, |draft| &draft.reason),
            basis_of_change: said(change.basis, |draft| &draft.basis_of_change),
            effective_from: change.effective_from,
        };
        let act = admit(&loaded.state, Intent::Submit(draft), &acting.actor())?;
        require_clean(&world, &loaded, working)?;
        let content = std::sync::Arc::clone(working);
        let submission = acting.record_submission(catalog, act, content).await?;
        Ok(Submitted { loaded: self.load(catalog).await?, submission })
    }

    /// A revision that this node's own stream about the division has carried: the base of a delta.
    pub(crate) fn carried_base(&self, loaded: &Loaded) -> Option<std::sync::Arc<gongkai_model::revision::Revision>> {
        let own = self.store().identity().author();
        let is_own = |hash: &gongkai_model::digest::Digest| {
            loaded.entries.iter().any(|entry| entry.hash() == *hash && entry.header.stream.author == own)
        };
        let carried = loaded.state.submissions.iter().rev().find(|submission| is_own(&submission.hash))?;
        loaded.revisions.get(&carried.revision).cloned()
    }

    /// Takes the open submission back.
    pub async fn withdraw(&self, operator: &Operator, catalog: &CatalogId, reason: String) -> Result<Loaded> {
        let (acting, loaded) = self.begin_as_keeper(operator, Action::CatalogWithdraw, catalog).await?;
        let head = loaded.state.head().ok_or_else(|| loaded.lacks("submission", ""))?;
        let intent = Intent::Withdraw { submission: head.hash, reason };
        let act: Act = admit(&loaded.state, intent, &acting.actor())?;
        acting.record_act(catalog, act).await?;
        self.load(catalog).await
    }
}
