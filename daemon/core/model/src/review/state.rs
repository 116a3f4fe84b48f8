//! The folded state of a catalog's review, as it is stored, compared and shown.
//!
//! Invariant: equal sets of entries give equal values, field by field; every list has a fixed order.
//! Left out: how it comes about (fold) and what may be done next (machine).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Excess, Ground, Opinion, Outside, Step, Target, Verdict, Void, Waiting};
use crate::{
    digest::Digest,
    id::{CatalogId, Day, DivisionId, OperatorId},
};

/// Everything known of a catalog's review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogState {
    /// The catalog.
    pub catalog: CatalogId,
    /// The divisions whose nodes may write it: its own and its custodians.
    pub owners: BTreeSet<DivisionId>,
    /// All readable submissions, by their place in the line, then by hash.
    pub submissions: Vec<SubmissionState>,
    /// Submissions that nothing follows; withdrawn ones only where there is no other. Normally one.
    pub heads: Vec<Digest>,
    /// Submissions that are approved and have no approved descendant. Normally one; see
    /// [`CatalogState::latest_approved`].
    pub approved: Vec<Digest>,
    /// Whether the owner's work diverged (two heads, or two latest approvals): a person must merge.
    pub is_in_conflict: bool,
    /// The part of the budget that its entries exceed: then nothing else is said of it, here and everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Excess>,
    /// Entries whose prerequisites are not here yet; no effect, by hash.
    pub waiting: Vec<Waiting>,
    /// Entries without effect for a named reason, by hash.
    pub void: Vec<Void>,
}

/// Where a submission stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "word")]
pub enum SubmissionStatus {
    /// 已报送: sent up, nothing heard yet.
    Submitted,
    /// 已受理: the reviewing node has confirmed its arrival.
    Received,
    /// 审核中: an earlier step has approved; this one has said nothing yet.
    UnderReview {
        /// Index of the step that is next.
        step: u32,
    },
    /// 部分通过: the step has settled some elements and not yet all.
    PartlyApproved {
        /// Index of the step that is at it.
        step: u32,
    },
    /// 退回修改: the step returned it; the owner makes a new revision.
    Returned {
        /// Index of the step that returned it; of one that a reroute took out of the chain the index that it had.
        step: u32,
    },
    /// 审核通过: every step approved it by a decision that names it.
    Approved,
    /// 已撤回: the owner took it back before any decision it knew of.
    Withdrawn,
    /// 被替代: not approved, and a later submission follows it.
    Superseded,
    /// 已撤销: an approval of it was revoked, and none took its place.
    Revoked,
}

impl SubmissionStatus {
    /// The Chinese word.
    pub fn label(self) -> &'static str {
        match self {
            Self::Submitted => "已报送",
            Self::Received => "已受理",
            Self::UnderReview { .. } => "审核中",
            Self::PartlyApproved { .. } => "部分通过",
            Self::Returned { .. } => "退回修改",
            Self::Approved => "审核通过",
            Self::Withdrawn => "已撤回",
            Self::Superseded => "被替代",
            Self::Revoked => "已撤销",
        }
    }

    /// The word in JSON and English output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Received => "received",
            Self::UnderReview { .. } => "under-review",
            Self::PartlyApproved { .. } => "partly-approved",
            Self::Returned { .. } => "returned",
            Self::Approved => "approved",
            Self::Withdrawn => "withdrawn",
            Self::Superseded => "superseded",
            Self::Revoked => "revoked",
        }
    }

    /// The step whose turn it is; `None` when nobody's.
    pub fn open_step(self) -> Option<u32> {
        match self {
            Self::Submitted | Self::Received => Some(0),
            Self::UnderReview { step } | Self::PartlyApproved { step } => Some(step),
            Self::Returned { .. } | Self::Approved | Self::Withdrawn | Self::Superseded | Self::Revoked => None,
        }
    }
}

