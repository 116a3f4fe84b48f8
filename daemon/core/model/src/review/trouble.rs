//! Entries without effect: those that wait for another, and those that are void.
//!
//! Invariant: none is dropped; each is shown with what it waits for or the rule that it breaks.
//! Left out: refusals of the own node's operators (refusal), which are never recorded.

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    id::{DivisionId, OperatorId},
};

/// What an entry waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lack {
    /// The submission entry that it names.
    Submission(Digest),
    /// The decision entry that it names.
    Decision(Digest),
    /// The revision that its delta builds on.
    Base(Digest),
    /// Item batches that its body names.
    Parts(Vec<Digest>),
    /// The routing table that its steps were taken from.
    Routing(Digest),
    /// The reroute that it follows.
    Reroute(Digest),
}

/// An entry that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The entry.
    pub hash: Digest,
    /// Who wrote it.
    pub author: DivisionId,
    /// For what.
    pub lack: Lack,
}

/// Why an entry has no effect.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum VoidReason {
    /// It is about another catalog.
    #[error("it is about another catalog")]
    OtherCatalog,
    /// The author does not own the catalog.
    #[error("its author does not own the catalog")]
    NotOwner,
    /// Its author does not keep the catalog: it names no order of custody that gives it to him, or one that is over.
    #[error("its author did not keep the catalog when it was written")]
    NotKeeper,
    /// The order of custody that it names took the catalog from a node that lives, and nobody has said that this stands.
    #[error("it was written under custody that was taken from a division with a node of its own")]
    CustodyTaken,
    /// A person of the division or of the top has said that it does not stand.
    #[error("the division or the top has said that it does not stand")]
    CustodyRefused,
    /// The submission has no step, or too many.
    #[error("it names no review step, or too many")]
    Steps,
    /// Its steps are not those of the routing table that it names.
    #[error("its review steps are not those of the routing table that it names")]
    OtherSteps,
    /// Its body makes no revision.
    #[error("its content is faulty ({code}): {text}")]
    Content {
        /// The revision error's code.
        code: String,
        /// The revision error's text.
        text: String,
    },
    /// The entry that it names is void itself.
    #[error("the entry that it names is void")]
    NamesVoid,
    /// The entry that it names is of another kind.
    #[error("the entry that it names is of another kind")]
    NamesOther,
    /// The submission has no such step.
    #[error("the submission has no such step")]
    NoSuchStep,
    /// The author is not the division of the step.
    #[error("its author is not the reviewer of that step")]
    NotReviewer,
    /// The operator wrote or submitted the revision.
    #[error("its operator wrote or submitted the revision")]
    SelfReview,
    /// An earlier step returned the submission.
    #[error("an earlier step returned the submission")]
    StepSkipped,
    /// An opinion is about an element that the submission does not have.
    #[error("it gives an opinion on an element that the submission does not have")]
    UnknownTarget,
    /// An opinion is about other content than the submission's.
    #[error("it gives an opinion on other content than was submitted")]
    OtherContent,
    /// Two opinions are about one element.
    #[error("it gives two opinions on one element")]
    RepeatedTarget,
    /// It approves as a whole and returns an element.
    #[error("it approves the whole and returns an element")]
    Contradiction,
    /// It returns something without a word why.
    #[error("it returns the submission without a word why")]
    NoReason,
    /// The withdrawal names a decision that counts.
    #[error("it withdraws a submission after a decision that it knew")]
    AfterDecision,
    /// The rerouting division does not stand above the owner.
    #[error("its author does not stand above the catalog's owner")]
    NotAbove,
    /// A step above the top of the tree is decided by a document, and none is named.
    #[error("it decides a step above the top of the tree without naming a document")]
    NoDocument,
    /// A step inside of the tree is decided by its reviewer, not by a document from elsewhere.
    #[error("it records a decision from outside for a step that is inside of the tree")]
    NotOutside,
    /// The revoking division is neither the decision's nor one of a later step.
    #[error("its author may not revoke that decision")]
    MayNotRevoke,
}

impl VoidReason {
    /// Whether a person must say if the entry stands: who wrote it may not have kept the catalog.
    pub fn is_doubt(&self) -> bool {
        matches!(self, Self::NotKeeper | Self::CustodyTaken)
    }
}

/// An entry without effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Void {
    /// The entry.
    pub hash: Digest,
    /// Who wrote it.
    pub author: DivisionId,
    /// On whose word.
    pub operator: OperatorId,
    /// Why.
    pub reason: VoidReason,
}
