//! What a person decides about a conflict, and what that ended in.
//!
//! Invariant: words only; nothing is looked up or recorded here.

use gongkai_journal::EntryHash;
use gongkai_model::{digest::Digest, merge::Choice};

use crate::Loaded;

/// How a person settles a conflict.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// Our side. Of a standard, a proposal or a limit: our words wherever both exclude each other.
    Ours,
    /// Their side, likewise.
    Theirs,
    /// Both list the matter rightly.
    Both,
    /// The suggested merge with these decisions; refused while anything is open.
    Merge(Vec<Choice>),
    /// A workbook that holds the result.
    Table {
        /// Its bytes.
        content: Vec<u8>,
        /// Its name.
        file_name: String,
    },
}

impl Resolution {
    /// The word in the API.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Theirs => "theirs",
            Self::Both => "both",
            Self::Merge(_) => "merge",
            Self::Table { .. } => "file",
        }
    }
}

/// A person's decision with his words.
#[derive(Clone, Debug)]
pub struct Settling {
    /// What he takes.
    pub resolution: Resolution,
    /// Why.
    pub reason: String,
    /// The legal basis.
    pub basis: String,
}

/// What a settled conflict ended in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A submission that follows both sides.
    Submitted,
    /// A draft, to be submitted like any other.
    Draft,
    /// A word on record: the content stays.
    Recorded,
}

impl Ending {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Draft => "draft",
            Self::Recorded => "recorded",
        }
    }
}

/// A settled conflict.
pub struct Resolved {
    /// The catalog after it.
    pub loaded: Loaded,
    /// The revision that follows both sides, or that stays as it is.
    pub revision: Digest,
    /// The entry that says so.
    pub entry: EntryHash,
    /// What it ended in.
    pub ending: Ending,
}
