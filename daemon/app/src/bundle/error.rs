//! Bundles that are whole files and yet cannot be made or read here: `GK-BUNDLE-020…`.
//!
//! Invariant: a code is never given a second meaning.

use gongkai_model::id::DivisionId;

/// A bundle that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleRefused {
    /// For somebody else.
    #[error("this bundle is for `{to}`, this is the node of `{me}`")]
    ForAnother {
        /// To whom it was written.
        to: DivisionId,
        /// Who we are.
        me: DivisionId,
    },
    /// By this node itself.
    #[error("this node of `{me}` made this bundle itself")]
    Own {
        /// Who we are.
        me: DivisionId,
    },
    /// Signed with a key that this node does not know as the speaker's.
    #[error("the bundle says it is from `{from}`, and key {key_id} is not known as its key")]
    KeyUnknown {
        /// Who it says it is from.
        from: DivisionId,
        /// The key's id.
        key_id: String,
    },
    /// Signed with a key that was revoked or retired.
    #[error("the bundle from `{from}` is signed with key {key_id}, which has been ended")]
    KeyEnded {
        /// Who it is from.
        from: DivisionId,
        /// The key's id.
        key_id: String,
    },
    /// No link to that division.
    #[error("`{to}` is neither the parent nor a child of this node")]
    NoNeighbour {
        /// As given.
        to: DivisionId,
    },
    /// Nothing is held of what was asked for by hand.
    #[error("this node holds no stream by or about `{division}` that `{to}` may have")]
    NothingAsked {
        /// Of whom.
        division: DivisionId,
        /// For whom.
        to: DivisionId,
    },
    /// A place that was told by voice or paper and is none of our feed.
    #[error("`{heard}` is no place of this node's feed")]
    PlaceUnknown {
        /// As given.
        heard: String,
    },
    /// The engine refused.
    #[error("{message}")]
    Conversation {
        /// The engine's code.
        code: &'static str,
        /// Why.
        message: String,
    },
}

impl BundleRefused {
    /// The engine's refusal of a conversation.
    pub fn of_engine(code: &str, message: String) -> Self {
        let code = match code {
            "GK-SYNC-001" => "GK-SYNC-001",
            "GK-SYNC-002" => "GK-SYNC-002",
            "GK-SYNC-003" => "GK-SYNC-003",
            "GK-SYNC-004" => "GK-SYNC-004",
            "GK-SYNC-011" => "GK-SYNC-011",
            _ => "GK-BUNDLE-027",
        };
        Self::Conversation { code, message }
    }

    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ForAnother { .. } => "GK-BUNDLE-020",
            Self::Own { .. } => "GK-BUNDLE-021",
            Self::KeyUnknown { .. } => "GK-BUNDLE-022",
            Self::KeyEnded { .. } => "GK-BUNDLE-023",
            Self::NoNeighbour { .. } => "GK-BUNDLE-024",
            Self::NothingAsked { .. } => "GK-BUNDLE-025",
            Self::PlaceUnknown { .. } => "GK-BUNDLE-026",
            Self::Conversation { code, .. } => code,
        }
    }

    /// What to do next.
    pub fn hint(&self) -> String {
        match self {
            Self::ForAnother { to, .. } => format!("bring it to the node of {to}; nothing was taken"),
            Self::Own { .. } => "bring it to the other office; nothing was taken".to_owned(),
            Self::KeyUnknown { from, .. } => format!(
                "ask {from} whether its node was enrolled anew; its certificate comes in a bundle or session of its \
                 parent first; nothing of the work lane was taken"
            ),
            Self::KeyEnded { from, .. } => {
                format!(
                    "the drive may be of a lost or stolen machine: ask {from}; what it says of itself was passed over"
                )
            }
            Self::NoNeighbour { .. } => {
                "`gongkai sync peers` shows the neighbours; for another node name what it lacks with --stream"
                    .to_owned()
            }
            Self::NothingAsked { .. } => "`gongkai audit log --division CODE` shows what is held of it".to_owned(),
            Self::PlaceUnknown { .. } => {
                "read it out again as `gongkai bundle status` shows it there; without --heard nothing is skipped"
                    .to_owned()
            }
            Self::Conversation { code: "GK-SYNC-011", .. } => "make it again".to_owned(),
            Self::Conversation { code: "GK-SYNC-004", .. } => {
                "stop the copy of this node; two hosts must not run one node's data".to_owned()
            }
            Self::Conversation { .. } => "compare the versions of both nodes, and update the older one".to_owned(),
        }
    }
}
