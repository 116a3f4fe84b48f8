//! Carries sessions between a child and its parent: messages to bytes, bytes over gRPC under mutual TLS.
//!
//! Invariant: no decisions here. Who may connect and what is said is the caller's; when to dial again is the engine's
//! (`gongkai-sync`); what a certificate means is `gongkai-pki`'s. Everything from a peer is hostile until read.
//! Left out: what a session is about (sync), where entries are kept (store).

pub mod bundle;
pub mod codec;
mod error;
pub mod grpc;
mod refusal;
mod sentence;
mod sparing;

pub use error::LinkError;
pub use refusal::{Refusal, refusal_of, refusal_status};
pub use sparing::{LeftOut, Sparing};
