//! What is told to a person: refusals with code and next step, and what `init` and `join` made.
//!
//! Invariant: plain text fields only, so that the same value goes to a terminal, to JSON and into gRPC metadata.

use gongkai_link::LinkError;
use serde::Serialize;

use crate::Error;

/// A refusal or failure, as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The permanent code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// The next step.
    pub hint: String,
}

impl Told {
    /// Puts the three parts together.
    pub fn new(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), hint: hint.into() }
    }
}

/// The error with the causes that its own text leaves out.
fn whole_message(error: &dyn std::error::Error) -> String {
    /// Causes told at most: real chains have two or three.
    const CAUSES_MAX: usize = 8;
    let mut message = error.to_string();
    for cause in std::iter::successors(error.source(), |cause| cause.source()).take(CAUSES_MAX) {
        let cause = cause.to_string();
        if !message.contains(&cause) {
            message = format!("{message}: {cause}");
        }
    }
    message
}

macro_rules! told_from {
    ($($error:ty),+ $(,)?) => {
        $(impl From<&$error> for Told {
            fn from(error: &$error) -> Self {
                Self::new(error.code(), whole_message(error), error.hint())
            }
        })+
    };
}

told_from!(gongkai_app::Error, gongkai_pki::PeerError, gongkai_store::Error);

impl From<&Error> for Told {
    fn from(error: &Error) -> Self {
        if let Error::Link(error) = error {
            return Self::from(error);
        }
        Self::new(error.code(), whole_message(error), error.hint())
    }
}

impl From<&LinkError> for Told {
    /// What the peer refused is told under the peer's own code: that is the one with a page to read.
    fn from(error: &LinkError) -> Self {
        if let LinkError::Refused(refusal) = error {
            return Self::new(&refusal.code, format!("the peer refused: {}", refusal.message), error.hint());
        }
        Self::new(error.code(), whole_message(error), error.hint())
    }
}

impl From<&gongkai_sync::message::Refusal> for Told {
    fn from(refusal: &gongkai_sync::message::Refusal) -> Self {
        Self::new(&refusal.code, refusal.message.clone(), hint_of_refusal(&refusal.code))
    }
}

/// The engine's refusals carry no hint over the wire: the reader's own version has the words.
fn hint_of_refusal(code: &str) -> &'static str {
    match code {
        "GK-SYNC-001" => "install matching versions of the daemon on both nodes",
        "GK-SYNC-003" => "update gongkaid at the node that the message names",
        "GK-SYNC-002" => "enrol the node again with a new token: its certificate and its data are of two divisions",
        "GK-SYNC-004" | "GK-SYNC-005" => "stop the copy of this node; two hosts must not run one node's data",
        _ => "look at the log of the other node for its reason",
    }
}

/// What `init` and `join` made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Made {
    /// The division's permanent id.
    pub division: String,
    /// Its name, as far as it is known before the first session.
    pub name: String,
    /// Division ids from the top to this one.
    pub path: Vec<String>,
    /// The division above; empty at the top.
    pub parent: String,
    /// The data directory.
    pub data_dir: String,
    /// Where the link will listen.
    pub listen: String,
    /// The address that tokens name; empty: as bound.
    pub advertise: String,
    /// SHA-256 of the trust root, hexadecimal.
    pub ca_fingerprint: String,
    /// The configuration file.
    pub config: String,
}
