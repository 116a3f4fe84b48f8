//! What can be wrong with seed files.

use gongkai_model::{domain, id::DivisionId};

use crate::{FILE_BYTES_MAX, Seeds};

/// Seed files that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that no seed has.
    #[error("`{0}` is no seed file")]
    FileUnknown(String),
    /// A file over [`FILE_BYTES_MAX`].
    #[error("seed file `{file}` has {bytes} bytes, more than {FILE_BYTES_MAX}")]
    FileTooLarge {
        /// The file's name.
        file: &'static str,
        /// Its size.
        bytes: usize,
    },
    /// Not JSON, or not of the expected shape.
    #[error("seed file `{file}` cannot be read")]
    FileMalformed {
        /// The file's name.
        file: &'static str,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// A division under a parent that is not in the file.
    #[error("division `{id}` stands under `{parent}`, which is not in the tree")]
    ParentUnknown {
        /// The division.
        id: DivisionId,
        /// The missing parent.
        parent: DivisionId,
    },
    /// Two rows for one division and day.
    #[error("division `{0}` stands twice with the same first day")]
    DivisionTwice(DivisionId),
    /// A division that is its own ancestor, or stands too deep.
    #[error("the way up from division `{0}` has no end")]
    DivisionLoop(DivisionId),
    /// A level that the vocabulary does not have.
    #[error("division `{id}` has level `{level}`, which is no level of the vocabulary")]
    LevelUnknown {
        /// The division.
        id: DivisionId,
        /// The unknown level.
        level: String,
    },
    /// Domains, departments and chains contradict each other.
    #[error("domains, departments and chains do not fit together")]
    Routing(#[from] domain::Error),
    /// A task without number, text or unit, or with a number used before.
    #[error("task `{0}` stands twice or is incomplete")]
    TaskFaulty(String),
    /// A term without slug or label, or a slug used before.
    #[error("vocabulary `{vocabulary}` has a faulty or doubled term `{slug}`")]
    TermFaulty {
        /// Which vocabulary.
        vocabulary: &'static str,
        /// The term's slug.
        slug: String,
    },
    /// A title that two entries have.
    #[error("the law title `{0}` stands twice")]
    LawTwice(String),
    /// No division at all.
    #[error("the tree has no division")]
    TreeEmpty,
    /// A review chain for owners of a level that the vocabulary does not have.
    #[error("a review chain is for owner level `{0}`, which is no level of the vocabulary")]
    ChainLevelUnknown(String),
    /// A holiday notice that stands twice or has days that cannot be.
    #[error("the holidays of {0} stand twice or have a day that cannot be")]
    HolidayFaulty(u16),
}

impl Error {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FileUnknown(_) => "GK-SEED-001",
            Self::FileTooLarge { .. } => "GK-SEED-002",
            Self::FileMalformed { .. } => "GK-SEED-003",
            Self::ParentUnknown { .. } => "GK-SEED-004",
            Self::DivisionTwice(_) => "GK-SEED-005",
            Self::DivisionLoop(_) => "GK-SEED-006",
            Self::LevelUnknown { .. } => "GK-SEED-007",
            Self::Routing(_) => "GK-SEED-008",
            Self::TaskFaulty(_) => "GK-SEED-009",
            Self::TermFaulty { .. } => "GK-SEED-010",
            Self::LawTwice(_) => "GK-SEED-011",
            Self::TreeEmpty => "GK-SEED-012",
            Self::ChainLevelUnknown(_) => "GK-SEED-013",
            Self::HolidayFaulty(_) => "GK-SEED-014",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::FileUnknown(_) => {
                format!("the seed files are {}", Seeds::file_names().collect::<Vec<_>>().join(", "))
            }
            Self::FileTooLarge { .. } => "bring only the part of the tree that this city needs".to_owned(),
            Self::FileMalformed { source, .. } => {
                format!("look at line {}, column {}", source.line(), source.column())
            }
            Self::ParentUnknown { parent, .. } => format!("add division `{parent}`, or correct the code"),
            Self::DivisionTwice(id) => format!("keep one row for `{id}`, or give the other a later first day"),
            Self::DivisionLoop(id) => format!("correct the parents above `{id}`"),
            Self::LevelUnknown { level, .. } => {
                format!("add `{level}` to the levels in {}", crate::VOCABULARIES)
            }
            Self::Routing(source) => source.hint(),
            Self::TaskFaulty(_) => "give every task its own number, a text and a unit".to_owned(),
            Self::TermFaulty { vocabulary, .. } => {
                format!("give every term of `{vocabulary}` its own slug and a label")
            }
            Self::LawTwice(title) => format!("keep one entry for `{title}`"),
            Self::TreeEmpty => "enter at least the top division".to_owned(),
            Self::HolidayFaulty(year) => {
                format!("copy the notice of {year} again: first and last day, and the weekend days worked")
            }
            Self::ChainLevelUnknown(level) => format!("write a level of the vocabulary instead of `{level}`"),
        }
    }
}
