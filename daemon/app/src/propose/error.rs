//! Why a proposal was not made or not taken.
//!
//! Invariant: codes are permanent; each names the next step of the person who is refused.

use gongkai_model::{digest::Digest, id::ItemId, item::EditError};

/// Why a proposal was not made or not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProposalError {
    /// Words that make no element.
    #[error(transparent)]
    Words(#[from] EditError),
    /// No such proposal or submission.
    #[error("no {what} `{text}` is known here")]
    Unknown {
        /// `proposal` or `submission`.
        what: &'static str,
        /// As given.
        text: String,
    },
    /// The item was edited since the reviewer read it.
    #[error("item `{item}` was edited since the reviewer read it; the proposal does not fit any more")]
    Overtaken {
        /// The item.
        item: ItemId,
    },
    /// It was answered otherwise before.
    #[error("proposal {} is answered already: {word}", proposal.short())]
    Answered {
        /// The proposal.
        proposal: Digest,
        /// `accepted` or `declined`.
        word: &'static str,
    },
}

impl ProposalError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Words(_) => "GK-PROPOSAL-001",
            Self::Unknown { .. } => "GK-PROPOSAL-002",
            Self::Overtaken { .. } => "GK-PROPOSAL-004",
            Self::Answered { .. } => "GK-PROPOSAL-005",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Words(EditError::ElementUnknown(_)) => {
                "name one of content, basis, time_limit_text, subject, disclosure_mode, channels, audience, name"
                    .to_owned()
            }
            Self::Words(EditError::WordUnknown { .. }) => "write the word as it stands in the official form".to_owned(),
            Self::Words(EditError::TooLong(_)) => "propose a shorter wording".to_owned(),
            Self::Words(EditError::Same) => "nothing needs to be proposed".to_owned(),
            Self::Unknown { .. } => {
                "`gongkai catalog proposals` and `gongkai review list` show what there is".to_owned()
            }
            Self::Overtaken { .. } => {
                "`gongkai conflict list` names it as a conflict; `conflict resolve` merges it or declines it".to_owned()
            }
            Self::Answered { .. } => "nothing is left to do".to_owned(),
        }
    }
}
