//! The wire's words: what the .proto files say, as Rust types, with what both ends must agree on beside them.
//!
//! Invariant: no logic and no defaults here; a message means what its .proto file says.
//! Left out: converting to and from the model's types (each end does its own).

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::unwrap_used,
    clippy::disallowed_types,
    reason = "made by prost and tonic; the .proto files carry the words"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/gongkai_modules.rs"));
}

pub use generated::gongkai::*;

/// The descriptors of all services, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/gongkai_descriptor.bin"));

/// Name of the admin socket in a node's data directory.
pub const ADMIN_SOCKET: &str = "admin.sock";

/// Name of the file in which a running daemon writes the address its link really listens on (`--listen …:0`).
pub const LISTEN_FILE: &str = "listen.addr";
/// The file in a data directory that tells where the admin port listens, if it is on.
pub const ADMIN_LISTEN_FILE: &str = "admin.addr";

/// Largest workbook taken by `catalog import`: the largest published catalog met has well under 1 MiB, and 32 MiB
/// still fit in the memory of the smallest node.
pub const IMPORT_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Largest message of the admin API: an import's file with its frame, or a catalog of 10,000 items. Both ends set it,
/// since tonic's own limit is 4 MiB.
pub const ADMIN_MESSAGE_BYTES_MAX: usize = 48 * 1024 * 1024;

/// What a refused call carries in its metadata. Text goes in `-bin` keys: header values are ASCII, messages are not.
pub mod metadata {
    /// The permanent error code (ASCII).
    pub const CODE: &str = "gk-code";
    /// The message, UTF-8.
    pub const MESSAGE: &str = "gk-message-bin";
    /// The next step for the operator, UTF-8.
    pub const HINT: &str = "gk-hint-bin";
    /// On a request: who acts, `--as OPERATOR` (ASCII).
    pub const OPERATOR: &str = "gk-operator";
    /// On a request: `zh` or `en`, the language of sentences in the answer.
    pub const LANGUAGE: &str = "gk-language";
}
