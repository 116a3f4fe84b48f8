//! Claims about sessions: two machines against two stores in memory, and one machine against a script.

mod claims;
mod flow;
mod node;
mod talk;
