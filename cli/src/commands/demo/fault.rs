//! What can go wrong in the demo itself.
//!
//! Invariant: a daemon's or a library's own refusal is passed on with its own code, never wrapped in one of these.

use std::{path::PathBuf, time::Duration};

use crate::errors::Failure;

/// Why the demo stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoFault {
    /// `--dir` names a folder with something in it.
    #[error("`{}` is not empty", .0.display())]
    FolderNotEmpty(PathBuf),
    /// A state was not reached in its time.
    #[error("waited {} s for this: {what}", waited.as_secs())]
    NotReached { what: String, waited: Duration },
    /// The whole run took too long.
    #[error("the demo did not end within {} s", .0.as_secs())]
    TooLong(Duration),
    /// Ctrl-C, or a polite kill.
    #[error("interrupted")]
    Interrupted,
    /// A daemon ended by itself.
    #[error("the daemon of {division} ended by itself ({status})")]
    DaemonEnded { division: String, status: String },
    /// What a node says is not what the story needs.
    #[error("{0}")]
    Unexpected(String),
    /// The built-in samples lack a part.
    #[error("the sample workbooks lack {0}")]
    SampleMissing(String),
}

impl DemoFault {
    fn code(&self) -> &'static str {
        match self {
            Self::FolderNotEmpty(_) => "GK-DEMO-001",
            Self::NotReached { .. } => "GK-DEMO-002",
            Self::TooLong(_) => "GK-DEMO-003",
            Self::Interrupted => "GK-DEMO-004",
            Self::DaemonEnded { .. } => "GK-DEMO-005",
            Self::Unexpected(_) => "GK-DEMO-006",
            Self::SampleMissing(_) => "GK-DEMO-007",
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::FolderNotEmpty(_) => "name a new folder, or remove what the last demo left in it",
            Self::NotReached { .. } | Self::TooLong(_) => {
                "see the daemons' logs (nodes/*/daemon.log); on a busy machine, run it again"
            }
            Self::Interrupted => "all daemons were stopped; run it again",
            Self::DaemonEnded { .. } | Self::Unexpected(_) => "see the daemons' logs (nodes/*/daemon.log)",
            Self::SampleMissing(_) => "this build is incomplete; build it again from a clean checkout",
        }
    }
}

impl From<DemoFault> for Failure {
    fn from(fault: DemoFault) -> Self {
        Self::told(fault.code(), &fault, fault.hint())
    }
}
