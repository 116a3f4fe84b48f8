//! What a person decides about one element or one item.
//!
//! Invariant: a choice names its place; what it does not name stays as the merge suggests.

use serde::{Deserialize, Serialize};

use super::Place;

/// What is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Take {
    /// Our side.
    Ours,
    /// Their side.
    Theirs,
    /// The state before both.
    Base,
    /// These words; members of a set one a line.
    Text(String),
}

/// A decision on one element, or on a whole item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The item, or the header.
    pub place: Place,
    /// The element; `None` for all of them, and for whether the item stays.
    pub element: Option<String>,
    /// What is taken.
    pub take: Take,
}
