//! Refusals of the review state machine: what may not be done now, and what to do instead.
//!
//! Invariant: codes are permanent; every refusal names the entry, step or element that it is about.
//! Left out: entries of others that break a rule (state: void), which nobody can refuse any more.

use super::{Step, Target, machine::MissingElements};
use crate::{
    digest::Digest,
    id::{CatalogId, DivisionId, OperatorId},
};

/// Why an intent is refused. Nothing was recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Only the owner writes a catalog.
    #[error("division `{division}` does not own catalog `{catalog}`")]
    NotOwner {
        /// The catalog.
        catalog: CatalogId,
        /// Who asked.
        division: DivisionId,
    },
    /// The draft is of another catalog.
    #[error("the draft is of catalog `{0}`")]
    OtherCatalog(CatalogId),
    /// The draft holds no item.
    #[error("there is nothing to submit: the catalog has no items")]
    NothingToSubmit,
    /// Items lack mandatory elements.
    #[error("{}", missing_text(.0))]
    ElementsMissing(Vec<MissingElements>),
    /// The draft equals what was submitted last.
    #[error("nothing changed since submission {}", .0.short())]
    NothingChanged(Digest),
    /// The draft was not made from what was submitted last.
    #[error("the draft does not build on submission {}, which was made meanwhile", .0.short())]
    NotOnHead(Digest),
    /// Two lines of submissions stand side by side.
    #[error("the catalog is in conflict: {} submissions stand side by side and the draft does not merge them", .0.len())]
    Conflict(Vec<Digest>),
    /// The routing table gives no step.
    #[error("no reviewer is known for this catalog")]
    NoSteps,
    /// No such submission.
    #[error("submission {} is not known here", .0.short())]
    UnknownSubmission(Digest),
    /// A later submission exists.
    #[error("submission {} was superseded by a later one", .0.short())]
    Superseded(Digest),
    /// The owner took it back.
    #[error("submission {} was withdrawn", .0.short())]
    Withdrawn(Digest),
    /// It is decided.
    #[error("submission {} is already decided: {word}", .submission.short())]
    AlreadyDecided {
        /// The submission.
        submission: Digest,
        /// The Chinese status word.
        word: &'static str,
    },
    /// Another division's turn.
    #[error("it is the turn of division `{}`, not of `{division}`", .step.division)]
    NotYourStep {
        /// The open step.
        step: Step,
        /// Who asked.
        division: DivisionId,
    },
    /// Another department's turn.
    #[error("it is the turn of department `{}`, and `{operator}` does not belong to it", department_of(.step))]
    NotYourDepartment {
        /// The open step.
        step: Step,
        /// Who asked.
        operator: OperatorId,
    },
    /// The operator wrote or submitted it.
    #[error("`{0}` wrote or submitted this revision and cannot decide it")]
    SelfReview(OperatorId),
    /// An opinion on something that is not there.
    #[error("the submission has no {}", target_text(.0))]
    UnknownTarget(Target),
    /// An opinion on other content.
    #[error("the opinion on {} is about other content than was submitted", target_text(.0))]
    OtherContent(Target),
    /// Two opinions on one element.
    #[error("there are two opinions on {}", target_text(.0))]
    RepeatedTarget(Target),
    /// A return without words.
    #[error("a return needs an opinion: say what is to be changed")]
    ReturnWithoutOpinion,
    /// An approval with returned elements.
    #[error("{} is marked as returned, so the catalog cannot be approved", target_text(.0))]
    ApproveWithReturn(Target),
    /// Elements on which nothing was said.
    #[error("{} elements are not reviewed yet, the first is {}", .0.len(), .0.first().map(target_text).unwrap_or_default())]
    Unreviewed(Vec<Target>),
    /// A withdrawal after a decision.
    #[error("submission {} was decided by entry {}", .submission.short(), .decision.short())]
    WithdrawAfterDecision {
        /// The submission.
        submission: Digest,
        /// The decision.
        decision: Digest,
    },
    /// No such decision.
    #[error("decision {} is not known here", .0.short())]
    UnknownDecision(Digest),
    /// Revoked before.
    #[error("decision {} is already revoked", .0.short())]
    AlreadyRevoked(Digest),
    /// Not the decision's division, nor a later one.
    #[error("division `{0}` may not revoke this decision")]
    MayNotRevoke(DivisionId),
    /// A reason is needed.
    #[error("a reason is needed")]
    NoReason,
    /// Confirmed before.
    #[error("submission {} has a receipt already", .0.short())]
    AlreadyReceived(Digest),
    /// Not a reviewing division.
    #[error("division `{0}` does not review this submission")]
    NotReviewer(DivisionId),
    /// A step above the top of the tree, decided without a document.
    #[error("the step is decided above this tree; only a document of `{}` records it", department_of(.0))]
    DocumentMissing(Step),
    /// A decision from outside for a step that is inside of the tree.
    #[error("the step is decided by `{}` itself, not by a document from outside", reviewer_of(.0))]
    NotOutside(Step),
    /// The catalog's own division as its own counterpart.
    #[error("no counterpart department reviews the catalog of its own division `{}`", .0.division)]
    OwnDepartment(Step),
    /// Only a division above the owner reroutes.
    #[error("division `{0}` does not stand above the catalog's owner")]
    NotAbove(DivisionId),
    /// The steps are those that it has.
    #[error("submission {} has these review steps already", .0.short())]
    SameSteps(Digest),
}

