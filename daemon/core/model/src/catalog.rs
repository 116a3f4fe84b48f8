//! Summaries of catalogs as listings show them.
//!
//! Invariant: a summary is derived from revisions and review state and can be thrown away.
//! Left out: the content itself (revision) and what may be done with it (review).

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    id::CatalogId,
    review::{CatalogState, Excess, SubmissionStatus},
    revision::Revision,
};

/// One line of a catalog listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogSummary {
    /// The catalog.
    pub catalog: CatalogId,
    /// The title as printed, of the draft or else of the last submission.
    pub title: String,
    /// How many items that revision holds.
    pub items: u32,
    /// Where the last submission stands; `None` before the first (草案).
    pub status: Option<SubmissionStatus>,
    /// The submission entry that the status is about.
    pub submission: Option<Digest>,
    /// The submitted revision.
    pub submitted: Option<Digest>,
    /// The revision that an edition would take.
    pub latest_approved: Option<Digest>,
    /// The draft that was not submitted yet; `None` when nothing differs from the last submission.
    pub draft: Option<Digest>,
    /// Elements that the next step has to look at.
    pub pending: u32,
    /// Whether the owner's work diverged.
    pub is_in_conflict: bool,
    /// The part of the budget that its entries exceed: then nothing else is known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Excess>,
    /// Entries that wait or are void.
    pub troubled: u32,
}

impl CatalogSummary {
    /// Sums up a catalog. `shown` is the revision of the draft or of the last submission, `draft` the digest of an
    /// unsubmitted draft, `last_published` the revision that the last edition took.
    pub fn of(
        state: &CatalogState,
        shown: Option<&Revision>,
        draft: Option<Digest>,
        last_published: Option<&Digest>,
    ) -> Self {
        let head = state.head();
        let pending = head.and_then(|head| Some(head.pending(head.next_step?).count()));
        Self {
            catalog: state.catalog.clone(),
            title: shown.map(|revision| revision.header.decode().title).unwrap_or_default(),
            items: shown.map_or(0, |revision| count(revision.items.len())),
            status: head.map(|head| head.status),
            submission: head.map(|head| head.hash),
            submitted: head.map(|head| head.revision),
            latest_approved: state.latest_approved(last_published).map(|approved| approved.revision),
            draft,
            pending: count(pending.unwrap_or(0)),
            is_in_conflict: state.is_in_conflict,
            blocked: state.blocked,
            troubled: count(state.waiting.len() + state.void.len()),
        }
    }

    /// The status word in Chinese; 草案 before the first submission.
    pub fn status_label(&self) -> &'static str {
        self.status.map_or("草案", SubmissionStatus::label)
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::{
        review::fold,
        revision::{Header, Items},
    };

    #[test]
    fn a_catalog_that_was_never_submitted_is_a_draft() {
        let catalog = CatalogId::parse("211221100/work-safety").unwrap();
        let header = Header { title: "安全生产领域目录".to_owned(), ..Header::default() }.to_canonical();
        let draft = Revision { catalog: catalog.clone(), parents: Vec::new(), header, items: Items::new() };
        let state = fold(&catalog, Vec::new());
        let summary = CatalogSummary::of(&state, Some(&draft), Some(draft.digest()), None);
        assert_eq!((summary.status_label(), summary.title.as_str()), ("草案", "安全生产领域目录"));
        assert_eq!((summary.submitted, summary.draft), (None, Some(draft.digest())));
        let json = serde_json::to_string(&summary).unwrap();
        assert_eq!(serde_json::from_str::<CatalogSummary>(&json).unwrap(), summary);
    }
}
