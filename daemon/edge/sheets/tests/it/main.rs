//! The sheets crate from outside: real workbooks written by the tests, read and written back.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod books;
mod exports;
mod hostile;
mod limits;
mod mixed;
mod printed;
mod remarks;
mod round_trip;
mod samples;
mod text_files;
mod told;
mod variants;
