//! How many files and sockets this process may have open, and who gets how many.
//!
//! Invariant: connections from the network never use up what the store and the operators' socket need. What the system
//! allows is asked for once, at the start. Left out: what becomes of a connection beyond a share (link).

use gongkai_link::grpc::Room;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::warn;

/// What is asked for where the system allows it: all connections of a thousand children, and room.
const WANTED: u64 = 8_192;
/// Kept for the store, the log, the operators' socket and port, and what the node dials itself.
const KEPT: u64 = 448;
/// Below this a node serves few children; a service's unit says more.
const FEW: u64 = 1_024;

/// Raises the limit of the process as far as it may be, and shares it out.
pub(crate) fn share() -> Room {
    let limit = raise();
    if limit < FEW {
        warn!(limit, "this process may open few files; few children can be connected at a time");
    }
    let left = limit.saturating_sub(KEPT.min(limit / 2));
    Room::within(usize::try_from(left).unwrap_or(usize::MAX))
}

/// The limit that holds now. A failure leaves it as it was.
fn raise() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // None stands for no limit.
    let (Some(current), wanted) = (current, maximum.map_or(WANTED, |most| most.min(WANTED))) else { return WANTED };
    if current >= wanted {
        return current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
        Ok(()) => wanted,
        Err(_) => current,
    }
}
