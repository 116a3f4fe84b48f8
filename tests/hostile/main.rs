//! Peers that are enrolled, speak the protocol and lie; and strangers at the port. Real daemons, real TLS.
//!
//! Invariant: an attack is one file in `attacks/`. Each prints one line: what was sent, the node's peak memory beside
//! its quiet one, another child's latency during it beside the quiet one, and what became of the node, also after a
//! restart. Whoever attacks holds the data directory of an enrolled node, as a thief has it, and nothing else.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::print_stderr, reason = "each attack prints its line")]

mod attacks;
mod bystander;
mod forge;
mod gauge;
mod knock;
mod stage;
mod thief;
