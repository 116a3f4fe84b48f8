//! Backup, restore, and what a node must not do until it knows that it has not lost its own past.
//!
//! Invariant: a node that was restored or finds itself rewound writes nothing that others act on before it has
//! compared heads with its peers, or a person has taken that on himself by name. Edits go on. No word of a peer that
//! is not proved holds a node.

mod archive;
mod backup;
mod claims;
mod error;
mod hold;
mod restore;

pub use backup::BackupReport;
pub(crate) use claims::Unproved;
pub use claims::{Claims, OtherPlace};
pub use error::RecoveryError;
pub use hold::{Held, HoldReason};
pub(crate) use hold::{await_no_more, hold_rebuilt, kept};
pub use restore::{Restored, restore};
