//! Claims about sessions: two machines against two stores in memory, and one machine against a script.

mod claims;
mod flow;
pub(crate) mod node;
pub(crate) mod talk;
