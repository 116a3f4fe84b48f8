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
    /// Elements that both sides changed are undecided.
    #[error("{count} elements are undecided, the first is {first}")]
    Open {
        /// How many.
        count: usize,
        /// Item and element of the first.
        first: String,
    },
    /// Choices that meet no difference.
    #[error("no difference of this conflict is met by: {}", listed(what))]
    ChoiceUnused {
        /// Item and element of each as given.
        what: Vec<String>,
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
    /// A limit is kept against the standard's without saying why and by which law.
    #[error("a limit that is looser than the standard's is kept with a reason and its legal basis only")]
    BasisMissing,
    /// This kind of conflict is not settled so.
    #[error("`{take}` does not settle a conflict of kind `{kind}`")]
    Unfit {
        /// What was to be taken.
        take: &'static str,
        /// The conflict's kind.
        kind: &'static str,
    },
}

/// Choices named in one message; the others are counted.
const LISTED_MAX: usize = 10;

fn listed(what: &[String]) -> String {
    let shown = what.iter().take(LISTED_MAX).cloned().collect::<Vec<_>>().join("; ");
    let more = what.len().saturating_sub(LISTED_MAX);
    if more == 0 { shown } else { format!("{shown}; and {more} more") }
}

impl ConflictError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "GK-CONFLICT-001",
            Self::Open { .. } => "GK-CONFLICT-003",
            Self::ChoiceUnused { .. } => "GK-CONFLICT-004",
            Self::NotMerged { .. } => "GK-CONFLICT-005",
            Self::OtherFile { .. } => "GK-CONFLICT-006",
            Self::BasisMissing => "GK-CONFLICT-007",
            Self::Unfit { .. } => "GK-CONFLICT-008",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::Unknown { .. } => "`gongkai conflict list` shows the open conflicts and their ids".to_owned(),
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
            Self::BasisMissing => {
                "give both with --reason and --basis, or adopt the standard's limit with --take theirs".to_owned()
            }
            Self::Unfit { .. } => "`gongkai conflict show ID` names the ways that settle it".to_owned(),
        }
    }
}
