//! Why a conflict could not be settled. Codes are permanent.

/// A refusal about a conflict.
#[derive(Debug, thiserror::Error)]
pub enum ConflictError {
    /// No such conflict, or it was settled meanwhile.
    #[error("there is no open conflict `{id}` on this node")]
    Unknown {
        /// As given.
        id: String,
    },
    /// The beginning of an id that several conflicts have.
    #[error("`{id}` is the beginning of {count} conflicts' ids")]
    Ambiguous {
        /// As given.
        id: String,
        /// How many.
        count: usize,
    },
    /// Elements that both sides changed are undecided.
    #[error("{count} elements are undecided, the first is {first}")]
    Open {
        /// How many.
        count: usize,
        /// Item and element of the first.
        first: String,
    },
    /// A choice that meets no difference.
    #[error("the choice for {what} meets no difference of this conflict")]
    ChoiceUnused {
        /// Item and element as given.
        what: String,
    },
    /// There are no two states to merge.
    #[error("conflict `{id}` is not settled by merging")]
    NotMerged {
        /// Which.
        id: String,
    },
    /// The workbook has no table of the catalog.
    #[error("the file has no table of catalog `{catalog}`")]
    OtherFile {
        /// The conflict's catalog.
        catalog: String,
    },
}

impl ConflictError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "GK-CONFLICT-001",
            Self::Ambiguous { .. } => "GK-CONFLICT-002",
            Self::Open { .. } => "GK-CONFLICT-003",
            Self::ChoiceUnused { .. } => "GK-CONFLICT-004",
            Self::NotMerged { .. } => "GK-CONFLICT-005",
            Self::OtherFile { .. } => "GK-CONFLICT-006",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { .. } | Self::Ambiguous { .. } => {
                "`gongkai conflict list` shows the open conflicts and their ids".to_owned()
            }
            Self::Open { .. } => {
                "decide each with --item ID --element NAME and --take ours|theirs or --text TEXT; `gongkai conflict \
                 show` lists them"
                    .to_owned()
            }
            Self::ChoiceUnused { .. } => {
                "name items and elements as `gongkai conflict show --output json` does".to_owned()
            }
            Self::NotMerged { .. } => {
                "`gongkai conflict show` says what settles it: a decision, or another submission".to_owned()
            }
            Self::OtherFile { .. } => {
                "export the suggested merge of this catalog, change it, and give it back".to_owned()
            }
        }
    }
}
