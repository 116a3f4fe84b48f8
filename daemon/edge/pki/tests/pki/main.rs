//! The crate's claims on real files, real certificates and real handshakes (tokio duplex, no port).
//!
//! Left out: gRPC and sockets (link).
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod enrolment;
mod handshakes;
mod identities;
mod storage;
mod tokens;
mod world;
