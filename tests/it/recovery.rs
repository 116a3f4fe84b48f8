//! Losing a node in every way that happens, with real daemons and the command line alone.
//!
//! Invariant: each scenario ends when all nodes know the same of the catalog, each finds nothing wrong with itself, and
//! work goes on. Left out: the interleavings by the thousand; the simulator has them.

mod backup;
mod clone;
mod custody;
mod fork;
mod rebuild;
mod revert;
mod tree;
