//! Why a catalog is not in an edition: a word, a code, a sentence for the operator and one for the page.
//!
//! Invariant: codes are permanent; the page's sentence names no operator.

use gongkai_model::{
    id::{CatalogId, DivisionId, DomainSlug},
    review::{CatalogState, Excess, SubmissionStatus},
};
use serde::{Deserialize, Serialize};

use crate::World;

/// Why something is so, for a person and for a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The permanent code.
    pub code: String,
    /// What is so.
    pub message: String,
    /// A next step.
    pub hint: String,
}

impl Reason {
    pub(crate) fn new(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), hint: hint.into() }
    }
}

/// Something that an edition does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingCatalog {
    /// Whose.
    pub division: DivisionId,
    /// Which field; `None` where nothing of the division is known.
    pub domain: Option<DomainSlug>,
    /// The division's name.
    pub division_name: String,
    /// The domain's name; empty without one.
    pub domain_name: String,
    /// The state in a word: `none`, `draft`, `waiting`, `submitted`, `under-review`, `returned`, `conflict`,
    /// `blocked`, ….
    pub state: String,
    /// Why.
    pub reason: Reason,
    /// Why, a Chinese sentence for the public page.
    pub why: String,
}

impl MissingCatalog {
    /// `division/domain`, or the division alone.
    pub fn name(&self) -> String {
        match &self.domain {
            Some(domain) => format!("{}/{domain}", self.division),
            None => self.division.to_string(),
        }
    }

    pub(super) fn of_division(world: &World, division: &DivisionId) -> Self {
        Absence::Nothing.about(world, division, None)
    }

    pub(super) fn of_catalog(world: &World, catalog: &CatalogId, absence: &Absence) -> Self {
        absence.about(world, &catalog.division, Some(&catalog.domain))
    }
}

