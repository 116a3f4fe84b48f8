//! What can go wrong with a link, by permanent code: `GK-LINK-001…019` here, `020…049` in the codec. Certificates
//! keep the codes of the `gongkai-pki` crate.
//!
//! Invariant: an error says whether waiting may cure it; certificates, refusals and broken protocol are never retried
//! in a hurry.

use std::{io, net::SocketAddr};

use gongkai_pki::PeerError;
use gongkai_sync::retry::Class;

use crate::{
    codec::{DecodeError, EncodeError},
    refusal::Refusal,
};

/// A link that does not come up, or that ended.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Somebody else listens there.
    #[error("the address {address} is in use")]
    PortInUse {
        /// Where this node was to listen.
        address: SocketAddr,
    },
    /// Cannot listen for another reason.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where this node was to listen.
        address: SocketAddr,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// Text that is no address.
    #[error("`{address}` is not HOST:PORT")]
    BadAddress {
        /// The text.
        address: String,
    },
    /// Nobody answers there.
    #[error("cannot reach {address}")]
    Unreachable {
        /// Where it was dialled.
        address: String,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// Somebody answers, too slowly.
    #[error("{address} did not answer in {seconds} s while {what}")]
    TimedOut {
        /// Where it was dialled.
        address: String,
        /// How long was waited.
        seconds: u64,
        /// The step: `connecting`, `shaking hands`, `opening the session`, `enrolling`.
        what: &'static str,
    },
    /// Certificates: theirs to us, or ours to them.
    #[error(transparent)]
    Peer(PeerError),
    /// The peer refused the call in words of its own.
    #[error("the peer refused: {0}")]
    Refused(Refusal),
    /// The peer sent something that is no message.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// We were to send something that is no message.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The connection ended before the session did.
    #[error("the connection ended: {why}")]
    Broken {
        /// What the transport says.
        why: String,
    },
    /// The peer's half of the session is closed: nobody reads what we send.
    #[error("the peer has left the session")]
    Left,
    /// Whoever answers does not speak this protocol.
    #[error("the peer does not offer this service: {why}")]
    Foreign {
        /// What it says.
        why: String,
    },
}

impl From<PeerError> for LinkError {
    /// A connection that broke says nothing about certificates.
    fn from(error: PeerError) -> Self {
        match error {
            PeerError::Interrupted { why } => Self::Broken { why },
            other => Self::Peer(other),
        }
    }
}

impl LinkError {
    /// Whether the node may be at another of its addresses: at this one is nobody, or somebody else.
    pub fn is_elsewhere(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Peer(PeerError::WrongName) => true,
            Self::PortInUse { .. }
            | Self::Listen { .. }
            | Self::BadAddress { .. }
            | Self::Peer(_)
            | Self::Refused(_)
            | Self::Decode(_)
            | Self::Encode(_)
            | Self::Broken { .. }
            | Self::Left
            | Self::Foreign { .. } => false,
        }
    }

    /// The permanent code. For [`LinkError::Refused`] the peer's own code stands in the message.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PortInUse { .. } => "GK-LINK-001",
            Self::Listen { .. } => "GK-LINK-002",
            Self::BadAddress { .. } => "GK-LINK-003",
            Self::Unreachable { .. } => "GK-LINK-004",
            Self::TimedOut { .. } => "GK-LINK-005",
            Self::Refused(_) => "GK-LINK-006",
            Self::Broken { .. } => "GK-LINK-007",
            Self::Left => "GK-LINK-008",
            Self::Foreign { .. } => "GK-LINK-009",
            Self::Peer(error) => error.code(),
            Self::Decode(error) => error.code(),
            Self::Encode(error) => error.code(),
        }
    }

    /// The operator's next step.
    pub fn hint(&self) -> String {
        match self {
            Self::PortInUse { .. } => {
                "stop the other daemon (`gongkai node list` there), or give this one another port with `link.listen`"
                    .to_owned()
            }
            Self::Listen { .. } => "check the address in `link.listen`: it must be one of this host".to_owned(),
            Self::BadAddress { .. } => "write the parent's address as HOST:PORT, such as 10.1.2.3:7443".to_owned(),
            Self::Unreachable { .. } | Self::TimedOut { .. } => {
                "check the address, the network and the firewall; the node tries again by itself".to_owned()
            }
            Self::Refused(refusal) if !refusal.hint.is_empty() => refusal.hint.clone(),
            Self::Refused(_) => "look at the log of the other node for its reason".to_owned(),
            Self::Broken { .. } | Self::Left => "nothing to do: the node tries again by itself".to_owned(),
            Self::Foreign { .. } => "check the port: another program, or another version, listens there".to_owned(),
            Self::Peer(error) => error.hint(),
            Self::Decode(error) => error.hint(),
            Self::Encode(error) => error.hint(),
        }
    }

    /// Whether trying again may help without anybody doing anything.
    pub fn class(&self) -> Class {
        let is_transient = match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Broken { .. } | Self::Left => true,
            Self::PortInUse { .. }
            | Self::Listen { .. }
            | Self::BadAddress { .. }
            | Self::Foreign { .. }
            | Self::Decode(_)
            | Self::Encode(_) => false,
            Self::Refused(refusal) => refusal.is_transient,
            Self::Peer(error) => error.is_transient(),
        };
        if is_transient { Class::Transient } else { Class::Permanent }
    }
}