impl Refusal {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotOwner { .. } => "GK-REVIEW-001",
            Self::OtherCatalog(_) => "GK-REVIEW-002",
            Self::NothingToSubmit => "GK-REVIEW-003",
            Self::ElementsMissing(_) => "GK-REVIEW-004",
            Self::NothingChanged(_) => "GK-REVIEW-005",
            Self::NotOnHead(_) => "GK-REVIEW-006",
            Self::Conflict(_) => "GK-REVIEW-007",
            Self::NoSteps => "GK-REVIEW-008",
            Self::UnknownSubmission(_) => "GK-REVIEW-009",
            Self::Superseded(_) => "GK-REVIEW-010",
            Self::Withdrawn(_) => "GK-REVIEW-011",
            Self::AlreadyDecided { .. } => "GK-REVIEW-012",
            Self::NotYourStep { .. } => "GK-REVIEW-013",
            Self::NotYourDepartment { .. } => "GK-REVIEW-014",
            Self::SelfReview(_) => "GK-REVIEW-015",
            Self::UnknownTarget(_) => "GK-REVIEW-016",
            Self::OtherContent(_) => "GK-REVIEW-017",
            Self::RepeatedTarget(_) => "GK-REVIEW-018",
            Self::ReturnWithoutOpinion => "GK-REVIEW-019",
            Self::ApproveWithReturn(_) => "GK-REVIEW-020",
            Self::Unreviewed(_) => "GK-REVIEW-021",
            Self::WithdrawAfterDecision { .. } => "GK-REVIEW-022",
            Self::UnknownDecision(_) => "GK-REVIEW-023",
            Self::AlreadyRevoked(_) => "GK-REVIEW-024",
            Self::MayNotRevoke(_) => "GK-REVIEW-025",
            Self::NoReason => "GK-REVIEW-026",
            Self::AlreadyReceived(_) => "GK-REVIEW-027",
            Self::NotReviewer(_) => "GK-REVIEW-028",
            Self::DocumentMissing(_) => "GK-ROUTE-010",
            Self::OwnDepartment(_) => "GK-ROUTE-011",
            Self::NotAbove(_) => "GK-ROUTE-012",
            Self::SameSteps(_) => "GK-ROUTE-013",
            Self::NotOutside(_) => "GK-ROUTE-015",
        }
    }

    /// The operator's next step.
    pub fn hint(&self) -> String {
        match self {
            Self::NotOwner { catalog, .. } => format!("work at the node of division `{}`", catalog.division),
            Self::OtherCatalog(catalog) => format!("name catalog `{catalog}`"),
            Self::NothingToSubmit => "import a workbook first: `gongkai catalog import FILE`".to_owned(),
            Self::ElementsMissing(_) => {
                "fill in the elements, import again, and see `gongkai catalog check`".to_owned()
            }
            Self::NothingChanged(_) => "import a changed workbook, or wait for the review".to_owned(),
            Self::NotOnHead(_) | Self::Conflict(_) => {
                "see `gongkai conflict list`, then settle it with `gongkai conflict resolve`".to_owned()
            }
            Self::NoSteps => "ask the municipal office for a routing table that covers this domain".to_owned(),
            Self::UnknownSubmission(_) | Self::UnknownDecision(_) => {
                "check the hash with `gongkai review list`, or fetch news with `gongkai sync now`".to_owned()
            }
            Self::Superseded(_) => "look at the later submission: `gongkai review list`".to_owned(),
            Self::Withdrawn(_) => "wait for the owner's next submission".to_owned(),
            Self::AlreadyDecided { .. } => "to take a decision back, revoke it".to_owned(),
            Self::NotYourStep { step, .. } => format!("it is decided at the node of division `{}`", step.division),
            Self::NotYourDepartment { step, .. } => {
                format!("an operator of department `{}` decides it", department_of(step))
            }
            Self::SelfReview(_) => "another operator of the department must decide it".to_owned(),
            Self::UnknownTarget(_) | Self::OtherContent(_) | Self::RepeatedTarget(_) => {
                "read the submission again: `gongkai review show`".to_owned()
            }
            Self::ReturnWithoutOpinion => "give the opinion as text for an item or for the whole".to_owned(),
            Self::ApproveWithReturn(_) => "return the catalog, or approve that element".to_owned(),
            Self::Unreviewed(targets) => unreviewed_hint(targets),
            Self::WithdrawAfterDecision { .. } => "submit a changed revision instead".to_owned(),
            Self::AlreadyRevoked(_) => "nothing is left to do".to_owned(),
            Self::MayNotRevoke(_) => "the division that decided, or one that reviews after it, revokes".to_owned(),
            Self::NoReason => "say why, in a sentence that the other side will read".to_owned(),
            Self::AlreadyReceived(_) => "nothing is left to do".to_owned(),
            Self::NotReviewer(_) => "receipts are written by the divisions that review".to_owned(),
            Self::DocumentMissing(_) => {
                "record it with its number and file: `gongkai review record-outside SUBMISSION …`".to_owned()
            }
            Self::NotOutside(_) => {
                "decide it as the step's reviewer, and name the document in the opinion: only a step above the top \
                 of the tree is decided by one"
                    .to_owned()
            }
            Self::OwnDepartment(_) => {
                "let the municipal office set a chain that leads one level up: `gongkai routing set`".to_owned()
            }
            Self::NotAbove(_) => "ask the county or the municipal office to reroute it".to_owned(),
            Self::SameSteps(_) => "nothing is left to do".to_owned(),
        }
    }
}

fn missing_text(missing: &[MissingElements]) -> String {
    let lines = missing.iter().map(|item| {
        let labels: Vec<&str> = item.elements.iter().map(|element| element.label()).collect();
        format!("\n  {} {} ({}): {}", item.serial, item.name, item.item, labels.join("、"))
    });
    format!("{} items lack mandatory elements:{}", missing.len(), lines.collect::<String>())
}

fn reviewer_of(step: &Step) -> String {
    format!("{} {}", step.division, department_of(step)).trim().to_owned()
}

fn department_of(step: &Step) -> &str {
    step.department.as_ref().map_or("", |department| department.as_str())
}

fn target_text(target: &Target) -> String {
    match target {
        Target::Header => "the catalog header".to_owned(),
        Target::Item(id) => format!("item `{id}`"),
        Target::Removal(id) => format!("the removal of item `{id}`"),
    }
}

fn unreviewed_hint(targets: &[Target]) -> String {
    let removals = targets.iter().filter(|target| matches!(target, Target::Removal(_))).count();
    let header = if targets.contains(&Target::Header) { ", the catalog header among them" } else { "" };
    format!("see them with `gongkai review show`: {} in all, {removals} of them removals{header}", targets.len())
}
