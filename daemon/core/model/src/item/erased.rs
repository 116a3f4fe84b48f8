//! An item whose content was removed by law: what stands in its place.
//!
//! Invariant: the stand-in has the digest of the content that is gone, so that revisions, opinions and editions which
//! hold the item keep theirs, and its neighbours stay what they were. Nothing can be read out of it.
//! Left out: whether the content was rightly removed; that is for whoever holds the `erase` entry.

use serde::{Deserialize, Serialize};

use super::{CanonicalItem, Item};
use crate::digest::Digest;

/// What people read where the content stood.
const NOTICE: &str = "（内容已依法删除）";

/// The whole of the stand-in's bytes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StandIn {
    erased: Digest,
}

impl CanonicalItem {
    /// The stand-in for content of this digest.
    pub fn erased(digest: Digest) -> Self {
        Self { json: serde_json::to_string(&StandIn { erased: digest }).expect("a digest is text") }
    }

    /// The digest of the content that is gone; `None` where it is here.
    pub fn erasure(&self) -> Option<Digest> {
        named_in(&self.json)
    }
}

/// The digest that a stand-in names; `None` for any other bytes.
fn named_in(json: &str) -> Option<Digest> {
    json.starts_with("{\"erased\":").then(|| serde_json::from_str::<StandIn>(json).ok()).flatten().map(|it| it.erased)
}

/// What a reader sees of it.
pub(super) fn notice() -> Item {
    Item { level1: NOTICE.to_owned(), ..Item::default() }
}

/// A payload without the content of one item, each other byte as it was; `None` where the item does not stand in it.
/// `item` are the item's canonical bytes.
pub fn without(payload: &str, item: &CanonicalItem) -> Option<String> {
    let stand_in = CanonicalItem::erased(item.digest());
    // An item stands in a payload behind its field's name, as its owner made it, and nowhere else.
    let (found, put) = (format!("\"item\":{}", item.as_json()), format!("\"item\":{}", stand_in.as_json()));
    payload.contains(&found).then(|| payload.replace(&found, &put))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn the_stand_in_has_the_digest_of_what_is_gone_and_none_of_its_words() {
        let item = CanonicalItem::from_json(r#"{"content":"张三，身份证号","level1":"社会救助"}"#).unwrap();
        let gone = CanonicalItem::erased(item.digest());
        assert_eq!((gone.digest(), gone.erasure(), item.erasure()), (item.digest(), Some(item.digest()), None));
        assert!(!gone.as_json().contains("张三") && gone.decode().content.is_empty());
        assert_eq!(CanonicalItem::from_json(gone.as_json()), Some(gone));
    }

    #[test]
    fn an_item_that_merely_bears_such_a_field_is_none() {
        for json in [r#"{"erased":"sha256:00","level1":"x"}"#, r#"{"erased":"x"}"#, r#"{"erased":null}"#] {
            let taken = CanonicalItem::from_json(json);
            assert!(taken.is_none_or(|item| item.erasure().is_none()), "{json}");
        }
    }

    #[test]
    fn neighbours_keep_every_byte() {
        let item = CanonicalItem::from_json(r#"{"level1":"一"}"#).unwrap();
        let payload =
            r#"{"puts":[{"id":"a","order":1,"item":{"level1":"一"}},{"id":"b","order":2,"item":{"level1":"二"}}]}"#;
        let rest = without(payload, &item).unwrap();
        assert_eq!(rest, payload.replace(r#"{"level1":"一"}"#, CanonicalItem::erased(item.digest()).as_json()));
        assert_eq!(without(&rest, &item), None);
    }
}
