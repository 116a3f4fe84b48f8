//! Free ports on loopback for daemons that are stopped and started again.
//!
//! Invariant: the ports lie below the range that the kernel hands to outgoing connections. A port of that range could
//! be taken by a reconnecting neighbour while its daemon is down, or even be connected to by itself.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process,
};

use super::fault::DemoFault;
use crate::errors::Failure;

/// Above the services of a usual machine.
const FIRST: u16 = 12_000;
/// Below Linux's default ip_local_port_range (32768…).
const COUNT: u16 = 20_000;
/// Spreads demos that run at the same time over the range.
const STRIDE: u32 = 61;

/// Hands out ports that were free a moment ago, each once.
pub(crate) struct Ports {
    next: u16,
    left: u16,
}

impl Ports {
    /// Begins somewhere that depends on this process.
    pub(crate) fn new() -> Self {
        let start = (process::id() * STRIDE) % u32::from(COUNT);
        Self { next: u16::try_from(start).unwrap_or_default(), left: COUNT }
    }

    /// The next free one.
    pub(crate) fn take(&mut self) -> Result<SocketAddr, Failure> {
        while self.left > 0 {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, FIRST + self.next));
            self.next = (self.next + 1) % COUNT;
            self.left -= 1;
            if TcpListener::bind(address).is_ok() {
                return Ok(address);
            }
        }
        Err(DemoFault::Unexpected(format!("no free port between {FIRST} and {}", FIRST + COUNT)).into())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_passed_over_and_none_is_given_twice() {
        let mut ports = Ports { next: COUNT - 1, left: COUNT };
        let first = ports.take().unwrap();
        let _held = TcpListener::bind(first).unwrap();
        let mut again = Ports { next: first.port() - FIRST, left: COUNT };
        assert_ne!(again.take().unwrap(), first);
        assert_ne!(ports.take().unwrap(), first);
    }
}
