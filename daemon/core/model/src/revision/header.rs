//! A catalog's header (编制单位, 版本说明, …) and its canonical bytes.
//!
//! Invariant: as for items, the bytes are made once by the owner, digested and kept as they are.
//! Left out: anything that changes without a review (counts, status, times).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{digest::Digest, normal::nfc, standard::StandardRef};

/// The reviewed content of a header. Fields stand in alphabetical order: the order of the canonical bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Header {
    /// Edition as printed, such as 2024年版 or 试行.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub edition_text: String,
    /// Other header cells, label → text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, String>,
    /// The standard guideline (标准指引) and version it follows. A change of it re-opens every item's review.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub guideline: String,
    /// 公开层级 of the whole catalog: `municipal`, `county`, `township`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub level: String,
    /// 编制单位.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub publisher: String,
    /// The version of a standard that it stands on. Another version re-opens the items that it touches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard: Option<StandardRef>,
    /// The title as printed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
}

impl Header {
    /// The canonical bytes: compact JSON with sorted keys, empty fields left out, text in NFC.
    pub fn to_canonical(&self) -> CanonicalHeader {
        // A struct of strings and maps with text keys always serialises.
        let json = serde_json::to_string(self).unwrap_or_default();
        CanonicalHeader { json: nfc(json) }
    }
}

/// A header's canonical bytes, as its owner made them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalHeader {
    json: String,
}

impl CanonicalHeader {
    /// Takes bytes that came from an entry or a database; `None` unless they are one JSON object.
    pub fn from_json(json: &str) -> Option<Self> {
        let is_header = json.starts_with('{') && serde_json::from_str::<Header>(json).is_ok();
        is_header.then(|| Self { json: json.to_owned() })
    }

    /// The bytes as JSON text.
    pub fn as_json(&self) -> &str {
        &self.json
    }

    /// H("gongkai header v1", bytes).
    pub fn digest(&self) -> Digest {
        Digest::of("gongkai header v1", &[self.json.as_bytes()])
    }

    /// The fields this version knows; unknown ones stay in the bytes only.
    pub fn decode(&self) -> Header {
        // `from_json` and `to_canonical` are the only makers, and both bytes decode.
        serde_json::from_str(&self.json).unwrap_or_default()
    }
}
