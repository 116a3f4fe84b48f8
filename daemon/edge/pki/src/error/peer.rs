//! Refusals about a peer: its chain, its place in the tree, the handshake.
//!
//! Invariant: "theirs" and "ours" are different codes, because different people must act.

/// A peer that is not accepted, or that does not accept us.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// The peer showed no certificate.
    #[error("the peer showed no certificate")]
    NoCertificate,
    /// A certificate that cannot be read or has the wrong shape.
    #[error("the peer's certificate cannot be used: {why}")]
    BadChain {
        /// What is wrong with it.
        why: &'static str,
    },
    /// Another authority.
    #[error("the peer belongs to another authority")]
    OtherAuthority,
    /// A name outside the subtree of whoever signed it.
    #[error("`{name}` lies outside the subtree of its issuer")]
    OutsideIssuer {
        /// The name, or `the peer` where the TLS library kept it to itself.
        name: String,
    },
    /// Their certificate ran out.
    #[error("the peer's certificate has expired")]
    Expired {
        /// End of validity, unix milliseconds; 0 where unknown.
        not_after_ms: i64,
    },
    /// Their certificate begins in the future.
    #[error("the peer's certificate is not valid yet")]
    NotYetValid {
        /// Begin of validity, unix milliseconds; 0 where unknown.
        not_before_ms: i64,
    },
    /// Revoked.
    #[error("certificate {serial} of `{name}` is revoked")]
    Revoked {
        /// Whose.
        name: String,
        /// Serial number, hexadecimal.
        serial: String,
    },
    /// No entry that is known here names the certificate.
    #[error("the certificate of `{name}` is named by no entry that stands")]
    Unnamed {
        /// Whose.
        name: String,
    },
    /// Its issuer's key was revoked after it had been issued.
    #[error("the certificate of `{name}` was issued under a key that has been revoked since")]
    IssuerRevoked {
        /// Whose.
        name: String,
    },
    /// Not below us.
    #[error("`{peer}` is not a child of `{me}`")]
    NotMyChild {
        /// The peer's path.
        peer: String,
        /// Our path.
        me: String,
    },
    /// Not above us.
    #[error("`{peer}` is not the parent of `{me}`")]
    NotMyParent {
        /// The peer's path.
        peer: String,
        /// Our path.
        me: String,
    },
    /// The server we were invited to is not there.
    #[error("the server is not under the authority that the token names")]
    PinMismatch,
    /// A server with another name.
    #[error("the server is not the node that was expected")]
    WrongName,
    /// A purpose the certificate does not serve.
    #[error("the peer's certificate may not be used for this")]
    WrongPurpose,
    /// They say that ours ran out.
    #[error("the peer refused us: our certificate has expired")]
    OwnExpired,
    /// They say that ours is revoked.
    #[error("the peer refused us: our certificate is revoked")]
    OwnRevoked,
    /// They do not know our authority.
    #[error("the peer refused us: it belongs to another authority")]
    OwnAuthority,
    /// They refuse for another reason.
    #[error("the peer refused us: {alert}")]
    Refused {
        /// The TLS alert.
        alert: String,
    },
    /// The handshake failed in another way; retrying does not help.
    #[error("the TLS handshake failed: {why}")]
    Handshake {
        /// The library's words.
        why: String,
    },
    /// The connection broke; retrying may help.
    #[error("the connection broke: {why}")]
    Interrupted {
        /// The system's words.
        why: String,
    },
}

impl PeerError {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoCertificate => "GK-PKI-030",
            Self::BadChain { .. } => "GK-PKI-031",
            Self::OtherAuthority => "GK-PKI-032",
            Self::OutsideIssuer { .. } => "GK-PKI-033",
            Self::Expired { .. } => "GK-PKI-034",
            Self::NotYetValid { .. } => "GK-PKI-035",
            Self::Revoked { .. } => "GK-PKI-036",
            Self::NotMyChild { .. } => "GK-PKI-037",
            Self::NotMyParent { .. } => "GK-PKI-038",
            Self::PinMismatch => "GK-PKI-039",
            Self::WrongName => "GK-PKI-040",
            Self::WrongPurpose => "GK-PKI-041",
            Self::OwnExpired => "GK-PKI-042",
            Self::OwnRevoked => "GK-PKI-043",
            Self::OwnAuthority => "GK-PKI-044",
            Self::Refused { .. } => "GK-PKI-045",
            Self::Handshake { .. } => "GK-PKI-046",
            Self::Interrupted { .. } => "GK-PKI-047",
            Self::Unnamed { .. } => "GK-PKI-048",
            Self::IssuerRevoked { .. } => "GK-PKI-049",
        }
    }

    /// The operator's next step.
    pub fn hint(&self) -> String {
        match self {
            Self::NoCertificate => "the peer must be enrolled: `gongkai node join TOKEN` there",
            Self::BadChain { .. } | Self::WrongPurpose => "enrol the peer again with a new token",
            Self::OtherAuthority | Self::OwnAuthority => {
                "compare the trust root's fingerprint on both sides: `gongkai node show`"
            }
            Self::OutsideIssuer { .. } => "an authority signed what is not its own: tell the office above, revoke it",
            Self::Expired { .. } => "the peer renews by itself when it reaches its parent; check its clock and ours",
            Self::NotYetValid { .. } => "compare the clocks of both machines",
            Self::Revoked { .. } | Self::OwnRevoked => "if this was an error, enrol the node again with a new token",
            Self::Unnamed { .. } => "update both nodes; if it stays, enrol the node again with a new token",
            Self::IssuerRevoked { .. } => "the node renews by itself at its parent when that one has a successor",
            Self::NotMyChild { .. } | Self::NotMyParent { .. } | Self::WrongName => {
                "check the address of the parent; after a change of the tree, enrol the node again"
            }
            Self::PinMismatch => {
                "check the address; if it is right, somebody is in between: ask for a new token by phone"
            }
            Self::OwnExpired => "run `gongkai node renew` while the parent can be reached",
            Self::Refused { .. } | Self::Handshake { .. } => "look at the log of the other side for its reason",
            Self::Interrupted { .. } => "check the network; the node tries again by itself",
        }
        .to_owned()
    }

    /// Whether trying again may help without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Interrupted { .. })
    }
}
