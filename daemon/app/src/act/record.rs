//! Recording in a person's name: from a payload to committed entries, with everything that follows from them.
//!
//! Invariant: what was decided is committed or nothing is. An entry names the person who acts, by an alias where it
//! goes to a whole subtree; under a hold nothing leaves the node but what the table lets.

use std::sync::Arc;

use gongkai_journal::{Entry, EntryHash, Lane, Reach, kind::Kind, payload};
use gongkai_model::{
    check::WaiverAct,
    id::CatalogId,
    review::Act,
    revision::{Revision, RevisionBody, split},
};
use gongkai_store::Draft;

use super::Acting;
use crate::{
    Result, UnderHold,
    acts::{PART_BYTES_TARGET, Saved, about, drafts_of, encode_on, in_parts, last_of},
    erase::require_none_removed,
};

impl Acting<'_> {
    /// Commits drafts in the person's name, and everything that follows from them.
    pub(crate) async fn record(&self, drafts: Vec<Draft>) -> Result<Vec<Entry>> {
        let entries = self.append(drafts).await?;
        self.app.catch_up().await?;
        Ok(entries)
    }

    /// Records one draft; gives its entry.
    pub(crate) async fn record_one(&self, draft: Draft) -> Result<EntryHash> {
        self.record_last(vec![draft]).await
    }

    /// Records drafts of which the last is what the others are for; gives its entry.
    pub(crate) async fn record_last(&self, drafts: Vec<Draft>) -> Result<EntryHash> {
        Ok(last_of(&self.record(drafts).await?))
    }

    /// Records an act of review about a catalog; gives its entry.
    pub(crate) async fn record_act(&self, catalog: &CatalogId, act: Act) -> Result<EntryHash> {
        self.record_last(drafts_of(catalog, &self.operator.id, act)?).await
    }

    /// The same with a submission whose content is at hand: nobody reads it again.
    pub(crate) async fn record_submission(
        &self,
        catalog: &CatalogId,
        act: Act,
        content: Arc<Revision>,
    ) -> Result<EntryHash> {
        let submission = last_of(&self.append(drafts_of(catalog, &self.operator.id, act)?).await?);
        self.app.inner.recent.learn(catalog, submission, content);
        self.app.catch_up().await?;
        Ok(submission)
    }

    /// Records a waiver or its recall; gives the entry.
    pub(crate) async fn record_waiver(&self, catalog: &CatalogId, act: WaiverAct) -> Result<EntryHash> {
        self.record_one(about(catalog, None, Kind::Waiver, encode_on(catalog.clone(), act))).await
    }

    /// Records a clerk's save and why; never leaves the node.
    pub(crate) async fn record_draft(
        &self,
        catalog: &CatalogId,
        body: RevisionBody,
        saved: impl Into<Saved>,
    ) -> Result<EntryHash> {
        let Saved { source, reason, basis_of_change } = saved.into();
        let save = payload::DraftSave { body, source, reason, basis_of_change, stands_on: None, merges: Vec::new() };
        self.record_save(catalog, save).await
    }

    /// Records a save with what it stands on and takes in; never leaves the node.
    pub(crate) async fn record_save(&self, catalog: &CatalogId, save: payload::DraftSave) -> Result<EntryHash> {
        self.record_save_after(Vec::new(), catalog, save).await
    }

    /// The same behind others of this node's own, in one commit.
    pub(crate) async fn record_save_after(
        &self,
        mut before: Vec<Draft>,
        catalog: &CatalogId,
        save: payload::DraftSave,
    ) -> Result<EntryHash> {
        require_none_removed(&self.app.load(catalog).await?, &save.body.puts)?;
        let (batches, body) = split(save.body.clone(), PART_BYTES_TARGET)?;
        let make = move |body: RevisionBody| payload::encode(&payload::DraftSave { body, ..save });
        let mut drafts = in_parts(catalog, &self.operator.id, batches, body, Kind::DraftSave, make);
        for draft in &mut drafts {
            (draft.reach, draft.lane) = (Reach::SelfOnly, Lane::Work);
        }
        before.extend(drafts);
        self.record_last(before).await
    }

    async fn append(&self, mut drafts: Vec<Draft>) -> Result<Vec<Entry>> {
        for draft in &mut drafts {
            if self.action.under_hold() != UnderHold::Allowed && draft.reach != Reach::SelfOnly {
                self.require_free()?;
            }
            draft.operator = Some(match draft.reach {
                Reach::Subtree => self.app.alias_of(&self.operator.id).await?,
                _ => self.operator.id.clone(),
            });
        }
        let Some(account) = self.app.unsaid_account(self.operator).await? else { return self.app.append(drafts).await };
        // In one commit with what it stands beside, and before it.
        drafts.insert(0, account);
        let mut entries = self.app.append(drafts).await?;
        self.app.account_said(self.operator);
        Ok(entries.split_off(1))
    }
}
