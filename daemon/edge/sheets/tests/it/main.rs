//! The sheets crate from outside: real workbooks written by the tests, read and written back.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod accounts;
mod books;
mod cases;
mod exports;
mod hostile;
mod limits;
mod marks;
mod mixed;
mod printed;
mod remarks;
mod round_trip;
mod samples;
mod text_files;
mod told;
mod variants;
