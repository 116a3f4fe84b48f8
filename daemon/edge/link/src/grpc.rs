//! Sessions over gRPC: the port that children dial, and the dialling of the parent.
//!
//! Invariant: one connection carries one session and its bytes are counted as they cross the socket, TLS included.
//! Left out: who may connect and what is said (the caller's traits decide), and when to dial again (sync).

mod accept;
mod client;
mod connection;
mod duplex;
mod enrol;
mod enrol_words;
mod listener;
mod lobby;
mod places;
mod seat;
mod server;
mod traffic;
mod tuning;

pub use accept::{Porch, accept_each, part};
pub use client::{Dial, join, open, open_tuned, renew};
pub use duplex::{Duplex, Inbound, Outbound};
pub use enrol::Enrolment;
pub use enrol_words::{Anchor, Join, Joined, Renew, Renewed};
pub use listener::{Listener, Room};
pub use lobby::{Lobby, LobbySize, Source, Visitor};
pub use places::{Call, Calls, Place, Places, PlacesSize};
pub use server::Sessions;
pub use traffic::Traffic;
pub use tuning::Tuning;
