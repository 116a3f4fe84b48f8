//! What end-to-end tests share: where the built programs are, and running them as a person would.
//!
//! Invariant: a process started here is gone when its handle is. Left out: any knowledge of the inside of the
//! programs; these tests see what a user sees.

pub mod delay;
pub mod net;
pub mod program;
pub mod tree;
pub mod work;
