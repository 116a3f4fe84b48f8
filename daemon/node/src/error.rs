//! What can go wrong in running a daemon, by permanent code: `GK-NODE-001…` here, `GK-CONF-001…` in the configuration.
//! Everything else keeps the code of the part that refused.
//!
//! Invariant: a code is never given a second meaning.

use std::{io, path::PathBuf};

use gongkai_model::id::DivisionId;

use crate::config::ConfigError;

/// Any refusal or failure of the daemon.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A use case.
    #[error(transparent)]
    App(#[from] gongkai_app::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] gongkai_store::Error),
    /// Keys and certificates.
    #[error(transparent)]
    Pki(#[from] gongkai_pki::Error),
    /// A link.
    #[error(transparent)]
    Link(#[from] gongkai_link::LinkError),
    /// A bundle's file.
    #[error(transparent)]
    Bundle(#[from] gongkai_link::bundle::BundleError),
    /// Seed files.
    #[error(transparent)]
    Seeds(#[from] gongkai_seeds::Error),
    /// Another daemon answers at the admin socket.
    #[error("another daemon answers at `{}`", socket.display())]
    SocketInUse {
        /// The socket.
        socket: PathBuf,
    },
    /// The admin socket cannot be made.
    #[error("cannot make the admin socket `{}`", socket.display())]
    Socket {
        /// The socket.
        socket: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// A user of this machine who is no operator.
    #[error("user {uid} of this machine is no operator of this node")]
    NoOperator {
        /// The user's number; -1 where the socket did not tell it.
        uid: i64,
    },
    /// An operator who may not act under another name.
    #[error("{caller} may not act as `{name}`")]
    OtherOperator {
        /// Who it is.
        caller: String,
        /// The name asked for.
        name: String,
    },
    /// A certificate of nobody whom the configuration names, or not the one that it names.
    #[error("the certificate of `{name}` counts no more at this node")]
    CertificateUnknown {
        /// The operator named in it.
        name: String,
    },
    /// A name that the configuration does not have.
    #[error("the configuration names no operator `{name}`")]
    OperatorUnknown {
        /// As given.
        name: String,
    },
    /// The admin port cannot be taken.
    #[error("cannot listen for operators on `{address}`")]
    AdminPort {
        /// Where.
        address: std::net::SocketAddr,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The second admin socket cannot be made, or not safely.
    #[error("cannot make the shared admin socket `{}`: {why}", socket.display())]
    SharedSocket {
        /// The socket.
        socket: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The directory holds a node already.
    #[error("`{}` holds a node already", dir.display())]
    AlreadyNode {
        /// The directory.
        dir: PathBuf,
    },
    /// A file or directory of this node.
    #[error("cannot {what} `{}`", path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// The path.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The operating system refuses signals or threads.
    #[error("cannot watch for signals")]
    Signals(#[source] io::Error),
    /// A part of the daemon ended by itself.
    #[error("the {part} stopped unexpectedly: {why}")]
    PartStopped {
        /// Which.
        part: &'static str,
        /// Why.
        why: String,
    },
    /// No address of the parent is known.
    #[error("the address of the parent `{parent}` is not known")]
    ParentUnknown {
        /// The parent.
        parent: DivisionId,
    },
    /// A child that is not connected: it dials, not this node.
    #[error("`{child}` is not connected, and only it can dial")]
    ChildAway {
        /// The child.
        child: DivisionId,
    },
    /// No parent, and no child in session: nobody can be asked from here.
    #[error("no link can be used from here: this node has no parent to dial, and no child is connected")]
    NobodyToAsk,
    /// No such link.
    #[error("this node has no link to `{division}`")]
    NoLink {
        /// As given.
        division: String,
    },
    /// The time for catching up ran out.
    #[error("`{division}` was not caught up within {seconds} s: {waiting}")]
    SyncTimeout {
        /// The peer.
        division: DivisionId,
        /// How long was waited.
        seconds: u64,
        /// What for.
        waiting: &'static str,
    },
    /// The address to print in a token cannot be dialled from elsewhere.
    #[error("`{address}` is no address that another machine can dial")]
    AddressUnusable {
        /// The address.
        address: String,
    },
    /// A request of the admin API that makes no sense.
    #[error("{what}")]
    BadRequest {
        /// What is wrong.
        what: String,
    },
    /// A call that this version does not answer.
    #[error("this version cannot {what} yet")]
    NotYet {
        /// What.
        what: &'static str,
    },
    /// A decision about a submission that another has superseded since it was looked at.
    #[error("the submission looked at is no longer the current one")]
    NotCurrent,
}

impl Error {
    /// The permanent code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code(),
            Self::App(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Pki(error) => error.code(),
            Self::Link(error) => error.code(),
            Self::Bundle(error) => error.code(),
            Self::Seeds(error) => error.code(),
            Self::SocketInUse { .. } => "GK-NODE-001",
            Self::Socket { .. } => "GK-NODE-002",
            Self::NoOperator { .. } => "GK-NODE-003",
            Self::OtherOperator { .. } => "GK-NODE-004",
            Self::CertificateUnknown { .. } => "GK-NODE-030",
            Self::OperatorUnknown { .. } => "GK-NODE-031",
            Self::AdminPort { .. } => "GK-NODE-032",
            Self::SharedSocket { .. } => "GK-NODE-034",
            Self::AlreadyNode { .. } => "GK-NODE-005",
            Self::File { .. } => "GK-NODE-006",
            Self::Signals(_) => "GK-NODE-007",
            Self::PartStopped { .. } => "GK-NODE-008",
            Self::ParentUnknown { .. } => "GK-NODE-009",
            Self::ChildAway { .. } => "GK-NODE-010",
            Self::NoLink { .. } => "GK-NODE-011",
            Self::SyncTimeout { .. } => "GK-NODE-012",
            Self::AddressUnusable { .. } => "GK-NODE-013",
            Self::BadRequest { .. } => "GK-NODE-014",
            Self::NotYet { .. } => "GK-NODE-015",
            Self::NotCurrent => "GK-NODE-016",
            Self::NobodyToAsk => "GK-NODE-033",
        }
    }

    /// The operator's next step.
    pub fn hint(&self) -> String {
        match self {
            Self::Config(error) => error.hint(),
            Self::App(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::Pki(error) => error.hint(),
            Self::Link(error) => error.hint(),
            Self::Bundle(error) => error.hint(),
            Self::Seeds(error) => error.hint(),
            Self::SocketInUse { .. } => "stop it, or use another data directory".to_owned(),
            Self::Socket { .. } => "check the rights and the length of the data directory's path".to_owned(),
            Self::NoOperator { uid } => {
                format!(
                    "let the administrator add an [[operator]] with `uid = {uid}` to gongkaid.toml, or use his account"
                )
            }
            Self::OtherOperator { .. } => "only the daemon's own account and root may use --as".to_owned(),
            Self::CertificateUnknown { .. } => {
                "have the administrator look at `gongkai operator certificates` and at [[operator]] in gongkaid.toml"
                    .to_owned()
            }
            Self::OperatorUnknown { .. } => {
                "write him under [[operator]] in gongkaid.toml, then `gongkai operator reload`".to_owned()
            }
            Self::AdminPort { .. } => {
                "stop what listens there (`ss -ltnp`), or give [admin] another `listen` in gongkaid.toml".to_owned()
            }
            Self::SharedSocket { .. } => {
                "make its directory the daemon's own with mode 0755 or 0750, and put the daemon's account into the \
                 group of [admin] `group`"
                    .to_owned()
            }
            Self::AlreadyNode { .. } => "start the daemon on it, or name another directory".to_owned(),
            Self::File { path, .. } => format!("check the rights on `{}` and the space on its disk", path.display()),
            Self::Signals(_) => "check the limits of the daemon's account (`ulimit -a`)".to_owned(),
            Self::PartStopped { .. } => {
                "look at the log above it; the service manager starts the daemon again".to_owned()
            }
            Self::ParentUnknown { .. } => "write `address = \"HOST:PORT\"` under [parent] in gongkaid.toml".to_owned(),
            Self::ChildAway { child } => format!("run `gongkai sync now` at the node of {child}"),
            Self::NobodyToAsk => "run `gongkai sync now` at a node below; `gongkai sync status` shows them".to_owned(),
            Self::NoLink { .. } => "`gongkai sync peers` shows the links of this node".to_owned(),
            Self::SyncTimeout { .. } => {
                "`gongkai sync status` shows how far it is; the node goes on by itself".to_owned()
            }
            Self::AddressUnusable { .. } => {
                "name one with `--address HOST:PORT`, or write `advertise` under [node] in gongkaid.toml".to_owned()
            }
            Self::BadRequest { .. } => "use the `gongkai` of the same version".to_owned(),
            Self::NotYet { .. } => "wait for a later version".to_owned(),
            Self::NotCurrent => "look at the current one with `gongkai review show` and repeat".to_owned(),
        }
    }

    /// Sorts a failed file operation.
    pub(crate) fn file(what: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::File { what, path: path.into(), source }
    }
}

impl From<gongkai_pki::FileError> for Error {
    fn from(error: gongkai_pki::FileError) -> Self {
        Self::Pki(error.into())
    }
}

impl From<gongkai_pki::PeerError> for Error {
    fn from(error: gongkai_pki::PeerError) -> Self {
        Self::Pki(error.into())
    }
}

impl From<gongkai_pki::TokenError> for Error {
    fn from(error: gongkai_pki::TokenError) -> Self {
        Self::Pki(error.into())
    }
}

impl From<gongkai_pki::IssueError> for Error {
    fn from(error: gongkai_pki::IssueError) -> Self {
        Self::Pki(error.into())
    }
}

impl From<gongkai_model::id::InvalidId> for Error {
    fn from(error: gongkai_model::id::InvalidId) -> Self {
        Self::App(error.into())
    }
}
