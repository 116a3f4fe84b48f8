//! Refusals about certificates that are asked for.
//!
//! Invariant: nothing is signed after one of these.

/// A certificate or request that cannot be made or is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// The request cannot be read.
    #[error("the certificate request cannot be read: {why}")]
    BadRequest {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The sender does not hold the private key it asks a certificate for.
    #[error("the request is not signed by the key it names ({which} key)")]
    NoPossession {
        /// `TLS`, `authority` or `entry`.
        which: &'static str,
    },
    /// A key of a kind that is not accepted.
    #[error("the key is not ECDSA P-256")]
    KeyKind,
    /// The name lies outside what this authority may sign.
    #[error("`{path}` is not a direct child of `{authority}`")]
    NotMine {
        /// Whose certificate was asked for.
        path: String,
        /// Who was asked.
        authority: String,
    },
    /// A chain that verifiers would not follow.
    #[error("the tree is too deep here: a chain may have {max} certificates")]
    TooDeep {
        /// The longest chain.
        max: usize,
    },
    /// A path that makes no DNS name.
    #[error("the path cannot be written as a DNS name: {why}")]
    BadName {
        /// The rule it breaks.
        why: &'static str,
    },
    /// A time that no clock shows, or an authority past its end.
    #[error("no certificate can be valid then: {why}")]
    BadTime {
        /// What does not fit.
        why: &'static str,
    },
    /// A renewal with another key after the old certificate ran out.
    #[error("an expired certificate can be renewed for its own key only")]
    OtherKey,
    /// The cryptographic library failed.
    #[error("the cryptographic library failed: {why}")]
    Library {
        /// Its words.
        why: String,
    },
}

impl IssueError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadRequest { .. } => "GK-PKI-020",
            Self::NoPossession { .. } => "GK-PKI-021",
            Self::KeyKind => "GK-PKI-022",
            Self::NotMine { .. } => "GK-PKI-023",
            Self::TooDeep { .. } => "GK-PKI-024",
            Self::BadName { .. } => "GK-PKI-025",
            Self::BadTime { .. } => "GK-PKI-026",
            Self::OtherKey => "GK-PKI-027",
            Self::Library { .. } => "GK-PKI-028",
        }
    }

    /// The operator's next step.
    pub fn hint(&self) -> String {
        match self {
            Self::BadRequest { .. } | Self::NoPossession { .. } | Self::KeyKind => {
                "make the request again on the child with `gongkai node join`".to_owned()
            }
            Self::NotMine { authority, .. } => {
                format!("each node enrols its direct children; this is the node of `{authority}`")
            }
            Self::TooDeep { .. } => "let the level above enrol this division without its own authority".to_owned(),
            Self::BadName { .. } => "check the division ids on the path: at most 63 characters each".to_owned(),
            Self::BadTime { .. } => "set the clock, or renew the authority of this node first".to_owned(),
            Self::OtherKey => "renew with the key the node has, or enrol it again with a new token".to_owned(),
            Self::Library { .. } => "try again; report the message if it comes back".to_owned(),
        }
    }
}

impl From<rcgen::Error> for IssueError {
    fn from(error: rcgen::Error) -> Self {
        Self::Library { why: error.to_string() }
    }
}
