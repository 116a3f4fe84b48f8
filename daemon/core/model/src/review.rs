//! Review of submitted revisions (报送与审核): the payloads of its entries, and the state they fold into.
//!
//! Invariant: an opinion holds for (catalog, item id, item digest, step), a decision for the one submission entry
//! that it names; the state is a function of the *set* of entries, never of their order or of time.
//! Left out: signatures and routes (journal), who holds which role (app), and the routing tables themselves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    id::{Day, DepartmentSlug, DivisionId, ItemId, OperatorId},
    revision::{ItemBatch, RevisionBody},
};

mod budget;
mod carry;
mod decide;
mod fold;
mod keeping;
mod lineage;
mod machine;
mod materialise;
mod proposal;
mod refusal;
mod route;
mod seat;
mod settle;
mod state;
mod trouble;
mod writers;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests;

pub use budget::{BUDGET, Budget, Excess, Tally};
pub use fold::{Folded, Ground, Known, StandardOf, StepsOf, fold, fold_known, fold_on};
pub use keeping::{Keeping, Order, Word, word_of};
pub use machine::{Actor, Coverage, Draft, Intent, MissingElements, Ruling, admit, submit_check};
pub use proposal::{Answered, Fate, Proposal, ProposalAct, ProposalAnswer, ProposalFact, ProposalState, proposals};
pub use refusal::Refusal;
pub use route::{Prescribed, PrescribedStep};
pub use state::{
    CatalogState, DecisionEffect, DecisionState, Mark, ReceiptState, RerouteState, Standing, SubmissionState,
    SubmissionStatus, WithdrawalState,
};
pub use trouble::{Lack, Void, VoidReason, Waiting};

/// Most steps of one submission: counterpart department, lead office, and as many again for a deeper tree.
pub const STEPS_MAX: usize = 8;

/// One step of a review (审核环节), frozen in the submission.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Step {
    /// The division that reviews.
    pub division: DivisionId,
    /// Its department (对口部门); `None` where the division as such decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentSlug>,
    /// The part it plays, such as `counterpart` or `lead-office`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// The reviewer stands above the top of this tree (省级): the division records its decision from a document.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_outside: bool,
}

/// Puts a revision up for review (报送).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Submission {
    /// The revision.
    pub body: RevisionBody,
    /// The submission entry that this one supersedes; `None` for the catalog's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    /// Decisions on `previous` that the owner had seen. One that is not named here came too late and is *stale*.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub knows: Vec<Digest>,
    /// The order of custody under which it was written; `None` by the division's own node, and by the nearest above one
    /// that has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custody: Option<Digest>,
    /// The routing-table entry that the steps were taken from.
    pub routing: Digest,
    /// The steps in their order; at least one.
    pub steps: Vec<Step>,
    /// Operators who wrote the revision, besides the entry's own: none of them may decide it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writers: Vec<OperatorId>,
    /// The items that one of them wrote, where it was not all that changed: in an item that stands on unchanged, its
    /// writers' saves stand on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub written: BTreeMap<OperatorId, Vec<ItemId>>,
    /// The approved submission since which writers are named: what stands as it stood there has none any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Digest>,
    /// Why the catalog changes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The legal basis of the change.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub basis_of_change: String,
    /// First day on which the change is meant to hold, for people: what an edition holds is decided by approvals alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<Day>,
}

/// Takes a submission back (撤回).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// The submission entry.
    pub submission: Digest,
    /// Decisions on it that the owner had seen; one that still counts makes the withdrawal void.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub knows: Vec<Digest>,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// The reviewing node's proof of arrival (受理回执).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The submission entry.
    pub submission: Digest,
    /// The receipt's number (受理编号).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub number: String,
}

/// What a reviewer says of a submission, or of one element of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// 通过
    Approve,
    /// 退回修改
    Return,
}

/// What an opinion is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The catalog's header; its digest is the header's.
    Header,
    /// An item of the revision; its digest is the item's.
    Item(ItemId),
    /// An item that stood in the line of submissions and is gone; its digest is that of the item as it last stood.
    Removal(ItemId),
}

/// A reviewer's word on one target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// What it is about.
    pub target: Target,
    /// Digest of exactly the content that was seen.
    pub digest: Digest,
    /// The verdict on it.
    pub verdict: Verdict,
    /// The words; needed to return something.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Words on single elements of an item, by the element's field; `text` says the same for whoever reads it alone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub elements: BTreeMap<String, String>,
}

/// A decision taken outside of this system, such as the province's on a municipal catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outside {
    /// Who decided.
    pub authority: String,
    /// The document's number (文号).
    pub document_no: String,
    /// Digest of the document's file.
    pub file_digest: Digest,
    /// The file's name, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub file_name: String,
    /// The day of the decision, as the document has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_on: Option<Day>,
    /// The `document` entries that hold the file, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Digest>,
}

/// Approves or returns a submission at one step (审核意见).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The submission entry, and no other of equal content.
    pub submission: Digest,
    /// Index of the step, from 0, in the chain that counted where it was decided.
    pub step: u32,
    /// The step in full. A chain that is moved later has it elsewhere, or not at all; decisions made before steps were
    /// named have the index alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<Step>,
    /// The routing-table entry in force where it was decided; another than the submission's is flagged, not void.
    pub routing: Digest,
    /// The verdict on the whole.
    pub verdict: Verdict,
    /// The opinions on its elements.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opinions: Vec<Opinion>,
    /// Words on the whole.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The document of a decision taken elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<Outside>,
}

/// Takes a decision back (撤销).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// The decision entry.
    pub decision: Digest,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Moves the steps of a submission to those of another routing table (改送): nothing else does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reroute {
    /// The submission entry.
    pub submission: Digest,
    /// The reroute that this one follows; `None` for the submission's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Digest>,
    /// The routing-table entry that the steps were taken from.
    pub routing: Digest,
    /// The steps in their order.
    pub steps: Vec<Step>,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// What an entry about a catalog's review does.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a fact is made once and not moved again; a box would be made for each")]
pub enum Act {
    /// 报送
    Submission {
        /// The payload.
        submission: Submission,
        /// The `item.batch` payloads that its body names, in that order; empty while any of them is missing.
        parts: Vec<ItemBatch>,
    },
    /// 撤回
    Withdrawal(Withdrawal),
    /// 受理
    Receipt(Receipt),
    /// 审核意见
    Decision(Decision),
    /// 撤销
    Revocation(Revocation),
    /// 改送
    Reroute(Reroute),
}

/// One verified entry about a catalog's review.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The entry's hash: its name.
    pub hash: Digest,
    /// The division whose node wrote it.
    pub author: DivisionId,
    /// The operator on whose word it was written.
    pub operator: OperatorId,
    /// The author's wall clock, for display only: nothing is decided by it.
    pub at_ms: i64,
    /// What it does.
    pub act: Act,
}
