//! Why content was not removed. Codes are permanent.

use gongkai_model::{
    digest::Digest,
    id::{CatalogId, DivisionId, OperatorId},
};

/// A refusal about removing content by law.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// The item stood with several contents, and it was not said which goes.
    #[error("item `{item}` stood with {} contents: {}", contents.len(), named(contents))]
    ContentUnclear {
        /// The item.
        item: String,
        /// Their digests.
        contents: Vec<Digest>,
    },
    /// The item never stood with that content here.
    #[error("item `{item}` of `{catalog}` has no content `{text}` on this node")]
    ContentUnknown {
        /// The catalog.
        catalog: CatalogId,
        /// The item.
        item: String,
        /// As given.
        text: String,
    },
    /// No such entry about the catalog.
    #[error("no entry about `{catalog}` is named `{text}` on this node")]
    EntryUnknown {
        /// The catalog.
        catalog: CatalogId,
        /// As given.
        text: String,
    },
    /// Its kind holds no words of people, they are gone, or it never left the node.
    #[error("entry {} (`{kind}`) has no words of people that could go", entry.short())]
    NoWords {
        /// The entry.
        entry: Digest,
        /// What it is.
        kind: String,
    },
    /// No law or no reason was given, or too long a one.
    #[error("removing content takes a law and a reason, each of 1 to {max} characters")]
    GroundsMissing {
        /// The longest.
        max: usize,
    },
    /// No such request.
    #[error("no request to remove content is named `{text}` on this node")]
    RequestUnknown {
        /// As given.
        text: String,
    },
    /// Several requests begin like this.
    #[error("`{text}` is the beginning of {count} requests")]
    RequestUnclear {
        /// As given.
        text: String,
        /// How many.
        count: usize,
    },
    /// Whoever asked cannot say yes as well.
    #[error("{operator} asked for it; another person must confirm")]
    SamePerson {
        /// Who.
        operator: OperatorId,
    },
    /// Whoever asked cannot say yes under another name.
    #[error("it was asked through the same account ({account}) as `{operator}` comes by: that is one person")]
    SameAccount {
        /// Who confirms.
        operator: OperatorId,
        /// Such as `uid 1001`.
        account: String,
    },
    /// It is confirmed above the node that asked.
    #[error("the node of `{asked_at}` asked for it: a node above that one confirms it")]
    NotAbove {
        /// Which node asked.
        asked_at: DivisionId,
    },
    /// It stands in more entries than one request may name.
    #[error("the content stands in {count} entries, more than the {max} that one request may name")]
    TooMany {
        /// How many.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// Content that was removed comes back.
    #[error("content {content} of `{catalog}` was removed by law and cannot be written again")]
    Removed {
        /// The catalog.
        catalog: CatalogId,
        /// Its digest.
        content: Digest,
    },
}

fn named(contents: &[Digest]) -> String {
    contents.iter().map(Digest::short).collect::<Vec<_>>().join(", ")
}

impl EraseError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ContentUnclear { .. } => "GK-ERASE-001",
            Self::ContentUnknown { .. } => "GK-ERASE-002",
            Self::EntryUnknown { .. } => "GK-ERASE-011",
            Self::NoWords { .. } => "GK-ERASE-012",
            Self::GroundsMissing { .. } => "GK-ERASE-003",
            Self::RequestUnknown { .. } => "GK-ERASE-004",
            Self::RequestUnclear { .. } => "GK-ERASE-005",
            Self::SamePerson { .. } => "GK-ERASE-006",
            Self::SameAccount { .. } => "GK-ERASE-010",
            Self::NotAbove { .. } => "GK-ERASE-007",
            Self::TooMany { .. } => "GK-ERASE-008",
            Self::Removed { .. } => "GK-ERASE-009",
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::ContentUnclear { .. } => "say which with --content DIGEST; ask once for each that must go".to_owned(),
            Self::ContentUnknown { catalog, item, .. } => {
                format!("`gongkai catalog history {catalog} --item {item}` shows the contents it had")
            }
            Self::EntryUnknown { catalog, .. } => {
                format!("`gongkai audit log --catalog {catalog}` shows its entries; name an item or an entry, not both")
            }
            Self::NoWords { .. } => {
                "an item's content goes with --item; keys, certificates, receipts, the tree and tables stay".to_owned()
            }
            Self::GroundsMissing { .. } => "give both: --law 《…法》第…条 --reason TEXT".to_owned(),
            Self::RequestUnknown { .. } | Self::RequestUnclear { .. } => {
                "`gongkai erase list` shows the requests".to_owned()
            }
            Self::SamePerson { .. } => "let a colleague confirm it with `gongkai erase confirm`".to_owned(),
            Self::SameAccount { .. } => {
                "let a colleague confirm it through an account or a certificate of his own: `gongkai operator certify NAME`"
                    .to_owned()
            }
            Self::NotAbove { .. } => "it is confirmed there with `gongkai erase confirm`".to_owned(),
            Self::TooMany { .. } => "submit the catalog in full once and ask again".to_owned(),
            Self::Removed { .. } => "leave the removed words out of the file and import it again".to_owned(),
        }
    }
}