/// One submission and all that was said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmissionState {
    /// The submission entry.
    pub hash: Digest,
    /// The revision it put up.
    pub revision: Digest,
    /// The revision's parents.
    pub parents: Vec<Digest>,
    /// The submission it supersedes.
    pub previous: Option<Digest>,
    /// Its place in the line: 1 for the first, then one more than that of `previous`.
    pub number: u32,
    /// Who sent it.
    pub author: DivisionId,
    /// On whose word.
    pub operator: OperatorId,
    /// All who may not decide it: the operator and the writers named.
    pub writers: BTreeSet<OperatorId>,
    /// The author's wall clock.
    pub at_ms: i64,
    /// The routing table it names.
    pub routing: Digest,
    /// Its steps: frozen with it, or as the reroute that counts names them.
    pub steps: Vec<Step>,
    /// The steps that it was submitted with.
    pub steps_submitted: Vec<Step>,
    /// The reroutes of it, by hash.
    pub reroutes: Vec<RerouteState>,
    /// Why the catalog changes.
    pub reason: String,
    /// The legal basis of the change.
    pub basis_of_change: String,
    /// First day on which the change is meant to hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_from: Option<Day>,
    /// How many items the revision holds.
    pub items: u32,
    /// Where it stands.
    pub status: SubmissionStatus,
    /// The step that is next to decide, also where a decision was revoked; `None` when nothing is left to decide.
    pub next_step: Option<u32>,
    /// Whether a later submission follows it.
    pub is_superseded: bool,
    /// Its receipts, by hash.
    pub receipts: Vec<ReceiptState>,
    /// Its withdrawals that count, by hash.
    pub withdrawals: Vec<WithdrawalState>,
    /// The decisions on it, by step, then by hash.
    pub decisions: Vec<DecisionState>,
    /// What the reviewers look at and what they said of it; kept while no later submission follows.
    pub standing: Vec<Standing>,
}

/// A reroute (改送).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RerouteState {
    /// The reroute entry.
    pub hash: Digest,
    /// Which node wrote it.
    pub author: DivisionId,
    /// On whose word.
    pub operator: OperatorId,
    /// The author's wall clock.
    pub at_ms: i64,
    /// The routing table that it names.
    pub routing: Digest,
    /// The steps that it names.
    pub steps: Vec<Step>,
    /// Why.
    pub reason: String,
    /// Whether it is the one that counts.
    pub is_effective: bool,
}

/// A receipt (受理回执).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptState {
    /// The receipt entry.
    pub hash: Digest,
    /// Which node confirmed.
    pub author: DivisionId,
    /// The receipt's number.
    pub number: String,
    /// The author's wall clock.
    pub at_ms: i64,
}

/// A withdrawal (撤回).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawalState {
    /// The withdrawal entry.
    pub hash: Digest,
    /// On whose word.
    pub operator: OperatorId,
    /// Why.
    pub reason: String,
    /// The author's wall clock.
    pub at_ms: i64,
}

/// What a legal decision does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecisionEffect {
    /// It decides its step.
    Effective,
    /// It approves, but elements of the step are unsettled: its opinions count, its verdict not yet.
    Incomplete,
    /// It came too late: a later submission does not know it. Its opinions go on where the content still stands.
    Stale,
    /// Another decision of the same step returned the submission; its opinions on other elements count.
    Outweighed,
    /// An earlier step has not approved yet; no effect until then.
    OutOfTurn,
    /// It approves for a step that a reroute took out of the chain: it stands for nothing there.
    Rerouted,
    /// The owner withdrew the submission without having seen it.
    Withdrawn,
    /// Revoked.
    Revoked,
}

/// A decision and its effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionState {
    /// The decision entry.
    pub hash: Digest,
    /// Which node decided.
    pub author: DivisionId,
    /// On whose word.
    pub operator: OperatorId,
    /// The author's wall clock.
    pub at_ms: i64,
    /// Index of the step in the chain that counts; `None` where a reroute took the step out of it.
    pub step: Option<u32>,
    /// The step that it is about.
    pub named: Step,
    /// Its verdict.
    pub verdict: Verdict,
    /// How many opinions it holds.
    pub opinions: u32,
    /// The elements it returned, with the reviewer's words.
    pub returned: Vec<Opinion>,
    /// Words on the whole.
    pub note: String,
    /// The document of a decision taken elsewhere.
    pub outside: Option<Outside>,
    /// What it does.
    pub effect: DecisionEffect,
    /// Whether it was made under another routing table than the submission's; flagged to the new department.
    pub is_other_table: bool,
    /// The divisions that may take it back.
    pub revokers: BTreeSet<DivisionId>,
    /// The revocation entry, where there is one; of several the lowest hash.
    pub revoked_by: Option<Digest>,
    /// Of one that came too late: the elements whose opinions still hold for the submission that followed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carried: Vec<Target>,
    /// Of one that came too late: the elements that went back to review.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lapsed: Vec<Target>,
}

/// One element of a submission under review, and the opinions that stand on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The element.
    pub target: Target,
    /// Digest of its content.
    pub digest: Digest,
    /// At most one opinion a step, by step.
    pub marks: Vec<Mark>,
    /// Whose saves stand in it since the last approved submission: none of them decides on it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub writers: BTreeSet<OperatorId>,
}

