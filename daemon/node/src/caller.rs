//! Whoever is at the other end of an admin call, as the transport says.
//!
//! Invariant: the operating system says who the user is (SO_PEERCRED), the handshake whose certificate it is; nothing
//! of a request is asked. Left out: which operator that is (operators), and whether the certificate counts (app).

use std::fmt;

use gongkai_model::{digest::Digest, id::OperatorId};
use tonic::{codegen::http, transport::server::UdsConnectInfo};

/// Whoever is at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A user of this machine.
    User {
        /// His number.
        uid: u32,
        /// The number of his first group.
        gid: u32,
    },
    /// The holder of an operator's certificate.
    Certificate {
        /// The operator's name that this node wrote into it.
        name: OperatorId,
        /// SHA-256 of the certificate.
        fingerprint: Digest,
    },
    /// The transport did not say.
    Unknown,
}

impl Caller {
    /// Through what he came in, as the journal keeps it beside the operator. A certificate's account is its holder: he
    /// has one key after another.
    pub(crate) fn account(&self) -> String {
        match self {
            Self::User { uid, .. } => format!("uid {uid}"),
            Self::Certificate { name, .. } => format!("certificate of {name}"),
            Self::Unknown => String::new(),
        }
    }

    /// Reads it from a request's connection.
    pub(crate) fn of(extensions: &http::Extensions) -> Self {
        if let Some(remote) = extensions.get::<Self>() {
            return remote.clone();
        }
        let connection = extensions.get::<UdsConnectInfo>();
        match connection.and_then(|connection| connection.peer_cred) {
            Some(credentials) => Self::User { uid: credentials.uid(), gid: credentials.gid() },
            None => Self::Unknown,
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User { uid, .. } => write!(f, "uid {uid}"),
            Self::Certificate { name, fingerprint } => write!(f, "certificate {} of {name}", fingerprint.short()),
            Self::Unknown => write!(f, "unknown"),
        }
    }
}
