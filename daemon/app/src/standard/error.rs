//! Why a standard was not imported, handed down, offered or taken.
//!
//! Invariant: codes are permanent; every refusal names what it is about and the next step.

use gongkai_model::{
    id::{CatalogId, DivisionId},
    standard::{StandardId, TEXT_BYTES_MAX},
};

/// A refusal.
#[derive(Debug, thiserror::Error)]
pub enum StandardError {
    /// No such standard, or no such version of it.
    #[error("no standard `{text}` is known on this node")]
    StandardUnknown {
        /// As asked.
        text: String,
    },
    /// Beginning a catalog that has content already.
    #[error("catalog `{catalog}` has been begun already")]
    CatalogBegun {
        /// Which.
        catalog: CatalogId,
    },
    /// Handing down another division's standard.
    #[error("standard `{standard}` is not handed down by `{me}`")]
    NotIssuer {
        /// Which.
        standard: StandardId,
        /// This node.
        me: DivisionId,
    },
    /// Everything was handed down already.
    #[error("standard `{standard}` has nothing that was not handed down")]
    NothingToSend {
        /// Which.
        standard: StandardId,
    },
    /// A catalog that names no standard.
    #[error("catalog `{catalog}` stands on no standard")]
    OnNoStandard {
        /// Which.
        catalog: CatalogId,
    },
    /// Only a pilot's catalog is offered.
    #[error("catalog `{catalog}` is not a pilot's")]
    NotPilot {
        /// Which.
        catalog: CatalogId,
    },
    /// Only what is approved is offered.
    #[error("catalog `{catalog}` has no approved revision to offer")]
    NotApproved {
        /// Which.
        catalog: CatalogId,
    },
    /// A standard is of one domain; the file has none or several.
    #[error("a standard is of one domain; the file has tables of: {}", found.join(", "))]
    StandardDomain {
        /// The domains found.
        found: Vec<String>,
    },
    /// A version without its words, or with too long ones.
    #[error("a standard's version must be named, in at most {} bytes a text", TEXT_BYTES_MAX)]
    StandardFacts,
    /// A move of which something is undecided.
    #[error("catalog `{catalog}` and the newer version both changed {count} elements, the first is {first}")]
    Undecided {
        /// Which catalog.
        catalog: CatalogId,
        /// How many.
        count: usize,
        /// Item and element of the first.
        first: String,
    },
}

impl StandardError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::StandardUnknown { .. } => "GK-STD-001",
            Self::CatalogBegun { .. } => "GK-STD-002",
            Self::NotIssuer { .. } => "GK-STD-003",
            Self::NothingToSend { .. } => "GK-STD-004",
            Self::OnNoStandard { .. } => "GK-STD-005",
            Self::NotPilot { .. } => "GK-STD-006",
            Self::NotApproved { .. } => "GK-STD-007",
            Self::StandardDomain { .. } => "GK-STD-008",
            Self::StandardFacts => "GK-STD-009",
            Self::Undecided { .. } => "GK-STD-011",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::StandardUnknown { .. } => {
                "`gongkai standard list` shows what is here; `gongkai sync now` fetches news".to_owned()
            }
            Self::CatalogBegun { catalog } => {
                format!("move it onto the standard instead: `gongkai catalog rebase {catalog} --onto STANDARD`")
            }
            Self::NotIssuer { standard, .. } => format!("do this at the node of {}", standard.division),
            Self::NothingToSend { .. } => "import its next version first: `gongkai standard import FILE`".to_owned(),
            Self::OnNoStandard { .. } => "name one: `gongkai standard list` shows what is here".to_owned(),
            Self::NotPilot { catalog } => {
                format!("the municipal office marks pilots: `gongkai routing pilot {catalog}`")
            }
            Self::NotApproved { .. } => "let it be reviewed and approved first".to_owned(),
            Self::StandardDomain { .. } => "name the one to take with --domain".to_owned(),
            Self::Undecided { catalog, .. } => {
                format!(
                    "`gongkai conflict list {catalog}` names the conflict, `conflict resolve` settles it element by \
                     element; or decide whole items with --take ITEM (the standard's words) and --keep ITEM (yours)"
                )
            }
            Self::StandardFacts => "name the version as printed, such as --version 2020年版".to_owned(),
        }
    }
}
