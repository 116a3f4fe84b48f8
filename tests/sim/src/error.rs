//! What the store's logic can fail with here: the variants of the store's own error that it names, and a full disk.

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A row that is not what was once written.
    #[error("row {feed} is damaged: {what}")]
    Damaged {
        /// Its feed number.
        feed: u64,
        /// What does not fit.
        what: String,
    },
    /// The projection row has changed since.
    #[error("`{kind}/{key}` has changed")]
    Conflict {
        /// The projection's kind.
        kind: String,
        /// The row's key.
        key: String,
    },
    /// The own stream has two branches.
    #[error("the stream of `{author}` about `{subject}` is forked")]
    Forked {
        /// The author's division.
        author: String,
        /// The subject.
        subject: String,
    },
    /// A draft that no node may write.
    #[error("the entry cannot be written: {what}")]
    DraftInvalid {
        /// The rule it breaks.
        what: String,
    },
    /// An offset that the feed never had.
    #[error("the feed ends at {end}, before {asked}")]
    BeyondFeed {
        /// Where it ends.
        end: u64,
        /// What was asked for.
        asked: u64,
    },
    /// The disk is full: the commit failed and left no trace.
    #[error("the disk is full")]
    Full,
}

impl Error {
    /// A row of a table other than the journal that cannot be read.
    pub(crate) fn damaged_row(what: impl Into<String>) -> Self {
        Self::Damaged { feed: 0, what: what.into() }
    }
}
