//! Backup, restore, and what a node must not do until it knows that it has not lost its own past.
//!
//! Invariant: a node that was restored or finds itself rewound writes nothing that others act on before it has
//! compared heads with its peers, or a person has taken that on himself by name. Edits go on.

mod archive;
mod backup;
mod error;
mod hold;
mod restore;

pub use backup::BackupReport;
pub use error::RecoveryError;
pub use hold::{Held, HoldReason};
pub(crate) use hold::{await_no_more, hold_rebuilt, kept};
pub use restore::{Restored, restore};
