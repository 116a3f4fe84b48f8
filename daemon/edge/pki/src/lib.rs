//! Who is who: keys, certificate authorities, enrolment, TLS configurations and the identity of a peer.
//!
//! Invariant: a peer is whom its chain spells only after [`identity::identify`] said so; private keys are written
//! once, readable by their owner alone, and never leave the node.
//! Left out: sockets and RPCs (link), where invites and revocations are kept (store), which entry key counts for
//! which entries (journal). No clock is read here: times come as unix milliseconds.
//!
//! # What lies under `DIR/pki`
//!
//! | file        | holds                                              | on                         |
//! | ----------- | -------------------------------------------------- | -------------------------- |
//! | `root.crt`  | the trust root                                     | every node                 |
//! | `root.key`  | its key; may be carried away and kept off line     | the top node               |
//! | `ca.key`    | the issuing authority's key                        | nodes that enrol others    |
//! | `ca.crt`    | its chain: own authority, those above, trust root  | nodes that enrol others    |
//! | `tls.key`   | the node's TLS key (ECDSA P-256)                   | every node                 |
//! | `tls.crt`   | the node's chain: leaf, authorities, trust root    | every node, once enrolled  |
//! | `entry.key` | the key that signs journal entries (Ed25519)       | every node                 |
//! | `operators.key`, `operators.crt` | authority of this node's operators' certificates | nodes with an admin port |
//!
//! Keys are PKCS#8 PEM with mode 0600. `tls.crt` is written last: a node that has it is enrolled.

pub mod authority;
mod chain;
pub mod enrol;
pub mod error;
pub mod files;
pub mod identity;
pub mod keys;
pub mod name;
pub mod operator;
mod pem;
pub mod request;
mod template;
pub mod tls;
pub mod token;

pub use authority::{Authority, Lifetimes};
pub use enrol::{Grant, Invite};
pub use error::{Error, FileError, IssueError, PeerError, TokenError};
pub use files::PkiDir;
pub use identity::PeerIdentity;
pub use keys::{CertKey, EntryKey};
pub use request::Request;
pub use token::Token;
