//! Refusals of calls as they cross the wire: code, sentence and next step in a gRPC status.
//!
//! Invariant: nothing but these words crosses: no path, no secret, no cause. Text is cleaned on both ends, because
//! the reader cannot trust the writer.

use std::fmt;

use gongkai_proto::metadata;
use tonic::{
    Code, Status,
    metadata::{AsciiMetadataValue, MetadataValue},
};

use crate::{codec::is_code, sentence::cleaned};

/// Why a call was refused, in words that may cross the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The permanent code.
    pub code: String,
    /// For people.
    pub message: String,
    /// The next step; empty where there is none.
    pub hint: String,
    /// Whether the same call may succeed later without anybody doing anything.
    pub is_transient: bool,
}

impl Refusal {
    /// A refusal that stands until a person acts.
    pub fn lasting(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), hint: hint.into(), is_transient: false }
    }

    /// A refusal that may pass by itself.
    pub fn passing(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { is_transient: true, ..Self::lasting(code, message, hint) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl From<&gongkai_pki::PeerError> for Refusal {
    fn from(error: &gongkai_pki::PeerError) -> Self {
        Self { is_transient: error.is_transient(), ..Self::lasting(error.code(), error.to_string(), error.hint()) }
    }
}

/// The status of a refusal. Whether it may pass stands in gRPC's own code: `Unavailable` or `FailedPrecondition`.
pub fn refusal_status(refusal: &Refusal) -> Status {
    let code = if refusal.is_transient { Code::Unavailable } else { Code::FailedPrecondition };
    let message = cleaned(&refusal.message);
    let mut status = Status::new(code, message.clone());
    let metadata = status.metadata_mut();
    if let Ok(value) = AsciiMetadataValue::try_from(refusal.code.as_str()) {
        metadata.insert(metadata::CODE, value);
    }
    metadata.insert_bin(metadata::MESSAGE, MetadataValue::from_bytes(message.as_bytes()));
    metadata.insert_bin(metadata::HINT, MetadataValue::from_bytes(cleaned(&refusal.hint).as_bytes()));
    status
}

/// The refusal in a status; `None` where it carries no code of ours.
pub fn refusal_of(status: &Status) -> Option<Refusal> {
    let metadata = status.metadata();
    let code = metadata.get(metadata::CODE)?.to_str().ok().filter(|code| is_code(code))?.to_owned();
    let text = |key| {
        let bytes = metadata.get_bin(key).and_then(|value| value.to_bytes().ok()).unwrap_or_default();
        cleaned(&String::from_utf8_lossy(&bytes))
    };
    let is_transient = status.code() == Code::Unavailable;
    Some(Refusal { code, message: text(metadata::MESSAGE), hint: text(metadata::HINT), is_transient })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_reads_back_in_chinese() {
        for refusal in [
            Refusal::lasting("GK-PKI-014", "令牌是给 `211221` 的", "向上级要一个新令牌"),
            Refusal::passing("GK-SYNC-009", "稍后再试", ""),
        ] {
            assert_eq!(refusal_of(&refusal_status(&refusal)).unwrap(), refusal);
        }
    }

    #[test]
    fn a_status_of_somebody_else_is_no_refusal() {
        assert_eq!(refusal_of(&Status::unavailable("no")), None);
        let mut forged = Status::unavailable("no");
        forged.metadata_mut().insert(metadata::CODE, "gk <script>".parse().unwrap());
        assert_eq!(refusal_of(&forged), None);
    }
}
