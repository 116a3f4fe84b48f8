//! Refusals about enrolment tokens and invites.
//!
//! Invariant: a slip of the hand (`Typo`) is told from a token that was never good, and no variant carries the secret.

/// An enrolment token that does not open the door.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of this program, or of a newer version.
    #[error("this is not an enrolment token: {why}")]
    Malformed {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The checksum does not fit: a character is wrong or missing.
    #[error("the token is mistyped or cut short")]
    Typo,
    /// The day has passed.
    #[error("the token has expired")]
    Expired {
        /// Until when it was good, unix milliseconds.
        day_ms: i64,
    },
    /// Another key was enrolled with it.
    #[error("the token has been used already")]
    Used,
    /// It was made for somebody else.
    #[error("the token is for `{invited}`, not for `{asked}`")]
    OtherDivision {
        /// Whom the token invites.
        invited: String,
        /// Who presented it.
        asked: String,
    },
    /// The secret is not the one of the invite.
    #[error("no invite fits this token")]
    WrongSecret,
    /// An invite that makes no sense.
    #[error("cannot make an invite: {why}")]
    BadInvite {
        /// What is wrong.
        why: String,
    },
}

impl TokenError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "GK-PKI-010",
            Self::Typo => "GK-PKI-011",
            Self::Expired { .. } => "GK-PKI-012",
            Self::Used => "GK-PKI-013",
            Self::OtherDivision { .. } => "GK-PKI-014",
            Self::WrongSecret => "GK-PKI-015",
            Self::BadInvite { .. } => "GK-PKI-016",
        }
    }

    /// The operator's next step.
    pub fn hint(&self) -> String {
        match self {
            Self::Malformed { .. } => "a token begins with `gk1.` and is printed by `gongkai node invite`".to_owned(),
            Self::Typo => "copy the whole token again; upper and lower case matter".to_owned(),
            Self::Expired { .. } | Self::Used | Self::WrongSecret => {
                "ask the node above for a new token: `gongkai node invite CODE`".to_owned()
            }
            Self::OtherDivision { invited, .. } => {
                format!("use this token on the node of `{invited}`, or ask for one that is yours")
            }
            Self::BadInvite { .. } => "name a direct child and an address as HOST:PORT that it can reach".to_owned(),
        }
    }
}
