//! The words of the domain as types: divisions, domains, catalogs, items, revisions, review, editions.
//!
//! Pure zone: no clock, no randomness, no file, no socket. Whoever needs a time or an id brings it.

pub mod calendar;
pub mod catalog;
pub mod check;
pub mod conflict;
pub mod diff;
pub mod digest;
pub mod domain;
pub mod edition;
pub mod id;
pub mod item;
pub mod merge;
pub mod named;
mod normal;
pub mod privacy;
pub mod review;
pub mod revision;
pub mod shared;
pub mod standard;
pub mod tree;
pub mod visible;
pub mod vocabulary;
