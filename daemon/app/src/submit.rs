//! Submitting and withdrawing.

use std::collections::BTreeMap;

use gongkai_model::{
    id::{CatalogId, Day, ItemId, OperatorId},
    review::{Act, Draft, Intent, Target, admit},
    revision::Revision,
};

use crate::{Action, App, DraftState, Error, Loaded, Operator, Result, check::require_clean, draft::changed};

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

impl Loaded {
    /// Whose saves stand in what is put up, since the last approved submission, and of each who did not write all of it
    /// the items: those changed since the head by the saves, the others as the head has them.
    pub(crate) fn writers_of(
        &self,
        content: &Revision,
        submitter: &OperatorId,
    ) -> (Vec<OperatorId>, BTreeMap<OperatorId, Vec<ItemId>>) {
        let head = self.state.head();
        let approved = head.and_then(|head| self.state.approved_before(&head.hash));
        let approved = approved.and_then(|one| Some((&one.hash, self.revisions.get(&one.revision)?.as_ref())));
        let anew = changed(self.head_revision().map(AsRef::as_ref), content);
        let mut written: BTreeMap<OperatorId, Vec<ItemId>> = BTreeMap::new();
        for (operator, places) in self.written.since(approved, content) {
            let items = places.intersection(&anew).flatten().cloned();
            written.entry(operator).or_default().extend(items);
        }
        // What stands on as the head has it was written by those whom the head names.
        for standing in head.into_iter().flat_map(|head| &head.standing) {
            let stands_in = |revision: &Revision| match &standing.target {
                Target::Header => revision.header.digest() == standing.digest,
                Target::Item(id) => revision.items.get(id).is_some_and(|slot| slot.digest() == standing.digest),
                Target::Removal(id) => !revision.items.contains_key(id),
            };
            let is_approved = approved.is_some_and(|(_, revision)| stands_in(revision));
            let stands = stands_in(content) && !is_approved;
            for operator in standing.writers.iter().filter(|_| stands) {
                written.entry(operator.clone()).or_default();
            }
        }
        let writers: Vec<OperatorId> = written.keys().filter(|who| *who != submitter).cloned().collect();
        if writers.is_empty() {
            return (writers, BTreeMap::new());
        }
        written.entry(submitter.clone()).or_default();
        (writers, written)
    }
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
        let (writers, written) = loaded.writers_of(working, &operator.id);
        let draft = Draft {
            revision: working,
            head: loaded.head_revision().map(AsRef::as_ref),
            base: base.as_deref(),
            custody: world.order_held(&catalog.division),
            routing,
            steps,
            writers,
            written,
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
