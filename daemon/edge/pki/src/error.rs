//! What can go wrong with keys, certificates and peers, by permanent code.
//!
//! Invariant: a code is never given a second meaning. `GK-PKI-001…009` files, `010…019` tokens, `020…029` issuing,
//! `030…049` peers.
//! Left out: how an error is shown or sent. `FileError` names files of the node and is for its own operator only.

mod file;
mod issue;
mod peer;
mod token;

pub use file::FileError;
pub use issue::IssueError;
pub use peer::PeerError;
pub use token::TokenError;

/// Any refusal or failure of this crate.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// A file under `DIR/pki`.
    #[error(transparent)]
    File(#[from] FileError),
    /// An enrolment token or the invite behind it.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A certificate that cannot be made.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// A peer's certificates or a handshake.
    #[error(transparent)]
    Peer(#[from] PeerError),
}

impl Error {
    /// The permanent code, such as `GK-PKI-012`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::Token(error) => error.code(),
            Self::Issue(error) => error.code(),
            Self::Peer(error) => error.code(),
        }
    }

    /// The operator's next step.
    pub fn hint(&self) -> String {
        match self {
            Self::File(error) => error.hint(),
            Self::Token(error) => error.hint(),
            Self::Issue(error) => error.hint(),
            Self::Peer(error) => error.hint(),
        }
    }

    /// Whether the same attempt may succeed later without anybody doing anything.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::File(error) => error.is_transient(),
            Self::Token(_) | Self::Issue(_) => false,
            Self::Peer(error) => error.is_transient(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wrapper_passes_code_and_hint_through() {
        let error = Error::from(TokenError::Expired { day_ms: 0 });
        assert_eq!(error.code(), "GK-PKI-012");
        assert!(error.hint().contains("invite"));
        assert!(!error.is_transient());
        assert!(Error::from(PeerError::Interrupted { why: String::new() }).is_transient());
    }
}
