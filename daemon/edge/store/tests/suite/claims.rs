//! The claims, by area.

pub(crate) mod appending;
pub(crate) mod applying;
pub(crate) mod checking;
pub(crate) mod exchange;
pub(crate) mod serving;
pub(crate) mod tables;
pub(crate) mod wanting;
