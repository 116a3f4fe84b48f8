//! Whether JSON has the shape of an item, without making one: each item of a revision is looked at once as it arrives, and
//! most of them are never read.
//!
//! Invariant: takes what reading an [`Item`](super::Item) takes, and nothing else: the same fields, read by the same rules.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

/// Whether the text is JSON from which an item can be read.
pub(super) fn is_item(json: &str) -> bool {
    serde_json::from_str::<Shape>(json).is_ok()
}

/// The fields of an item.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shape {
    audience: Texts,
    audience_specific: Text,
    basis: Bases,
    channels: Texts,
    channels_optional: Texts,
    channels_other: Texts,
    channels_raw: Text,
    content: Text,
    disclosure_mode: Text,
    effective_from: Text,
    effective_to: Text,
    extent: Text,
    extra: TextMap,
    five_open: Texts,
    guideline_ref: Text,
    level1: Text,
    level2: Text,
    level3: Text,
    levels: Texts,
    origin: Option<OriginShape>,
    power_list_ref: Text,
    responsible_dept: Text,
    stage: Text,
    subject: Texts,
    time_limit_text: Text,
    withhold_reason: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct BasisShape {
    article: Text,
    doc_no: Text,
    raw: Text,
    title: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OriginShape {
    item: Text,
    provenance: Text,
    standard: Text,
}

/// Any text.
#[derive(Default)]
struct Text;

/// A list of texts.
#[derive(Default)]
struct Texts;

/// A list of bases.
#[derive(Default)]
struct Bases;

/// Texts by texts.
#[derive(Default)]
struct TextMap;

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E>(self, _: &str) -> Result<Text, E> {
                Ok(Text)
            }
        }
        deserializer.deserialize_str(Any)
    }
}

/// Reads a list and keeps nothing.
struct Each<T>(std::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Each<T> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<T>()?.is_some() {}
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Each::<Text>(std::marker::PhantomData)).map(|()| Self)
    }
}

impl<'de> Deserialize<'de> for Bases {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Each::<BasisShape>(std::marker::PhantomData)).map(|()| Self)
    }
}

impl<'de> Deserialize<'de> for TextMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = TextMap;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TextMap, A::Error> {
                while map.next_entry::<Text, Text>()?.is_some() {}
                Ok(TextMap)
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::item::{Basis, Item, Origin};

    /// An item with every field, as JSON.
    fn full() -> Value {
        let text = || "一".to_owned();
        let texts = || [text()].into();
        let set = || [text()].into();
        let item = Item {
            audience: set(),
            audience_specific: text(),
            basis: vec![Basis { article: text(), doc_no: text(), raw: text(), title: text() }],
            channels: set(),
            channels_optional: set(),
            channels_other: set(),
            channels_raw: text(),
            content: text(),
            disclosure_mode: text(),
            effective_from: text(),
            effective_to: text(),
            extent: text(),
            extra: [(text(), text())].into(),
            five_open: set(),
            guideline_ref: text(),
            level1: text(),
            level2: text(),
            level3: text(),
            levels: set(),
            origin: Some(Origin { item: text(), provenance: text(), standard: text() }),
            power_list_ref: text(),
            responsible_dept: text(),
            stage: text(),
            subject: texts(),
            time_limit_text: text(),
            withhold_reason: text(),
        };
        serde_json::to_value(item).unwrap_or_default()
    }

    fn agrees(json: &str) -> Result<(), TestCaseError> {
        prop_assert_eq!(is_item(json), serde_json::from_str::<Item>(json).is_ok(), "{}", json);
        Ok(())
    }

    fn strange() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,4}|[\"\\\\\n]{1,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 4, |inner| {
            let word = "[a-z]{1,3}|title|raw|item|standard";
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((word, inner), 0..4).prop_map(|pairs| pairs.into_iter().collect()),
            ]
        })
    }

    #[test]
    fn every_field_is_held_to_its_kind() -> Result<(), TestCaseError> {
        let full = full();
        agrees(&full.to_string())?;
        for field in full.as_object().into_iter().flat_map(|fields| fields.keys()) {
            for value in
                [json!(null), json!(1), json!("a"), json!(["a"]), json!([1]), json!({"a": "b"}), json!([["a"]])]
            {
                agrees(&json!({ field: value }).to_string())?;
            }
            agrees(&format!("{{\"{field}\":{},\"{field}\":{}}}", full[field], full[field]))?;
        }
        for json in ["", "{", "{}", "[]", "{} x", "null", r#"{"content":"\ud800"}"#, r#"{"zz":[1,{}],"zz":"\ud800"}"#] {
            agrees(json)?;
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn what_can_be_read_and_only_that_has_the_shape(
            changes in prop::collection::vec((any::<prop::sample::Index>(), strange()), 0..3),
            unknown in strange(),
        ) {
            let mut item = full();
            let fields: Vec<String> = item.as_object().into_iter().flat_map(|fields| fields.keys().cloned()).collect();
            for (which, value) in changes {
                item[which.get(&fields)] = value;
            }
            item["zz"] = unknown;
            agrees(&item.to_string())?;
        }
    }
}