/// The opinion of one step that stands on an element.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Index of the step.
    pub step: u32,
    /// The verdict.
    pub verdict: Verdict,
    /// The reviewer's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// His words on single elements, by the element's field.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub elements: BTreeMap<String, String>,
    /// The decision entry that holds it.
    pub decision: Digest,
    /// Whether it was given on an earlier submission and carried over.
    pub is_carried: bool,
}

impl CatalogState {
    /// The state of a catalog about which more was written than is allowed.
    pub fn blocked(ground: &Ground<'_>, excess: Excess) -> Self {
        let own = ground.catalog.division.clone();
        Self {
            catalog: ground.catalog.clone(),
            owners: ground.custodians.iter().cloned().chain([own]).collect(),
            submissions: Vec::new(),
            heads: Vec::new(),
            approved: Vec::new(),
            is_in_conflict: false,
            blocked: Some(excess),
            waiting: Vec::new(),
            void: Vec::new(),
        }
    }

    /// Entries whose author may not have kept the catalog: a person must say whether they stand.
    pub fn in_doubt(&self) -> impl Iterator<Item = &Void> {
        self.void.iter().filter(|void| void.reason.is_doubt())
    }

    /// The submission of an entry hash.
    pub fn submission(&self, hash: &Digest) -> Option<&SubmissionState> {
        self.submissions.iter().find(|submission| submission.hash == *hash)
    }

    /// The last approved submission of the line that ends with one, itself included.
    pub fn approved_before(&self, hash: &Digest) -> Option<&SubmissionState> {
        // A hash names what was there before it: the line cannot close.
        let mut line = std::iter::successors(self.submission(hash), |one| self.submission(&one.previous?));
        line.find(|one| one.status == SubmissionStatus::Approved)
    }

    /// The submission under which new work stands: the one head, of several withdrawn ones the last.
    pub fn head(&self) -> Option<&SubmissionState> {
        self.heads.last().and_then(|hash| self.submission(hash))
    }

    /// The approved submission that an edition takes (最新通过版). Where two stand side by side the one whose revision
    /// was last published stays, and without one none is taken: a person must choose.
    pub fn latest_approved(&self, last_published: Option<&Digest>) -> Option<&SubmissionState> {
        if let [only] = self.approved.as_slice() {
            return self.submission(only);
        }
        let is_approved = |state: &&SubmissionState| state.status == SubmissionStatus::Approved;
        let mut approved = self.submissions.iter().filter(is_approved);
        approved.find(|state| Some(&state.revision) == last_published)
    }
}

impl SubmissionState {
    /// Every division that reviews it, or did before a reroute.
    pub fn reviewers_ever(&self) -> impl Iterator<Item = &DivisionId> {
        let rerouted = self.reroutes.iter().flat_map(|reroute| &reroute.steps);
        self.steps.iter().chain(&self.steps_submitted).chain(rerouted).map(|step| &step.division)
    }

    /// The steps from the open one on; none where nothing is left to decide.
    pub fn open_steps(&self) -> &[Step] {
        let open = self.status.open_step().and_then(|step| usize::try_from(step).ok());
        open.and_then(|open| self.steps.get(open..)).unwrap_or_default()
    }

    /// The elements on which a step has not agreed yet: what its reviewer must look at.
    pub fn pending(&self, step: u32) -> impl Iterator<Item = &Standing> {
        self.standing.iter().filter(move |standing| !standing.is_approved(step))
    }

    /// The opinions given, and approval of every other pending element of the step. The caller answers for a
    /// reviewer having seen them.
    pub fn complete_opinions(&self, step: u32, given: Vec<Opinion>) -> Vec<Opinion> {
        let named: BTreeSet<Target> = given.iter().map(|opinion| opinion.target.clone()).collect();
        let rest = self.pending(step).filter(|standing| !named.contains(&standing.target)).map(|standing| Opinion {
            target: standing.target.clone(),
            digest: standing.digest,
            verdict: Verdict::Approve,
            text: String::new(),
            elements: BTreeMap::new(),
        });
        let rest: Vec<Opinion> = rest.collect();
        given.into_iter().chain(rest).collect()
    }
}

impl Standing {
    /// The opinion of a step.
    pub fn mark(&self, step: u32) -> Option<&Mark> {
        self.marks.iter().find(|mark| mark.step == step)
    }

    /// Whether the step has agreed.
    pub fn is_approved(&self, step: u32) -> bool {
        self.mark(step).is_some_and(|mark| mark.verdict == Verdict::Approve)
    }
}
