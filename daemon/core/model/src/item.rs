//! One disclosed matter (公开事项) with at least the eight elements, and its canonical bytes.
//!
//! Invariant: the canonical bytes hold every reviewed field and nothing else (no serial, source or time), are
//! made once by the owner and kept as they are; the digest is over those bytes, never over a re-encoding.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{digest::Digest, normal::nfc};

mod basis;
mod edit;
mod elements;
mod erased;
mod question;
mod shape;
mod time_limit;

pub use basis::{basis_text, parse_basis};
pub use edit::{ELEMENT_BYTES_MAX, EditError, edited, element_of};
pub use elements::{Element, missing_elements};
pub use erased::without;
pub use question::{QUESTION_MARK, ask, open_questions};
pub use time_limit::{TimeLimit, TimeLimitKind, Unit, has_unread_number, parse_time_limit};

/// The field of [`Item::origin`] in the canonical bytes.
const ORIGIN: &str = "origin";

/// One title a matter rests on (公开依据).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Basis {
    /// Article or clause named, as printed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub article: String,
    /// Document number with 〔〕 brackets, such as 中办发〔2016〕8号.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub doc_no: String,
    /// The words as printed in the cell.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub raw: String,
    /// The title without 《》.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
}

/// Where an item comes from. It names the standard and its item, not a version: a new version of the standard leaves
/// the items that it does not touch as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Origin {
    /// The standard's item.
    pub item: String,
    /// Which level set it: `national`, `provincial`, `municipal`, `county`.
    pub provenance: String,
    /// The standard, written `division/domain/name`.
    pub standard: String,
}

/// The reviewed content of an item. Fields stand in alphabetical order: that is the order of the canonical bytes.
/// Vocabulary values are slugs (text), so that a value unknown to this version survives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Item {
    /// 公开对象: `public`, `specific`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub audience: BTreeSet<String>,
    /// Who the specific group is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub audience_specific: String,
    /// 公开依据, in printed order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub basis: Vec<Basis>,
    /// 公开渠道和载体: slugs of the 13 official channels.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub channels: BTreeSet<String>,
    /// Channels offered but not ticked as required, where □ means "optional" (住建 templates).
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub channels_optional: BTreeSet<String>,
    /// Channels in free text.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub channels_other: BTreeSet<String>,
    /// The channel cell as printed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub channels_raw: String,
    /// 公开内容(要素), lines joined by `\n`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub content: String,
    /// 公开方式: `proactive`, `on-request`, `withheld`; empty when not given.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub disclosure_mode: String,
    /// First day in force.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub effective_from: String,
    /// Last day in force.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub effective_to: String,
    /// 公开程度: `full`, `partial`; empty when not given.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub extent: String,
    /// Other columns, header text → cell text; they survive a round trip.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, String>,
    /// 五公开: 决策, 执行, 管理, 服务, 结果.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub five_open: BTreeSet<String>,
    /// 对应标准指引条目.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub guideline_ref: String,
    /// 一级事项.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub level1: String,
    /// 二级事项.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub level2: String,
    /// 三级事项.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub level3: String,
    /// 公开层级: `municipal`, `county`, `township`, `village`, `township-village`, `prefecture`.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub levels: BTreeSet<String>,
    /// The standard's item that this one came from; `None` for a local one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// 权责清单/公共服务事项编码.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub power_list_ref: String,
    /// 责任科室.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub responsible_dept: String,
    /// 过程/结果: `process`, `result`; empty when not given.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub stage: String,
    /// 公开主体, the lead body first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subject: Vec<String>,
    /// 公开时限, the text as printed; its parsed form is derived ([`parse_time_limit`]), never stored.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub time_limit_text: String,
    /// Why it is withheld (嘉定 layout).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub withhold_reason: String,
}

impl Item {
    /// 名称: the deepest level that is filled.
    pub fn name(&self) -> &str {
        [&self.level3, &self.level2, &self.level1].into_iter().find(|level| !level.is_empty()).map_or("", |level| level)
    }

    /// The canonical bytes: compact JSON with sorted keys, empty fields left out, text in NFC (a subset of RFC 8785).
    pub fn to_canonical(&self) -> CanonicalItem {
        // A struct of strings, sets and maps with text keys always serialises.
        let json = serde_json::to_string(self).unwrap_or_default();
        CanonicalItem { json: nfc(json) }
    }
}

/// An item's canonical bytes, as its owner made them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalItem {
    json: String,
}

impl CanonicalItem {
    /// Takes bytes that came from an entry or a database; `None` unless they are one JSON object.
    pub fn from_json(json: &str) -> Option<Self> {
        let is_object = json.starts_with('{') && shape::is_item(json);
        is_object.then(|| Self { json: json.to_owned() })
    }

    /// The bytes as JSON text.
    pub fn as_json(&self) -> &str {
        &self.json
    }

    /// H("gongkai item v1", bytes); for content that was removed by law, the digest that it had.
    pub fn digest(&self) -> Digest {
        self.erasure().unwrap_or_else(|| Digest::of("gongkai item v1", &[self.json.as_bytes()]))
    }

    /// The same content with another origin; fields that this version does not know stay.
    pub fn with_origin(&self, origin: Option<&Origin>) -> Self {
        let mut fields = self.fields();
        fields.remove(ORIGIN);
        // An origin is a struct of texts: it always serialises.
        fields.extend(origin.and_then(|origin| Some((ORIGIN.to_owned(), serde_json::to_value(origin).ok()?))));
        Self::from_fields(&fields)
    }

    /// The fields by name, whatever version wrote them.
    pub fn fields(&self) -> BTreeMap<String, serde_json::Value> {
        // The makers checked that the bytes are one JSON object.
        serde_json::from_str(&self.json).unwrap_or_default()
    }

    /// The canonical bytes of fields that came from canonical bytes.
    pub(crate) fn from_fields(fields: &BTreeMap<String, serde_json::Value>) -> Self {
        // A map with text keys always serialises.
        Self { json: serde_json::to_string(fields).unwrap_or_default() }
    }

    /// Whether both say the same, wherever they come from.
    pub fn says_same(&self, other: &Self) -> bool {
        self == other || self.with_origin(None) == other.with_origin(None)
    }

    /// The fields this version knows; unknown ones stay in the bytes only.
    pub fn decode(&self) -> Item {
        if self.erasure().is_some() {
            return erased::notice();
        }
        // `from_json` and `to_canonical` are the only makers, and both bytes decode.
        serde_json::from_str(&self.json).unwrap_or_default()
    }
}
