//! Tests of the house and of the programs as a whole.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod headers;
mod kills;
mod layers;
mod vectors;
mod workbooks;
