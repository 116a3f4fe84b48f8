//! Why nothing was said about a division's custody. Codes are permanent.

use gongkai_model::id::DivisionId;

/// A refusal about custody that stands in doubt.
#[derive(Debug, thiserror::Error)]
pub enum CustodyError {
    /// No such order or submission stands in doubt.
    #[error("nothing named `{text}` stands in doubt on this node")]
    Unknown {
        /// As given.
        text: String,
    },
    /// Another node's person says it.
    #[error("whether it stands is not this node's to say")]
    Elsewhere {
        /// Whose persons can.
        at: Vec<DivisionId>,
    },
    /// Refusing takes a reason, and none may be endless.
    #[error("refusing takes a reason of 1 to {max} characters")]
    ReasonMissing {
        /// The longest.
        max: usize,
    },
}

impl CustodyError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "GK-CUSTODY-001",
            Self::Elsewhere { .. } => "GK-CUSTODY-002",
            Self::ReasonMissing { .. } => "GK-CUSTODY-003",
        }
    }

    /// What to do.
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { .. } => "`gongkai custody list` shows what stands in doubt".to_owned(),
            Self::Elsewhere { at } => {
                let at: Vec<String> = at.iter().map(ToString::to_string).collect();
                format!("let a person at {} say it", at.join(", or at "))
            }
            Self::ReasonMissing { .. } => "give it with `--reason`".to_owned(),
        }
    }
}
