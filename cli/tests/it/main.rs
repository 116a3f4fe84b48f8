//! The program from outside: exit status, stdout and stderr, against a small admin server on a real socket.
//!
//! Invariant: these tests run the built program; they know nothing of its insides.

mod answers;
mod explain;
mod harness;
mod hostile;
mod liar;
mod offline;
mod recovery;
mod refusals;
mod shapes;
mod standards;
