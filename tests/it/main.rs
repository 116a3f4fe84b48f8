//! Tests of the house and of the programs as a whole.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::print_stderr, reason = "a test says on stderr what it skips and how it is replayed")]

mod bundles;
mod closed;
mod faults;
mod headers;
mod isolation;
mod kills;
mod layers;
mod networks;
mod operators;
mod plant;
mod readme;
mod recovery;
mod terminal;
mod vectors;
mod wording;
mod workbooks;