/// The ways in which a catalog can be absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Absence {
    /// The division has a node, and nothing of it is known.
    Nothing,
    /// A draft that was never submitted.
    Draft,
    /// Its entries wait for others that are not here yet.
    Waiting,
    /// Submitted; the division that must decide next.
    Open { word: &'static str, reviewer: String },
    /// All that was submitted is by another than its keeper, and nobody has said that it stands.
    Doubtful,
    /// Returned to its owner.
    Returned,
    /// More was written about it than is folded: of what.
    Excessive { part: Excess },
    /// Taken back by its owner.
    Withdrawn,
    /// Its approval was taken back.
    Revoked,
    /// Two approvals stand side by side, or two submissions without one.
    Conflict,
    /// Approved, but the content check found something that no one waived: how much and what first.
    Unclean { count: usize, first: String },
    /// Approved, but it cannot be shown: why.
    Unfit { why: &'static str },
}

impl Absence {
    /// Why a catalog without an approved revision has none.
    pub(super) fn of(world: &World, state: &CatalogState) -> Self {
        if let Some(part) = state.blocked {
            return Self::Excessive { part };
        }
        let Some(head) = state.head() else {
            let is_doubtful = state.in_doubt().next().is_some();
            return match state.waiting.is_empty() {
                _ if is_doubtful => Self::Doubtful,
                true => Self::Draft,
                false => Self::Waiting,
            };
        };
        if state.is_in_conflict {
            return Self::Conflict;
        }
        match head.status {
            SubmissionStatus::Submitted
            | SubmissionStatus::Received
            | SubmissionStatus::UnderReview { .. }
            | SubmissionStatus::PartlyApproved { .. } => {
                let step = head.status.open_step().and_then(|step| head.steps.get(usize::try_from(step).ok()?));
                let reviewer = step.map_or_else(String::new, |step| world.name_of(&step.division));
                Self::Open { word: head.status.word(), reviewer }
            }
            SubmissionStatus::Returned { .. } => Self::Returned,
            SubmissionStatus::Withdrawn => Self::Withdrawn,
            SubmissionStatus::Revoked => Self::Revoked,
            // A head is never superseded, and an approved one alone is in the edition.
            SubmissionStatus::Approved | SubmissionStatus::Superseded => Self::Conflict,
        }
    }

    fn about(&self, world: &World, division: &DivisionId, domain: Option<&DomainSlug>) -> MissingCatalog {
        MissingCatalog {
            division: division.clone(),
            domain: domain.cloned(),
            division_name: world.name_of(division),
            domain_name: domain.map_or_else(String::new, |slug| domain_name(world, slug)),
            state: self.word().to_owned(),
            reason: Reason::new(self.code(), self.message(), self.hint()),
            why: self.why(),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Draft => "draft",
            Self::Waiting => "waiting",
            Self::Open { word, .. } => word,
            Self::Doubtful => "doubtful",
            Self::Returned => "returned",
            Self::Withdrawn => "withdrawn",
            Self::Revoked => "revoked",
            Self::Conflict => "conflict",
            Self::Unclean { .. } | Self::Unfit { .. } | Self::Excessive { .. } => "blocked",
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Nothing => "GK-EDITION-011",
            Self::Draft => "GK-EDITION-012",
            Self::Waiting => "GK-EDITION-013",
            Self::Open { .. } => "GK-EDITION-014",
            Self::Doubtful => "GK-EDITION-022",
            Self::Returned => "GK-EDITION-015",
            Self::Withdrawn => "GK-EDITION-016",
            Self::Revoked => "GK-EDITION-017",
            Self::Conflict => "GK-EDITION-018",
            Self::Unclean { .. } => "GK-EDITION-019",
            Self::Unfit { .. } => "GK-EDITION-020",
            Self::Excessive { .. } => "GK-EDITION-021",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Nothing => "the division runs a node and has sent no catalog".to_owned(),
            Self::Draft => "it was never submitted".to_owned(),
            Self::Waiting => "its entries wait for others that have not arrived".to_owned(),
            Self::Open { reviewer, .. } => format!("it waits for the decision of {reviewer}"),
            Self::Doubtful => {
                "it was submitted by another than its keeper, and nobody has said that this stands".to_owned()
            }
            Self::Returned => "it was returned and not submitted again".to_owned(),
            Self::Withdrawn => "its owner took it back".to_owned(),
            Self::Revoked => "its approval was revoked".to_owned(),
            Self::Conflict => "two versions stand side by side".to_owned(),
            Self::Unclean { count, first } => format!("the content check finds {count} passages, the first: {first}"),
            Self::Unfit { why } => (*why).to_owned(),
            Self::Excessive { part } => format!("more {part} were written about it than are folded"),
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Nothing => "ask the division; `gongkai sync peers` shows when its node was last heard",
            Self::Draft => "the owner submits it with `gongkai catalog submit`",
            Self::Waiting => "let the link catch up: `gongkai sync now`",
            Self::Open { .. } => "the reviewer decides it with `gongkai review approve` or `gongkai review return`",
            Self::Doubtful => "`gongkai custody list` shows who can say whether it stands",
            Self::Returned => "the owner corrects it and submits it again",
            Self::Withdrawn => "the owner submits it again when it is ready",
            Self::Revoked => "the owner corrects it and submits it again, or the reviewer decides anew",
            Self::Conflict => "the owner merges the two versions and submits the result",
            Self::Unclean { .. } => "`gongkai publish check` lists them; the owner mends and submits it again, or someone waives them with a reason",
            Self::Excessive { .. } => "`gongkai explain GK-APP-029` says what to do",
            Self::Unfit { .. } => "`gongkai doctor` shows what is missing; the owner may submit it again",
        }
        .to_owned()
    }

    fn why(&self) -> String {
        match self {
            Self::Nothing | Self::Draft => "尚未报送".to_owned(),
            Self::Waiting => "数据传输中".to_owned(),
            Self::Open { reviewer, .. } => format!("{reviewer}审核中"),
            Self::Doubtful => "报送单位待确认".to_owned(),
            Self::Returned => "退回修改中".to_owned(),
            Self::Withdrawn => "报送单位已撤回".to_owned(),
            Self::Revoked => "审核意见已撤销".to_owned(),
            Self::Conflict => "版本待合并".to_owned(),
            Self::Unclean { .. } | Self::Unfit { .. } | Self::Excessive { .. } => "发布前内容核查中".to_owned(),
        }
    }
}

/// A domain's name; its slug where the table lacks it.
pub(super) fn domain_name(world: &World, slug: &DomainSlug) -> String {
    world.routing_table().domain(slug).map_or_else(|| slug.to_string(), |domain| domain.name.clone())
}
