//! Conflicts as work items (冲突): what stands beside what, on which common ground, and what a person can do.
//!
//! Invariant: a function of what is known of the catalog, never of arrival; a conflict's id is made of its sides, so
//! that the same conflict has the same id on every node and vanishes when one of them changes. It blocks nothing.
//! Left out: merging the contents (merge) and recording the decision (app).

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    check::StandingWaiver,
    digest::Digest,
    id::{CatalogId, DivisionId, ItemId, OperatorId},
    merge::{Choice, Merged, merge_paired},
    review::{CatalogState, Step, SubmissionState},
    revision::Revision,
};

mod heads;
mod matter;
mod proposal;
mod standard;

pub use heads::DraftSide;
pub use matter::{Claim, Claims, Keeper, Settlement, claims, matters};
pub use proposal::Suggested;
pub use standard::OnStandard;

/// What stands against what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictKind {
    /// Two submissions of one owner that nothing follows: a restored node, a fork, a moved custody.
    Submissions,
    /// A draft that stands on an older state than the one it would replace: two clerks on one base.
    Drafts,
    /// The departments' table changed while a submission is under review: its steps are not those of today.
    Department,
    /// A newer version of the standard changes an element that the catalog has in words of its own.
    Standard,
    /// A reviewer suggested a wording for an item that its owner has changed since.
    Proposal,
    /// Two bodies list one matter, each as its own.
    Matter,
    /// A time limit allows more time than the standard's.
    Limit,
}

impl ConflictKind {
    /// All kinds.
    pub const ALL: [Self; 7] =
        [Self::Submissions, Self::Drafts, Self::Department, Self::Standard, Self::Proposal, Self::Matter, Self::Limit];

    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Submissions => "submissions",
            Self::Drafts => "drafts",
            Self::Department => "department",
            Self::Standard => "standard-override",
            Self::Proposal => "proposal-edit",
            Self::Matter => "matter",
            Self::Limit => "limit",
        }
    }

    /// Whether its sides are contents that can be merged.
    pub fn is_merged(self) -> bool {
        match self {
            Self::Submissions | Self::Drafts | Self::Standard | Self::Proposal | Self::Limit => true,
            Self::Department | Self::Matter => false,
        }
    }
}

/// What a side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SideKind {
    /// What was submitted.
    Submission,
    /// A draft of this node.
    Draft,
    /// A version of a standard.
    Standard,
    /// A reviewer's wording.
    Proposal,
}

impl SideKind {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Submission => "submission",
            Self::Draft => "draft",
            Self::Standard => "standard",
            Self::Proposal => "proposal",
        }
    }
}

/// One side of a conflict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// What it is.
    pub kind: SideKind,
    /// The revision; of a proposal the one that its reviewer read.
    pub revision: Digest,
    /// The entry that carries it.
    pub entry: Digest,
    /// Whose node wrote it.
    pub author: DivisionId,
    /// On whose word, where it was a person's.
    pub operator: Option<OperatorId>,
    /// The author's wall clock, for display.
    pub at_ms: i64,
    /// How many items it has.
    pub items: u32,
}

/// The contents of both sides and their common ground, where they are not revisions that the catalog knows by digest.
/// Equal ids are one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The common ground.
    pub base: Option<Arc<Revision>>,
    /// Ours.
    pub ours: Arc<Revision>,
    /// Theirs.
    pub theirs: Arc<Revision>,
}

impl Contents {
    /// The suggested merge with a person's decisions.
    pub fn merged(&self, choices: &[Choice]) -> Merged {
        merge_paired(self.base.as_deref(), &self.ours, &self.theirs, choices)
    }
}

/// A conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The beginning of `digest`, twelve hexadecimal digits.
    pub id: String,
    /// Made of kind, catalog and sides: what a settlement names.
    pub digest: Digest,
    /// What stands against what.
    pub kind: ConflictKind,
    /// Of which catalog; of a matter the lower one.
    pub catalog: CatalogId,
    /// The latest revision that both sides follow; `None` where there is none.
    pub base: Option<Digest>,
    /// What work goes on with unless a person says otherwise; of a matter the upper body's side.
    pub ours: Side,
    /// What stands beside it.
    pub theirs: Side,
    /// Of a changed table: the steps that the submission has, and those of today.
    pub steps: Option<(Vec<Step>, Vec<Step>)>,
    /// The one item that it is about, with its name and serial.
    pub item: Option<AboutItem>,
    /// Of a matter: whose item ours is.
    pub upper: Option<(CatalogId, ItemId)>,
    /// Contents that no digest of the catalog finds.
    pub contents: Option<Contents>,
}

/// An item as a person finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AboutItem {
    /// Its id.
    pub id: ItemId,
    /// Its serial as printed.
    pub serial: String,
    /// Its full name.
    pub name: String,
}

/// What is known of a catalog.
pub struct Known<'a> {
    /// The folded review.
    pub state: &'a CatalogState,
    /// Drafts of this node, the working one last.
    pub drafts: &'a [DraftSide],
    /// The steps that today's table prescribes; `None` while it is not here.
    pub steps_now: Option<&'a [Step]>,
    /// Entries of this node's own present life: its side is ours.
    pub own: &'a BTreeSet<Digest>,
    /// The content that work goes on with: the draft, else what was submitted last.
    pub working: Option<(Side, Arc<Revision>)>,
    /// The standard that it stands on.
    pub standard: Option<&'a OnStandard>,
    /// Proposals that nobody answered.
    pub suggested: &'a [Suggested],
    /// Findings that a person overruled.
    pub waivers: &'a [StandingWaiver],
}

/// The open conflicts of a catalog; those of a matter concern two and are found by [`matters`].
pub fn conflicts(known: &Known<'_>) -> Vec<Conflict> {
    let mut found = heads::conflicts(known);
    found.extend(standard::overrides(known));
    found.extend(proposal::overtaken(known));
    found.extend(standard::limits(known));
    found
}

impl Conflict {
    /// A conflict with nothing but its two sides.
    fn of(kind: ConflictKind, catalog: &CatalogId, (ours, theirs): (Side, Side), named_by: &[Digest]) -> Self {
        let digest = digest_of(kind, &catalog.to_string(), named_by);
        Self {
            id: digest.short(),
            digest,
            kind,
            catalog: catalog.clone(),
            base: None,
            ours,
            theirs,
            steps: None,
            item: None,
            upper: None,
            contents: None,
        }
    }
}

/// The same whoever calls himself "ours".
fn digest_of(kind: ConflictKind, catalog: &str, sides: &[Digest]) -> Digest {
    let mut sides: Vec<[u8; 33]> = sides.iter().map(|side| side.to_bytes()).collect();
    sides.sort_unstable();
    Digest::of("gongkai conflict v1", &[kind.word().as_bytes(), catalog.as_bytes(), &sides.concat()])
}

/// A submission as a side.
pub fn submitted(submission: &SubmissionState) -> Side {
    Side {
        kind: SideKind::Submission,
        revision: submission.revision,
        entry: submission.hash,
        author: submission.author.clone(),
        operator: Some(submission.operator.clone()),
        at_ms: submission.at_ms,
        items: submission.items,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests;
